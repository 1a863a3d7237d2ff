//! A report for a person at a prompt: plain text of any width, with or without colour.

mod chart;
mod table;

use std::fmt::Write as _;

use tool::{Block, Finding, Level, Outcome};

use crate::{
    Report, Zone, escape, grid,
    width::{columns, cut_end, cut_middle, pad, wrap},
    words::{self, Words},
};

/// The widest that sentences run, however wide the terminal is.
const PROSE: usize = 96;
/// The narrowest terminal that is laid out for; a narrower one breaks the lines itself.
const NARROWEST: usize = 24;
/// How many findings of a section, rows of a table, and paths of a skip reason are shown.
const FINDINGS: usize = 30;
const ROWS: usize = 25;
const SKIPPED: usize = 5;

/// How a report is drawn in a terminal.
#[derive(Clone, Debug)]
pub struct Style {
    /// Columns of the terminal.
    pub width: usize,
    /// Whether escape sequences for colour may be used. Colour only repeats what words say.
    pub colour: bool,
    /// The zone that times are shown in.
    pub zone: Zone,
}

/// Returns a report as text for a terminal.
///
/// Its only control characters are line feeds and, with colour, the escape sequences of its own.
#[must_use]
pub fn terminal(report: &Report, style: &Style) -> String {
    let home = report.machine.home.as_deref();
    let words = Words {
        home,
        zone: &style.zone,
    };
    let mut sheet = Sheet {
        out: String::new(),
        width: style.width.max(NARROWEST),
        colour: style.colour,
        words,
    };
    opening(&mut sheet, report);
    for outcome in &report.outcomes {
        section(&mut sheet, outcome);
    }
    not_looked_at(&mut sheet, report);
    closing(&mut sheet, report);
    sheet.out
}

/// The text so far, and how it is drawn.
struct Sheet<'a> {
    out: String,
    width: usize,
    colour: bool,
    words: Words<'a>,
}

/// The few inks there are.
#[derive(Clone, Copy)]
enum Ink {
    Plain,
    Bold,
    Faint,
    Bar,
    Level(Level),
}

impl Sheet<'_> {
    fn blank(&mut self) {
        self.out.push('\n');
    }

    fn line(&mut self, text: &str) {
        self.out.push_str(text.trim_end());
        self.out.push('\n');
    }

    /// Returns text in one ink, unchanged when there is no colour.
    fn ink(&self, ink: Ink, text: &str) -> String {
        let code = match ink {
            _ if !self.colour => return text.to_owned(),
            Ink::Plain | Ink::Level(Level::Note) => return text.to_owned(),
            Ink::Bold => "1",
            Ink::Faint => "2",
            Ink::Bar => "36",
            Ink::Level(Level::Look) => "33",
            Ink::Level(Level::Act) => "1;31",
        };
        format!("\x1b[{code}m{text}\x1b[0m")
    }

    /// Writes sentences, broken between words, with blanks before each line.
    fn prose(&mut self, indent: usize, ink: Ink, text: &str) {
        for line in wrap(text, self.width.min(PROSE).saturating_sub(indent)) {
            let line = self.ink(ink, &line);
            self.line(&format!("{}{line}", " ".repeat(indent)));
        }
    }

    fn heading(&mut self, text: &str) {
        self.blank();
        let text = cut_end(text, self.width);
        let rule = "─".repeat(columns(&text));
        let (text, rule) = (self.ink(Ink::Bold, &text), self.ink(Ink::Faint, &rule));
        self.line(&text);
        self.line(&rule);
    }

    fn small_heading(&mut self, text: &str) {
        self.blank();
        let text = self.ink(Ink::Bold, &cut_end(text, self.width - 2));
        self.line(&format!("  {text}"));
    }
}

fn opening(sheet: &mut Sheet, report: &Report) {
    let title = cut_end(&words::headline(report), sheet.width);
    let when = sheet.words.zone.full(report.made);
    let gap = sheet
        .width
        .min(PROSE)
        .saturating_sub(columns(&title) + columns(&when));
    let (bold, faint) = (sheet.ink(Ink::Bold, &title), sheet.ink(Ink::Faint, &when));
    if gap >= 2 {
        sheet.line(&format!("{bold}{}{faint}", " ".repeat(gap)));
    } else {
        sheet.line(&bold);
        sheet.line(&faint);
    }
    sheet.prose(0, Ink::Faint, &words::machine(report));
    sheet.blank();
    sheet.prose(0, Ink::Plain, &words::verdict(report));
}

fn section(sheet: &mut Sheet, outcome: &Outcome) {
    let section = &outcome.section;
    sheet.heading(&escape::plain(&section.title));
    for sentence in &section.summary {
        sheet.prose(2, Ink::Plain, &escape::plain(sentence));
    }
    if words::shows_nothing(section, &outcome.findings) {
        sheet.prose(2, Ink::Plain, words::NOTHING_FOUND);
    }
    findings(sheet, &outcome.findings);
    for block in section.blocks.iter().filter(|block| !grid::is_empty(block)) {
        match block {
            Block::Table(rows) => table::draw(sheet, &grid::grid(rows, ROWS, &sheet.words)),
            Block::Treemap { title, root } => chart::treemap(sheet, title, root),
            Block::Bars { title, bars } => chart::bars(sheet, title, bars),
        }
    }
    if !section.notes.is_empty() {
        sheet.blank();
    }
    for note in &section.notes {
        sheet.prose(2, Ink::Faint, &escape::plain(note));
    }
}

fn findings(sheet: &mut Sheet, findings: &[Finding]) {
    let mut sorted: Vec<_> = findings.iter().collect();
    sorted.sort_by_key(|finding| std::cmp::Reverse(finding.level));
    for finding in sorted.iter().take(FINDINGS) {
        one_finding(sheet, finding);
    }
    if sorted.len() > FINDINGS {
        sheet.blank();
        sheet.prose(
            2,
            Ink::Plain,
            &words::more((sorted.len() - FINDINGS) as u64),
        );
    }
}

fn one_finding(sheet: &mut Sheet, finding: &Finding) {
    const INDENT: usize = 8;
    sheet.blank();
    let level = sheet.ink(
        Ink::Level(finding.level),
        &pad(words::level(finding.level), 4),
    );
    let mut subject = escape::plain(&finding.subject);
    if let Some(bytes) = finding.bytes {
        _ = write!(subject, " · {bytes}");
    }
    let lines = wrap(&subject, sheet.width.min(PROSE).saturating_sub(INDENT));
    for (n, line) in lines.iter().enumerate() {
        let line = sheet.ink(Ink::Bold, line);
        match n {
            0 => sheet.line(&format!("  {level}  {line}")),
            _ => sheet.line(&format!("{}{line}", " ".repeat(INDENT))),
        }
    }
    if let Some(place) = &finding.place {
        let place = cut_middle(&sheet.words.path(&place.0), sheet.width - INDENT);
        let place = sheet.ink(Ink::Faint, &place);
        sheet.line(&format!("{}{place}", " ".repeat(INDENT)));
    }
    for sentence in [&finding.evidence, &finding.advice] {
        if !sentence.is_empty() {
            sheet.prose(INDENT, Ink::Plain, &escape::plain(sentence));
        }
    }
}

fn not_looked_at(sheet: &mut Sheet, report: &Report) {
    sheet.heading(words::NOT_LOOKED_AT);
    let skipped = report.skipped();
    if skipped.is_empty() {
        sheet.prose(2, Ink::Plain, words::NOTHING_SKIPPED);
    }
    for (n, group) in words::by_reason(&skipped).iter().enumerate() {
        if n > 0 {
            sheet.blank();
        }
        let total = group.places.len();
        sheet.prose(2, Ink::Bold, &group.heading());
        if let Some(hint) = group.hint {
            sheet.prose(4, Ink::Plain, &format!("What helps: {hint}."));
        }
        for (path, detail) in group.places.iter().take(SKIPPED) {
            let path = cut_middle(&sheet.words.path(path), sheet.width - 4);
            sheet.line(&format!("    {path}"));
            if !detail.is_empty() {
                sheet.prose(6, Ink::Faint, detail);
            }
        }
        if total > SKIPPED {
            sheet.prose(4, Ink::Plain, &words::more((total - SKIPPED) as u64));
        }
    }
}

fn closing(sheet: &mut Sheet, report: &Report) {
    sheet.heading(words::HOW_IT_WAS_MADE);
    let version = escape::plain(&report.version);
    sheet.prose(
        2,
        Ink::Plain,
        &format!(
            "It took {}, with Candor {version}.",
            words::span(report.took)
        ),
    );
    let ink = match report.confinement.in_force {
        true => Ink::Plain,
        false => Ink::Level(Level::Act),
    };
    sheet.prose(2, ink, &words::confinement(report));
    sheet.prose(2, Ink::Plain, &words::left(report));
}

#[cfg(test)]
mod tests;
