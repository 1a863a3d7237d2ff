//! Files with the same content, and the bytes that removing copies would free.
//!
//! Reads the names, sizes and times of everything below the roots, and the content of files whose
//! size another file shares, as far as they stay alike. Says of each group what would be freed:
//! hard links to one file free nothing, and neither do copies that share their bytes on the disk.
//! Looks only; removing is another tool's work, which checks every byte again.
#![forbid(unsafe_code)]

mod groups;
mod select;
mod words;

use std::path::PathBuf;

use knowledge::{Base, protected::Protection};
use tool::{
    Lists, Outcome, Proposal,
    pass::{
        Below, FileId, Forest, Kind, Watch,
        compare::{Class, compare},
        remember::Memory,
    },
};

pub use groups::{Duplicates, Group, Link};
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
    let proposed = propose(forest, &compared.classes, options, lists);
    let files = forest.files().filter(|(_, row)| row.kind == Kind::File);
    let private = files
        .filter(|(id, _)| asked(*id) && is_private(*id))
        .count();
    let found = Duplicates::of(&compared, private as u64);
    let section = words::section(&found, forest, &compared.classes, proposed);
    let mut outcome = Outcome::new("dupes", &found, section);
    outcome.findings = words::findings(&found, &compared.classes);
    outcome.skipped = compared.skipped;
    outcome
}

/// What is proposed, in figures.
#[derive(Clone, Copy, Debug, Default)]
struct Proposed {
    files: u64,
    frees: u64,
}

/// Hands on what may go by the wishes of a person; `None` if there are none, or none that can be read.
fn propose(
    forest: &Forest,
    classes: &[Class],
    options: &Options,
    lists: &mut Lists<'_>,
) -> Option<Proposed> {
    let wishes = options.wishes.as_ref()?;
    let selection = Selection::of(wishes).ok()?;
    let protection = Protection::of(&options.bases);
    if wishes.by_hand {
        let choices = classes
            .iter()
            .flat_map(|class| selection.choices(forest, class, &options.roots, &protection));
        lists.rows(CHOICES, choices);
        return None;
    }
    let mut proposed = Proposed::default();
    let rows = classes
        .iter()
        .flat_map(|class| selection.proposals(forest, class, &options.roots, &protection));
    let count = |row: Proposal| {
        proposed.files += 1;
        proposed.frees += row.frees.0;
        row
    };
    lists.rows(PROPOSALS, rows.map(count));
    Some(proposed)
}
