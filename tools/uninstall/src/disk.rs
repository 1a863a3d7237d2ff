//! What stands on the disk: lists of folders, and everything below one thing. No file is opened here.

use std::{
    collections::HashMap,
    fs::{self, Metadata},
    io,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
};

use tool::{EntryKind, Identity, Moment, Seen, Skipped, Stamp, Why};

/// Most entries that are looked at below one thing; a real application has fewer.
const MOST: usize = 1_000_000;
/// How deep folders may lie in each other.
const DEEPEST: usize = 256;
/// How many links to links are followed.
const MOST_LINKS: usize = 16;

/// Returns the names in a folder with what they are, sorted; none if there is no such folder. A folder
/// that cannot be listed is told.
pub(crate) fn entries(folder: &Path, skipped: &mut Vec<Skipped>) -> Vec<(PathBuf, EntryKind)> {
    let listed = fs::read_dir(folder).and_then(|entries| {
        entries
            .map(|entry| {
                let entry = entry?;
                Ok((entry.path(), entry.file_type()?.into()))
            })
            .collect::<io::Result<Vec<_>>>()
    });
    match listed {
        Ok(mut entries) => {
            entries.sort_by(|a, b| a.0.cmp(&b.0));
            entries
        }
        Err(error) => {
            if !is_missing(&error) {
                skipped.push(Skipped::failed(folder, &error));
            }
            Vec::new()
        }
    }
}

pub(crate) fn is_missing(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
    )
}

/// One thing with everything below it.
#[derive(Debug, Default)]
pub(crate) struct Whole {
    /// The thing itself.
    pub(crate) is: Option<Identity>,
    /// Everything below it, each folder before what it holds.
    pub(crate) inside: Vec<Seen>,
    /// Bytes the disk would gain at the least: a file with a name elsewhere gives none.
    pub(crate) frees: u64,
    /// Files, links and the like.
    pub(crate) files: u64,
    /// The newest time of change of anything in it.
    pub(crate) newest: Moment,
    /// Why not all of it was looked at, if so.
    pub(crate) skipped: Vec<Skipped>,
}

/// Looks at a thing and everything below it. Links are not followed, and no other file system is entered.
pub(crate) fn whole(path: &Path) -> Whole {
    let mut found = Whole {
        newest: Moment(i64::MIN),
        ..Whole::default()
    };
    let top = match fs::symlink_metadata(path) {
        Ok(top) => top,
        Err(error) => {
            found.skipped.push(Skipped::failed(path, &error));
            return found;
        }
    };
    let mut links = HashMap::new();
    found.is = Some(identity(&top));
    add(&mut found, &mut links, &top);
    if top.is_dir() {
        below(path, top.dev(), 0, &mut found, &mut links);
    }
    // A file goes from the disk with its last name.
    for (names, seen, bytes) in links.into_values() {
        if seen >= names {
            found.frees = found.frees.saturating_add(bytes);
        }
    }
    found
}

/// How many names a file has, how many were seen, and what it takes, by inode.
type Links = HashMap<u64, (u64, u64, u64)>;

fn below(folder: &Path, device: u64, depth: usize, found: &mut Whole, links: &mut Links) {
    let too_large = |detail: &str| Why::TooLarge {
        detail: detail.to_owned(),
    };
    if depth > DEEPEST {
        let why = too_large("folders that lie deeper in each other than Candor looks");
        return found.skipped.push(Skipped::new(folder, why));
    }
    let mut skipped = Vec::new();
    for (path, _) in entries(folder, &mut skipped) {
        if found.inside.len() >= MOST {
            let why = too_large("more than a million files");
            return found.skipped.push(Skipped::new(folder, why));
        }
        let metadata = match fs::symlink_metadata(&path) {
            Ok(metadata) => metadata,
            Err(error) => {
                found.skipped.push(Skipped::failed(path, &error));
                continue;
            }
        };
        if metadata.dev() != device {
            found.skipped.push(Skipped::new(path, Why::OtherFileSystem));
            continue;
        }
        add(found, links, &metadata);
        found.inside.push(Seen {
            path: path.as_path().into(),
            is: identity(&metadata),
        });
        if metadata.is_dir() {
            below(&path, device, depth + 1, found, links);
        }
    }
    found.skipped.append(&mut skipped);
}

fn add(found: &mut Whole, links: &mut Links, metadata: &Metadata) {
    let bytes = metadata.blocks().saturating_mul(512);
    let changed = Moment::from_unix(metadata.mtime(), 0);
    found.newest = found.newest.max(changed);
    if metadata.is_dir() {
        found.frees = found.frees.saturating_add(bytes);
        return;
    }
    found.files += 1;
    if metadata.nlink() > 1 {
        links
            .entry(metadata.ino())
            .or_insert((metadata.nlink(), 0, bytes))
            .1 += 1;
    } else {
        found.frees = found.frees.saturating_add(bytes);
    }
}

fn identity(metadata: &Metadata) -> Identity {
    let stamp = |seconds: i64, nanoseconds: i64| {
        Stamp(
            seconds
                .saturating_mul(1_000_000_000)
                .saturating_add(nanoseconds),
        )
    };
    Identity {
        kind: metadata.file_type().into(),
        device: metadata.dev(),
        inode: metadata.ino(),
        size: metadata.len(),
        mtime: stamp(metadata.mtime(), metadata.mtime_nsec()),
        ctime: stamp(metadata.ctime(), metadata.ctime_nsec()),
    }
}

/// Returns where a path of the machine is on this disk: below its root.
pub(crate) fn at(root: &Path, path: &Path) -> PathBuf {
    root.join(path.strip_prefix("/").unwrap_or(path))
}

/// Follows a link, as the machine that is looked at would, to what is no link; `None` if that is not there
/// or cannot be told. Only the last name of a path may be a link that leads to the top of a disk.
pub(crate) fn follow(root: &Path, path: &Path) -> Option<PathBuf> {
    let mut path = path.to_owned();
    for _ in 0..MOST_LINKS {
        if !fs::symlink_metadata(&path).ok()?.is_symlink() {
            return Some(path);
        }
        let target = fs::read_link(&path).ok()?;
        path = match target.is_absolute() {
            true => at(root, &target),
            false => without_dots(&path.parent()?.join(target)),
        };
    }
    None
}

/// Takes `..` out of a path by its names alone.
fn without_dots(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for part in path.components() {
        match part {
            std::path::Component::ParentDir => {
                out.pop();
            }
            std::path::Component::CurDir => {}
            part => out.push(part),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_leads_below_the_root_that_is_looked_at() {
        let disk = tempfile::tempdir().unwrap();
        let root = disk.path().canonicalize().unwrap();
        fs::create_dir_all(root.join("opt/tool")).unwrap();
        fs::create_dir_all(root.join("usr/bin")).unwrap();
        fs::write(root.join("opt/tool/run"), "x").unwrap();
        let link = |to: &str, at: &str| std::os::unix::fs::symlink(to, root.join(at)).unwrap();
        link("/opt/tool/run", "usr/bin/tool");
        link("../../usr/bin/tool", "usr/bin/twice");
        link("self", "usr/bin/self");
        link("/opt/gone", "usr/bin/gone");
        let run = Some(root.join("opt/tool/run"));
        assert_eq!(follow(&root, &root.join("usr/bin/tool")), run);
        assert_eq!(follow(&root, &root.join("usr/bin/twice")), run);
        assert_eq!(follow(&root, &root.join("usr/bin/self")), None);
        assert_eq!(follow(&root, &root.join("usr/bin/gone")), None);
    }

    #[test]
    fn a_file_with_a_name_elsewhere_frees_nothing() {
        let disk = tempfile::tempdir().unwrap();
        let folder = disk.path().join("a");
        fs::create_dir(&folder).unwrap();
        fs::write(folder.join("one"), [1; 8192]).unwrap();
        let alone = whole(&folder).frees;
        fs::hard_link(folder.join("one"), folder.join("two")).unwrap();
        assert_eq!(whole(&folder).frees, alone);
        fs::hard_link(folder.join("one"), disk.path().join("three")).unwrap();
        assert!(whole(&folder).frees <= alone - 8192);
        assert_eq!(whole(&folder).inside.len(), 2);
    }
}
