//! What was found, as `schemas/candor.uninstall.1.schema.json` has it.

use knowledge::applications::{Grade, RULE};
use serde::Serialize;
use tool::{Bytes, Days, Machine, PathText, Proposal};

use crate::{
    candidates::Candidate,
    disk::Whole,
    inventory::{Application, Kind},
};

/// What `candor uninstall APP --json` and `candor clean --orphans --json` say.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Found {
    /// The application; `null` if orphans were asked for, or nothing or more than one is meant.
    pub application: Option<Named>,
    /// Of a name that means no application, or several: the names of those that may be meant.
    pub alike: Vec<String>,
    /// How many applications are installed.
    pub installed: u64,
    /// What a plan would move away, and all that stays though something speaks for it.
    pub items: Vec<Item>,
    /// What only other programs may remove, with their commands.
    pub told: Vec<Told>,
    /// What the disk would gain without all that is selected.
    pub frees: Bytes,
}

/// An application as it is called.
#[derive(Clone, Debug, Serialize)]
pub struct Named {
    /// The name that means no other: `flatpak:org.gimp.GIMP`.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// How it came onto the machine.
    pub kind: Kind,
    /// The command that removes it, where Candor does not.
    pub command: Option<String>,
    /// Whether it is a part of the system.
    pub system: bool,
}

impl Named {
    pub(crate) fn of(application: &Application) -> Self {
        Self {
            id: application.full_id(),
            name: application.name.clone(),
            kind: application.kind,
            command: application.command.clone(),
            system: application.system,
        }
    }
}

/// One thing that belongs, or seems to belong, to an application.
#[derive(Clone, Debug, Serialize)]
pub struct Item {
    /// Where it is.
    pub path: PathText,
    /// The application, or the identifier of one that is gone.
    pub of: String,
    /// What it is to the application: "its settings".
    pub what: String,
    /// The row that names the place: `linux.config`.
    pub place: String,
    /// How sure it is that it belongs to it.
    pub grade: Grade,
    /// What speaks for it.
    pub evidence: String,
    /// Whether a plan would move it away.
    pub selected: bool,
    /// Why it stays, if it does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kept: Option<String>,
    /// What is lost without it.
    pub lost: String,
    /// What the disk would gain at the least.
    pub frees: Bytes,
    /// Files in it.
    pub files: u64,
    /// For how long nothing in it changed.
    pub untouched: Days,
}

/// What another program has to remove.
#[derive(Clone, Debug, Serialize)]
pub struct Told {
    /// What it is about.
    pub what: String,
    /// Exactly what to run.
    pub command: String,
    /// Why.
    pub why: String,
    /// Where it is.
    pub places: Vec<PathText>,
}

/// Returns what is told of a candidate: whose it is, how certain that is, and why it stays, if it does.
pub(crate) fn item(
    machine: &Machine,
    candidate: &Candidate,
    id: &str,
    grade: Grade,
    evidence: String,
    kept: Option<String>,
    whole: Whole,
) -> (Item, Whole) {
    let row = candidate.row;
    let item = Item {
        path: candidate.path.as_path().into(),
        of: id.to_owned(),
        what: row.words.clone(),
        place: row.id.clone(),
        grade,
        evidence,
        selected: kept.is_none(),
        kept,
        lost: row.lost.clone(),
        frees: Bytes(whole.frees),
        files: whole.files,
        untouched: whole.newest.days_until(machine.now),
    };
    (item, whole)
}

/// Puts items in order, and makes proposals of those that are selected.
pub(crate) fn propose(found: &mut Found, mut items: Vec<(Item, Whole)>) -> Vec<Proposal> {
    items.sort_by(|(a, _), (b, _)| {
        (!a.selected, &a.of, &a.path).cmp(&(!b.selected, &b.of, &b.path))
    });
    let mut proposals = Vec::new();
    for (item, whole) in items {
        if let (true, Some(is)) = (item.selected, whole.is) {
            found.frees += item.frees;
            proposals.push(Proposal {
                path: item.path.clone(),
                is,
                reason: format!("{} of {}: {}", item.what, item.of, item.evidence),
                rule: Some(RULE.to_owned()),
                frees: item.frees,
                survivor: None,
                inside: whole.inside,
                mirror: Vec::new(),
            });
        }
        found.items.push(item);
    }
    proposals
}
