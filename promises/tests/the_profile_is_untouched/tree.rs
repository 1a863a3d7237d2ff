//! A folder with all that is in it, to tell whether anything of it has changed.

use std::{
    collections::BTreeMap,
    fs,
    hash::{DefaultHasher, Hash, Hasher},
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
};

/// Everything below a folder, and the folder itself, by path.
pub(crate) type Tree = BTreeMap<PathBuf, State>;

/// What a file or folder is; when it was read is left out.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct State {
    inode: u64,
    mode: u32,
    links: u64,
    size: u64,
    modified: (i64, i64),
    changed: (i64, i64),
    content: u64,
}

/// Returns what is below a folder now.
pub(crate) fn tree(root: &Path) -> Tree {
    let mut tree = Tree::new();
    let mut left = vec![root.to_owned()];
    while let Some(path) = left.pop() {
        let metadata = fs::symlink_metadata(&path).unwrap();
        let mut content = DefaultHasher::new();
        if metadata.is_dir() {
            left.extend(fs::read_dir(&path).unwrap().map(|it| it.unwrap().path()));
        } else if metadata.is_file() {
            fs::read(&path).unwrap().hash(&mut content);
        } else if metadata.is_symlink() {
            fs::read_link(&path).unwrap().hash(&mut content);
        }
        let state = State {
            inode: metadata.ino(),
            mode: metadata.mode(),
            links: metadata.nlink(),
            size: metadata.size(),
            modified: (metadata.mtime(), metadata.mtime_nsec()),
            changed: (metadata.ctime(), metadata.ctime_nsec()),
            content: content.finish(),
        };
        tree.insert(path, state);
    }
    tree
}

/// Returns what is not the same in both, for a person to read.
pub(crate) fn differences(before: &Tree, after: &Tree) -> Vec<String> {
    let paths: std::collections::BTreeSet<_> = before.keys().chain(after.keys()).collect();
    paths
        .into_iter()
        .filter(|path| before.get(*path) != after.get(*path))
        .map(|path| {
            let (before, after) = (before.get(path), after.get(path));
            format!("{}: {before:?} became {after:?}", path.display())
        })
        .collect()
}
