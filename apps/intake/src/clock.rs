//! What time it is, as a value.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, SystemTime, UNIX_EPOCH},
};

/// Seconds in a day.
pub const DAY: u64 = 86_400;

/// A clock. Clones of one show the same time.
#[derive(Clone, Debug)]
pub enum Clock {
    /// The system's.
    System,
    /// One that stands still until it is set.
    Set(Arc<AtomicU64>),
}

impl Clock {
    /// Returns a clock that stands at a time.
    #[must_use]
    pub fn at(seconds: u64) -> Self {
        Self::Set(Arc::new(AtomicU64::new(seconds)))
    }

    /// Returns the time in seconds since 1970-01-01 UTC; zero for a system that is before it.
    #[must_use]
    pub fn now(&self) -> u64 {
        match self {
            Self::System => SystemTime::now()
                .duration_since(UNIX_EPOCH)
                .map_or(0, |since| since.as_secs()),
            Self::Set(seconds) => seconds.load(Ordering::Relaxed),
        }
    }

    /// Returns today, in whole days since 1970-01-01 UTC.
    #[must_use]
    pub fn today(&self) -> u32 {
        day_of(self.now())
    }

    /// Moves a clock that stands on. The system's goes by itself.
    pub fn pass(&self, time: Duration) {
        if let Self::Set(seconds) = self {
            seconds.fetch_add(time.as_secs(), Ordering::Relaxed);
        }
    }
}

/// Returns the day of a time, in whole days since 1970-01-01 UTC.
#[must_use]
pub fn day_of(seconds: u64) -> u32 {
    u32::try_from(seconds / DAY).unwrap_or(u32::MAX)
}
