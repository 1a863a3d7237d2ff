//! What the ledger and the clock do to an outbox, and how a record is emptied.

use rusqlite::Transaction;

use super::{
    Outbox, OutboxError, RecordState, Row,
    withdraw::{LONGEST_KEPT, file},
};
use crate::{Ledger, ProgramId, State, Time};

impl Outbox {
    /// Brings the outbox up to date with the ledger and the clock: empties what has no consent that holds,
    /// files withdrawals for what was sent under one that was withdrawn, drops what its epoch's end caught
    /// unsent, forgets what the server has erased by now. Called twice it does nothing new.
    ///
    /// # Errors
    /// [`OutboxError`]. A damaged ledger holds no consent: what waits is dropped all the same, and then
    /// this is an error.
    pub fn settle(&mut self, now: Time) -> Result<(), OutboxError> {
        let _lock = self.folder.lock()?;
        let (state, damage) = match Ledger::read_locked(&self.folder) {
            Ok(ledger) => (ledger.state().clone(), None),
            Err(error) => (State::default(), Some(error)),
        };
        let rows = self.rows()?;
        self.at_once(|transaction| {
            for row in &rows {
                settle_row(transaction, row, &state, now)?;
            }
            // Long after its epoch its place need not be kept, and what the log proves of it is told.
            let long_ago = Time(now.0.saturating_sub(90 * 86_400));
            for row in &rows {
                let is_over = matches!(row.state, RecordState::Dropped | RecordState::Forgotten);
                if is_over && row.epoch_ends < long_ago {
                    super::proof::forget(transaction, row.id)?;
                }
            }
            let long_ago = long_ago.stored();
            transaction.execute(
                "DELETE FROM records WHERE state IN ('dropped', 'forgotten') AND epoch_ends < ?1",
                [long_ago],
            )?;
            transaction.execute(
                "DELETE FROM tokens WHERE record IS NOT NULL AND record NOT IN (SELECT id FROM records)",
                [],
            )?;
            transaction.execute("DELETE FROM traffic WHERE at < ?1", [long_ago])?;
            transaction.execute("DELETE FROM withdrawals WHERE until < ?1", [now.stored()])
        })?;
        self.finish_forgetting(&state, now)?;
        match damage {
            Some(damage) => Err(damage.into()),
            None => Ok(()),
        }
    }
}

fn settle_row(
    transaction: &Transaction<'_>,
    row: &Row,
    state: &State,
    now: Time,
) -> rusqlite::Result<()> {
    let holds = state.holds(&row.program, &row.receipt, now);
    let is_withdrawn = state.is_withdrawn(&row.receipt);
    match row.state {
        RecordState::Dropped | RecordState::Forgotten => Ok(()),
        RecordState::Sent | RecordState::Withdrawable if is_withdrawn => {
            file(transaction, row.id, now)?;
            wipe(transaction, row.id, RecordState::Dropped)
        }
        // The server has erased it: there is nothing left to withdraw.
        RecordState::Withdrawable if row.erased_at.is_some_and(|at| at <= now) => {
            wipe(transaction, row.id, RecordState::Forgotten)
        }
        // It may have arrived: it stays withdrawable, by a person or when it is forgotten.
        RecordState::Sent if now >= row.epoch_ends.plus(LONGEST_KEPT) => {
            wipe(transaction, row.id, RecordState::Forgotten)
        }
        RecordState::Sent | RecordState::Withdrawable => Ok(()),
        _ if !holds || now >= row.epoch_ends => wipe(transaction, row.id, RecordState::Dropped),
        _ => Ok(()),
    }
}

/// Takes everything out of a record but that there was one.
pub(super) fn wipe(
    transaction: &Transaction<'_>,
    id: i64,
    to: RecordState,
) -> rusqlite::Result<()> {
    transaction.execute("DELETE FROM parcels WHERE record = ?1", [id])?;
    if to == RecordState::Dropped {
        super::proof::forget(transaction, id)?;
    }
    transaction.execute(
        "UPDATE records SET state = ?2, fields = NULL, randomness = NULL, report = NULL,
         withdrawal = NULL, acknowledgement = NULL, trouble = NULL, not_before = 0 WHERE id = ?1",
        (id, to.name()),
    )?;
    // A token that a report was made with is spent; its nonce must not stay either.
    transaction
        .execute(
            "UPDATE tokens SET token = zeroblob(0) WHERE record = ?1",
            [id],
        )
        .map(drop)
}

/// Returns the numbers of records, of one program or of all, for which a condition of SQL holds. Rows that
/// cannot be read are among them: what is taken back must not hang on that.
pub(super) fn ids(
    transaction: &Transaction<'_>,
    program: Option<&ProgramId>,
    condition: &str,
) -> rusqlite::Result<Vec<i64>> {
    let mut statement = transaction.prepare(&format!(
        "SELECT id FROM records WHERE ({condition}) AND (?1 IS NULL OR (product = ?1 AND send = ?2))"
    ))?;
    let of = (
        program.map(ProgramId::product),
        program.map(ProgramId::send),
    );
    let ids = statement.query_map(of, |row| row.get(0))?;
    ids.collect()
}

pub(super) fn drop_tokens(
    transaction: &Transaction<'_>,
    program: &ProgramId,
) -> rusqlite::Result<()> {
    transaction
        .execute(
            "DELETE FROM tokens WHERE product = ?1 AND send = ?2",
            (program.product(), program.send()),
        )
        .map(drop)
}
