//! What `candor lists` shows: which lists serve, what compiling gave, and what each list says of a host.

mod explain;

pub use explain::explain;

use std::collections::BTreeMap;

use serde::Serialize;
use tool::{Block, Bytes, Cell, Finding, Level, Outcome, Section, Skipped, Table, Why};

use crate::{
    lists::{
        Changes, Dropped, Input, LeftOut, List, ListChange, ListFacts, Made, MakeError,
        forms::{Odd, Tally},
    },
    names::words,
    shelf::Shelf,
    verdict::dated,
};

/// What a person asked of the lists.
const TOOL: &str = "lists";

/// The fields of the JSON output.
#[derive(Debug, Default, Serialize)]
struct Data {
    /// Whether the list inside the program serves, since none was compiled.
    starter: bool,
    /// The version of the update the lists came with; 0 when they came with none.
    update: u64,
    hosts: u32,
    pages: u32,
    lists: Vec<Shown>,
    /// The lines of the allow-list.
    allow: Vec<String>,
    /// After compiling: the bytes of the file, and what is different from the one before.
    #[serde(skip_serializing_if = "Option::is_none")]
    bytes: Option<Bytes>,
    #[serde(skip_serializing_if = "Option::is_none")]
    changes: Option<Changes>,
    /// What lists say of an address.
    #[serde(skip_serializing_if = "Option::is_none")]
    explained: Option<explain::Explained>,
}

/// One list.
#[derive(Debug, Serialize)]
struct Shown {
    #[serde(flatten)]
    facts: ListFacts,
    /// Entries that were left out, by reason.
    left_out: BTreeMap<Dropped, u32>,
    /// Lines that were no entries, by reason: how many, and the numbers of the first.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    odd: BTreeMap<Odd, (u64, Vec<u64>)>,
}

/// Shows which lists serve.
#[must_use]
pub fn show(shelf: &Shelf, allow: &[String]) -> Outcome {
    let list = shelf.list();
    let data = Data {
        allow: allowed(allow),
        ..of_list(list, shelf.is_starter(), None)
    };
    let mut section = Section {
        title: "Threat lists".into(),
        ..Section::default()
    };
    let from = match data.starter {
        true => "They are the ones inside the program; none were compiled here.",
        false => "They were compiled on this machine.",
    };
    section.summary = vec![
        format!(
            "{} hosts and {} pages of {}.",
            data.hosts,
            data.pages,
            dated(list.lists())
        ),
        from.into(),
    ];
    section.blocks = vec![Block::Table(lists_table(&data.lists))];
    if !data.allow.is_empty() {
        section.blocks.push(Block::Table(Table {
            title: "What you allow".into(),
            columns: vec!["Host, with everything below it".into()],
            rows: data
                .allow
                .iter()
                .map(|it| vec![Cell::Text(it.clone())])
                .collect(),
            more: 0,
        }));
    }
    section.notes = shelf.notes().to_vec();
    section.notes.extend(sources_notes(list.lists()));
    let mut outcome = Outcome::new(TOOL, &data, section);
    outcome.skipped.extend(shelf.unusable().cloned());
    outcome
}

/// Shows what compiling gave.
///
/// # Panics
/// Never: what was made was opened before.
#[must_use]
pub fn compiled(made: &Made, allow: &[String]) -> Outcome {
    let list = List::open(&made.bytes).expect("what was made was opened before");
    let data = Data {
        allow: allowed(allow),
        bytes: Some(Bytes(made.bytes.len() as u64)),
        changes: made.changes.clone(),
        ..of_list(&list, false, Some(&made.read))
    };
    let mut section = Section {
        title: "Threat lists".into(),
        ..Section::default()
    };
    section.summary = vec![format!(
        "{} hosts and {} pages of {} are compiled.",
        data.hosts,
        data.pages,
        dated(list.lists())
    )];
    section.blocks = vec![Block::Table(lists_table(&data.lists))];
    let left_out = left_out_table(list.lists(), &made.left_out, &made.read);
    let changed = made.changes.as_ref().map(changes_table);
    let more = [Some(left_out), changed];
    let more = more
        .into_iter()
        .flatten()
        .filter(|table| !table.rows.is_empty());
    section.blocks.extend(more.map(Block::Table));
    section.notes.extend(sources_notes(list.lists()));
    let changes = made.changes.iter().flat_map(|it| &it.lists);
    let much: Vec<Finding> = changes.filter(|it| it.much).map(changed_much).collect();
    let mut outcome = Outcome::new(TOOL, &data, section);
    outcome.findings = much;
    outcome.skipped.clone_from(&made.skipped);
    outcome
}

/// Says why nothing was compiled. The lists that served before still do.
#[must_use]
pub fn not_compiled(input: &Input, error: &MakeError) -> Outcome {
    let section = Section {
        title: "Threat lists".into(),
        summary: vec!["Nothing was compiled. The lists that served before still do.".into()],
        notes: match error {
            MakeError::Older { .. } => vec![
                "Older lists hide what was added since. To go back on purpose, remove the file \
                 `candor/lists/compiled` in your state folder first."
                    .into(),
            ],
            _ => Vec::new(),
        },
        ..Section::default()
    };
    let mut outcome = Outcome::new(TOOL, &Data::default(), section);
    let raw = input.raw.clone().unwrap_or_default();
    let detail = words(error);
    outcome.skipped = vec![Skipped::new(raw, Why::Failed { detail })];
    outcome
}

fn of_list(list: &List<'_>, starter: bool, read: Option<&[(String, Tally)]>) -> Data {
    let odd_of = |id: &str| {
        let tally = read?.iter().find(|(of, _)| of == id);
        Some(tally?.1.odd.clone())
    };
    let lists = list.lists().iter().enumerate().map(|(place, facts)| Shown {
        left_out: list.left_out().get(place).cloned().unwrap_or_default(),
        odd: odd_of(&facts.id).unwrap_or_default(),
        facts: facts.clone(),
    });
    Data {
        starter,
        update: list.version(),
        hosts: list.host_count(),
        pages: list.page_count(),
        lists: lists.collect(),
        ..Data::default()
    }
}

fn allowed(lines: &[String]) -> Vec<String> {
    let lines = lines
        .iter()
        .map(|it| it.split('#').next().unwrap_or_default().trim());
    lines
        .filter(|it| !it.is_empty())
        .map(str::to_owned)
        .collect()
}

fn lists_table(lists: &[Shown]) -> Table {
    let row = |list: &Shown| {
        let left_out: u32 = list.left_out.values().sum();
        vec![
            Cell::Text(list.facts.name.clone()),
            Cell::Count(list.facts.entries.into()),
            Cell::Count(left_out.into()),
            Cell::Text(list.facts.date.clone()),
            Cell::Text(list.facts.licence.clone()),
        ]
    };
    Table {
        title: "Lists".into(),
        columns: ["List", "Entries", "Left out", "Dated", "Licence"]
            .map(Into::into)
            .into(),
        rows: lists.iter().map(row).collect(),
        more: 0,
    }
}

/// Names no entry: among them are words that nobody wants on a screen.
fn left_out_table(lists: &[ListFacts], left_out: &[LeftOut], read: &[(String, Tally)]) -> Table {
    let name = |list: usize| lists.get(list).map_or("", |it| it.name.as_str());
    let mut rows: Vec<Vec<Cell>> = Vec::new();
    for it in left_out {
        rows.push(vec![
            Cell::Text(name(it.list).to_owned()),
            Cell::Count(it.count.into()),
            Cell::Text(it.why.words().to_owned()),
        ]);
    }
    for (id, tally) in read {
        let list = lists.iter().find(|it| it.id == *id);
        for (why, (count, lines)) in &tally.odd {
            let lines: Vec<String> = lines.iter().map(u64::to_string).collect();
            rows.push(vec![
                Cell::Text(list.map_or(id, |it| &it.name).clone()),
                Cell::Count(*count),
                Cell::Text(format!("{}: line {}", why.words(), lines.join(", "))),
            ]);
        }
    }
    Table {
        title: "Left out".into(),
        columns: ["List", "Entries or lines", "They"].map(Into::into).into(),
        rows,
        more: 0,
    }
}

fn changes_table(changes: &Changes) -> Table {
    let row = |list: &ListChange| {
        let counts = [list.before, list.after, list.added, list.removed];
        let counts = counts.map(|count| Cell::Count(count.into()));
        std::iter::once(Cell::Text(list.id.clone()))
            .chain(counts)
            .collect()
    };
    let changed = changes.lists.iter().filter(|it| it.added + it.removed > 0);
    Table {
        title: "What changed".into(),
        columns: ["List", "Before", "Now", "New", "Gone"]
            .map(Into::into)
            .into(),
        rows: changed.map(row).collect(),
        more: 0,
    }
}

fn changed_much(list: &ListChange) -> Finding {
    Finding {
        rule: "lists.changed-much".into(),
        level: Level::Look,
        subject: list.id.clone(),
        place: None,
        bytes: None,
        evidence: format!(
            "The list had {} entries and has {}: {} are new, {} are gone.",
            list.before, list.after, list.added, list.removed
        ),
        advice:
            "Lists change by themselves, but rarely that much at once. Look whether its makers say \
                 why; until then what only this list says counts less."
                .into(),
    }
}

/// Returns one sentence a list on where it comes from.
fn sources_notes(lists: &[ListFacts]) -> impl Iterator<Item = String> + '_ {
    lists
        .iter()
        .map(|it| format!("{}: {} ({}).", it.name, it.source, it.licence))
}

#[cfg(test)]
mod tests;
