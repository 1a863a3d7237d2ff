//! The last day out of a large browser history.

use serde::{Deserialize, de::IgnoredAny};

use crate::{
    cli::Name,
    failure::{Failure, Tried},
    judge::{Check, median},
    run::Row,
    setting::Setting,
    table::{self, Scene},
    trees::browser::{self, NOW, PLACE},
};

/// `candor history` on a Chromium history of 300 MB, warm and cold.
pub(super) fn scene(setting: &Setting) -> Result<Scene, Failure> {
    let visits = setting.scale.pick(5_000, 50_000, 500_000);
    let tree = browser::tree(setting, visits)?;
    let file = tree.root.join(PLACE);
    let size = file.metadata().tried("ask for", &file)?.len();
    let about = format!(
        "A Chromium history of {visits} visits in 90 days, {}; the last 24 hours are wanted.",
        table::bytes(size as f64)
    );
    let mut scene = Scene::new(Name::History, about);
    let words = ["history", "--json", "--now", NOW];
    let candor = setting.candor("candor", words).home(&tree.root);
    let output = candor.output(setting);
    let rows = scene.warm(setting, std::slice::from_ref(&candor))?;
    let seen = Seen::in_output(&output)?;
    scene
        .checks
        .extend(rows.first().map(|row| time(row, "warm", 0.050)));
    scene.checks.extend(rows.first().map(memory));
    scene
        .checks
        .extend([seen.pages(), seen.visits(browser::of_last_day(visits))]);
    if let Some(rows) = scene.cold(setting, &[candor])? {
        scene
            .checks
            .extend(rows.first().map(|row| time(row, "cold", 0.300)));
    }
    Ok(scene)
}

fn time(row: &Row, cache: &str, most: f64) -> Check {
    let target = format!("{cache} ≤ {}", table::seconds(most));
    match row.median() {
        Some(wall) => Check::of(target, table::seconds(wall), wall <= most),
        None => Check::unknown(target, "not measured"),
    }
}

fn memory(row: &Row) -> Check {
    let target = "≤ 32 MiB of memory";
    match median(&row.peak) {
        Some(peak) => Check::of(target, table::bytes(peak), peak <= 32.0 * 1024.0 * 1024.0),
        None => Check::unknown(target, "not measured"),
    }
}

/// What candor said it saw, and what it took.
struct Seen {
    visits: u64,
    pages: u64,
    pages_read: u64,
}

impl Seen {
    fn in_output(output: &std::path::Path) -> Result<Self, Failure> {
        #[derive(Deserialize)]
        struct Report {
            visits: Vec<IgnoredAny>,
            browsers: Vec<Profile>,
        }
        #[derive(Deserialize)]
        struct Profile {
            cost: Cost,
        }
        #[derive(Deserialize)]
        struct Cost {
            pages: u64,
            pages_read: u64,
        }
        let bytes = std::fs::read(output).tried("read", output)?;
        let report: Report = serde_json::from_slice(&bytes).tried("understand", output)?;
        let sum = |of: fn(&Cost) -> u64| report.browsers.iter().map(|it| of(&it.cost)).sum();
        Ok(Self {
            visits: report.visits.len() as u64,
            pages: sum(|cost| cost.pages),
            pages_read: sum(|cost| cost.pages_read),
        })
    }

    fn pages(&self) -> Check {
        let share = self.pages_read as f64 / self.pages.max(1) as f64;
        let measured = format!(
            "{:.2} % ({} of {})",
            share * 100.0,
            self.pages_read,
            self.pages
        );
        Check::of("< 2 % of the pages read", measured, share < 0.02)
    }

    fn visits(&self, expected: u64) -> Check {
        let measured = format!("{} visits", self.visits);
        Check::of_truth(
            format!("finds the {expected} visits"),
            measured,
            self.visits == expected,
        )
    }
}
