//! What a person keeps, whatever a rule says of it.

use std::{
    collections::BTreeSet,
    ffi::{OsStr, OsString},
    path::{Component, Path, PathBuf},
};

use globset::{Glob, GlobBuilder, GlobSet, GlobSetBuilder};

/// Paths that stay, with everything below them and every folder that holds one.
#[derive(Clone, Debug, Default)]
pub struct Keep {
    wholes: GlobSet,
    names: GlobSet,
    /// The lines as they are written: a path may hold what a glob takes for a pattern.
    whole_paths: BTreeSet<PathBuf>,
    whole_names: BTreeSet<OsString>,
    texts: Vec<String>,
}

/// A line that would keep nothing, or not what it seems to.
#[derive(Debug, thiserror::Error)]
#[error("{}: {why}", named(.line.as_deref()))]
pub struct BadLine {
    /// The line; `None` when it is all of them together.
    pub line: Option<String>,
    /// What is wrong with it.
    pub why: String,
}

fn named(line: Option<&str>) -> String {
    match line {
        Some(line) => format!("`{}`", tool::path_text::shown(line.as_ref())),
        None => "the lines together".to_owned(),
    }
}

impl Keep {
    /// Reads lines: a path from the top or from `~`, or a name that stays wherever it is; `*` and `?`
    /// stand for anything within a name, `**` for any folders. A path that is there is kept under its real
    /// name as well. Empty lines and those that start with `#` say nothing.
    ///
    /// # Errors
    /// [`BadLine`] names the first that cannot be read, or that would keep nothing.
    pub fn of<'l>(
        lines: impl IntoIterator<Item = &'l str>,
        homes: &[PathBuf],
    ) -> Result<Self, BadLine> {
        let (mut wholes, mut names) = (GlobSetBuilder::new(), GlobSetBuilder::new());
        let mut keep = Self::default();
        for line in lines {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let bad = |why: String| BadLine {
                line: Some(line.to_owned()),
                why,
            };
            if let Some(why) = keeps_nothing(line) {
                return Err(bad(why.to_owned()));
            }
            // `name/` is a name as well.
            let text = match line.trim_end_matches('/') {
                "" => "/",
                text => text,
            };
            match text.strip_prefix('~') {
                Some(rest) => {
                    for home in homes {
                        let pattern = globset::escape(&home.to_string_lossy()) + rest;
                        let path = home.join(rest.trim_start_matches('/'));
                        keep.path(path, glob(&pattern), &mut wholes).map_err(bad)?;
                    }
                }
                None if text.starts_with('/') => {
                    keep.path(text.into(), glob(text), &mut wholes)
                        .map_err(bad)?;
                }
                None if text.contains('/') => {
                    wholes.add(glob(text).map_err(bad)?);
                }
                None => {
                    keep.whole_names.insert(text.into());
                    names.add(glob(text).map_err(bad)?);
                }
            }
            keep.texts.push(line.to_owned());
        }
        let built = |set: GlobSetBuilder| {
            set.build().map_err(|error| BadLine {
                line: None,
                why: error.kind().to_string(),
            })
        };
        keep.wholes = built(wholes)?;
        keep.names = built(names)?;
        Ok(keep)
    }

    /// Takes in a path from the top, as it is written, as a glob, and as it really is.
    fn path(
        &mut self,
        path: PathBuf,
        pattern: Result<Glob, String>,
        wholes: &mut GlobSetBuilder,
    ) -> Result<(), String> {
        match pattern {
            Ok(pattern) => drop(wholes.add(pattern)),
            // No glob, but the name of something.
            Err(_) if path.symlink_metadata().is_ok() => {}
            Err(why) => return Err(why),
        }
        self.whole_paths.extend(path.canonicalize());
        self.whole_paths.insert(path);
        Ok(())
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
        let by_name = |name: &OsStr| self.whole_names.contains(name) || self.names.is_match(name);
        self.whole_paths.contains(path)
            || self.wholes.is_match(path)
            || path.file_name().is_some_and(by_name)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.texts.is_empty()
    }
}

fn glob(text: &str) -> Result<Glob, String> {
    let built = GlobBuilder::new(text).literal_separator(true).build();
    built.map_err(|error| error.kind().to_string())
}

/// Says why a line would keep nothing, if it would.
fn keeps_nothing(line: &str) -> Option<&'static str> {
    let inside = line.trim_end_matches('/').contains('/');
    let from_the_top = line.starts_with('/') || line.starts_with("~/");
    if line.contains('$') {
        Some("variables are not read here; write the whole path, or begin with `~/`")
    } else if Path::new(line)
        .components()
        .any(|it| it == Component::ParentDir)
    {
        Some("no path is compared with `..`; write it without")
    } else if line.starts_with('~') && line != "~" && !from_the_top {
        Some("`~` with a name is not read here; write the whole path")
    } else if inside && !from_the_top && !line.starts_with("**/") {
        Some("it does not say from where; begin with `/`, `~/`, or `**/` for anywhere")
    } else {
        None
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
        assert!(Keep::of(["/"], &homes).unwrap().holds(Path::new("/srv/x")));
        assert!(!Keep::of([], &homes).unwrap().holds(Path::new("/")));
    }

    #[test]
    fn a_line_that_would_keep_nothing_is_refused_by_name() {
        let homes = [PathBuf::from("/home/ada")];
        for (line, why) in [
            ("$HOME/films", "variables"),
            ("~/films/$X", "variables"),
            ("/srv/../etc", "`..`"),
            ("~ada/music", "whole path"),
            ("music/films", "from where"),
            ("./films", "from where"),
            ("[", "unclosed"),
            ("/no/such/[folder", "unclosed"),
        ] {
            let bad = Keep::of(["*.iso", line], &homes).unwrap_err();
            assert_eq!(bad.line.as_deref(), Some(line));
            let said = bad.to_string();
            assert!(said.contains(why) && !said.contains("iso"), "{said}");
        }
        for line in ["~", "~/", "/", "**/music/films", "models/", "a..b"] {
            assert!(Keep::of([line], &homes).is_ok(), "{line}");
        }
    }

    #[test]
    fn a_path_is_kept_as_it_is_written_and_as_it_really_is() {
        let folder = tempfile::tempdir().unwrap();
        let top = folder.path().canonicalize().unwrap();
        for name in ["[2024] photos", "real", "[open"] {
            std::fs::create_dir(top.join(name)).unwrap();
        }
        std::os::unix::fs::symlink(top.join("real"), top.join("link")).unwrap();
        let lines = ["[2024] photos", "link", "[open"].map(|it| top.join(it));
        let lines: Vec<&str> = lines.iter().filter_map(|it| it.to_str()).collect();
        let keep = Keep::of(lines, &[]).unwrap();
        for name in ["[2024] photos/x", "link", "real/deep/x", "[open/x"] {
            assert!(keep.holds(&top.join(name)), "{name}");
        }
        assert!(!keep.holds(&top.join("other")));
        let by_name = Keep::of(["a[1].txt"], &[]).unwrap();
        assert!(by_name.holds(Path::new("/x/a[1].txt")) && by_name.holds(Path::new("/x/a1.txt")));
    }
}
