//! The few folders that every path in a table starts from.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

/// An operating system whose places the tables know.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Platform {
    /// Any Linux distribution.
    Linux,
    /// macOS.
    Macos,
}

impl Platform {
    /// Returns the name used in tables, on the command line and in JSON.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Linux => "linux",
            Self::Macos => "macos",
        }
    }
}

impl std::fmt::Display for Platform {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str(self.name())
    }
}

/// One person's folders on one machine: what the variables in a table stand for.
///
/// On the running machine the XDG folders follow the environment; on a mounted disk they are the
/// defaults below that disk's home.
///
/// Source: XDG Base Directory Specification 0.8, 2021-05-08.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Base {
    /// Which system's rows apply.
    pub platform: Platform,
    /// The folder that stands for `/`: `/` itself, or where a disk or backup is mounted.
    pub root: PathBuf,
    /// The person's home folder, below `root`: `~` in a table.
    pub home: PathBuf,
    /// `$CONFIG` in a table.
    pub config: PathBuf,
    /// `$CACHE` in a table.
    pub cache: PathBuf,
    /// `$DATA` in a table.
    pub data: PathBuf,
    /// `$STATE` in a table.
    pub state: PathBuf,
}

impl Base {
    /// Returns the folders as they are when no environment variable moves them.
    #[must_use]
    pub fn of_home(platform: Platform, root: &Path, home: &Path) -> Self {
        Self {
            platform,
            root: root.to_owned(),
            home: home.to_owned(),
            config: home.join(".config"),
            cache: home.join(".cache"),
            data: home.join(".local/share"),
            state: home.join(".local/state"),
        }
    }

    /// Puts this machine's folders in place of the variable a table path starts with.
    ///
    /// `~/x`, `$CONFIG/x`, `$CACHE/x`, `$DATA/x`, `$STATE/x` and `/x` (below `root`) are known;
    /// wildcards further on stay as they are. Anything else is `None`, so that a misspelt
    /// variable can never turn into a folder that exists.
    #[must_use]
    pub fn expand(&self, pattern: &str) -> Option<PathBuf> {
        let (start, rest) = pattern.split_once('/').unwrap_or((pattern, ""));
        let folder = match start {
            "" => &self.root,
            "~" => &self.home,
            "$CONFIG" => &self.config,
            "$CACHE" => &self.cache,
            "$DATA" => &self.data,
            "$STATE" => &self.state,
            _ => return None,
        };
        Some(if rest.is_empty() {
            folder.clone()
        } else {
            folder.join(rest)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_misspelt_variable_names_no_folder() {
        let base = Base::of_home(
            Platform::Linux,
            Path::new("/mnt"),
            Path::new("/mnt/home/ada"),
        );
        assert_eq!(base.expand("$CACEH/x"), None);
        assert_eq!(base.expand("x"), None);
        assert_eq!(base.expand("~ada/x"), None);
    }

    #[test]
    fn variables_stand_below_the_root_that_is_looked_at() {
        let base = Base::of_home(
            Platform::Linux,
            Path::new("/mnt"),
            Path::new("/mnt/home/ada"),
        );
        let expanded = |pattern| base.expand(pattern).unwrap().display().to_string();
        assert_eq!(expanded("~/.npm/*"), "/mnt/home/ada/.npm/*");
        assert_eq!(
            expanded("$CACHE/thumbnails"),
            "/mnt/home/ada/.cache/thumbnails"
        );
        assert_eq!(expanded("/var/log"), "/mnt/var/log");
        assert_eq!(expanded("~"), "/mnt/home/ada");
    }
}
