//! Packages of Debian and its relatives.
//!
//! ```text
//! Package: gimp
//! Status: install ok installed
//! Conffiles:
//!  /etc/gimp/2.0/gimprc 2b0c…
//! ```
//!
//! Source: dpkg(1) of dpkg 1.21.22 and deb-control(5), as facts, looked over 2026-11-25.

use std::path::PathBuf;

use tool::Machine;

use super::{Inventory, Kind, package::Package, text};
use crate::disk;

/// Real ones have up to 20 MiB.
const LARGEST: u64 = 256 << 20;

/// Reads the packages that are installed, and notes those of which only configuration is left.
pub(super) fn read(machine: &Machine, inventory: &mut Inventory) -> Vec<Package> {
    let folder = disk::at(&machine.root, "/var/lib/dpkg".as_ref());
    let Some(status) = text(&folder.join("status"), LARGEST, &mut inventory.skipped) else {
        return Vec::new();
    };
    inventory.known.insert(Kind::Dpkg);
    let mut packages = Vec::new();
    for paragraph in status.split("\n\n") {
        let field = |name: &str| {
            paragraph
                .lines()
                .find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
                .map(str::trim)
        };
        let Some(name) = field("Package").filter(|name| is_name(name)) else {
            continue;
        };
        let state = field("Status").unwrap_or_default();
        if state.ends_with(" installed") {
            let several = field("Multi-Arch") == Some("same");
            let list = match (several, field("Architecture")) {
                (true, Some(architecture)) => format!("{name}:{architecture}.list"),
                _ => format!("{name}.list"),
            };
            let list = folder.join("info").join(list);
            let files = text(&list, LARGEST, &mut inventory.skipped).unwrap_or_default();
            packages.push(Package {
                kind: Kind::Dpkg,
                name: name.to_owned(),
                files: files.lines().map(PathBuf::from).collect(),
                command: format!("apt-get remove {name}"),
            });
        } else if state.ends_with(" config-files") {
            let left = conffiles(paragraph)
                .map(|path| disk::at(&machine.root, &path))
                .filter(|path| path.symlink_metadata().is_ok())
                .collect();
            inventory.removed.insert(name.to_owned(), left);
        }
    }
    packages
}

/// Returns the configuration files of a package: the lines below `Conffiles:`, which begin with a blank.
fn conffiles(paragraph: &str) -> impl Iterator<Item = PathBuf> {
    let lines = paragraph
        .lines()
        .skip_while(|line| !line.starts_with("Conffiles:"))
        .skip(1);
    lines
        .take_while(|line| line.starts_with(' '))
        .filter_map(|line| {
            let path = line.trim_start().split(' ').next()?;
            path.starts_with('/').then(|| PathBuf::from(path))
        })
}

/// A name that cannot lead to another file, or be taken for an option of a command.
fn is_name(name: &str) -> bool {
    let plain =
        |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '+' | '-' | '.');
    name.starts_with(|c: char| c.is_ascii_alphanumeric()) && name.chars().all(plain)
}
