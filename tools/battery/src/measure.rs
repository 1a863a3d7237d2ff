//! Arithmetic that both systems share: shares and time left.

use crate::reading::{State, Target};

/// Said with every time left: it is a division, not a forecast.
pub(crate) const PRESENT_RATE: &str = "at the present rate";

/// Full charge may be overshot by this much; past it the counters are wrong.
const OVERSHOOT_PERCENT: f64 = 105.0;

/// Health above this is a wrong design value; 105 % is seen on real batteries.
const HEALTH_LIMIT_PERCENT: f64 = 150.0;

/// Rates that a time is computed from, in watts. Source: UPower's own limits (up-daemon, 2026-02).
const RATES: std::ops::RangeInclusive<f64> = 0.1..=300.0;

/// Longer than these is no estimate. Source: starship-battery 0.12 (its limits, in minutes).
const LONGEST_TO_EMPTY: f64 = 10.0 * 24.0 * 60.0;
const LONGEST_TO_FULL: f64 = 10.0 * 60.0;

/// Returns `value` with so many decimals, so that `2.01 x 10.8` is not shown as 21.708000000000002.
pub(crate) fn rounded(value: f64, decimals: i32) -> f64 {
    let scale = 10_f64.powi(decimals);
    (value * scale).round() / scale
}

/// Returns how full a battery is by its counters, in percent.
///
/// A little above full is a full battery; far above is a wrong counter and no percentage.
pub(crate) fn charge_share(now: f64, full: f64) -> Result<f64, String> {
    let percent = 100.0 * now / full;
    if !percent.is_finite() || percent > OVERSHOOT_PERCENT {
        return Err("the charge now is above the full charge".to_owned());
    }
    Ok(rounded(percent.min(100.0), 4))
}

/// Returns the health in percent: full / design, never cut off at 100.
pub(crate) fn health_share(full: f64, design: f64) -> Result<f64, String> {
    let percent = 100.0 * full / design;
    if !percent.is_finite() || percent > HEALTH_LIMIT_PERCENT {
        return Err("the full charge is more than one and a half times the design".to_owned());
    }
    Ok(rounded(percent, 4))
}

/// A time in minutes and what it counts down to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct TimeLeft {
    pub(crate) minutes: f64,
    pub(crate) to: Target,
}

/// What a time left is computed from.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Flow {
    pub(crate) state: State,
    pub(crate) now_wh: Option<f64>,
    pub(crate) full_wh: Option<f64>,
    pub(crate) power_w: Option<f64>,
    /// The charge limit, in percent of full.
    pub(crate) limit_percent: Option<i64>,
}

/// Returns the time to empty, full or the charge limit at the present rate.
pub(crate) fn time_left(flow: Flow) -> Result<TimeLeft, String> {
    let to = match (flow.state, flow.limit_percent) {
        (State::Discharging, _) => Target::Empty,
        (State::Charging, Some(1..=99)) => Target::Limit,
        (State::Charging, _) => Target::Full,
        _ => return Err("the battery is neither charging nor discharging".to_owned()),
    };
    let now = flow.now_wh.ok_or("the energy now is not reported")?;
    let remaining = match to {
        Target::Empty => now,
        Target::Full | Target::Limit => goal(&flow).ok_or("the full energy is not reported")? - now,
    };
    at_present_rate(remaining, flow.power_w, to)
}

/// Returns the energy that charging ends at.
pub(crate) fn goal(flow: &Flow) -> Option<f64> {
    let percent = f64::from(
        u8::try_from(flow.limit_percent.unwrap_or(100))
            .unwrap_or(100)
            .min(100),
    );
    Some(flow.full_wh? * percent / 100.0)
}

/// Returns how long `remaining_wh` takes at `power_w`.
pub(crate) fn at_present_rate(
    remaining_wh: f64,
    power_w: Option<f64>,
    to: Target,
) -> Result<TimeLeft, String> {
    let power = power_w.ok_or("the rate is not reported")?;
    if !RATES.contains(&power) {
        return Err(format!("no time follows from a rate of {power:.2} W"));
    }
    if remaining_wh < 0.0 {
        return Err("the battery is already at or above the charge it is charged to".to_owned());
    }
    let minutes = rounded(remaining_wh / power * 60.0, 1);
    let longest = if to == Target::Empty {
        LONGEST_TO_EMPTY
    } else {
        LONGEST_TO_FULL
    };
    if !minutes.is_finite() || minutes > longest {
        return Err("longer than an estimate can say at the present rate".to_owned());
    }
    Ok(TimeLeft { minutes, to })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flow(state: State, now: f64, full: f64, power: f64, limit: Option<i64>) -> Flow {
        Flow {
            state,
            now_wh: Some(now),
            full_wh: Some(full),
            power_w: Some(power),
            limit_percent: limit,
        }
    }

    #[test]
    fn a_charge_limit_is_what_charging_counts_down_to() {
        let to_limit = time_left(flow(State::Charging, 30.0, 50.0, 10.0, Some(80))).unwrap();
        assert_eq!(
            to_limit,
            TimeLeft {
                minutes: 60.0,
                to: Target::Limit
            }
        );
        let to_full = time_left(flow(State::Charging, 30.0, 50.0, 10.0, None)).unwrap();
        assert_eq!(
            to_full,
            TimeLeft {
                minutes: 120.0,
                to: Target::Full
            }
        );
        let above = time_left(flow(State::Charging, 45.0, 50.0, 10.0, Some(80))).unwrap_err();
        assert!(above.contains("already at or above"), "{above}");
    }

    #[test]
    fn no_time_follows_from_a_rate_that_cannot_be() {
        for power in [0.0, 0.05, 301.0, 1e30] {
            assert!(
                time_left(flow(State::Discharging, 30.0, 50.0, power, None)).is_err(),
                "{power}"
            );
        }
        assert!(
            time_left(flow(State::Discharging, 30.0, 50.0, 0.1, None)).is_err(),
            "over ten days"
        );
        assert!(time_left(flow(State::Full, 30.0, 50.0, 5.0, None)).is_err());
    }

    #[test]
    fn health_is_never_cut_off_and_charge_never_above_full() {
        assert_eq!(health_share(50.06, 47.52), Ok(105.3451));
        assert!(health_share(100.0, 1.0).is_err());
        assert_eq!(charge_share(50.1, 50.0), Ok(100.0));
        assert!(charge_share(120.0, 100.0).is_err());
        assert!(charge_share(0.0, 0.0).is_err());
    }
}
