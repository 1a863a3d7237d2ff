//! Snaps: a folder for each, in it a folder for each revision, and a link to the one in use.
//!
//! Source: <https://snapcraft.io/docs/data-locations>, read 2026-11-23.

use knowledge::applications::Key;
use tool::{EntryKind, Machine};

use super::{Application, Inventory, Kind};
use crate::disk;

const FOLDERS: [&str; 2] = ["/snap", "/var/lib/snapd/snap"];

/// Notes every snap, and its revisions that are not in use.
pub(super) fn read(machine: &Machine, inventory: &mut Inventory) {
    for folder in FOLDERS {
        let folder = disk::at(&machine.root, folder.as_ref());
        let is_folder = folder.symlink_metadata().is_ok_and(|it| it.is_dir());
        if !is_folder {
            continue;
        }
        inventory.known.insert(Kind::Snap);
        for (path, kind) in disk::entries(&folder, &mut inventory.skipped) {
            let Some(name) = path.file_name().and_then(|name| name.to_str()) else {
                continue;
            };
            if kind != EntryKind::Folder || name == "bin" || inventory.has(Kind::Snap, name) {
                continue;
            }
            let name = name.to_owned();
            let mut found = Application::new(Kind::Snap, &name, &name);
            found.ids.insert((Key::Snap, name.clone()));
            if Key::Snap.accepts(&name) {
                found.command = Some(format!("snap remove {name}"));
            }
            found.programs.insert(folder.join("bin").join(&name));
            inventory.applications.push(found);
            let current = std::fs::read_link(path.join("current")).ok();
            for (revision, kind) in disk::entries(&path, &mut inventory.skipped) {
                let number = revision.file_name().and_then(|it| it.to_str());
                let (Some(number), Some(current)) = (number, &current) else {
                    continue;
                };
                if kind == EntryKind::Folder && !current.ends_with(number) {
                    let number = number.to_owned();
                    inventory.disabled.push((name.clone(), number, revision));
                }
            }
        }
    }
}
