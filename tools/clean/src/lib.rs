//! A map of the disk, and junk with the reason why it is junk.
//!
//! Both are read off the one walk: names, sizes, times and links; no file's content. Figures come
//! in three kinds: *apparent* (what the files say they hold), *allocated* (what the disk sets aside
//! for them, as `du` counts), *exclusive* (what would be free if the folder went: bytes that a
//! hard link elsewhere, another copy on the same blocks or a snapshot holds too are not in it).
//! [`cleanerml`] previews BleachBit's own rules beside them.
//! Looks only; what becomes of junk is decided by a person and done by another crate.
#![forbid(unsafe_code)]

pub mod cleanerml;
mod junk;
mod junk_words;
mod keep;
mod map;
mod map_words;
mod odd;
mod propose;
mod rules;
mod search;
mod sums;

use std::{collections::BTreeMap, path::PathBuf};

use knowledge::{Base, junk::rows};
use tool::{
    Lists, Machine, Outcome, Skipped, Why,
    pass::{Forest, holdings::Holdings},
};

pub use junk::{Junk, JunkKind, JunkPlace};
pub use keep::{BadLine, Keep};
pub use map::{FileLine, FolderLine, Map, Root};
pub use odd::Odd;
pub use propose::{Wishes, is_of};
pub use rules::{Program, Rules, Running, held};

/// The list of what is proposed: for whoever makes a plan, not for the person.
pub const PROPOSALS: &str = "junk-proposals";

/// The declaration: what this tool reads, keeps and sends.
pub const DECLARATION: &str = include_str!("../declaration.toml");

/// Files smaller than this are taken to share nothing, unless every file is to be asked: a request
/// per file would double the time of a map and change the figures by little.
const ASK_FROM: u64 = 128 * 1024;

/// What the search for junk works on.
pub struct Scope<'a> {
    /// What was walked.
    pub forest: &'a Forest,
    /// What each file holds alone.
    pub holdings: &'a Holdings,
    /// Whose folders the rules are about, and what time it is.
    pub machine: &'a Machine,
    /// The rules that must not be followed now, each with the reason; see [`held`].
    pub held: &'a BTreeMap<String, String>,
}

/// What a person asked for beside the rows.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Asked {
    /// What else to look for.
    pub also: Vec<Odd>,
    /// The lines of a [`Keep`].
    pub keep: Vec<String>,
    /// What goes into a plan, if one is wanted.
    pub wishes: Option<Wishes>,
}

/// Asks the file systems that can share bytes what each file holds alone; opens nothing on others.
#[must_use]
pub fn holdings(forest: &Forest, every_file: bool) -> Holdings {
    Holdings::of(forest, if every_file { 1 } else { ASK_FROM })
}

/// Returns the map of everything below the roots that were asked for.
#[must_use]
pub fn map(forest: &Forest, holdings: &Holdings, machine: &Machine) -> Outcome {
    let sums = sums::sums(forest, holdings);
    let map = Map::of(forest, holdings, &sums, machine.now);
    let section = map_words::section(&map, forest, holdings, &sums);
    Outcome::new("map", &map, section)
}

/// Finds junk in everything that was walked.
///
/// If a plan is wanted, what is proposed for it goes to `lists`, as a list named [`PROPOSALS`].
pub fn junk(scope: &Scope<'_>, asked: &Asked, lists: &mut Lists<'_>) -> Outcome {
    let children = search::folders_inside(scope.forest);
    let homes: Vec<PathBuf> = scope
        .machine
        .people
        .iter()
        .map(|it| it.home.clone())
        .collect();
    let nothing = |why: Why| {
        let mut outcome = outcome(&Junk::default(), 0, false);
        outcome.skipped = vec![Skipped::new(scope.machine.root.as_path(), why)];
        outcome
    };
    let keep = match Keep::of(asked.keep.iter().map(String::as_str), &homes) {
        Ok(keep) => keep,
        Err(bad) => {
            let detail = format!("no junk was looked for: {bad}");
            return nothing(Why::Damaged { detail });
        }
    };
    let found = match search::Found::of(scope, &children) {
        Ok(found) => found,
        Err(too_many) => {
            let detail = format!("no junk was looked for: {too_many}");
            return nothing(Why::TooLarge { detail });
        }
    };
    let odd = odd::find(scope, &children, &asked.also);
    let mut told = Junk::of(scope, &found, &keep);
    let odd_kinds = odd.iter().map(|it| it.kind(scope, &children, &keep));
    told.kinds.extend(odd_kinds);
    if let Some(wishes) = &asked.wishes {
        let odd = odd
            .iter()
            .flat_map(|it| it.proposals(scope, &children, &keep));
        let rows = propose::proposals(scope, &found, &keep, wishes);
        lists.rows(PROPOSALS, rows.into_iter().chain(odd));
    }
    outcome(&told, keep.lines().len(), asked.wishes.is_some())
}

fn outcome(found: &Junk, kept_lines: usize, planned: bool) -> Outcome {
    let mut outcome = Outcome::new(
        "clean",
        found,
        junk_words::section(found, kept_lines, planned),
    );
    outcome.findings = junk_words::findings(found);
    outcome
}

/// Returns the folders outside every home that rules about junk name: the system's caches and logs.
#[must_use]
pub fn places_outside_home(machine: &Machine) -> Vec<PathBuf> {
    let bases = bases(machine);
    let base = &bases[0];
    let patterns = rows(machine.platform).iter().flat_map(|row| &row.paths);
    let mut places: Vec<PathBuf> = patterns
        .filter(|pattern| pattern.starts_with('/'))
        .filter_map(|pattern| {
            // The fixed start of a pattern is the folder whose entries it is about.
            let fixed = pattern
                .split_once('*')
                .map_or(pattern.as_str(), |(fixed, _)| fixed);
            let folder = fixed.rsplit_once('/').map_or(fixed, |(folder, _)| folder);
            base.expand(folder).filter(|_| !folder.is_empty())
        })
        // Most machines lack most of them. The walk wants to know where they really are.
        .filter_map(|folder| folder.canonicalize().ok())
        .collect();
    places.sort();
    places.dedup();
    places
}

/// Returns the folders outside every home where programs of the system keep caches, lists and logs, as
/// far as they are there.
#[must_use]
pub fn places_of_programs(machine: &Machine) -> Vec<PathBuf> {
    let bases = bases(machine);
    knowledge::named("programs")
        .flat_map(|place| place.paths(&bases[0]))
        .filter_map(|folder| folder.canonicalize().ok())
        .collect()
}

/// Returns the folders of everyone on the machine, and of nobody if there is no one, so that rules
/// about the system itself still hold. There is always one.
fn bases(machine: &Machine) -> Vec<Base> {
    if machine.people.is_empty() {
        let nobody = machine.root.join("nonexistent");
        return vec![Base::of_home(machine.platform, &machine.root, &nobody)];
    }
    machine.people.clone()
}
