//! All batteries of a machine as one.

use crate::{
    measure::{
        Flow, PRESENT_RATE, TimeLeft, at_present_rate, charge_share, goal, health_share, rounded,
        time_left,
    },
    reading::{Battery, Energy, NOT_REPORTED, NotReported, State, Target, Together},
};

/// Returns all batteries that are there as one; `None` when there is none.
///
/// The charge is the sum of the energies over the sum of the full energies, not the mean of the
/// percentages: a small full battery beside a large empty one is not "half full".
pub(crate) fn together(batteries: &[Battery]) -> Option<Together> {
    let present: Vec<&Battery> = batteries.iter().filter(|it| it.present).collect();
    let mut all = match present.as_slice() {
        [] => return None,
        [one] => of_one(one),
        many => of_many(many),
    };
    let missing = [
        ("charge_percent", all.charge_percent.is_none()),
        ("charge_from", all.charge_from.is_none()),
        ("health_percent", all.health_percent.is_none()),
        ("health_from", all.health_from.is_none()),
        ("energy.now_wh", all.energy.now_wh.is_none()),
        ("energy.full_wh", all.energy.full_wh.is_none()),
        ("energy.design_wh", all.energy.design_wh.is_none()),
        ("power_w", all.power_w.is_none()),
        ("time_left_minutes", all.time_left_minutes.is_none()),
        ("time_left_to", all.time_left_to.is_none()),
        ("time_left_basis", all.time_left_basis.is_none()),
    ];
    for (field, is_missing) in missing {
        if is_missing && !all.not_reported.iter().any(|lack| lack.field == field) {
            all.lacks(field, NOT_REPORTED.to_owned());
        }
    }
    all.not_reported.sort_by(|a, b| a.field.cmp(&b.field));
    Some(all)
}

/// One battery together with nobody is that battery, number by number.
fn of_one(one: &Battery) -> Together {
    let mut all = Together {
        of: vec![one.id.clone()],
        state: one.state,
        charge_percent: one.charge_percent,
        charge_from: one.charge_from.clone(),
        health_percent: one.health_percent,
        health_from: one.health_from.clone(),
        energy: one.energy,
        power_w: one.power_w,
        time_left_minutes: one.time_left_minutes,
        time_left_to: one.time_left_to,
        time_left_basis: one.time_left_basis,
        ..Together::default()
    };
    all.not_reported.clone_from(&one.not_reported);
    all.not_reported.retain(|lack| {
        ["charge_percent", "health_percent", "power_w"].contains(&lack.field.as_str())
            || lack.field.starts_with("energy.")
            || lack.field.starts_with("time_left_")
    });
    all
}

fn of_many(many: &[&Battery]) -> Together {
    let mut all = Together::default();
    let mut counted = Vec::new();
    for battery in many {
        match (battery.energy.now_wh, battery.energy.full_wh) {
            (Some(now), Some(full)) => counted.push((*battery, now, full)),
            _ => all.left_out.push(NotReported {
                field: battery.id.clone(),
                why: "it does not report its energy now and when full".to_owned(),
            }),
        }
    }
    all.of = counted
        .iter()
        .map(|(battery, ..)| battery.id.clone())
        .collect();

    let sum = |values: &mut dyn Iterator<Item = Option<f64>>| -> Option<f64> {
        values.sum::<Option<f64>>().map(|total| rounded(total, 6))
    };
    if !counted.is_empty() {
        all.energy = Energy {
            now_wh: sum(&mut counted.iter().map(|(_, now, _)| Some(*now))),
            full_wh: sum(&mut counted.iter().map(|(.., full)| Some(*full))),
            design_wh: sum(&mut counted.iter().map(|(battery, ..)| battery.energy.design_wh)),
        };
    }
    if let (Some(now), Some(full)) = (all.energy.now_wh, all.energy.full_wh) {
        all.charge_percent = all.keep("charge_percent", charge_share(now, full));
        all.charge_from = all
            .charge_percent
            .map(|_| "sum of now / sum of full".to_owned());
    }
    if let (Some(full), Some(design)) = (all.energy.full_wh, all.energy.design_wh) {
        all.health_percent = all.keep("health_percent", health_share(full, design));
        all.health_from = all
            .health_percent
            .map(|_| "sum of full / sum of design".to_owned());
    }

    let flow = net_flow(many);
    all.state = joint_state(many, flow.as_ref().ok().copied());
    all.power_w = all.keep("power_w", flow.map(|watts| rounded(watts.abs(), 6)));
    if let Some(left) = all.keep("time_left_minutes", joint_time(many, &all)) {
        all.time_left_minutes = Some(left.minutes);
        all.time_left_to = Some(left.to);
        all.time_left_basis = Some(PRESENT_RATE);
    }
    all
}

/// Returns what flows into all batteries, in watts; negative when they are drained.
fn net_flow(many: &[&Battery]) -> Result<f64, String> {
    let mut net = 0.0;
    let mut any = false;
    for battery in many {
        let sign = match battery.state {
            State::Charging => 1.0,
            State::Discharging => -1.0,
            _ => 0.0,
        };
        let Some(power) = battery.power_w else {
            if sign != 0.0 {
                return Err(format!("{} does not report its rate", battery.id));
            }
            continue;
        };
        any = true;
        net += sign * power;
    }
    any.then_some(net).ok_or_else(|| NOT_REPORTED.to_owned())
}

fn joint_state(many: &[&Battery], net_flow: Option<f64>) -> State {
    let any = |state| many.iter().any(|battery| battery.state == state);
    match (any(State::Charging), any(State::Discharging)) {
        (true, true) if net_flow.is_some_and(|watts| watts > 0.0) => State::Charging,
        (_, true) => State::Discharging,
        (true, false) => State::Charging,
        (false, false) => {
            let first = many
                .first()
                .map(|battery| battery.state)
                .unwrap_or_default();
            if many.iter().all(|battery| battery.state == first) {
                first
            } else {
                State::Unknown
            }
        }
    }
}

fn joint_time(many: &[&Battery], all: &Together) -> Result<TimeLeft, String> {
    if let Some(lack) = all.left_out.first() {
        return Err(format!("{}: {}", lack.field, lack.why));
    }
    if all.state != State::Charging {
        return time_left(Flow {
            state: all.state,
            now_wh: all.energy.now_wh,
            full_wh: all.energy.full_wh,
            power_w: all.power_w,
            limit_percent: None,
        });
    }
    // Each battery has its own limit, and one that is above it takes nothing from the others.
    let mut remaining = 0.0;
    let mut to = Target::Full;
    for battery in many {
        let limit = battery.thresholds.end_percent;
        let flow = Flow {
            state: State::Charging,
            now_wh: battery.energy.now_wh,
            full_wh: battery.energy.full_wh,
            power_w: None,
            limit_percent: limit,
        };
        if let (Some(goal), Some(now)) = (goal(&flow), flow.now_wh) {
            remaining += f64::max(goal - now, 0.0);
        }
        if matches!(limit, Some(1..=99)) {
            to = Target::Limit;
        }
    }
    at_present_rate(remaining, all.power_w, to)
}

impl Together {
    fn keep<T>(&mut self, field: &str, value: Result<T, String>) -> Option<T> {
        value.map_err(|why| self.lacks(field, why)).ok()
    }

    fn lacks(&mut self, field: &str, why: String) {
        self.not_reported.push(NotReported {
            field: field.to_owned(),
            why,
        });
    }
}
