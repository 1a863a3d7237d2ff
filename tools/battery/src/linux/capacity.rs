//! What a battery holds: its counters, its charge, its health.

use crate::{
    measure::{charge_share, health_share, rounded},
    reading::{Battery, Health},
    supply::Supply,
};

/// Two figures for the charge further apart than this, in points, are said to differ.
const DIFFERENCE_POINTS: f64 = 5.0;

/// Now, full and design of one kind of counter. The two kinds are never mixed.
struct Counters {
    name: &'static str,
    now: Result<f64, String>,
    full: Result<f64, String>,
    design: Result<f64, String>,
}

impl Counters {
    fn read(supply: &Supply, name: &'static str, most: f64) -> Self {
        // An empty battery has 0 now; none was built to hold 0.
        let some = 0.001..=most;
        Self {
            name,
            now: supply.measure(&format!("{name}_now"), 0.0..=most),
            full: supply.measure(&format!("{name}_full"), some.clone()),
            design: supply.measure(&format!("{name}_full_design"), some),
        }
    }

    fn count(&self) -> usize {
        [&self.now, &self.full, &self.design]
            .into_iter()
            .filter(|value| value.is_ok())
            .count()
    }
}

/// Takes the energy counters, or the charge counters times a voltage where those say more.
pub(super) fn add_amounts(it: &mut Battery, supply: &Supply) {
    let energy = Counters::read(supply, "energy", 1000.0);
    let charge = Counters::read(supply, "charge", 100.0);
    let mut counters = if energy.count() >= charge.count() {
        energy
    } else {
        charge
    };

    // A counter that stands at nothing while the system sees charge is not being kept.
    if counters.now == Ok(0.0) && supply.whole("capacity", 2..=100).is_ok() {
        counters.now = Err(format!(
            "{}_now is 0 although the battery is not empty",
            counters.name
        ));
    }
    if counters.name == "energy" {
        it.energy.now_wh = it.keep("energy.now_wh", counters.now);
        it.energy.full_wh = it.keep("energy.full_wh", counters.full);
        it.energy.design_wh = it.keep("energy.design_wh", counters.design);
        return;
    }

    it.charge.now_ah = it.keep("charge.now_ah", counters.now);
    it.charge.full_ah = it.keep("charge.full_ah", counters.full);
    it.charge.design_ah = it.keep("charge.design_ah", counters.design);
    let voltage = ["voltage_min_design", "voltage_max_design", "voltage_now"]
        .into_iter()
        .find_map(|name| Some((name, supply.measure(name, 1.0..=100.0).ok()?)));
    let Some((name, volts)) = voltage else {
        for field in ["energy.now_wh", "energy.full_wh", "energy.design_wh"] {
            it.lacks(
                field,
                "charge is reported in Ah and no voltage to go with it".to_owned(),
            );
        }
        return;
    };
    let energy = |amperes: Option<f64>| amperes.map(|it| rounded(it * volts, 6));
    it.energy.now_wh = energy(it.charge.now_ah);
    it.energy.full_wh = energy(it.charge.full_ah);
    it.energy.design_wh = energy(it.charge.design_ah);
    for (field, from) in [
        ("energy.now_wh", "charge_now"),
        ("energy.full_wh", "charge_full"),
        ("energy.design_wh", "charge_full_design"),
    ] {
        it.derives(field, format!("{from} x {name}"));
    }
}

/// Sets the two figures for the charge and chooses: the counters, which are finer, if they can be.
pub(super) fn add_charge(it: &mut Battery, supply: &Supply) {
    it.charge_system_percent = {
        let percent = supply.scaled("capacity", 1.0, 0.0..=100.0);
        it.keep("charge_system_percent", percent)
    };
    let (kind, now, full) = shown_counters(it);
    if let (Some(now), Some(full)) = (now, full) {
        let from = format!("{kind}_now / {kind}_full");
        it.charge_counters_percent = it.keep("charge_counters_percent", charge_share(now, full));
        if now > full {
            it.doubts.push(format!(
                "{kind}_now is above {kind}_full; one of the two is wrong"
            ));
        }
        it.derives("charge_counters_percent", from);
    }
    match (it.charge_counters_percent, it.charge_system_percent) {
        (Some(counters), system) => {
            it.charge_percent = Some(counters);
            it.charge_from = Some(format!("{kind}_now / {kind}_full"));
            if let Some(system) = system.filter(|it| (it - counters).abs() > DIFFERENCE_POINTS) {
                it.doubts.push(format!(
                    "the counters say {counters:.1} % and the system says {system:.0} %; shown is the first"
                ));
            }
        }
        (None, Some(system)) => {
            it.charge_percent = Some(system);
            it.charge_from = Some("capacity".to_owned());
        }
        (None, None) => {}
    }
}

/// Returns the kind of counter that was chosen, now and full.
fn shown_counters(it: &Battery) -> (&'static str, Option<f64>, Option<f64>) {
    let charge = it.charge;
    match charge.now_ah.or(charge.full_ah).or(charge.design_ah) {
        Some(_) => ("charge", charge.now_ah, charge.full_ah),
        None => ("energy", it.energy.now_wh, it.energy.full_wh),
    }
}

pub(super) fn add_health(it: &mut Battery, supply: &Supply) {
    let (kind, _, full) = shown_counters(it);
    let design = if kind == "charge" {
        it.charge.design_ah
    } else {
        it.energy.design_wh
    };
    if let (Some(full), Some(design)) = (full, design) {
        let from = format!("{kind}_full / {kind}_full_design");
        if let Some(percent) = it.keep("health_percent", health_share(full, design)) {
            it.health_percent = Some(percent);
            it.health_from = Some(from.clone());
            it.healths.push(Health {
                name: "counters",
                percent,
                from,
            });
        }
    }
    // The driver's own figure is not full / design; what it is made of is the vendor's secret.
    if let Ok(percent) = supply.scaled("state_of_health", 1.0, 0.0..=100.0) {
        let from = "state_of_health".to_owned();
        it.healths.push(Health {
            name: "driver",
            percent,
            from,
        });
    }
}
