//! What the confined worker must be able to read, found out before it is confined.

use std::{
    io,
    path::{Path, PathBuf},
};

use knowledge::Platform;
use serde::{Deserialize, Serialize};
use tool::{Machine, Skipped, Why};

/// The place of knowledge's tables that lists the power supplies.
const PLACE: &str = "battery.linux";

/// Where the links in it lead, on every Linux.
const DEVICES: &str = "sys/devices";

/// A machine has a handful; more is a fault or an attack on the one who reads it.
const MOST_SUPPLIES: usize = 64;

/// What the worker must be allowed to read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reads {
    /// The folder that lists the power supplies, if it exists.
    pub class: Option<PathBuf>,
    /// The folders the supplies' links lead to, canonical and sorted. Only files directly inside
    /// them are read.
    pub folders: Vec<PathBuf>,
    /// What could not be listed or followed.
    pub skipped: Vec<Skipped>,
}

impl Reads {
    /// Returns every path that the sandbox must open for reading.
    pub fn paths(&self) -> impl Iterator<Item = &Path> {
        self.class.iter().chain(&self.folders).map(PathBuf::as_path)
    }
}

/// Lists the power supplies below `machine.root` and follows their links.
///
/// A link that leads anywhere but to a device is not followed: what it names would become
/// readable to the worker.
pub(crate) fn list(machine: &Machine) -> Reads {
    let mut reads = Reads::default();
    let below_root = |path: &str| machine.root.join(path.trim_start_matches('/'));
    let row = knowledge::named(PLACE).find_map(|place| place.patterns(Platform::Linux).first());
    let class = below_root(row.expect("a test sees that this place has a row"));
    let allowed = [below_root(DEVICES), class.clone()];

    let listed = inside(&allowed, &class).and_then(|folder| read_names(&folder));
    let entries = match listed {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return reads,
        Err(error) => {
            reads.skipped.push(Skipped::failed(class, &error));
            return reads;
        }
    };
    if entries.len() > MOST_SUPPLIES {
        let detail = format!("{} power supplies, {MOST_SUPPLIES} are read", entries.len());
        reads
            .skipped
            .push(Skipped::new(class.clone(), Why::TooLarge { detail }));
    }
    for path in entries.into_iter().take(MOST_SUPPLIES) {
        match inside(&allowed, &path) {
            Ok(folder) => reads.folders.push(folder),
            Err(error) => reads.skipped.push(Skipped::failed(path, &error)),
        }
    }
    reads.folders.sort();
    reads.folders.dedup();
    reads.class = Some(class);
    reads
}

/// Returns the folder that `path` leads to, if it lies in one of those allowed.
fn inside(allowed: &[PathBuf], path: &Path) -> io::Result<PathBuf> {
    let folder = path.canonicalize()?;
    if !allowed.iter().any(|root| folder.starts_with(root)) {
        return Err(io::Error::other("its link leads out of where devices are"));
    }
    match folder.is_dir() {
        true => Ok(folder),
        false => Err(io::ErrorKind::NotADirectory.into()),
    }
}

fn read_names(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut paths = std::fs::read_dir(folder)?
        .map(|entry| entry.map(|it| it.path()))
        .collect::<io::Result<Vec<_>>>()?;
    paths.sort();
    Ok(paths)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_place_is_a_row_with_one_folder() {
        let places: Vec<_> = knowledge::named(PLACE).collect();
        assert_eq!(places.len(), 1);
        assert_eq!(places[0].linux.len(), 1);
    }
}
