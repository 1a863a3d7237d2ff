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
    keys: Mutex<BTreeMap<String, Secret>>,
}

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
            keys: Mutex::new(keys),
        })
    }

    /// Returns the key of this name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<Secret> {
        self.lock().get(name).cloned()
    }

    /// Returns the key of this name, and makes and keeps one if there is none.
    ///
    /// # Errors
    /// [`VaultError`] when it could not be written. Then there is none.
    pub fn get_or_make(
        &self,
        name: &str,
        make: impl FnOnce() -> Result<Secret, VaultError>,
    ) -> Result<Secret, VaultError> {
        let mut keys = self.lock();
        if let Some(key) = keys.get(name) {
            return Ok(key.clone());
        }
        let key = make()?;
        let mut changed = keys.clone();
        changed.insert(name.to_owned(), key.clone());
        write(&self.path, &changed)?;
        *keys = changed;
        Ok(key)
    }

    /// Puts a key there, in the place of one of the same name.
    ///
    /// # Errors
    /// [`VaultError`] when it could not be written. Then nothing changed.
    pub fn put(&self, name: &str, key: Secret) -> Result<(), VaultError> {
        let mut keys = self.lock();
        let mut changed = keys.clone();
        changed.insert(name.to_owned(), key);
        write(&self.path, &changed)?;
        *keys = changed;
        Ok(())
    }

    /// Destroys every key whose name is chosen. Returns how many there were.
    ///
    /// # Errors
    /// [`VaultError`] when the file could not be written. Then the keys are still there.
    pub fn destroy(&self, chosen: impl Fn(&str) -> bool) -> Result<usize, VaultError> {
        let mut keys = self.lock();
        let mut changed = keys.clone();
        changed.retain(|name, _| !chosen(name));
        let gone = keys.len() - changed.len();
        if gone > 0 {
            write(&self.path, &changed)?;
            *keys = changed;
        }
        Ok(gone)
    }

    /// Returns the names of all keys, in order.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        self.lock().keys().cloned().collect()
    }

    /// A thread that panicked while it held the lock had changed nothing: the map is put in place whole.
    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Secret>> {
        self.keys.lock().unwrap_or_else(PoisonError::into_inner)
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

fn read(path: &Path, mut file: File) -> Result<BTreeMap<String, Secret>, VaultError> {
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
fn encoded(keys: &BTreeMap<String, Secret>) -> Option<Zeroizing<Vec<u8>>> {
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

fn decoded(bytes: &[u8]) -> Option<BTreeMap<String, Secret>> {
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

fn write(path: &Path, keys: &BTreeMap<String, Secret>) -> Result<(), VaultError> {
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
    if let Err(source) = written {
        // The new file holds keys: it must not stay behind half written.
        drop(clear(&new));
        return Err(failed("write", &new)(source));
    }
    // Held open over the rename, so that its bytes can be reached afterwards.
    let old = OpenOptions::new().write(true).open(path).ok();
    std::fs::rename(&new, path).map_err(failed("put in place", path))?;
    place::sync(path.parent().unwrap_or(Path::new(".")))
        .map_err(failed("sync the folder of", path))?;
    match old {
        Some(old) => overwrite(old).map_err(failed("overwrite the old bytes of", path)),
        None => Ok(()),
    }
}

fn clear(path: &Path) -> Result<(), VaultError> {
    match OpenOptions::new().write(true).open(path) {
        Ok(file) => overwrite(file).map_err(failed("overwrite", path))?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(source) => return Err(failed("open", path)(source)),
    }
    std::fs::remove_file(path).map_err(failed("remove", path))
}

fn overwrite(mut file: File) -> io::Result<()> {
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
mod tests {
    use super::*;

    fn key(byte: u8) -> Secret {
        Secret::new(vec![byte; 32])
    }

    #[test]
    fn keys_are_there_again_after_a_restart() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("vault");
        let vault = Vault::open(&path).unwrap();
        vault.put("issuer", key(7)).unwrap();
        let made = vault.get_or_make("epoch/0001/3", Secret::random).unwrap();
        drop(vault);
        let vault = Vault::open(&path).unwrap();
        assert_eq!(vault.get("issuer"), Some(key(7)));
        assert_eq!(vault.get("epoch/0001/3"), Some(made));
        assert_eq!(std::fs::metadata(&path).unwrap().mode() & 0o777, 0o600);
    }

    #[test]
    fn a_destroyed_key_is_in_no_file_and_the_old_bytes_are_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("vault");
        let vault = Vault::open(&path).unwrap();
        vault.put("partition/0001/2/3", key(0xa5)).unwrap();
        // A second name for the old file, to see what became of its bytes.
        let witness = folder.path().join("witness");
        std::fs::hard_link(&path, &witness).unwrap();
        assert_eq!(
            vault
                .destroy(|name| name.starts_with("partition/"))
                .unwrap(),
            1
        );
        for file in [&path, &witness] {
            let bytes = std::fs::read(file).unwrap();
            assert!(!bytes.windows(8).any(|it| it == [0xa5; 8]), "{file:?}");
        }
        assert!(
            std::fs::read(&witness)
                .unwrap()
                .iter()
                .all(|byte| *byte == 0)
        );
    }

    #[test]
    fn a_change_that_was_cut_short_did_not_happen() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("vault");
        Vault::open(&path).unwrap().put("issuer", key(1)).unwrap();
        std::fs::write(beside(&path), [9; 100]).unwrap();
        let vault = Vault::open(&path).unwrap();
        assert_eq!(vault.names(), ["issuer"]);
        assert!(!beside(&path).exists());
        vault.put("log", key(2)).unwrap();
    }

    #[test]
    fn a_changed_or_cut_vault_is_refused_and_left() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("vault");
        Vault::open(&path).unwrap().put("issuer", key(1)).unwrap();
        let whole = std::fs::read(&path).unwrap();
        for at in 0..whole.len() {
            let mut changed = whole.clone();
            changed[at] ^= 1;
            assert!(decoded(&changed).is_none(), "byte {at}");
            assert!(decoded(&whole[..at]).is_none(), "cut at {at}");
        }
        std::fs::write(&path, &whole[..20]).unwrap();
        assert!(matches!(
            Vault::open(&path),
            Err(VaultError::Damaged { .. })
        ));
        assert_eq!(std::fs::read(&path).unwrap(), &whole[..20]);
    }

    #[test]
    fn a_vault_others_can_read_is_refused() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("vault");
        Vault::open(&path).unwrap().put("issuer", key(1)).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).unwrap();
        assert!(matches!(Vault::open(&path), Err(VaultError::Open { .. })));
    }

    #[test]
    fn a_secret_says_nothing_of_itself() {
        assert_eq!(format!("{:?}", key(3)), "Secret");
    }
}
