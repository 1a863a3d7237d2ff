//! The engine that ships: SQLite, one file for each program, epoch and day.
//!
//! One thread writes. It takes what waits, writes it in one transaction for each partition, lets the
//! disk confirm it, and then answers; what arrives meanwhile is the next batch. So the disk is asked
//! as seldom as it is slow, and an idle server answers at once.
//!
//! After the disk failed once, no second try is believed: the system may have thrown away the pages
//! it could not write and call them clean. The store then refuses everything until it is opened anew,
//! which reads what really is on the disk.
//! Source: Rebello et al., "Can Applications Recover from fsync Failures?", USENIX ATC 2020.

mod file;
mod held;
mod read;
mod seal;
mod writer;

use std::{
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
        mpsc::{self, SyncSender, TrySendError},
    },
    thread::JoinHandle,
};

use rusqlite::ErrorCode;

use self::writer::{Job, Writer};
use super::{Arrival, Digest, Done, Partition, Put, Row, Store, StoreError, Tally, Withdrawn};
use crate::{place, vault::Vault};

/// How far the engine may go.
#[derive(Clone)]
pub struct Options {
    /// How many reports and withdrawals may wait for the disk.
    pub waiting: usize,
    /// How large one partition may become, in pages of 4 KiB.
    pub pages: u32,
    /// How many withdrawals of one day may wait for reports that did not come.
    pub withdrawals: u64,
    /// Asked after each commit and its `fsync`; what it fails with is taken as the disk's failure.
    pub after_commit: fn(&Path) -> std::io::Result<()>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            waiting: 4096,
            pages: 16 << 20,
            withdrawals: 1_000_000,
            after_commit: |_| Ok(()),
        }
    }
}

/// The store in one folder. Only one may be open for a folder at a time.
pub struct SqliteStore {
    folder: PathBuf,
    vault: Arc<Vault>,
    jobs: Option<SyncSender<Job>>,
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

/// What the writing thread lets others see.
#[derive(Default)]
struct Shared {
    waiting: AtomicUsize,
    broken: Mutex<Option<(PathBuf, String)>>,
}

impl Shared {
    fn broken(&self) -> Option<(PathBuf, String)> {
        self.broken
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    fn check(&self) -> Result<(), StoreError> {
        match self.broken() {
            Some((path, why)) => Err(StoreError::Broken { path, why }),
            None => Ok(()),
        }
    }

    fn breaks(&self, path: &Path, why: &str) {
        let mut broken = self.broken.lock().unwrap_or_else(PoisonError::into_inner);
        broken.get_or_insert_with(|| (path.to_owned(), why.to_owned()));
    }
}

impl SqliteStore {
    /// Opens the store in a folder, and makes the folder if it is missing.
    ///
    /// # Errors
    /// [`StoreError`] when the folder cannot be used.
    pub fn open(folder: &Path, vault: Arc<Vault>, options: Options) -> Result<Self, StoreError> {
        std::fs::create_dir_all(folder).map_err(|source| StoreError::File {
            act: "make",
            path: folder.to_owned(),
            source,
        })?;
        let shared = Arc::new(Shared::default());
        let (jobs, waiting) = mpsc::sync_channel(options.waiting);
        let mut writer = Writer::new(folder, Arc::clone(&vault), options, Arc::clone(&shared));
        let thread = std::thread::Builder::new()
            .name("store".to_owned())
            .spawn(move || writer.run(&waiting))
            .map_err(|source| StoreError::File {
                act: "start the writing thread for",
                path: folder.to_owned(),
                source,
            })?;
        Ok(Self {
            folder: folder.to_owned(),
            vault,
            jobs: Some(jobs),
            shared,
            thread: Some(thread),
        })
    }

    /// Hands a job to the writing thread, or answers it at once when as many wait as may wait.
    fn hand(&self, job: Job) {
        let Some(jobs) = &self.jobs else {
            return job.refuse(StoreError::Closed);
        };
        self.shared.waiting.fetch_add(1, Ordering::Relaxed);
        let (job, why) = match jobs.try_send(job) {
            Ok(()) => return,
            Err(TrySendError::Full(job)) => (job, StoreError::Overloaded),
            Err(TrySendError::Disconnected(job)) => (job, StoreError::Closed),
        };
        self.shared.waiting.fetch_sub(1, Ordering::Relaxed);
        job.refuse(why);
    }

    /// Hands over a job that must not be refused for want of room, and waits for its answer.
    fn wait<T: Send + 'static>(&self, job: impl FnOnce(Done<T>) -> Job) -> Result<T, StoreError> {
        let (send, answer) = mpsc::sync_channel(1);
        let done: Done<T> = Box::new(move |outcome| drop(send.send(outcome)));
        let jobs = self.jobs.as_ref().ok_or(StoreError::Closed)?;
        self.shared.waiting.fetch_add(1, Ordering::Relaxed);
        if jobs.send(job(done)).is_err() {
            return Err(StoreError::Closed);
        }
        answer.recv().unwrap_or(Err(StoreError::Closed))
    }
}

impl Store for SqliteStore {
    fn put(&self, arrival: Arrival, done: Done<Put>) {
        self.hand(Job::Put(Box::new(arrival), done));
    }

    fn withdraw(&self, today: Partition, wc: [u8; 16], done: Done<Withdrawn>) {
        self.hand(Job::Withdraw(today, wc, done));
    }

    fn seal(&self, partition: Partition) -> Result<Tally, StoreError> {
        self.wait(|done| Job::Seal(partition, done))
    }

    fn erase(&self, partition: Partition) -> Result<Tally, StoreError> {
        self.wait(|done| Job::Erase(partition, done))
    }

    fn partitions(&self) -> Result<Vec<Partition>, StoreError> {
        file::partitions(&self.folder)
    }

    fn tally(&self, partition: Partition) -> Result<Tally, StoreError> {
        read::tally(&self.folder, partition)
    }

    fn tags(
        &self,
        program: u16,
        epoch: u32,
        at_least: u64,
        tell: &mut dyn FnMut(Digest, u64),
    ) -> Result<(), StoreError> {
        read::tags(&self.folder, program, epoch, at_least, tell)
    }

    fn shares(
        &self,
        program: u16,
        epoch: u32,
        tag: &Digest,
        tell: &mut dyn FnMut(Row),
    ) -> Result<u64, StoreError> {
        read::shares(&self.folder, &self.vault, program, epoch, tag, tell)
    }

    fn leaves(&self, partition: Partition) -> Result<Option<Vec<Digest>>, StoreError> {
        read::leaves(&self.folder, partition)
    }

    fn leaves_from(
        &self,
        partition: Partition,
        from: &Digest,
        many: usize,
    ) -> Result<Option<Vec<Digest>>, StoreError> {
        read::leaves_from(&self.folder, partition, from, many)
    }

    fn withdrawals(&self, partition: Partition) -> Result<Vec<Digest>, StoreError> {
        read::withdrawals(&self.folder, partition)
    }

    fn waiting(&self) -> usize {
        self.shared.waiting.load(Ordering::Relaxed)
    }

    fn broken(&self) -> Option<String> {
        let (path, why) = self.shared.broken()?;
        Some(StoreError::Broken { path, why }.to_string())
    }
}

impl Drop for SqliteStore {
    /// Lets the writing thread finish what waits, then ends it.
    fn drop(&mut self) {
        drop(self.jobs.take());
        if let Some(thread) = self.thread.take() {
            drop(thread.join());
        }
    }
}

/// Returns whether SQLite failed for want of room. What readers and the writer share in memory is a file too:
/// it holds nothing that was acknowledged, and grows before anything is written.
pub(crate) fn is_full(error: &rusqlite::Error) -> bool {
    let grew = error.sqlite_error().map(|it| it.extended_code);
    error.sqlite_error_code() == Some(ErrorCode::DiskFull)
        || grew == Some(rusqlite::ffi::SQLITE_IOERR_SHMSIZE)
}

/// Makes what was written to a folder survive a power cut.
fn sync_folder(folder: &Path) -> Result<(), StoreError> {
    place::sync(folder).map_err(|source| StoreError::File {
        act: "sync",
        path: folder.to_owned(),
        source,
    })
}

#[cfg(test)]
mod tests;
