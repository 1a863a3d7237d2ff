//! Moments in the person's own time zone.

use jiff::{Timestamp, tz::TimeZone};
use tool::Moment;

/// The time zone that moments are shown in.
#[derive(Clone, Debug)]
pub struct Zone(TimeZone);

impl Zone {
    /// Returns the zone the system is set to, or UTC if that cannot be told.
    #[must_use]
    pub fn system() -> Self {
        Self(TimeZone::try_system().unwrap_or(TimeZone::UTC))
    }

    /// Returns UTC.
    #[must_use]
    pub fn utc() -> Self {
        Self(TimeZone::UTC)
    }

    /// Returns the date and time of day, and the zone's name at that moment: `CET` or `+03`.
    pub(crate) fn stamp(&self, moment: Moment) -> (String, String) {
        let stamp = Timestamp::from_microsecond(moment.0).unwrap_or(match moment.0 < 0 {
            true => Timestamp::MIN,
            false => Timestamp::MAX,
        });
        let local = stamp.to_zoned_datetime(self.0.clone());
        (
            local.strftime("%Y-%m-%d %H:%M:%S").to_string(),
            local.strftime("%Z").to_string(),
        )
    }

    /// Returns the moment in one piece: `2026-11-23 21:48:56 CET`.
    #[must_use]
    pub fn full(&self, moment: Moment) -> String {
        let (time, zone) = self.stamp(moment);
        format!("{time} {zone}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_local_and_says_in_which_zone() {
        let summer_and_winter = TimeZone::posix("CET-1CEST,M3.5.0,M10.5.0/3").unwrap();
        let zone = Zone(summer_and_winter);
        assert_eq!(
            zone.full(Moment(1_795_466_936_000_001)),
            "2026-11-23 21:48:56 CET"
        );
        assert_eq!(
            zone.full(Moment(1_782_000_000_000_000)),
            "2026-06-21 02:00:00 CEST"
        );
    }

    #[test]
    fn the_ends_of_time_do_not_panic() {
        let east = Zone(TimeZone::fixed(jiff::tz::offset(14)));
        for zone in [Zone::utc(), east] {
            assert!(!zone.full(Moment(i64::MAX)).is_empty());
            assert!(!zone.full(Moment(i64::MIN)).is_empty());
        }
    }
}
