//! How a damaged ledger is kept, and told of afterwards.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use super::{
    Damage, LedgerError,
    chain::damage,
    parts::{HEAD, KEY, Parts},
};
use crate::{Folder, FolderError, Time, folder::Lock};

/// What the names of ledgers that were set aside begin with.
const ASIDE: &str = "ledger.damaged-";

/// Returns the ledger that was set aside last, if one lies there.
pub(super) fn set_aside_before(folder: &Folder) -> Result<Option<PathBuf>, FolderError> {
    let failed = |source| FolderError::Read {
        path: folder.path().to_owned(),
        source,
    };
    let mut newest: Option<String> = None;
    for entry in fs::read_dir(folder.path()).map_err(failed)? {
        let name = entry.map_err(failed)?.file_name();
        let Some(name) = name.to_str().filter(|it| it.starts_with(ASIDE)) else {
            continue;
        };
        let parts = [HEAD, KEY].iter().find_map(|it| name.strip_suffix(it));
        let name = parts.unwrap_or(name);
        newest = newest.max(Some(name.to_owned()));
    }
    Ok(newest.map(|name| folder.path().join(name)))
}

/// Returns what is wrong with a ledger that was set aside.
pub(super) fn damage_of(folder: &Folder, kept: PathBuf) -> Damage {
    let mut parts = Parts::aside(&kept);
    if parts.key.symlink_metadata().is_err() {
        parts.key = folder.install_key();
    }
    let found = match parts.events() {
        Err(LedgerError::Damaged(found)) => found,
        // Somebody mended it, or it cannot be read any more: it does not count either way.
        Ok(_) | Err(_) => damage(1, "it was damaged when it was set aside"),
    };
    Damage {
        kept: Some(kept),
        ..found
    }
}

/// Renames a damaged ledger, its head, and a key that is none, to names that are not taken.
pub(super) fn set_aside(folder: &Folder, now: Time, _lock: &Lock) -> Result<PathBuf, FolderError> {
    let mut number = 0_u32;
    let free = |number: u32| {
        let mark = match number {
            0 => String::new(),
            n => format!("-{n}"),
        };
        folder.path().join(format!("{ASIDE}{}{mark}", now.0))
    };
    let is_taken = |kept: &Path| {
        let parts = Parts::aside(kept);
        let mut files = [parts.ledger, parts.head, parts.key].into_iter();
        files.any(|it| it.symlink_metadata().is_ok())
    };
    while is_taken(&free(number)) {
        number = number.saturating_add(1);
    }
    let kept = free(number);
    let (from, to) = (Parts::of(folder), Parts::aside(&kept));
    // A key that is one stays: it signs what comes next as well.
    let key = from.has_no_key().then(|| (from.key.clone(), to.key));
    let moves = [(from.ledger, to.ledger), (from.head, to.head)];
    let moves = key.into_iter().chain(moves);
    for (from, to) in moves {
        match fs::rename(&from, &to) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(FolderError::Write {
                    path: from,
                    source: error,
                });
            }
            _ => {}
        }
    }
    folder.settle().map_err(|source| FolderError::Write {
        path: folder.path().to_owned(),
        source,
    })?;
    Ok(kept)
}
