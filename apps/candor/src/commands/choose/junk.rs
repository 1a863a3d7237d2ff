//! `candor clean --choose`: junk by kind, of which anything may go.

use std::collections::BTreeMap;

use acts::Act;
use choose::{Group, Item, Rule};
use clean::is_of;
use knowledge::{Platform, junk::rows};
use tool::Proposal;

use super::{Session, Sheet, Wants, ready};
use crate::{
    cli::Clean,
    commands::cleaning,
    failure::{Ending, Failure},
};

/// Searches, shows the list, and writes a plan of what was chosen or carries it out.
pub(in super::super) fn junk(asked: &Clean) -> Result<Ending, Failure> {
    let cleaning = &asked.cleaning;
    let file = ready(&asked.shared, cleaning.plan.as_deref())?;
    let mut session = Session::begin("clean", &asked.shared)?;
    let wants = Wants {
        junk: true,
        cleaning: Some(cleaning),
        ..Wants::default()
    };
    session.pass(&asked.paths, &wants)?;
    let mut by_kind: BTreeMap<String, Vec<Proposal>> = BTreeMap::new();
    for it in std::mem::take(&mut session.proposals) {
        by_kind
            .entry(it.rule.clone().unwrap_or_default())
            .or_default()
            .push(it);
    }
    let platform = session.machine.platform;
    let group = |(id, all): (&String, &Vec<Proposal>)| {
        let named = cleaning.kind.iter().any(|kind| is_of(id, kind));
        group(
            platform,
            id,
            all,
            (!cleaning.kind.is_empty()).then_some(named),
        )
    };
    let sheet = Sheet {
        title: "Junk",
        things: ["item", "items"],
        act: cleaning.act.map_or(Act::Trash, cleaning::act),
        file,
        groups: by_kind.iter().map(group).collect(),
    };
    session.choose(sheet, &asked.shared, |selected| {
        let flags = selected.iter().flatten();
        let chosen = by_kind.values().flatten().zip(flags).filter(|it| *it.1);
        chosen.map(|it| it.0.clone()).collect()
    })
}

/// Returns one kind of junk as a list shows it; `named` says whether a person named it, if they named any.
fn group(platform: Platform, id: &str, all: &[Proposal], named: Option<bool>) -> Group {
    let row = rows(platform).iter().find(|row| row.id == id);
    let reason = all.first().map(|it| it.reason.as_str()).unwrap_or_default();
    let (name, why) = reason.split_once(": ").unwrap_or((id, reason));
    let ticked = named.unwrap_or(row.is_some_and(|row| row.default));
    let item = |(number, it): (usize, &Proposal)| Item {
        path: it.path.0.clone(),
        file: number,
        frees: it.frees,
        is: it.is,
        reason: match row {
            Some(row) => format!("{}; if removed: {}", row.why, row.lost),
            None => why.to_owned(),
        },
        selected: ticked,
        locked: None,
    };
    Group {
        title: row.map_or(name, |row| &row.name).to_owned(),
        detail: row.map_or(why, |row| &row.why).to_owned(),
        rule: Rule::Any,
        items: all.iter().enumerate().map(item).collect(),
    }
}
