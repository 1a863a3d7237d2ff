//! What a cleaner definition says, as values.

use std::path::PathBuf;

use super::filter::Filters;

/// One `<cleaner>`: a program, and what can be cleaned of it.
#[derive(Clone, Debug)]
pub(crate) struct Cleaner {
    pub(crate) id: String,
    pub(crate) name: String,
    /// The file that defines it.
    pub(crate) file: PathBuf,
    pub(crate) running: Vec<Sign>,
    /// In the order of the file; a name may come more than once.
    pub(crate) variables: Vec<Variable>,
    pub(crate) choices: Vec<Choice>,
    /// Whether it names languages whose files can go, which is a search of its own.
    pub(crate) has_localizations: bool,
}

/// A sign that the program is running.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Sign {
    /// A process of this program.
    Program(String),
    /// A file that is there while it runs; a glob.
    File(String),
    /// A kind of sign that is not known here.
    Unknown,
}

/// A `<value>` of a `<var>`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Variable {
    pub(crate) name: String,
    pub(crate) value: String,
    /// Whether the value is a glob, whose matches are the values.
    pub(crate) is_glob: bool,
}

/// One `<option>`: what a person ticks.
#[derive(Clone, Debug)]
pub(crate) struct Choice {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) description: String,
    pub(crate) warning: Option<String>,
    pub(crate) searches: Vec<Search>,
    pub(crate) unsupported: Vec<Unsupported>,
}

/// An `<action>` that names whole files.
#[derive(Clone, Debug)]
pub(crate) struct Search {
    pub(crate) act: Act,
    pub(crate) how: How,
    /// As written, with variables in it.
    pub(crate) path: String,
    pub(crate) filters: Filters,
}

/// What would be done with what is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Act {
    /// Removed.
    Delete,
    /// Overwritten, then removed.
    Shred,
    /// Emptied.
    Truncate,
}

impl Act {
    pub(crate) fn of(command: &str) -> Option<Self> {
        Some(match command {
            "delete" => Self::Delete,
            "shred" => Self::Shred,
            "truncate" => Self::Truncate,
            _ => return None,
        })
    }
}

/// How files are searched for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum How {
    /// One path, as it is.
    File,
    /// Paths that fit a glob.
    Glob,
    /// Files below folders that fit a glob.
    WalkFiles,
    /// Files and folders below folders that fit a glob.
    WalkAll,
    /// As `WalkAll`, and the folder itself.
    WalkTop,
    /// Files below a folder, mostly the home folder, by their names.
    Deep,
}

impl How {
    pub(crate) fn of(search: &str) -> Option<Self> {
        Some(match search {
            "file" => Self::File,
            "glob" => Self::Glob,
            "walk.files" => Self::WalkFiles,
            "walk.all" => Self::WalkAll,
            "walk.top" => Self::WalkTop,
            "deep" => Self::Deep,
            _ => return None,
        })
    }
}

/// An `<action>` that is not carried over, as `candor clean --cleanerml --json` names it.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Unsupported {
    /// The command: `sqlite.vacuum`.
    pub command: String,
    /// The path it names, as written; empty if none.
    pub path: String,
    /// Why it is not carried over.
    pub why: String,
}
