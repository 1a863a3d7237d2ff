//! From packages to applications: a package that has a program or an entry in the menu is one.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

use knowledge::applications::Key;
use tool::Machine;

use super::{Application, Entry, Fact, Inventory, Kind};
use crate::disk;

/// One installed package.
pub(super) struct Package {
    pub(super) kind: Kind,
    pub(super) name: String,
    /// Whole paths as the machine has them, without its root.
    pub(super) files: BTreeSet<PathBuf>,
    pub(super) command: String,
}

/// Folders whose files are programs.
const PROGRAMS: [&str; 7] = [
    "/bin",
    "/sbin",
    "/usr/bin",
    "/usr/games",
    "/usr/local/bin",
    "/usr/sbin",
    "/usr/libexec",
];

/// Notes every package that is an application.
pub(super) fn with_entries(
    machine: &Machine,
    packages: Vec<Package>,
    entries: &[Entry],
    inventory: &mut Inventory,
) {
    let by_path: BTreeMap<&Path, &Entry> = entries
        .iter()
        .map(|entry| (entry.path.as_path(), entry))
        .collect();
    for package in packages {
        let mut found = Application::new(package.kind, &package.name, &package.name);
        found.command = Some(package.command);
        found.fact(&package.name, Fact::Package);
        let mut titles = Vec::new();
        for file in &package.files {
            let path = disk::at(&machine.root, file);
            let name = file.file_name().and_then(|name| name.to_str());
            if let Some(entry) = by_path.get(path.as_path()) {
                entry.tell(&mut found);
                titles.extend(entry.name.clone().filter(|_| !entry.hidden));
            } else if let Some(name) = name.filter(|_| is_program(file)) {
                found.fact(name, Fact::Program);
                found.programs.insert(path);
            } else if file.starts_with("/opt") && name.is_some() {
                // What lies there is a whole application; any of its files may be what is started.
                found.programs.insert(path);
            }
        }
        // What an entry starts is a program of this package only if the package has it.
        let own = |path: &PathBuf| {
            let path = Path::new("/").join(path.strip_prefix(&machine.root).unwrap_or(path));
            package.files.contains(&path)
        };
        found.programs.retain(own);
        if let [title] = titles.as_slice() {
            found.name.clone_from(title);
        }
        let has_entry = found.ids.iter().any(|(key, _)| *key == Key::Desktop);
        if !found.programs.is_empty() || has_entry || !titles.is_empty() {
            inventory.applications.push(found);
        }
    }
}

fn is_program(file: &Path) -> bool {
    file.parent()
        .is_some_and(|folder| PROGRAMS.iter().any(|it| folder == Path::new(it)))
}
