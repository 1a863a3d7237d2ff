//! Files with the same content, folders that hold the same, and the bytes that removing copies would free.
//!
//! Reads the names, sizes and times of everything below the roots, and the content of files whose
//! size another file shares, as far as they stay alike. Says of each group what would be freed:
//! hard links to one file free nothing, and neither do copies that share their bytes on the disk.
//! Folders are told out of the same comparison: nothing is read for them.
//! Looks only; removing is another tool's work, which checks every byte again.
#![forbid(unsafe_code)]

mod content;
mod folders;
mod groups;
mod near;
mod select;
mod tree;
mod words;

use std::path::PathBuf;

use knowledge::Base;
use tool::{
    EntryKind, Lists, Outcome, Proposal,
    pass::{
        Below, FileId, Forest, Kind, Watch,
        compare::{Class, compare},
        remember::Memory,
    },
};

use content::Contents;
use folders::{Folders, Ground};
use near::near;

pub use folders::FolderGroup;
pub use groups::{Duplicates, Group, Link};
pub use near::{NearFolder, NearFolders};
use select::Whereabouts;
pub use select::{BadWish, Choice, NoRule, Offer, Rule, Selection, Wishes};

/// The declaration: what this tool reads, keeps and sends.
pub const DECLARATION: &str = include_str!("../declaration.toml");

/// The list of what is proposed: for whoever makes a plan, not for the person.
pub const PROPOSALS: &str = "proposals";

/// The list of what a person chooses among by hand: for whoever shows it to them.
pub const CHOICES: &str = "choices";

/// Groups that are written at a time.
const BATCH: usize = 256;

/// Which files take part, and what is proposed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// Files smaller than this many bytes are left out; empty files always are.
    pub min_size: u64,
    /// How many threads read; `None` for as many as the processors and the device reward.
    pub threads: Option<usize>,
    /// What nobody but its own program opens: its files are left out, and counted.
    pub private: Below,
    /// What a person said about which copies stay, if a plan is wanted.
    pub wishes: Option<Wishes>,
    /// The folders that were named, in that order.
    pub roots: Vec<PathBuf>,
    /// Whose protected places are never proposed.
    pub bases: Vec<Base>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            min_size: 1,
            threads: None,
            private: Below::default(),
            wishes: None,
            roots: Vec::new(),
            bases: Vec::new(),
        }
    }
}

/// Finds groups of equal files among what was walked, and hands all of them to `lists`.
///
/// If a plan is wanted, what is proposed for it goes there too, as a list named [`PROPOSALS`]; or all that
/// may be chosen, as a list named [`CHOICES`].
///
/// What earlier runs found is taken from `memory`, if there is one, and what is new goes there.
pub fn look(
    forest: &Forest,
    wanted: impl Fn(FileId) -> bool,
    options: &Options,
    memory: Option<&mut Memory>,
    watch: &Watch<'_>,
    lists: &mut Lists<'_>,
) -> Outcome {
    let asked = |id: FileId| forest.file(id).size >= options.min_size && wanted(id);
    let is_private = |id: FileId| options.private.holds(forest, id);
    let takes_part = |id: FileId| asked(id) && !is_private(id);
    let compared = compare(forest, takes_part, memory, options.threads, watch);
    let batches: Vec<&[Class]> = compared.classes.chunks(BATCH).collect();
    lists.batches("groups", batches.len(), options.threads, &|number| {
        let classes = batches[number].iter();
        classes.map(|class| Group::of(forest, class)).collect()
    });
    let ground = Ground {
        asked: &asked,
        private: &options.private,
        skipped: &compared.skipped,
    };
    let folders = Folders::of(Contents::of(forest, &compared.classes), &ground);
    let (equal, near) = (folders.groups(), near(&folders));
    lists.rows("folders", &equal);
    lists.rows("near_folders", &near);
    let proposed = propose(&folders, options, lists);
    let files = forest.files().filter(|(_, row)| row.kind == Kind::File);
    let private = files
        .filter(|(id, _)| asked(*id) && is_private(*id))
        .count();
    let found = Duplicates::of(&compared, private as u64);
    let said = words::Said {
        found: &found,
        classes: &compared.classes,
        folders: &equal,
        near: &near,
        proposed,
    };
    let mut outcome = Outcome::new("dupes", &found, words::section(forest, &said));
    outcome.findings = words::findings(&said);
    outcome.skipped = compared.skipped;
    outcome
}

/// What is proposed, in figures.
#[derive(Clone, Copy, Debug, Default)]
struct Proposed {
    files: u64,
    folders: u64,
    frees: u64,
}

/// Hands on what may go by the wishes of a person; `None` if there are none, or none that can be read.
fn propose(folders: &Folders<'_>, options: &Options, lists: &mut Lists<'_>) -> Option<Proposed> {
    let wishes = options.wishes.as_ref()?;
    let selection = Selection::of(wishes).ok()?;
    let places = Whereabouts::of(&options.roots, &options.bases);
    let mut whole = selection.whole(folders, &places);
    let forest = folders.tree.forest;
    let classes = folders.contents.classes.iter();
    if wishes.by_hand {
        let choices = classes.flat_map(|class| selection.choices(forest, class, &places, &whole));
        lists.rows(CHOICES, choices);
        return None;
    }
    let mut proposed = Proposed::default();
    let of_folders = std::mem::take(&mut whole.proposals);
    let of_files = classes.flat_map(|class| selection.proposals(forest, class, &places, &whole));
    let count = |row: Proposal| {
        match row.is.kind {
            EntryKind::Folder => proposed.folders += 1,
            _ => proposed.files += 1,
        }
        proposed.frees = proposed.frees.saturating_add(row.frees.0);
        row
    };
    lists.rows(PROPOSALS, of_folders.into_iter().chain(of_files).map(count));
    Some(proposed)
}
