//! What a device keeps to show, offline, that its report was in a partition and that the server
//! stated to have erased it.

use serde::{Deserialize, Serialize};

use super::{
    Checkpoint, CheckpointError, Erasure, Event, Hash, Leaf, LeafError, Partition, ProofError,
    leaf_hash, verify_inclusion,
};
use crate::note::Verifier;

/// The longest document that is read, in bytes.
const LONGEST: usize = 64 * 1024;
/// The most hashes a proof can need.
const MOST_HASHES: usize = 64;

/// A leaf of the log with its proof.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EntryProof {
    /// Where it stands in the log.
    pub index: u64,
    /// The leaf, as text.
    pub leaf: String,
    /// The hashes beside its way to the root, lowest first.
    pub path: Vec<Hash>,
}

/// The answer to `GET /v1/proof/{leaf}`: JSON.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Proof {
    /// Where the report stands among the sorted leaves of its partition.
    pub index: u64,
    /// The hashes beside its way to the partition's root, lowest first.
    pub path: Vec<Hash>,
    /// The leaf that says the partition was sealed.
    pub sealed: EntryProof,
    /// The leaf that says it was erased, once it was.
    pub erased: Option<EntryProof>,
    /// The signed checkpoint that both are under.
    pub checkpoint: String,
}

/// The answer to `GET /v1/erasure/{program}/{epoch}/{day}`: that a partition was sealed, and erased.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Erased {
    /// The leaf that says the partition was sealed.
    pub sealed: EntryProof,
    /// The leaf that says it was erased.
    pub erased: EntryProof,
    /// The signed checkpoint that both are under.
    pub checkpoint: String,
}

/// What a proof shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Proven {
    /// The partition that the report was in.
    pub partition: Partition,
    /// When it was sealed, in Unix seconds.
    pub sealed_at: u64,
    /// How many reports it held.
    pub rows: u64,
    /// When the server stated to have erased it, in Unix seconds, and why.
    pub erased: Option<(u64, Erasure)>,
}

/// Why a proof is not accepted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProofDocumentError {
    /// Not JSON of a proof, or too long.
    #[error("this is no proof document: {0}")]
    Form(String),
    /// The checkpoint.
    #[error("the checkpoint in the proof is not accepted")]
    Checkpoint(#[from] CheckpointError),
    /// A leaf of the log in it.
    #[error("a leaf of the log in the proof cannot be read")]
    Leaf(#[from] LeafError),
    /// A Merkle path in it.
    #[error("the {what} does not hold")]
    Path {
        /// Which path.
        what: &'static str,
        /// Why not.
        #[source]
        source: ProofError,
    },
    /// A leaf says something else than it should.
    #[error("the proof's {0} is of another kind or another partition")]
    Event(&'static str),
}

impl Proof {
    /// Reads the document. Nothing in it is checked yet.
    ///
    /// # Errors
    /// [`ProofDocumentError::Form`].
    pub fn parse(text: &str) -> Result<Self, ProofDocumentError> {
        if text.len() > LONGEST {
            return Err(ProofDocumentError::Form(format!(
                "longer than {LONGEST} bytes"
            )));
        }
        let proof: Self = serde_json::from_str(text)
            .map_err(|error| ProofDocumentError::Form(error.to_string()))?;
        let paths = [
            Some(&proof.path),
            Some(&proof.sealed.path),
            proof.erased.as_ref().map(|it| &it.path),
        ];
        let fits = paths
            .into_iter()
            .flatten()
            .all(|path| path.len() <= MOST_HASHES);
        match fits {
            true => Ok(proof),
            false => Err(ProofDocumentError::Form(
                "a path of more than 64 hashes".to_owned(),
            )),
        }
    }

    /// Returns the proof with what became of its partition since. Nothing of it is checked yet:
    /// [`Proof::check`] does.
    ///
    /// # Errors
    /// [`ProofDocumentError::Form`] where `text` is no answer of that kind.
    pub fn with_erasure(self, text: &str) -> Result<Self, ProofDocumentError> {
        if text.len() > LONGEST {
            return Err(ProofDocumentError::Form(format!(
                "longer than {LONGEST} bytes"
            )));
        }
        let erased: Erased = serde_json::from_str(text)
            .map_err(|error| ProofDocumentError::Form(error.to_string()))?;
        Ok(Self {
            sealed: erased.sealed,
            erased: Some(erased.erased),
            checkpoint: erased.checkpoint,
            ..self
        })
    }

    /// Writes the document.
    #[must_use]
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).expect("text, numbers and hashes are always JSON")
    }

    /// Checks every path up to the signed checkpoint. `report` is the leaf of one's own report
    /// ([`crate::Report::leaf`]).
    ///
    /// # Errors
    /// [`ProofDocumentError`] names what does not hold.
    pub fn check(&self, report: &Hash, log: &Verifier) -> Result<Proven, ProofDocumentError> {
        let checkpoint = Checkpoint::open(&self.checkpoint, log)?;
        let sealed = self.sealed.check(&checkpoint, "path of the sealing")?;
        let Event::PartitionSealed {
            partition,
            key_id,
            rows,
            root,
        } = sealed.event
        else {
            return Err(ProofDocumentError::Event("sealing"));
        };
        verify_inclusion(report, self.index, rows, &self.path, &root).map_err(|source| {
            ProofDocumentError::Path {
                what: "path of the report",
                source,
            }
        })?;
        let erased = match &self.erased {
            None => None,
            Some(entry) => {
                let leaf = entry.check(&checkpoint, "path of the erasure")?;
                match leaf.event {
                    Event::PartitionErased {
                        partition: other,
                        key_id: key,
                        reason,
                        ..
                    } if (other, key) == (partition, key_id) => Some((leaf.at, reason)),
                    _ => return Err(ProofDocumentError::Event("erasure")),
                }
            }
        };
        Ok(Proven {
            partition,
            sealed_at: sealed.at,
            rows,
            erased,
        })
    }
}

impl EntryProof {
    /// Checks that the leaf is in the log of this checkpoint.
    ///
    /// # Errors
    /// [`ProofError`].
    pub fn verify(&self, log: &Checkpoint) -> Result<(), ProofError> {
        let leaf = leaf_hash(self.leaf.as_bytes());
        verify_inclusion(&leaf, self.index, log.size, &self.path, &log.root)
    }

    /// Checks that the leaf is in the log, and reads it.
    fn check(&self, log: &Checkpoint, what: &'static str) -> Result<Leaf, ProofDocumentError> {
        self.verify(log)
            .map_err(|source| ProofDocumentError::Path { what, source })?;
        Ok(Leaf::parse(self.leaf.as_bytes())?)
    }
}
