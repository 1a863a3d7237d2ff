//! Large files of one size, read side by side and dropped at the first difference.
//!
//! All members of a size are opened once and kept open. Probes at the start, middle and end split
//! most unequal ones; the rest are compared in steps from the start. A large class is cut into
//! stretches that several threads compare at once: two files are equal when no stretch parts them.

use std::{
    collections::HashMap,
    ffi::OsStr,
    hash::{BuildHasher, Hasher, RandomState},
    os::unix::ffi::OsStrExt,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    time::Instant,
};

use rustix::fd::{AsFd, OwnedFd};

use super::{
    Candidate, Reading, heads::by_heads, small::changed_or_failed, stretch, verdicts::Verdicts,
};
use crate::{
    Skipped, Why,
    pass::{
        FileId, Forest, Watch,
        crew::Hand,
        extents::{Extent, extents},
        opener::Opener,
        remember::Verdict,
        system::stat_open,
    },
};

/// The most files held open side by side for one class. Larger classes are first split by a hash of
/// their heads, and what is still larger is hashed whole.
pub(super) const SIDE_BY_SIDE: usize = 64;

/// A stretch of a class is worth a thread of its own from this many bytes on.
const STRETCH: u64 = 64 << 20;

/// Probes are this long.
const PROBE: u64 = 16 * 1024;

/// Files shorter than this are not probed: reading them from the start takes as few calls.
const PROBE_FROM: u64 = 4 << 20;

/// The large files of one comparison, ready to be read by several threads.
pub(super) struct Work {
    session: Session,
    classes: Vec<Class>,
    /// Class and stretch, in the order they are taken.
    jobs: Vec<(usize, usize)>,
    next: AtomicUsize,
}

impl Work {
    /// Prepares classes of equal size, to be read by about `threads` threads. Classes too large to
    /// be held open are split right here; what that finds goes to `all`.
    pub(super) fn new(
        forest: &Forest,
        classes: Vec<&[Candidate]>,
        threads: usize,
        watch: &Watch<'_>,
        verdicts: &Verdicts,
        all: &mut Reading,
    ) -> Self {
        let session = Session::new();
        let (mut narrow, wide): (Vec<Vec<Candidate>>, Vec<Vec<Candidate>>) = classes
            .into_iter()
            .map(<[Candidate]>::to_vec)
            .partition(|class| class.len() <= SIDE_BY_SIDE);
        for class in wide {
            narrow.extend(by_heads(forest, class, &session, watch, verdicts, all));
        }
        // The largest first, so that no thread is left alone with a long one at the end.
        narrow.sort_by_key(|class| std::cmp::Reverse(class.len() as u64 * class[0].size));
        let classes: Vec<Class> = narrow
            .into_iter()
            .map(|members| Class::new(members, threads))
            .collect();
        let stretches = |(at, class): (usize, &Class)| (0..class.stretches).map(move |s| (at, s));
        let jobs = classes.iter().enumerate().flat_map(stretches).collect();
        Self {
            session,
            classes,
            jobs,
            next: AtomicUsize::new(0),
        }
    }

    /// Returns how many threads can be put to use.
    pub(super) fn width(&self) -> usize {
        self.jobs.len()
    }

    /// Takes jobs until none is left: each class is read as far as its members stay alike.
    pub(super) fn read(
        &self,
        forest: &Forest,
        hand: &mut Hand<'_>,
        watch: &Watch<'_>,
        verdicts: &Verdicts,
    ) -> Reading {
        let mut reader: Option<Reader<'_>> = None;
        while let Some((class, stretch)) = self.jobs.get(self.next.fetch_add(1, Relaxed)) {
            let reader = reader.get_or_insert_with(|| Reader {
                forest,
                watch,
                verdicts,
                opener: Opener::new(forest),
                rooms: stretch::Rooms::new(),
                found: Reading::default(),
            });
            reader.compare(&self.classes[*class], *stretch, &self.session, hand);
        }
        reader.map(|reader| reader.found).unwrap_or_default()
    }
}

/// Numbers for verdicts that can be compared with each other and with no other reading's.
pub(super) struct Session {
    id: u64,
    next: AtomicUsize,
}

impl Session {
    fn new() -> Self {
        // Random keys of the standard hasher; 0 means "hash of the content", the last is no session.
        let id = RandomState::new().build_hasher().finish();
        let id = id.clamp(1, u64::MAX - 1);
        Self {
            id,
            next: AtomicUsize::new(0),
        }
    }

    /// Returns a verdict that nothing has so far.
    pub(super) fn verdict(&self) -> Verdict {
        Verdict {
            session: self.id,
            value: self.next.fetch_add(1, Relaxed) as u128,
        }
    }
}

/// Files of one size that are compared together.
struct Class {
    members: Vec<Candidate>,
    stretches: usize,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    open: Option<std::sync::Arc<Open>>,
    /// For each stretch that is done, the groups it left together.
    done: Vec<Vec<Vec<usize>>>,
    /// Members that could not be read to the end: nothing is said of their content.
    failed: stretch::Failed,
}

/// The members of a class, open.
struct Open {
    sides: Vec<stretch::Side>,
    /// For each member of the class: its side, or that of a member that stands on the same bytes.
    side_of: Vec<Option<usize>>,
    /// Member files, to ask at the end whether they changed.
    files: Vec<Option<OwnedFd>>,
    /// What the probes left together.
    groups: Vec<Vec<usize>>,
    /// What the probes could not read.
    failed: stretch::Failed,
}

impl Class {
    fn new(members: Vec<Candidate>, threads: usize) -> Self {
        let bytes = members[0].size.saturating_mul(members.len() as u64);
        let worth = usize::try_from(bytes / STRETCH).unwrap_or(usize::MAX);
        Self {
            members,
            stretches: worth.clamp(1, threads.max(1)),
            state: Mutex::default(),
        }
    }

    fn size(&self) -> u64 {
        self.members[0].size
    }

    /// Returns where a stretch begins and ends, on whole MiB except at the end.
    fn range(&self, stretch: usize) -> (u64, u64) {
        let cut = |n: usize| match n == self.stretches {
            true => self.size(),
            false => (self.size() / self.stretches as u64 * n as u64) >> 20 << 20,
        };
        (cut(stretch), cut(stretch + 1))
    }
}

struct Reader<'f> {
    forest: &'f Forest,
    watch: &'f Watch<'f>,
    verdicts: &'f Verdicts,
    opener: Opener<'f>,
    rooms: stretch::Rooms,
    found: Reading,
}

impl Reader<'_> {
    fn compare(&mut self, class: &Class, stretch: usize, session: &Session, hand: &mut Hand<'_>) {
        let began = Instant::now();
        let open = {
            // The first thread opens and probes for all; the others of this class wait for it.
            let mut state = class.state.lock().unwrap_or_else(PoisonError::into_inner);
            let open = state.open.take().unwrap_or_else(|| self.open(class).into());
            state.open = Some(open.clone());
            open
        };
        let (from, to) = class.range(stretch);
        let before = self.found.cost.read;
        let (groups, failed) = self.refine(&open, open.groups.clone(), from, to);
        let steps = (self.found.cost.read - before) / stretch::STEP as u64 + 1;
        hand.waited(began.elapsed(), u32::try_from(steps).unwrap_or(u32::MAX));
        let left = class.members.len() as u64 * (to - from);
        let name = || self.name(class.members[0].id);
        self.watch
            .add(0, left.saturating_sub(self.found.cost.read - before), name);
        let mut state = class.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.done.push(groups);
        state.failed.extend(failed);
        if state.done.len() < class.stretches {
            return;
        }
        // Nobody else needs the files any more: they close with the last reference.
        let State { done, failed, .. } = std::mem::take(&mut *state);
        drop(state);
        self.conclude(class, &open, &meet(done, open.sides.len()), failed, session);
    }

    /// Opens every member, finds those that stand on the same bytes, and probes the others.
    fn open(&mut self, class: &Class) -> Open {
        let mut open = Open {
            sides: Vec::new(),
            side_of: Vec::new(),
            files: Vec::new(),
            groups: Vec::new(),
            failed: Vec::new(),
        };
        let mut places: HashMap<(u16, Vec<Extent>), usize> = HashMap::new();
        for member in &class.members {
            let file = match self.opener.open(member.id) {
                Ok(file) => file,
                Err(error) => {
                    self.skip(member.id, changed_or_failed(error));
                    open.side_of.push(None);
                    open.files.push(None);
                    continue;
                }
            };
            self.found.cost.opened += 1;
            let same = self.same_bytes(member, &file, &mut places, open.sides.len());
            match same {
                Some(side) => {
                    open.side_of.push(Some(side));
                    open.files.push(Some(file));
                }
                None => {
                    let row = self.forest.file(member.id);
                    open.side_of.push(Some(open.sides.len()));
                    open.sides.push(stretch::Side {
                        file,
                        id: member.id,
                        size: member.size,
                        sparse: row.allocated < row.size,
                    });
                    open.files.push(None);
                }
            }
        }
        let mut groups = vec![(0..open.sides.len()).collect()];
        let (size, middle) = (class.size(), class.size() / 2);
        if size > PROBE_FROM {
            for from in [0, size - PROBE, middle - PROBE / 2] {
                let (left, failed) = self.refine(&open, groups, from, from + PROBE);
                groups = left;
                open.failed.extend(failed);
            }
        }
        open.groups = groups;
        open
    }

    /// Returns the side that stands on the very same bytes of the disk, if there is one, and
    /// remembers this one's place as side number `next` if not.
    fn same_bytes(
        &mut self,
        member: &Candidate,
        file: &OwnedFd,
        places: &mut HashMap<(u16, Vec<Extent>), usize>,
        next: usize,
    ) -> Option<usize> {
        if !self.forest.shares(self.forest.file(member.id)) {
            return None;
        }
        let found = extents(file.as_fd(), member.size).ok()?;
        let own = found.own.min(self.forest.file(member.id).allocated);
        self.found.own.push((member.id, own));
        if !found.settled || found.placed.is_empty() {
            return None;
        }
        match places.entry((member.device, found.placed)) {
            std::collections::hash_map::Entry::Occupied(known) => Some(*known.get()),
            std::collections::hash_map::Entry::Vacant(free) => {
                free.insert(next);
                None
            }
        }
    }

    fn refine(
        &mut self,
        open: &Open,
        groups: Vec<Vec<usize>>,
        from: u64,
        to: u64,
    ) -> (Vec<Vec<usize>>, stretch::Failed) {
        let mut tell = |bytes: u64, id: FileId| {
            self.found.cost.read += bytes;
            self.watch.add(0, bytes, || {
                OsStr::from_bytes(self.forest.name(id)).to_owned()
            });
        };
        stretch::refine(&open.sides, groups, from..to, &mut self.rooms, &mut tell)
    }

    /// Gives equal members one verdict and every other member its own.
    fn conclude(
        &mut self,
        class: &Class,
        open: &Open,
        groups: &[Vec<usize>],
        mut failed: stretch::Failed,
        session: &Session,
    ) {
        failed.extend_from_slice(&open.failed);
        for (at, (id, error)) in failed.iter().enumerate() {
            if !failed[..at].iter().any(|(known, _)| known == id) {
                self.skip(*id, error.map_or(Why::Changed, changed_or_failed));
            }
        }
        let mut verdicts: Vec<Option<Verdict>> = vec![None; open.sides.len()];
        for group in groups {
            let verdict = session.verdict();
            group
                .iter()
                .for_each(|side| verdicts[*side] = Some(verdict));
        }
        let mut members_of = vec![0; open.sides.len()];
        open.side_of
            .iter()
            .flatten()
            .for_each(|side| members_of[*side] += 1);
        for (at, member) in class.members.iter().enumerate() {
            let Some(side) = open.side_of[at] else {
                continue;
            };
            if failed
                .iter()
                .any(|(id, _)| *id == member.id || *id == open.sides[side].id)
            {
                continue;
            }
            // Of a file that no other is equal to nothing will be said: it need not be asked.
            let alone = verdicts[side].is_none() && members_of[side] == 1;
            let file = open.files[at].as_ref().unwrap_or(&open.sides[side].file);
            if !alone && !self.unchanged(member.id, file) {
                self.skip(member.id, Why::Changed);
                continue;
            }
            let verdict = *verdicts[side].get_or_insert_with(|| session.verdict());
            self.verdicts.set(member.number, verdict);
        }
    }

    /// Returns whether an open file still is the file that was walked, with the same times.
    fn unchanged(&self, id: FileId, file: &OwnedFd) -> bool {
        let row = self.forest.file(id);
        let device = self
            .forest
            .devices
            .get(usize::from(row.device))
            .map(|d| d.number);
        stat_open(file.as_fd()).is_ok_and(|now| {
            Some(now.device) == device
                && now.inode == row.inode
                && now.size == row.size
                && now.mtime_ns == row.mtime_ns
                && now.ctime_ns == row.ctime_ns
        })
    }

    fn skip(&mut self, id: FileId, why: Why) {
        self.found
            .skipped
            .push(Skipped::new(self.forest.path(id), why));
    }

    fn name(&self, id: FileId) -> std::ffi::OsString {
        OsStr::from_bytes(self.forest.name(id)).to_owned()
    }
}

/// Returns the groups whose members no stretch parted; groups of one are left out.
fn meet(stretches: Vec<Vec<Vec<usize>>>, sides: usize) -> Vec<Vec<usize>> {
    let mut labels: Vec<Vec<usize>> = vec![Vec::new(); sides];
    for groups in &stretches {
        let mut label = vec![usize::MAX; sides];
        for (number, group) in groups.iter().enumerate() {
            group.iter().for_each(|side| label[*side] = number);
        }
        for (side, label) in label.into_iter().enumerate() {
            labels[side].push(label);
        }
    }
    let mut together: HashMap<&[usize], Vec<usize>> = HashMap::new();
    for (side, label) in labels.iter().enumerate() {
        if !label.contains(&usize::MAX) {
            together.entry(label).or_default().push(side);
        }
    }
    let mut groups: Vec<Vec<usize>> = together.into_values().filter(|g| g.len() > 1).collect();
    groups.sort();
    groups
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_equal_when_no_stretch_parts_them() {
        let stretches = vec![
            vec![vec![0, 1, 2], vec![3, 4]],
            vec![vec![0, 2], vec![1, 3, 4]],
        ];
        assert_eq!(meet(stretches, 6), [vec![0, 2], vec![3, 4]]);
    }
}
