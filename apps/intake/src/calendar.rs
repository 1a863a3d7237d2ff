//! When something of a program begins, ends and is destroyed. Pure: times in, times out.
//!
//! ```text
//! epoch    opens ──────────────── closes ── + grace: its key dies ── + 48 h: its reports die
//! counts   are kept from the opening for what the declaration says, and never over 90 days
//! ```
//!
//! No setting can move a date beyond these; `times` of the settings can only bring them nearer.

use serde::{Deserialize, Serialize};
use wire::Program;

use crate::{clock::DAY, store::Partition};

/// Seconds in an hour.
pub const HOUR: u64 = 3600;
/// Reports are erased so long after their epoch closed.
pub const REPORTS: u64 = 48 * HOUR;
/// Counts are erased so long after their epoch opened, whatever a declaration says.
pub const COUNTS: u64 = 90 * DAY;
/// Reports that are under way when their epoch closes are let in for so long at most.
pub const LONGEST_GRACE: u64 = 24 * HOUR;
/// A key is made and published so long before its epoch opens.
pub const AHEAD: u64 = 24 * HOUR;
/// No epoch is longer, whatever a declaration says.
const LONGEST_EPOCH: u64 = 28 * DAY;
/// A partition is sealed so long after its day ended: what arrived at midnight is on the disk by then.
const SETTLED: u64 = 120;

/// Returns when reports of a partition are erased at the latest, whatever their program was.
#[must_use]
pub fn reports_die_at_latest(partition: Partition) -> u64 {
    u64::from(partition.day) * DAY + LONGEST_EPOCH + REPORTS
}

/// Returns when a key that was published at a time is destroyed at the latest, whatever its program was.
#[must_use]
pub fn key_dies_at_latest(published: u64) -> u64 {
    published.saturating_add(AHEAD + LONGEST_EPOCH + LONGEST_GRACE)
}

/// The dates of one program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Calendar {
    /// How long an epoch lasts, in seconds.
    pub epoch: u64,
    /// How long the declaration lets anything of it be kept, in seconds.
    pub retention: u64,
    /// How long after the close of an epoch its key lives, in seconds.
    pub grace: u64,
}

impl Calendar {
    /// Returns the dates of a program, with a grace in seconds.
    #[must_use]
    pub fn of(program: &Program, grace: u64) -> Self {
        Self {
            epoch: u64::from(program.epoch_days()) * DAY,
            retention: u64::from(program.retention().hours()) * HOUR,
            grace: grace.min(LONGEST_GRACE),
        }
    }

    /// Returns the epoch of a time.
    #[must_use]
    pub fn epoch_of(&self, now: u64) -> u32 {
        u32::try_from(now / self.epoch.max(1)).unwrap_or(u32::MAX)
    }

    /// Returns when an epoch opens.
    #[must_use]
    pub fn opens(&self, epoch: u32) -> u64 {
        u64::from(epoch).saturating_mul(self.epoch)
    }

    /// Returns when an epoch closes: the first second that is no longer in it.
    #[must_use]
    pub fn closes(&self, epoch: u32) -> u64 {
        self.opens(epoch).saturating_add(self.epoch)
    }

    /// Returns when the key of an epoch is destroyed. From then on nothing of it is let in.
    #[must_use]
    pub fn key_dies(&self, epoch: u32) -> u64 {
        self.closes(epoch).saturating_add(self.grace)
    }

    /// Returns whether reports of an epoch are let in.
    #[must_use]
    pub fn is_open(&self, epoch: u32, now: u64) -> bool {
        (self.opens(epoch)..self.key_dies(epoch)).contains(&now)
    }

    /// Returns the epochs whose keys must be there: those that are open, and the next when it is near.
    #[must_use]
    pub fn live(&self, now: u64) -> Vec<u32> {
        let current = self.epoch_of(now);
        (current.saturating_sub(1)..=current.saturating_add(1))
            .filter(|epoch| now.saturating_add(AHEAD) >= self.opens(*epoch))
            .filter(|epoch| now < self.key_dies(*epoch))
            .collect()
    }

    /// Returns when a partition is sealed.
    #[must_use]
    pub fn seals(&self, partition: Partition) -> u64 {
        (u64::from(partition.day) + 1) * DAY + SETTLED
    }

    /// Returns when a partition is erased: with its epoch, or earlier where the declaration promises
    /// to keep nothing so long.
    #[must_use]
    pub fn reports_die(&self, partition: Partition) -> u64 {
        let with_epoch = self.closes(partition.epoch).saturating_add(REPORTS);
        let arrived = u64::from(partition.day) * DAY;
        with_epoch.min(arrived.saturating_add(self.retention))
    }

    /// Returns when the counts of an epoch are erased. The oldest report in them is as old as the epoch.
    #[must_use]
    pub fn counts_die(&self, epoch: u32) -> u64 {
        self.opens(epoch).saturating_add(self.retention.min(COUNTS))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_dies_later_than_the_latest_dates() {
        for days in [1, 7, 28] {
            let calendar = Calendar {
                epoch: days * DAY,
                retention: 90 * DAY,
                grace: LONGEST_GRACE,
            };
            let epoch = 100;
            let first = u32::try_from(calendar.opens(epoch) / DAY).unwrap();
            let partition = Partition {
                program: 1,
                epoch,
                day: first,
            };
            assert!(calendar.reports_die(partition) <= reports_die_at_latest(partition));
            let published = calendar.opens(epoch) - AHEAD;
            assert!(calendar.key_dies(epoch) <= key_dies_at_latest(published));
        }
    }

    const WEEKLY: Calendar = Calendar {
        epoch: 7 * DAY,
        retention: 90 * DAY,
        grace: 6 * HOUR,
    };

    #[test]
    fn an_epoch_opens_and_closes_at_its_bounds() {
        let opens = 10 * 7 * DAY;
        assert_eq!(WEEKLY.opens(10), opens);
        assert!(!WEEKLY.is_open(10, opens - 1));
        assert!(WEEKLY.is_open(10, opens));
        let closes = opens + 7 * DAY;
        assert_eq!(WEEKLY.epoch_of(closes - 1), 10);
        assert_eq!(WEEKLY.epoch_of(closes), 11);
        assert!(WEEKLY.is_open(10, closes + 6 * HOUR - 1));
        assert!(!WEEKLY.is_open(10, closes + 6 * HOUR));
    }

    #[test]
    fn a_key_is_there_a_day_before_its_epoch_and_through_the_grace() {
        let opens = WEEKLY.opens(10);
        assert_eq!(WEEKLY.live(opens), [9, 10]);
        assert_eq!(WEEKLY.live(opens + 6 * HOUR), [10]);
        assert_eq!(WEEKLY.live(opens + 6 * DAY - 1), [10]);
        assert_eq!(WEEKLY.live(opens + 6 * DAY), [10, 11]);
        assert_eq!(WEEKLY.live(0), [0]);
    }

    #[test]
    fn reports_die_48_hours_after_their_epoch_and_never_later_than_declared() {
        let partition = Partition {
            program: 1,
            epoch: 10,
            day: 70,
        };
        let closes = WEEKLY.closes(10);
        assert_eq!(WEEKLY.reports_die(partition), closes + 48 * HOUR);
        let short = Calendar {
            retention: 3 * DAY,
            ..WEEKLY
        };
        assert_eq!(short.reports_die(partition), 73 * DAY);
        assert_eq!(short.counts_die(10), 73 * DAY);
    }

    #[test]
    fn counts_die_after_90_days_whatever_is_declared() {
        let long = Calendar {
            retention: 400 * DAY,
            ..WEEKLY
        };
        assert_eq!(long.counts_die(10), WEEKLY.opens(10) + 90 * DAY);
    }

    #[test]
    fn no_number_overflows() {
        assert_eq!(WEEKLY.epoch_of(u64::MAX), u32::MAX);
        assert!(WEEKLY.live(u64::MAX).is_empty());
        let last = Partition {
            program: u16::MAX,
            epoch: u32::MAX,
            day: u32::MAX,
        };
        assert!(WEEKLY.reports_die(last) > 0);
    }
}
