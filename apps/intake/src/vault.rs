//! The one file that holds every key. It is never in a backup.
//!
//! Everything else on the disk is opaque without it: what reports hold is sealed with the key of
//! their partition, and tags with a key of their epoch. To destroy a key is to destroy what it opens,
//! in every copy. So the file is small and written anew as a whole for each change:
//!
//! ```text
//! new file, fsync ─ rename over the old ─ fsync the folder ─ overwrite the old bytes, fsync
//! ```
//!
//! A disk with wear levelling or a file system that copies on write may keep the old bytes all the
//! same; `docs/operate-intake.md` says so, and what helps.

use std::{
    collections::BTreeMap,
    fmt,
    fs::{File, OpenOptions},
    io::{self, Read, Seek, SeekFrom, Write},
    os::unix::fs::{MetadataExt, OpenOptionsExt},
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, PoisonError},
};

use sha2::{Digest, Sha256};
use wire::rand_core::{OsRng, RngCore};
use zeroize::{Zeroize, Zeroizing};

use crate::place;

/// What the file begins with.
const MAGIC: &[u8] = b"candor-vault/1\n";
/// A vault larger than this is not ours: a key is small, and few are alive at once.
const LARGEST: u64 = 8 << 20;

/// Bytes that nobody may see: overwritten when dropped, and silent in `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Zeroizing<Vec<u8>>);

impl Secret {
    /// Keeps bytes as a secret.
    #[must_use]
    pub fn new(bytes: Vec<u8>) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// Makes 32 bytes by the system's generator.
    ///
    /// # Errors
    /// [`VaultError::Random`] when the system has none to give.
    pub fn random() -> Result<Self, VaultError> {
        let mut bytes = vec![0; 32];
        OsRng
            .try_fill_bytes(&mut bytes)
            .map_err(|error| VaultError::Random(error.to_string()))?;
        Ok(Self::new(bytes))
    }

    /// Returns the bytes.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// Returns the bytes if they are exactly 32.
    #[must_use]
    pub fn key(&self) -> Option<Zeroizing<[u8; 32]>> {
        self.bytes().try_into().ok().map(Zeroizing::new)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Secret")
    }
}

/// Every key, by name: `partition/4f2a/2951/20650`, `epoch/4f2a/2951`, `issuer`.
pub struct Vault {
    path: PathBuf,
    held: Mutex<Held>,
}

/// The keys as they are under the name of the file, and what is left of those before.
#[derive(Default)]
struct Held {
    keys: Keys,
    /// What was replaced, and could not be overwritten yet.
    old: Vec<File>,
    /// Whether the last change may not be on the disk for good.
    is_unsettled: bool,
}

type Keys = BTreeMap<String, Secret>;

impl fmt::Debug for Vault {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Vault({})", self.path.display())
    }
}

impl Vault {
    /// Opens a vault, or begins an empty one where there is none. A change that was cut short is
    /// cleared away: what it wanted did not happen.
    ///
    /// # Errors
    /// [`VaultError`] when the file can be read by others, is damaged, or cannot be read.
    pub fn open(path: &Path) -> Result<Self, VaultError> {
        clear(&beside(path))?;
        let keys = match File::open(path) {
            Ok(file) => read(path, file)?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => BTreeMap::new(),
            Err(source) => return Err(failed("open", path)(source)),
        };
        Ok(Self {
            path: path.to_owned(),
            held: Mutex::new(Held {
                keys,
                ..Held::default()
            }),
        })
    }

    /// Returns the key of this name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<Secret> {
        self.lock().keys.get(name).cloned()
    }

    /// Returns the key of this name, and makes and keeps one if there is none.
    ///
    /// # Errors
    /// [`VaultError`] when it could not be written.
    pub fn get_or_make(
        &self,
        name: &str,
        make: impl FnOnce() -> Result<Secret, VaultError>,
    ) -> Result<Secret, VaultError> {
        let mut held = self.lock();
        // What is sealed with a key is acknowledged: the key must be on the disk for good.
        self.finish(&mut held)?;
        if let Some(key) = held.keys.get(name) {
            return Ok(key.clone());
        }
        let key = make()?;
        let mut changed = held.keys.clone();
        changed.insert(name.to_owned(), key.clone());
        self.change(&mut held, changed)?;
        Ok(key)
    }

    /// Puts a key there, in the place of one of the same name.
    ///
    /// # Errors
    /// [`VaultError`] when it could not be written.
    pub fn put(&self, name: &str, key: Secret) -> Result<(), VaultError> {
        let mut held = self.lock();
        let mut changed = held.keys.clone();
        changed.insert(name.to_owned(), key);
        self.change(&mut held, changed)
    }

    /// Destroys every key whose name is chosen. Returns how many there were.
    ///
    /// # Errors
    /// [`VaultError`] when the file could not be written, or the bytes of one before it not be overwritten:
    /// then a key may still be on the disk. Again: what is left is done.
    pub fn destroy(&self, chosen: impl Fn(&str) -> bool) -> Result<usize, VaultError> {
        let mut held = self.lock();
        let mut changed = held.keys.clone();
        changed.retain(|name, _| !chosen(name));
        let gone = held.keys.len() - changed.len();
        match gone {
            0 => self.finish(&mut held)?,
            _ => self.change(&mut held, changed)?,
        }
        Ok(gone)
    }

    /// Returns the names of all keys, in order.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        self.lock().keys.keys().cloned().collect()
    }

    /// Puts other keys in place. What is held is what stands under the name, also when the rest failed.
    fn change(&self, held: &mut Held, changed: Keys) -> Result<(), VaultError> {
        self.finish(held)?;
        // Held open over the rename, so that its bytes can be reached afterwards.
        let old = match OpenOptions::new().write(true).open(&self.path) {
            Ok(old) => Some(old),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(source) => return Err(failed("open", &self.path)(source)),
        };
        put(&self.path, &changed)?;
        held.keys = changed;
        held.old.extend(old);
        held.is_unsettled = true;
        self.finish(held)
    }

    /// Overwrites what is left of vaults that were replaced.
    fn finish(&self, held: &mut Held) -> Result<(), VaultError> {
        if !held.is_unsettled {
            return Ok(());
        }
        // First for good under its name: until then the old one may come back after a cut.
        let folder = self.path.parent().unwrap_or(Path::new("."));
        place::sync(folder).map_err(failed("sync the folder of", &self.path))?;
        while let Some(old) = held.old.last_mut() {
            overwrite(old).map_err(failed("overwrite the old bytes of", &self.path))?;
            held.old.pop();
        }
        held.is_unsettled = false;
        Ok(())
    }

    /// A thread that panicked while it held the lock had changed nothing: the map is put in place whole.
    fn lock(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Why a key could not be had, kept or destroyed.
#[derive(Debug, thiserror::Error)]
pub enum VaultError {
    /// The file could not be used.
    #[error("cannot {act} the vault `{path}`")]
    File {
        /// What was tried.
        act: &'static str,
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// Others on this machine can read it.
    #[error("the vault `{path}` can be read by others: run `chmod 600` on it")]
    Open {
        /// The file.
        path: PathBuf,
    },
    /// It is no vault, or was cut off or changed.
    #[error("the vault `{path}` is damaged; it is left as it is")]
    Damaged {
        /// The file.
        path: PathBuf,
    },
    /// The system gave no random bytes.
    #[error("the system gave no random bytes: {0}")]
    Random(String),
}

fn failed(act: &'static str, path: &Path) -> impl FnOnce(io::Error) -> VaultError {
    let path = path.to_owned();
    move |source| VaultError::File { act, path, source }
}

fn beside(path: &Path) -> PathBuf {
    path.with_extension("new")
}

fn read(path: &Path, mut file: File) -> Result<Keys, VaultError> {
    let damaged = || VaultError::Damaged {
        path: path.to_owned(),
    };
    let about = file.metadata().map_err(failed("look at", path))?;
    if about.mode() & 0o077 != 0 {
        return Err(VaultError::Open {
            path: path.to_owned(),
        });
    }
    if about.len() > LARGEST {
        return Err(damaged());
    }
    let mut bytes = Zeroizing::new(Vec::with_capacity(about.len() as usize));
    file.read_to_end(&mut bytes).map_err(failed("read", path))?;
    decoded(&bytes).ok_or_else(damaged)
}

/// `magic | (name length 2, name, key length 2, key)* | SHA-256 of all before`.
fn encoded(keys: &Keys) -> Option<Zeroizing<Vec<u8>>> {
    // With its whole room at once: a vector that grows leaves copies behind.
    let room = keys
        .iter()
        .map(|(name, key)| 4 + name.len() + key.bytes().len());
    let mut bytes = Zeroizing::new(Vec::with_capacity(MAGIC.len() + 32 + room.sum::<usize>()));
    bytes.extend_from_slice(MAGIC);
    for (name, key) in keys {
        for part in [name.as_bytes(), key.bytes()] {
            bytes.extend_from_slice(&u16::try_from(part.len()).ok()?.to_be_bytes());
            bytes.extend_from_slice(part);
        }
    }
    let digest = Sha256::digest(&*bytes);
    bytes.extend_from_slice(&digest);
    Some(bytes)
}

fn decoded(bytes: &[u8]) -> Option<Keys> {
    let (held, digest) = bytes.split_last_chunk::<32>()?;
    if Sha256::digest(held).as_slice() != digest {
        return None;
    }
    let mut rest = held.strip_prefix(MAGIC)?;
    let mut keys = BTreeMap::new();
    while !rest.is_empty() {
        let name = part(&mut rest)?;
        let key = part(&mut rest)?;
        keys.insert(
            String::from_utf8(name.to_vec()).ok()?,
            Secret::new(key.to_vec()),
        );
    }
    Some(keys)
}

fn part<'b>(rest: &mut &'b [u8]) -> Option<&'b [u8]> {
    let (length, after) = rest.split_first_chunk::<2>()?;
    let (part, after) = after.split_at_checked(usize::from(u16::from_be_bytes(*length)))?;
    *rest = after;
    Some(part)
}

/// Puts keys in place whole. What fails leaves what was there, and nothing beside it.
fn put(path: &Path, keys: &Keys) -> Result<(), VaultError> {
    let bytes = encoded(keys).ok_or_else(|| VaultError::Damaged {
        path: path.to_owned(),
    })?;
    let new = beside(path);
    clear(&new)?;
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&new)
        .map_err(failed("make", &new))?;
    let written = file.write_all(&bytes).and_then(|()| file.sync_all());
    let placed = match written {
        Ok(()) => std::fs::rename(&new, path).map_err(failed("put in place", path)),
        Err(source) => Err(failed("write", &new)(source)),
    };
    if placed.is_err() {
        // It holds keys: it must not stay behind.
        drop(clear(&new));
    }
    placed
}

fn clear(path: &Path) -> Result<(), VaultError> {
    match OpenOptions::new().write(true).open(path) {
        Ok(mut file) => overwrite(&mut file).map_err(failed("overwrite", path))?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(source) => return Err(failed("open", path)(source)),
    }
    std::fs::remove_file(path).map_err(failed("remove", path))
}

fn overwrite(file: &mut File) -> io::Result<()> {
    let mut left = file.metadata()?.len();
    file.seek(SeekFrom::Start(0))?;
    let mut zeros = [0_u8; 4096];
    while left > 0 {
        let now = left.min(zeros.len() as u64);
        file.write_all(&zeros[..now as usize])?;
        left -= now;
    }
    zeros.zeroize();
    file.sync_all()
}

#[cfg(test)]
mod tests;
