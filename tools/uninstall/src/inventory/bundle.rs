//! Applications of macOS: bundles that say what they are in `Contents/Info.plist`.
//!
//! Source: developer.apple.com, Information Property List, read 2026-11-25.

use std::path::{Path, PathBuf};

use formats::properties::Properties;
use knowledge::applications::{Key, is_shared_id};
use tool::{EntryKind, Machine, Skipped};

use super::{Application, Fact, Inventory, Kind, found, properties};
use crate::disk;

/// Notes every bundle, and those of which nothing can be read.
pub(super) fn read(machine: &Machine, inventory: &mut Inventory) {
    let mut skipped = Vec::new();
    let folders = found("application.folders", machine, &mut skipped);
    for folder in &folders {
        let deep = match folder.ends_with("Caskroom") {
            true => 2,
            false => 1,
        };
        bundles(machine, folder, deep, inventory, &mut skipped);
    }
    for path in found("application.bundles-inside", machine, &mut skipped) {
        let said = properties(&path, &mut skipped).unwrap_or_default();
        let Some(id) = first(&said, "CFBundleIdentifier") else {
            continue;
        };
        inventory.parts.insert(id.to_owned());
        let holder = inventory
            .applications
            .iter_mut()
            .filter(|it| it.own.iter().any(|own| path.starts_with(own)));
        // A part has an identifier of its own; one that carries the application's says nothing new.
        holder.filter(|_| !is_shared_id(id)).for_each(|it| {
            it.ids.insert((Key::Bundle, id.to_owned()));
        });
    }
    inventory.skipped.append(&mut skipped);
}

fn bundles(
    machine: &Machine,
    folder: &Path,
    deep: usize,
    inventory: &mut Inventory,
    skipped: &mut Vec<Skipped>,
) {
    for (path, kind) in disk::entries(folder, skipped) {
        let is_bundle = path.extension().is_some_and(|it| it == "app");
        match kind {
            EntryKind::Folder if is_bundle => bundle(machine, path, inventory, skipped),
            EntryKind::Folder if deep > 0 => {
                bundles(machine, &path, deep - 1, inventory, skipped);
            }
            // One that lies elsewhere: it may be on a disk that is not there now (Mole#1219).
            EntryKind::Link if is_bundle => linked(machine, &path, inventory),
            _ => {}
        }
    }
}

/// A link to a bundle in a folder that is looked at says nothing new; any other is not known.
fn linked(machine: &Machine, path: &Path, inventory: &mut Inventory) {
    let known = disk::follow(&machine.root, path).is_some_and(|real| {
        let places = ["Applications", "System/Applications"];
        let system = places.iter().map(|it| machine.root.join(it));
        let own = machine.people.iter().map(|it| it.home.join("Applications"));
        system.chain(own).any(|folder| real.starts_with(folder))
    });
    if !known {
        inventory.unknown.push(path.to_owned());
    }
}

fn bundle(machine: &Machine, path: PathBuf, inventory: &mut Inventory, skipped: &mut Vec<Skipped>) {
    let said = properties(&path.join("Contents/Info.plist"), skipped);
    let id = said
        .as_ref()
        .and_then(|said| first(said, "CFBundleIdentifier"));
    let (Some(said), Some(id)) = (&said, id.filter(|id| is_id(id))) else {
        // Being updated, damaged, or of another kind: whatever it is, it is not gone (Mole#150, Mole#1475).
        inventory.unknown.push(path);
        return;
    };
    let stem = path.file_stem().and_then(|it| it.to_str());
    let name = first(said, "CFBundleDisplayName")
        .or(first(said, "CFBundleName"))
        .or(stem)
        .unwrap_or(id);
    let system = path.starts_with(machine.root.join("System")) || is_shared_id(id);
    let mut found = Application::new(Kind::Bundle, id, name);
    if system {
        inventory.parts.insert(id.to_owned());
    } else {
        found.ids.insert((Key::Bundle, id.to_owned()));
    }
    found.system = system;
    for name in [
        stem,
        first(said, "CFBundleName"),
        first(said, "CFBundleDisplayName"),
    ] {
        found.fact(name.unwrap_or_default(), Fact::Bundle);
    }
    let helpers = said.get("SMPrivilegedExecutables").into_iter().flatten();
    for helper in helpers.filter(|it| !is_shared_id(it) && is_id(it)) {
        found.ids.insert((Key::Bundle, helper.clone()));
    }
    found.programs.insert(path.clone());
    found.own.push(path);
    inventory.applications.push(found);
}

fn first<'p>(said: &'p Properties, key: &str) -> Option<&'p str> {
    Some(said.get(key)?.first()?.as_str()).filter(|text| !text.trim().is_empty())
}

/// Whatever else a text is, no pattern becomes a shared folder with it.
fn is_id(id: &str) -> bool {
    is_shared_id(id) || Key::Bundle.accepts(id)
}
