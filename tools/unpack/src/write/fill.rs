//! Small files, filled on a thread of their own: to make the next one overlaps with it.

use std::{
    fs::File,
    io::{self, Write as _},
    ops::Range,
    os::fd::AsFd as _,
    sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel},
    thread::Builder,
};

use super::settle;

/// The longest file that is filled so, in bytes.
pub(super) const SMALL: u64 = 64 << 10;
/// So many files, or so many bytes of them, go together: to hand over each would take longer than to fill it.
///
/// Each file stays open until it is filled, and some systems let a process have 256.
const TOGETHER: (usize, usize) = (16, 512 << 10);
/// How many times that waits.
const WAITING: usize = 2;

/// A file that was made, and what it still lacks.
pub(super) struct Made {
    pub(super) file: File,
    pub(super) mode: u32,
    /// In seconds since 1970.
    pub(super) modified: Option<i64>,
    /// Its place among all that is written.
    pub(super) index: usize,
}

/// Files and their bytes, one after the other.
#[derive(Default)]
struct Batch {
    files: Vec<(Made, Range<usize>)>,
    bytes: Vec<u8>,
}

/// What became of a batch: the files that could not be filled, and room for the next one.
struct Filled {
    faults: Vec<Fault>,
    room: Vec<u8>,
}

/// A file that could not be filled, by its place among all that is written.
pub(super) type Fault = (usize, io::Error);

/// Fills small files behind the back of whoever makes them.
#[derive(Default)]
pub(super) struct Filler {
    batch: Batch,
    thread: Option<Thread>,
    faults: Vec<Fault>,
}

struct Thread {
    to: SyncSender<Batch>,
    from: Receiver<Filled>,
    /// How many batches it did not give back yet.
    out: usize,
}

impl Filler {
    /// Returns where the bytes of the next file go, behind those that are there.
    pub(super) fn room(&mut self) -> &mut Vec<u8> {
        &mut self.batch.bytes
    }

    /// Takes a file whose bytes begin there in the room.
    pub(super) fn take(&mut self, made: Made, from: usize) {
        let bytes = from..self.batch.bytes.len();
        self.batch.files.push((made, bytes));
        if self.batch.files.len() >= TOGETHER.0 || self.batch.bytes.len() >= TOGETHER.1 {
            self.send();
        }
    }

    /// Waits until all files are filled, and returns those that could not be.
    pub(super) fn finish(&mut self) -> Vec<Fault> {
        if !self.batch.files.is_empty() {
            self.send();
        }
        while let Some(thread) = self.thread.as_mut().filter(|it| it.out > 0) {
            let filled = thread.next();
            self.faults.extend(filled.faults);
        }
        std::mem::take(&mut self.faults)
    }

    fn send(&mut self) {
        let mut batch = std::mem::take(&mut self.batch);
        if self.thread.is_none() {
            self.thread = Thread::start().ok();
        }
        let Some(thread) = &mut self.thread else {
            // Where no thread is to be had.
            self.faults.extend(batch.fill());
            return;
        };
        thread.give(batch);
        if thread.out > WAITING {
            let filled = thread.next();
            self.faults.extend(filled.faults);
            self.batch.bytes = filled.room;
        }
    }
}

impl Thread {
    fn start() -> io::Result<Self> {
        let (to, batches) = sync_channel(WAITING);
        let (done, from) = channel();
        Builder::new().spawn(move || fill_all(&batches, &done))?;
        Ok(Self { to, from, out: 0 })
    }

    fn give(&mut self, batch: Batch) {
        // It ends when this does.
        let _ = self.to.send(batch);
        self.out += 1;
    }

    fn next(&mut self) -> Filled {
        self.out -= 1;
        let filled = self.from.recv();
        filled.expect("the thread gives back each batch, and ends after this")
    }
}

fn fill_all(batches: &Receiver<Batch>, done: &Sender<Filled>) {
    for mut batch in batches {
        let faults = batch.fill();
        let mut room = batch.bytes;
        room.clear();
        // Who does not wait for it does not need it.
        let _ = done.send(Filled { faults, room });
    }
}

impl Batch {
    fn fill(&mut self) -> Vec<Fault> {
        let mut faults = Vec::new();
        for (made, bytes) in self.files.drain(..) {
            let mut file = &made.file;
            let filled = file
                .write_all(&self.bytes[bytes])
                .and_then(|()| settle(made.file.as_fd(), made.mode, made.modified));
            faults.extend(filled.err().map(|error| (made.index, error)));
        }
        faults
    }
}

#[cfg(test)]
mod tests {
    use std::{fs, io::Read as _};

    use super::*;

    #[test]
    fn all_files_are_filled_and_those_that_cannot_be_are_told() {
        let folder = tempfile::tempdir().unwrap();
        let mut filler = Filler::default();
        let bytes = |index: usize| vec![index as u8; index * 37 % 9000];
        for index in 0..300 {
            let path = folder.path().join(index.to_string());
            let mut file = File::create(&path).unwrap();
            if index % 100 == 50 {
                // One that is open to be read alone.
                file = File::open(&path).unwrap();
            }
            let from = filler.room().len();
            filler.room().extend(bytes(index));
            let made = Made {
                file,
                mode: 0o640,
                modified: Some(1_000_000),
                index,
            };
            filler.take(made, from);
        }
        let faults: Vec<usize> = filler.finish().into_iter().map(|it| it.0).collect();
        assert_eq!(faults, [50, 150, 250]);
        for index in (0..300).filter(|it| it % 100 != 50) {
            let mut file = File::open(folder.path().join(index.to_string())).unwrap();
            let mut read = Vec::new();
            file.read_to_end(&mut read).unwrap();
            assert!(read == bytes(index), "{index}");
            let modified = file.metadata().unwrap().modified().unwrap();
            let since = modified.duration_since(std::time::UNIX_EPOCH).unwrap();
            assert_eq!(since.as_secs(), 1_000_000);
        }
        assert!(filler.finish().is_empty());
        drop(fs::remove_dir_all(folder));
    }
}
