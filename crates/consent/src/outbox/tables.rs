//! The tables, and how the file is opened.
//!
//! A rollback journal, not a write-ahead log: what is erased is then gone from every file when the
//! transaction ends, not at some later checkpoint. `secure_delete` overwrites what is freed in the
//! database. On media that move blocks around (SSD, copy-on-write) older copies can still lie below.

use std::{path::Path, time::Duration};

use rusqlite::{Connection, OpenFlags, Transaction};

use super::OutboxError;
use crate::{Folder, FolderError, Time};

/// Stands in SQLite's `user_version`.
const FORM: i64 = 1;

/// How long one process waits for another.
const PATIENCE: Duration = Duration::from_secs(10);

const TABLES: &str = "
CREATE TABLE records(
    id              INTEGER PRIMARY KEY AUTOINCREMENT,
    product         TEXT NOT NULL,
    send            TEXT NOT NULL,
    material        TEXT NOT NULL,
    receipt         TEXT NOT NULL,
    epoch           INTEGER NOT NULL,
    epoch_ends      INTEGER NOT NULL,
    state           TEXT NOT NULL,
    put             INTEGER NOT NULL,
    shown           INTEGER,
    not_before      INTEGER NOT NULL DEFAULT 0,
    tries           INTEGER NOT NULL DEFAULT 0,
    trouble         TEXT,
    fields          TEXT,
    randomness      BLOB,
    report          BLOB,
    withdrawal      BLOB,
    sent            INTEGER,
    acknowledgement BLOB,
    erased_at       INTEGER,
    UNIQUE(product, send, epoch)
);
CREATE TABLE parcels(
    id       INTEGER PRIMARY KEY AUTOINCREMENT,
    record   INTEGER NOT NULL REFERENCES records(id),
    kind     TEXT NOT NULL,
    plain    BLOB NOT NULL,
    sealed   BLOB NOT NULL,
    stored   INTEGER NOT NULL,
    departed INTEGER
);
CREATE TABLE withdrawals(
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    product    TEXT NOT NULL,
    send       TEXT NOT NULL,
    material   TEXT NOT NULL,
    epoch      INTEGER NOT NULL,
    secret     BLOB NOT NULL,
    filed      INTEGER NOT NULL,
    not_before INTEGER NOT NULL DEFAULT 0,
    tries      INTEGER NOT NULL DEFAULT 0,
    until      INTEGER NOT NULL,
    trouble    TEXT
);
CREATE TABLE tokens(
    product TEXT NOT NULL,
    send    TEXT NOT NULL,
    epoch   INTEGER NOT NULL,
    lane    INTEGER NOT NULL,
    token   BLOB NOT NULL,
    record  INTEGER,
    PRIMARY KEY(product, send, epoch, lane)
) WITHOUT ROWID;
CREATE TABLE traffic(at INTEGER NOT NULL, bytes INTEGER NOT NULL);
CREATE TABLE kept(name TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE messages(id INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL, text TEXT NOT NULL);
PRAGMA user_version = 1;
";

/// Makes the file with mode 0600 before SQLite would make it with another.
pub(super) fn make_private(folder: &Folder, path: &Path) -> Result<(), FolderError> {
    match path.try_exists() {
        Ok(true) => is_private(path),
        Ok(false) => folder.replace(path, b""),
        Err(source) => Err(FolderError::Read {
            path: path.to_owned(),
            source,
        }),
    }
}

fn is_private(path: &Path) -> Result<(), FolderError> {
    use std::os::unix::fs::MetadataExt;
    let metadata = path.metadata().map_err(|source| FolderError::Read {
        path: path.to_owned(),
        source,
    })?;
    if !metadata.is_file() {
        return Err(FolderError::NoFile {
            path: path.to_owned(),
        });
    }
    match metadata.mode() & 0o077 {
        0 => Ok(()),
        _ => Err(FolderError::OpenToOthers {
            path: path.to_owned(),
        }),
    }
}

pub(super) fn open(path: &Path) -> Result<Connection, OutboxError> {
    let failed = |source| OutboxError::Database {
        path: path.to_owned(),
        source,
    };
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut database = Connection::open_with_flags(path, flags).map_err(failed)?;
    let set_up = |database: &Connection| -> rusqlite::Result<()> {
        database.busy_timeout(PATIENCE)?;
        database.pragma_update(None, "secure_delete", true)?;
        database.pragma_update_and_check(None, "journal_mode", "DELETE", |_| Ok(()))?;
        // EXTRA: the folder is synced too when the journal is removed, so that what was committed stays so.
        database.pragma_update(None, "synchronous", "EXTRA")?;
        database.pragma_update(None, "temp_store", "MEMORY")?;
        database.pragma_update(None, "trusted_schema", false)?;
        database.pragma_update(None, "foreign_keys", true)
    };
    set_up(&database).map_err(failed)?;
    let form = |database: &Connection| -> rusqlite::Result<i64> {
        database.query_row("PRAGMA user_version", [], |row| row.get(0))
    };
    if form(&database).map_err(failed)? == 0 {
        let transaction = database
            .transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)
            .map_err(failed)?;
        transaction.execute_batch(TABLES).map_err(failed)?;
        transaction.commit().map_err(failed)?;
    }
    match form(&database).map_err(failed)? {
        FORM => Ok(database),
        found => Err(OutboxError::Form {
            path: path.to_owned(),
            found,
            known: FORM,
        }),
    }
}

pub(super) fn tell(transaction: &Transaction<'_>, text: &str, now: Time) -> rusqlite::Result<()> {
    transaction
        .execute(
            "INSERT INTO messages(at, text) VALUES(?1, ?2)",
            (now.stored(), text),
        )
        .map(drop)
}
