//! What a person keeps, whatever a rule says of it.

use std::path::{Path, PathBuf};

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};

/// Paths that stay, with everything below them and every folder that holds one.
#[derive(Clone, Debug, Default)]
pub struct Keep {
    wholes: GlobSet,
    names: GlobSet,
    texts: Vec<String>,
}

/// A line that is no glob.
#[derive(Debug, thiserror::Error)]
#[error("`{line}` is no path or glob")]
pub struct BadLine {
    /// The line.
    pub line: String,
    /// What is wrong with it.
    #[source]
    pub source: globset::Error,
}

impl Keep {
    /// Reads lines: a path from the top or from `~`, or a name that stays wherever it is; `*` and `?`
    /// stand for anything within a name, `**` for any folders. Empty lines and those that start with `#`
    /// say nothing.
    ///
    /// # Errors
    /// [`BadLine`] names the first that cannot be read.
    pub fn of<'l>(
        lines: impl IntoIterator<Item = &'l str>,
        homes: &[PathBuf],
    ) -> Result<Self, BadLine> {
        let (mut wholes, mut names) = (GlobSetBuilder::new(), GlobSetBuilder::new());
        let mut texts = Vec::new();
        for line in lines {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let glob = |text: &str| {
                let built = GlobBuilder::new(text).literal_separator(true).build();
                built.map_err(|source| BadLine {
                    line: line.to_owned(),
                    source,
                })
            };
            // `name/` is a name as well.
            let text = line.trim_end_matches('/');
            match text.strip_prefix('~') {
                Some(rest) if rest.is_empty() || rest.starts_with('/') => {
                    for home in homes {
                        // A home may hold what a glob would take for a pattern.
                        let home = globset::escape(&home.to_string_lossy());
                        wholes.add(glob(&format!("{home}{rest}"))?);
                    }
                }
                _ if text.contains('/') => drop(wholes.add(glob(text)?)),
                _ => drop(names.add(glob(text)?)),
            }
            texts.push(line.to_owned());
        }
        let built = |set: GlobSetBuilder| {
            set.build().map_err(|source| BadLine {
                line: texts.join(", "),
                source,
            })
        };
        Ok(Self {
            wholes: built(wholes)?,
            names: built(names)?,
            texts: texts.clone(),
        })
    }

    /// Returns the lines that say something.
    #[must_use]
    pub fn lines(&self) -> &[String] {
        &self.texts
    }

    /// Returns whether a path is kept, or lies in a folder that is.
    #[must_use]
    pub fn holds(&self, path: &Path) -> bool {
        !self.is_empty() && path.ancestors().any(|it| self.names(it))
    }

    /// Returns whether a line names this very path.
    pub(crate) fn names(&self, path: &Path) -> bool {
        let by_name = |name| self.names.is_match(name);
        self.wholes.is_match(path) || path.file_name().is_some_and(by_name)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.texts.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_is_kept_with_all_below_it() {
        let homes = [PathBuf::from("/home/a[d]a")];
        let lines = "# my own\n~/.cache/fonts\n/var/log/*.gz\n\n*.keep\nmodels/\n~/a/**/b\n";
        let keep = Keep::of(lines.lines(), &homes).unwrap();
        for (path, expected) in [
            ("/home/a[d]a/.cache/fonts", true),
            ("/home/a[d]a/.cache/fonts/deep/file", true),
            ("/home/a[d]a/.cache", false),
            ("/home/ada/.cache/fonts", false),
            ("/var/log/old.gz", true),
            ("/var/log/sub/old.gz", false),
            ("/srv/x.keep", true),
            ("/srv/models/one/two", true),
            ("/srv/mymodels", false),
            ("/home/a[d]a/a/x/y/b/file", true),
            ("/home/a[d]a/a/b", true),
        ] {
            assert_eq!(keep.holds(Path::new(path)), expected, "{path}");
        }
        assert!(Keep::of(["["], &homes).is_err());
        assert!(!Keep::of([], &homes).unwrap().holds(Path::new("/")));
    }
}
