//! Unpacking ahead, on threads of their own: it overlaps with what is made of the bytes.
//!
//! Nothing changes its order by it, and no more than a few pieces wait to be read. Whoever stops reading stops those
//! threads.

use std::{
    io::{self, Read},
    sync::{
        Arc, Mutex, PoisonError,
        mpsc::{Receiver, SyncSender, sync_channel},
    },
    thread::{Builder, Scope, available_parallelism},
};

use super::error::damaged;

/// How much is handed over at once, in bytes.
pub(super) const PIECE: usize = 256 << 10;
/// How many pieces wait to be read.
const WAITING: usize = 3;
/// More threads than this gain nothing: one alone makes files of what comes out.
const MOST_HANDS: usize = 8;

/// A piece of what comes out, or why there is no more.
pub(super) type Piece = io::Result<Vec<u8>>;

/// Returns what hands over a stream in pieces, and what reads it.
pub(super) fn pieces() -> (SyncSender<Piece>, Pieces) {
    many_pieces(WAITING)
}

/// The same where so many pieces wait to be read.
pub(super) fn many_pieces(waiting: usize) -> (SyncSender<Piece>, Pieces) {
    let (to, from) = sync_channel(waiting);
    (to, Pieces::new(Vec::new(), Rest::Comes(from)))
}

/// Bytes that come in pieces from elsewhere. They end where whoever hands them over lets go; a fault is told once.
pub(super) struct Pieces {
    piece: Vec<u8>,
    at: usize,
    rest: Rest,
}

enum Rest {
    Comes(Receiver<Piece>),
    Fault(io::Error),
    Nothing,
}

impl Pieces {
    fn new(piece: Vec<u8>, rest: Rest) -> Self {
        Self { piece, at: 0, rest }
    }

    /// Reads all of a stream now, which says that it has so many bytes, and what it failed by. No more are read: what says
    /// too little of itself would take all memory.
    pub(super) fn all_of(stream: impl Read, length: usize) -> Self {
        let mut all = Vec::with_capacity(length);
        let read = stream.take(length as u64 + 1).read_to_end(&mut all);
        let error = match read {
            Ok(read) if read > length => Some(damaged("it is longer than it says")),
            other => other.err(),
        };
        all.truncate(length);
        Self::new(all, error.map_or(Rest::Nothing, Rest::Fault))
    }

    /// No bytes.
    pub(super) fn nothing() -> Self {
        Self::new(Vec::new(), Rest::Nothing)
    }

    /// Nothing but a fault.
    pub(super) fn fault(error: io::Error) -> Self {
        Self::new(Vec::new(), Rest::Fault(error))
    }

    fn next(&mut self) -> Option<Piece> {
        match std::mem::replace(&mut self.rest, Rest::Nothing) {
            Rest::Nothing => None,
            Rest::Fault(error) => Some(Err(error)),
            Rest::Comes(from) => {
                let piece = from.recv().ok()?;
                if piece.is_ok() {
                    self.rest = Rest::Comes(from);
                }
                Some(piece)
            }
        }
    }
}

impl Read for Pieces {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.at == self.piece.len() {
            let Some(piece) = self.next() else {
                return Ok(0);
            };
            (self.piece, self.at) = (piece?, 0);
        }
        let left = &self.piece[self.at..];
        let length = left.len().min(buffer.len());
        buffer[..length].copy_from_slice(&left[..length]);
        self.at += length;
        Ok(length)
    }
}

/// Hands over all of a stream, of so many bytes where that is known, until nobody takes it.
pub(super) fn hand_over(mut stream: impl Read, length: Option<u64>, to: &SyncSender<Piece>) {
    let length = length.and_then(|it| usize::try_from(it).ok());
    let mut room = length.unwrap_or(PIECE);
    loop {
        let (piece, error) = piece_of(&mut stream, room.min(PIECE));
        room = PIECE;
        let is_end = piece.len() < PIECE;
        if !piece.is_empty() && to.send(Ok(piece)).is_err() {
            return;
        }
        if let Some(error) = error {
            // Where nobody takes it, nobody asked.
            let _ = to.send(Err(error));
            return;
        }
        if is_end {
            return;
        }
    }
}

/// Reads one piece, or as much as there is before the end or a fault; begins with so much room.
fn piece_of(stream: &mut impl Read, room: usize) -> (Vec<u8>, Option<io::Error>) {
    let mut piece = Vec::with_capacity(room);
    let error = stream.take(PIECE as u64).read_to_end(&mut piece).err();
    (piece, error)
}

/// Returns a stream that a thread of this scope reads ahead. What is short is read at once, without one.
pub(super) fn of<'scope, R: Read + Send + 'scope>(
    scope: &'scope Scope<'scope, '_>,
    mut stream: R,
) -> Pieces {
    let (piece, error) = piece_of(&mut stream, 0);
    if error.is_some() || piece.len() < PIECE {
        return Pieces::new(piece, error.map_or(Rest::Nothing, Rest::Fault));
    }
    let (to, from) = sync_channel(WAITING);
    let rest = match Builder::new().spawn_scoped(scope, move || hand_over(stream, None, &to)) {
        Ok(_) => Rest::Comes(from),
        Err(error) => Rest::Fault(error),
    };
    Pieces::new(piece, rest)
}

/// Threads that do one thing after the other, each the next that is free.
pub(super) struct Hands<'scope> {
    jobs: SyncSender<Job<'scope>>,
    many: usize,
}

type Job<'scope> = Box<dyn FnOnce() + Send + 'scope>;

impl<'scope> Hands<'scope> {
    /// Starts as many as can work at once, and no more than there are things to do. They end when this is let go.
    ///
    /// # Errors
    /// When none can be started.
    pub(super) fn of(scope: &'scope Scope<'scope, '_>, most: usize) -> io::Result<Self> {
        let many = available_parallelism().map_or(1, usize::from);
        let many = many.min(MOST_HANDS).min(most).max(1);
        let (jobs, next) = sync_channel::<Job<'scope>>(many);
        let next = Arc::new(Mutex::new(next));
        let mut started = 0;
        while started < many {
            let next = Arc::clone(&next);
            let work = move || {
                // Let go of before the job is done: it is the others' turn to wait.
                let wait = || next.lock().unwrap_or_else(PoisonError::into_inner).recv();
                while let Ok(job) = wait() {
                    job();
                }
            };
            match Builder::new().spawn_scoped(scope, work) {
                Ok(_) => started += 1,
                Err(error) if started == 0 => return Err(error),
                Err(_) => break,
            }
        }
        Ok(Self {
            jobs,
            many: started,
        })
    }

    /// Returns how many things are worth being given to them before the first is done.
    pub(super) fn window(&self) -> usize {
        2 * self.many
    }

    /// Gives them one thing to do; waits while all are busy and as many wait.
    pub(super) fn give(&self, job: impl FnOnce() + Send + 'scope) {
        // They end after this is let go, or with the whole process.
        let _ = self.jobs.send(Box::new(job));
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    #[test]
    fn what_comes_out_is_in_order_and_a_fault_comes_last() {
        struct Broken;

        impl Read for Broken {
            fn read(&mut self, _buffer: &mut [u8]) -> io::Result<usize> {
                Err(io::Error::other("broken"))
            }
        }

        for length in [0, 5, PIECE - 1, PIECE, 3 * PIECE + 7] {
            let plain: Vec<u8> = (0..length).map(|it| (it % 251) as u8).collect();
            thread::scope(|scope| {
                let mut read = Vec::new();
                let mut ahead = of(scope, plain.chain(Broken));
                let error = ahead.read_to_end(&mut read).unwrap_err();
                assert_eq!(error.to_string(), "broken");
                assert!(read == plain, "{length}");
                assert_eq!(ahead.read(&mut [0]).unwrap(), 0, "told once");
            });
        }
    }

    #[test]
    fn who_stops_reading_stops_the_thread() {
        thread::scope(|scope| {
            let mut ahead = of(scope, io::repeat(7));
            let mut some = [0; 10];
            ahead.read_exact(&mut some).unwrap();
            assert_eq!(some, [7; 10]);
        });
    }

    #[test]
    fn hands_do_all_that_they_are_given() {
        let done = Mutex::new(0);
        thread::scope(|scope| {
            let hands = Hands::of(scope, 3).unwrap();
            for number in 1..=100 {
                let done = &done;
                hands.give(move || *done.lock().unwrap() += number);
            }
        });
        assert_eq!(*done.lock().unwrap(), 5050);
    }
}
