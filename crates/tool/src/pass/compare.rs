//! Which files have the same content, by reading as little as that takes.
//!
//! Files are grouped by size and inode; only sizes that several inodes share go on. Small files
//! are read whole, each in one call, in the order the disk was walked. Large files of one size are
//! read side by side: first a few probes, then from the start, and a file is dropped at the first
//! byte that sets it apart. Holes are compared without reading, and files that stand on the same
//! bytes of the disk are equal without reading.

mod heads;
mod large;
mod small;
mod stretch;

use std::path::PathBuf;

use crate::{
    Skipped,
    pass::{
        FileId, Forest, Kind, Watch, crew,
        holdings::ask,
        remember::{Memory, Verdict},
        system::processors,
    },
};

/// Files up to this many bytes are read whole in one call.
pub const SMALL: u64 = 128 * 1024;

/// Inodes with equal content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Class {
    /// Their length in bytes.
    pub size: u64,
    /// The inodes, each with at least one name, sorted by name.
    pub inodes: Vec<Inode>,
}

/// One inode and the names it was seen under.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inode {
    /// Its names, sorted by path; more than one for a hard link.
    pub names: Vec<FileId>,
    /// Bytes that would be freed if all names seen were removed: 0 when it has names elsewhere.
    pub own: u64,
}

/// What reading took.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cost {
    /// Inodes whose size another inode shares.
    pub candidates: u64,
    /// Files opened.
    pub opened: u64,
    /// Bytes read.
    pub read: u64,
    /// Files that were known from an earlier reading.
    pub remembered: u64,
}

impl std::ops::AddAssign for Cost {
    fn add_assign(&mut self, other: Self) {
        self.candidates += other.candidates;
        self.opened += other.opened;
        self.read += other.read;
        self.remembered += other.remembered;
    }
}

/// What [`compare`] came back with.
#[derive(Debug, Default)]
pub struct Compared {
    /// Equal files, the largest first, then by name.
    pub classes: Vec<Class>,
    /// Files that could not be read, or changed while they were.
    pub skipped: Vec<Skipped>,
    /// What it took.
    pub cost: Cost,
}

/// An inode whose size another one shares.
#[derive(Clone, Copy, Debug)]
struct Candidate {
    size: u64,
    inode: u64,
    device: u16,
    id: FileId,
}

/// What is known of one inode's content.
#[derive(Clone, Copy, Debug)]
struct Found {
    verdict: Verdict,
    size: u64,
    id: FileId,
}

/// What one part of the reading found.
#[derive(Debug, Default)]
struct Reading {
    verdicts: Vec<Found>,
    /// Own bytes of inodes on file systems that share, where they were asked for.
    own: Vec<(FileId, u64)>,
    skipped: Vec<Skipped>,
    cost: Cost,
}

impl Reading {
    fn merge(&mut self, other: Self) {
        match self.verdicts.is_empty() {
            true => self.verdicts = other.verdicts,
            false => self.verdicts.extend(other.verdicts),
        }
        self.own.extend(other.own);
        self.skipped.extend(other.skipped);
        self.cost += other.cost;
    }
}

/// Compares files by content.
///
/// `wanted` decides by row alone whether a regular file takes part. What an earlier reading found
/// is taken from `memory` for files that have not changed since, and what is found now goes there.
/// `threads` are used; `None` for one per processor, and more while the device is slow.
pub fn compare(
    forest: &Forest,
    wanted: impl Fn(FileId) -> bool,
    memory: &mut Memory,
    threads: Option<usize>,
    watch: &Watch<'_>,
) -> Compared {
    let (candidates, names) = candidates(forest, wanted);
    let mut all = Reading::default();
    all.cost.candidates = candidates.len() as u64;
    let mut small = Vec::new();
    let mut large: Vec<&[Candidate]> = Vec::new();
    for group in candidates.chunk_by(|a, b| a.size == b.size) {
        if remembered(forest, group, memory, &mut all) {
            continue;
        }
        match group[0].size <= SMALL {
            true => small.extend_from_slice(group),
            false => large.push(group),
        }
    }
    let total = small
        .iter()
        .chain(large.iter().copied().flatten())
        .map(|c| c.size)
        .sum();
    if total > 0 {
        watch.begin_reading(total);
        let known = all.verdicts.len();
        let (start, most) = threads.map_or((processors(), crew::MOST), |n| (n, n));
        let small = small::Work::new(small);
        let large = large::Work::new(forest, large, start, watch, &mut all);
        let start = start.min(small.width() + large.width());
        let parts = crew::crew(start, most, &|hand| {
            let mut found = small.read(forest, hand, watch);
            found.merge(large.read(forest, hand, watch));
            found
        });
        parts.into_iter().for_each(|part| all.merge(part));
        for found in &all.verdicts[known..] {
            memory.learn(forest, forest.file(found.id), found.verdict);
        }
    }
    conclude(forest, all, &names)
}

/// Returns the inodes whose size another inode shares, sorted by size, and every further name of
/// an inode, sorted by inode.
fn candidates(
    forest: &Forest,
    wanted: impl Fn(FileId) -> bool,
) -> (Vec<Candidate>, Vec<Candidate>) {
    let mut all: Vec<Candidate> = forest
        .files()
        .filter(|(id, row)| row.kind == Kind::File && row.size > 0 && wanted(*id))
        .map(|(id, row)| Candidate {
            size: row.size,
            inode: row.inode,
            device: row.device,
            id,
        })
        .collect();
    all.sort_unstable_by_key(|c| (c.size, c.device, c.inode, c.id));
    let same_inode = |a: &Candidate, b: &Candidate| (a.device, a.inode) == (b.device, b.inode);
    let (mut kept, mut names) = (Vec::new(), Vec::new());
    for group in all.chunk_by(|a, b| a.size == b.size) {
        if same_inode(&group[0], &group[group.len() - 1]) {
            continue;
        }
        for inode in group.chunk_by(same_inode) {
            kept.push(inode[0]);
            names.extend_from_slice(&inode[1..]);
        }
    }
    names.sort_unstable_by_key(|c| (c.device, c.inode, c.id));
    (kept, names)
}

/// Takes a whole size group from memory, if memory can tell all of its members apart.
fn remembered(forest: &Forest, group: &[Candidate], memory: &Memory, all: &mut Reading) -> bool {
    let before = all.verdicts.len();
    let mut session = None;
    for candidate in group {
        match memory.recall(forest, forest.file(candidate.id)) {
            Some(verdict) if *session.get_or_insert(verdict.session) == verdict.session => {
                all.verdicts.push(Found {
                    verdict,
                    size: candidate.size,
                    id: candidate.id,
                });
            }
            _ => {
                all.verdicts.truncate(before);
                return false;
            }
        }
    }
    all.cost.remembered += group.len() as u64;
    true
}

/// Makes classes of equal verdicts.
fn conclude(forest: &Forest, mut all: Reading, names: &[Candidate]) -> Compared {
    let key = |found: &Found| (found.size, found.verdict.session, found.verdict.value);
    all.verdicts
        .sort_unstable_by_key(|found| (key(found), found.id));
    all.own.sort_unstable();
    let equal = all
        .verdicts
        .chunk_by(|a, b| key(a) == key(b))
        .filter(|class| class.len() > 1);
    // Paths are what a person sorts by, and what costs most here: each is made once.
    let mut classes: Vec<(PathBuf, Class)> = equal
        .map(|class| {
            let inode = |found: &Found| inode_of(forest, found.id, names, &all.own);
            let mut inodes: Vec<(PathBuf, Inode)> = class
                .iter()
                .map(inode)
                .map(|inode| (forest.path(inode.names[0]), inode))
                .collect();
            inodes.sort_unstable_by(|a, b| a.0.cmp(&b.0));
            let first = std::mem::take(&mut inodes[0].0);
            let inodes = inodes.into_iter().map(|(_, inode)| inode).collect();
            (
                first,
                Class {
                    size: class[0].size,
                    inodes,
                },
            )
        })
        .collect();
    classes.sort_unstable_by(|a, b| b.1.size.cmp(&a.1.size).then_with(|| a.0.cmp(&b.0)));
    let mut classes: Vec<Class> = classes.into_iter().map(|(_, class)| class).collect();
    let unknown: Vec<&mut Inode> = classes
        .iter_mut()
        .flat_map(|class| &mut class.inodes)
        .filter(|inode| {
            let row = forest.file(inode.names[0]);
            let sharing = forest
                .devices
                .get(usize::from(row.device))
                .is_some_and(|d| d.sharing);
            sharing
                && all
                    .own
                    .binary_search_by_key(&inode.names[0], |own| own.0)
                    .is_err()
        })
        .collect();
    all.cost.opened += unknown.len() as u64;
    let asked = ask(forest, unknown.iter().map(|inode| inode.names[0]).collect());
    for inode in unknown {
        let held = asked.get(&inode.names[0]).map_or(0, |held| held.own);
        inode.own = inode.own.min(held);
    }
    all.skipped.sort();
    Compared {
        classes,
        skipped: all.skipped,
        cost: all.cost,
    }
}

/// Returns an inode with all names it was seen under, and what removing them would free.
fn inode_of(forest: &Forest, id: FileId, names: &[Candidate], own: &[(FileId, u64)]) -> Inode {
    let row = forest.file(id);
    let key = (row.device, row.inode);
    let start = names.partition_point(|name| (name.device, name.inode) < key);
    let more = names[start..]
        .iter()
        .take_while(|name| (name.device, name.inode) == key);
    let mut all: Vec<FileId> = std::iter::once(id)
        .chain(more.map(|name| name.id))
        .collect();
    if all.len() > 1 {
        all.sort_by_cached_key(|id| forest.path(*id));
    }
    let all_seen = usize::from(row.nlink) <= all.len();
    let known = own
        .binary_search_by_key(&id, |own| own.0)
        .ok()
        .map(|at| own[at].1);
    Inode {
        names: all,
        own: if all_seen {
            known.unwrap_or(row.allocated)
        } else {
            0
        },
    }
}

#[cfg(test)]
mod tests;
