//! The only way in.

use super::{Outbox, OutboxError, Record, RecordState};
use crate::{Ledger, Receipt, Time};

/// What came of a record that was to be put.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Put {
    /// It is in the outbox under this number, as a draft.
    Stored(i64),
    /// This epoch has its record of this program already; the new one is not kept.
    OneAlready,
    /// Its epoch is over; it is not kept.
    TooLate,
}

impl Outbox {
    /// Puts a record, with the receipt of the consent it is put under.
    ///
    /// Asks the ledger, under the lock of the folder: the receipt must be for this program and for this
    /// material hash, and the yes it comes from must be the one that holds now.
    ///
    /// # Errors
    /// [`OutboxError::OtherReceipt`], [`OutboxError::OtherDeclaration`], [`OutboxError::NotGiven`]; and
    /// whatever keeps ledger or outbox from being used. Nothing was stored then.
    pub fn put(
        &mut self,
        record: &Record,
        receipt: &Receipt,
        now: Time,
    ) -> Result<Put, OutboxError> {
        if receipt.program != record.program {
            return Err(OutboxError::OtherReceipt {
                receipt: receipt.program.clone(),
                record: record.program.clone(),
            });
        }
        if receipt.material() != record.material {
            return Err(OutboxError::OtherDeclaration(record.program.clone()));
        }
        let _lock = self.folder.lock()?;
        let ledger = Ledger::read_locked(&self.folder)?;
        if !ledger.state().holds(&record.program, receipt.id(), now) {
            return Err(OutboxError::NotGiven(record.program.clone()));
        }
        if now >= record.epoch_ends {
            return Ok(Put::TooLate);
        }
        let fields = serde_json::to_string(&record.fields)
            .expect("words, numbers and booleans are always JSON");
        self.at_once(|transaction| {
            let stored = transaction.execute(
                "INSERT INTO records(product, send, material, receipt, epoch, epoch_ends, state, put, fields)
                 VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
                 ON CONFLICT(product, send, epoch) DO NOTHING",
                (
                    record.program.product(),
                    record.program.send(),
                    &record.material,
                    receipt.id(),
                    record.epoch,
                    record.epoch_ends.stored(),
                    RecordState::Draft.name(),
                    now.stored(),
                    fields,
                ),
            )?;
            Ok(match stored {
                0 => Put::OneAlready,
                _ => Put::Stored(transaction.last_insert_rowid()),
            })
        })
    }
}
