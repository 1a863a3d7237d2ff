//! From the keys of `AppleSmartBattery` to readings.
//!
//! Apple documents none of these keys. What they mean was worked out from public values of eight
//! machines (Intel of 2013 to Apple Silicon of 2026); each rule here names the trap it avoids.

mod capacity;

pub(crate) use capacity::apple_health;
use capacity::{Counters, add_charge, add_health, counters};

use crate::{
    ioreg::Entry,
    measure::{Flow, PRESENT_RATE, rounded, time_left},
    reading::{Battery, Mains, NOT_REPORTED, NotReported, Readings, State},
};

/// A battery on float may show a few milliamperes either way.
const FLOAT_MA: i64 = 50;

/// No Mac draws or charges with more than this.
const MOST_MA: i64 = 20_000;

/// Reads every battery of an answer; `apple_health` is the percentage that macOS itself shows.
pub(crate) fn read(entries: &[Entry], apple_health: Option<f64>) -> Readings {
    let mut readings = Readings::default();
    for (index, entry) in entries.iter().enumerate() {
        let id = match index {
            0 => "AppleSmartBattery".to_owned(),
            _ => format!("AppleSmartBattery {}", index + 1),
        };
        if let Some(online) = entry.flag("ExternalConnected") {
            readings.plugged = Some(readings.plugged.unwrap_or(false) || online);
        }
        readings.mains.push(mains(entry, &id));
        // One percentage cannot be two batteries'.
        let apple_health = apple_health.filter(|_| entries.len() == 1);
        readings.batteries.push(battery(entry, id, apple_health));
    }
    readings
}

fn mains(entry: &Entry, id: &str) -> Mains {
    let online = entry.flag("ExternalConnected");
    let mut sources = entry.sources(id);
    sources.retain(|source| ["AdapterWatts", "ExternalConnected"].contains(&source.field.as_str()));
    let lack = NotReported {
        field: "online".to_owned(),
        why: NOT_REPORTED.to_owned(),
    };
    let not_reported = if online.is_none() {
        vec![lack]
    } else {
        Vec::new()
    };
    Mains {
        id: "adapter".to_owned(),
        kind: "Mains".to_owned(),
        online,
        sources,
        not_reported,
    }
}

fn battery(entry: &Entry, id: String, apple_health: Option<f64>) -> Battery {
    let mut it = Battery {
        manufacturer: entry.text("Manufacturer"),
        model: entry.text("DeviceName"),
        serial: entry
            .text("BatterySerialNumber")
            .or_else(|| entry.text("Serial")),
        present: entry.flag("BatteryInstalled") != Some(false),
        sources: entry.sources(&id),
        id,
        ..Battery::default()
    };
    if !it.present {
        it.state = State::Absent;
        return it.finish();
    }
    let milliamperes = entry
        .signed("Amperage", MOST_MA)
        .or_else(|why| entry.signed("InstantAmperage", MOST_MA).map_err(|_| why));
    it.state = state(entry, milliamperes.as_ref().ok().copied());
    it.current_a = it.keep("current_a", milliamperes.map(thousandth));
    it.voltage_v = it.keep(
        "voltage_v",
        entry.whole("Voltage", 2_500..=30_000).map(thousandth),
    );

    let counters = counters(entry);
    add_health(&mut it, entry, &counters, apple_health);
    add_charge(&mut it, entry, &counters);
    add_flow(&mut it, entry, &counters);
    add_wear(&mut it, entry);
    it.finish()
}

/// Returns the state from the sign of the current and the charger, not from `IsCharging` alone:
/// a charger that is too weak is connected while the battery is drained.
fn state(entry: &Entry, milliamperes: Option<i64>) -> State {
    let external = entry.flag("ExternalConnected");
    let charging = entry.flag("IsCharging");
    let is_full = entry.flag("FullyCharged") == Some(true) && external != Some(false);
    if is_full && milliamperes.is_none_or(|current| current.abs() <= FLOAT_MA) {
        return State::Full;
    }
    match milliamperes {
        Some(1..) if external != Some(false) => State::Charging,
        Some(..=-1) => State::Discharging,
        _ => match (charging, external) {
            (_, Some(false)) => State::Discharging,
            (Some(true), _) => State::Charging,
            (Some(false), Some(true)) => State::NotCharging,
            _ => State::Unknown,
        },
    }
}

fn add_flow(it: &mut Battery, entry: &Entry, counters: &Counters) {
    if let (Some(amperes), Some(volts)) = (it.current_a, it.voltage_v) {
        let watts = rounded(amperes.abs() * volts, 6);
        let is_flowing = matches!(it.state, State::Charging | State::Discharging);
        let power = match (watts, is_flowing) {
            (0.0, true) => Err(format!(
                "the current is 0 while the battery is {}",
                it.state.words()
            )),
            (..=300.0, _) => Ok(watts),
            _ => Err(format!(
                "Amperage x Voltage is {watts:.0} W, which cannot be"
            )),
        };
        it.power_w = it.keep("power_w", power);
        it.derives("power_w", "Amperage x Voltage");
    }
    it.adapter_w = it.keep("adapter_w", entry.adapter_watts());
    it.not_charging_reason = it.keep(
        "not_charging_reason",
        entry.whole("NotChargingReason", 0..=i64::MAX),
    );

    // The raw counters belong together; the nominal full charge would give another time.
    let energy =
        |amount: &Result<(&str, f64), String>| Some(amount.as_ref().ok()?.1 * it.voltage_v?);
    let flow = Flow {
        state: it.state,
        now_wh: energy(&counters.now),
        full_wh: energy(&counters.full),
        power_w: it.power_w,
        limit_percent: None,
    };
    if let Some(left) = it.keep("time_left_minutes", time_left(flow)) {
        it.time_left_minutes = Some(left.minutes);
        it.time_left_to = Some(left.to);
        it.time_left_basis = Some(PRESENT_RATE);
        it.derives(
            "time_left_minutes",
            "mAh counters / Amperage, at the present rate",
        );
    }
    let key = match it.state {
        State::Discharging => "AvgTimeToEmpty",
        State::Charging => "AvgTimeToFull",
        _ => return,
    };
    let minutes = |key: &str| entry.whole(key, 0..=14_400);
    let own = minutes(key).or_else(|why| minutes("TimeRemaining").map_err(|_| why));
    it.system_time_left_minutes = it.keep(
        "system_time_left_minutes",
        own.map(|own| thousandth(own) * 1000.0),
    );
}

fn add_wear(it: &mut Battery, entry: &Entry) {
    let cycles = match entry.number("CycleCount") {
        Ok(0) => Err("CycleCount is 0, which stands for not reported".to_owned()),
        _ => entry.whole("CycleCount", 1..=20_000),
    };
    it.cycles = it.keep("cycles", cycles);
    it.cycles_design = it.keep(
        "cycles_design",
        entry.whole("DesignCycleCount9C", 1..=20_000),
    );
    let celsius = entry
        .signed("Temperature", 8_000)
        .and_then(|hundredths| match hundredths {
            -2_000..=8_000 => Ok(rounded(thousandth(hundredths) * 10.0, 2)),
            _ => Err(format!("Temperature {hundredths} cannot be")),
        });
    it.temperature_c = it.keep("temperature_c", celsius);
    it.manufactured = it.keep("manufactured", packed_date(entry));
    it.cells_mv = cells(entry);
    if let (Some(lowest), Some(highest), true) = (
        it.cells_mv.iter().min(),
        it.cells_mv.iter().max(),
        it.cells_mv.len() > 1,
    ) {
        it.cell_imbalance_mv = Some(highest - lowest);
        it.derives("cell_imbalance_mv", "highest - lowest of CellVoltage");
    }
}

/// Returns the cells' voltages. A 0 is a slot without a cell, not an empty cell; a value that no
/// cell can have makes the whole list worthless.
fn cells(entry: &Entry) -> Vec<i64> {
    let Some(values) = entry.list("CellVoltage") else {
        return Vec::new();
    };
    let cells = values.into_iter().filter(|value| *value != 0);
    let plausible = |value: i128| {
        i64::try_from(value)
            .ok()
            .filter(|it| (1_000..=5_000).contains(it))
    };
    cells
        .map(plausible)
        .collect::<Option<Vec<i64>>>()
        .unwrap_or_default()
}

/// Returns the date that Intel Macs pack as the smart-battery standard says:
/// (year - 1980) x 512 + month x 32 + day.
///
/// Source: Smart Battery Data Specification 1.1, 1998-12-11, ManufactureDate.
fn packed_date(entry: &Entry) -> Result<String, String> {
    let packed = entry
        .whole("ManufactureDate", 0..=0xFFFE)
        .map_err(|why| match why.as_str() {
            NOT_REPORTED => why,
            _ => "ManufactureDate is not in the packed form of older Macs".to_owned(),
        })?;
    let (year, month, day) = (packed / 512 + 1980, packed / 32 % 16, packed % 32);
    match (1..=12).contains(&month) && day != 0 {
        true => Ok(format!("{year:04}-{month:02}-{day:02}")),
        false => Err(format!("ManufactureDate {packed} is no date")),
    }
}

/// Returns a value of at most some hundred thousand in the unit a thousand times larger.
fn thousandth(value: i64) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "the values are far below 2^53")]
    let value = value as f64;
    value / 1000.0
}
