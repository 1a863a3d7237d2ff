//! Taking back: a consent, a record, everything.

use std::fmt;

use rusqlite::{OptionalExtension, Transaction};
use zeroize::{Zeroize, ZeroizeOnDrop};

use super::{
    Outbox, OutboxError, RecordState, Row,
    courier::{drop_tokens, wipe},
};
use crate::{How, Ledger, ProgramId, Time, folder};

/// No server keeps a report longer than this after its epoch, by the longest retention there is: after
/// that a withdrawal has nothing left to erase. 90 days.
pub(super) const LONGEST_KEPT: u64 = 90 * 86_400;

/// Under this name stands that the person asked to be forgotten.
const FORGET_ME: &str = "forget-me";

/// A withdrawal that the courier has yet to deliver. It names no person and no machine.
#[derive(Clone, PartialEq, Eq, Zeroize, ZeroizeOnDrop)]
pub struct Withdrawal {
    /// Its number.
    pub id: i64,
    /// What it is about.
    #[zeroize(skip)]
    pub program: ProgramId,
    /// The material hash of the program it was sent to.
    pub material: String,
    /// The epoch of the report.
    pub epoch: u32,
    /// The secret: who knows it may have the report erased.
    pub secret: Vec<u8>,
    /// How often it was tried in vain.
    pub tries: u32,
}

impl fmt::Debug for Withdrawal {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Withdrawal({}, {}, …)", self.id, self.program)
    }
}

impl Outbox {
    /// Withdraws a consent: notes it in the ledger, then empties the outbox of everything put under it in
    /// one transaction, and files a withdrawal for each report that may have left. Returns how many records
    /// were emptied and how many withdrawals filed.
    ///
    /// When it ends between the two, nothing is sent all the same, and the next [`Outbox::settle`] empties
    /// what is left.
    ///
    /// # Errors
    /// [`OutboxError`].
    pub fn withdraw(
        &mut self,
        ledger: &mut Ledger,
        program: &ProgramId,
        how: How,
        now: Time,
    ) -> Result<(usize, usize), OutboxError> {
        ledger.withdrawn(program, how, now)?;
        let _lock = self.folder.lock()?;
        let rows: Vec<Row> = self
            .rows()?
            .into_iter()
            .filter(|row| row.program == *program)
            .filter(|row| !matches!(row.state, RecordState::Dropped | RecordState::Forgotten))
            .collect();
        let filed = self.at_once(|transaction| {
            let mut filed = 0;
            for row in &rows {
                filed += file(transaction, row, now)?;
                wipe(transaction, row, RecordState::Dropped)?;
            }
            drop_tokens(transaction, program)?;
            Ok(filed)
        })?;
        Ok((rows.len(), filed))
    }

    /// Drops one record. If it may have left, a withdrawal is filed. Returns whether one was.
    ///
    /// # Errors
    /// [`OutboxError::NoSuchRecord`].
    pub fn drop_record(&mut self, id: i64, now: Time) -> Result<bool, OutboxError> {
        let _lock = self.folder.lock()?;
        let row = self.row(id)?;
        if matches!(row.state, RecordState::Dropped | RecordState::Forgotten) {
            return Ok(false);
        }
        let filed = self.at_once(|transaction| {
            let filed = file(transaction, &row, now)?;
            wipe(transaction, &row, RecordState::Dropped)?;
            Ok(filed)
        })?;
        Ok(filed > 0)
    }

    /// Withdraws every consent, and has the install secret, the tokens and all that the courier keeps
    /// removed as soon as every withdrawal was delivered: at once, if none is needed. Returns how many
    /// withdrawals are still to be delivered.
    ///
    /// The ledger stays: it is the person's own proof. It lies on this machine only.
    ///
    /// # Errors
    /// [`OutboxError`].
    pub fn forget_me(
        &mut self,
        ledger: &mut Ledger,
        how: How,
        now: Time,
    ) -> Result<usize, OutboxError> {
        let programs: Vec<ProgramId> = ledger.state().programs().cloned().collect();
        for program in programs {
            if ledger.state().as_noted(&program).is_given() {
                self.withdraw(ledger, &program, how, now)?;
            }
        }
        // Records that outlived their consent: expired, or asked anew.
        for row in self.rows()? {
            self.drop_record(row.id, now)?;
        }
        self.keep(FORGET_ME, b"1")?;
        self.finish_forgetting()
    }

    /// Returns the withdrawals whose time has come, oldest first.
    ///
    /// # Errors
    /// [`OutboxError::Database`].
    pub fn withdrawals(&self, now: Time) -> Result<Vec<Withdrawal>, OutboxError> {
        let mut statement = self
            .database
            .prepare(
                "SELECT id, product, send, material, epoch, secret, tries FROM withdrawals
                 WHERE not_before <= ?1 ORDER BY id",
            )
            .map_err(|error| self.failed(error))?;
        let rows = statement
            .query_map([now.stored()], |row| {
                let product: String = row.get(1)?;
                let send: String = row.get(2)?;
                Ok(Withdrawal {
                    id: row.get(0)?,
                    program: ProgramId::of(&product, &send),
                    material: row.get(3)?,
                    epoch: row.get(4)?,
                    secret: row.get(5)?,
                    tries: row.get(6)?,
                })
            })
            .map_err(|error| self.failed(error))?;
        rows.collect::<Result<Vec<_>, _>>()
            .map_err(|error| self.failed(error))
    }

    /// Returns how many withdrawals are still to be delivered.
    ///
    /// # Errors
    /// [`OutboxError::Database`].
    pub fn withdrawals_waiting(&self) -> Result<usize, OutboxError> {
        self.database
            .query_row("SELECT count(*) FROM withdrawals", [], |row| {
                row.get::<_, i64>(0)
            })
            .map(|count| usize::try_from(count).unwrap_or(0))
            .map_err(|error| self.failed(error))
    }

    /// Notes that the server has acted on a withdrawal; its secret is erased here.
    ///
    /// # Errors
    /// [`OutboxError::Database`].
    pub fn withdrawal_delivered(&mut self, id: i64) -> Result<(), OutboxError> {
        self.at_once(|transaction| {
            transaction.execute("DELETE FROM withdrawals WHERE id = ?1", [id])
        })?;
        self.finish_forgetting().map(drop)
    }

    /// Notes that a withdrawal could not be delivered, why, and when it is tried again.
    ///
    /// # Errors
    /// [`OutboxError::Database`].
    pub fn withdrawal_later(
        &mut self,
        id: i64,
        trouble: &str,
        not_before: Time,
    ) -> Result<(), OutboxError> {
        self.at_once(|transaction| {
            transaction.execute(
                "UPDATE withdrawals SET tries = tries + 1, trouble = ?2, not_before = ?3 WHERE id = ?1",
                (id, trouble, not_before.stored()),
            )
        })
        .map(drop)
    }

    /// Removes what a person who asked to be forgotten leaves behind, once nothing is to be withdrawn.
    fn finish_forgetting(&mut self) -> Result<usize, OutboxError> {
        let waiting = self.withdrawals_waiting()?;
        if waiting > 0 || self.kept(FORGET_ME)?.is_none() {
            return Ok(waiting);
        }
        let _lock = self.folder.lock()?;
        folder::remove(&self.folder.install_secret())?;
        self.at_once(|transaction| {
            for table in ["tokens", "kept", "traffic"] {
                transaction.execute(&format!("DELETE FROM {table}"), [])?;
            }
            Ok(())
        })?;
        Ok(0)
    }
}

/// Files a withdrawal for a report that may have left. Returns how many were filed: one or none.
pub(super) fn file(transaction: &Transaction<'_>, row: &Row, now: Time) -> rusqlite::Result<usize> {
    if !matches!(row.state, RecordState::Sent | RecordState::Withdrawable) {
        return Ok(0);
    }
    let secret: Option<Vec<u8>> = transaction
        .query_row(
            "SELECT withdrawal FROM records WHERE id = ?1",
            [row.id],
            |row| row.get(0),
        )
        .optional()?
        .flatten();
    let Some(secret) = secret else {
        return Ok(0);
    };
    let until = row
        .erased_at
        .unwrap_or_else(|| row.epoch_ends.plus(LONGEST_KEPT));
    transaction.execute(
        "INSERT INTO withdrawals(product, send, material, epoch, secret, filed, until)
         VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        (
            row.program.product(),
            row.program.send(),
            &row.material,
            row.epoch,
            secret,
            now.stored(),
            until.stored(),
        ),
    )
}
