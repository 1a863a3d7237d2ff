//! Entries of the menu, and of what starts by itself.
//!
//! Source: Desktop Entry Specification 1.5, 2020-04-27; systemd.service(5); D-Bus Specification 0.43.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

use formats::ini;
use knowledge::applications::Key;
use tool::{Machine, Skipped, Why};

use super::{Application, Fact, Inventory, Kind, found};
use crate::exec::{self, Program};

/// What an entry of the menu says.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    /// Where it is.
    pub(crate) path: PathBuf,
    /// Its name without `.desktop`; in a folder inside, that folder's name before it: `kde-okular`.
    pub(crate) id: String,
    /// What people call it.
    pub(crate) name: Option<String>,
    /// What its windows are called.
    pub(crate) class: Option<String>,
    /// What it starts.
    pub(crate) program: Program,
    /// Whether a menu shows it.
    pub(crate) hidden: bool,
}

impl Entry {
    /// Tells an application what this entry says of it.
    pub(super) fn tell(&self, application: &mut Application) {
        if Key::Desktop.accepts(&self.id) {
            application.ids.insert((Key::Desktop, self.id.clone()));
        }
        application.fact(&self.id, Fact::Entry);
        if let Some(class) = &self.class {
            application.fact(class, Fact::WindowClass);
        }
        if let Program::Lives { named, real } = &self.program {
            application.programs.insert(named.clone());
            application.programs.insert(real.clone());
        }
    }
}

/// Reads every entry of every menu.
pub(super) fn entries(machine: &Machine, inventory: &mut Inventory) -> Vec<Entry> {
    let paths = found("application.desktop", machine, &mut inventory.skipped);
    let mut all = Vec::new();
    for path in paths {
        let Some(section) = section(&path, &["Desktop Entry"], &mut inventory.skipped) else {
            continue;
        };
        let kind = section.get("Type").unwrap_or("Application");
        let (Some(id), "Application") = (id_of(&path), kind) else {
            continue;
        };
        let program = match section.get("Exec") {
            Some(line) => exec::program(line, machine, &inventory.folders),
            None => Program::Unknown,
        };
        let is_set = |key: &str| section.get(key) == Some("true");
        all.push(Entry {
            id,
            name: section.get("Name").map(str::to_owned),
            class: section.get("StartupWMClass").map(str::to_owned),
            program,
            hidden: is_set("NoDisplay") || is_set("Hidden"),
            path,
        });
    }
    all
}

/// Notes the entries that no package and no file speaks for as applications of their own.
///
/// One whose program is another application's, such as a page that a browser shows as an application,
/// gets no claim to that program.
pub(super) fn on_their_own(entries: &[Entry], inventory: &mut Inventory) {
    let known: BTreeSet<&String> = inventory
        .applications
        .iter()
        .flat_map(|it| &it.facts)
        .filter(|(_, facts)| facts.contains(&Fact::Entry))
        .map(|(name, _)| name)
        .collect();
    let programs: BTreeSet<PathBuf> = inventory
        .applications
        .iter()
        .flat_map(|it| it.programs.clone())
        .collect();
    let mut new: Vec<Application> = Vec::new();
    for entry in entries.iter().filter(|entry| !known.contains(&entry.id)) {
        let Program::Lives { named, real } = &entry.program else {
            continue;
        };
        let name = entry.name.as_deref().unwrap_or(&entry.id);
        let mut found = Application::new(Kind::Entry, &entry.id, name);
        entry.tell(&mut found);
        if programs.contains(named) || programs.contains(real) {
            found.programs.clear();
        } else if let Some(name) = real.file_name().and_then(|name| name.to_str()) {
            found.fact(name, Fact::Program);
        }
        if !new.iter().any(|it| it.id == found.id) {
            new.push(found);
        }
    }
    inventory.applications.append(&mut new);
}

/// Returns the command line in a file that starts a program: a desktop entry, a unit or a service.
pub(crate) fn started_by(path: &Path, skipped: &mut Vec<Skipped>) -> Option<String> {
    let sections = ["Desktop Entry", "Service", "D-BUS Service"];
    let section = section(path, &sections, skipped)?;
    let line = section.get("Exec").or(section.get("ExecStart"))?;
    Some(line.to_owned())
}

fn section(path: &Path, names: &[&str], skipped: &mut Vec<Skipped>) -> Option<ini::Section> {
    match ini::read(path) {
        Ok(read) => {
            let mut sections = read.sections().iter();
            sections.find(|it| names.contains(&it.name())).cloned()
        }
        Err(ini::Error::File(error)) => {
            // A link to nowhere, or to a file that is not granted, is no entry.
            if !matches!(
                error,
                formats::file::Error::Missing { .. } | formats::file::Error::NotAFile { .. }
            ) {
                super::file(path, &error, skipped);
            }
            None
        }
        Err(error) => {
            let detail = error.to_string();
            skipped.push(Skipped::new(path, Why::Damaged { detail }));
            None
        }
    }
}

fn id_of(path: &Path) -> Option<String> {
    let stem = path.file_stem()?.to_str()?;
    let folder = path.parent()?.file_name()?.to_str()?;
    Some(match folder {
        "applications" => stem.to_owned(),
        inside => format!("{inside}-{stem}"),
    })
}
