//! What waits to be sent, what was sent, and how it is taken back: one SQLite file, mode 0600.
//!
//! ```text
//! draft ─► shown ─► randomised ─► ready ─► sent ─► withdrawable ─► forgotten
//!    └───────┴──────────┴───────────┴───► dropped
//! ```
//!
//! | state | what is so |
//! | --- | --- |
//! | draft | it was put, with a receipt; nobody has seen it |
//! | shown | its fields were shown to the person: only now may the courier take it up |
//! | randomised | the randomness server answered; it saw a blinded value |
//! | ready | the report's bytes are fixed; they never change again |
//! | sent | the bytes may have left this machine; until there is an answer the same bytes are sent again |
//! | withdrawable | it was acknowledged; the withdrawal secret can erase it at the server |
//! | forgotten | the server's time for it is over; nothing is left here but that there was one |
//! | dropped | it will not be sent; nothing is left here but that there was one |
//!
//! What is dropped or forgotten keeps its place in its epoch, so that at most one record of a program is
//! put in an epoch on one machine, whatever a person does in between.
//!
//! The ledger decides: each step asks it, under the lock of the folder, whether the consent that the
//! record came in with still holds. Several processes may use an outbox at once.

mod aside;
mod courier;
mod proof;
mod put;
mod record;
mod settle;
mod shown;
mod tables;
mod tokens;
mod withdraw;

use std::{io, path::PathBuf};

use rusqlite::Connection;

use crate::{Folder, FolderError, LedgerError, ProgramId, Time};

pub use courier::{Due, Step};
pub use proof::{NoProof, Proven};
pub use put::Put;
pub use record::{Record, RecordError, RecordState};
pub use shown::{Kind, Message, Parcel, Row};
pub use tokens::Token;
pub use withdraw::{PUBLIC, Withdrawal};

/// The outbox of one person.
#[derive(Debug)]
pub struct Outbox {
    folder: Folder,
    database: Connection,
}

/// Something the outbox refused or could not do. Nothing was changed then.
#[derive(Debug, thiserror::Error)]
pub enum OutboxError {
    /// A file of the folder cannot be used.
    #[error("the outbox cannot be used")]
    Folder(#[from] FolderError),
    /// The ledger does not say what holds.
    #[error("the outbox does not move without a ledger")]
    Ledger(#[from] LedgerError),
    /// SQLite could not.
    #[error("the outbox `{path}` cannot be used")]
    Database {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: rusqlite::Error,
    },
    /// The file was made by another version, or is none of ours.
    #[error(
        "the outbox `{path}` has the form {found}, this version knows {known}: use the version that made it, or drop what is in it there"
    )]
    Form {
        /// The file.
        path: PathBuf,
        /// The form it has.
        found: i64,
        /// The form this version knows.
        known: i64,
    },
    /// What a row holds cannot be read.
    #[error(
        "record {id} of the outbox is not what Candor wrote: `candor outbox drop {id}` removes it"
    )]
    Damaged {
        /// The record.
        id: i64,
    },
    /// The receipt is not for this record.
    #[error("the receipt is for `{receipt}`, the record is `{record}`")]
    OtherReceipt {
        /// What the receipt is for.
        receipt: ProgramId,
        /// What the record is.
        record: ProgramId,
    },
    /// The receipt is for another declaration of it.
    #[error("what `{0}` declares has changed since it was agreed to: ask again")]
    OtherDeclaration(ProgramId),
    /// The consent does not hold.
    #[error("there is no consent to `{0}` that holds")]
    NotGiven(ProgramId),
    /// The record of a message was dropped or withdrawn before it left.
    #[error("the message was taken back before it left")]
    TakenBack,
    /// There is no such record.
    #[error("there is no record {0} in the outbox: `candor outbox list` shows what there is")]
    NoSuchRecord(i64),
    /// The record is in a state that does not allow this.
    #[error("record {id} is {state}: {why}", state = state.name())]
    State {
        /// The record.
        id: i64,
        /// Its state.
        state: RecordState,
        /// What would have to be so.
        why: &'static str,
    },
}

impl OutboxError {
    /// Returns whether the file is no outbox any more: then [`Outbox::set_aside`] is what is left to do.
    #[must_use]
    pub fn is_of_damage(&self) -> bool {
        use rusqlite::{Error::SqliteFailure, ErrorCode};
        let Self::Database {
            source: SqliteFailure(error, _),
            ..
        } = self
        else {
            return false;
        };
        matches!(
            error.code,
            ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase
        )
    }
}

impl Outbox {
    /// Opens the outbox of a folder, and makes it if there is none.
    ///
    /// # Errors
    /// [`OutboxError`] when the file cannot be used, is open to others, or has another form.
    pub fn open(folder: &Folder) -> Result<Self, OutboxError> {
        let _lock = folder.lock()?;
        let path = folder.outbox();
        tables::make_private(folder, &path)?;
        let database = tables::open(&path)?;
        Ok(Self {
            folder: folder.clone(),
            database,
        })
    }

    /// Opens the outbox of a folder if there is one.
    ///
    /// # Errors
    /// As [`Outbox::open`].
    pub fn open_existing(folder: &Folder) -> Result<Option<Self>, OutboxError> {
        match folder.outbox().try_exists() {
            Ok(false) => Ok(None),
            Ok(true) => Self::open(folder).map(Some),
            Err(source) => Err(unreadable(folder, source)),
        }
    }

    /// Returns the folder it lies in.
    #[must_use]
    pub fn folder(&self) -> &Folder {
        &self.folder
    }

    fn failed(&self, source: rusqlite::Error) -> OutboxError {
        OutboxError::Database {
            path: self.folder.outbox(),
            source,
        }
    }

    /// Does several things or none of them.
    fn at_once<T>(
        &mut self,
        act: impl FnOnce(&rusqlite::Transaction<'_>) -> Result<T, rusqlite::Error>,
    ) -> Result<T, OutboxError> {
        let path = self.folder.outbox();
        let failed = |source| OutboxError::Database {
            path: path.clone(),
            source,
        };
        let transaction = self
            .database
            .transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)
            .map_err(failed)?;
        let done = act(&transaction).map_err(failed)?;
        transaction.commit().map_err(failed)?;
        Ok(done)
    }

    /// Keeps a value of the courier under a name, in the place of an older one: the last signed status,
    /// the last checkpoint of the log.
    ///
    /// # Errors
    /// [`OutboxError::Database`].
    pub fn keep(&mut self, name: &str, value: &[u8]) -> Result<(), OutboxError> {
        self.database
            .execute(
                "INSERT INTO kept(name, value) VALUES(?1, ?2)
                 ON CONFLICT(name) DO UPDATE SET value = excluded.value",
                (name, value),
            )
            .map(drop)
            .map_err(|error| self.failed(error))
    }

    /// Returns what is kept under a name.
    ///
    /// # Errors
    /// [`OutboxError::Database`].
    pub fn kept(&self, name: &str) -> Result<Option<Vec<u8>>, OutboxError> {
        use rusqlite::OptionalExtension;
        self.database
            .query_row("SELECT value FROM kept WHERE name = ?1", [name], |row| {
                row.get(0)
            })
            .optional()
            .map_err(|error| self.failed(error))
    }

    /// Leaves a message for the person; the next command of theirs shows it.
    ///
    /// # Errors
    /// [`OutboxError::Database`].
    pub fn tell(&mut self, text: &str, now: Time) -> Result<(), OutboxError> {
        self.at_once(|transaction| tables::tell(transaction, text, now))
    }
}

fn unreadable(folder: &Folder, source: io::Error) -> OutboxError {
    OutboxError::Folder(FolderError::Read {
        path: folder.outbox(),
        source,
    })
}
