//! Paths of rows: put together for what is reported, compared without.

use std::{
    cmp::Ordering,
    ffi::OsString,
    os::unix::{ffi::OsStringExt, fs::MetadataExt},
    path::PathBuf,
};

use super::{FileId, FolderId, Forest, Kind};
use crate::{EntryKind, Identity, Seen, Stamp};

impl Forest {
    /// Returns an entry's path, below the root as it was named.
    #[must_use]
    pub fn path(&self, id: FileId) -> PathBuf {
        self.path_of(self.file(id).folder, Some(self.name(id)))
    }

    /// Returns a folder's path, below the root as it was named.
    #[must_use]
    pub fn folder_path(&self, id: FolderId) -> PathBuf {
        self.path_of(id, None)
    }

    /// Returns what was seen of an entry, for whoever has to know later whether it still is the same.
    #[must_use]
    pub fn seen(&self, id: FileId) -> Seen {
        let row = self.file(id);
        let device = self.devices.get(usize::from(row.device));
        Seen {
            path: self.path(id).into(),
            is: Identity {
                kind: match row.kind {
                    Kind::File => EntryKind::File,
                    Kind::Link => EntryKind::Link,
                    Kind::Special => EntryKind::Special,
                },
                device: device.map_or(0, |device| device.number),
                inode: row.inode,
                size: row.size,
                mtime: Stamp(row.mtime_ns),
                ctime: Stamp(row.ctime_ns),
            },
        }
    }

    /// Returns what was seen of a folder itself, likewise.
    #[must_use]
    pub fn seen_folder(&self, id: FolderId) -> Seen {
        let row = self.folder(id);
        let device = self.devices.get(usize::from(row.device));
        Seen {
            path: self.folder_path(id).into(),
            is: Identity {
                kind: EntryKind::Folder,
                device: device.map_or(0, |device| device.number),
                inode: row.inode,
                size: row.size,
                mtime: Stamp(row.mtime_ns),
                ctime: Stamp(row.ctime_ns),
            },
        }
    }

    /// Asks the disk when an entry was last read. Reading it for a comparison may have counted.
    #[must_use]
    pub fn last_read(&self, id: FileId) -> Option<Stamp> {
        let meta = std::fs::symlink_metadata(self.path(id)).ok()?;
        let seconds = meta.atime().checked_mul(1_000_000_000)?;
        Some(Stamp(seconds.checked_add(meta.atime_nsec())?))
    }

    /// Compares the paths of two files as [`Path`](std::path::Path) does, without putting them together.
    #[must_use]
    pub fn by_path(&self, a: FileId, b: FileId) -> Ordering {
        let depth = |folder| self.folder(folder).depth;
        let (mut in_a, mut in_b) = (self.file(a).folder, self.file(b).folder);
        let (mut name_a, mut name_b) = (self.name(a), self.name(b));
        // Up to the folder that holds both: there the names on the way decide.
        while in_a != in_b {
            let (deep_a, deep_b) = (depth(in_a), depth(in_b));
            let (above_a, above_b) = (self.parent(in_a), self.parent(in_b));
            if deep_a >= deep_b {
                let Some(above) = above_a else {
                    return self.path(a).cmp(&self.path(b));
                };
                (name_a, in_a) = (self.folder_name(in_a), above);
            }
            if deep_b >= deep_a {
                let Some(above) = above_b else {
                    return self.path(a).cmp(&self.path(b));
                };
                (name_b, in_b) = (self.folder_name(in_b), above);
            }
        }
        name_a.cmp(name_b)
    }

    /// Puts a path together in one allocation: a report of many duplicates needs many paths.
    fn path_of(&self, folder: FolderId, name: Option<&[u8]>) -> PathBuf {
        let above = || std::iter::successors(Some(folder), |id| self.parent(*id));
        let parts = || {
            name.into_iter()
                .chain(above().map(|id| self.folder_name(id)))
        };
        // `/` as a root brings its own slash.
        let own_slash = |part: &[u8]| part == b"/";
        let length: usize = parts()
            .map(|part| if own_slash(part) { 0 } else { part.len() + 1 })
            .sum();
        let bare_root = parts().last().is_some_and(own_slash);
        let mut bytes = vec![b'/'; if bare_root { length.max(1) } else { length - 1 }];
        let mut end = bytes.len();
        for part in parts().filter(|part| !own_slash(part)) {
            let start = end - part.len();
            bytes[start..end].copy_from_slice(part);
            // The byte before each part stays a slash.
            end = start.saturating_sub(1);
        }
        PathBuf::from(OsString::from_vec(bytes))
    }
}

#[cfg(test)]
mod tests {
    use crate::pass::{FileId, Scope, Watch, walk};

    #[test]
    fn files_are_ordered_as_their_paths_are() {
        let disk = tempfile::tempdir().unwrap();
        let root = disk.path().canonicalize().unwrap();
        for file in [
            "a/b/c/f", "a/b/f", "a/b-/f", "a/b", "a.b/f", "ab", "z/a", "a/z/y/x", "a/z.txt",
        ] {
            let file = root.join(format!("{file}.x"));
            std::fs::create_dir_all(file.parent().unwrap()).unwrap();
            std::fs::write(file, "x").unwrap();
        }
        // Two roots, and a root that is a file in the folder that holds the others.
        let roots = [
            vec![""],
            vec!["a", "z", "ab.x"],
            vec!["a/b", "a/z", "a/b.x"],
        ];
        for roots in roots {
            let scope = Scope {
                roots: roots.iter().map(|it| root.join(it)).collect(),
                ..Scope::default()
            };
            let forest = walk(&scope, &Watch::new(&|_| {}));
            let files: Vec<FileId> = forest.files().map(|(id, _)| id).collect();
            assert!(files.len() >= 3);
            for a in &files {
                for b in &files {
                    let expected = forest.path(*a).cmp(&forest.path(*b));
                    assert_eq!(forest.by_path(*a, *b), expected);
                }
            }
        }
    }
}
