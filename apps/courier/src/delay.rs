//! When the next step of a record is taken: at random, so that a time says little about a person's day.

use consent::Time;
use wire::rand_core::RngCore;

/// Between two steps of a record: one to six hours.
const STEP: (u64, u64) = (3600, 6 * 3600);
/// Tokens are asked for at some moment of the first day of an epoch, by everybody who agreed.
const TOKENS: (u64, u64) = (0, 24 * 3600);
/// After a failure at least this long, and at most so long.
const RETRY: (u64, u64) = (60, 6 * 3600);

/// How long the courier waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Delays {
    /// A random while between two steps.
    Random,
    /// Not at all: a person asked for it, and was told what that gives away.
    None,
}

impl Delays {
    /// Returns when the next step of a record may be taken.
    pub(crate) fn next_step(self, now: Time, rng: &mut impl RngCore) -> Time {
        self.later(now, STEP, rng)
    }

    /// Returns when the tokens of an epoch are asked for: within a day of its beginning, or of the first
    /// time this is asked in it.
    pub(crate) fn tokens(self, now: Time, rng: &mut impl RngCore) -> Time {
        self.later(now, TOKENS, rng)
    }

    /// Returns when something is tried again that failed `tries` times before: decorrelated jitter, between
    /// the shortest wait and three times the last one.
    ///
    /// Source: M. Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015-03-04.
    pub(crate) fn again(self, now: Time, tries: u32, rng: &mut impl RngCore) -> Time {
        let (least, most) = RETRY;
        // What the last wait was is not kept; its expectation grows by half as much again each time.
        let last = least.saturating_mul(2_u64.saturating_pow(tries.min(16)));
        self.later(now, (least, last.saturating_mul(3).min(most)), rng)
    }

    fn later(self, now: Time, (least, most): (u64, u64), rng: &mut impl RngCore) -> Time {
        match self {
            Self::Random => now.plus(least + below(most - least + 1, rng)),
            Self::None => now,
        }
    }
}

/// Returns a number below `end`, each as likely as the next.
fn below(end: u64, rng: &mut impl RngCore) -> u64 {
    // The first multiple of `end` that 64 bits cannot hold: what lies above it would favour small numbers.
    let whole = u64::MAX - u64::MAX % end;
    loop {
        let number = rng.next_u64();
        if number < whole {
            return number % end;
        }
    }
}

#[cfg(test)]
mod tests {
    use wire::rand_core::OsRng;

    use super::*;

    #[test]
    fn a_step_waits_one_to_six_hours_and_not_always_the_same() {
        let now = Time(1_000_000);
        let times: Vec<u64> = (0..200)
            .map(|_| Delays::Random.next_step(now, &mut OsRng).0 - now.0)
            .collect();
        assert!(times.iter().all(|it| (3600..=21_600).contains(it)));
        let mut different = times.clone();
        different.sort_unstable();
        different.dedup();
        assert!(different.len() > 150, "{} different waits", different.len());
        assert_eq!(Delays::None.next_step(now, &mut OsRng), now);
    }

    #[test]
    fn failures_wait_longer_and_never_more_than_six_hours() {
        let now = Time(0);
        let longest = |tries| {
            let waits = (0..200).map(|_| Delays::Random.again(now, tries, &mut OsRng).0);
            waits.max().unwrap_or_default()
        };
        assert!(longest(0) <= 180);
        assert!(longest(3) > 180);
        for tries in [10, 64, u32::MAX] {
            assert!(longest(tries) <= 6 * 3600);
        }
    }
}
