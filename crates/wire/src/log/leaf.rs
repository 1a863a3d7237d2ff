//! Leaves: one event each, as JSON in the one form that this module writes.

use serde::{Deserialize, Serialize};

use super::Hash;
use crate::{Day, Epoch, ProgramHash, PublicKey, Version};

/// The longest leaf, in bytes.
const LONGEST: usize = 4096;

/// One thing that happened, and when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Leaf {
    /// When, in Unix seconds.
    pub at: u64,
    /// What.
    pub event: Event,
}

/// The reports of one program that came in on one day of an epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Partition {
    /// Their program.
    pub program: ProgramHash,
    /// Their epoch.
    pub epoch: Epoch,
    /// The day they came in.
    pub day: Day,
}

/// Why a partition was erased.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Erasure {
    /// Its time was over.
    Retention,
    /// The whole program was purged.
    Purge,
}

/// What the log says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Event {
    /// The keys of an epoch, before it begins.
    EpochKeyPublished {
        /// The program.
        program: ProgramHash,
        /// The epoch.
        epoch: Epoch,
        /// The key of the randomness server.
        randomness: PublicKey,
        /// The key of the issuer.
        issuer: PublicKey,
    },
    /// A key of the gateway, before it is handed out. One for each device would stand here.
    GatewayKeyPublished {
        /// The hash of its configuration, as `/v1/ohttp-keys` answers it.
        keys: Hash,
    },
    /// A key of the gateway was destroyed: what was sealed for it opens nowhere any more.
    GatewayKeyDestroyed {
        /// The hash of its configuration.
        keys: Hash,
    },
    /// The randomness key of an epoch was destroyed.
    EpochKeyDestroyed {
        /// The program.
        program: ProgramHash,
        /// The epoch.
        epoch: Epoch,
        /// The key that no longer is.
        randomness: PublicKey,
    },
    /// A day is over: no report enters this partition again.
    PartitionSealed {
        /// Which one.
        partition: Partition,
        /// The name of the key its columns are sealed with: a hash, not the key.
        key_id: Hash,
        /// How many reports it holds.
        rows: u64,
        /// The root over their leaves, sorted by hash.
        root: Hash,
    },
    /// A partition's key and files were erased.
    PartitionErased {
        /// Which one.
        partition: Partition,
        /// The name of the key that no longer is.
        key_id: Hash,
        /// How many reports went with it.
        rows: u64,
        /// Why.
        reason: Erasure,
    },
    /// Reports were withdrawn and erased.
    WithdrawnBatch {
        /// Their program.
        program: ProgramHash,
        /// Their epoch.
        epoch: Epoch,
        /// How many.
        rows: u64,
        /// The root over their leaves, sorted by hash.
        root: Hash,
    },
    /// Reports of a version are refused from now on.
    VersionDisabled {
        /// The program; none for all of them.
        program: Option<ProgramHash>,
        /// The version.
        version: Version,
        /// Why, in a line.
        reason: String,
    },
    /// The server runs with another configuration.
    ConfigChanged {
        /// What changed, in a line without values.
        what: String,
        /// The hash of the configuration now.
        config: Hash,
    },
    /// An administrator did something.
    AdminActed {
        /// By what scope.
        scope: String,
        /// What, in a line.
        act: String,
    },
}

/// Why bytes are no leaf.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LeafError {
    /// Longer than leaves are.
    #[error("a leaf of {0} bytes: at most {LONGEST}")]
    Long(usize),
    /// Not JSON of a known event in the one form.
    #[error("this is no event of the log, or not in the one form")]
    Form,
}

impl Leaf {
    /// Writes the leaf: JSON, keys in a fixed order, no white space.
    ///
    /// # Errors
    /// [`LeafError::Long`] where a text in it is too long.
    pub fn to_bytes(&self) -> Result<Vec<u8>, LeafError> {
        let bytes = serde_json::to_vec(self).expect("text, numbers and hashes are always JSON");
        match bytes.len() <= LONGEST {
            true => Ok(bytes),
            false => Err(LeafError::Long(bytes.len())),
        }
    }

    /// Reads a leaf.
    ///
    /// # Errors
    /// [`LeafError`] for every byte string that [`Self::to_bytes`] could not have given.
    pub fn parse(bytes: &[u8]) -> Result<Self, LeafError> {
        if bytes.len() > LONGEST {
            return Err(LeafError::Long(bytes.len()));
        }
        let leaf: Self = serde_json::from_slice(bytes).map_err(|_| LeafError::Form)?;
        match leaf.to_bytes()? == bytes {
            true => Ok(leaf),
            false => Err(LeafError::Form),
        }
    }
}
