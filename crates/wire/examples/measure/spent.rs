//! How long a piece of work took on a processor.

use std::{
    fs,
    time::{Duration, Instant},
};

/// Time that this thread has spent, against which later time is measured.
pub(crate) struct Spent {
    wall: Instant,
    processor: Option<Duration>,
}

impl Spent {
    pub(crate) fn now() -> Self {
        Self {
            wall: Instant::now(),
            processor: processor_time(),
        }
    }

    pub(crate) fn elapsed(&self) -> Duration {
        match (self.processor, processor_time()) {
            (Some(then), Some(now)) => now.saturating_sub(then),
            _ => self.wall.elapsed(),
        }
    }
}

/// What the scheduler says of this thread: nanoseconds on a processor come first.
fn processor_time() -> Option<Duration> {
    let text = fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    text.split(' ')
        .next()?
        .parse()
        .ok()
        .map(Duration::from_nanos)
}
