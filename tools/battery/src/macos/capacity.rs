//! What a battery holds: its counters, its charge, and up to three figures for its health.

use tool::Why;

use super::thousandth;
use crate::{
    ioreg::Entry,
    measure::{charge_share, health_share, rounded},
    reading::{Battery, Health, NOT_REPORTED},
};

/// The mAh counters: now and full belong to each other, nominal is Apple's smoothed full.
pub(super) struct Counters {
    pub(super) now: Result<(&'static str, f64), String>,
    pub(super) full: Result<(&'static str, f64), String>,
    nominal: Result<(&'static str, f64), String>,
    design: Result<(&'static str, f64), String>,
}

pub(super) fn counters(entry: &Entry) -> Counters {
    let milliampere_hours = |key: &'static str, least: i64| {
        entry
            .whole(key, least..=100_000)
            .map(|value| (key, thousandth(value)))
    };
    // On Apple Silicon MaxCapacity is 100 and CurrentCapacity a percentage: neither is mAh.
    let old_max = milliampere_hours("MaxCapacity", 101);
    let old_now = match &old_max {
        Ok(_) => milliampere_hours("CurrentCapacity", 0),
        Err(_) => Err(NOT_REPORTED.to_owned()),
    };
    Counters {
        now: milliampere_hours("AppleRawCurrentCapacity", 0)
            .or_else(|why| old_now.map_err(|_| why)),
        full: milliampere_hours("AppleRawMaxCapacity", 101)
            .or_else(|why| milliampere_hours("FullChargeCapacity", 101).map_err(|_| why))
            .or_else(|why| old_max.map_err(|_| why)),
        nominal: milliampere_hours("NominalChargeCapacity", 101),
        design: milliampere_hours("DesignCapacity", 101),
    }
}

/// Sets every health there is. First comes what macOS shows, then the nominal, then the raw one.
pub(super) fn add_health(
    it: &mut Battery,
    entry: &Entry,
    counters: &Counters,
    apple_health: Option<f64>,
) {
    if let Some(percent) = apple_health {
        let from = "system_profiler SPPowerDataType, Maximum Capacity".to_owned();
        it.healths.push(Health {
            name: "apple",
            percent,
            from,
        });
    }
    // The full charge that is shown is the one the health beside it is made of.
    let mut shown_full = None;
    for (name, full) in [("nominal", &counters.nominal), ("raw", &counters.full)] {
        let (Ok(full), Ok((design, of))) = (full, &counters.design) else {
            continue;
        };
        match health_share(full.1, *of) {
            Ok(percent) => {
                it.healths.push(Health {
                    name,
                    percent,
                    from: format!("{} / {design}", full.0),
                });
                shown_full.get_or_insert(*full);
            }
            Err(why) => it.doubts.push(format!("{} / {design}: {why}", full.0)),
        }
    }
    match it.healths.first() {
        Some(first) => {
            it.health_percent = Some(first.percent);
            it.health_from = Some(first.from.clone());
        }
        None if entry.number("MaxCapacity").is_ok_and(|max| max <= 100) => {
            let why = "MaxCapacity is a percentage here, and no full capacity in mAh fits";
            it.lacks("health_percent", why.to_owned());
        }
        None => {}
    }
    let some_full = || {
        counters
            .nominal
            .as_ref()
            .or(counters.full.as_ref())
            .ok()
            .copied()
    };
    add_amounts(it, counters, shown_full.or_else(some_full));
}

fn add_amounts(it: &mut Battery, counters: &Counters, full: Option<(&'static str, f64)>) {
    it.charge.full_ah = full.map(|(_, amount)| amount);
    it.charge.now_ah = it.keep(
        "charge.now_ah",
        counters.now.clone().map(|(_, amount)| amount),
    );
    it.charge.design_ah = it.keep(
        "charge.design_ah",
        counters.design.clone().map(|(_, amount)| amount),
    );

    let Some(volts) = it.voltage_v else {
        for field in ["energy.now_wh", "energy.full_wh", "energy.design_wh"] {
            it.lacks(
                field,
                "capacity is reported in mAh and no voltage to go with it".to_owned(),
            );
        }
        return;
    };
    let shown = [
        ("energy.now_wh", counters.now.as_ref().ok().copied()),
        ("energy.full_wh", full),
        ("energy.design_wh", counters.design.as_ref().ok().copied()),
    ];
    let [now, full, design] = shown.map(|(field, amount)| {
        let (key, amount) = amount?;
        it.derives(field, format!("{key} x Voltage, as it is now"));
        Some(rounded(amount * volts, 6))
    });
    it.energy.now_wh = now;
    it.energy.full_wh = full;
    it.energy.design_wh = design;
}

/// Sets the charge: first what macOS shows, beside it what the counters say.
pub(super) fn add_charge(it: &mut Battery, entry: &Entry, counters: &Counters) {
    let system = entry.whole("MaxCapacity", 1..=100_000).and_then(|max| {
        let now = entry.whole("CurrentCapacity", 0..=100_000)?;
        charge_share(thousandth(now), thousandth(max))
    });
    it.charge_system_percent = it.keep("charge_system_percent", system);
    if let (Ok((now, amount)), Ok((full, of))) = (&counters.now, &counters.full) {
        it.charge_counters_percent = it.keep("charge_counters_percent", charge_share(*amount, *of));
        it.derives("charge_counters_percent", format!("{now} / {full}"));
    }
    let choice = match (it.charge_system_percent, it.charge_counters_percent) {
        (Some(percent), _) => Some((percent, "CurrentCapacity / MaxCapacity")),
        (None, Some(percent)) => Some((percent, "the counters in mAh")),
        (None, None) => None,
    };
    it.charge_percent = choice.map(|(percent, _)| percent);
    it.charge_from = choice.map(|(_, from)| from.to_owned());
}

/// Returns the `Maximum Capacity` that macOS shows, out of
/// `system_profiler SPPowerDataType -json`; `None` when that Mac does not tell it.
///
/// # Errors
/// [`Why::Damaged`] when the answer is not JSON.
pub(crate) fn apple_health(json: &[u8]) -> Result<Option<f64>, Why> {
    let answer: serde_json::Value = serde_json::from_slice(json).map_err(|error| Why::Damaged {
        detail: format!("not JSON: {error}"),
    })?;
    Ok(maximum_capacity(&answer))
}

fn maximum_capacity(answer: &serde_json::Value) -> Option<f64> {
    let parts = answer.get("SPPowerDataType")?.as_array()?;
    let text = parts.iter().find_map(|part| {
        part.get("sppower_battery_health_info")?
            .get("sppower_battery_health_maximum_capacity")?
            .as_str()
    })?;
    // Some languages put a blank that does not break before the sign.
    let percent: u8 = text.trim().trim_end_matches('%').trim().parse().ok()?;
    (1..=110).contains(&percent).then(|| f64::from(percent))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn apples_own_health_is_read_with_any_blank_before_the_sign() {
        for text in ["84%", "84\u{a0}%", " 84 % "] {
            let json = format!(
                r#"{{"SPPowerDataType":[{{"_name":"x"}},{{"sppower_battery_health_info":{{"sppower_battery_health_maximum_capacity":"{text}"}}}}]}}"#
            );
            assert_eq!(apple_health(json.as_bytes()), Ok(Some(84.0)), "{text}");
        }
        for json in ["[]", "{}", "{\"SPPowerDataType\":[{}]}"] {
            assert_eq!(apple_health(json.as_bytes()), Ok(None), "{json}");
        }
        for json in ["", "\u{0}", "[[["] {
            assert!(apple_health(json.as_bytes()).is_err(), "{json}");
        }
    }
}
