//! Where applications leave things: rows that name what would go, never the folder that others share.
//!
//! The pattern of a row has names in braces where an application's own name stands:
//! `~/Library/Caches/{bundle}`. What may stand there is strict ([`Key::accepts`]), so that no empty,
//! short or general name can turn a pattern into the folder of everybody: the name of one application
//! that is empty once listed a whole settings folder (Mole#150).

mod key;
mod template;
#[cfg(test)]
mod tests;

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    sync::OnceLock,
};

use serde::{Deserialize, Serialize};

pub use key::Key;

use self::template::Template;
use crate::{Base, Place, Platform, rows};

/// The rule that steps of a plan name when nothing but a row of this table vouches for them.
pub const RULE: &str = "application";

/// A place where applications leave things.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Left {
    /// What findings call it: `macos.caches`.
    pub id: String,
    /// What a person calls it: "what it can make again".
    pub words: String,
    /// What would go: patterns for [`Base::expand`] with names in braces.
    pub paths: Vec<String>,
    /// Whether it is a folder, a file, or may be either.
    pub is: Shape,
    /// What a name that is exactly an application's proves here.
    pub grade: Grade,
    /// The application itself, not what it left.
    #[serde(default)]
    pub own: bool,
    /// Whether only applications have something here under such a name, so that what is there proves
    /// that there was one.
    #[serde(default)]
    pub proves: bool,
    /// What the content has to say before the name counts.
    #[serde(default)]
    pub asks: Asks,
    /// What is lost when it is removed.
    pub lost: String,
    /// A path it must match on a machine of /home/ada or /Users/ada.
    pub example: String,
    /// Where these facts come from: an address or a document, with its date or version.
    pub source: String,
}

/// Whether something is a folder or a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Shape {
    /// A folder, never a link to one.
    Folder,
    /// A regular file.
    File,
    /// Either.
    Any,
}

/// How sure it is that something belongs to an application.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Grade {
    /// The name fits, and names can be the same by chance.
    Medium,
    /// Something else than the name says so as well.
    Strong,
    /// It bears an identifier that no other application has.
    Exact,
}

/// What the content of a file or folder has to say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Asks {
    /// Nothing.
    #[default]
    Nothing,
    /// That it starts a program of the application.
    Program,
    /// The identifier of the application, in the note that macOS keeps in a container.
    Identifier,
}

/// The patterns of a row on one machine, for one person, made once for many paths.
#[derive(Clone, Debug)]
pub struct Patterns(Vec<Template>);

impl Left {
    /// Returns the patterns of this row for one person.
    #[must_use]
    pub fn on(&self, base: &Base) -> Patterns {
        let templates = self.paths.iter();
        Patterns(
            templates
                .filter_map(|pattern| Template::of(pattern, base))
                .collect(),
        )
    }

    /// Returns what stands in the braces of the pattern that is exactly this path; `None` if none is.
    #[must_use]
    pub fn read(&self, path: &Path, base: &Base) -> Option<Vec<(Key, String)>> {
        self.on(base).read(path)
    }
}

impl Patterns {
    /// Returns what stands in the braces of the pattern that is exactly this path; `None` if none is.
    #[must_use]
    pub fn read(&self, path: &Path) -> Option<Vec<(Key, String)>> {
        self.0.iter().find_map(|template| template.read(path))
    }

    /// Returns the folders whose entries the patterns are about, wildcards left in: all that is before
    /// the first name in braces.
    #[must_use]
    pub fn folders(&self) -> BTreeSet<PathBuf> {
        self.0.iter().map(Template::folder).collect()
    }

    /// Returns how many names deep below that folder the longest pattern reaches.
    #[must_use]
    pub fn levels(&self) -> usize {
        self.0
            .iter()
            .map(Template::levels)
            .max()
            .unwrap_or_default()
    }
}

/// Returns the places where applications leave things on one system, sorted by id.
#[must_use]
pub fn rows(platform: Platform) -> &'static [Left] {
    static LINUX: OnceLock<Vec<Left>> = OnceLock::new();
    static MACOS: OnceLock<Vec<Left>> = OnceLock::new();
    match platform {
        Platform::Linux => {
            LINUX.get_or_init(|| rows::embedded(include_str!("../tables/applications-linux.toml")))
        }
        Platform::Macos => {
            MACOS.get_or_init(|| rows::embedded(include_str!("../tables/applications-macos.toml")))
        }
    }
}

/// Returns whether a path is one thing that one application may have left, or is itself: never a folder
/// that applications share, and nothing inside either.
///
/// Whoever acts on a step whose rule is [`RULE`] asks this again; whoever asks often makes [`Places`] once.
#[must_use]
pub fn fits(path: &Path, base: &Base) -> bool {
    Places::of(base).fits(path)
}

/// The places of one person, ready to be asked of many paths.
#[derive(Clone, Debug)]
pub struct Places {
    rows: Vec<(&'static Left, Patterns)>,
    /// The folders whose entries the rows are about.
    folders: BTreeSet<PathBuf>,
}

impl Places {
    /// Returns the places of one person.
    #[must_use]
    pub fn of(base: &Base) -> Self {
        let rows: Vec<(&'static Left, Patterns)> = rows(base.platform)
            .iter()
            .map(|row| (row, row.on(base)))
            .collect();
        let folders = rows
            .iter()
            .flat_map(|(_, patterns)| patterns.folders())
            .collect();
        Self { rows, folders }
    }

    /// Returns whether a path is one thing of one application, as [`fits`] does.
    #[must_use]
    pub fn fits(&self, path: &Path) -> bool {
        // What only its maker's folder vouches for is told, and never proposed.
        let of_one = |row: &Left, found: &[(Key, String)]| {
            let shared = |(key, _): &(Key, String)| matches!(key, Key::Vendor | Key::Group);
            row.own || row.grade > Grade::Medium || !found.iter().any(shared)
        };
        let reads = |(row, patterns): &(&'static Left, Patterns)| {
            patterns.read(path).is_some_and(|found| of_one(row, &found))
        };
        // Whatever a folder of everybody is called.
        let holds_places = || self.folders.iter().any(|folder| folder.starts_with(path));
        self.rows.iter().any(reads) && !holds_places()
    }
}

/// A name that says nothing about whose it is.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Shared {
    /// The name in small letters, or the identifier.
    id: String,
    /// Why it proves nothing.
    #[serde(rename = "why")]
    _why: String,
}

/// Returns whether a name is too short or too general to belong to one application.
#[must_use]
pub fn is_general(name: &str) -> bool {
    let small = name.to_lowercase();
    name.chars().count() < 3 || names().contains(small.as_str())
}

/// Returns whether an identifier is one of the system, or of a part that many applications carry.
#[must_use]
pub fn is_shared_id(id: &str) -> bool {
    let small = id.to_ascii_lowercase();
    let mut above = Some(small.as_str());
    while let Some(id) = above.filter(|id| id.contains('.')) {
        if names().contains(id) {
            return true;
        }
        above = id.rsplit_once('.').map(|(above, _)| above);
    }
    false
}

fn names() -> &'static BTreeSet<String> {
    static NAMES: OnceLock<BTreeSet<String>> = OnceLock::new();
    NAMES.get_or_init(|| {
        let all: Vec<Shared> = rows::embedded(include_str!("../tables/application-names.toml"));
        all.into_iter().map(|row| row.id).collect()
    })
}

/// Returns the places of all rows: `application.left.macos.caches`, with `*` for what is in braces.
pub(crate) fn places() -> impl Iterator<Item = Place> {
    [Platform::Linux, Platform::Macos]
        .into_iter()
        .flat_map(|platform| {
            rows(platform).iter().map(move |row| {
                let paths: BTreeSet<String> =
                    row.paths.iter().map(|it| template::wild(it)).collect();
                let paths: Vec<String> = paths.into_iter().collect();
                let (linux, macos) = match platform {
                    Platform::Linux => (paths, Vec::new()),
                    Platform::Macos => (Vec::new(), paths),
                };
                Place {
                    id: format!("application.left.{}", row.id),
                    words: row.words.clone(),
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
