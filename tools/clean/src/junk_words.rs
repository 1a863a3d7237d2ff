//! What the search for junk says to a person.

use tool::{Bar, Block, Cell, Finding, Level, Section, Table};

use crate::{
    Odd,
    junk::{Junk, JunkKind},
};

/// Places shown for each kind; the JSON output has more.
const SHOWN_PLACES: usize = 3;
/// Kinds drawn as bars.
const SHOWN_BARS: usize = 8;

pub(crate) fn section(found: &Junk, kept_lines: usize, planned: bool) -> Section {
    let mut section = Section {
        title: "Junk".to_owned(),
        ..Section::default()
    };
    section.summary.push(match found.kinds.len() {
        0 => format!(
            "None of the {} kinds of junk that Candor knows was found.",
            found.kinds_looked_for
        ),
        n => format!(
            "{n} kinds of junk; {} are known. Removing all of it would free {}, what is ticked {}.",
            found.kinds_looked_for, found.frees, found.ticked
        ),
    });
    if !found.kinds.is_empty() {
        section.blocks.push(bars(found));
        section.blocks.push(Block::Table(table(found)));
    }
    for kind in &found.kinds {
        if let Some(why) = &kind.held {
            section
                .notes
                .push(format!("{} stays: {why}.", capital(&kind.name)));
        }
    }
    if kept_lines > 0 {
        section.notes.push(format!(
            "{kept_lines} lines of your list of what stays were heeded."
        ));
    }
    // Of a plan that is made there are other words.
    if !planned {
        section.notes.push(
            "A preview: nothing was removed. When junk alone is looked for, `--plan FILE --act trash` \
             writes what is ticked into a plan, which you read before anything is done; `--kind` takes \
             other kinds."
                .to_owned(),
        );
    }
    section
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    let first: Option<String> = letters.next().map(|it| it.to_uppercase().collect());
    first.unwrap_or_default() + letters.as_str()
}

pub(crate) fn findings(found: &Junk) -> Vec<Finding> {
    found.kinds.iter().map(finding).collect()
}

fn finding(kind: &JunkKind) -> Finding {
    let mut advice = format!("If removed: {}.", kind.lost.trim_end_matches('.'));
    if !kind.before.is_empty() {
        advice.push_str(&format!(
            " Before that: {}.",
            kind.before.trim_end_matches('.')
        ));
    }
    Finding {
        rule: format!("clean.{}", kind.id),
        level: if kind.preselected {
            Level::Look
        } else {
            Level::Note
        },
        subject: kind.name.clone(),
        place: kind.places.first().map(|place| place.path.clone()),
        bytes: Some(kind.frees),
        evidence: format!(
            "{}, untouched for {}. {}",
            counted(kind),
            kind.untouched,
            kind.why
        ),
        advice,
    }
}

/// How many there are, of what they are.
fn counted(kind: &JunkKind) -> String {
    let [one, many] = match kind.id.as_str() {
        id if id == Odd::EmptyFolders.id() => ["folder", "folders"],
        id if id == Odd::BrokenLinks.id() => ["link", "links"],
        _ => ["file", "files"],
    };
    format!(
        "{} {}",
        kind.files,
        if kind.files == 1 { one } else { many }
    )
}

fn in_a_plan(kind: &JunkKind) -> &'static str {
    match kind {
        JunkKind {
            kind: knowledge::junk::Kind::Report,
            ..
        } => "never",
        JunkKind { held: Some(_), .. } => "not now",
        JunkKind {
            preselected: true, ..
        } => "ticked",
        _ => "if asked",
    }
}

fn bars(found: &Junk) -> Block {
    #[expect(clippy::cast_precision_loss, reason = "the length of a bar")]
    let share = |bytes: u64| bytes as f64 / (found.frees.0.max(1) as f64);
    let bar = |kind: &JunkKind| Bar {
        label: kind.name.clone(),
        share: share(kind.frees.0),
        shown: kind.frees.to_string(),
    };
    Block::Bars {
        title: "Kinds that free most".to_owned(),
        bars: found.kinds.iter().take(SHOWN_BARS).map(bar).collect(),
    }
}

fn table(found: &Junk) -> Table {
    let row = |kind: &JunkKind| {
        let mut places: Vec<Cell> = kind
            .places
            .iter()
            .take(SHOWN_PLACES)
            .map(|place| Cell::Path(place.path.clone()))
            .collect();
        let more = kind.places.len().saturating_sub(SHOWN_PLACES) as u64 + kind.more_places;
        if more > 0 {
            places.push(Cell::Text(format!("and {more} more")));
        }
        vec![
            Cell::Bytes(kind.frees),
            Cell::Days(kind.untouched),
            Cell::Text(in_a_plan(kind).to_owned()),
            Cell::Text(kind.name.clone()),
            Cell::Lines(places),
        ]
    };
    Table {
        title: "Junk by kind".to_owned(),
        columns: ["Frees", "Untouched", "In a plan", "What", "Where"]
            .map(str::to_owned)
            .to_vec(),
        rows: found.kinds.iter().map(row).collect(),
        more: 0,
    }
}
