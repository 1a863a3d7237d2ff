//! Which files have the same content, by reading as little as that takes.
//!
//! Files are grouped by size and inode; only sizes that several inodes share go on. Small files
//! are read whole, each in one call, in the order the disk was walked. Large files of one size are
//! read side by side: first a few probes, then from the start, and a file is dropped at the first
//! byte that sets it apart. Holes are compared without reading, and files that stand on the same
//! bytes of the disk are equal without reading.

mod classes;
mod heads;
mod large;
mod small;
mod stretch;
mod verdicts;

use self::{classes::Making, verdicts::Verdicts};
use crate::{
    Skipped,
    pass::{FileId, Forest, Kind, Watch, crew, remember::Memory, system::processors},
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
    id: FileId,
    /// Its place among the candidates.
    number: u32,
    device: u16,
}

/// What one part of the reading found, beside verdicts.
#[derive(Debug, Default)]
struct Reading {
    /// Own bytes of inodes on file systems that share, where they were asked for.
    own: Vec<(FileId, u64)>,
    skipped: Vec<Skipped>,
    cost: Cost,
}

impl Reading {
    fn merge(&mut self, other: Self) {
        self.own.extend(other.own);
        self.skipped.extend(other.skipped);
        self.cost += other.cost;
    }
}

/// Compares files by content.
///
/// `wanted` decides by row alone whether a regular file takes part. What an earlier reading found
/// is taken from `memory`, if there is one, for files that have not changed since, and what is found
/// now goes there. `threads` are used; `None` for one per processor, and more while the device is
/// slow.
pub fn compare(
    forest: &Forest,
    wanted: impl Fn(FileId) -> bool,
    mut memory: Option<&mut Memory>,
    threads: Option<usize>,
    watch: &Watch<'_>,
) -> Compared {
    let (candidates, names) = candidates(forest, wanted, threads);
    let verdicts = Verdicts::unknown(candidates.len());
    let mut all = Reading::default();
    all.cost.candidates = candidates.len() as u64;
    let groups: Vec<&[Candidate]> = candidates.chunk_by(|a, b| a.size == b.size).collect();
    let known = match memory.as_deref() {
        Some(memory) => recall(forest, &groups, memory, threads, &verdicts),
        None => vec![false; groups.len()],
    };
    let mut small = Vec::new();
    let mut large: Vec<&[Candidate]> = Vec::new();
    for (group, known) in groups.into_iter().zip(known) {
        match (known, group[0].size <= SMALL) {
            (true, _) => all.cost.remembered += group.len() as u64,
            (false, true) => small.extend_from_slice(group),
            (false, false) => large.push(group),
        }
    }
    let unknown = || small.iter().chain(large.iter().copied().flatten());
    let total = unknown().map(|c| c.size).sum();
    if total > 0 {
        watch.begin_reading(total);
        let (start, most) = threads.map_or((processors(), crew::MOST), |n| (n, n));
        let small = small::Work::new(small.clone(), threads);
        let large = large::Work::new(forest, large.clone(), start, watch, &verdicts, &mut all);
        let start = start.min(small.width() + large.width());
        let parts = crew::crew(start, most, &|hand| {
            let mut found = small.read(forest, hand, watch, &verdicts);
            found.merge(large.read(forest, hand, watch, &verdicts));
            found
        });
        parts.into_iter().for_each(|part| all.merge(part));
    }
    if let Some(memory) = &mut memory {
        for candidate in unknown() {
            if let Some(verdict) = verdicts.get(candidate.number) {
                memory.learn(forest, forest.file(candidate.id), verdict);
            }
        }
    }
    all.own.sort_unstable();
    all.skipped.sort();
    let making = Making {
        forest,
        candidates: &candidates,
        names: &names,
        verdicts: &verdicts,
        own: &all.own,
    };
    let mut classes = making.classes(threads);
    classes::ask_the_rest(forest, &mut classes, &mut all);
    Compared {
        classes,
        skipped: all.skipped,
        cost: all.cost,
    }
}

/// Returns the inodes whose size another inode shares, sorted by size, and every further name of
/// an inode, sorted by inode.
fn candidates(
    forest: &Forest,
    wanted: impl Fn(FileId) -> bool,
    threads: Option<usize>,
) -> (Vec<Candidate>, Vec<Candidate>) {
    let mut all: Vec<Candidate> = forest
        .files()
        .filter(|(id, row)| row.kind == Kind::File && row.size > 0 && wanted(*id))
        .map(|(id, row)| Candidate {
            size: row.size,
            inode: row.inode,
            id,
            number: 0,
            device: row.device,
        })
        .collect();
    crew::sort(&mut all, threads, |c| (c.size, c.device, c.inode, c.id));
    let same_inode = |a: &Candidate, b: &Candidate| (a.device, a.inode) == (b.device, b.inode);
    let (mut kept, mut names) = (Vec::with_capacity(all.len()), Vec::new());
    for group in all.chunk_by(|a, b| a.size == b.size) {
        if same_inode(&group[0], &group[group.len() - 1]) {
            continue;
        }
        for inode in group.chunk_by(same_inode) {
            #[expect(clippy::cast_possible_truncation, reason = "an id has 32 bits, too")]
            let number = kept.len() as u32;
            kept.push(Candidate { number, ..inode[0] });
            names.extend_from_slice(&inode[1..]);
        }
    }
    names.sort_unstable_by_key(|c| (c.device, c.inode, c.id));
    (kept, names)
}

/// Takes groups of one size from memory, on the processors there are; returns which were known.
fn recall(
    forest: &Forest,
    groups: &[&[Candidate]],
    memory: &Memory,
    threads: Option<usize>,
    verdicts: &Verdicts,
) -> Vec<bool> {
    /// Groups that a thread takes at a time.
    const BATCH: usize = 1024;
    let batches: Vec<&[&[Candidate]]> = groups.chunks(BATCH).collect();
    let known = |number: usize| -> Vec<bool> {
        let groups = batches[number].iter();
        groups
            .map(|group| remembered(forest, group, memory, verdicts))
            .collect()
    };
    let mut all = Vec::with_capacity(groups.len());
    crew::in_order(batches.len(), threads, &known, &mut |known: Vec<bool>| {
        all.extend(known);
    });
    all
}

/// Takes a whole size group from memory, if memory can tell all of its members apart.
fn remembered(forest: &Forest, group: &[Candidate], memory: &Memory, verdicts: &Verdicts) -> bool {
    let mut session = None;
    let known = group.iter().map_while(|candidate| {
        let verdict = memory.recall(forest, forest.file(candidate.id))?;
        (*session.get_or_insert(verdict.session) == verdict.session).then_some(verdict)
    });
    let known: Vec<_> = known.collect();
    if known.len() < group.len() {
        return false;
    }
    for (candidate, verdict) in group.iter().zip(known) {
        verdicts.set(candidate.number, verdict);
    }
    true
}

#[cfg(test)]
mod tests;
