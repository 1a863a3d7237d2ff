//! What applications left that are gone: only with proof that there was one.
//!
//! An update takes an application away for a moment, and one of its siblings has nearly the same
//! identifier (Mole#1475). So nothing counts that changed in the last days, or whose maker still has an
//! application here; and nothing at all while an application is there that cannot be read (Mole#1219).

use std::collections::{BTreeMap, BTreeSet};

use knowledge::{
    Platform,
    applications::{Asks, Grade, Key},
};
use tool::{Days, Machine, Proposal};

use crate::{
    candidates::Candidate,
    disk::{self, Whole},
    exec::{self, Program},
    found::{Found, Item, Told, item, propose},
    inventory::{Inventory, Kind, people},
    keep::Keep,
};

/// For how long nothing may have changed.
const QUIET: Days = Days(30);

/// Finds what is left of applications that are gone.
pub(crate) fn of(
    machine: &Machine,
    inventory: &Inventory,
    candidates: &[Candidate],
) -> (Found, Vec<Proposal>) {
    let mut found = Found {
        installed: inventory.applications.len() as u64,
        ..Found::default()
    };
    let mut items = by_id(machine, inventory, candidates);
    items.extend(entries(machine, inventory, candidates));
    found.told = told(inventory);
    let proposals = propose(&mut found, items);
    (found, proposals)
}

/// Things that bear the identifier of an application that is not installed.
fn by_id(machine: &Machine, inventory: &Inventory, candidates: &[Candidate]) -> Vec<(Item, Whole)> {
    let mut all: BTreeMap<(Key, String), Vec<&Candidate>> = BTreeMap::new();
    for candidate in candidates {
        if let Some(id) = id_of(candidate) {
            all.entry(id).or_default().push(candidate);
        }
    }
    let installed = Installed::of(inventory);
    let keep = Keep::new(people(machine), inventory);
    let mut items = Vec::new();
    for ((key, id), candidates) in all {
        if installed.has(key, &id) {
            continue;
        }
        let proof = candidates.iter().find(|it| it.row.proves);
        let unknown = why_unknown(key, &id, machine, inventory, &installed);
        let looked: Vec<Whole> = candidates.iter().map(|it| disk::whole(&it.path)).collect();
        let newest = looked.iter().map(|it| it.newest).max().unwrap_or_default();
        let quiet = newest.days_until(machine.now);
        let not_quiet = (quiet < QUIET).then(|| match quiet {
            Days(0) => "something of it changed today".to_owned(),
            days => format!("something of it changed {days} ago, and it may be in use"),
        });
        let unproven = proof
            .is_none()
            .then(|| "nothing shows that it was an application's".to_owned());
        for (candidate, whole) in candidates.iter().zip(looked) {
            let kept = unproven
                .clone()
                .or_else(|| unknown.clone())
                .or_else(|| not_quiet.clone())
                .or_else(|| keep.why(&candidate.path, false, &whole));
            let evidence = match proof {
                Some(proof) => format!(
                    "no application with the identifier {id} is installed, and {} shows that there was one",
                    proof.row.words
                ),
                None => format!("no application with the identifier {id} is installed"),
            };
            let grade = match proof {
                Some(_) => candidate.row.grade,
                None => Grade::Medium,
            };
            items.push(item(machine, candidate, &id, grade, evidence, kept, whole));
        }
    }
    items
}

/// Returns the identifier that a thing bears; only what orphans can be told by.
fn id_of(candidate: &Candidate) -> Option<(Key, String)> {
    if candidate.row.asks == Asks::Identifier {
        let id = candidate.says.first()?;
        return Key::Bundle
            .accepts(id)
            .then(|| (Key::Bundle, id.to_owned()));
    }
    if candidate.row.asks == Asks::Program || candidate.row.id == "macos.receipts" {
        return None;
    }
    let id = [Key::Bundle, Key::Flatpak, Key::Snap]
        .into_iter()
        .find_map(|key| Some((key, candidate.name(key)?.to_owned())))?;
    // Two parts are also what files of other kinds are called.
    let plain = id.0 != Key::Bundle || id.1.split('.').count() >= 3;
    plain.then_some(id)
}

/// The identifiers of everything that is installed.
struct Installed<'i> {
    ids: BTreeSet<(Key, &'i str)>,
    bundles: BTreeSet<&'i str>,
    /// The first two parts of each: who made it.
    makers: BTreeSet<String>,
}

impl<'i> Installed<'i> {
    fn of(inventory: &'i Inventory) -> Self {
        let ids: BTreeSet<(Key, &str)> = inventory
            .applications
            .iter()
            .flat_map(|it| &it.ids)
            .map(|(key, id)| (*key, id.as_str()))
            .collect();
        let own = ids
            .iter()
            .filter(|(key, _)| *key == Key::Bundle)
            .map(|(_, id)| *id);
        let bundles: BTreeSet<&str> = own
            .chain(inventory.parts.iter().map(String::as_str))
            .collect();
        let makers = bundles.iter().filter_map(|id| maker(id)).collect();
        Self {
            ids,
            bundles,
            makers,
        }
    }

    fn has(&self, key: Key, id: &str) -> bool {
        self.ids.contains(&(key, id)) || key == Key::Bundle && self.bundles.contains(id)
    }
}

/// Returns the first two parts of an identifier in small letters: who made it.
fn maker(id: &str) -> Option<String> {
    let (first, rest) = id.split_once('.')?;
    let second = rest.split('.').next()?;
    Some(format!("{first}.{second}").to_ascii_lowercase())
}

/// Returns why nobody can tell whether the application is gone, if so.
fn why_unknown(
    key: Key,
    id: &str,
    machine: &Machine,
    inventory: &Inventory,
    installed: &Installed<'_>,
) -> Option<String> {
    let lists = match key {
        Key::Flatpak => Some(Kind::Flatpak),
        Key::Snap => Some(Kind::Snap),
        _ => None,
    };
    if lists.is_some_and(|kind| !inventory.known.contains(&kind)) {
        return Some("which applications of this kind are installed is not known".to_owned());
    }
    if machine.platform == Platform::Macos {
        if let Some(path) = inventory.unknown.first() {
            let home = machine.people.first().map(|it| it.home.as_path());
            let path = tool::path_text::shown_path(path, home);
            return Some(format!(
                "an application could not be read, and it may be its: {path}"
            ));
        }
        if inventory.applications.is_empty() {
            return Some("no application was found at all".to_owned());
        }
        let made = maker(id).is_some_and(|maker| installed.makers.contains(&maker));
        if made {
            return Some("another application of the same maker is installed".to_owned());
        }
    }
    None
}

/// Entries of the menu, and of what starts by itself, whose program is gone.
fn entries(
    machine: &Machine,
    inventory: &Inventory,
    candidates: &[Candidate],
) -> Vec<(Item, Whole)> {
    let keep = Keep::new(people(machine), inventory);
    let mut items = Vec::new();
    let asked = candidates.iter().filter(|it| {
        it.row.asks == Asks::Program && machine.platform == Platform::Linux && it.says.len() == 1
    });
    for candidate in asked {
        let line = &candidate.says[0];
        let Program::Gone(program) = exec::program(line, machine, &inventory.folders) else {
            continue;
        };
        let whole = disk::whole(&candidate.path);
        let quiet = whole.newest.days_until(machine.now);
        let kept = (quiet < QUIET)
            .then(|| format!("it changed {quiet} ago, and an update may put the program back"))
            .or_else(|| keep.why(&candidate.path, false, &whole));
        let home = machine.people.first().map(|it| it.home.as_path());
        let evidence = format!(
            "the program it starts is not there: {}",
            tool::path_text::shown_path(&program, home)
        );
        let id = candidate.name(Key::File).unwrap_or_default().to_owned();
        let grade = Grade::Strong;
        items.push(item(machine, candidate, &id, grade, evidence, kept, whole));
    }
    items
}

/// Returns what only package managers may remove: configuration of removed packages, old revisions.
fn told(inventory: &Inventory) -> Vec<Told> {
    let removed = inventory.removed.iter().map(|(package, files)| Told {
        what: format!("configuration of {package}, a package that was removed"),
        command: format!("apt-get purge {package}"),
        why: "dpkg keeps it in case the package comes back".to_owned(),
        places: files.iter().map(|path| path.as_path().into()).collect(),
    });
    let disabled = inventory
        .disabled
        .iter()
        .map(|(name, revision, path)| Told {
            what: format!("revision {revision} of the snap {name}, which is not in use"),
            command: format!("snap remove {name} --revision={revision}"),
            why: "snap keeps it to be able to go back".to_owned(),
            places: vec![path.as_path().into()],
        });
    removed.chain(disabled).collect()
}
