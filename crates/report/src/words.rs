//! The words and figures that terminal and HTML share.
//!
//! They are read by someone who may be worried: short, no blame, and never a verdict that all is
//! well. What was not found was not found *where it was looked*; more is not said.

use std::{collections::BTreeMap, fmt::Write as _, path::Path, time::Duration};

use tool::{Finding, Level, Section, Skipped, Why, path_text};

use crate::{Report, Zone, escape, grid};

/// What a section or a report says when no rule found anything.
pub(crate) const NOTHING_FOUND: &str = "Nothing found in what was looked at.";
/// What stands under "Not looked at" when nothing was skipped.
pub(crate) const NOTHING_SKIPPED: &str = "Nothing was skipped.";
/// The headings of the parts that every report ends with.
pub(crate) const NOT_LOOKED_AT: &str = "Not looked at";
/// See [`NOT_LOOKED_AT`].
pub(crate) const HOW_IT_WAS_MADE: &str = "How this was made";

/// How text about one machine is written: which folder is `~`, which zone times are in.
#[derive(Clone, Copy)]
pub(crate) struct Words<'a> {
    /// The folder written as `~`.
    pub(crate) home: Option<&'a Path>,
    /// The zone that times are shown in.
    pub(crate) zone: &'a Zone,
}

impl Words<'_> {
    /// Returns a path for people.
    pub(crate) fn path(&self, path: &Path) -> String {
        escape::plain(&path_text::shown_path(path, self.home))
    }
}

/// Things not looked at for one reason.
pub(crate) struct Group<'a> {
    /// The reason in words, without what is particular to one path.
    pub(crate) reason: String,
    /// What a person can do about it.
    pub(crate) hint: Option<&'static str>,
    /// Each path, with what is particular to it.
    pub(crate) places: Vec<(&'a Path, String)>,
}

impl Group<'_> {
    /// Returns the group's heading: `2 places: not readable for this user`.
    pub(crate) fn heading(&self) -> String {
        let reason = escape::plain(&self.reason);
        match self.places.len() {
            1 => format!("1 place: {reason}"),
            n => format!("{} places: {reason}", count(n as u64)),
        }
    }
}

/// Returns skipped things by reason, the most frequent reason first.
pub(crate) fn by_reason<'a>(skipped: &[&'a Skipped]) -> Vec<Group<'a>> {
    let mut groups = BTreeMap::<String, Group>::new();
    for it in skipped {
        let words = it.why.to_string();
        let (reason, detail) = match it.why {
            Why::Failed { .. } => ("the system gave an error", words.as_str()),
            _ => words.split_once(": ").unwrap_or((&words, "")),
        };
        let group = groups.entry(reason.to_owned()).or_insert_with(|| Group {
            reason: reason.to_owned(),
            hint: it.why.hint(),
            places: Vec::new(),
        });
        group.places.push((&it.path.0, escape::plain(detail)));
    }
    let mut groups: Vec<_> = groups.into_values().collect();
    groups.sort_by_key(|group| std::cmp::Reverse(group.places.len()));
    groups
}

/// Returns the report's own heading.
///
/// A command of one tool is named by what its section is called, which says more than the command.
pub(crate) fn headline(report: &Report) -> String {
    match (report.command.as_str(), report.outcomes.as_slice()) {
        ("checkup", _) => "Candor checkup".to_owned(),
        (_, [only]) if !only.section.title.is_empty() => {
            format!("Candor: {}", escape::plain(&only.section.title))
        }
        (command, _) => format!("candor {}", escape::plain(command)),
    }
}

/// Returns what was looked at, in a few words.
pub(crate) fn machine(report: &Report) -> String {
    let machine = &report.machine;
    let platform = match machine.platform.as_str() {
        "linux" => "Linux".to_owned(),
        "macos" => "macOS".to_owned(),
        other => escape::plain(other),
    };
    let path = |path: &Path| escape::plain(&path_text::shown_path(path, None));
    let mut words = match machine.live {
        true => format!("This {platform} machine"),
        false => format!("The {platform} disk at {}", path(&machine.root)),
    };
    if let Some(home) = &machine.home {
        _ = write!(words, ", home {}", path(home));
    }
    words
}

/// Returns what the report asks of the person, as one sentence or two.
pub(crate) fn verdict(report: &Report) -> String {
    let levels = counts(report.outcomes.iter().flat_map(|it| &it.findings));
    let mut words = match levels.is_empty() {
        true => NOTHING_FOUND.to_owned(),
        false => format!("Found: {levels}."),
    };
    match report.skipped().len() {
        0 => {}
        1 => words.push_str(" 1 place could not be looked at."),
        n => _ = write!(words, " {} places could not be looked at.", count(n as u64)),
    }
    words
}

/// Returns how many findings ask how much: `2 to act on, 1 to look at`; empty for none.
pub(crate) fn counts<'a>(findings: impl Iterator<Item = &'a Finding>) -> String {
    let mut by_level = [0_u64; 3];
    for finding in findings {
        by_level[finding.level as usize] += 1;
    }
    let [notes, looks, acts] = by_level;
    let mut parts = Vec::new();
    if acts > 0 {
        parts.push(format!("{} to act on", count(acts)));
    }
    if looks > 0 {
        parts.push(format!("{} to look at", count(looks)));
    }
    match notes {
        0 => {}
        1 => parts.push("1 note".to_owned()),
        n => parts.push(format!("{} notes", count(n))),
    }
    parts.join(", ")
}

/// Returns the one word that stands before a finding; colour only repeats it.
pub(crate) fn level(level: Level) -> &'static str {
    match level {
        Level::Note => "note",
        Level::Look => "look",
        Level::Act => "act",
    }
}

/// Returns whether a section shows nothing at all, so that it must say so.
pub(crate) fn shows_nothing(section: &Section, findings: &[Finding]) -> bool {
    findings.is_empty() && section.blocks.iter().all(grid::is_empty)
}

/// Returns what the sandbox was, as a sentence.
pub(crate) fn confinement(report: &Report) -> String {
    let words = escape::plain(&report.confinement.words);
    match report.confinement.in_force {
        true => format!("Files were read inside a sandbox: {words}."),
        false => format!("Files were read without the full sandbox: {words}."),
    }
}

/// Returns what left the machine, as a sentence.
pub(crate) fn left(report: &Report) -> String {
    format!("What left this machine: {}.", report.left)
}

/// Returns a number with its thousands apart: `1,234,567`.
#[must_use]
pub fn count(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::with_capacity(digits.len() * 4 / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// Returns how much was left out, for the end of a list: `and 12 more`.
pub(crate) fn more(n: u64) -> String {
    format!("and {} more", count(n))
}

/// Returns a span of time as a person says it: `320 ms`, `4.2 s`, `3 min 05 s`, `2 h 10 min`.
pub(crate) fn span(time: Duration) -> String {
    let seconds = time.as_secs();
    match seconds {
        0 => format!("{} ms", time.as_millis()),
        1..60 => format!("{seconds}.{} s", time.subsec_millis() / 100),
        60..3600 => format!("{} min {:02} s", seconds / 60, seconds % 60),
        _ => format!("{} h {:02} min", count(seconds / 3600), seconds / 60 % 60),
    }
}

/// Returns a part of a whole as a percentage that never rounds something to nothing, or less to all.
pub(crate) fn percent(part: u64, whole: u64) -> String {
    if whole == 0 {
        return String::new();
    }
    let rounded = (u128::from(part) * 100 + u128::from(whole) / 2) / u128::from(whole);
    match rounded {
        0 if part > 0 => "< 1 %".to_owned(),
        100 if part < whole => "> 99 %".to_owned(),
        n => format!("{n} %"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    #[test]
    fn figures_are_written_for_people() {
        assert_eq!(
            [0, 999, 1000, 1_234_567].map(count),
            ["0", "999", "1,000", "1,234,567"]
        );
        let spans = [12, 4_290, 61_000, 7_800_000].map(|ms| span(Duration::from_millis(ms)));
        assert_eq!(spans, ["12 ms", "4.2 s", "1 min 01 s", "2 h 10 min"]);
        assert_eq!(percent(u64::MAX, u64::MAX), "100 %");
        assert_eq!(percent(1, 1000), "< 1 %");
        assert_eq!(percent(999, 1000), "> 99 %");
        assert_eq!(percent(1, 0), "");
    }

    #[test]
    fn skipped_things_are_counted_by_reason() {
        let report = sample::checkup();
        let skipped = report.skipped();
        let groups: Vec<_> = by_reason(&skipped)
            .into_iter()
            .map(|it| (it.reason, it.places.len()))
            .collect();
        let total: usize = groups.iter().map(|(_, n)| n).sum();
        assert_eq!(total, skipped.len());
        assert_eq!(groups[0], ("not readable for this user".to_owned(), 7));
    }

    #[test]
    fn a_run_without_sandbox_says_so() {
        let mut report = sample::checkup();
        assert!(confinement(&report).contains("inside a sandbox: Landlock"));
        report.confinement.in_force = false;
        assert!(confinement(&report).contains("without the full sandbox"));
    }

    /// No template may hold a word that promises more than was looked at.
    #[test]
    fn no_template_gives_a_verdict_that_all_is_well() {
        let templates = [
            ("words.rs", include_str!("words.rs")),
            ("grid.rs", include_str!("grid.rs")),
            ("progress.rs", include_str!("progress.rs")),
            ("terminal.rs", include_str!("terminal.rs")),
            ("terminal/table.rs", include_str!("terminal/table.rs")),
            ("terminal/chart.rs", include_str!("terminal/chart.rs")),
            ("html.rs", include_str!("html.rs")),
            ("html/table.rs", include_str!("html/table.rs")),
            ("html/treemap.rs", include_str!("html/treemap.rs")),
            ("html/style.css", include_str!("html/style.css")),
        ];
        for (name, text) in templates {
            let text = text
                .split("#[cfg(test)]")
                .next()
                .expect("split gives one part");
            if let Some(word) = verdict_word(text) {
                panic!("{name} holds the word {word:?}");
            }
        }
        let report = sample::checkup();
        let style = crate::Style {
            width: 80,
            colour: false,
            zone: Zone::utc(),
        };
        assert_eq!(verdict_word(&crate::terminal(&report, &style)), None);
        assert_eq!(verdict_word(&crate::html(&report, &Zone::utc())), None);
        assert_eq!(
            verdict_word("All Clean."),
            Some("Clean"),
            "the test itself finds such words"
        );
    }

    fn verdict_word(text: &str) -> Option<&str> {
        let words = text.split(|c: char| !c.is_alphanumeric());
        words.into_iter().find(|word| {
            let word = word.to_ascii_lowercase();
            ["clean", "safe", "secure", "harmless"].contains(&word.as_str())
        })
    }
}
