//! Files with the same content, and the bytes that removing copies would free.
//!
//! Reads the names, sizes and times of everything below the roots, and the content of files whose
//! size another file shares, as far as they stay alike. Says of each group what would be freed:
//! hard links to one file free nothing, and neither do copies that share their bytes on the disk.
//! Looks only; removing is another tool's work, which checks every byte again.
#![forbid(unsafe_code)]

mod groups;
mod words;

use tool::{
    Lists, Outcome,
    pass::{
        Below, FileId, Forest, Kind, Watch,
        compare::{Class, compare},
        remember::Memory,
    },
};

pub use groups::{Duplicates, Group, Link};

/// The declaration: what this tool reads, keeps and sends.
pub const DECLARATION: &str = include_str!("../declaration.toml");

/// Groups that are written at a time.
const BATCH: usize = 256;

/// Which files take part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// Files smaller than this many bytes are left out; empty files always are.
    pub min_size: u64,
    /// How many threads read; `None` for as many as the processors and the device reward.
    pub threads: Option<usize>,
    /// What nobody but its own program opens: its files are left out, and counted.
    pub private: Below,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            min_size: 1,
            threads: None,
            private: Below::default(),
        }
    }
}

/// Finds groups of equal files among what was walked, and hands all of them to `lists`.
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
    let files = forest.files().filter(|(_, row)| row.kind == Kind::File);
    let private = files
        .filter(|(id, _)| asked(*id) && is_private(*id))
        .count();
    let found = Duplicates::of(&compared, private as u64);
    let section = words::section(&found, forest, &compared.classes);
    let mut outcome = Outcome::new("dupes", &found, section);
    outcome.findings = words::findings(&found, &compared.classes);
    outcome.skipped = compared.skipped;
    outcome
}
