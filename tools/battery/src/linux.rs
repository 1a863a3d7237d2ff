//! From the attributes of `/sys/class/power_supply` to readings.

mod capacity;

use std::path::PathBuf;

use tool::{Skipped, Why};

use crate::{
    measure::{Flow, PRESENT_RATE, rounded, time_left},
    reading::{Battery, Mains, NotReported, Readings, State},
    supply::{self, Supply},
};

/// Reads every supply in `folders`.
pub(crate) fn read(folders: &[PathBuf], skipped: &mut Vec<Skipped>) -> Readings {
    let mut readings = Readings::default();
    for folder in folders {
        let supply = supply::read(folder, skipped);
        if let Some(why) = supply.silence() {
            skipped.push(Skipped::new(folder.clone(), why));
            continue;
        }
        match (supply.text("type"), supply.text("scope")) {
            (Some("Battery"), Some("Device")) => readings.peripherals.push(battery(&supply)),
            (Some("Battery"), _) => readings.batteries.push(battery(&supply)),
            (Some("UPS"), _) => readings.ups.push(battery(&supply)),
            (Some(kind), scope) => {
                let inlet = mains(&supply, kind);
                // A headset's own charger says nothing about this machine.
                if scope != Some("Device") && inlet.online == Some(true) {
                    readings.plugged = Some(true);
                } else if scope != Some("Device") && inlet.online == Some(false) {
                    readings.plugged.get_or_insert(false);
                }
                readings.mains.push(inlet);
            }
            (None, _) => {
                let detail = "it does not say what type of power supply it is".to_owned();
                skipped.push(Skipped::new(
                    supply.folder().to_owned(),
                    Why::Damaged { detail },
                ));
            }
        }
    }
    readings
}

fn mains(supply: &Supply, kind: &str) -> Mains {
    let online = supply.whole("online", 0..=2).map(|value| value > 0);
    let not_reported = match &online {
        Ok(_) => Vec::new(),
        Err(why) => vec![NotReported {
            field: "online".to_owned(),
            why: why.clone(),
        }],
    };
    Mains {
        id: supply.id.clone(),
        kind: kind.to_owned(),
        online: online.ok(),
        sources: supply.sources(),
        not_reported,
    }
}

fn battery(supply: &Supply) -> Battery {
    let words = |name: &str| supply.text(name).map(str::to_owned);
    let mut it = Battery {
        id: supply.id.clone(),
        manufacturer: words("manufacturer"),
        model: words("model_name"),
        serial: words("serial_number"),
        technology: words("technology"),
        level: words("capacity_level"),
        condition: words("health"),
        behaviour: supply.text("charge_behaviour").map(chosen),
        // Only an explicit 0 says that the bay is empty; some drivers have no such file.
        present: supply.text("present") != Some("0"),
        sources: supply.sources(),
        ..Battery::default()
    };
    if !it.present {
        it.state = State::Absent;
        return it.finish();
    }
    it.state = state(supply.text("status"));
    capacity::add_amounts(&mut it, supply);
    capacity::add_charge(&mut it, supply);
    capacity::add_health(&mut it, supply);
    add_flow(&mut it, supply);
    add_wear(&mut it, supply);
    it.finish()
}

fn state(status: Option<&str>) -> State {
    match status {
        Some("Charging") => State::Charging,
        Some("Discharging") => State::Discharging,
        Some("Not charging") => State::NotCharging,
        Some("Full") => State::Full,
        _ => State::Unknown,
    }
}

/// Returns the choice in brackets: `auto` of `[auto] inhibit-charge force-discharge`.
fn chosen(choices: &str) -> String {
    let bracketed = choices
        .split_once('[')
        .and_then(|(_, rest)| rest.split_once(']'));
    bracketed.map_or(choices, |(choice, _)| choice).to_owned()
}

fn add_flow(it: &mut Battery, supply: &Supply) {
    it.voltage_v = {
        let volts = supply.measure("voltage_now", 0.5..=100.0);
        it.keep("voltage_v", volts)
    };
    // Drivers do not agree on the sign of a current; `status` says which way it flows.
    let amperes = supply.measure("current_now", -100.0..=100.0).map(f64::abs);
    it.current_a = it.keep("current_a", amperes).map(|amperes| match it.state {
        State::Discharging => -amperes,
        _ => amperes,
    });
    let power = power(it, supply);
    it.power_w = it.keep("power_w", power);

    let limit = ["charge_control_end_threshold", "charge_stop_threshold"];
    let start = ["charge_control_start_threshold", "charge_start_threshold"];
    it.thresholds.end_percent = {
        let percent = first_of(limit, |name| supply.whole(name, 1..=100));
        it.keep("thresholds.end_percent", percent)
    };
    it.thresholds.start_percent = {
        let percent = first_of(start, |name| supply.whole(name, 0..=100));
        it.keep("thresholds.start_percent", percent)
    };

    let flow = Flow {
        state: it.state,
        now_wh: it.energy.now_wh,
        full_wh: it.energy.full_wh,
        power_w: it.power_w,
        limit_percent: it.thresholds.end_percent,
    };
    if let Some(left) = it.keep("time_left_minutes", time_left(flow)) {
        it.time_left_minutes = Some(left.minutes);
        it.time_left_to = Some(left.to);
        it.time_left_basis = Some(PRESENT_RATE);
        it.derives("time_left_minutes", "energy / power_w, at the present rate");
    }
    let own = match it.state {
        State::Discharging => ["time_to_empty_avg", "time_to_empty_now"],
        State::Charging => ["time_to_full_avg", "time_to_full_now"],
        _ => return,
    };
    it.system_time_left_minutes = {
        let minutes = first_of(own, |name| supply.scaled(name, 60.0, 0.1..=14_400.0));
        it.keep(
            "system_time_left_minutes",
            minutes.map(|minutes| rounded(minutes, 1)),
        )
    };
}

/// Returns the rate in watts, without sign.
fn power(it: &mut Battery, supply: &Supply) -> Result<f64, String> {
    let is_flowing = matches!(it.state, State::Charging | State::Discharging);
    let plausible = |watts: f64, from: &str| match watts {
        0.0 if is_flowing => Err(format!(
            "{from} is 0 W while the battery is {}",
            it.state.words()
        )),
        watts if watts > 300.0 => Err(format!("{from} is {watts:.0} W, which cannot be")),
        watts => Ok(watts),
    };
    let direct = supply
        .measure("power_now", -1e6..=1e6)
        .and_then(|watts| plausible(watts.abs(), "power_now"));
    let (Err(why), Some(amperes), Some(volts)) = (&direct, it.current_a, it.voltage_v) else {
        return direct;
    };
    let from = "current_now x voltage_now";
    match plausible(rounded(amperes.abs() * volts, 6), from) {
        Ok(watts) => {
            it.derives("power_w", from);
            Ok(watts)
        }
        Err(product) if supply.text("power_now").is_none() => Err(product),
        Err(_) => Err(why.clone()),
    }
}

/// Returns the first of two names that has a value; else what was wrong with one that is there.
fn first_of<T>(names: [&str; 2], read: impl Fn(&str) -> Result<T, String>) -> Result<T, String> {
    let [newer, older] = names.map(read);
    match (newer, older) {
        (Ok(value), _) | (Err(_), Ok(value)) => Ok(value),
        (Err(first), Err(second)) => Err(if first == crate::reading::NOT_REPORTED {
            second
        } else {
            first
        }),
    }
}

fn add_wear(it: &mut Battery, supply: &Supply) {
    let cycles = match supply.number("cycle_count") {
        Ok(0) => Err("cycle_count is 0, which stands for not reported".to_owned()),
        _ => supply.whole("cycle_count", 1..=20_000),
    };
    it.cycles = it.keep("cycles", cycles);
    it.temperature_c = {
        let celsius = supply.scaled("temp", 10.0, -20.0..=80.0);
        it.keep("temperature_c", celsius)
    };
    let date = |name, range| supply.whole(name, range);
    let manufactured = date("manufacture_year", 1990..=2100).and_then(|year| {
        let month = date("manufacture_month", 1..=12)?;
        Ok(match date("manufacture_day", 1..=31) {
            Ok(day) => format!("{year:04}-{month:02}-{day:02}"),
            Err(_) => format!("{year:04}-{month:02}"),
        })
    });
    it.manufactured = it.keep("manufactured", manufactured);
}
