//! What one look at a battery can find. What needs days of readings is not here.

use tool::{Finding, Level};

use crate::reading::{Battery, Readings, State};

/// A choice: with a fifth gone, the shorter run is noticed.
const WORN_PERCENT: f64 = 80.0;
const IMBALANCE_MV: i64 = 50;
const HOT_C: f64 = 45.0;
/// A float current is no discharge.
const DRAIN_W: f64 = 0.5;

/// Returns the findings for the batteries that run the machine, in their order.
pub(crate) fn findings(readings: &Readings) -> Vec<Finding> {
    let present = readings.batteries.iter().filter(|battery| battery.present);
    present
        .flat_map(|battery| about(battery, readings.plugged))
        .collect()
}

fn about(battery: &Battery, plugged: Option<bool>) -> impl Iterator<Item = Finding> {
    [
        worn(battery),
        uneven(battery),
        drained_on_mains(battery, plugged),
        hot(battery),
        many_cycles(battery),
    ]
    .into_iter()
    .flatten()
}

fn worn(battery: &Battery) -> Option<Finding> {
    let health = battery
        .health_percent
        .filter(|health| *health < WORN_PERCENT)?;
    let from = battery.health_from.as_deref().unwrap_or_default();
    Some(finding(
        "battery.health-below-80",
        Level::Look,
        battery,
        format!("Health is {health:.1} % ({from})."),
        "It runs shorter than it did when new. Only a new battery changes that.",
    ))
}

fn uneven(battery: &Battery) -> Option<Finding> {
    let apart = battery
        .cell_imbalance_mv
        .filter(|apart| *apart > IMBALANCE_MV)?;
    let cells: Vec<String> = battery.cells_mv.iter().map(i64::to_string).collect();
    Some(finding(
        "battery.cell-imbalance",
        Level::Look,
        battery,
        format!("Its cells are {apart} mV apart ({} mV).", cells.join(", ")),
        "One full charge, left on the charger for some hours, can even them out. If it stays, have the battery looked at.",
    ))
}

fn drained_on_mains(battery: &Battery, plugged: Option<bool>) -> Option<Finding> {
    if plugged != Some(true) || battery.state != State::Discharging {
        return None;
    }
    let power = battery.power_w.filter(|power| *power >= DRAIN_W)?;
    let mut evidence = format!("A charger is connected and the battery is drained at {power:.1} W");
    if let Some(watts) = battery.adapter_w {
        evidence.push_str(&format!("; the charger is rated {watts} W"));
    }
    if let Some(code) = battery.not_charging_reason {
        evidence.push_str(&format!("; the system's reason code is {code}"));
    }
    if let Some(behaviour) = battery.behaviour.as_ref().filter(|rule| *rule != "auto") {
        evidence.push_str(&format!("; the charging rule is `{behaviour}`"));
    }
    evidence.push('.');
    Some(finding(
        "battery.plugged-yet-discharging",
        Level::Look,
        battery,
        evidence,
        "The charger may be too weak for what the machine does now, or a charge limit holds it back. Try the charger it came with.",
    ))
}

fn hot(battery: &Battery) -> Option<Finding> {
    let celsius = battery.temperature_c.filter(|celsius| *celsius > HOT_C)?;
    Some(finding(
        "battery.hot",
        Level::Act,
        battery,
        format!("It is {celsius:.1} °C warm."),
        "Heat wears a battery. Give the machine air, and unplug it if it gets hotter while it charges.",
    ))
}

fn many_cycles(battery: &Battery) -> Option<Finding> {
    let (cycles, design) = (battery.cycles?, battery.cycles_design?);
    // 80 % without leaving whole numbers.
    if cycles.saturating_mul(10) < design.saturating_mul(8) {
        return None;
    }
    Some(finding(
        "battery.cycles-near-design",
        Level::Note,
        battery,
        format!("It has gone through {cycles} of the {design} cycles it was designed for."),
        "It goes on working. Expect it to hold less from here on.",
    ))
}

fn finding(rule: &str, level: Level, battery: &Battery, evidence: String, advice: &str) -> Finding {
    Finding {
        rule: rule.to_owned(),
        level,
        subject: battery.label(),
        place: None,
        bytes: None,
        evidence,
        advice: advice.to_owned(),
    }
}
