//! Small files: one open, one read, one hash, in the order the disk was walked.

use std::{
    ffi::OsStr,
    os::unix::ffi::OsStrExt,
    sync::atomic::{AtomicUsize, Ordering::Relaxed},
    time::Instant,
};

use rustix::io::{Errno, pread};
use twox_hash::XxHash3_128;

use super::{Candidate, Reading, SMALL, verdicts::Verdicts};
use crate::{
    Skipped, Why,
    pass::{
        FileId, Forest, Watch,
        crew::{self, Hand},
        opener::Opener,
        remember::Verdict,
    },
};

/// Files a thread takes at a time: enough to stay in one folder, few enough to share the end.
const BATCH: usize = 64;

/// The small files of one comparison, ready to be read by several threads.
pub(super) struct Work {
    candidates: Vec<Candidate>,
    next: AtomicUsize,
}

impl Work {
    /// Puts candidates in the order the disk was walked.
    pub(super) fn new(mut candidates: Vec<Candidate>, threads: Option<usize>) -> Self {
        crew::sort(&mut candidates, threads, |it| it.id.on_the_way());
        Self {
            candidates,
            next: AtomicUsize::new(0),
        }
    }

    /// Returns how many threads can be put to use: another one for a handful of files costs more
    /// than it brings.
    pub(super) fn width(&self) -> usize {
        self.candidates.len().div_ceil(BATCH)
    }

    /// Takes files until none is left, reads each whole and hashes it.
    pub(super) fn read(
        &self,
        forest: &Forest,
        hand: &mut Hand<'_>,
        watch: &Watch<'_>,
        verdicts: &Verdicts,
    ) -> Reading {
        let mut reader: Option<Reader<'_>> = None;
        loop {
            let start = self.next.fetch_add(BATCH, Relaxed);
            let batch = self.candidates.get(start..).unwrap_or_default();
            if batch.is_empty() {
                return reader.map(|reader| reader.found).unwrap_or_default();
            }
            let reader = reader.get_or_insert_with(|| Reader {
                forest,
                opener: Opener::new(forest),
                room: vec![0; SMALL as usize + 1],
                found: Reading::default(),
            });
            reader.read(&batch[..batch.len().min(BATCH)], hand, watch, verdicts);
        }
    }
}

struct Reader<'f> {
    forest: &'f Forest,
    opener: Opener<'f>,
    /// One byte longer than any small file, so that a file that grew shows.
    room: Vec<u8>,
    found: Reading,
}

impl Reader<'_> {
    fn read(
        &mut self,
        batch: &[Candidate],
        hand: &mut Hand<'_>,
        watch: &Watch<'_>,
        verdicts: &Verdicts,
    ) {
        let (began, mut bytes) = (Instant::now(), 0);
        for candidate in batch {
            match self.digest(candidate.id, candidate.size) {
                Ok(value) => verdicts.set(candidate.number, Verdict { session: 0, value }),
                Err(why) => self
                    .found
                    .skipped
                    .push(Skipped::new(self.forest.path(candidate.id), why)),
            }
            bytes += candidate.size;
        }
        #[expect(clippy::cast_possible_truncation, reason = "a batch is small")]
        hand.waited(began.elapsed(), batch.len() as u32);
        let Some(last) = batch.last() else { return };
        let folder = self.forest.file(last.id).folder;
        let name = || OsStr::from_bytes(self.forest.folder_name(folder)).to_owned();
        watch.add(batch.len() as u64, bytes, name);
    }

    fn digest(&mut self, id: FileId, size: u64) -> Result<u128, Why> {
        let open = self.opener.open(id).map_err(changed_or_failed)?;
        self.found.cost.opened += 1;
        let size = usize::try_from(size).map_err(|_| Why::Changed)?;
        let room = self.room.get_mut(..=size).ok_or(Why::Changed)?;
        let mut filled = 0;
        loop {
            match pread(&open, &mut room[filled..], filled as u64) {
                Ok(0) => break,
                Ok(n) => filled += n,
                Err(Errno::INTR) => continue,
                Err(error) => return Err(changed_or_failed(error)),
            }
            // The usual case ends here, without a second call to be told there is no more.
            if filled >= size {
                break;
            }
        }
        self.found.cost.read += filled as u64;
        match filled == size {
            true => Ok(XxHash3_128::oneshot(&room[..size])),
            false => Err(Why::Changed),
        }
    }
}

/// Returns why a file that was there is not readable now.
pub(super) fn changed_or_failed(error: Errno) -> Why {
    match error {
        // A link, a folder, a FIFO or a socket stands where a file was.
        Errno::LOOP | Errno::NOTDIR | Errno::ISDIR | Errno::SPIPE | Errno::NXIO => Why::Changed,
        _ => Why::of(&error.into()),
    }
}
