//! Flatpaks of the system and of people: a folder for each, by its identifier.
//!
//! Source: docs.flatpak.org, Conventions, read 2026-11-23.

use std::path::PathBuf;

use knowledge::applications::Key;
use tool::{EntryKind, Machine};

use super::{Application, Inventory, Kind, people};
use crate::disk;

/// Notes every flatpak.
pub(super) fn read(machine: &Machine, inventory: &mut Inventory) {
    let system = disk::at(&machine.root, "/var/lib/flatpak/app".as_ref());
    let mut folders: Vec<(PathBuf, &str)> = vec![(system, "--system")];
    for base in people(machine) {
        folders.push((base.data.join("flatpak/app"), "--user"));
    }
    // Further installations may lie anywhere: then nobody knows which there are.
    let others = disk::at(&machine.root, "/etc/flatpak/installations.d".as_ref());
    let has_others = others.symlink_metadata().is_ok();
    for (folder, which) in folders {
        if folder.is_dir() && !has_others {
            inventory.known.insert(Kind::Flatpak);
        }
        for (path, kind) in disk::entries(&folder, &mut inventory.skipped) {
            let Some(id) = path.file_name().and_then(|name| name.to_str()) else {
                continue;
            };
            if kind != EntryKind::Folder || inventory.has(Kind::Flatpak, id) {
                continue;
            }
            let name = id.rsplit('.').next().unwrap_or(id);
            let mut found = Application::new(Kind::Flatpak, id, name);
            found.ids.insert((Key::Flatpak, id.to_owned()));
            found.ids.insert((Key::Desktop, id.to_owned()));
            found.command = is_plain(id).then(|| format!("flatpak uninstall {which} {id}"));
            inventory.applications.push(found);
        }
    }
}

fn is_plain(id: &str) -> bool {
    id.chars()
        .all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_'))
        && !id.starts_with('-')
}
