//! Comparing open files over one stretch of bytes.

use std::ops::Range;

use rustix::{
    fd::OwnedFd,
    fs::{SeekFrom, seek},
    io::{Errno, pread},
};
use twox_hash::XxHash3_128;

use crate::pass::FileId;

/// Bytes read at a time. Two of them fit the second-level cache, so that comparing costs little
/// beside the copy out of the page cache.
pub(super) const STEP: usize = 512 * 1024;

/// The first step of a stretch: a file that differs early is not read far.
const FIRST_STEP: usize = 128 * 1024;

/// One of several open files of equal size.
pub(super) struct Side {
    pub(super) file: OwnedFd,
    pub(super) id: FileId,
    pub(super) size: u64,
    /// Whether it has fewer bytes on disk than its length.
    pub(super) sparse: bool,
}

/// Room for one step of two files.
pub(super) struct Rooms {
    one: Vec<u8>,
    other: Vec<u8>,
}

impl Rooms {
    pub(super) fn new() -> Self {
        Self {
            one: vec![0; STEP],
            other: vec![0; STEP],
        }
    }
}

/// Files that could not be read on: the system's error, or `None` for one that became shorter.
pub(super) type Failed = Vec<(FileId, Option<Errno>)>;

/// Splits groups of alike files by the bytes in `range`; groups of one are dropped.
///
/// `tell` hears of every read: how many bytes, of which file.
pub(super) fn refine(
    sides: &[Side],
    groups: Vec<Vec<usize>>,
    range: Range<u64>,
    rooms: &mut Rooms,
    tell: &mut dyn FnMut(u64, FileId),
) -> (Vec<Vec<usize>>, Failed) {
    let (mut alike, mut failed) = (Vec::new(), Vec::new());
    let mut waiting: Vec<(Vec<usize>, u64)> = groups
        .into_iter()
        .map(|group| (group, range.start))
        .collect();
    while let Some((mut group, mut at)) = waiting.pop() {
        while at < range.end && group.len() > 1 {
            let hole = group.iter().map(|side| hole_until(&sides[*side], at)).min();
            if let Some(end) = hole.filter(|end| *end > at) {
                at = end.min(range.end);
                continue;
            }
            let step = if at == range.start { FIRST_STEP } else { STEP };
            let length = usize::try_from(range.end - at).unwrap_or(STEP).min(step);
            let parted = part(sides, &group, at, length, rooms, tell, &mut failed);
            at += length as u64;
            let mut parted = parted.into_iter();
            group = parted.next().unwrap_or_default();
            waiting.extend(parted.map(|group| (group, at)));
        }
        if group.len() > 1 {
            alike.push(group);
        }
    }
    alike.sort();
    (alike, failed)
}

/// Splits one group by one step of bytes. The group of its first readable member comes first;
/// others only where they have two members or more.
fn part(
    sides: &[Side],
    group: &[usize],
    at: u64,
    length: usize,
    rooms: &mut Rooms,
    tell: &mut dyn FnMut(u64, FileId),
    failed: &mut Failed,
) -> Vec<Vec<usize>> {
    let mut first: Vec<usize> = Vec::new();
    let mut others: Vec<(u128, usize)> = Vec::new();
    for &number in group {
        let side = &sides[number];
        let room = if first.is_empty() {
            &mut rooms.one
        } else {
            &mut rooms.other
        };
        match fill(&side.file, at, &mut room[..length]) {
            Ok(true) => tell(length as u64, side.id),
            Ok(false) => {
                failed.push((side.id, None));
                continue;
            }
            Err(error) => {
                failed.push((side.id, Some(error)));
                continue;
            }
        }
        if first.is_empty() || rooms.one[..length] == rooms.other[..length] {
            first.push(number);
        } else {
            others.push((XxHash3_128::oneshot(&rooms.other[..length]), number));
        }
    }
    others.sort_unstable();
    let others = others
        .chunk_by(|a, b| a.0 == b.0)
        .filter(|group| group.len() > 1);
    let others = others.map(|group| group.iter().map(|(_, number)| *number).collect());
    std::iter::once(first).chain(others).collect()
}

/// Fills `room` from offset `at`; false if the file ends before that.
pub(super) fn fill(file: &OwnedFd, at: u64, room: &mut [u8]) -> Result<bool, Errno> {
    let mut filled = 0;
    while filled < room.len() {
        match pread(file, &mut room[filled..], at + filled as u64) {
            Ok(0) => return Ok(false),
            Ok(n) => filled += n,
            Err(Errno::INTR) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(true)
}

/// Returns where the hole that holds `at` ends; `at` itself if there are bytes at `at`.
fn hole_until(side: &Side, at: u64) -> u64 {
    if !side.sparse {
        return at;
    }
    match seek(&side.file, SeekFrom::Data(at)) {
        Ok(data) => data.max(at),
        Err(Errno::NXIO) => side.size,
        // A file system that does not tell: everything counts as bytes.
        Err(_) => at,
    }
}
