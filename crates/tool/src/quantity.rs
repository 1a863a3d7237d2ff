//! Quantities with their unit in the type.

use std::{fmt, iter::Sum, ops};

use serde::{Deserialize, Serialize};

/// A number of bytes.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Bytes(pub u64);

impl fmt::Display for Bytes {
    /// Writes binary units with one decimal: `512 B`, `1.0 KiB`, `20.4 GiB`.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        const UNITS: [&str; 7] = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
        let mut unit = 0;
        #[expect(clippy::cast_precision_loss, reason = "one decimal is shown")]
        let mut amount = self.0 as f64;
        // 1023.95 would be shown as 1024.0 of the smaller unit.
        while amount >= 1023.95 && unit + 1 < UNITS.len() {
            amount /= 1024.0;
            unit += 1;
        }
        if unit == 0 {
            write!(out, "{} B", self.0)
        } else {
            write!(out, "{amount:.1} {}", UNITS[unit])
        }
    }
}

impl ops::Add for Bytes {
    type Output = Self;
    /// Adds and stops at the largest number: a sum shown to a person must not wrap.
    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl ops::AddAssign for Bytes {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl Sum for Bytes {
    fn sum<I: Iterator<Item = Self>>(all: I) -> Self {
        all.fold(Self(0), ops::Add::add)
    }
}

/// A moment in UTC: microseconds since 1970-01-01T00:00:00Z, negative before it.
///
/// In JSON it is a string like `2026-11-23T20:48:56.000001Z`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Moment(pub i64);

impl Moment {
    /// Returns the moment `hours` earlier, or the earliest there is.
    #[must_use]
    pub fn hours_before(self, hours: u32) -> Self {
        Self(self.0.saturating_sub(i64::from(hours) * 3_600_000_000))
    }

    /// Returns the moment of whole seconds since 1970 plus nanoseconds, as statx gives them.
    #[must_use]
    pub fn from_unix(seconds: i64, nanoseconds: u32) -> Self {
        Self(
            seconds
                .saturating_mul(1_000_000)
                .saturating_add(i64::from(nanoseconds / 1000)),
        )
    }

    /// Returns how many whole days lie between this moment and a later one; 0 if it is not later.
    #[must_use]
    pub fn days_until(self, later: Self) -> Days {
        let days = later.0.saturating_sub(self.0) / 86_400_000_000;
        Days(u32::try_from(days.max(0)).unwrap_or(u32::MAX))
    }
}

impl Moment {
    /// Returns RFC 3339 in UTC; a moment outside the years -9999 to 9999 is clamped to that range.
    fn text(self) -> String {
        let stamp = jiff::Timestamp::from_microsecond(self.0).unwrap_or(if self.0 < 0 {
            jiff::Timestamp::MIN
        } else {
            jiff::Timestamp::MAX
        });
        // Straight into the text: a report holds tens of thousands of moments.
        let mut text = String::with_capacity(32);
        jiff::fmt::temporal::DateTimePrinter::new()
            .print_timestamp(&stamp, &mut text)
            .expect("a string takes any text");
        text
    }
}

impl fmt::Display for Moment {
    /// Writes RFC 3339 in UTC; a moment outside the years -9999 to 9999 is clamped to that range.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.text())
    }
}

impl Serialize for Moment {
    fn serialize<S: serde::Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        out.serialize_str(&self.text())
    }
}

impl<'de> Deserialize<'de> for Moment {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        let stamp: jiff::Timestamp = text.parse().map_err(serde::de::Error::custom)?;
        Ok(Self(stamp.as_microsecond()))
    }
}

/// A number of whole days.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Days(pub u32);

impl fmt::Display for Days {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            1 => out.write_str("1 day"),
            n => write!(out, "{n} days"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_shown_in_binary_units_with_one_decimal() {
        let shown =
            [0, 1, 1023, 1024, 1536, 1_048_575, 1 << 30, u64::MAX].map(|n| Bytes(n).to_string());
        assert_eq!(
            shown,
            [
                "0 B", "1 B", "1023 B", "1.0 KiB", "1.5 KiB", "1.0 MiB", "1.0 GiB", "16.0 EiB"
            ]
        );
    }

    #[test]
    fn a_moment_survives_json() {
        for moment in [Moment(0), Moment(1_795_466_936_000_001), Moment(-1)] {
            let json = serde_json::to_string(&moment).unwrap();
            assert_eq!(
                serde_json::from_str::<Moment>(&json).unwrap(),
                moment,
                "{json}"
            );
        }
        assert_eq!(
            Moment(1_795_466_936_000_001).to_string(),
            "2026-11-23T20:48:56.000001Z"
        );
    }

    #[test]
    fn the_ends_of_time_do_not_panic() {
        assert!(Moment(i64::MAX).to_string().starts_with("9999-"));
        assert!(Moment(i64::MIN).to_string().starts_with("-009999-"));
        assert_eq!(Moment(i64::MIN).hours_before(24), Moment(i64::MIN));
        assert_eq!(
            Moment(i64::MIN).days_until(Moment(i64::MAX)),
            Days(106_751_991)
        );
    }
}
