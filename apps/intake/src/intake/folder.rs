//! The folder as it is found: whose it is, who has it open, and whether log and vault belong together.

use std::{
    fs::{self, DirBuilder, File, TryLockError},
    io,
    os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt},
    path::Path,
};

use wire::{log::Hash, note::Signer};

use super::OpenError;
use crate::{
    log::{Log, LogError},
    vault::{Secret, Vault},
};

/// The key of the log in the vault.
const LOG: &str = "log";
/// What the vault keeps beside keys: how many leaves the log has, 8 bytes, and its root.
pub(super) const HEAD: &str = "log/head";

pub(super) fn seed(
    vault: &Vault,
    name: &'static str,
) -> Result<zeroize::Zeroizing<[u8; 32]>, OpenError> {
    let secret = vault.get_or_make(name, Secret::random)?;
    secret.key().ok_or(OpenError::Key { name })
}

/// Opens the log, and begins one where none was begun under the key of the vault.
pub(super) fn log_of(folder: &Path, name: &str, vault: &Vault) -> Result<Log, OpenError> {
    let folder = folder.join("log");
    let is_there = folder.join("checkpoint").exists();
    if is_there && vault.get(LOG).is_none() {
        return Err(OpenError::VaultLost { path: folder });
    }
    // The first start makes this key before any other, and may have been cut off then.
    let is_first = vault.names().iter().all(|it| it == LOG) || vault.get(LOG).is_none();
    let signer = Signer::new(name, &*seed(vault, LOG)?)?;
    let log = match is_first && !is_there {
        true => Log::begin(&folder, signer)?,
        false => Log::open(&folder, signer)?,
    };
    if let Some(head) = vault.get(HEAD)
        && let Some((size, root)) = head.bytes().split_first_chunk::<8>()
        && let Ok(root) = root.try_into()
    {
        let known = u64::from_be_bytes(*size);
        if !log.begins_with(known, Hash(root)) {
            let size = log.head().0;
            return Err(LogError::Older { size, known }.into());
        }
    }
    Ok(log)
}

/// Makes the folder of a process, for its owner alone, where there is none.
///
/// # Errors
/// [`OpenError::Folder`].
pub fn make_folder(folder: &Path) -> Result<(), OpenError> {
    if folder.exists() {
        return Ok(());
    }
    let made = DirBuilder::new().recursive(true).mode(0o700).create(folder);
    made.map_err(failed("make", folder))
}

pub(super) fn failed(act: &'static str, path: &Path) -> impl FnOnce(io::Error) -> OpenError {
    let path = path.to_owned();
    move |source| OpenError::Folder { act, path, source }
}

pub(super) fn locked(folder: &Path) -> Result<File, OpenError> {
    make_folder(folder)?;
    let about = fs::metadata(folder).map_err(failed("look at", folder))?;
    let user = rustix::process::geteuid().as_raw();
    if about.uid() != user {
        return Err(OpenError::Owner {
            path: folder.to_owned(),
            owner: about.uid(),
            user,
        });
    }
    if about.mode() & 0o077 != 0 {
        return Err(OpenError::Wide {
            path: folder.to_owned(),
        });
    }
    let path = folder.join("lock");
    let lock = fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(&path)
        .map_err(failed("open", &path))?;
    match lock.try_lock() {
        Ok(()) => Ok(lock),
        Err(TryLockError::WouldBlock) => Err(OpenError::InUse {
            path: folder.to_owned(),
        }),
        Err(TryLockError::Error(source)) => Err(failed("lock", &path)(source)),
    }
}
