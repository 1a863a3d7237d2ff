//! The status: what this server takes, refuses and is, signed, and the same for everyone.

use std::sync::PoisonError;

use wire::{
    log::{EntryProof, Hash},
    status::{Disabled, Status},
};

use crate::{intake::Intake, refusal::Refusal};

/// A status is signed anew after so many seconds.
const FRESH: u64 = 3600;
/// It holds for so many seconds.
const HOLDS: u64 = 48 * 3600;

/// A status that was signed, and over how many leaves of the log.
pub(crate) struct Signed {
    issued: u64,
    leaves: u64,
    note: String,
}

impl Intake {
    /// Returns the signed status. It is signed anew once an hour, and when the log has grown.
    ///
    /// # Errors
    /// [`Refusal`] when it could not be signed.
    pub fn signed_status(&self) -> Result<String, Refusal> {
        let now = self.clock.now();
        let mut kept = self.status.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(signed) = &*kept {
            let is_fresh = (signed.issued..signed.issued + FRESH).contains(&now);
            if is_fresh && signed.leaves == self.log.head().0 {
                return Ok(signed.note.clone());
            }
        }
        let (status, leaves) = self.unsigned_status(now);
        let note = status
            .sign(&self.status_signer)
            .map_err(|error| Refusal::internal(&error))?;
        *kept = Some(Signed {
            issued: now,
            leaves,
            note: note.clone(),
        });
        Ok(note)
    }

    /// Returns what checks the status.
    #[must_use]
    pub fn status_verifier(&self) -> wire::note::Verifier {
        self.status_signer.verifier()
    }

    fn unsigned_status(&self, now: u64) -> (Status, u64) {
        // A program that is closed stays listed: a device obeys what is closed, and only waits for what is
        // unknown.
        let programs = self.programs.hashes();
        let mut disabled: Vec<Disabled> = self
            .closed()
            .iter()
            .map(|it| Disabled {
                program: it.program,
                version: it.version,
            })
            .collect();
        disabled.sort_unstable();
        disabled.dedup();
        // Proofs and checkpoint of one moment: what is appended meanwhile is in the next status.
        let (checkpoint, leaves, epochs) = loop {
            let before = self.log.head().0;
            let epochs = self.live_keys(now);
            let checkpoint = self.log.checkpoint();
            if self.log.head().0 == before {
                break (checkpoint, before, epochs);
            }
        };
        let mut roles = self.config.roles.clone();
        roles.sort_unstable();
        let status = Status {
            issued: now,
            until: now + HOLDS,
            roles,
            least: self.least_version(),
            programs,
            disabled,
            gateway: self.gateways(),
            epochs,
            checkpoint,
        };
        (status, leaves)
    }

    /// The keys that messages to this server are sealed for, and those to a randomness server elsewhere.
    fn gateways(&self) -> Vec<Hash> {
        let own = self.gateway.hashes().into_iter();
        own.chain(self.gateways_elsewhere()).collect()
    }

    fn live_keys(&self, now: u64) -> Vec<EntryProof> {
        let proof = |at| Some(self.log.proof(at)?.0);
        let gateways = self.gateways().into_iter();
        let published = gateways.filter_map(|it| Some(self.log.gateway_published(it)?.0));
        let mut proofs: Vec<EntryProof> = published.filter_map(proof).collect();
        for taken in self.programs.all() {
            for epoch in taken.calendar.live(now) {
                let leaf = self
                    .log
                    .published_at(*taken.program.hash(), wire::Epoch(epoch));
                proofs.extend(leaf.and_then(proof));
            }
        }
        proofs
    }
}
