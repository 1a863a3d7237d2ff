//! What a server says of itself: one signed document, the same for everyone.
//!
//! A device asks for it before it sends, through the relay like everything else. A signed note of
//! two lines: the server's name, and JSON in the one form that this module writes.

use serde::{Deserialize, Serialize};

use crate::{
    Epoch, Program, ProgramHash, PublicKey, Version,
    log::{Checkpoint, CheckpointError, EntryProof, Event, Hash, Leaf, LeafError, ProofError},
    note::{NoteError, Signer, Verifier},
};

/// The longest status that is read, in bytes.
pub const LONGEST: usize = 64 * 1024;

/// How far a device's clock may be behind the server's, in seconds.
pub const SKEW: u64 = 3600;

/// How many keys of gateways are in use at once: that of the intake, that of the randomness server, and of each the one
/// before it. With more of them a server could tell devices apart by the key they use.
pub const MOST_GATEWAY_KEYS: usize = 4;

/// A part of the server. Two parts in one hand weaken what is promised; which, `docs/protocol.md`
/// says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// Takes reports in and reveals.
    Receive,
    /// Answers requests for randomness.
    Randomness,
    /// Enrols, and issues tokens.
    Issuer,
    /// Carries messages, and sees addresses.
    Relay,
}

/// What a server says of itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Status {
    /// When it was signed, in Unix seconds. A device refuses one older than the last it saw.
    pub issued: u64,
    /// Until when it holds, in Unix seconds.
    pub until: u64,
    /// The parts that this server's operator runs, in order, each once.
    pub roles: Vec<Role>,
    /// The oldest version that may report.
    pub least: Version,
    /// The programs that this server has, by hash, in order, each once. One of them may be closed.
    pub programs: Vec<ProgramHash>,
    /// What is closed beyond that, in order, each once.
    pub disabled: Vec<Disabled>,
    /// The SHA-256 of each key configuration of the gateway, in base64.
    pub gateway: Vec<Hash>,
    /// The leaves that publish keys in use: `epoch-key-published` of epochs that are open or begin
    /// next, `gateway-key-published`. Each is proven to be in the log of `checkpoint`.
    pub epochs: Vec<EntryProof>,
    /// The log's checkpoint: a signed note.
    pub checkpoint: String,
}

/// What may not report: a version, or all of them. It is the switch that reaches what is out there already.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Disabled {
    /// The program it may not report to; none for all.
    pub program: Option<ProgramHash>,
    /// The version; none for all.
    pub version: Option<Version>,
}

/// Whether a version may report to a program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It may.
    Open,
    /// The server does not take this program: another declaration, or none.
    UnknownProgram,
    /// The version is older than the oldest that may, or closed, or the program is. What waits is erased.
    Disabled,
}

/// The keys of one epoch, proven to be in the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EpochKeys {
    /// The key of the randomness server.
    pub randomness: PublicKey,
    /// The key of the issuer.
    pub issuer: PublicKey,
}

/// Why a status is not accepted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StatusError {
    /// The signature, or the form of the note.
    #[error("the status is not signed as it must be")]
    Note(#[from] NoteError),
    /// The text under the signature is no status in the one form.
    #[error("the signed text is no status, or not in the one form")]
    Form,
    /// It is longer than a status is.
    #[error("a status of {0} bytes: at most {LONGEST}")]
    Long(usize),
    /// It is not valid at this time.
    #[error("the status holds from {issued} to {until}, it is {now} (Unix seconds)")]
    Time {
        /// From when.
        issued: u64,
        /// Until when.
        until: u64,
        /// The time it was checked at.
        now: u64,
    },
    /// The checkpoint in it.
    #[error("the checkpoint in the status is not accepted")]
    Checkpoint(#[from] CheckpointError),
    /// No keys of the epoch that is asked about.
    #[error("the status has no keys of epoch {0}")]
    Epoch(Epoch),
    /// The gateway's key that was used is not named, or not published.
    #[error("the status does not name the gateway's key, or no leaf publishes it")]
    Gateway,
    /// More keys of gateways than are in use at once.
    #[error(
        "the status names {0} keys of gateways, at most {MOST_GATEWAY_KEYS} are in use at once"
    )]
    Gateways(usize),
    /// A leaf in it.
    #[error("a leaf of the log in the status cannot be read")]
    Leaf(#[from] LeafError),
    /// The leaf with the keys is not in the log.
    #[error("the keys in the status are not in the log")]
    Path(#[from] ProofError),
}

impl Status {
    /// Signs the status.
    ///
    /// # Errors
    /// [`StatusError::Long`]; [`StatusError::Form`] where a list is out of order.
    pub fn sign(&self, signer: &Signer) -> Result<String, StatusError> {
        if !self.is_in_order() {
            return Err(StatusError::Form);
        }
        let note = signer.sign(&self.text(signer.verifier().name()))?;
        match note.len() <= LONGEST {
            true => Ok(note),
            false => Err(StatusError::Long(note.len())),
        }
    }

    /// Reads a status that this key signed and that holds at `now` (Unix seconds). A clock may be
    /// [`SKEW`] behind.
    ///
    /// # Errors
    /// [`StatusError`].
    pub fn open(note: &str, verifier: &Verifier, now: u64) -> Result<Self, StatusError> {
        if note.len() > LONGEST {
            return Err(StatusError::Long(note.len()));
        }
        let text = verifier.open(note)?;
        let status = read_text(text, verifier.name()).ok_or(StatusError::Form)?;
        let (issued, until) = (status.issued, status.until);
        match (issued.saturating_sub(SKEW)..until).contains(&now) {
            true => Ok(status),
            false => Err(StatusError::Time { issued, until, now }),
        }
    }

    /// Returns whether a version may report to a program.
    #[must_use]
    pub fn standing(&self, program: &Program, version: Version) -> Standing {
        let closed = self.disabled.iter().any(|it| {
            it.version.is_none_or(|closed| closed == version)
                && it.program.is_none_or(|closed| closed == *program.hash())
        });
        // Asked first: a program that is closed for good may be gone from the list as well.
        match (
            version < self.least || closed,
            self.programs.contains(program.hash()),
        ) {
            (true, _) => Standing::Disabled,
            (false, true) => Standing::Open,
            (false, false) => Standing::UnknownProgram,
        }
    }

    /// Returns the checkpoint, if the log's key signed it.
    ///
    /// # Errors
    /// [`StatusError::Checkpoint`].
    pub fn checkpoint(&self, log: &Verifier) -> Result<Checkpoint, StatusError> {
        Ok(Checkpoint::open(&self.checkpoint, log)?)
    }

    /// Returns the keys of an epoch, if they are in the log.
    ///
    /// # Errors
    /// [`StatusError::Epoch`] where there are none; what is not proven is not used.
    pub fn keys(
        &self,
        program: &ProgramHash,
        epoch: Epoch,
        log: &Verifier,
    ) -> Result<EpochKeys, StatusError> {
        let checkpoint = self.checkpoint(log)?;
        for entry in &self.epochs {
            match Leaf::parse(entry.leaf.as_bytes())?.event {
                Event::EpochKeyPublished {
                    program: of,
                    epoch: at,
                    randomness,
                    issuer,
                } if (&of, at) == (program, epoch) => {
                    entry.verify(&checkpoint)?;
                    return Ok(EpochKeys { randomness, issuer });
                }
                _ => {}
            }
        }
        Err(StatusError::Epoch(epoch))
    }

    /// Checks that a key configuration of the gateway is in use and published in the log, by its
    /// hash. A device that was given a key for itself alone would be known by it.
    ///
    /// # Errors
    /// [`StatusError::Gateway`]; [`StatusError::Gateways`]; [`StatusError::Path`] where its leaf is not in the log.
    pub fn vouches_for_gateway(&self, keys: &Hash, log: &Verifier) -> Result<(), StatusError> {
        let checkpoint = self.checkpoint(log)?;
        if self.gateway.len() > MOST_GATEWAY_KEYS {
            return Err(StatusError::Gateways(self.gateway.len()));
        }
        if !self.gateway.contains(keys) {
            return Err(StatusError::Gateway);
        }
        let published = Event::GatewayKeyPublished { keys: *keys };
        for entry in &self.epochs {
            if Leaf::parse(entry.leaf.as_bytes())?.event == published {
                return Ok(entry.verify(&checkpoint)?);
            }
        }
        Err(StatusError::Gateway)
    }

    fn text(&self, name: &str) -> String {
        let json = serde_json::to_string(self).expect("text, numbers and hashes are always JSON");
        format!("{name}\n{json}\n")
    }

    fn is_in_order(&self) -> bool {
        fn rising<T: Ord>(list: &[T]) -> bool {
            list.windows(2).all(|pair| pair[0] < pair[1])
        }
        rising(&self.roles) && rising(&self.programs) && rising(&self.disabled)
    }
}

/// Reads the text under the signature, in its one form.
pub(crate) fn read_text(text: &str, name: &str) -> Option<Status> {
    let json = text.split('\n').nth(1)?;
    let status: Status = serde_json::from_str(json).ok()?;
    (status.is_in_order() && status.text(name) == text).then_some(status)
}
