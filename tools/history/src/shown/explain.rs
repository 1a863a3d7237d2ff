//! Why an address is told as it is: every entry it matches, and the step of the ladder.

use serde::Serialize;
use tool::{Block, Cell, Finding, Moment, Outcome, Section, Table};

use super::{TOOL, of_list};
use crate::{
    canonical::canonical,
    judge::said_of,
    shelf::Shelf,
    verdict::{self, Verdict},
};

/// What lists say of one address.
#[derive(Debug, Serialize)]
pub(super) struct Explained {
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
        advice: match verdict.level {
            verdict::Level::Blue => "If you meant another site, leave this one. It is a guess: Candor knows \
                                     nothing of it. `candor lists allow` lets a host pass.",
            _ => {
                "To be listed does not prove that harm was done. `candor lists allow` lets a host pass."
            }
        }
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
