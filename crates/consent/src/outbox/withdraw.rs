//! Taking back: a consent, a record, everything.

use std::fmt;

use rusqlite::{OptionalExtension, Transaction};
use zeroize::{Zeroize, ZeroizeOnDrop};

use super::{
    Outbox, OutboxError, RecordState,
    settle::{drop_tokens, ids, wipe},
};
use crate::{How, Ledger, ProgramId, Standing, State, Time, folder};

/// No server keeps a report longer than this after its epoch, by the longest retention there is: after
/// that a withdrawal has nothing left to erase. 90 days.
pub(super) const LONGEST_KEPT: u64 = 90 * 86_400;

/// Under this name stands that the person asked to be forgotten.
const FORGET_ME: &str = "forget-me";

/// What is kept under names that begin so is the operator's and the same for everyone. It outlives "forget
/// me" until the last withdrawal was delivered, which needs it.
pub const PUBLIC: &str = "public ";

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
        self.empty(program, now)
    }

    /// Empties the outbox of everything put under a consent that [`Ledger::withdrawn`] noted to be taken back, in
    /// one transaction, and files a withdrawal for each report that may have left. Returns how many records were
    /// emptied and how many withdrawals filed.
    ///
    /// # Errors
    /// [`OutboxError`]. Nothing is sent all the same: each step of a record asks the ledger.
    pub fn empty(&mut self, program: &ProgramId, now: Time) -> Result<(usize, usize), OutboxError> {
        let _lock = self.folder.lock()?;
        self.at_once(|transaction| {
            let there = ids(transaction, Some(program), THERE)?;
            let mut filed = 0;
            for id in &there {
                filed += file(transaction, *id, now)?;
                wipe(transaction, *id, RecordState::Dropped)?;
            }
            drop_tokens(transaction, program)?;
            Ok((there.len(), filed))
        })
    }

    /// Drops one record, also one that cannot be read. If it may have left, a withdrawal is filed. Returns
    /// whether one was.
    ///
    /// # Errors
    /// [`OutboxError::NoSuchRecord`].
    pub fn drop_record(&mut self, id: i64, now: Time) -> Result<bool, OutboxError> {
        let _lock = self.folder.lock()?;
        let filed = self.at_once(|transaction| {
            let is_there = format!("SELECT {THERE} FROM records WHERE id = ?1");
            let is_there = transaction
                .query_row(&is_there, [id], |row| row.get::<_, bool>(0))
                .optional()?;
            if is_there != Some(true) {
                return Ok(is_there.map(|_| 0));
            }
            let filed = file(transaction, id, now)?;
            wipe(transaction, id, RecordState::Dropped)?;
            Ok(Some(filed))
        })?;
        if let Err(OutboxError::Damaged { .. }) = self.row(id) {
            self.at_once(|transaction| {
                transaction.execute("DELETE FROM records WHERE id = ?1", [id])
            })?;
        }
        filed
            .map(|filed| filed > 0)
            .ok_or(OutboxError::NoSuchRecord(id))
    }

    /// Withdraws every consent, and removes the install secret, the tokens and what the courier keeps of this
    /// installation. What it keeps of the operator goes when every withdrawal was delivered or is void.
    /// Returns how many withdrawals are still to be delivered.
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
        // Records that outlived their consent: expired, asked anew, or of a ledger that was damaged.
        let there = self.at_once(|transaction| ids(transaction, None, THERE))?;
        for id in there {
            self.drop_record(id, now)?;
        }
        let _lock = self.folder.lock()?;
        folder::remove(&self.folder.install_secret())?;
        self.at_once(|transaction| {
            transaction.execute("DELETE FROM tokens", [])?;
            transaction.execute("DELETE FROM traffic", [])?;
            let is_public = format!("{PUBLIC}%");
            transaction.execute("DELETE FROM kept WHERE name NOT LIKE ?1", [is_public])?;
            transaction.execute(
                "INSERT INTO kept(name, value) VALUES(?1, x'31')",
                [FORGET_ME],
            )
        })?;
        self.finish_forgetting(&State::default(), now)
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
    pub fn withdrawal_delivered(&mut self, id: i64, now: Time) -> Result<(), OutboxError> {
        self.at_once(|transaction| {
            transaction.execute("DELETE FROM withdrawals WHERE id = ?1", [id])
        })?;
        if self.kept(FORGET_ME)?.is_none() {
            return Ok(());
        }
        let _lock = self.folder.lock()?;
        // A ledger that cannot be read holds no yes.
        let state = Ledger::read_locked(&self.folder).map(|it| it.state().clone());
        self.finish_forgetting(&state.unwrap_or_default(), now)
            .map(drop)
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

    /// Removes the last of what a person who asked to be forgotten leaves behind, once nothing is to be
    /// withdrawn. After a new yes only the wish goes: what is kept then is of what came after it.
    pub(super) fn finish_forgetting(
        &mut self,
        state: &State,
        now: Time,
    ) -> Result<usize, OutboxError> {
        let waiting = self.withdrawals_waiting()?;
        if waiting > 0 || self.kept(FORGET_ME)?.is_none() {
            return Ok(waiting);
        }
        let holds = |program| matches!(state.as_noted(program), Standing::Given { until, .. } if now < until);
        let name = match state.programs().any(holds) {
            true => FORGET_ME,
            false => "%",
        };
        self.at_once(|transaction| {
            transaction.execute("DELETE FROM kept WHERE name LIKE ?1", [name])
        })?;
        Ok(0)
    }
}

/// Files a withdrawal for a report that may have left. Returns how many were filed: one or none.
///
/// Out of the columns themselves, so that a row whose rest cannot be read is taken back as well.
pub(super) fn file(transaction: &Transaction<'_>, id: i64, now: Time) -> rusqlite::Result<usize> {
    let longest = i64::try_from(LONGEST_KEPT).unwrap_or(i64::MAX);
    transaction.execute(
        "INSERT INTO withdrawals(product, send, material, epoch, secret, filed, until)
         SELECT product, send, material, epoch, withdrawal, ?2, coalesce(erased_at, epoch_ends + ?3)
         FROM records WHERE id = ?1 AND sent IS NOT NULL AND withdrawal IS NOT NULL
         AND typeof(material) = 'text' AND typeof(epoch) = 'integer' AND typeof(withdrawal) = 'blob'",
        (id, now.stored(), longest),
    )
}

/// Whether anything of a record is still there.
const THERE: &str = "state NOT IN ('dropped', 'forgotten')";
