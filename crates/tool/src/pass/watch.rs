//! Progress of long work: counters anyone may add to, and a line now and then.

use std::{
    ffi::OsString,
    sync::atomic::{AtomicU64, Ordering::Relaxed},
    time::{Duration, Instant},
};

use serde::{Deserialize, Serialize};

use crate::{Bytes, PathText};

/// How often progress is told at most. The first time is after this long, so that short work is silent.
const PERIOD: Duration = Duration::from_millis(250);

/// What the pass is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Stage {
    /// Listing folders. How much is left is not known.
    Walking,
    /// Reading files of equal size. At most `total` bytes are left to read, usually far fewer.
    Reading,
}

/// Where long work stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    /// What is being done.
    pub stage: Stage,
    /// Entries seen so far.
    pub files: u64,
    /// Bytes seen (walking) or dealt with (reading) so far.
    pub bytes: Bytes,
    /// The most bytes this stage may deal with; `None` when that cannot be known yet.
    pub total: Option<Bytes>,
    /// Milliseconds since this stage began.
    pub elapsed_ms: u64,
    /// The folder or file looked at now: one name, not a path.
    pub current: PathText,
}

/// Counts what is done and tells somebody about it, at most four times a second.
pub struct Watch<'a> {
    tell: &'a (dyn Fn(&Progress) + Sync),
    started: Instant,
    stage_started_ms: AtomicU64,
    told_ms: AtomicU64,
    files: AtomicU64,
    bytes: AtomicU64,
    /// 0 while walking.
    total: AtomicU64,
}

impl<'a> Watch<'a> {
    /// Returns a watch that starts now and calls `tell` from whichever thread is at work.
    #[must_use]
    pub fn new(tell: &'a (dyn Fn(&Progress) + Sync)) -> Self {
        let zero = AtomicU64::default;
        Self {
            tell,
            started: Instant::now(),
            stage_started_ms: zero(),
            told_ms: zero(),
            files: zero(),
            bytes: zero(),
            total: zero(),
        }
    }

    /// Begins the reading stage, of at most `total` bytes.
    pub fn begin_reading(&self, total: u64) {
        self.stage_started_ms.store(self.now_ms(), Relaxed);
        self.files.store(0, Relaxed);
        self.bytes.store(0, Relaxed);
        self.total.store(total.max(1), Relaxed);
    }

    /// Adds what one folder or file brought, and tells if it is time. `current` is asked only then.
    pub fn add(&self, files: u64, bytes: u64, current: impl FnOnce() -> OsString) {
        let files = self.files.fetch_add(files, Relaxed) + files;
        let bytes = self.bytes.fetch_add(bytes, Relaxed) + bytes;
        let now = self.now_ms();
        let told = self.told_ms.load(Relaxed);
        let due = now.saturating_sub(told) >= PERIOD.as_millis() as u64;
        if !due
            || self
                .told_ms
                .compare_exchange(told, now, Relaxed, Relaxed)
                .is_err()
        {
            return;
        }
        let total = self.total.load(Relaxed);
        (self.tell)(&Progress {
            stage: if total == 0 {
                Stage::Walking
            } else {
                Stage::Reading
            },
            files,
            bytes: Bytes(bytes),
            total: (total > 0).then_some(Bytes(total)),
            elapsed_ms: now.saturating_sub(self.stage_started_ms.load(Relaxed)),
            current: PathText(current().into()),
        });
    }

    fn now_ms(&self) -> u64 {
        self.started
            .elapsed()
            .as_millis()
            .try_into()
            .unwrap_or(u64::MAX)
    }
}
