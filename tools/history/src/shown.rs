//! What `candor lists` shows: which lists serve, what compiling gave, and what each list says of a host.

use std::collections::BTreeMap;

use serde::Serialize;
use tool::{Block, Bytes, Cell, Finding, Level, Moment, Outcome, Section, Skipped, Table, Why};

use crate::{
    canonical::canonical,
    judge::said_of,
    lists::{
        Changes, Dropped, Input, LeftOut, List, ListChange, ListFacts, Made, MakeError,
        forms::{Odd, Tally},
    },
    names::words,
    shelf::Shelf,
    verdict::{self, Verdict, dated},
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
    explained: Option<Explained>,
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

/// What lists say of one address.
#[derive(Debug, Serialize)]
struct Explained {
    /// The address as it was asked for, and in its one spelling.
    asked: String,
    canonical: String,
    /// The shortest name of its owner.
    owner: String,
    /// Whether strangers have names beside it.
    shared: bool,
    verdict: Verdict,
    /// Every entry it matches.
    entries: Vec<Entry>,
}

#[derive(Debug, Serialize)]
struct Entry {
    entry: String,
    /// Whether it names the very page.
    is_page: bool,
    said: Vec<verdict::Listed>,
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

/// Shows what each list says of a host or an address, and what follows from it.
#[must_use]
pub fn explain(shelf: &Shelf, asked: &str, now: Moment) -> Outcome {
    let list = shelf.list();
    let mut data = of_list(list, shelf.is_starter(), None);
    data.lists.clear();
    let mut section = Section {
        title: "What the lists say".into(),
        ..Section::default()
    };
    let Some(address) = canonical(asked.as_bytes()) else {
        section.summary = vec!["That names no host of the web.".into()];
        return Outcome::new(TOOL, &data, section);
    };
    let (verdict, hits) = said_of(shelf, &address, now);
    let query = address.query.as_ref().map(|it| format!("?{it}"));
    let path = format!("{}{}", address.path, query.unwrap_or_default());
    let host = address.host.clone();
    let canonical = if path == "/" {
        host
    } else {
        format!("{}{path}", address.host)
    };
    let owner = list.suffixes().owner(&address.host);
    let owned = match address.is_ip {
        true => address.host.as_str(),
        false => list.suffixes().owned(&address.host),
    };
    section.summary = vec![format!("{canonical}: {}.", verdict.words)];
    if !address.is_ip && owner.is_suffix {
        section
            .summary
            .push("Strangers have names below it, so it is no entry itself.".into());
    } else if !address.is_ip && owner.shared {
        section.summary.push(format!(
            "{owned} stands among names of strangers: an entry means one host."
        ));
    }
    if list.suffixes().is_top_site(&address.host) {
        section
            .summary
            .push("It is a site that everybody visits: only pages of it can be listed.".into());
    }
    let entries: Vec<Entry> = hits
        .iter()
        .map(|hit| Entry {
            entry: hit.entry.clone(),
            is_page: hit.is_page,
            said: hit.sightings.iter().map(verdict::Listed::of).collect(),
        })
        .collect();
    let rows = entries.iter().flat_map(|entry| {
        entry.said.iter().map(|said| {
            [
                &entry.entry,
                &said.list,
                &said.since,
                &said.category,
                &said.family,
            ]
            .map(|text| Cell::Text(text.clone()))
            .to_vec()
        })
    });
    let rows: Vec<_> = rows.collect();
    if !rows.is_empty() {
        section.blocks.push(Block::Table(Table {
            title: "Entries that match".into(),
            columns: ["Entry", "List", "Since", "What it does", "Kind"]
                .map(Into::into)
                .into(),
            rows,
            more: 0,
        }));
    }
    section.notes = ladder(&verdict);
    section.notes.extend(shelf.notes().iter().cloned());
    let finding = verdict.is_flagged().then(|| Finding {
        rule: "lists.explained".into(),
        level: verdict.level.of_finding(),
        subject: address.host.clone(),
        place: None,
        bytes: None,
        evidence: verdict.words.clone(),
        advice:
            "To be listed does not prove that harm was done. `candor lists allow` lets a host pass."
                .into(),
    });
    data.explained = Some(Explained {
        asked: asked.to_owned(),
        canonical,
        owner: owned.to_owned(),
        shared: owner.shared,
        verdict,
        entries,
    });
    let mut outcome = Outcome::new(TOOL, &data, section);
    outcome.findings.extend(finding);
    outcome.skipped.extend(shelf.unusable().cloned());
    outcome
}

/// Says which step of the ladder a verdict stands on, and why not on another.
fn ladder(verdict: &Verdict) -> Vec<String> {
    let why = match verdict.level {
        verdict::Level::Red => {
            "Red: a list that people look after names it, or lists of two publishers do."
        }
        verdict::Level::Amber => {
            "Amber: lists of one publisher name it, or it is a page made for tests."
        }
        verdict::Level::Blue => {
            "Blue: it is on no list; its name looks like another. That is a guess and stays one."
        }
        verdict::Level::Grey => "Grey: it was listed, too long ago to say that it is.",
        verdict::Level::None => match &verdict.allowed_by {
            Some(_) => "No alarm: you allow it.",
            None => "No alarm: no list names it. Lists know a small part of what does harm.",
        },
    };
    vec![why.into()]
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
