//! What time it is: the one place that asks the clock.

use std::time::{SystemTime, UNIX_EPOCH};

use consent::Time;

/// A clock that runs from the moment it was set; a test sets it to another day.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clock {
    /// Seconds to add to what the system says.
    ahead: i64,
}

impl Clock {
    /// The system's clock, or one that shows `now` at this moment.
    pub(crate) fn set_to(now: Option<u64>) -> Self {
        let ahead = now.map_or(0, |now| signed(now).saturating_sub(signed(system())));
        Self { ahead }
    }

    /// Returns the time.
    pub(crate) fn now(self) -> Time {
        Time(system().saturating_add_signed(self.ahead))
    }
}

fn system() -> u64 {
    // A clock before 1970 is wrong; the status of the operator will not hold then, and nothing is sent.
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |it| it.as_secs())
}

fn signed(seconds: u64) -> i64 {
    i64::try_from(seconds).unwrap_or(i64::MAX)
}
