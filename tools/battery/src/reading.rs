//! What was read, as the tool's JSON says it.
//!
//! Two rules hold for every number here. It is `None` when the machine did not report it, and
//! then `not_reported` says why. And a number that was computed stands in `derived` with the raw
//! values it came from, which stand in `sources` as they were read.

use serde::Serialize;
use tool::PathText;

/// Everything one look at a machine found out about power.
#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct Readings {
    /// Whether a charger is connected.
    pub(crate) plugged: Option<bool>,
    /// Batteries that run the machine.
    pub(crate) batteries: Vec<Battery>,
    /// The batteries above as one.
    pub(crate) together: Option<Together>,
    /// Batteries of mice, keyboards, headsets.
    pub(crate) peripherals: Vec<Battery>,
    /// Uninterruptible power supplies.
    pub(crate) ups: Vec<Battery>,
    /// Chargers and other inlets.
    pub(crate) mains: Vec<Mains>,
    /// Why `plugged` is not known.
    pub(crate) not_reported: Vec<NotReported>,
}

/// One battery. Units are in the names; percentages are 0 to 100, health may be above.
#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct Battery {
    pub(crate) id: String,
    pub(crate) manufacturer: Option<String>,
    pub(crate) model: Option<String>,
    pub(crate) serial: Option<String>,
    pub(crate) technology: Option<String>,
    pub(crate) present: bool,
    pub(crate) state: State,
    /// The charge that is shown first; `charge_from` says which of the two below it is.
    pub(crate) charge_percent: Option<f64>,
    pub(crate) charge_from: Option<String>,
    /// What the system says the charge is.
    pub(crate) charge_system_percent: Option<f64>,
    /// What the counters say: now / full.
    pub(crate) charge_counters_percent: Option<f64>,
    /// A coarse level, from devices that report no percentage.
    pub(crate) level: Option<String>,
    /// The health that is shown first; `health_from` says which of `healths` it is.
    pub(crate) health_percent: Option<f64>,
    pub(crate) health_from: Option<String>,
    pub(crate) healths: Vec<Health>,
    pub(crate) energy: Energy,
    pub(crate) charge: Charge,
    pub(crate) voltage_v: Option<f64>,
    /// Negative while the battery is drained.
    pub(crate) current_a: Option<f64>,
    /// Never negative: `state` says which way it flows.
    pub(crate) power_w: Option<f64>,
    pub(crate) temperature_c: Option<f64>,
    /// The driver's word on the battery, such as `Good` or `Overheat`.
    pub(crate) condition: Option<String>,
    pub(crate) cells_mv: Vec<i64>,
    pub(crate) cell_imbalance_mv: Option<i64>,
    pub(crate) cycles: Option<i64>,
    pub(crate) cycles_design: Option<i64>,
    pub(crate) thresholds: Thresholds,
    /// The charging rule in force, such as `auto` or `force-discharge`.
    pub(crate) behaviour: Option<String>,
    /// The charger's rating, where it is told with the battery.
    pub(crate) adapter_w: Option<i64>,
    /// The system's code for why it does not charge; its meaning is not public.
    pub(crate) not_charging_reason: Option<i64>,
    pub(crate) manufactured: Option<String>,
    pub(crate) time_left_minutes: Option<f64>,
    pub(crate) time_left_to: Option<Target>,
    pub(crate) time_left_basis: Option<&'static str>,
    /// The system's own estimate of the same.
    pub(crate) system_time_left_minutes: Option<f64>,
    pub(crate) sources: Vec<Source>,
    pub(crate) derived: Vec<Derived>,
    pub(crate) not_reported: Vec<NotReported>,
    /// Values that cannot all be true, in words.
    pub(crate) doubts: Vec<String>,
}

/// What a battery is doing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum State {
    Charging,
    Discharging,
    NotCharging,
    Full,
    /// There is a bay and no battery in it.
    Absent,
    #[default]
    Unknown,
}

impl State {
    pub(crate) fn words(self) -> &'static str {
        match self {
            Self::Charging => "charging",
            Self::Discharging => "discharging",
            Self::NotCharging => "not charging",
            Self::Full => "full",
            Self::Absent => "no battery in this bay",
            Self::Unknown => "state not reported",
        }
    }
}

/// What a time left counts down to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Target {
    Empty,
    Full,
    /// The charge limit that is set, below full.
    Limit,
}

/// Energy in watt hours.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub(crate) struct Energy {
    pub(crate) now_wh: Option<f64>,
    pub(crate) full_wh: Option<f64>,
    pub(crate) design_wh: Option<f64>,
}

/// Charge in ampere hours, for batteries that count in those.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub(crate) struct Charge {
    pub(crate) now_ah: Option<f64>,
    pub(crate) full_ah: Option<f64>,
    pub(crate) design_ah: Option<f64>,
}

/// One way to say how much of its first capacity a battery still has.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Health {
    /// `counters`, `nominal`, `raw`, `apple` or `driver`.
    pub(crate) name: &'static str,
    pub(crate) percent: f64,
    /// The raw values it is made of.
    pub(crate) from: String,
}

/// Between which charges the firmware keeps the battery, if it was told to.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub(crate) struct Thresholds {
    pub(crate) start_percent: Option<i64>,
    pub(crate) end_percent: Option<i64>,
}

/// A value as the system gave it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Source {
    /// The system's own name: `energy_full`, `AppleRawMaxCapacity`.
    pub(crate) field: String,
    /// The text as it was read, control characters escaped.
    pub(crate) raw: String,
    /// The unit of `raw`; empty for words and counts.
    pub(crate) unit: &'static str,
    /// The file, or the key inside `ioreg`'s answer.
    pub(crate) path: PathText,
}

/// A value that was computed, and from what.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Derived {
    pub(crate) field: &'static str,
    pub(crate) from: String,
}

/// A value that is not there, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct NotReported {
    pub(crate) field: String,
    pub(crate) why: String,
}

/// All batteries of the machine as one.
#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct Together {
    /// The batteries that the sums are made of.
    pub(crate) of: Vec<String>,
    /// Batteries that are there and do not say enough to be counted.
    pub(crate) left_out: Vec<NotReported>,
    pub(crate) state: State,
    pub(crate) charge_percent: Option<f64>,
    pub(crate) charge_from: Option<String>,
    pub(crate) health_percent: Option<f64>,
    pub(crate) health_from: Option<String>,
    pub(crate) energy: Energy,
    pub(crate) power_w: Option<f64>,
    pub(crate) time_left_minutes: Option<f64>,
    pub(crate) time_left_to: Option<Target>,
    pub(crate) time_left_basis: Option<&'static str>,
    pub(crate) not_reported: Vec<NotReported>,
}

/// A charger or another inlet.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Mains {
    pub(crate) id: String,
    /// The system's word for it: `Mains`, `USB`.
    pub(crate) kind: String,
    pub(crate) online: Option<bool>,
    pub(crate) sources: Vec<Source>,
    pub(crate) not_reported: Vec<NotReported>,
}

/// The reason given when the system has no such value at all.
pub(crate) const NOT_REPORTED: &str = "not reported";

impl Battery {
    /// Keeps a value that was read, or notes why it is missing.
    pub(crate) fn keep<T>(&mut self, field: &str, value: Result<T, String>) -> Option<T> {
        value.map_err(|why| self.lacks(field, why)).ok()
    }

    /// Notes that `field` has no value.
    pub(crate) fn lacks(&mut self, field: &str, why: String) {
        self.not_reported.push(NotReported {
            field: field.to_owned(),
            why,
        });
    }

    /// Notes what `field` was computed from.
    pub(crate) fn derives(&mut self, field: &'static str, from: impl Into<String>) {
        self.derived.push(Derived {
            field,
            from: from.into(),
        });
    }

    /// Gives every missing value that has no reason yet the plain one.
    pub(crate) fn finish(mut self) -> Self {
        let missing = [
            ("manufacturer", self.manufacturer.is_none()),
            ("model", self.model.is_none()),
            ("serial", self.serial.is_none()),
            ("technology", self.technology.is_none()),
            ("charge_percent", self.charge_percent.is_none()),
            ("charge_from", self.charge_from.is_none()),
            (
                "charge_system_percent",
                self.charge_system_percent.is_none(),
            ),
            (
                "charge_counters_percent",
                self.charge_counters_percent.is_none(),
            ),
            ("level", self.level.is_none()),
            ("health_percent", self.health_percent.is_none()),
            ("health_from", self.health_from.is_none()),
            ("energy.now_wh", self.energy.now_wh.is_none()),
            ("energy.full_wh", self.energy.full_wh.is_none()),
            ("energy.design_wh", self.energy.design_wh.is_none()),
            ("charge.now_ah", self.charge.now_ah.is_none()),
            ("charge.full_ah", self.charge.full_ah.is_none()),
            ("charge.design_ah", self.charge.design_ah.is_none()),
            ("voltage_v", self.voltage_v.is_none()),
            ("current_a", self.current_a.is_none()),
            ("power_w", self.power_w.is_none()),
            ("temperature_c", self.temperature_c.is_none()),
            ("condition", self.condition.is_none()),
            ("cell_imbalance_mv", self.cell_imbalance_mv.is_none()),
            ("cycles", self.cycles.is_none()),
            ("cycles_design", self.cycles_design.is_none()),
            (
                "thresholds.start_percent",
                self.thresholds.start_percent.is_none(),
            ),
            (
                "thresholds.end_percent",
                self.thresholds.end_percent.is_none(),
            ),
            ("behaviour", self.behaviour.is_none()),
            ("adapter_w", self.adapter_w.is_none()),
            ("not_charging_reason", self.not_charging_reason.is_none()),
            ("manufactured", self.manufactured.is_none()),
            ("time_left_minutes", self.time_left_minutes.is_none()),
            ("time_left_to", self.time_left_to.is_none()),
            ("time_left_basis", self.time_left_basis.is_none()),
            (
                "system_time_left_minutes",
                self.system_time_left_minutes.is_none(),
            ),
        ];
        let plain = if self.present {
            NOT_REPORTED
        } else {
            State::Absent.words()
        };
        for (field, is_missing) in missing {
            if is_missing && !self.not_reported.iter().any(|lack| lack.field == field) {
                self.lacks(field, plain.to_owned());
            }
        }
        self.not_reported.sort_by(|a, b| a.field.cmp(&b.field));
        self
    }

    /// Returns the name a person knows it by: `BAT0 (LGC 01AV419)`.
    pub(crate) fn label(&self) -> String {
        let known: Vec<&str> = [&self.manufacturer, &self.model]
            .into_iter()
            .flatten()
            .map(String::as_str)
            .collect();
        match known.is_empty() {
            true => self.id.clone(),
            false => format!("{} ({})", self.id, known.join(" ")),
        }
    }
}
