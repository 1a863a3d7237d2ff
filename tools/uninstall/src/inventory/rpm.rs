//! Packages of Fedora, openSUSE and their relatives, out of rpm's SQLite database.
//!
//! Databases of older forms (Berkeley DB, ndb) are told as not read.
//!
//! Source: rpm 4.20, lib/backend/sqlite.cc, as a fact, looked over 2026-11-25.

use std::path::PathBuf;

use formats::{rpm, sqlite};
use tool::{Machine, Skipped, Why};

use super::{Inventory, Kind, package::Package};
use crate::disk;

const FOLDERS: [&str; 2] = ["/usr/lib/sysimage/rpm", "/var/lib/rpm"];
const OLDER: [&str; 2] = ["Packages", "Packages.db"];

/// Reads the packages that are installed.
pub(super) fn read(machine: &Machine, inventory: &mut Inventory) -> Vec<Package> {
    let mut packages = Vec::new();
    for folder in FOLDERS {
        let folder = disk::at(&machine.root, folder.as_ref());
        let database = folder.join("rpmdb.sqlite");
        // The one is often a link to the other.
        let is_link = folder.symlink_metadata().is_ok_and(|it| it.is_symlink());
        if is_link || database.symlink_metadata().is_err() {
            let old = OLDER.map(|name| folder.join(name));
            let old = old.into_iter().find(|path| path.symlink_metadata().is_ok());
            if let Some(path) = old.filter(|_| !is_link) {
                let detail = "a database of packages of an older form".to_owned();
                inventory.unknown.push(path.clone());
                let why = Why::Unsupported { detail };
                inventory.skipped.push(Skipped::new(path, why));
            }
            continue;
        }
        let read = sqlite::read(&database, |connection| {
            let mut statement = connection.prepare("select blob from Packages order by hnum")?;
            let blobs = statement.query_map([], |row| row.get::<_, Vec<u8>>(0))?;
            let mut damaged = 0_usize;
            let mut all = Vec::new();
            for blob in blobs {
                match rpm::parse(&blob?) {
                    Some(package) => all.push(package),
                    None => damaged += 1,
                }
            }
            Ok((all, damaged))
        });
        let trouble = match read {
            Ok(((all, damaged), _)) => {
                inventory.known.insert(Kind::Rpm);
                packages.extend(all.into_iter().filter(|it| is_name(&it.name)).map(of));
                (damaged > 0).then(|| format!("{damaged} packages cannot be read"))
            }
            Err(error) => Some(error.to_string()),
        };
        if let Some(detail) = trouble {
            inventory.unknown.push(database.clone());
            inventory
                .skipped
                .push(Skipped::new(database, Why::Damaged { detail }));
        }
    }
    packages
}

fn of(package: rpm::Package) -> Package {
    Package {
        kind: Kind::Rpm,
        command: format!("rpm -e {}", package.name),
        files: package.files.into_iter().map(PathBuf::from).collect(),
        name: package.name,
    }
}

fn is_name(name: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.' | '_');
    name.starts_with(|c: char| c.is_ascii_alphanumeric()) && name.chars().all(plain)
}
