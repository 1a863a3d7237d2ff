//! Which rows lie below certain paths, told without putting the paths of rows together.

use std::{
    collections::HashSet,
    os::unix::ffi::OsStrExt,
    path::{Path, PathBuf},
};

use super::{FileId, FolderId, Forest};

/// The rows of a forest that are certain paths, or lie below them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Below {
    /// By [`Forest::number`]; empty when nothing lies below.
    folders: Vec<bool>,
    files: HashSet<FileId>,
}

impl Below {
    /// Finds the rows. A path that is not in the forest is not missed.
    #[must_use]
    pub fn of(forest: &Forest, paths: &[PathBuf]) -> Self {
        let mut below = Self::default();
        let names: HashSet<&[u8]> = paths.iter().filter_map(|path| name(path)).collect();
        if names.is_empty() {
            return below;
        }
        let is_one = |path: &Path| paths.iter().any(|known| known == path);
        below.folders = vec![false; forest.folder_numbers()];
        for id in forest.folders_from_the_top() {
            let inside = match forest.parent(id) {
                Some(parent) => {
                    below.folders[forest.number(parent)]
                        || (names.contains(forest.folder_name(id))
                            && is_one(&forest.folder_path(id)))
                }
                None => is_one(&forest.folder_path(id)),
            };
            below.folders[forest.number(id)] = inside;
        }
        let files = forest.files().map(|(id, _)| id);
        below.files = files
            .filter(|id| names.contains(forest.name(*id)) && is_one(&forest.path(*id)))
            .collect();
        below
    }

    /// Returns whether a file is one of the paths or lies below one.
    #[must_use]
    pub fn holds(&self, forest: &Forest, id: FileId) -> bool {
        let folder = forest.number(forest.file(id).folder);
        self.folders.get(folder).is_some_and(|inside| *inside) || self.files.contains(&id)
    }

    /// Returns whether a folder is one of the paths or lies below one.
    #[must_use]
    pub fn holds_folder(&self, forest: &Forest, id: FolderId) -> bool {
        let inside = self.folders.get(forest.number(id));
        inside.is_some_and(|inside| *inside)
    }
}

fn name(path: &Path) -> Option<&[u8]> {
    Some(path.file_name()?.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pass::{Scope, Watch, walk};

    #[test]
    fn paths_hold_themselves_and_what_is_below_and_nothing_else() {
        let disk = tempfile::tempdir().unwrap();
        let root = disk.path().canonicalize().unwrap();
        for file in [
            "a/secret/x/f",
            "a/secret/f",
            "secret/f",
            "a/key",
            "key",
            "a/f",
        ] {
            let file = root.join(file);
            std::fs::create_dir_all(file.parent().unwrap()).unwrap();
            std::fs::write(file, "x").unwrap();
        }
        let scope = Scope {
            roots: vec![root.clone()],
            ..Scope::default()
        };
        let forest = walk(&scope, &Watch::new(&|_| {}));
        let held = |paths: &[&str]| {
            let paths: Vec<PathBuf> = paths.iter().map(|path| root.join(path)).collect();
            let below = Below::of(&forest, &paths);
            let held = forest.files().filter(|(id, _)| below.holds(&forest, *id));
            let mut held: Vec<String> = held
                .map(|(id, _)| {
                    forest
                        .path(id)
                        .strip_prefix(&root)
                        .unwrap()
                        .display()
                        .to_string()
                })
                .collect();
            held.sort();
            held
        };
        assert_eq!(
            held(&["a/secret", "key"]),
            ["a/secret/f", "a/secret/x/f", "key"]
        );
        assert_eq!(held(&["missing"]), [""; 0]);
        assert_eq!(held(&[]), [""; 0]);
        assert_eq!(held(&[""]).len(), 6);
    }
}
