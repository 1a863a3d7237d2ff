//! The folders of a tree that are still to be shown, each before what is in it.

use std::{collections::HashSet, hash::Hash, io};

use super::error::damaged;

/// How many folders may lie in each other.
const DEEPEST: usize = 256;

/// Folders by their places. A place that comes up again is a loop, or a small tree of any size.
pub(super) struct Folders<P> {
    left: Vec<Folder<P>>,
    seen: HashSet<P>,
}

/// A folder, and its path from the root: empty for the root itself.
pub(super) struct Folder<P> {
    pub(super) place: P,
    path: Vec<u8>,
    depth: usize,
}

impl<P: Copy + Eq + Hash> Folders<P> {
    pub(super) fn from(root: P) -> Self {
        let root = Folder {
            place: root,
            path: Vec::new(),
            depth: 0,
        };
        Self {
            left: vec![root],
            seen: HashSet::new(),
        }
    }

    /// Returns the next folder.
    pub(super) fn next(&mut self) -> io::Result<Option<Folder<P>>> {
        let Some(folder) = self.left.pop() else {
            return Ok(None);
        };
        match self.seen.insert(folder.place) {
            true if folder.depth <= DEEPEST => Ok(Some(folder)),
            true => Err(damaged("folders lie deeper in each other than is read")),
            false => Err(damaged("a folder lies in two places")),
        }
    }

    /// Adds those that were found in one folder, in the order in which they are to come.
    pub(super) fn add(&mut self, inner: Vec<Folder<P>>) {
        self.left.extend(inner.into_iter().rev());
    }
}

impl<P> Folder<P> {
    /// Returns the path of what has this name in it.
    pub(super) fn path_of(&self, name: &[u8]) -> Vec<u8> {
        match self.path.is_empty() {
            true => name.to_vec(),
            false => [&self.path, name].join(&b'/'),
        }
    }

    /// Returns the folder of this path in it.
    pub(super) fn inner(&self, place: P, path: Vec<u8>) -> Self {
        let depth = self.depth + 1;
        Self { place, path, depth }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_loop_ends_and_so_does_a_tree_without_end() {
        let mut folders = Folders::from(0);
        let root = folders.next().unwrap().unwrap();
        folders.add(vec![
            root.inner(1, root.path_of(b"a")),
            root.inner(0, root.path_of(b"b")),
        ]);
        let first = folders.next().unwrap().unwrap();
        assert_eq!(first.path_of(b"c"), b"a/c");
        assert!(folders.next().is_err());
        let mut folders = Folders::from(0);
        let mut many = 0;
        while let Ok(Some(folder)) = folders.next() {
            many += 1;
            folders.add(vec![folder.inner(many, Vec::new())]);
        }
        assert_eq!(many, DEEPEST + 1);
    }
}
