//! Which applications are on a machine, and by what they can be told.
//!
//! Each source of knowledge has a file of its own. What a source cannot tell is noted, because unknown is
//! keep: an application that cannot be read may be the one something belongs to.

mod appimage;
mod bundle;
mod desktop;
mod dpkg;
mod flatpak;
mod package;
mod pacman;
mod rpm;
mod snap;

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

use formats::properties::{self, Properties};
use knowledge::{Base, Platform, applications::Key};
use serde::{Deserialize, Serialize};
use tool::{Machine, Skipped, Why};

pub(crate) use desktop::{Entry, started_by};

use crate::disk;

/// How an application came onto the machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// In one file.
    AppImage,
    /// As a macOS bundle.
    Bundle,
    /// By dpkg: Debian, Ubuntu.
    Dpkg,
    /// By an entry of the menu that no package put there.
    Entry,
    /// By flatpak.
    Flatpak,
    /// By pacman: Arch Linux.
    Pacman,
    /// By rpm: Fedora, openSUSE.
    Rpm,
    /// By snap.
    Snap,
}

/// What speaks for a name being that of an application.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fact {
    /// A program of that name is in its list of files, or is started by its entry.
    Program,
    /// A bundle calls itself so.
    Bundle,
    /// Its entry in the menu is called so.
    Entry,
    /// A file that is an application is called so.
    File,
    /// Its package is called so.
    Package,
    /// It says that its windows are called so.
    WindowClass,
}

/// One installed application.
#[derive(Clone, Debug)]
pub struct Application {
    /// How it came here.
    pub kind: Kind,
    /// What its kind calls it: a package, an identifier, a path. Unique within the kind.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// Identifiers that no other application has.
    pub ids: BTreeSet<(Key, String)>,
    /// Names it goes by, and what speaks for each.
    pub facts: BTreeMap<String, BTreeSet<Fact>>,
    /// Its programs: whole paths below the machine's root.
    pub programs: BTreeSet<PathBuf>,
    /// What it is itself, if that is a person's to remove: a bundle, a file.
    pub own: Vec<PathBuf>,
    /// The command that removes it, if it is not a person's to remove.
    pub command: Option<String>,
    /// Whether it is a part of the system, which nobody removes.
    pub system: bool,
}

impl Application {
    pub(crate) fn new(kind: Kind, id: &str, name: &str) -> Self {
        Self {
            kind,
            id: id.to_owned(),
            name: name.to_owned(),
            ids: BTreeSet::new(),
            facts: BTreeMap::new(),
            programs: BTreeSet::new(),
            own: Vec::new(),
            command: None,
            system: false,
        }
    }

    pub(crate) fn fact(&mut self, name: &str, fact: Fact) {
        if !name.is_empty() {
            self.facts.entry(name.to_owned()).or_default().insert(fact);
        }
    }

    /// Returns the name by which nobody else can be meant: `flatpak:org.gimp.GIMP`.
    #[must_use]
    pub fn full_id(&self) -> String {
        let kind = match self.kind {
            Kind::AppImage => "appimage",
            Kind::Bundle => "bundle",
            Kind::Dpkg => "dpkg",
            Kind::Entry => "entry",
            Kind::Flatpak => "flatpak",
            Kind::Pacman => "pacman",
            Kind::Rpm => "rpm",
            Kind::Snap => "snap",
        };
        format!("{kind}:{}", self.id)
    }
}

/// Which applications there are, and what is not known about that.
#[derive(Debug, Default)]
pub struct Inventory {
    /// The applications, sorted by kind and id.
    pub applications: Vec<Application>,
    /// Applications that are there, or were, and of which nothing is known: on a disk that is not mounted,
    /// or damaged. Something that seems to belong to none may be theirs.
    pub unknown: Vec<PathBuf>,
    /// Identifiers of parts that are inside applications.
    pub parts: BTreeSet<String>,
    /// Which kinds' lists were found and read.
    pub(crate) known: BTreeSet<Kind>,
    /// Configuration files of packages that are removed, by package.
    pub(crate) removed: BTreeMap<String, Vec<PathBuf>>,
    /// Revisions of snaps that are kept beside the one in use.
    pub(crate) disabled: Vec<(String, String, PathBuf)>,
    /// Entries of people's menus and of what starts by itself, with what they start.
    pub(crate) entries: Vec<Entry>,
    /// Folders whose programs are started by name, as far as they are there.
    pub(crate) folders: Vec<PathBuf>,
    /// Paths that links in these folders lead to.
    pub(crate) linked: Vec<PathBuf>,
    /// What could not be looked at.
    pub skipped: Vec<Skipped>,
}

impl Inventory {
    fn has(&self, kind: Kind, id: &str) -> bool {
        self.applications
            .iter()
            .any(|it| it.kind == kind && it.id == id)
    }
}

/// Takes the inventory of a machine.
#[must_use]
pub fn of(machine: &Machine) -> Inventory {
    let mut inventory = Inventory::default();
    paths(machine, &mut inventory);
    match machine.platform {
        Platform::Linux => {
            let mut packages = dpkg::read(machine, &mut inventory);
            packages.extend(pacman::read(machine, &mut inventory));
            packages.extend(rpm::read(machine, &mut inventory));
            flatpak::read(machine, &mut inventory);
            snap::read(machine, &mut inventory);
            let entries = desktop::entries(machine, &mut inventory);
            package::with_entries(machine, packages, &entries, &mut inventory);
            appimage::read(machine, &entries, &mut inventory);
            desktop::on_their_own(&entries, &mut inventory);
            inventory.entries = entries;
        }
        Platform::Macos => bundle::read(machine, &mut inventory),
    }
    inventory
        .applications
        .sort_by(|a, b| (a.kind, &a.id).cmp(&(b.kind, &b.id)));
    inventory
}

/// Notes the folders whose programs are started by name, and where their links lead: a version of a tool
/// that is in use has no other mark (Mole#801).
fn paths(machine: &Machine, inventory: &mut Inventory) {
    for folder in found("application.paths", machine, &mut inventory.skipped) {
        for (path, kind) in disk::entries(&folder, &mut inventory.skipped) {
            if kind == tool::EntryKind::Link {
                inventory.linked.extend(disk::follow(&machine.root, &path));
            }
        }
        inventory.folders.push(folder);
    }
    inventory.linked.sort();
    inventory.linked.dedup();
}

/// Returns the folders of everyone on the machine; of nobody, if there is no one.
pub(crate) fn people(machine: &Machine) -> Vec<Base> {
    if machine.people.is_empty() {
        let nobody = machine.root.join("nonexistent");
        return vec![Base::of_home(machine.platform, &machine.root, &nobody)];
    }
    machine.people.clone()
}

/// Finds what is there of the places that a name means, each path once, sorted.
pub(crate) fn found(name: &str, machine: &Machine, skipped: &mut Vec<Skipped>) -> Vec<PathBuf> {
    let mut all = BTreeSet::new();
    for place in knowledge::named(name) {
        for base in people(machine) {
            for pattern in place.paths(&base) {
                let found = tool::places::find(&pattern);
                all.extend(found.paths);
                skipped.extend(found.skipped);
            }
        }
    }
    all.into_iter().collect()
}

/// Reads a small property list; what cannot be read is told, what is not there is not.
pub(crate) fn properties(path: &Path, skipped: &mut Vec<Skipped>) -> Option<Properties> {
    properties::read(path)
        .map_err(|error| tell(path, &error, skipped))
        .ok()
}

/// Reads a file of at most `limit` bytes as text.
pub(crate) fn text(path: &Path, limit: u64, skipped: &mut Vec<Skipped>) -> Option<String> {
    match formats::file::read(path, limit) {
        Ok(bytes) => Some(String::from_utf8_lossy(&bytes).into_owned()),
        Err(error) => {
            file(path, &error, skipped);
            None
        }
    }
}

fn tell(path: &Path, error: &properties::Error, skipped: &mut Vec<Skipped>) {
    match error {
        properties::Error::File(error) => file(path, error, skipped),
        other => {
            let detail = other.to_string();
            skipped.push(Skipped::new(path, Why::Damaged { detail }));
        }
    }
}

fn file(path: &Path, error: &formats::file::Error, skipped: &mut Vec<Skipped>) {
    use formats::file::Error;
    let why = match error {
        Error::Missing { .. } => return,
        Error::Denied { .. } => Why::Denied,
        Error::TooLarge { limit, .. } => Why::TooLarge {
            detail: format!("more than {limit} bytes"),
        },
        other => Why::Failed {
            detail: other.to_string(),
        },
    };
    skipped.push(Skipped::new(path, why));
}
