//! A pretend `/sys` and what a look at it says.

use std::path::PathBuf;

use candor_battery::Input;
use knowledge::Platform;
use serde_json::Value;
use tool::{Finding, Machine, Moment, Outcome, Skipped};

/// A machine's root with power supplies that are found through links, as on a real one.
pub(crate) struct Sysfs {
    pub(crate) root: tempfile::TempDir,
}

impl Sysfs {
    pub(crate) fn new() -> Self {
        let root = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(root.path().join("sys/class/power_supply")).unwrap();
        Self { root }
    }

    pub(crate) fn class(&self) -> PathBuf {
        self.root.path().join("sys/class/power_supply")
    }

    pub(crate) fn folder(&self, id: &str) -> PathBuf {
        self.root
            .path()
            .join("sys/devices/acpi")
            .join(id)
            .join("power_supply")
            .join(id)
    }

    /// Makes a supply of lines `attribute value`.
    pub(crate) fn supply(&self, id: &str, attributes: &str) {
        std::fs::create_dir_all(self.folder(id)).unwrap();
        let link = format!("../../devices/acpi/{id}/power_supply/{id}");
        std::os::unix::fs::symlink(link, self.class().join(id)).unwrap();
        for line in attributes
            .lines()
            .map(str::trim)
            .filter(|line| !line.is_empty())
        {
            let (name, value) = line.split_once(' ').unwrap();
            self.file(id, name, format!("{value}\n"));
        }
    }

    pub(crate) fn file(&self, id: &str, name: &str, content: impl AsRef<[u8]>) {
        std::fs::write(self.folder(id).join(name), content).unwrap();
    }

    pub(crate) fn machine(&self) -> Machine {
        Machine::at_root(Platform::Linux, self.root.path(), Moment(0)).unwrap()
    }

    pub(crate) fn look(&self) -> Seen {
        let machine = self.machine();
        let input = Input {
            reads: candor_battery::reads(&machine),
            ..Input::default()
        };
        Seen::of(candor_battery::look(&machine, &input))
    }
}

/// An outcome, its JSON parsed.
#[derive(Debug)]
pub(crate) struct Seen {
    pub(crate) data: Value,
    pub(crate) section: tool::Section,
    pub(crate) findings: Vec<Finding>,
    pub(crate) skipped: Vec<Skipped>,
}

impl Seen {
    pub(crate) fn of(outcome: Outcome) -> Self {
        Self {
            data: serde_json::from_str(outcome.data.get()).unwrap(),
            section: outcome.section,
            findings: outcome.findings,
            skipped: outcome.skipped,
        }
    }

    pub(crate) fn rules(&self) -> Vec<&str> {
        self.findings
            .iter()
            .map(|finding| finding.rule.as_str())
            .collect()
    }

    pub(crate) fn summary(&self) -> String {
        self.section.summary.join(" ")
    }
}

/// Asserts that a number is there and `expected` to its last digit.
#[track_caller]
pub(crate) fn close(found: &Value, expected: f64) {
    let number = found
        .as_f64()
        .unwrap_or_else(|| panic!("{found} for {expected}"));
    assert!((number - expected).abs() < 0.06, "{number} for {expected}");
}

/// Returns why a value is missing; empty when no reason is given.
pub(crate) fn absent(battery: &Value, field: &str) -> String {
    let lacks = battery["not_reported"].as_array().unwrap();
    let lack = lacks.iter().find(|lack| lack["field"] == field);
    lack.map(|lack| lack["why"].as_str().unwrap().to_owned())
        .unwrap_or_default()
}

/// Asserts that what is shown agrees with itself, and that each null has its reason.
pub(crate) fn no_contradiction(data: &Value) {
    let every = ["batteries", "peripherals", "ups"].map(|key| data[key].as_array().unwrap());
    for battery in every.into_iter().flatten() {
        let [now, full, design] =
            ["now_wh", "full_wh", "design_wh"].map(|key| battery["energy"][key].as_f64());
        let is_apple = battery["health_from"]
            .as_str()
            .is_some_and(|from| from.contains("system_profiler"));
        if let (Some(health), Some(full), Some(design), false) =
            (battery["health_percent"].as_f64(), full, design, is_apple)
        {
            assert!(
                (health - 100.0 * full / design).abs() < 0.01 + health * 1e-3,
                "{battery}"
            );
        }
        if let (Some("energy_now / energy_full"), Some(now), Some(full)) =
            (battery["charge_from"].as_str(), now, full)
        {
            let charge = battery["charge_percent"].as_f64().unwrap();
            assert!(
                (charge - (100.0 * now / full).min(100.0)).abs() < 0.01,
                "{battery}"
            );
        }
        for_each_null(battery, "", &mut |field| {
            assert!(
                !absent(battery, field).is_empty(),
                "no reason for {field}: {battery}"
            );
        });
        for lack in battery["not_reported"].as_array().unwrap() {
            let field = lack["field"].as_str().unwrap();
            let value = field.split('.').fold(battery, |at, key| &at[key]);
            assert!(
                value.is_null(),
                "{field} has a value and a reason for none: {battery}"
            );
        }
        let charge = battery["charge_percent"].as_f64();
        assert!(
            charge.is_none_or(|charge| (0.0..=100.0).contains(&charge)),
            "{battery}"
        );
    }
    if let Some(all) = data["together"].as_object() {
        let all = Value::Object(all.clone());
        for_each_null(&all, "", &mut |field| {
            assert!(
                !absent(&all, field).is_empty(),
                "no reason for {field}: {all}"
            );
        });
        for (percent, part, whole) in [
            ("charge_percent", "now_wh", "full_wh"),
            ("health_percent", "full_wh", "design_wh"),
        ] {
            let [part, whole] = [part, whole].map(|key| all["energy"][key].as_f64());
            if let (Some(found), Some(part), Some(whole), true) = (
                all[percent].as_f64(),
                part,
                whole,
                all["of"].as_array().unwrap().len() > 1,
            ) {
                assert!(
                    (found - 100.0 * part / whole).abs() < 0.01 || found == 100.0,
                    "{all}"
                );
            }
        }
    }
}

fn for_each_null(value: &Value, at: &str, see: &mut dyn FnMut(&str)) {
    match value {
        Value::Null => see(at),
        Value::Object(fields) => {
            for (key, value) in fields {
                let at = if at.is_empty() {
                    key.clone()
                } else {
                    format!("{at}.{key}")
                };
                for_each_null(value, &at, see);
            }
        }
        _ => {}
    }
}
