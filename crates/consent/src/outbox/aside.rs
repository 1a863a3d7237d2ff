//! An outbox that is damaged is kept, and another one begun: what cannot be read is not sent.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use super::{Outbox, OutboxError, tables};
use crate::{Folder, FolderError, Time, folder::remove};

/// What the names of outboxes that were set aside begin with.
const ASIDE: &str = "outbox.damaged-";

/// What the name of the file ends with in which SQLite keeps what it is about to change.
const JOURNAL: &str = "-journal";

impl Outbox {
    /// Renames an outbox that is damaged, and the journal beside it; the next one that is opened is empty. Returns
    /// where it lies now, or none if it is whole: another process may have set it aside and begun a new one since
    /// the damage was seen.
    ///
    /// # Errors
    /// [`FolderError`]; then it is where it was.
    pub fn set_aside(folder: &Folder, now: Time) -> Result<Option<PathBuf>, FolderError> {
        let _lock = folder.lock()?;
        if !is_damaged(&folder.outbox()) {
            return Ok(None);
        }
        let free = |number: u32| {
            let mark = match number {
                0 => String::new(),
                n => format!("-{n}"),
            };
            folder.path().join(format!("{ASIDE}{}{mark}", now.0))
        };
        let mut numbers = (0..u32::MAX).map(free);
        let kept = numbers
            .find(|it| !it.exists())
            .expect("there are fewer files than numbers");
        let journal = |path: &PathBuf| {
            let mut name = path.as_os_str().to_owned();
            name.push(JOURNAL);
            PathBuf::from(name)
        };
        let outbox = folder.outbox();
        // The journal first: a new outbox must not find it.
        for (from, to) in [(journal(&outbox), journal(&kept)), (outbox, kept.clone())] {
            match fs::rename(&from, &to) {
                Err(source) if source.kind() != io::ErrorKind::NotFound => {
                    return Err(FolderError::Write { path: from, source });
                }
                _ => {}
            }
        }
        folder.settle().map_err(|source| FolderError::Write {
            path: folder.path().to_owned(),
            source,
        })?;
        Ok(Some(kept))
    }

    /// Returns the outboxes that were set aside and still lie there, by name.
    ///
    /// # Errors
    /// [`FolderError::Read`].
    pub fn kept_aside(folder: &Folder) -> Result<Vec<PathBuf>, FolderError> {
        let mut kept = aside(folder)?;
        kept.retain(|it| {
            !it.as_os_str()
                .as_encoded_bytes()
                .ends_with(JOURNAL.as_bytes())
        });
        Ok(kept)
    }

    /// Overwrites and removes the outboxes that were set aside, and their journals. Returns how many outboxes went.
    ///
    /// # Errors
    /// [`FolderError`]; what could be removed before it is gone.
    pub fn remove_aside(folder: &Folder) -> Result<usize, FolderError> {
        if !folder.exists() {
            return Ok(0);
        }
        let _lock = folder.lock()?;
        let kept = Self::kept_aside(folder)?;
        for path in aside(folder)? {
            remove(&path)?;
        }
        Ok(kept.len())
    }
}

/// Returns all that was set aside, by name.
fn aside(folder: &Folder) -> Result<Vec<PathBuf>, FolderError> {
    if !folder.exists() {
        return Ok(Vec::new());
    }
    let failed = |source| FolderError::Read {
        path: folder.path().to_owned(),
        source,
    };
    let mut found = Vec::new();
    for entry in fs::read_dir(folder.path()).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let name = entry.file_name();
        if name.as_encoded_bytes().starts_with(ASIDE.as_bytes()) {
            found.push(entry.path());
        }
    }
    found.sort_unstable();
    Ok(found)
}

/// Whether SQLite says that a file is damaged. One that is not there, or in use, is not known to be.
fn is_damaged(path: &Path) -> bool {
    let checked = tables::open(path).and_then(|database| {
        let found = database.query_row("PRAGMA quick_check(1)", [], |row| row.get::<_, String>(0));
        found.map_err(|source| OutboxError::Database {
            path: path.to_owned(),
            source,
        })
    });
    match checked {
        Ok(found) => found != "ok",
        Err(error) => error.is_of_damage(),
    }
}
