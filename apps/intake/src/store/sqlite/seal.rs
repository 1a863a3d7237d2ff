//! How share and body lie in a partition: XChaCha20-Poly1305 under the key of the partition.
//!
//! The nonce is the front of the leaf hash, which is taken over every byte of the report: two reports
//! that differ anywhere never share one. Tag and commitment are authenticated with it, so that a row
//! cannot be put under another tag.

use chacha20poly1305::{
    KeyInit, XChaCha20Poly1305, XNonce,
    aead::{Aead, Payload},
};

use crate::{
    store::{Digest, Partition, StoreError},
    vault::{Secret, Vault},
};

/// Returns the key of a partition, and makes it for the first report.
pub(super) fn key_to_write(vault: &Vault, partition: Partition) -> Result<Secret, StoreError> {
    vault
        .get_or_make(&partition.key_name(), Secret::random)
        .map_err(|source| StoreError::Vault { partition, source })
}

/// The cipher of one partition.
pub(super) struct Cipher {
    partition: Partition,
    cipher: XChaCha20Poly1305,
}

impl Cipher {
    /// # Errors
    /// [`StoreError::Unopened`] for a key that is none.
    pub(super) fn new(partition: Partition, key: Option<&Secret>) -> Result<Self, StoreError> {
        let gone = || StoreError::Unopened { partition };
        let key = key.and_then(Secret::key).ok_or_else(gone)?;
        Ok(Self {
            partition,
            cipher: XChaCha20Poly1305::new(key.as_slice().into()),
        })
    }

    pub(super) fn seal(
        &self,
        tag: &Digest,
        wc: &[u8; 16],
        leaf: &Digest,
        open: &[u8],
    ) -> Result<Vec<u8>, StoreError> {
        let aad = bound(tag, wc);
        let payload = Payload {
            msg: open,
            aad: &aad,
        };
        self.cipher
            .encrypt(nonce(leaf), payload)
            .map_err(|_| self.damaged())
    }

    pub(super) fn open(
        &self,
        tag: &Digest,
        wc: &[u8; 16],
        leaf: &Digest,
        sealed: &[u8],
    ) -> Result<Vec<u8>, StoreError> {
        let aad = bound(tag, wc);
        let payload = Payload {
            msg: sealed,
            aad: &aad,
        };
        self.cipher
            .decrypt(nonce(leaf), payload)
            .map_err(|_| self.damaged())
    }

    fn damaged(&self) -> StoreError {
        StoreError::Damaged {
            partition: self.partition,
        }
    }
}

fn nonce(leaf: &Digest) -> &XNonce {
    XNonce::from_slice(&leaf[..24])
}

fn bound(tag: &Digest, wc: &[u8; 16]) -> [u8; 48] {
    let mut bound = [0; 48];
    bound[..32].copy_from_slice(tag);
    bound[32..].copy_from_slice(wc);
    bound
}
