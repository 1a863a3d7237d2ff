//! What the worker may open: found out by whoever starts it, by listing folders.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

use knowledge::applications::rows;
use tool::{Machine, places};

use crate::inventory::people;

/// Folders whose names may be listed, and files that may be read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reads {
    /// Folders, with every folder beneath.
    pub list: Vec<PathBuf>,
    /// Single files.
    pub read: Vec<PathBuf>,
}

/// The places whose files are read, and those that are only listed.
const READ: [&str; 6] = [
    "application.agents",
    "application.bundles",
    "application.bundles-inside",
    "application.containers",
    "application.desktop",
    "application.packages",
];
const LISTED: [&str; 2] = ["application.folders", "application.paths"];

/// Returns what there is to open on a machine.
#[must_use]
pub fn reads(machine: &Machine) -> Reads {
    let mut list = BTreeSet::new();
    let mut read = BTreeSet::new();
    for base in &people(machine) {
        for place in READ.iter().flat_map(|name| knowledge::named(name)) {
            for pattern in place.paths(base) {
                let files = places::find(&pattern).paths;
                // A right to a link would be one to what it leads to.
                let is_file = |path: &PathBuf| path.symlink_metadata().is_ok_and(|it| it.is_file());
                read.extend(files.into_iter().filter(is_file));
                if holds_star(&pattern) {
                    list.insert(fixed(&pattern));
                }
            }
        }
        for place in LISTED.iter().flat_map(|name| knowledge::named(name)) {
            list.extend(place.paths(base));
        }
        for row in rows(machine.platform) {
            list.extend(row.on(base).folders().iter().map(|folder| fixed(folder)));
        }
    }
    // What a folder leads to by a link is not looked at, but for `/bin` and its like.
    let is_folder = |path: &PathBuf| path.is_dir();
    let list: Vec<PathBuf> = list.into_iter().filter(is_folder).collect();
    Reads {
        list,
        read: read.into_iter().collect(),
    }
}

fn holds_star(path: &Path) -> bool {
    path.as_os_str().as_encoded_bytes().contains(&b'*')
}

/// Returns the folder before the first wildcard.
fn fixed(pattern: &Path) -> PathBuf {
    let fixed = pattern.ancestors().find(|above| !holds_star(above));
    fixed.unwrap_or(pattern).to_owned()
}
