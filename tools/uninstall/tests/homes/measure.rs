//! How much of what is selected is right, and how much of what is there is found.

use std::collections::BTreeSet;

/// Counts over all applications of a home.
#[derive(Debug, Default)]
pub(crate) struct Measure {
    pub(crate) belongs: usize,
    pub(crate) selected: usize,
    pub(crate) right: usize,
    pub(crate) listed_right: usize,
    pub(crate) wrong: Vec<String>,
    pub(crate) missed: Vec<String>,
}

impl Measure {
    pub(crate) fn add(
        &mut self,
        name: &str,
        belongs: &BTreeSet<String>,
        selected: &BTreeSet<String>,
        listed: &BTreeSet<String>,
    ) {
        self.belongs += belongs.len();
        self.selected += selected.len();
        self.right += selected.intersection(belongs).count();
        self.listed_right += listed.intersection(belongs).count();
        let told = |path: &String| format!("{name}: {path}");
        self.wrong.extend(selected.difference(belongs).map(told));
        self.missed.extend(belongs.difference(selected).map(told));
    }

    #[expect(clippy::cast_precision_loss, reason = "counts of a test")]
    pub(crate) fn precision(&self) -> f64 {
        self.right as f64 / self.selected.max(1) as f64
    }

    #[expect(clippy::cast_precision_loss, reason = "counts of a test")]
    pub(crate) fn recall(&self) -> f64 {
        self.right as f64 / self.belongs.max(1) as f64
    }

    #[expect(clippy::cast_precision_loss, reason = "counts of a test")]
    pub(crate) fn listed(&self) -> f64 {
        self.listed_right as f64 / self.belongs.max(1) as f64
    }

    /// Prints the figures, and holds them against the targets.
    pub(crate) fn hold(&self, what: &str, precision: f64, recall: f64, listed: f64) {
        println!(
            "{what}: {} belong, {} selected, {} wrong; precision {:.4}, recall {:.4}, told {:.4}",
            self.belongs,
            self.selected,
            self.wrong.len(),
            self.precision(),
            self.recall(),
            self.listed(),
        );
        for missed in &self.missed {
            println!("  missed {missed}");
        }
        assert!(self.precision() >= precision, "{what}: {:#?}", self.wrong);
        assert!(self.recall() >= recall, "{what}: {}", self.recall());
        assert!(self.listed() >= listed, "{what}: {}", self.listed());
    }
}
