//! What no rule may ever call junk, whatever its patterns say; and what of it is private.

use std::{
    path::{Path, PathBuf},
    sync::OnceLock,
};

use serde::Deserialize;

use crate::{Base, Platform, pattern::holds_path, rows};

/// A folder or file that stays.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Protected {
    /// What this row is called: `any.ssh`.
    pub id: String,
    /// What a person calls it.
    pub words: String,
    /// Where it is on Linux: patterns for [`Base::expand`].
    #[serde(default)]
    pub linux: Vec<String>,
    /// Where it is on macOS.
    #[serde(default)]
    pub macos: Vec<String>,
    /// How far down the protection reaches.
    pub depth: Depth,
    /// Whether its contents are nobody's business but that of the program they belong to.
    #[serde(default)]
    pub private: Option<Private>,
    /// Whether what one application left may go from here when a person uninstalls it. Junk may not.
    #[serde(default)]
    pub gives_way: bool,
    /// Why it stays: what would be lost.
    pub why: String,
    /// Paths that are protected by it on a machine of /home/ada or /Users/ada.
    pub examples: Vec<String>,
    /// Where these facts come from, with date or version.
    pub source: String,
}

/// How far down the protection of a folder reaches.
///
/// A folder that holds something protected, at any depth, is protected as well: it cannot be
/// removed without it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Depth {
    /// The folder itself; what is inside may still be junk.
    Itself,
    /// The folder and what is directly inside.
    Children,
    /// The folder and everything below.
    Everything,
    /// No project of the person lies below, so that names such as `node_modules` prove nothing;
    /// rows that name a path there still hold.
    Projects,
    /// No further than other rows say: what the row names is private, and may hold junk.
    Nothing,
}

/// What is private of a row: its files are not opened by a tool that looks at a whole disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Private {
    /// What the patterns name, with everything below.
    Itself,
    /// The folder that holds what a pattern names, with everything below: a mark tells what it is.
    Holder,
}

impl Protected {
    /// Returns the patterns of this row on `platform`.
    #[must_use]
    pub fn patterns(&self, platform: Platform) -> &[String] {
        match platform {
            Platform::Linux => &self.linux,
            Platform::Macos => &self.macos,
        }
    }

    /// Returns what this row protects for one person on one machine; wildcards stay in the paths.
    #[must_use]
    pub fn paths(&self, base: &Base) -> Vec<PathBuf> {
        self.patterns(base.platform)
            .iter()
            .filter_map(|pattern| base.expand(pattern))
            .collect()
    }
}

/// Returns the protected places, sorted by id.
#[must_use]
pub fn protected() -> &'static [Protected] {
    static ROWS: OnceLock<Vec<Protected>> = OnceLock::new();
    ROWS.get_or_init(|| rows::embedded(include_str!("../tables/protected.toml")))
}

/// Returns the row that protects a path from being changed or removed, for these people; `None` if
/// nothing does.
///
/// Of a folder, what lies in it has to be asked as well: removing it removes what it holds. Whoever asks
/// often makes a [`Protection`] once.
#[must_use]
pub fn protects(path: &Path, bases: &[Base]) -> Option<&'static Protected> {
    Protection::of(bases).of_path(path)
}

/// Every protected place of some people, ready to be asked of many paths.
pub struct Protection {
    /// Each with how many components it has.
    patterns: Vec<(usize, PathBuf, &'static Protected)>,
}

impl Protection {
    /// Returns what is protected for these people.
    #[must_use]
    pub fn of(bases: &[Base]) -> Self {
        let acts = |row: &&Protected| !matches!(row.depth, Depth::Projects | Depth::Nothing);
        let of_row = |row: &'static Protected| {
            let paths = bases.iter().flat_map(|base| row.paths(base));
            paths.map(move |path| (path.components().count(), path, row))
        };
        Self {
            patterns: protected().iter().filter(acts).flat_map(of_row).collect(),
        }
    }

    /// Returns the row that protects a path, as [`protects`] does.
    #[must_use]
    pub fn of_path(&self, path: &Path) -> Option<&'static Protected> {
        self.rows(path).next()
    }

    /// Returns the row that protects a path from going together with an application.
    ///
    /// It is the same as [`Protection::of_path`], but for rows that [give way](Protected::gives_way) to what
    /// fits a place where applications leave things, with everything below it.
    #[cfg(feature = "applications")]
    #[must_use]
    pub fn from_uninstall(
        &self,
        path: &Path,
        places: &[crate::applications::Places],
    ) -> Option<&'static Protected> {
        let fits = |path: &Path| places.iter().any(|it| it.fits(path));
        let of_an_application = || path.ancestors().any(fits);
        self.rows(path)
            .find(|row| !row.gives_way || !of_an_application())
    }

    fn rows(&self, path: &Path) -> impl Iterator<Item = &'static Protected> {
        let length = path.components().count();
        let holds = move |(parts, pattern, row): &&(usize, PathBuf, &'static Protected)| {
            let below = length.checked_sub(*parts);
            let deep_enough = match row.depth {
                Depth::Everything => below.is_some(),
                Depth::Itself => below == Some(0),
                Depth::Children => below.is_some_and(|it| it <= 1),
                Depth::Projects | Depth::Nothing => false,
            };
            deep_enough && holds_path(pattern, path)
        };
        self.patterns.iter().filter(holds).map(|(_, _, row)| *row)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_protects_its_examples() {
        for row in protected() {
            if matches!(row.depth, Depth::Projects | Depth::Nothing) {
                continue;
            }
            for example in &row.examples {
                let of = |platform, home| Base::of_home(platform, Path::new("/"), Path::new(home));
                let bases = [
                    of(Platform::Linux, "/home/ada"),
                    of(Platform::Macos, "/Users/ada"),
                ];
                assert!(
                    protects(Path::new(example), &bases).is_some(),
                    "{}: {example}",
                    row.id
                );
            }
        }
    }

    #[test]
    fn what_is_protected_is_as_deep_as_its_row_says() {
        let base = Base::of_home(Platform::Linux, Path::new("/"), Path::new("/home/ada"));
        let by = |path: &str| {
            let bases = std::slice::from_ref(&base);
            protects(Path::new(path), bases).map(|row| row.id.as_str())
        };
        assert_eq!(by("/home/ada/.ssh/id_ed25519"), Some("keys"));
        assert_eq!(by("/home/ada"), Some("home"));
        assert_eq!(by("/home/ada/Documents"), Some("documents"));
        assert_eq!(by("/home/ada/Documents/letter.txt"), None);
        assert_eq!(by("/home/ada/.config/gimp"), Some("app-settings"));
        assert_eq!(by("/home/ada/.config/gimp/gimprc"), None);
        assert_eq!(by("/usr/bin/env"), Some("system"));
        assert_eq!(by("/srv/films/film.mkv"), None);
    }
}
