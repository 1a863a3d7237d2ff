//! What the battery is, what it has left, and where each number comes from: one look, no history.
//!
//! Linux is read from the attribute files of `/sys/class/power_supply`. macOS keeps the same in
//! its device registry, which only a program can ask; as a confined worker may run none, the
//! answer is handed in as bytes. Every number is kept with its raw text, unit and source, and
//! what the machine does not tell is said to be not reported, never guessed.
#![forbid(unsafe_code)]

mod ioreg;
mod linux;
mod macos;
mod measure;
mod reading;
mod reads;
mod rules;
mod supply;
mod together;
mod words;

use std::path::Path;

use knowledge::Platform;
use serde::{Deserialize, Serialize};
use tool::{Machine, Outcome, Skipped, Why};

pub use reads::Reads;

use reading::{NOT_REPORTED, NotReported, Readings};

/// What this tool promises to read, keep and send.
pub const DECLARATION: &str = include_str!("../declaration.toml");

/// The program of macOS that tells what the battery reports, with its arguments.
pub const IOREG: [&str; 4] = ["/usr/sbin/ioreg", "-rn", "AppleSmartBattery", "-a"];

/// The program of macOS that tells the health macOS itself shows; it takes seconds.
pub const SYSTEM_PROFILER: [&str; 3] = ["/usr/sbin/system_profiler", "SPPowerDataType", "-json"];

/// What is handed to [`look`] from outside the confinement.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Input {
    /// What [`reads()`] returned for the same machine.
    pub reads: Reads,
    /// What [`IOREG`] printed, on a running Mac. An empty answer means: no battery.
    pub ioreg: Option<Vec<u8>>,
    /// What [`SYSTEM_PROFILER`] printed, if someone waited for it.
    pub system_profiler: Option<Vec<u8>>,
}

/// Returns what the confined worker must be able to read: on Linux the folders behind the links
/// of `/sys/class/power_supply`, on macOS nothing.
///
/// Lists one folder and follows its links; opens no file.
#[must_use]
pub fn reads(machine: &Machine) -> Reads {
    match machine.platform {
        Platform::Linux => reads::list(machine),
        Platform::Macos => Reads::default(),
    }
}

/// Looks at the batteries of a machine once.
///
/// Reads attribute files in `input.reads.folders` and nothing else.
#[must_use]
pub fn look(machine: &Machine, input: &Input) -> Outcome {
    let mut skipped = input.reads.skipped.clone();
    let mut readings = match machine.platform {
        Platform::Linux => linux::read(&input.reads.folders, &mut skipped),
        Platform::Macos => read_macos(machine, input, &mut skipped),
    };
    if readings.plugged.is_none() {
        let why = NOT_REPORTED.to_owned();
        readings.not_reported.push(NotReported {
            field: "plugged".to_owned(),
            why,
        });
    }
    readings.together = together::together(&readings.batteries);

    let was_asked = input.reads.class.is_some() || input.ioreg.is_some();
    let nothing = match (
        could_hide_a_battery(&skipped, &input.reads),
        machine.live || was_asked,
    ) {
        (true, _) => words::NOT_READ,
        (false, true) => words::NO_BATTERY,
        (false, false) => words::AT_REST,
    };
    let section = words::section(&readings, nothing);
    let mut outcome = Outcome::new("battery", &readings, section);
    outcome.findings = rules::findings(&readings);
    skipped.sort();
    outcome.skipped = skipped;
    outcome
}

/// A single attribute that could not be read hides a value; a folder may hide a battery.
fn could_hide_a_battery(skipped: &[Skipped], reads: &Reads) -> bool {
    let is_attribute = |path: &Path| {
        path.parent()
            .is_some_and(|parent| reads.folders.iter().any(|folder| folder == parent))
    };
    skipped.iter().any(|skip| !is_attribute(&skip.path.0))
}

fn read_macos(machine: &Machine, input: &Input, skipped: &mut Vec<Skipped>) -> Readings {
    let Some(answer) = &input.ioreg else {
        if machine.live {
            let detail = "it was not run or gave no answer".to_owned();
            skipped.push(Skipped::new(Path::new(IOREG[0]), Why::Failed { detail }));
        }
        return Readings::default();
    };
    let entries = match ioreg::entries(answer) {
        Ok(entries) => entries,
        Err(why) => {
            skipped.push(Skipped::new(Path::new(IOREG[0]), why));
            return Readings::default();
        }
    };
    let profile = input
        .system_profiler
        .as_deref()
        .filter(|_| !entries.is_empty());
    let apple_health = profile.and_then(|answer| match macos::apple_health(answer) {
        Ok(percent) => percent,
        Err(why) => {
            skipped.push(Skipped::new(Path::new(SYSTEM_PROFILER[0]), why));
            None
        }
    });
    macos::read(&entries, apple_health)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_programs_are_those_of_the_row() {
        let rows = knowledge::named("battery.macos").flat_map(|place| &place.commands);
        let rows: Vec<&str> = rows.map(String::as_str).collect();
        for (program, arguments) in [IOREG.split_at(1), SYSTEM_PROFILER.split_at(1)] {
            let name = program[0].rsplit('/').next().unwrap();
            let command = format!("{name} {}", arguments.join(" "));
            assert!(rows.contains(&command.as_str()), "{command}");
        }
    }
}
