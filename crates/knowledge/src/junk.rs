//! What programs leave behind and can do without: one row per kind, and the [`Matcher`] that
//! finds them during a walk.
//!
//! A row names what would be removed, never a folder that many things share: `$CACHE/fontconfig`
//! is a kind of junk, `$CACHE` is not. Whether a match is old enough, or its program is running,
//! is for the reader of the disk to say; the row only says what to ask.

mod automaton;
mod matcher;
#[cfg(test)]
mod tests;

use std::sync::OnceLock;

use serde::{Deserialize, Serialize};

pub use matcher::{Matcher, Named, State, Step, TooManyRules};

use crate::{Place, Platform, rows};

/// One kind of junk.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Junk {
    /// What findings call it: `linux.thumbnails`.
    pub id: String,
    /// What a person calls it: "thumbnails of pictures and videos".
    pub name: String,
    /// What sort of thing it is.
    pub kind: Kind,
    /// What would be removed: patterns that start with `~`, `$CACHE`, `$CONFIG`, `$DATA`,
    /// `$STATE` or `/`; `*` stands for a run of characters inside one name.
    #[serde(default)]
    pub paths: Vec<String>,
    /// Found by name in any folder, with evidence beside or inside it, instead of by path.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub anywhere: Option<Anywhere>,
    /// How many days it must have been untouched; 0 if its age does not matter.
    pub min_age_days: u32,
    /// What must not be going on while it is removed.
    #[serde(default)]
    pub guard: Guard,
    /// Why it is junk.
    pub why: String,
    /// What is lost when it is removed.
    pub lost: String,
    /// Whether a plan to remove junk begins with it ticked.
    pub default: bool,
    /// A path it must match on a machine of /home/ada or /Users/ada.
    pub example: String,
    /// Where these facts come from: an address or a document, with its date or version.
    pub source: String,
}

/// What sort of junk a row describes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// Made again, or fetched again, when it is needed.
    Cache,
    /// Memory dumps and reports of programs that crashed.
    Crash,
    /// What building a program leaves: made again by the next build.
    Developer,
    /// Packages that installed something that is installed now.
    Installer,
    /// What nothing refers to or fills any more. No row has it: it is seen on the disk.
    Leftover,
    /// What a program wrote down about its own running.
    Log,
    /// Downloads that never ended.
    PartialDownload,
    /// Only told, never proposed: too valuable or too entangled to remove by a rule.
    Report,
    /// How windows and sessions stood when a program ended.
    State,
    /// Meant to be short-lived by whoever made it.
    Temp,
    /// Small pictures of files, made again when their folder is shown.
    Thumbnail,
    /// Already thrown away by the person.
    Trash,
}

/// Junk that lies wherever a project lies: its name, and what proves it is not a folder of the
/// same name that someone filled by hand.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Anywhere {
    /// The exact name: `node_modules`.
    pub name: String,
    /// Whether it is a folder or a file.
    pub is: Shape,
    /// One of these must stand in the same folder; `*` as in paths. None asked if empty.
    #[serde(default)]
    pub beside: Vec<String>,
    /// One of these must stand directly inside it. None asked if empty.
    #[serde(default)]
    pub inside: Vec<String>,
}

/// Whether something is a folder or a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Shape {
    /// A folder, never a link to one.
    Folder,
    /// A regular file.
    File,
}

/// What must not be going on while a kind of junk is removed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Guard {
    /// Programs that must not run, by the name of their executable; `*` as in paths.
    #[serde(default)]
    pub programs: Vec<String>,
    /// Files that stand while the program runs, as patterns like those of the row.
    #[serde(default)]
    pub locks: Vec<String>,
    /// The same for people: "close Firefox first". Empty if nothing needs to be asked.
    #[serde(default)]
    pub words: String,
}

/// The number of a row in the slice of rows it came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RuleIndex(pub u16);

impl RuleIndex {
    /// Returns the row, given the slice the matcher was made from.
    ///
    /// # Panics
    /// When `rows` is not that slice and shorter.
    #[must_use]
    pub fn of(self, rows: &[Junk]) -> &Junk {
        &rows[usize::from(self.0)]
    }
}

/// Returns the kinds of junk of one system, sorted by id: its own, `linux.…` or `macos.…`, and
/// those that lie wherever a project lies, `project.…`.
#[must_use]
pub fn rows(platform: Platform) -> &'static [Junk] {
    static LINUX: OnceLock<Vec<Junk>> = OnceLock::new();
    static MACOS: OnceLock<Vec<Junk>> = OnceLock::new();
    let with_projects = |text| {
        let mut all: Vec<Junk> = rows::embedded(text);
        all.extend(rows::embedded::<Junk>(include_str!(
            "../tables/junk-projects.toml"
        )));
        all
    };
    match platform {
        Platform::Linux => {
            LINUX.get_or_init(|| with_projects(include_str!("../tables/junk-linux.toml")))
        }
        Platform::Macos => {
            MACOS.get_or_init(|| with_projects(include_str!("../tables/junk-macos.toml")))
        }
    }
}

/// Returns the places of all kinds of junk that have a path: `junk.linux.thumbnails`.
///
/// Junk that is found by name lies in folders that a declaration names otherwise.
pub(crate) fn places() -> impl Iterator<Item = Place> {
    [Platform::Linux, Platform::Macos]
        .into_iter()
        .flat_map(|platform| {
            rows(platform)
                .iter()
                .filter(|row| !row.paths.is_empty())
                .map(move |row| {
                    let (linux, macos) = match platform {
                        Platform::Linux => (row.paths.clone(), Vec::new()),
                        Platform::Macos => (Vec::new(), row.paths.clone()),
                    };
                    Place {
                        id: format!("junk.{}", row.id),
                        words: row.name.clone(),
                        linux,
                        macos,
                        commands: Vec::new(),
                        examples: vec![row.example.clone()],
                        strings: Vec::new(),
                        source: row.source.clone(),
                    }
                })
        })
}
