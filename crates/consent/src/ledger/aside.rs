//! How a damaged ledger is kept, and told of afterwards.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use super::{
    Damage,
    chain::{checked, damage},
};
use crate::{
    Event, Folder, FolderError, Time,
    folder::{Lock, read_private},
    keys::InstallKey,
};

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
        let name = name.strip_suffix(HEAD).unwrap_or(name);
        newest = newest.max(Some(name.to_owned()));
    }
    Ok(newest.map(|name| folder.path().join(name)))
}

/// Returns what is wrong with a ledger that was set aside.
pub(super) fn damage_of(folder: &Folder, kept: PathBuf) -> Damage {
    let looked_at = || -> Result<Result<Vec<Event>, Damage>, FolderError> {
        let text = read_private(&kept)?;
        let head = read_private(&head_of(&kept))?;
        let key = InstallKey::read(folder)?;
        Ok(checked(text.as_deref(), head.as_deref(), key.as_ref()))
    };
    let found = match looked_at() {
        Ok(Err(found)) => found,
        // Somebody mended it, or it cannot be read any more: it does not count either way.
        Ok(Ok(_)) | Err(_) => damage(1, "it was damaged when it was set aside"),
    };
    Damage {
        kept: Some(kept),
        ..found
    }
}

/// What the name of a head that was set aside ends with.
const HEAD: &str = ".head";

fn head_of(kept: &Path) -> PathBuf {
    let mut name = kept.as_os_str().to_owned();
    name.push(HEAD);
    PathBuf::from(name)
}

/// Renames a damaged ledger and its head to names that are not taken.
pub(super) fn set_aside(folder: &Folder, now: Time, _lock: &Lock) -> Result<PathBuf, FolderError> {
    let mut number = 0_u32;
    let free = |number: u32| {
        let mark = match number {
            0 => String::new(),
            n => format!("-{n}"),
        };
        folder.path().join(format!("{ASIDE}{}{mark}", now.0))
    };
    while free(number).exists() || head_of(&free(number)).exists() {
        number = number.saturating_add(1);
    }
    let kept = free(number);
    let moves = [
        (folder.ledger(), kept.clone()),
        (folder.head(), head_of(&kept)),
    ];
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
