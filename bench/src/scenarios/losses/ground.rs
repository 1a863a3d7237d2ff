//! A small tree for one run, with a home of its own beside it; and which of its contents are left.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs::{self, File},
    os::unix::fs::symlink,
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use crate::{
    failure::{Failure, Tried},
    trees::content::Content,
};

/// How large a file is: above what any peer keeps out of its cache or its sharing.
const SIZE: u64 = 256 * 1024;
const DAY: Duration = Duration::from_hours(24);

/// The number of a content: two files of one number have the same bytes.
pub(super) type Number = u64;

/// A folder that holds the tree of one run, and everything programs may write.
pub(super) struct Ground {
    top: PathBuf,
    /// A second folder on another device, where there is one.
    pub(super) other: Option<PathBuf>,
    made: BTreeSet<Number>,
}

impl Ground {
    /// Makes an empty ground; what an earlier run left there goes.
    pub(super) fn new(top: &Path) -> Result<Self, Failure> {
        if top.exists() {
            fs::remove_dir_all(top).tried("remove", top)?;
        }
        let ground = Self {
            top: top.to_owned(),
            other: None,
            made: BTreeSet::new(),
        };
        for folder in [ground.tree(), ground.home(), ground.outside()] {
            fs::create_dir_all(&folder).tried("make", &folder)?;
        }
        Ok(ground)
    }

    /// As [`Ground::new`], with a folder on another device.
    pub(super) fn on_two(top: &Path, other: &Path) -> Result<Self, Failure> {
        let mut ground = Self::new(top)?;
        if other.exists() {
            fs::remove_dir_all(other).tried("remove", other)?;
        }
        fs::create_dir_all(other).tried("make", other)?;
        ground.other = Some(other.to_owned());
        Ok(ground)
    }

    /// The folder that programs are told to look at.
    pub(super) fn tree(&self) -> PathBuf {
        self.top.join("tree")
    }

    /// The home of the programs, with their caches, trashes and journals.
    pub(super) fn home(&self) -> PathBuf {
        self.top.join("home")
    }

    /// A folder that no program is told of.
    pub(super) fn outside(&self) -> PathBuf {
        self.top.join("outside")
    }

    /// Where a look leaves what it found, if the act is a step of its own.
    pub(super) fn found(&self) -> PathBuf {
        self.top.join("found")
    }

    pub(super) fn top(&self) -> &Path {
        &self.top
    }

    /// Makes a file with that content, last changed some days ago, and the folders above it.
    pub(super) fn file(&mut self, path: &Path, number: Number, days: u32) -> Result<(), Failure> {
        self.made.insert(number);
        let folder = path.parent().unwrap_or(path);
        fs::create_dir_all(folder).tried("make", folder)?;
        let mut file = File::create_new(path).tried("make", path)?;
        write(&mut file, number).tried("write", path)?;
        let when = SystemTime::now() - DAY * days;
        file.set_modified(when).tried("set the time of", path)
    }

    /// Puts another file, with a content of its own and an old time, in the place of one.
    pub(super) fn replace(&mut self, path: &Path, number: Number) -> Result<(), Failure> {
        let beside = path.with_extension("new");
        self.file(&beside, number, 400)?;
        fs::rename(&beside, path).tried("replace", path)
    }

    /// Writes another content into a file, and gives it back its time if asked to.
    pub(super) fn edit(
        &mut self,
        path: &Path,
        number: Number,
        restore: bool,
    ) -> Result<(), Failure> {
        self.made.insert(number);
        let mut file = File::options().write(true).open(path).tried("open", path)?;
        let was = file.metadata().and_then(|it| it.modified());
        let was = was.tried("look at", path)?;
        write(&mut file, number).tried("write", path)?;
        match restore {
            true => file.set_modified(was).tried("set the time of", path),
            false => Ok(()),
        }
    }

    /// Puts a link to `target` in the place of a folder.
    pub(super) fn swap(&self, folder: &Path, target: &Path) -> Result<(), Failure> {
        fs::remove_dir_all(folder).tried("remove", folder)?;
        symlink(target, folder).tried("link", folder)
    }

    /// Returns which of the contents are in a file somewhere, be it a trash.
    pub(super) fn contents(&self) -> Result<BTreeSet<Number>, Failure> {
        let by_bytes = self.made.iter().map(|number| (bytes(*number), *number));
        let by_bytes: BTreeMap<Vec<u8>, Number> = by_bytes.collect();
        let mut left = BTreeSet::new();
        for (path, kind) in self.names()? {
            if kind == Is::File {
                let bytes = fs::read(&path).tried("read", &path)?;
                left.extend(by_bytes.get(&bytes));
            }
        }
        Ok(left)
    }

    /// Returns every name on the ground but folders, following no link.
    pub(super) fn names(&self) -> Result<BTreeMap<PathBuf, Is>, Failure> {
        let mut all = BTreeMap::new();
        let mut folders: Vec<PathBuf> = vec![self.top.clone()];
        folders.extend(self.other.clone());
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(&folder).tried("list", &folder)? {
                let entry = entry.tried("list", &folder)?;
                let kind = entry.file_type().tried("look at", &entry.path())?;
                match kind {
                    kind if kind.is_dir() => folders.push(entry.path()),
                    kind if kind.is_symlink() => _ = all.insert(entry.path(), Is::Link),
                    kind if kind.is_file() => _ = all.insert(entry.path(), Is::File),
                    _ => {}
                }
            }
        }
        Ok(all)
    }

    /// Returns whether a name leads to that content.
    pub(super) fn holds(&self, path: &Path, number: Number) -> bool {
        fs::read(path).is_ok_and(|it| it == bytes(number))
    }
}

/// What a name is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Is {
    File,
    Link,
}

fn bytes(number: Number) -> Vec<u8> {
    let mut bytes = Vec::new();
    write(&mut bytes, number).expect("memory takes everything");
    bytes
}

fn write(out: &mut impl std::io::Write, number: Number) -> std::io::Result<()> {
    // Pairs differ in size, so that no program has a reason to compare one with another.
    Content::new(number).write(out, SIZE + 4096 * (number / 10))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_content_is_lost_when_no_file_has_it() {
        let folder = tempfile::tempdir().unwrap();
        let mut ground = Ground::new(&folder.path().join("ground")).unwrap();
        let (one, two) = (ground.tree().join("a/1"), ground.tree().join("b/1"));
        ground.file(&one, 10, 3).unwrap();
        ground.file(&two, 10, 3).unwrap();
        let old = fs::metadata(&two).unwrap();
        ground.edit(&two, 11, true).unwrap();
        let new = fs::metadata(&two).unwrap();
        assert_eq!(
            (old.len(), old.modified().unwrap()),
            (new.len(), new.modified().unwrap())
        );
        assert_eq!(ground.contents().unwrap(), BTreeSet::from([10, 11]));
        assert!(ground.holds(&one, 10) && ground.holds(&two, 11));
        ground.replace(&one, 12).unwrap();
        assert_eq!(ground.contents().unwrap(), BTreeSet::from([11, 12]));
        fs::rename(&two, ground.home().join("put away")).unwrap();
        assert_eq!(ground.contents().unwrap(), BTreeSet::from([11, 12]));
        ground
            .swap(two.parent().unwrap(), &ground.tree().join("a"))
            .unwrap();
        assert!(ground.holds(&two, 12));
        assert_eq!(ground.names().unwrap().len(), 3);
    }
}
