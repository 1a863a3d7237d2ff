//! What became of a report: the operator's signed word, kept so that it can be checked without asking anyone.

use consent::{RecordState, Time};
use wire::{
    Report,
    log::Proof,
    ohttp::{Method, Request},
};

use super::{Round, Servers};
use crate::failure::{Failure, with_causes};

/// A proof is asked for when the day after the report's has begun, and again when it should be erased.
const AFTER_A_DAY: u64 = 26 * 3600;

/// A report whose fate is to be asked about.
struct Wanted {
    id: i64,
    report: Vec<u8>,
}

impl<'a> Round<'a> {
    pub(super) fn proofs_are_due(&self) -> Result<bool, Failure> {
        Ok(!self.wanted()?.is_empty())
    }

    /// Returns reports whose partition should be sealed or erased by now, and of which that is not proven.
    fn wanted(&self) -> Result<Vec<Wanted>, Failure> {
        let now = self.now();
        let mut wanted = Vec::new();
        for row in self.outbox.rows()? {
            let (RecordState::Withdrawable, Some(report), Some(sent)) =
                (row.state, row.report, row.sent)
            else {
                continue;
            };
            if now >= sent.plus(AFTER_A_DAY)
                && self.outbox.kept(&name(row.id))?.is_none()
                && self.may_ask(row.id)?
            {
                wanted.push(Wanted { id: row.id, report });
            }
        }
        Ok(wanted)
    }

    fn may_ask(&self, id: i64) -> Result<bool, Failure> {
        let kept = self
            .outbox
            .kept(&later(id))?
            .and_then(|it| it.try_into().ok());
        Ok(kept.is_none_or(|bytes| Time(u64::from_be_bytes(bytes)) <= self.now()))
    }

    /// Asks for the proofs that are wanted and keeps those that hold.
    pub(super) fn proofs(&mut self, servers: &Servers<'a>) -> Result<(), Failure> {
        let Ok((log, _)) = self.verifiers() else {
            return Ok(());
        };
        for wanted in self.wanted()? {
            let Ok(report) = Report::parse(&wanted.report) else {
                continue;
            };
            let leaf = report.leaf();
            let hex: String = leaf.0.iter().map(|byte| format!("{byte:02x}")).collect();
            let request = Request {
                method: Method::Get,
                path: format!("/v1/proof/{hex}"),
                body: Vec::new(),
            };
            let now = self.now();
            self.outbox.count_bytes(wire::ohttp::UNIT as u64, now)?;
            let found = servers
                .intake
                .ask(&request)
                .map_err(|error| with_causes(&error));
            let found = found.and_then(|answer| match answer.status {
                200 => String::from_utf8(answer.body).map_err(|_| "no text".to_owned()),
                status => Err(format!("it answers {status}")),
            });
            let checked = found.and_then(|text| {
                let proof = Proof::parse(&text).map_err(|error| with_causes(&error))?;
                proof
                    .check(&leaf, &log)
                    .map_err(|error| with_causes(&error))?;
                Ok(text)
            });
            match checked {
                Ok(text) => {
                    self.outbox.keep(&name(wanted.id), text.as_bytes())?;
                    self.done.proofs += 1;
                }
                Err(why) => {
                    let again = self.again(6);
                    self.outbox
                        .keep(&later(wanted.id), &again.0.to_be_bytes())?;
                    self.trouble(format!("the proof for record {}", wanted.id), why);
                }
            }
        }
        Ok(())
    }
}

/// Under this name the proof of a record is kept; `candor outbox proof` reads it.
fn name(id: i64) -> String {
    format!("proof {id}")
}

/// Under this name it is kept when to ask again.
fn later(id: i64) -> String {
    format!("proof-later {id}")
}
