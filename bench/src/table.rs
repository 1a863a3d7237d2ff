//! What a run prints: Markdown tables, and the same as JSON.

use std::{fmt::Write, fs, path::Path};

use serde::Serialize;

use crate::{
    failure::{Failure, Tried},
    judge::{Check, found, median, ratio},
    machine::Machine,
    run::Row,
};

/// What a scenario measured.
#[derive(Debug, Serialize)]
pub(crate) struct Scene {
    pub(crate) name: String,
    /// What was measured, in a sentence or two, with the size of the tree.
    pub(crate) about: String,
    pub(crate) parts: Vec<Part>,
    pub(crate) checks: Vec<Check>,
    pub(crate) notes: Vec<String>,
}

/// One table of a scenario.
#[derive(Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Part {
    Times {
        title: String,
        rows: Vec<Row>,
    },
    Grid {
        title: String,
        heads: Vec<String>,
        lines: Vec<Vec<String>>,
    },
}

impl Scene {
    pub(crate) fn new(name: impl ToString, about: impl Into<String>) -> Self {
        Self {
            name: name.to_string(),
            about: about.into(),
            parts: Vec::new(),
            checks: Vec::new(),
            notes: Vec::new(),
        }
    }

    pub(crate) fn not_measured(name: impl ToString, why: &str) -> Self {
        let mut scene = Self::new(name, format!("Not measured: {why}."));
        scene
            .checks
            .push(Check::unknown("all of it", "not measured"));
        scene
    }

    /// False when a command failed, or found something else than is true.
    pub(crate) fn is_sound(&self) -> bool {
        let failed = |part: &Part| match part {
            Part::Times { rows, .. } => rows.iter().any(|row| row.failed.is_some()),
            Part::Grid { .. } => false,
        };
        let wrong = |check: &Check| check.is_about_truth && check.met == Some(false);
        !self.parts.iter().any(failed) && !self.checks.iter().any(wrong)
    }
}

/// Returns the head of a report.
pub(crate) fn machine(it: &Machine) -> String {
    let mut text = format!(
        "# Candor beside its peers\n\n{} processors ({}), {} of memory, Linux {}, trees on {}; load \
         {:.2} before the start. Scale {}, {} runs each, medians.\n",
        it.processors,
        it.model,
        bytes(it.memory as f64),
        it.kernel,
        it.file_system,
        it.load,
        it.scale,
        it.runs
    );
    let versions: Vec<String> = it
        .programs
        .iter()
        .map(|(name, version)| format!("{name} {version}"))
        .collect();
    let _ = writeln!(text, "Programs: {}.", versions.join(", "));
    if !it.missing.is_empty() {
        let _ = writeln!(
            text,
            "Not on PATH, so not measured: {}.",
            it.missing.join(", ")
        );
    }
    if let Some(why) = &it.stays_warm {
        let _ = writeln!(text, "Cold was not measured: {why}.");
    }
    text
}

/// Returns a scenario as Markdown.
pub(crate) fn scene(scene: &Scene) -> String {
    let mut text = format!("## {}\n\n{}\n", scene.name, scene.about);
    for part in &scene.parts {
        text.push('\n');
        match part {
            Part::Times { title, rows } => times(&mut text, title, rows),
            Part::Grid {
                title,
                heads,
                lines,
            } => titled_grid(&mut text, title, heads, lines),
        }
    }
    if !scene.checks.is_empty() {
        let heads = ["target", "measured", "met"].map(str::to_owned);
        let met = |check: &Check| match check.met {
            Some(true) => "yes",
            Some(false) => "**no**",
            None => "not known",
        };
        let line = |it: &Check| vec![it.target.clone(), it.measured.clone(), met(it).to_owned()];
        text.push('\n');
        grid(
            &mut text,
            &heads,
            &scene.checks.iter().map(line).collect::<Vec<_>>(),
        );
    }
    for note in &scene.notes {
        let _ = write!(text, "\n{note}\n");
    }
    text
}

/// Writes everything that was measured, every run of it.
///
/// # Errors
/// When the file cannot be written.
pub(crate) fn write_json(file: &Path, machine: &Machine, scenes: &[Scene]) -> Result<(), Failure> {
    let value = serde_json::json!({ "machine": machine, "scenarios": scenes });
    let text = serde_json::to_string_pretty(&value).expect("a report fits JSON");
    fs::write(file, text + "\n").tried("write", file)
}

fn times(text: &mut String, title: &str, rows: &[Row]) {
    if !title.is_empty() {
        let _ = writeln!(text, "{title}:\n");
    }
    // Candor stands first everywhere.
    let first = rows.first();
    let share = format!("÷ {}", first.map_or("", |row| row.name.as_str()));
    let heads = [
        "program",
        "wall",
        "quickest",
        &share,
        "user + sys",
        "memory",
        "found",
        "command",
    ];
    let candor = first.and_then(Row::median);
    let shown = |value: Option<f64>, how: fn(f64) -> String| value.map_or("–".to_owned(), how);
    let line = |row: &Row| {
        let quickest = row.wall.iter().copied().min_by(f64::total_cmp);
        let said = row
            .failed
            .as_ref()
            .map_or_else(|| found(row.said), |why| format!("failed: {why}"));
        vec![
            row.name.clone(),
            shown(row.median(), seconds),
            shown(quickest, seconds),
            shown(ratio(row.median(), candor), |it| format!("{it:.2}")),
            shown(median(&row.cpu), seconds),
            shown(median(&row.peak), bytes),
            said,
            format!("`{}`", row.line),
        ]
    };
    grid(
        text,
        &heads.map(str::to_owned),
        &rows.iter().map(line).collect::<Vec<_>>(),
    );
}

fn titled_grid(text: &mut String, title: &str, heads: &[String], lines: &[Vec<String>]) {
    if !title.is_empty() {
        let _ = writeln!(text, "{title}\n");
    }
    grid(text, heads, lines);
}

/// Adds a Markdown table.
pub(crate) fn grid(text: &mut String, heads: &[String], lines: &[Vec<String>]) {
    let mut add = |cells: &[String]| {
        let cells = cells.iter().map(|cell| cell.replace('|', "\\|"));
        let _ = writeln!(text, "| {} |", cells.collect::<Vec<_>>().join(" | "));
    };
    add(heads);
    add(&vec!["---".to_owned(); heads.len()]);
    lines.iter().for_each(|line| add(line));
}

/// Returns seconds, or milliseconds when there are few.
pub(crate) fn seconds(time: f64) -> String {
    match time {
        time if time < 0.000_05 => "0".to_owned(),
        time if time < 0.1 => format!("{:.1} ms", time * 1e3),
        time if time < 1.0 => format!("{:.0} ms", time * 1e3),
        time => format!("{time:.2} s"),
    }
}

/// Returns bytes in binary units with one decimal.
pub(crate) fn bytes(bytes: f64) -> String {
    const UNITS: [&str; 4] = ["KiB", "MiB", "GiB", "TiB"];
    if bytes < 1024.0 {
        return format!("{bytes:.0} B");
    }
    let (mut value, mut unit) = (bytes / 1024.0, 0);
    while value >= 1024.0 && unit + 1 < UNITS.len() {
        (value, unit) = (value / 1024.0, unit + 1);
    }
    format!("{value:.1} {}", UNITS[unit])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{cli::Name, said::Said};

    #[test]
    fn quantities_are_short() {
        assert_eq!(
            [0.0, 0.0123, 0.5, 12.345].map(seconds),
            ["0", "12.3 ms", "500 ms", "12.35 s"]
        );
        let sizes = [12.0, 1536.0, 5.0 * 1024.0 * 1024.0].map(bytes);
        assert_eq!(sizes, ["12 B", "1.5 KiB", "5.0 MiB"]);
    }

    #[test]
    fn a_scene_shows_medians_ratios_and_verdicts() {
        let row = |name: &str, wall: f64| Row {
            name: name.to_owned(),
            line: format!("{name} tree"),
            wall: vec![wall],
            cpu: vec![wall],
            peak: vec![2048.0],
            said: Some(Said::Duplicates {
                groups: 1,
                redundant: 2,
            }),
            failed: None,
        };
        let mut it = Scene::new(Name::SmallWarm, "Three files.");
        let rows = vec![row("candor", 0.5), row("a|b", 2.0)];
        it.parts.push(Part::Times {
            title: String::new(),
            rows,
        });
        it.checks.push(Check::of("≥ 4× a|b", "4.00×", true));
        it.checks.push(Check::of("≥ 5× a|b", "4.00×", false));
        let expected = "## small-warm\n\nThree files.\n\n\
            | program | wall | quickest | ÷ candor | user + sys | memory | found | command |\n\
            | --- | --- | --- | --- | --- | --- | --- | --- |\n\
            | candor | 500 ms | 500 ms | 1.00 | 500 ms | 2.0 KiB | 2 in 1 groups | `candor tree` |\n\
            | a\\|b | 2.00 s | 2.00 s | 4.00 | 2.00 s | 2.0 KiB | 2 in 1 groups | `a\\|b tree` |\n\n\
            | target | measured | met |\n| --- | --- | --- |\n\
            | ≥ 4× a\\|b | 4.00× | yes |\n| ≥ 5× a\\|b | 4.00× | **no** |\n";
        assert_eq!(scene(&it), expected);
        assert!(it.is_sound());
        it.checks
            .push(Check::of_truth("all agree", "they do not", false));
        assert!(!it.is_sound());
    }

    #[test]
    fn a_failed_command_is_told_and_unsound() {
        let mut it = Scene::new(Name::Map, "");
        let failed = Some("ended with 2".to_owned());
        let rows = vec![Row {
            name: "candor".to_owned(),
            failed,
            ..Row::default()
        }];
        it.parts.push(Part::Times {
            title: "Warm".to_owned(),
            rows,
        });
        assert!(scene(&it).contains("| candor | – | – | – | – | – | failed: ended with 2 |"));
        assert!(!it.is_sound());
    }
}
