//! What became of a report: the operator's signed word, kept so that it can be checked without asking anyone.
//!
//! First that the report was in the partition of its day, once that is sealed; later that the partition was
//! erased. A proof that does not hold is not kept.

use consent::{Ledger, RecordState, hex};
use wire::{
    log::{Hash, Partition, Proof},
    note::Verifier,
    ohttp::{Method, Request},
};

use super::{ENOUGH, Round, keys::Servers};
use crate::{
    failure::{Failure, with_causes},
    http::error_code,
};

/// After its day a partition is sealed. A day and two hours, so that the last of it is in.
const SEALED_AFTER: u64 = 26 * 3600;

/// So long after a partition was to be erased its erasure is still asked for.
const ASKED_FOR: u64 = 30 * 24 * 3600;

/// A report whose fate is to be asked about.
struct Wanted {
    id: i64,
    leaf: Hash,
    /// What is proven already.
    proof: Option<Proof>,
}

impl<'a> Round<'a> {
    pub(super) fn proofs_are_due(&self) -> Result<bool, Failure> {
        Ok(!self.wanted()?.is_empty())
    }

    /// Returns reports whose partition should be sealed or erased by now, and of which that is not proven.
    fn wanted(&self) -> Result<Vec<Wanted>, Failure> {
        let now = self.now();
        let mut wanted = Vec::new();
        let Ok((log, _)) = self.verifiers() else {
            return Ok(wanted);
        };
        let ledger = Ledger::read(self.outbox.folder())?;
        for row in self.outbox.rows()? {
            let (RecordState::Withdrawable | RecordState::Forgotten, Some(sent)) =
                (row.state, row.sent)
            else {
                continue;
            };
            if !self.went_here(&ledger, &row.program, &row.material)? {
                continue;
            }
            let leaf = self.outbox.kept(&leaf_of(row.id))?;
            let Some(leaf) = leaf.and_then(|it| it.try_into().ok()).map(Hash) else {
                continue;
            };
            let kept = self.outbox.kept(&name(row.id))?;
            let kept = kept.and_then(|it| Proof::parse(&String::from_utf8(it).ok()?).ok());
            let is_erased = row.erased_at.is_some_and(|at| at <= now);
            let is_due = match &kept {
                // Of what is erased nobody can show any more that it was there.
                None => now >= sent.plus(SEALED_AFTER) && !is_erased,
                Some(proof) => {
                    let may_be_known = row.erased_at.is_some_and(|at| now < at.plus(ASKED_FOR));
                    // One that held under another key is the operator's past; it is kept as it is.
                    let holds = proof.check(&leaf, &log).is_ok();
                    proof.erased.is_none() && is_erased && may_be_known && holds
                }
            };
            if is_due && self.may_ask(row.id)? {
                wanted.push(Wanted {
                    id: row.id,
                    leaf,
                    proof: kept,
                });
            }
        }
        Ok(wanted)
    }

    fn may_ask(&self, id: i64) -> Result<bool, Failure> {
        let kept = self.kept_time(&later(id))?;
        Ok(kept.is_none_or(|it| it <= self.now()))
    }

    /// Asks for the proofs that are wanted and keeps those that hold.
    pub(super) fn proofs(&mut self, servers: &Servers<'a>) -> Result<(), Failure> {
        let Ok((log, _)) = self.verifiers() else {
            return Ok(());
        };
        for wanted in self.wanted()? {
            if !self.may_tell() {
                continue;
            }
            let path = match &wanted.proof {
                None => format!("/v1/proof/{}", hex(&wanted.leaf.0)),
                Some(proof) => match proof.check(&wanted.leaf, &log) {
                    Ok(proven) => erasure_of(&proven.partition),
                    // It held when it was kept: the operator has another key now.
                    Err(_) => continue,
                },
            };
            let text = self.text_of(servers, &path)?;
            match text.and_then(|text| proven(wanted.proof, &text, &wanted.leaf, &log)) {
                Ok(proof) => {
                    self.outbox
                        .keep(&name(wanted.id), proof.to_json().as_bytes())?;
                    self.done.proofs += 1;
                }
                Err(why) => {
                    let again = self.again(6);
                    self.keep_time(&later(wanted.id), again)?;
                    self.trouble(format!("the proof for record {}", wanted.id), why);
                }
            }
        }
        Ok(())
    }

    fn text_of(
        &mut self,
        servers: &Servers<'a>,
        path: &str,
    ) -> Result<Result<String, String>, Failure> {
        let request = Request {
            method: Method::Get,
            path: path.to_owned(),
            body: Vec::new(),
        };
        if !self.may_leave(wire::ohttp::UNIT as u64)? {
            return Ok(Err(ENOUGH.to_owned()));
        }
        Ok(match servers.intake.ask(&request) {
            Ok(answer) if answer.status == 200 => {
                String::from_utf8(answer.body).map_err(|_| "it answers no text".to_owned())
            }
            Ok(answer) => {
                Err(error_code(&answer.body).unwrap_or_else(|| answer.status.to_string()))
            }
            Err(error) => Err(with_causes(&error)),
        })
    }
}

/// Checks an answer, together with what was proven before.
fn proven(before: Option<Proof>, text: &str, leaf: &Hash, log: &Verifier) -> Result<Proof, String> {
    let proof = match before {
        None => Proof::parse(text),
        Some(before) => before.with_erasure(text),
    };
    let proof = proof.map_err(|error| with_causes(&error))?;
    proof
        .check(leaf, log)
        .map_err(|error| with_causes(&error))?;
    Ok(proof)
}

/// Where the erasure of a partition is asked for: `/v1/erasure/4f2a/2951/20650`.
fn erasure_of(partition: &Partition) -> String {
    let number = hex(&partition.program.0[..2]);
    format!(
        "/v1/erasure/{number}/{}/{}",
        partition.epoch.0, partition.day.0
    )
}

/// Under this name the proof of a record is kept; `candor outbox proof` reads it.
fn name(id: i64) -> String {
    format!("proof {id}")
}

/// Under this name the hash of a report is kept, which outlives the report.
pub(super) fn leaf_of(id: i64) -> String {
    format!("leaf {id}")
}

/// Under this name it is kept when to ask again.
fn later(id: i64) -> String {
    format!("proof-later {id}")
}
