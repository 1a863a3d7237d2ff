//! Very many large files of one size: split by a hash of their heads before any are held open.

use std::{ffi::OsStr, os::unix::ffi::OsStrExt};

use rustix::{fd::OwnedFd, io::Errno};
use twox_hash::XxHash3_128;

use super::{
    Candidate, Reading, SMALL,
    large::{SIDE_BY_SIDE, Session},
    small::changed_or_failed,
    stretch,
    verdicts::Verdicts,
};
use crate::{
    Skipped, Why,
    pass::{Forest, Watch, opener::Opener},
};

/// Splits a class with very many members by their heads; what is still too large to be held open is
/// hashed whole.
pub(super) fn by_heads(
    forest: &Forest,
    class: Vec<Candidate>,
    session: &Session,
    watch: &Watch<'_>,
    verdicts: &Verdicts,
    all: &mut Reading,
) -> Vec<Vec<Candidate>> {
    let mut narrow = Vec::new();
    for group in by_digest(forest, class, SMALL, all, watch) {
        if group.len() < 2 {
            verdicts.set(group[0].number, session.verdict());
        } else if group.len() <= SIDE_BY_SIDE {
            narrow.push(group);
        } else {
            for equal in by_digest(forest, group, u64::MAX, all, watch) {
                let verdict = session.verdict();
                equal.iter().for_each(|it| verdicts.set(it.number, verdict));
            }
        }
    }
    narrow
}

/// Groups files by a hash of their first `length` bytes.
fn by_digest(
    forest: &Forest,
    mut class: Vec<Candidate>,
    length: u64,
    all: &mut Reading,
    watch: &Watch<'_>,
) -> Vec<Vec<Candidate>> {
    class.sort_unstable_by_key(|member| member.id.on_the_way());
    let mut opener = Opener::new(forest);
    let mut room = vec![0; stretch::STEP];
    let mut digests: Vec<(u128, Candidate)> = Vec::new();
    for member in class {
        let end = member.size.min(length);
        match opener
            .open(member.id)
            .and_then(|file| digest(&file, end, &mut room))
        {
            Ok(Some(digest)) => digests.push((digest, member)),
            Ok(None) => all
                .skipped
                .push(Skipped::new(forest.path(member.id), Why::Changed)),
            Err(error) => {
                all.skipped.push(Skipped::new(
                    forest.path(member.id),
                    changed_or_failed(error),
                ));
            }
        }
        all.cost.opened += 1;
        all.cost.read += end;
        watch.add(1, end, || {
            OsStr::from_bytes(forest.name(member.id)).to_owned()
        });
    }
    digests.sort_by_key(|(digest, member)| (*digest, member.id));
    let groups = digests.chunk_by(|a, b| a.0 == b.0);
    groups
        .map(|group| group.iter().map(|(_, member)| *member).collect())
        .collect()
}

/// Returns the hash of a file's first `end` bytes; `None` if it has become shorter.
fn digest(file: &OwnedFd, end: u64, room: &mut [u8]) -> Result<Option<u128>, Errno> {
    let mut hasher = XxHash3_128::new();
    let mut at = 0;
    while at < end {
        let length = usize::try_from(end - at)
            .unwrap_or(usize::MAX)
            .min(room.len());
        if !stretch::fill(file, at, &mut room[..length])? {
            return Ok(None);
        }
        hasher.write(&room[..length]);
        at += length as u64;
    }
    Ok(Some(hasher.finish_128()))
}
