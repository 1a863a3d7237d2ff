//! How long something lasts, how long it is kept, and what sets it off.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Ten years: a longer promise about data is not one anybody can keep.
const LONGEST_HOURS: u32 = 10 * 365 * 24;

/// A length of time in whole hours, written `24h` or `90d`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Period {
    hours: u32,
}

impl Period {
    /// Returns the length in hours.
    #[must_use]
    pub fn hours(self) -> u32 {
        self.hours
    }

    /// Reads `24h` or `90d`; `None` for anything else, for zero, and for more than ten years.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (digits, per_unit) = match (text.strip_suffix('h'), text.strip_suffix('d')) {
            (Some(digits), _) => (digits, 1),
            (_, Some(digits)) => (digits, 24),
            _ => return None,
        };
        // One way to write a number, so that equal promises are equal text: no `+7d`, no `007d`.
        if digits.starts_with('0') || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let hours = digits.parse::<u32>().ok()?.checked_mul(per_unit)?;
        (1..=LONGEST_HOURS)
            .contains(&hours)
            .then_some(Self { hours })
    }
}

impl fmt::Display for Period {
    /// Writes the shortest form: `24h` is `24h`, `48h` is `2d`.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.hours {
            hours if hours > 24 && hours.is_multiple_of(24) => write!(out, "{}d", hours / 24),
            hours => write!(out, "{hours}h"),
        }
    }
}

impl From<Period> for String {
    fn from(period: Period) -> Self {
        period.to_string()
    }
}

impl TryFrom<String> for Period {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        Self::parse(&text).ok_or_else(|| {
            format!("`{text}` is no length of time: write hours or days, at most ten years, like `24h` or `90d`")
        })
    }
}

/// How long something is kept on this machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Retention {
    /// For this long, then Candor removes it.
    For(Period),
    /// Until the person deletes it.
    UntilDeleted,
}

impl From<Retention> for String {
    fn from(retention: Retention) -> Self {
        match retention {
            Retention::For(period) => period.to_string(),
            Retention::UntilDeleted => "until-deleted".to_owned(),
        }
    }
}

impl TryFrom<String> for Retention {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        if text == "until-deleted" {
            return Ok(Self::UntilDeleted);
        }
        Period::parse(&text).map(Self::For).ok_or_else(|| {
            format!("`{text}` is no retention: write hours or days like `90d`, or `until-deleted`")
        })
    }
}

/// What sets a reading or a sending off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Trigger {
    /// A person starts it.
    UserAction,
    /// It happens once, when the product is first started.
    FirstRun,
    /// It happens by itself, again and again.
    Scheduled(Period),
}

impl From<Trigger> for String {
    fn from(trigger: Trigger) -> Self {
        match trigger {
            Trigger::UserAction => "user-action".to_owned(),
            Trigger::FirstRun => "first-run".to_owned(),
            Trigger::Scheduled(period) => format!("scheduled:{period}"),
        }
    }
}

impl TryFrom<String> for Trigger {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        match text.as_str() {
            "user-action" => Ok(Self::UserAction),
            "first-run" => Ok(Self::FirstRun),
            _ => text
                .strip_prefix("scheduled:")
                .and_then(Period::parse)
                .map(Self::Scheduled)
                .ok_or_else(|| {
                    format!(
                        "`{text}` is no trigger: write `user-action`, `first-run` or `scheduled:1d`"
                    )
                }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_period_is_hours_or_days() {
        assert_eq!(Period::parse("24h").map(Period::hours), Some(24));
        assert_eq!(
            Period::parse("3650d").map(Period::hours),
            Some(LONGEST_HOURS)
        );
        for wrong in [
            "",
            "h",
            "0h",
            "024h",
            "+1d",
            "1.5d",
            "-1d",
            "24",
            "24H",
            "24 h",
            "3651d",
            "4294967295d",
            "٣d",
        ] {
            assert_eq!(Period::parse(wrong), None, "{wrong:?}");
        }
    }

    #[test]
    fn what_is_written_reads_back_as_the_same() {
        for text in ["1h", "24h", "90d"] {
            assert_eq!(Period::parse(text).unwrap().to_string(), text);
        }
        for text in ["user-action", "first-run", "scheduled:7d"] {
            assert_eq!(
                String::from(Trigger::try_from(text.to_owned()).unwrap()),
                text
            );
        }
        assert!(Trigger::try_from("scheduled:".to_owned()).is_err());
        assert!(Retention::try_from("for ever".to_owned()).is_err());
    }
}
