//! The files that make a ledger, where it lies and where it was set aside.

use std::path::{Path, PathBuf};

use super::{
    LedgerError,
    chain::{checked, damage},
};
use crate::{Event, Folder, FolderError, folder::read_private, keys::InstallKey};

/// What the name of a head that was set aside ends with.
pub(super) const HEAD: &str = ".head";

/// What the name of a key that was set aside ends with.
pub(super) const KEY: &str = ".key";

/// Where the parts of a ledger lie; any of them may be missing.
pub(super) struct Parts {
    pub(super) ledger: PathBuf,
    pub(super) head: PathBuf,
    pub(super) key: PathBuf,
}

impl Parts {
    /// Those in use.
    pub(super) fn of(folder: &Folder) -> Self {
        Self {
            ledger: folder.ledger(),
            head: folder.head(),
            key: folder.install_key(),
        }
    }

    /// Those that were set aside under a name.
    pub(super) fn aside(kept: &Path) -> Self {
        let ending = |ending: &str| {
            let mut name = kept.as_os_str().to_owned();
            name.push(ending);
            PathBuf::from(name)
        };
        Self {
            ledger: kept.to_owned(),
            head: ending(HEAD),
            key: ending(KEY),
        }
    }

    /// Reads all of them, and holds them against each other.
    pub(super) fn events(&self) -> Result<Vec<Event>, LedgerError> {
        let text = or_damage("the ledger", read_private(&self.ledger))?;
        let head = or_damage("its head", read_private(&self.head))?;
        let key = or_damage("the install key", InstallKey::read(&self.key))?;
        Ok(checked(text.as_deref(), head.as_deref(), key.as_ref())?)
    }

    /// Whether the key is something else than a key.
    pub(super) fn has_no_key(&self) -> bool {
        matches!(
            InstallKey::read(&self.key),
            Err(FolderError::Length { .. } | FolderError::NoFile { .. })
        )
    }
}

/// What cannot be what Candor wrote is damage; what the system does not let us read is not.
fn or_damage<T>(what: &str, read: Result<T, FolderError>) -> Result<T, LedgerError> {
    let why = match read {
        Err(FolderError::Length { .. }) => "is too short or too long",
        Err(FolderError::NoFile { .. }) => "is no file",
        read => return Ok(read?),
    };
    Err(damage(1, &format!("{what} {why}")).into())
}
