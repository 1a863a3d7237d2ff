//! Packages of Arch Linux and its relatives: a folder a package, with `desc` and `files`.
//!
//! ```text
//! %NAME%
//! shotcut
//!
//! %FILES%
//! usr/bin/shotcut
//! ```
//!
//! Source: pacman 7.0, the local database of alpm, as a fact, looked over 2026-11-25.

use std::path::{Path, PathBuf};

use tool::{EntryKind, Machine};

use super::{Inventory, Kind, package::Package, text};
use crate::disk;

/// Real ones have up to 5 MiB.
const LARGEST: u64 = 64 << 20;

/// Reads the packages that are installed.
pub(super) fn read(machine: &Machine, inventory: &mut Inventory) -> Vec<Package> {
    let folder = disk::at(&machine.root, "/var/lib/pacman/local".as_ref());
    let mut packages = Vec::new();
    for (path, kind) in disk::entries(&folder, &mut inventory.skipped) {
        if kind != EntryKind::Folder {
            continue;
        }
        inventory.known.insert(Kind::Pacman);
        let mut section = |file: &str, name: &str| -> Vec<String> {
            let text = text(&path.join(file), LARGEST, &mut inventory.skipped);
            let text = text.unwrap_or_default();
            let lines = text.lines().skip_while(|line| *line != name).skip(1);
            lines
                .take_while(|line| !line.is_empty())
                .map(str::to_owned)
                .collect()
        };
        let Some(name) = section("desc", "%NAME%").into_iter().next() else {
            continue;
        };
        if name.is_empty() || name.starts_with('-') || name.contains(char::is_whitespace) {
            continue;
        }
        let files = section("files", "%FILES%");
        packages.push(Package {
            kind: Kind::Pacman,
            command: format!("pacman -R {name}"),
            files: files.iter().map(|file| whole(file)).collect(),
            name,
        });
    }
    packages
}

fn whole(file: &str) -> PathBuf {
    Path::new("/").join(file)
}
