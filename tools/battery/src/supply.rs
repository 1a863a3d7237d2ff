//! The attributes of one folder of `/sys/class/power_supply`, as text.
//!
//! Attribute files are read one by one. `uevent` holds the same values in one file but can be of
//! another moment (the procfs fixture of 2026-06-30 shows it), so it is used only when the
//! attribute files say nothing, and then alone.
//!
//! Source: Linux, Documentation/ABI/testing/sysfs-class-power, as of 6.18.

use std::{
    collections::BTreeMap,
    ffi::OsStr,
    fs::OpenOptions,
    io::{self, Read as _},
    os::unix::{ffi::OsStrExt as _, fs::OpenOptionsExt as _},
    path::{Path, PathBuf},
};

use rustix::{fs::OFlags, io::Errno};
use tool::{Skipped, Why, path_text};

use crate::reading::{NOT_REPORTED, Source};

/// sysfs never gives more than a page for one attribute.
const LONGEST_ATTRIBUTE: u64 = 4096;

/// One power supply: the attributes it gave, and those it has and could not give.
#[derive(Debug, Default)]
pub(crate) struct Supply {
    /// The folder's name: `BAT0`.
    pub(crate) id: String,
    folder: PathBuf,
    given: BTreeMap<&'static str, String>,
    refused: BTreeMap<&'static str, String>,
    /// True when the values come out of `uevent`.
    from_uevent: bool,
}

/// Reads every known attribute in a supply's folder.
pub(crate) fn read(folder: &Path, skipped: &mut Vec<Skipped>) -> Supply {
    let id = path_text::shown(folder.file_name().unwrap_or(folder.as_os_str()));
    let mut supply = Supply {
        id,
        folder: folder.to_owned(),
        ..Supply::default()
    };
    for (name, _) in ATTRIBUTES {
        match read_text(&folder.join(name)) {
            Ok(text) => {
                supply.given.insert(name, text);
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => {
                supply
                    .refused
                    .insert(name, format!("the system gave no value: {error}"));
                // These are a driver's way to say "I don't know"; others deserve a line.
                if !is_no_value(&error) {
                    skipped.push(Skipped::failed(folder.join(name), &error));
                }
            }
        }
    }
    if !supply.given.keys().any(|name| !IDENTITY.contains(name)) {
        match read_text(&folder.join("uevent")) {
            Ok(text) => supply.take_uevent(&text),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => skipped.push(Skipped::failed(folder.join("uevent"), &error)),
        }
    }
    supply
}

fn is_no_value(error: &io::Error) -> bool {
    matches!(
        Errno::from_io_error(error),
        Some(Errno::NODATA | Errno::NODEV | Errno::NXIO | Errno::INVAL | Errno::AGAIN)
    )
}

fn read_text(path: &Path) -> io::Result<String> {
    // A planted pipe must not hold us up, and a planted link must lead nowhere.
    let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK;
    let file = OpenOptions::new()
        .read(true)
        .custom_flags(flags.bits().cast_signed())
        .open(path)?;
    if !file.metadata()?.is_file() {
        return Err(io::Error::other("not a plain file"));
    }
    let mut bytes = Vec::new();
    file.take(LONGEST_ATTRIBUTE).read_to_end(&mut bytes)?;
    let end = bytes
        .iter()
        .rposition(|byte| *byte != b'\n')
        .map_or(0, |at| at + 1);
    bytes.truncate(end);
    // Lines stay lines for `uevent`; all else that could disturb a terminal is escaped.
    let lines = bytes.split(|byte| *byte == b'\n');
    Ok(lines
        .map(|line| path_text::shown(OsStr::from_bytes(line)))
        .collect::<Vec<_>>()
        .join("\n"))
}

impl Supply {
    fn take_uevent(&mut self, text: &str) {
        let mut values = BTreeMap::new();
        for line in text.lines() {
            let Some((key, value)) = line.split_once('=') else {
                continue;
            };
            let Some(key) = key.strip_prefix("POWER_SUPPLY_") else {
                continue;
            };
            let known = ATTRIBUTES
                .iter()
                .find(|(name, _)| name.eq_ignore_ascii_case(key));
            if let Some((name, _)) = known {
                values.insert(*name, value.to_owned());
            }
        }
        if values.is_empty() {
            return;
        }
        // What kind of device it is does not change with the moment.
        for (name, value) in std::mem::take(&mut self.given) {
            if ["type", "scope"].contains(&name) {
                values.entry(name).or_insert(value);
            }
        }
        self.given = values;
        self.refused.clear();
        self.from_uevent = true;
    }

    /// Returns why nothing at all could be read; `None` when something was.
    pub(crate) fn silence(&self) -> Option<Why> {
        match (self.given.is_empty(), self.refused.is_empty()) {
            (false, _) => None,
            (true, true) => Some(Why::Gone),
            (true, false) => Some(Why::Failed {
                detail: "it gives no value at all".to_owned(),
            }),
        }
    }

    /// Returns the folder the values were read in.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Returns an attribute's text without blanks around it; `None` when it is empty or missing.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.given
            .get(name)
            .map(|raw| raw.trim())
            .filter(|text| !text.is_empty())
    }

    /// Returns an attribute's number, or why there is none.
    ///
    /// "Unknown" has been written as all ones of 16 and 32 bits, plain and times thousand.
    pub(crate) fn number(&self, name: &str) -> Result<i64, String> {
        let Some(text) = self.text(name) else {
            return Err(self
                .refused
                .get(name)
                .cloned()
                .unwrap_or_else(|| NOT_REPORTED.to_owned()));
        };
        let number: i64 = text
            .parse()
            .map_err(|_| format!("{name} is not a number"))?;
        match UNKNOWN.contains(&number) {
            true => Err(format!("{name} {number} stands for unknown")),
            false => Ok(number),
        }
    }

    /// Returns an attribute in millionths as a measure inside `range`, or why there is none.
    pub(crate) fn measure(
        &self,
        name: &str,
        range: std::ops::RangeInclusive<f64>,
    ) -> Result<f64, String> {
        self.scaled(name, 1e6, range)
    }

    /// Returns an attribute divided by `divisor`, or why there is none.
    pub(crate) fn scaled(
        &self,
        name: &str,
        divisor: f64,
        range: std::ops::RangeInclusive<f64>,
    ) -> Result<f64, String> {
        let number = self.number(name)?;
        #[expect(clippy::cast_precision_loss, reason = "the range is far below 2^53")]
        let value = number as f64 / divisor;
        match range.contains(&value) {
            true => Ok(value),
            false => Err(format!("{name} {number} cannot be")),
        }
    }

    /// Returns a whole number inside `range`, or why there is none.
    pub(crate) fn whole(
        &self,
        name: &str,
        range: std::ops::RangeInclusive<i64>,
    ) -> Result<i64, String> {
        let number = self.number(name)?;
        match range.contains(&number) {
            true => Ok(number),
            false => Err(format!("{name} {number} cannot be")),
        }
    }

    /// Returns every attribute as it was read, with its unit and its file.
    pub(crate) fn sources(&self) -> Vec<Source> {
        let file = |name: &str| {
            self.folder
                .join(if self.from_uevent { "uevent" } else { name })
        };
        let source = |(name, unit): &(&'static str, &'static str)| {
            let raw = self.given.get(name)?.clone();
            Some(Source {
                field: (*name).to_owned(),
                raw,
                unit,
                path: file(name).into(),
            })
        };
        ATTRIBUTES.iter().filter_map(source).collect()
    }
}

/// Numbers that mean "unknown", wherever they stand.
const UNKNOWN: [i64; 10] = [
    0xFFFF,
    0xFFFF * 1000,
    0xFFFF_FFFF,
    0xFFFF_FFFF * 1000,
    0x7FFF_FFFF,
    0x7FFF_FFFF * 1000,
    -0x8000_0000,
    -1,
    i64::MAX,
    i64::MIN,
];

/// Attributes that say what a supply is rather than how it is.
const IDENTITY: [&str; 6] = [
    "manufacturer",
    "model_name",
    "scope",
    "serial_number",
    "technology",
    "type",
];

/// The attributes that are read, with the unit of their text.
///
/// The two thresholds without `control` are the older names of the thinkpad_acpi driver.
const ATTRIBUTES: &[(&str, &str)] = &[
    ("alarm", "µWh or µAh"),
    ("capacity", "%"),
    ("capacity_error_margin", "%"),
    ("capacity_level", ""),
    ("charge_behaviour", ""),
    ("charge_control_end_threshold", "%"),
    ("charge_control_start_threshold", "%"),
    ("charge_full", "µAh"),
    ("charge_full_design", "µAh"),
    ("charge_now", "µAh"),
    ("charge_start_threshold", "%"),
    ("charge_stop_threshold", "%"),
    ("charge_types", ""),
    ("current_now", "µA"),
    ("cycle_count", ""),
    ("energy_full", "µWh"),
    ("energy_full_design", "µWh"),
    ("energy_now", "µWh"),
    ("health", ""),
    ("manufacture_day", ""),
    ("manufacture_month", ""),
    ("manufacture_year", ""),
    ("manufacturer", ""),
    ("model_name", ""),
    ("online", ""),
    ("power_now", "µW"),
    ("present", ""),
    ("scope", ""),
    ("serial_number", ""),
    ("state_of_health", "%"),
    ("status", ""),
    ("technology", ""),
    ("temp", "0.1 °C"),
    ("time_to_empty_avg", "s"),
    ("time_to_empty_now", "s"),
    ("time_to_full_avg", "s"),
    ("time_to_full_now", "s"),
    ("type", ""),
    ("voltage_max_design", "µV"),
    ("voltage_min_design", "µV"),
    ("voltage_now", "µV"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attributes_are_sorted_so_that_one_is_found_by_eye() {
        assert!(ATTRIBUTES.is_sorted());
        assert!(
            IDENTITY
                .iter()
                .all(|name| ATTRIBUTES.iter().any(|(known, _)| known == name))
        );
    }
}
