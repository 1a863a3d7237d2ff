//! From verdicts to classes of equal files, the largest first.

use super::{Candidate, Class, Inode, Reading, verdicts::Verdicts};
use crate::pass::{FileId, Forest, crew::in_order};

/// Candidates that one thread makes classes of at a time.
const BATCH: usize = 4096;

/// What classes are made of.
pub(super) struct Making<'a> {
    pub(super) forest: &'a Forest,
    /// Sorted by size.
    pub(super) candidates: &'a [Candidate],
    /// Every further name of an inode, sorted by inode.
    pub(super) names: &'a [Candidate],
    pub(super) verdicts: &'a Verdicts,
    /// Own bytes of inodes on file systems that share, where they were asked for, sorted.
    pub(super) own: &'a [(FileId, u64)],
}

impl Making<'_> {
    /// Returns the classes of equal files: the largest files first, then by path.
    pub(super) fn classes(&self, threads: Option<usize>) -> Vec<Class> {
        let batches = self.batches();
        let mut all = Vec::new();
        in_order(
            batches.len(),
            threads,
            &|number| self.of_batch(batches[number]),
            &mut |classes: Vec<Class>| all.extend(classes),
        );
        all
    }

    /// Cuts the candidates where one size ends and another begins, the largest first.
    fn batches(&self) -> Vec<&[Candidate]> {
        let mut batches = Vec::new();
        let mut rest = self.candidates;
        while !rest.is_empty() {
            let size = |at: usize| rest[at].size;
            let mut start = rest.len().saturating_sub(BATCH);
            // Back to where this size begins.
            if start > 0 {
                start = rest[..start].partition_point(|it| it.size < size(start));
            }
            let (before, batch) = rest.split_at(start);
            batches.push(batch);
            rest = before;
        }
        batches
    }

    fn of_batch(&self, batch: &[Candidate]) -> Vec<Class> {
        let mut classes = Vec::new();
        let mut known = Vec::new();
        for group in batch.chunk_by(|a, b| a.size == b.size).rev() {
            known.clear();
            known.extend(group.iter().filter_map(|it| {
                let verdict = self.verdicts.get(it.number)?;
                Some(((verdict.session, verdict.value), it.id))
            }));
            known.sort_unstable();
            let first = classes.len();
            for equal in known.chunk_by(|a, b| a.0 == b.0).filter(|it| it.len() > 1) {
                let mut inodes: Vec<Inode> = equal.iter().map(|(_, id)| self.inode(*id)).collect();
                inodes.sort_unstable_by(|a, b| self.forest.by_path(a.names[0], b.names[0]));
                let size = group[0].size;
                classes.push(Class { size, inodes });
            }
            let name = |class: &Class| class.inodes[0].names[0];
            classes[first..].sort_unstable_by(|a, b| self.forest.by_path(name(a), name(b)));
        }
        classes
    }

    /// Returns an inode with all names it was seen under, and what removing them would free.
    fn inode(&self, id: FileId) -> Inode {
        let row = self.forest.file(id);
        let mut names = vec![id];
        if row.nlink > 1 || !self.names.is_empty() {
            let key = (row.device, row.inode);
            let start = self
                .names
                .partition_point(|name| (name.device, name.inode) < key);
            let more = self.names[start..]
                .iter()
                .take_while(|name| (name.device, name.inode) == key);
            names.extend(more.map(|name| name.id));
            names.sort_unstable_by(|a, b| self.forest.by_path(*a, *b));
        }
        let all_seen = usize::from(row.nlink) <= names.len();
        let known = self.own.binary_search_by_key(&id, |own| own.0);
        let own = known.map_or(row.allocated, |at| self.own[at].1);
        Inode {
            names,
            own: if all_seen { own } else { 0 },
        }
    }
}

/// Asks the file systems that share bytes what those inodes hold alone that nobody asked yet.
pub(super) fn ask_the_rest(forest: &Forest, classes: &mut [Class], reading: &mut Reading) {
    let unknown: Vec<&mut Inode> = classes
        .iter_mut()
        .flat_map(|class| &mut class.inodes)
        .filter(|inode| {
            let id = inode.names[0];
            forest.shares(forest.file(id))
                && reading.own.binary_search_by_key(&id, |own| own.0).is_err()
        })
        .collect();
    reading.cost.opened += unknown.len() as u64;
    let asked = crate::pass::holdings::ask(forest, unknown.iter().map(|it| it.names[0]).collect());
    for inode in unknown {
        let held = asked.get(&inode.names[0]).map_or(0, |held| held.own);
        inode.own = inode.own.min(held);
    }
}
