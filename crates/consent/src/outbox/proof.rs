//! What became of a report, by the operator's signed word: checked here, without asking anyone.
//!
//! The courier keeps two things under names of the record: the leaf of its report, and the proof that the
//! operator's log gives for it. A record that is dropped or withdrawn loses both: the leaf of a report says
//! whose it was to anybody who has the log.

use rusqlite::Transaction;
use serde::Serialize;
use wire::{
    log::{Erasure, Hash, Proof, ProofDocumentError},
    note::Verifier,
};

use super::{Outbox, OutboxError};
use crate::Time;

/// What the operator's public log says of a report.
///
/// It proves what the operator stated, and that everybody is told the same; not what a disk holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Proven {
    /// When the reports of its day were sealed: from then on none could be added or taken out unseen.
    pub sealed_at: Time,
    /// How many reports of that day there were.
    pub reports: u64,
    /// When the operator stated to have erased them, if it did.
    pub erased_at: Option<Time>,
    /// Whether they were erased because their time was over, and not with the whole program.
    pub by_retention: bool,
}

/// Why there is no proof.
#[derive(Debug, thiserror::Error)]
pub enum NoProof {
    /// The courier has brought none.
    #[error(
        "there is no proof for record {0} yet: the courier brings it a day after the report was sent"
    )]
    NotYet(i64),
    /// The operator's key is none.
    #[error("the key of the operator's log cannot be used")]
    Key(#[from] wire::note::NoteError),
    /// It does not hold.
    #[error("the proof for record {id} does not hold")]
    Wrong {
        /// The record.
        id: i64,
        /// What does not.
        #[source]
        source: ProofDocumentError,
    },
    /// The outbox cannot be used.
    #[error(transparent)]
    Outbox(#[from] OutboxError),
}

impl Outbox {
    /// Checks what the operator's log says of a record. `log` is the log's verifier key out of the
    /// operator's file.
    ///
    /// # Errors
    /// [`NoProof`].
    pub fn proof(&self, id: i64, log: &str) -> Result<Proven, NoProof> {
        self.row(id)?;
        let leaf = self.kept(&format!("leaf {id}"))?;
        let leaf = leaf.and_then(|bytes| bytes.try_into().ok()).map(Hash);
        let proof = self.kept(&format!("proof {id}"))?;
        let proof = proof.and_then(|bytes| String::from_utf8(bytes).ok());
        let (Some(leaf), Some(proof)) = (leaf, proof) else {
            return Err(NoProof::NotYet(id));
        };
        let log: Verifier = log.parse()?;
        let proven = Proof::parse(&proof).and_then(|proof| proof.check(&leaf, &log));
        let proven = proven.map_err(|source| NoProof::Wrong { id, source })?;
        Ok(Proven {
            sealed_at: Time(proven.sealed_at),
            reports: proven.rows,
            erased_at: proven.erased.map(|(at, _)| Time(at)),
            by_retention: matches!(proven.erased, Some((_, Erasure::Retention))),
        })
    }
}

/// Takes away what is kept of a record's proof.
pub(super) fn forget(transaction: &Transaction<'_>, id: i64) -> rusqlite::Result<()> {
    transaction
        .execute(
            "DELETE FROM kept WHERE name IN ('leaf ' || ?1, 'proof ' || ?1, 'proof-later ' || ?1)",
            [id],
        )
        .map(drop)
}
