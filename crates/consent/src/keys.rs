//! The install key that signs the ledger, and the install secret that withdrawal secrets come from.
//!
//! Both are 32 random bytes made at first use and belong to no person and no hardware. Neither is ever
//! sent; the install key's public half is not sent either.

use std::{fmt, path::Path};

use ed25519_dalek::{Signature, Signer, SigningKey, Verifier, VerifyingKey};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::{
    Folder, FolderError,
    folder::{Lock, read_private},
};

/// What the signature is on, so that one of ours says nothing anywhere else.
const SIGNED: &[u8] = b"candor consent ledger event 1\0";

/// Signs events.
pub(crate) struct InstallKey(SigningKey);

impl InstallKey {
    /// Reads the key, or makes one where there was none; the lock keeps two from being made.
    pub(crate) fn read_or_make(folder: &Folder, _lock: &Lock) -> Result<Self, FolderError> {
        let bytes = read_or_make(folder, &folder.install_key())?;
        Ok(Self(SigningKey::from_bytes(&bytes)))
    }

    /// Reads the key; `None` where there is none.
    pub(crate) fn read(path: &Path) -> Result<Option<Self>, FolderError> {
        let bytes = read_secret(path)?;
        Ok(bytes.map(|bytes| Self(SigningKey::from_bytes(&bytes))))
    }

    pub(crate) fn sign(&self, hash: &[u8; 32]) -> [u8; 64] {
        self.0.sign(&[SIGNED, hash].concat()).to_bytes()
    }

    pub(crate) fn has_signed(&self, hash: &[u8; 32], signature: &[u8; 64]) -> bool {
        let key: VerifyingKey = self.0.verifying_key();
        key.verify(&[SIGNED, hash].concat(), &Signature::from_bytes(signature))
            .is_ok()
    }

    /// Returns what a record calls this person on this machine. It is random and never sent.
    pub(crate) fn principal(&self) -> String {
        let hash = blake3::derive_key(
            "candor consent principal 1",
            self.0.verifying_key().as_bytes(),
        );
        hex(&hash[..16])
    }
}

impl fmt::Debug for InstallKey {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("InstallKey(…)")
    }
}

/// 32 random bytes that withdrawal secrets are derived from.
///
/// It is made at first use, lies in the consent folder and is removed by "forget me" after every
/// withdrawal has gone out.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct InstallSecret([u8; 32]);

impl InstallSecret {
    /// Reads the secret, or makes one where there was none.
    ///
    /// # Errors
    /// [`FolderError`] when it cannot be read or written, or when others may read it.
    pub fn read_or_make(folder: &Folder) -> Result<Self, FolderError> {
        let _lock = folder.lock()?;
        let bytes = read_or_make(folder, &folder.install_secret())?;
        Ok(Self(*bytes))
    }

    /// Returns the secret itself, for a protocol that has its own derivation.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for InstallSecret {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("InstallSecret(…)")
    }
}

fn read_secret(path: &Path) -> Result<Option<Zeroizing<[u8; 32]>>, FolderError> {
    let Some(bytes) = read_private(path)?.map(Zeroizing::new) else {
        return Ok(None);
    };
    match <[u8; 32]>::try_from(bytes.as_slice()) {
        Ok(bytes) => Ok(Some(Zeroizing::new(bytes))),
        Err(_) => Err(FolderError::Length {
            path: path.to_owned(),
        }),
    }
}

fn read_or_make(folder: &Folder, path: &Path) -> Result<Zeroizing<[u8; 32]>, FolderError> {
    if let Some(bytes) = read_secret(path)? {
        return Ok(bytes);
    }
    let mut bytes = Zeroizing::new([0; 32]);
    fill(bytes.as_mut_slice())?;
    folder.replace(path, bytes.as_slice())?;
    Ok(bytes)
}

pub(crate) fn fill(bytes: &mut [u8]) -> Result<(), FolderError> {
    getrandom::fill(bytes).map_err(|error| FolderError::Random(error.to_string()))
}

/// Returns bytes as lower-case hex.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Reads lower-case hex of exactly `N` bytes.
pub(crate) fn unhex<const N: usize>(text: &str) -> Option<[u8; N]> {
    let digit = |byte: u8| match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    };
    let mut bytes = [0; N];
    if text.len() != 2 * N {
        return None;
    }
    for (to, pair) in bytes.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
        *to = digit(pair[0])? << 4 | digit(pair[1])?;
    }
    Some(bytes)
}
