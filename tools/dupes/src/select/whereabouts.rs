//! What a copy is by where it lies: thrown away, junk, a part of something, or a thing by itself.
//!
//! Junk goes some day, by a rule that asks nobody about copies. So what may be junk never vouches for what
//! is not: it would be the last copy. Evidence is not asked here; a name that only looks like junk is
//! relied on less than it could be, and nothing is lost by that.

use std::path::{Path, PathBuf};

use knowledge::{
    Base, Platform,
    junk::{self, Matcher},
    protected::Protection,
};
use tool::is_in_a_bin;

/// How far a copy can be relied on to stay; the best first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Rank {
    /// A thing by itself.
    Own,
    /// A part of something that goes as a whole, one day.
    Part,
    /// A rule may call it junk.
    Junk,
}

/// Folders in which everything is a part of something, by name.
///
/// Source: the manuals of git (gitrepository-layout), Mercurial, Subversion and Bazaar; npm (folders), PEP
/// 370 and the module venv of Python; read 2026-11-25.
const OF_SOMETHING: [(&str, &str); 7] = [
    (".bzr", REPOSITORY),
    (".git", REPOSITORY),
    (".hg", REPOSITORY),
    (".svn", REPOSITORY),
    (".venv", PACKAGES),
    ("node_modules", PACKAGES),
    ("site-packages", PACKAGES),
];
const REPOSITORY: &str = "a repository";
const PACKAGES: &str = "installed packages";
const DATA: &str = "a program's own data";

/// The folders that were named, and the places of the people whose files they hold. Made once for a run.
pub(crate) struct Whereabouts<'o> {
    /// In the order they were named.
    pub(crate) roots: &'o [PathBuf],
    protection: Protection,
    /// `None` if there are too many homes for it: then nothing is known to be no junk, and nothing goes.
    junk: Option<Matcher>,
    of_programs: Vec<PathBuf>,
}

impl<'o> Whereabouts<'o> {
    pub(crate) fn of(roots: &'o [PathBuf], bases: &[Base]) -> Self {
        // Without a base only names are known, and those are the same everywhere.
        let platform = bases.first().map_or(Platform::Linux, |base| base.platform);
        let data = |base: &Base| {
            let folders = knowledge::named("program-data").flat_map(|place| place.paths(base));
            // A variable that leads to the home folder, or above it, says nothing.
            let below = |folder: &PathBuf| !base.home.starts_with(folder);
            folders.filter(below).collect::<Vec<_>>()
        };
        Self {
            roots,
            protection: Protection::of(bases),
            junk: Matcher::new(junk::rows(platform), bases).ok(),
            of_programs: bases.iter().flat_map(data).collect(),
        }
    }

    /// Returns how far a copy at this path can be relied on; `None` if it was thrown away: then it is none.
    pub(super) fn rank(&self, path: &Path, parts: bool) -> Option<Rank> {
        if is_in_a_bin(path) {
            None
        } else if self.is_junk(path) {
            Some(Rank::Junk)
        } else if !parts && self.part(path).is_some() {
            Some(Rank::Part)
        } else {
            Some(Rank::Own)
        }
    }

    /// Returns whether a rule may call a path junk.
    pub(super) fn is_junk(&self, path: &Path) -> bool {
        self.junk
            .as_ref()
            .is_none_or(|junk| junk.may_take(path).is_some())
    }

    /// Returns what a path is a part of, if it is.
    pub(super) fn part(&self, path: &Path) -> Option<&'static str> {
        let named = |part| OF_SOMETHING.iter().find(|it| it.0 == part);
        if let Some((_, of)) = path.iter().find_map(named) {
            return Some(of);
        }
        let mut data = self.of_programs.iter();
        data.any(|folder| path.starts_with(folder)).then_some(DATA)
    }

    /// Returns why a path never goes, if it does not.
    pub(super) fn keep(&self, path: &Path) -> Option<String> {
        if self.junk.is_none() {
            return Some("the rules for junk cannot be held for so many homes".to_owned());
        }
        let row = self.protection.of_path(path)?;
        Some(format!("it is protected: {}", row.words))
    }
}
