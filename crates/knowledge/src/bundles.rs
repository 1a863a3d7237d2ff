//! Folders that a person knows as one thing, told by how their names end.
//!
//! What lies in one belongs to a program: taking single files out of it breaks it.

use std::sync::OnceLock;

use serde::Deserialize;

use crate::rows;

/// A kind of folder that is one thing.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bundle {
    /// What this row is called: `photos`.
    pub id: String,
    /// What a person calls it, with its article: `a library of Photos`.
    pub words: String,
    /// How its name ends, in small letters, with the dot.
    pub ending: String,
    /// A path that is one.
    pub example: String,
    /// Where these facts come from, with date or version.
    pub source: String,
}

/// Returns the kinds of bundles, sorted by id.
#[must_use]
pub fn bundles() -> &'static [Bundle] {
    static ROWS: OnceLock<Vec<Bundle>> = OnceLock::new();
    ROWS.get_or_init(|| rows::embedded(include_str!("../tables/bundles.toml")))
}

/// Returns what kind of bundle a folder of this name is; `None` if it is an ordinary folder.
///
/// File systems of macOS do not tell large letters from small ones, so neither does this.
#[must_use]
pub fn bundle(name: &[u8]) -> Option<&'static Bundle> {
    // A folder called `.app` is a hidden one.
    let dot = name
        .iter()
        .rposition(|byte| *byte == b'.')
        .filter(|at| *at > 0)?;
    let ending = &name[dot..];
    bundles()
        .iter()
        .find(|row| ending.eq_ignore_ascii_case(row.ending.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_sorted_and_each_is_its_example() {
        assert!(bundles().is_sorted_by(|a, b| a.id < b.id));
        for row in bundles() {
            let name = row.example.rsplit('/').next().unwrap();
            assert_eq!(bundle(name.as_bytes()), Some(row), "{}", row.id);
            assert_eq!(row.ending, row.ending.to_ascii_lowercase());
            assert!(!row.words.is_empty() && !row.source.is_empty());
        }
    }

    #[test]
    fn a_name_that_only_looks_like_it_is_an_ordinary_folder() {
        for name in ["app", ".app", "photo.app.old", "Photos Library", "x.", ""] {
            assert_eq!(bundle(name.as_bytes()), None, "{name}");
        }
        assert!(bundle(b"\xff.APP").is_some());
    }
}
