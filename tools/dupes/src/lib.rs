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
    Outcome,
    pass::{FileId, Forest, Watch, compare::compare, remember::Memory},
};

pub use groups::{Duplicates, Group, Link};

/// The declaration: what this tool reads, keeps and sends.
pub const DECLARATION: &str = include_str!("../declaration.toml");

/// Which files take part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// Files smaller than this many bytes are left out; empty files always are.
    pub min_size: u64,
    /// How many threads read; `None` for as many as the processors and the device reward.
    pub threads: Option<usize>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            min_size: 1,
            threads: None,
        }
    }
}

/// Finds groups of equal files among what was walked.
///
/// What earlier runs found is taken from `memory`, and what is new goes there.
#[must_use]
pub fn look(
    forest: &Forest,
    wanted: impl Fn(FileId) -> bool,
    options: &Options,
    memory: &mut Memory,
    watch: &Watch<'_>,
) -> Outcome {
    let takes_part = |id: FileId| forest.file(id).size >= options.min_size && wanted(id);
    let compared = compare(forest, takes_part, memory, options.threads, watch);
    let found = Duplicates::of(forest, &compared);
    let mut outcome = Outcome::new("dupes", &found, words::section(&found));
    outcome.findings = words::findings(&found);
    outcome.skipped = compared.skipped;
    outcome
}
