//! The texts of the repository, as values.

use std::{collections::BTreeMap, fs, io, path::Path};

/// Folders that hold nothing of ours.
const NOT_OURS: [&str; 2] = [".git", "target"];

/// Every file of the repository, by its path from the root with `/` between its parts.
///
/// A file that is not UTF-8 is there with an empty text: its name counts, its bytes do not.
#[derive(Clone, Debug, Default)]
pub struct Tree {
    files: BTreeMap<String, String>,
}

impl Tree {
    /// Reads the repository at `root`. Links are not followed.
    ///
    /// # Errors
    /// The system's error, with the path, for the first file or folder that cannot be read.
    pub fn read(root: &Path) -> io::Result<Self> {
        let mut tree = Self::default();
        let mut open = vec![String::new()];
        while let Some(folder) = open.pop() {
            let named = |error: io::Error| {
                io::Error::new(error.kind(), format!("cannot read `{folder}`: {error}"))
            };
            for entry in fs::read_dir(root.join(&folder)).map_err(named)? {
                let entry = entry.map_err(named)?;
                let name = entry.file_name().to_string_lossy().into_owned();
                let kind = entry.file_type().map_err(named)?;
                let path = if folder.is_empty() {
                    name.clone()
                } else {
                    format!("{folder}/{name}")
                };
                if kind.is_dir() && !NOT_OURS.contains(&name.as_str()) {
                    open.push(path);
                } else if kind.is_file() && !name.ends_with(".orig") {
                    let bytes = fs::read(entry.path()).map_err(named)?;
                    tree.files
                        .insert(path, String::from_utf8(bytes).unwrap_or_default());
                }
            }
        }
        Ok(tree)
    }

    /// Makes a tree out of paths and texts.
    #[must_use]
    pub fn of(files: &[(&str, &str)]) -> Self {
        let files = files
            .iter()
            .map(|(path, text)| ((*path).to_owned(), (*text).to_owned()));
        Self {
            files: files.collect(),
        }
    }

    /// Returns every path with its text, sorted by path.
    pub fn files(&self) -> impl Iterator<Item = (&str, &str)> {
        self.files
            .iter()
            .map(|(path, text)| (path.as_str(), text.as_str()))
    }

    /// Returns the text of one file.
    #[must_use]
    pub fn text(&self, path: &str) -> Option<&str> {
        self.files.get(path).map(String::as_str)
    }

    /// Returns every Rust source with its text.
    pub fn rust(&self) -> impl Iterator<Item = (&str, &str)> {
        self.files().filter(|(path, _)| path.ends_with(".rs"))
    }

    /// Returns the folder of every package, with the text of its Cargo.toml.
    pub fn packages(&self) -> impl Iterator<Item = (&str, &str)> {
        self.files()
            .filter_map(|(path, text)| Some((path.strip_suffix("/Cargo.toml")?, text)))
    }

    /// Returns the folder of the package that a file belongs to.
    #[must_use]
    pub fn package_of<'a>(&self, path: &'a str) -> Option<&'a str> {
        let mut parents = path.rmatch_indices('/').map(|(at, _)| &path[..at]);
        parents.find(|folder| self.files.contains_key(&format!("{folder}/Cargo.toml")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tree_holds_our_files_and_nothing_built() {
        let root = tempfile::tempdir().unwrap();
        for path in ["a/b.rs", "target/x.rs", ".git/x", "a/b.orig", ".ci/run"] {
            let path = root.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "x").unwrap();
        }
        fs::write(root.path().join("a/c.bin"), [0xff]).unwrap();
        let tree = Tree::read(root.path()).unwrap();
        let files: Vec<_> = tree.files().collect();
        assert_eq!(files, [(".ci/run", "x"), ("a/b.rs", "x"), ("a/c.bin", "")]);
    }

    #[test]
    fn a_file_belongs_to_the_nearest_package() {
        let tree = Tree::of(&[
            ("a/Cargo.toml", ""),
            ("a/b/Cargo.toml", ""),
            ("a/b/src/x.rs", ""),
        ]);
        assert_eq!(tree.package_of("a/b/src/x.rs"), Some("a/b"));
        assert_eq!(tree.package_of("a/src/x.rs"), Some("a"));
        assert_eq!(tree.package_of("c/x.rs"), None);
    }
}
