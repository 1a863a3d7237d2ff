//! `candor dupes --choose`: groups of copies, of which one stays.

use acts::Act;
use choose::{Group, Item, Rule};
use dupes::{Choice, Offer};
use tool::{Proposal, Seen};

use super::{Session, Sheet, Wants, ready};
use crate::{
    cli::Dupes,
    commands::plan,
    failure::{Ending, Failure},
};

/// Searches, shows the list, and writes a plan of what was chosen or carries it out.
pub(in super::super) fn copies(asked: &Dupes) -> Result<Ending, Failure> {
    let file = ready(&asked.shared, asked.selection.plan.as_deref())?;
    let mut session = Session::begin("dupes", &asked.shared)?;
    let wants = Wants {
        dupes: Some(&asked.disk),
        selection: Some(&asked.selection),
        ..Wants::default()
    };
    session.pass(&asked.paths, &wants)?;
    let choices = std::mem::take(&mut session.choices);
    let sheet = Sheet {
        title: "Duplicates",
        things: ["copy", "copies"],
        act: asked.selection.act.map_or(Act::Trash, plan::act),
        file,
        groups: choices.iter().map(group).collect(),
    };
    session.choose(sheet, &asked.shared, |selected| {
        let chosen = choices.iter().zip(selected);
        chosen
            .flat_map(|(choice, flags)| of_choice(choice, flags))
            .collect()
    })
}

/// Returns the copies of a group as a list shows them.
fn group(choice: &Choice) -> Group {
    let first = choice.copies.first().and_then(|copy| copy.names.first());
    let name = first.and_then(|seen| seen.path.0.file_name());
    let title = tool::path_text::shown(name.unwrap_or_default());
    let items = choice.copies.iter().enumerate().flat_map(|(number, copy)| {
        let why = match copy.goes {
            true => format!("Proposed to go. Another copy stays: {}", copy.why),
            false => format!("Proposed to stay: {}", copy.why),
        };
        copy.names
            .iter()
            .map(move |seen| item(seen, copy, number, why.clone()))
    });
    Group {
        title,
        detail: format!("{} files of {}", choice.copies.len(), choice.size),
        rule: Rule::Stay(choice.stay),
        items: items.collect(),
    }
}

fn item(seen: &Seen, copy: &Offer, file: usize, reason: String) -> Item {
    Item {
        path: seen.path.0.clone(),
        file,
        frees: copy.frees,
        is: seen.is,
        reason,
        selected: copy.goes,
        locked: copy.locked.clone(),
    }
}

/// Returns what goes of a group, given which of its items were chosen.
fn of_choice(choice: &Choice, flags: &[bool]) -> Vec<Proposal> {
    let mut flags = flags.iter().copied();
    let mut of_copy = |copy: &Offer| flags.by_ref().take(copy.names.len()).collect();
    let goes: Vec<Vec<bool>> = choice.copies.iter().map(&mut of_copy).collect();
    choice.proposals(&goes)
}
