//! Which entries of an archive a person wants, and how much of their paths.

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};
use serde::{Deserialize, Serialize};

use crate::names::Parts;

/// What a person says of the entries they want.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Wish {
    /// Patterns of paths and names; all entries where there is none.
    pub only: Vec<String>,
    /// How many folders are left off the beginning of each path.
    pub strip: usize,
}

/// A [`Wish`] that entries are held against.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    only: Option<GlobSet>,
    strip: usize,
}

impl Wish {
    /// Returns what entries are held against.
    ///
    /// # Errors
    /// When a pattern is none: what is wrong with it, and which.
    pub fn wanted(&self) -> Result<Wanted, String> {
        let mut set = GlobSetBuilder::new();
        for pattern in &self.only {
            for pattern in patterns(pattern) {
                let glob = GlobBuilder::new(&pattern).literal_separator(true).build();
                set.add(glob.map_err(|error| error.to_string())?);
            }
        }
        let set = set.build().map_err(|error| error.to_string())?;
        Ok(Wanted {
            only: (!self.only.is_empty()).then_some(set),
            strip: self.strip,
        })
    }
}

/// Returns a pattern for whole paths: one without a stroke is for a name in any folder, and one for a folder takes what is
/// below it.
fn patterns(pattern: &str) -> [String; 2] {
    let whole = pattern.strip_prefix("./").unwrap_or(pattern);
    let whole = whole.strip_suffix('/').unwrap_or(whole);
    let whole = match whole.contains('/') {
        true => whole.trim_start_matches('/').to_owned(),
        false => format!("**/{whole}"),
    };
    let below = format!("{whole}/**");
    [whole, below]
}

impl Wanted {
    /// Returns whether an entry of this path is wanted.
    #[must_use]
    pub fn takes(&self, parts: &Parts) -> bool {
        let only = self.only.as_ref();
        only.is_none_or(|it| it.is_match(parts.names().join("/")))
    }

    /// Returns whether all entries are wanted, as they are.
    #[must_use]
    pub fn is_all(&self) -> bool {
        self.only.is_none() && self.strip == 0
    }

    /// Leaves off the folders that are not wanted. None where nothing of the path is left.
    #[must_use]
    pub fn stripped(&self, parts: Parts) -> Option<Parts> {
        let (has, strip) = (parts.names().len(), self.strip);
        (strip == 0 || has > strip).then(|| parts.below(strip))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::names::Strokes;

    fn parts(name: &str) -> Parts {
        Parts::of(name, Strokes::Forward).0
    }

    #[test]
    fn patterns_are_for_names_paths_and_folders() {
        for (pattern, path, is_wanted) in [
            ("*.txt", "a/b/c.txt", true),
            ("*.txt", "c.txt", true),
            ("*.txt", "c.txt.gz", false),
            ("b", "a/b/c.txt", true),
            ("a/b", "a/b/c/d", true),
            ("a/b/", "a/b/c", true),
            ("./a/b", "a/b", true),
            ("a/*", "a/b", true),
            ("a/*", "c/b", false),
            ("a/*.txt", "a/b/c.txt", false),
            ("a/**/*.txt", "a/b/c.txt", true),
            ("b/c.txt", "a/b/c.txt", false),
            ("[ab]c", "bc", true),
        ] {
            let wish = Wish {
                only: vec![pattern.to_owned()],
                strip: 0,
            };
            let takes = wish.wanted().unwrap().takes(&parts(path));
            assert_eq!(takes, is_wanted, "{pattern} {path}");
        }
        assert!(Wanted::default().takes(&parts("anything")));
    }

    #[test]
    fn what_is_no_pattern_is_told() {
        let wish = Wish {
            only: vec!["[a".to_owned()],
            strip: 0,
        };
        assert!(wish.wanted().unwrap_err().contains("[a"));
    }

    #[test]
    fn folders_are_left_off() {
        let strip = |strip, path| {
            let wish = Wish {
                only: Vec::new(),
                strip,
            };
            let left = wish.wanted().unwrap().stripped(parts(path));
            left.map(|it| it.names().join("/"))
        };
        assert_eq!(strip(0, "a/b"), Some("a/b".to_owned()));
        assert_eq!(strip(1, "a/b"), Some("b".to_owned()));
        assert_eq!(strip(2, "a/b"), None);
        assert_eq!(strip(0, "./"), Some(String::new()));
    }
}
