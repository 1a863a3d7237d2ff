//! Where reports lie until they are revealed or erased: one contract, whatever the engine.
//!
//! A partition holds what arrived for one program and epoch on one day. What a partition keeps of a
//! report is sealed with a key of its own, which stands in the vault alone: without that key every
//! copy of the partition, in a backup or on a disk that was thrown away, opens no longer.
//!
//! What every engine must keep to is tested by `suite`, which takes any of them.
//!
//! - An answer comes after the bytes are on the disk, never before. What fails is answered as failed.
//! - A token is good for one report of its epoch, whichever day it comes again, and stays spent when
//!   its report is withdrawn.
//! - A withdrawal holds from its answer on, also for a report that arrives after it.
//! - Tags come in order, and of each partition a thousand or so rows are in memory at once.

mod sqlite;
#[cfg(any(test, feature = "suite"))]
pub mod suite;

use std::{fmt, io, path::PathBuf, sync::mpsc};

pub(crate) use sqlite::is_full;
pub use sqlite::{Options, SqliteStore};

use crate::vault::VaultError;

/// A digest of 32 bytes: of a tag, of a report.
pub type Digest = [u8; 32];

/// What is called with the answer, once, from a thread of the store.
pub type Done<T> = Box<dyn FnOnce(Result<T, StoreError>) + Send>;

/// What arrived for one program and epoch on one day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Partition {
    /// The number of the program, as on the wire.
    pub program: u16,
    /// The number of the epoch.
    pub epoch: u32,
    /// Whole days since 1970-01-01 UTC.
    pub day: u32,
}

impl Partition {
    /// Reads `4f2a/2951/20650`, as [`Display`](fmt::Display) writes it; `None` for anything else.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (program, rest) = text.split_once('/')?;
        let (epoch, day) = rest.split_once('/')?;
        let read = Self {
            program: u16::from_str_radix(program, 16).ok()?,
            epoch: epoch.parse().ok()?,
            day: day.parse().ok()?,
        };
        (read.to_string() == text).then_some(read)
    }

    /// Returns the name of its key in the vault: `partition/4f2a/2951/20650`.
    #[must_use]
    pub fn key_name(self) -> String {
        format!("partition/{self}")
    }
}

impl fmt::Display for Partition {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{:04x}/{}/{}", self.program, self.epoch, self.day)
    }
}

/// One report on its way into the store.
#[derive(Clone, Debug)]
pub struct Arrival {
    /// Where it goes.
    pub partition: Partition,
    /// The tag: equal for equal strings of one epoch, and opaque.
    pub tag: Digest,
    /// Where the share lies on its polynomial.
    pub x: Digest,
    /// The nonce of the token that was spent for it.
    pub nonce: Digest,
    /// The commitment by which it is withdrawn.
    pub wc: [u8; 16],
    /// The leaf hash of its bytes.
    pub leaf: Digest,
    /// What is sealed: share and body.
    pub sealed: Vec<u8>,
}

/// One report as it comes out of the store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// The tag.
    pub tag: Digest,
    /// Where the share lies on its polynomial.
    pub x: Digest,
    /// The nonce of its token.
    pub nonce: Digest,
    /// The commitment by which it is withdrawn.
    pub wc: [u8; 16],
    /// Share and body, opened.
    pub opened: Vec<u8>,
}

/// What became of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Put {
    /// It is on the disk.
    Stored,
    /// The same bytes were there already.
    Duplicate,
    /// Its token was spent for other bytes. Nothing was stored.
    TokenSpent,
    /// It was withdrawn before. Nothing was stored.
    Withdrawn,
}

/// What became of a withdrawal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Withdrawn {
    /// The report was there and is gone.
    Erased,
    /// No such report is there; if one arrives it is not stored.
    Waiting,
    /// The same was withdrawn before.
    Again,
}

/// How many reports a partition held, and how many withdrawals.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Reports.
    pub rows: u64,
    /// Withdrawals that arrived on its day.
    pub withdrawn: u64,
}

/// Reports by partition. See the head of the module for what holds of every engine.
pub trait Store: Send + Sync {
    /// Stores a report, or says why not. Calling it again with the same bytes changes nothing.
    fn put(&self, arrival: Arrival, done: Done<Put>);

    /// Erases the report with this commitment, in whichever partition of the epoch it lies, and
    /// refuses it from now on. `today` names the partition that keeps the withdrawal.
    fn withdraw(&self, today: Partition, wc: [u8; 16], done: Done<Withdrawn>);

    /// Closes a partition to further reports and keeps the leaf of each it holds. Again: the same.
    ///
    /// # Errors
    /// [`StoreError`] when it cannot be written.
    fn seal(&self, partition: Partition) -> Result<Tally, StoreError>;

    /// Destroys the key of a partition, then its bytes. Nothing to erase is no error.
    ///
    /// # Errors
    /// [`StoreError`] when the key may still be there, or a file could not be removed.
    fn erase(&self, partition: Partition) -> Result<Tally, StoreError>;

    /// Returns every partition there is, in order.
    ///
    /// # Errors
    /// [`StoreError`] when they cannot be listed.
    fn partitions(&self) -> Result<Vec<Partition>, StoreError>;

    /// Returns how much a partition holds; nothing for one that is not there.
    ///
    /// # Errors
    /// [`StoreError`] when it cannot be read.
    fn tally(&self, partition: Partition) -> Result<Tally, StoreError>;

    /// Tells of every tag that at least `at_least` reports of an epoch have, in order, with their
    /// number. What was withdrawn does not count.
    ///
    /// # Errors
    /// [`StoreError`] when a partition cannot be read.
    fn tags(
        &self,
        program: u16,
        epoch: u32,
        at_least: u64,
        tell: &mut dyn FnMut(Digest, u64),
    ) -> Result<(), StoreError>;

    /// Tells of every report with this tag, one at a time. Returns how many there are beside them that do
    /// not open: bytes that were changed.
    ///
    /// # Errors
    /// [`StoreError::Unopened`] when the key of a partition is gone, as after a restore from a
    /// backup; [`StoreError`] when a partition cannot be read.
    fn shares(
        &self,
        program: u16,
        epoch: u32,
        tag: &Digest,
        tell: &mut dyn FnMut(Row),
    ) -> Result<u64, StoreError>;

    /// Returns the leaves of a sealed partition in their order; `None` while it is not sealed.
    ///
    /// # Errors
    /// [`StoreError`] when it cannot be read.
    fn leaves(&self, partition: Partition) -> Result<Option<Vec<Digest>>, StoreError>;

    /// Returns at most so many leaves of a sealed partition in their order, from the first that is not
    /// before `from`; `None` while it is not sealed.
    ///
    /// # Errors
    /// [`StoreError`] when it cannot be read.
    fn leaves_from(
        &self,
        partition: Partition,
        from: &Digest,
        many: usize,
    ) -> Result<Option<Vec<Digest>>, StoreError>;

    /// Returns the leaves of the reports that were withdrawn and erased on the day of a partition, in
    /// order. Withdrawals of reports that never came have none.
    ///
    /// # Errors
    /// [`StoreError`] when it cannot be read.
    fn withdrawals(&self, partition: Partition) -> Result<Vec<Digest>, StoreError>;

    /// Returns how many reports and withdrawals wait for the disk.
    fn waiting(&self) -> usize;

    /// Returns why nothing can be stored any more until the server starts anew, if so.
    fn broken(&self) -> Option<String>;
}

/// Puts a report and waits for the answer.
///
/// # Errors
/// What the store answered.
pub fn put_and_wait(store: &dyn Store, arrival: Arrival) -> Result<Put, StoreError> {
    let (send, answer) = mpsc::sync_channel(1);
    store.put(arrival, Box::new(move |outcome| drop(send.send(outcome))));
    answer.recv().unwrap_or(Err(StoreError::Closed))
}

/// Why something could not be stored, read or erased.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// As many wait as may wait.
    #[error("too many reports wait for the disk")]
    Overloaded,
    /// The disk, or the partition's share of it, is full.
    #[error("no room is left for `{path}`")]
    Full {
        /// The file.
        path: PathBuf,
    },
    /// The partition was sealed: its day is over.
    #[error("the partition {partition} is sealed")]
    Sealed {
        /// Which one.
        partition: Partition,
    },
    /// Too many withdrawals wait for reports that never came.
    #[error("too many withdrawals wait in the partition {partition}")]
    TooManyWithdrawals {
        /// Which one.
        partition: Partition,
    },
    /// The disk failed once. What it answers afterwards may be untrue, so nothing more is asked of it.
    #[error("the disk failed while `{path}` was written: {why}")]
    Broken {
        /// The file.
        path: PathBuf,
        /// What the disk said.
        why: String,
    },
    /// The key of the partition is gone: nothing in it can be read any more.
    #[error("the key of the partition {partition} is gone")]
    Unopened {
        /// Which one.
        partition: Partition,
    },
    /// Bytes that were sealed by another key, or changed since.
    #[error("a row of the partition {partition} does not open: it was changed, or its key was")]
    Damaged {
        /// Which one.
        partition: Partition,
    },
    /// The file of a partition is no database any more. The others are as they were.
    #[error(
        "the file `{path}` is damaged ({why}): reports of its epoch wait; what is due of it is erased all the same"
    )]
    Corrupt {
        /// The file.
        path: PathBuf,
        /// What SQLite said.
        why: String,
    },
    /// The vault could not give or destroy a key.
    #[error("the key of the partition {partition} cannot be had")]
    Vault {
        /// Which one.
        partition: Partition,
        /// Why.
        #[source]
        source: VaultError,
    },
    /// SQLite failed.
    #[error("cannot {act} `{path}`")]
    Sqlite {
        /// What was tried.
        act: &'static str,
        /// The file.
        path: PathBuf,
        /// What it said.
        #[source]
        source: rusqlite::Error,
    },
    /// A file or folder could not be used.
    #[error("cannot {act} `{path}`")]
    File {
        /// What was tried.
        act: &'static str,
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// The thread that writes has ended.
    #[error("the store is closed")]
    Closed,
}
