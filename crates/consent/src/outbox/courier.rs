//! What the courier does with records: it takes up what is due, stores bytes before it sends them, and
//! notes what came of it.
//!
//! ```text
//! for due in outbox.due(now)? {
//!     match due.step {
//!         Ask      => parcel = add_parcel(Randomness, …); departing(parcel); …; randomised(id, output, later)
//!         Seal(r)  => token_for(id, lane); ready(id, report, withdrawal, later)
//!         Send(b)  => parcel = add_parcel(Report, b, sealed); departing(parcel); …; acknowledged(id, …)
//!     }
//! }
//! ```

use std::collections::BTreeMap;

use rusqlite::{OptionalExtension, Transaction};
use zeroize::Zeroizing;

use super::{
    Kind, Outbox, OutboxError, RecordState,
    settle::{drop_tokens, ids, wipe},
    tables,
    withdraw::file,
};
use crate::{Ledger, ProgramId, Time, Value};

/// A record that the courier may do the next step for, now.
#[derive(Clone, Debug)]
pub struct Due {
    /// Its number.
    pub id: i64,
    /// What it is a record of.
    pub program: ProgramId,
    /// The material hash it was put under.
    pub material: String,
    /// Its epoch.
    pub epoch: u32,
    /// When that ends: what has not left then never will.
    pub epoch_ends: Time,
    /// Its fields by name.
    pub fields: BTreeMap<String, Value>,
    /// How often something was tried in vain.
    pub tries: u32,
    /// What is next.
    pub step: Step,
}

/// What is next for a record.
#[derive(Clone)]
pub enum Step {
    /// To ask the randomness server.
    Ask,
    /// To make the report, with this output of the randomness server.
    Seal(Zeroizing<Vec<u8>>),
    /// To send this report; the same bytes as before, if it was sent without an answer.
    Send(Vec<u8>),
}

impl std::fmt::Debug for Step {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str(match self {
            Self::Ask => "Ask",
            Self::Seal(_) => "Seal(…)",
            Self::Send(_) => "Send(…)",
        })
    }
}

impl Outbox {
    /// Returns what may be taken up now: shown to the person, its consent holds, its time has come, its
    /// epoch is not over. Brings the outbox up to date first, see [`Outbox::settle`].
    ///
    /// # Errors
    /// [`OutboxError::Ledger`] when the ledger is damaged: then nothing is due.
    pub fn due(&mut self, now: Time) -> Result<Vec<Due>, OutboxError> {
        self.settle(now)?;
        let ledger = Ledger::read(&self.folder)?;
        let mut due = Vec::new();
        for row in self.rows()? {
            let is_due = row.not_before <= now
                && now < row.epoch_ends
                && ledger.state().holds(&row.program, &row.receipt, now);
            if !is_due {
                continue;
            }
            let step = match (row.state, row.report) {
                (RecordState::Shown, _) => Step::Ask,
                (RecordState::Randomised, _) => Step::Seal(self.randomness(row.id)?),
                (RecordState::Ready | RecordState::Sent, Some(report)) => Step::Send(report),
                _ => continue,
            };
            due.push(Due {
                id: row.id,
                program: row.program,
                material: row.material,
                epoch: row.epoch,
                epoch_ends: row.epoch_ends,
                fields: row.fields,
                tries: row.tries,
                step,
            });
        }
        Ok(due)
    }

    /// Stores the bytes of a message before it leaves, and returns the number of the parcel.
    ///
    /// `plain` is what is inside OHTTP, `sealed` the OHTTP message as it will be on the wire. Of a report
    /// `plain` must be the report that [`Outbox::ready`] fixed.
    ///
    /// # Errors
    /// [`OutboxError::State`] when the record is not at that step.
    pub fn add_parcel(
        &mut self,
        id: i64,
        kind: Kind,
        plain: &[u8],
        sealed: &[u8],
        now: Time,
    ) -> Result<i64, OutboxError> {
        let fits = match kind {
            Kind::Randomness => "state = 'shown'",
            Kind::Report => "state IN ('ready', 'sent') AND report = ?3",
        };
        let stored = self.at_once(|transaction| {
            let stored = transaction.execute(
                &format!(
                    "INSERT INTO parcels(record, kind, plain, sealed, stored)
                     SELECT id, ?2, ?3, ?4, ?5 FROM records WHERE id = ?1 AND {fits}"
                ),
                (id, kind.name(), plain, sealed, now.stored()),
            )?;
            Ok((stored > 0).then(|| transaction.last_insert_rowid()))
        })?;
        match stored {
            Some(parcel) => Ok(parcel),
            None => Err(OutboxError::State {
                id,
                state: self.row(id)?.state,
                why: "these bytes are not its next message",
            }),
        }
    }

    /// Notes that a parcel is about to leave; called right before its first byte is written.
    ///
    /// Asks the ledger under the lock of the folder: after a withdrawal has begun no parcel departs.
    /// A report is `sent` from here on, whether or not it arrives.
    ///
    /// # Errors
    /// [`OutboxError::NotGiven`] when the consent no longer holds, [`OutboxError::TakenBack`] when the record
    /// was dropped meanwhile: then the bytes must not leave.
    pub fn departing(&mut self, parcel: i64, now: Time) -> Result<(), OutboxError> {
        let _lock = self.folder.lock()?;
        let ledger = Ledger::read_locked(&self.folder)?;
        let found = self
            .database
            .query_row(
                "SELECT record, kind, length(sealed) FROM parcels WHERE id = ?1",
                [parcel],
                |row| Ok((row.get(0)?, row.get::<_, String>(1)?, row.get::<_, i64>(2)?)),
            )
            .optional()
            .map_err(|error| self.failed(error))?;
        let Some((id, kind, bytes)) = found else {
            return Err(OutboxError::TakenBack);
        };
        let row = self.row(id)?;
        if !ledger.state().holds(&row.program, &row.receipt, now) {
            return Err(OutboxError::NotGiven(row.program));
        }
        if row.shown.is_none() || now >= row.epoch_ends {
            return Err(OutboxError::State {
                id,
                state: row.state,
                why: "it was not shown, or its epoch is over",
            });
        }
        self.at_once(|transaction| {
            transaction.execute(
                "UPDATE parcels SET departed = ?2 WHERE id = ?1",
                (parcel, now.stored()),
            )?;
            if kind == Kind::Report.name() {
                transaction.execute(
                    "UPDATE records SET state = 'sent', sent = coalesce(sent, ?2)
                     WHERE id = ?1 AND state IN ('ready', 'sent')",
                    (id, now.stored()),
                )?;
            }
            count_bytes(transaction, bytes, now)
        })
    }

    /// Keeps what the randomness server answered; the report is made at `not_before` at the earliest.
    ///
    /// # Errors
    /// [`OutboxError::State`] unless the record is shown and waits for it.
    pub fn randomised(
        &mut self,
        id: i64,
        output: &[u8],
        not_before: Time,
    ) -> Result<(), OutboxError> {
        self.step(id, "it does not wait for randomness", |transaction| {
            transaction.execute(
                "UPDATE records SET state = 'randomised', randomness = ?2, not_before = ?3,
                 tries = 0, trouble = NULL WHERE id = ?1 AND state = 'shown'",
                (id, output, not_before.stored()),
            )
        })
    }

    /// Fixes the bytes of the report and the secret that withdraws it. They never change again.
    ///
    /// # Errors
    /// [`OutboxError::State`] unless the record is randomised.
    pub fn ready(
        &mut self,
        id: i64,
        report: &[u8],
        withdrawal: &[u8],
        not_before: Time,
    ) -> Result<(), OutboxError> {
        self.step(id, "it is not ready to become a report", |transaction| {
            transaction.execute(
                "UPDATE records SET state = 'ready', report = ?2, withdrawal = ?3, not_before = ?4,
                 randomness = NULL, tries = 0, trouble = NULL WHERE id = ?1 AND state = 'randomised'",
                (id, report, withdrawal, not_before.stored()),
            )
        })
    }

    /// Notes that the server has it: `acknowledgement` as it came, and when it is erased there at the
    /// latest.
    ///
    /// # Errors
    /// [`OutboxError::State`] unless it was sent. A record that was withdrawn meanwhile is dropped, and its
    /// withdrawal is filed already.
    pub fn acknowledged(
        &mut self,
        id: i64,
        acknowledgement: &[u8],
        erased_at: Time,
    ) -> Result<(), OutboxError> {
        self.step(id, "it was not sent", |transaction| {
            transaction.execute(
                "UPDATE records SET state = 'withdrawable', acknowledgement = ?2, erased_at = ?3,
                 tries = 0, trouble = NULL WHERE id = ?1 AND state = 'sent'",
                (id, acknowledgement, erased_at.stored()),
            )
        })
    }

    /// Notes that a step was tried in vain, why, and when it is tried again.
    ///
    /// # Errors
    /// [`OutboxError::NoSuchRecord`].
    pub fn try_later(
        &mut self,
        id: i64,
        trouble: &str,
        not_before: Time,
    ) -> Result<(), OutboxError> {
        self.step(id, "it is gone", |transaction| {
            transaction.execute(
                "UPDATE records SET tries = tries + 1, trouble = ?2, not_before = ?3
                 WHERE id = ?1 AND state NOT IN ('dropped', 'forgotten')",
                (id, trouble, not_before.stored()),
            )
        })
    }

    /// Drops a record that no server will ever take, and tells the person why. One that may have arrived in
    /// an earlier try is taken back.
    ///
    /// # Errors
    /// [`OutboxError::NoSuchRecord`].
    pub fn give_up(&mut self, id: i64, why: &str, now: Time) -> Result<(), OutboxError> {
        let program = self.row(id)?.program;
        self.at_once(|transaction| {
            let filed = file(transaction, id, now)?;
            wipe(transaction, id, RecordState::Dropped)?;
            let text = match filed {
                0 => format!("Record {id} ({program}) will not be sent: {why}."),
                _ => format!(
                    "Record {id} ({program}) is not sent again: {why}. It may have arrived before; its \
                     withdrawal waits, `candor outbox send` delivers it."
                ),
            };
            tables::tell(transaction, &text, now)
        })
    }

    /// Obeys the server's kill switch (410): erases what waits of a program, with its tokens, and tells
    /// the person. What may have arrived unanswered is taken back; what was acknowledged stays withdrawable.
    /// Returns how many records were erased.
    ///
    /// # Errors
    /// [`OutboxError::Database`]; then nothing was erased.
    pub fn close(
        &mut self,
        program: &ProgramId,
        why: &str,
        now: Time,
    ) -> Result<usize, OutboxError> {
        self.at_once(|transaction| {
            let waiting = ids(
                transaction,
                Some(program),
                "state NOT IN ('withdrawable', 'forgotten', 'dropped')",
            )?;
            let mut filed = 0;
            for id in &waiting {
                filed += file(transaction, *id, now)?;
                wipe(transaction, *id, RecordState::Dropped)?;
            }
            drop_tokens(transaction, program)?;
            let taken_back = match filed {
                0 => String::new(),
                n => format!(" {n} of them may have arrived before; their withdrawals wait."),
            };
            let text = format!(
                "The operator no longer takes `{program}` from this version of Candor ({why}). \
                 {} waiting records were erased; nothing more of them is sent.{taken_back}",
                waiting.len()
            );
            tables::tell(transaction, &text, now)?;
            Ok(waiting.len())
        })
    }

    /// Returns how many bytes have left since a moment, of all kinds.
    ///
    /// # Errors
    /// [`OutboxError::Database`].
    pub fn bytes_since(&self, since: Time) -> Result<u64, OutboxError> {
        self.database
            .query_row(
                "SELECT coalesce(sum(bytes), 0) FROM traffic WHERE at >= ?1",
                [since.stored()],
                |row| row.get::<_, i64>(0),
            )
            .map(|bytes| u64::try_from(bytes).unwrap_or(0))
            .map_err(|error| self.failed(error))
    }

    /// Counts bytes that leave beside records: requests for tokens, for the status, withdrawals.
    ///
    /// # Errors
    /// [`OutboxError::Database`].
    pub fn count_bytes(&mut self, bytes: u64, now: Time) -> Result<(), OutboxError> {
        let bytes = i64::try_from(bytes).unwrap_or(i64::MAX);
        self.at_once(|transaction| count_bytes(transaction, bytes, now))
    }

    fn randomness(&self, id: i64) -> Result<Zeroizing<Vec<u8>>, OutboxError> {
        let found: Option<Vec<u8>> = self
            .database
            .query_row(
                "SELECT randomness FROM records WHERE id = ?1",
                [id],
                |row| row.get(0),
            )
            .map_err(|error| self.failed(error))?;
        found.map(Zeroizing::new).ok_or(OutboxError::Damaged { id })
    }

    /// Makes a change that holds for one row, or says in which state the row is instead.
    fn step(
        &mut self,
        id: i64,
        why: &'static str,
        change: impl FnOnce(&Transaction<'_>) -> rusqlite::Result<usize>,
    ) -> Result<(), OutboxError> {
        match self.at_once(change)? {
            0 => Err(OutboxError::State {
                id,
                state: self.row(id)?.state,
                why,
            }),
            _ => Ok(()),
        }
    }
}

fn count_bytes(transaction: &Transaction<'_>, bytes: i64, now: Time) -> rusqlite::Result<()> {
    transaction
        .execute(
            "INSERT INTO traffic(at, bytes) VALUES(?1, ?2)",
            (now.stored(), bytes),
        )
        .map(drop)
}
