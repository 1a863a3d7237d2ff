//! One application: what it is, and what it left.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use knowledge::applications::Grade;
use tool::{Machine, Proposal};

use crate::{
    candidates::Candidate,
    claims::{Claim, Claimed},
    disk,
    found::{Found, Item, Named, Told, item, propose},
    inventory::{Application, Inventory, people},
    keep::Keep,
};

/// Names that may have been meant, at most.
const MOST_ALIKE: usize = 10;

/// Finds the application that a name means, and all that belongs to it.
pub(crate) fn of(
    machine: &Machine,
    inventory: &Inventory,
    candidates: &[Candidate],
    claimed: &[Claimed],
    name: &str,
) -> (Found, Vec<Proposal>) {
    let mut found = Found {
        installed: inventory.applications.len() as u64,
        ..Found::default()
    };
    let number = match meant(inventory, name) {
        Ok(number) => number,
        Err(alike) => {
            found.alike = alike;
            return (found, Vec::new());
        }
    };
    let application = &inventory.applications[number];
    found.application = Some(Named::of(application));
    if application.system {
        return (found, Vec::new());
    }
    if let Some(command) = &application.command {
        found.told.push(Told {
            what: application.name.clone(),
            command: command.clone(),
            why: "its own files are removed by what put them there".to_owned(),
            places: Vec::new(),
        });
    }
    found.told.extend(receipts(application, candidates));
    let items = items(machine, inventory, candidates, claimed, number);
    let proposals = propose(&mut found, items);
    (found, proposals)
}

/// Returns the one application that a name means: its full id, its id, or its name in any case. A part of
/// a name means nothing.
fn meant(inventory: &Inventory, name: &str) -> Result<usize, Vec<String>> {
    let name = name.trim().trim_end_matches('/');
    let all = || inventory.applications.iter().enumerate();
    let by = |means: &dyn Fn(&Application) -> bool| -> Vec<usize> {
        let found = all().filter(|(_, it)| means(it));
        found.map(|(number, _)| number).collect()
    };
    let small = name.to_lowercase();
    let ways: [&dyn Fn(&Application) -> bool; 4] = [
        &|it| it.full_id() == name,
        &|it| it.own.iter().any(|own| own.as_path() == Path::new(name)),
        &|it| it.id == name,
        &|it| it.name.to_lowercase() == small || it.has_own_name(&small),
    ];
    if name.is_empty() {
        return Err(Vec::new());
    }
    for way in ways {
        let found = by(way);
        match found.as_slice() {
            [] => {}
            [one] => return Ok(*one),
            several => {
                let ids = several
                    .iter()
                    .map(|it| inventory.applications[*it].full_id());
                return Err(ids.take(MOST_ALIKE).collect());
            }
        }
    }
    let part = |it: &Application| {
        small.chars().count() >= 3
            && (it.name.to_lowercase().contains(&small) || it.id.to_lowercase().contains(&small))
    };
    let alike = all().filter(|(_, it)| part(it) && !it.system);
    Err(alike.map(|(_, it)| it.full_id()).take(MOST_ALIKE).collect())
}

impl Application {
    /// Returns whether its bundle or file is called so, ending and case aside.
    fn has_own_name(&self, small: &str) -> bool {
        let stem = |path: &PathBuf| {
            let stem = path.file_stem()?.to_str()?;
            Some(stem.to_lowercase())
        };
        self.own.iter().filter_map(stem).any(|stem| stem == small)
    }
}

fn items(
    machine: &Machine,
    inventory: &Inventory,
    candidates: &[Candidate],
    claimed: &[Claimed],
    number: usize,
) -> Vec<(Item, disk::Whole)> {
    let application = &inventory.applications[number];
    let keep = Keep::new(people(machine), inventory);
    let mut items = Vec::new();
    for Claimed { path, rows, claims } in claimed {
        let own = application.own.iter().any(|own| own == path);
        let claim = match own {
            // Whose it is has been found out before; others may still have a claim to it.
            true => Claim {
                grade: Grade::Exact,
                evidence: "it is the application".to_owned(),
            },
            false => match claims.get(&number) {
                Some(claim) => claim.clone(),
                None => continue,
            },
        };
        let other = claims.keys().find(|it| **it != number);
        let other = other.map(|it| &inventory.applications[*it]);
        let candidate = rows
            .iter()
            .map(|number| &candidates[*number])
            .max_by_key(|it| (it.row.own == own, it.row.grade))
            .expect("a path is there because of a row");
        let whole = disk::whole(path);
        let kept = why_kept(&claim, other).or_else(|| keep.why(path, own, &whole));
        let Claim { grade, evidence } = claim;
        let of = &application.name;
        items.push(item(machine, candidate, of, grade, evidence, kept, whole));
    }
    items
}

fn why_kept(claim: &Claim, other: Option<&Application>) -> Option<String> {
    if let Some(other) = other {
        return Some(format!("{} may use it as well", other.name));
    }
    let only_name = "only its name fits, and names can be the same by chance";
    (claim.grade == Grade::Medium).then(|| only_name.to_owned())
}

/// Returns the command that forgets the receipts of an application.
fn receipts(application: &Application, candidates: &[Candidate]) -> Vec<Told> {
    let mut told: BTreeMap<String, Told> = BTreeMap::new();
    let receipts = candidates.iter().filter(|it| it.row.id == "macos.receipts");
    for candidate in receipts {
        let Some((key, id)) = candidate.names.first() else {
            continue;
        };
        if !application.ids.contains(&(*key, id.clone())) {
            continue;
        }
        told.entry(id.clone())
            .or_insert_with(|| Told {
                what: format!("the receipt {id}"),
                command: format!("pkgutil --forget {id}"),
                why: "macOS keeps a note of its installation".to_owned(),
                places: Vec::new(),
            })
            .places
            .push(candidate.path.as_path().into());
    }
    told.into_values().collect()
}
