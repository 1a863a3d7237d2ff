//! Checkpoints: the log's size and root, signed.
//!
//! ```text
//! origin
//! size
//! base64(root)
//! ```
//!
//! Source: C2SP tlog-checkpoint v1.0.0, <https://c2sp.org/tlog-checkpoint>, read 2026-11.

use super::Hash;
use crate::note::{NoteError, Signer, Verifier};

/// The state of a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// The log's name, which its key has too.
    pub origin: String,
    /// How many leaves it has.
    pub size: u64,
    /// The root over them.
    pub root: Hash,
}

/// Why a checkpoint is not accepted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CheckpointError {
    /// The signature, or the form of the note.
    #[error("the checkpoint is not signed as it must be")]
    Note(#[from] NoteError),
    /// The text under the signature is no checkpoint.
    #[error("the signed text is no checkpoint: origin, size and root, a line each")]
    Form,
    /// It is of another log.
    #[error("the checkpoint is of `{0}`, not of this log")]
    Origin(String),
}

impl Checkpoint {
    /// Returns the three lines that are signed.
    #[must_use]
    pub fn text(&self) -> String {
        format!("{}\n{}\n{}\n", self.origin, self.size, self.root)
    }

    /// Signs it.
    ///
    /// # Errors
    /// [`NoteError`] where the origin holds a control character.
    pub fn sign(&self, signer: &Signer) -> Result<String, NoteError> {
        signer.sign(&self.text())
    }

    /// Reads a checkpoint that this key signed, of the log that has the key's name. Lines after
    /// the third are passed over, as the specification asks.
    ///
    /// # Errors
    /// [`CheckpointError`].
    pub fn open(note: &str, verifier: &Verifier) -> Result<Self, CheckpointError> {
        let checkpoint = Self::read(verifier.open(note)?).ok_or(CheckpointError::Form)?;
        match checkpoint.origin == verifier.name() {
            true => Ok(checkpoint),
            false => Err(CheckpointError::Origin(checkpoint.origin)),
        }
    }

    /// Reads the text that is under the signature.
    pub(crate) fn read(text: &str) -> Option<Self> {
        let mut lines = text.strip_suffix('\n')?.split('\n');
        let origin = lines.next().filter(|line| !line.is_empty())?.to_owned();
        let digits = lines.next()?;
        let size = digits.parse::<u64>().ok()?;
        let root = Hash::from_base64(lines.next()?)?;
        let rest_is_lines = lines.all(|line| !line.is_empty());
        (rest_is_lines && size.to_string() == digits).then_some(Self { origin, size, root })
    }
}
