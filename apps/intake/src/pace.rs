//! How often something may be asked in one second, by everyone together.

use std::sync::{Mutex, PoisonError};

/// Counts within the second it is. Nobody is told apart: inside sealed messages nobody can be.
#[derive(Debug, Default)]
pub struct Pace(Mutex<(u64, u32)>);

impl Pace {
    /// Counts one, and returns whether that is still within `most` in the second `now`.
    pub fn may(&self, now: u64, most: u32) -> bool {
        let mut counted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if counted.0 != now {
            *counted = (now, 0);
        }
        counted.1 = counted.1.saturating_add(1);
        counted.1 <= most
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_second_begins_anew() {
        let pace = Pace::default();
        assert!((0..3).all(|_| pace.may(7, 3)));
        assert!(!pace.may(7, 3));
        assert!(pace.may(8, 3));
    }
}
