//! What is kept beside reports: programs that were ever taken, what was revealed, what is closed,
//! and who may ask for tokens. One SQLite file; nothing in it tells who reported what.

use std::{
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use rusqlite::{Connection, OptionalExtension, params};
use serde::{Deserialize, Serialize};
use wire::{ProgramHash, PublicKey, Version};

use crate::{calendar::Calendar, store::is_full};

const TABLES: &str = "
    CREATE TABLE IF NOT EXISTS programs (
        number INTEGER NOT NULL PRIMARY KEY, hash TEXT NOT NULL, id TEXT NOT NULL,
        calendar TEXT NOT NULL
    ) STRICT;
    CREATE TABLE IF NOT EXISTS results (
        program INTEGER NOT NULL, epoch INTEGER NOT NULL, text TEXT NOT NULL,
        number INTEGER NOT NULL, counts TEXT NOT NULL,
        PRIMARY KEY (program, epoch, text)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS closed (
        program TEXT NOT NULL, version TEXT NOT NULL, reason TEXT NOT NULL, since INTEGER NOT NULL,
        PRIMARY KEY (program, version)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS settings (name TEXT NOT NULL PRIMARY KEY, value TEXT NOT NULL)
        STRICT, WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS installs (key BLOB NOT NULL PRIMARY KEY, since INTEGER NOT NULL,
        asked INTEGER NOT NULL) STRICT, WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS issued (
        key BLOB NOT NULL, program INTEGER NOT NULL, epoch INTEGER NOT NULL,
        request BLOB NOT NULL, PRIMARY KEY (key, program, epoch)
    ) STRICT, WITHOUT ROWID;
";

/// The file.
pub struct Meta {
    path: PathBuf,
    connection: Mutex<Connection>,
}

/// SQLite failed at the file.
#[derive(Debug, thiserror::Error)]
#[error("cannot {act} in `{path}`")]
pub struct MetaError {
    act: &'static str,
    path: PathBuf,
    #[source]
    source: rusqlite::Error,
}

/// A program as it is remembered after its declaration is gone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remembered {
    /// Its number on the wire.
    pub number: u16,
    /// Its hash.
    pub hash: ProgramHash,
    /// Its name.
    pub id: String,
    /// Its dates.
    pub calendar: Calendar,
}

/// What was revealed of one text in one epoch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// The number of the program.
    pub program: u16,
    /// The epoch it was reported in.
    pub epoch: u32,
    /// What was reported.
    pub text: String,
    /// By how many reports.
    pub number: u64,
    /// How many had which counted fields.
    pub counts: Vec<Count>,
}

/// How many reports had these counted fields.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Count {
    /// The fields with their values, the text among them.
    pub values: std::collections::BTreeMap<String, wire::Value>,
    /// How many reports.
    pub number: u64,
}

/// A program, a version or both that are closed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Closed {
    /// The program; none for all.
    pub program: Option<ProgramHash>,
    /// The version; none for all.
    pub version: Option<Version>,
    /// Why, in a line.
    pub reason: String,
    /// Since when, in Unix seconds.
    pub since: u64,
}

impl Meta {
    /// Opens the file, and makes it where there is none.
    ///
    /// # Errors
    /// [`MetaError`].
    pub fn open(path: &Path) -> Result<Self, MetaError> {
        let opened = Connection::open(path).and_then(|connection| {
            connection.busy_timeout(Duration::from_secs(5))?;
            connection.execute_batch(
                "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA secure_delete = ON;
                 PRAGMA temp_store = MEMORY;",
            )?;
            connection.execute_batch(TABLES)?;
            Ok(connection)
        });
        let connection = opened.map_err(|source| MetaError {
            act: "set up what is kept",
            path: path.to_owned(),
            source,
        })?;
        Ok(Self {
            path: path.to_owned(),
            connection: Mutex::new(connection),
        })
    }

    /// Remembers a program, so that what it holds is erased in time whatever becomes of its declaration.
    ///
    /// # Errors
    /// [`MetaError`].
    pub fn remember(&self, program: &Remembered) -> Result<(), MetaError> {
        let calendar = serde_json::to_string(&program.calendar).unwrap_or_default();
        self.change(
            "remember a program",
            "INSERT INTO programs VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT (number) DO UPDATE SET hash = ?2, id = ?3, calendar = ?4",
            params![
                program.number,
                program.hash.to_string(),
                program.id,
                calendar
            ],
        )
        .map(drop)
    }

    /// Returns every program that was ever taken.
    ///
    /// # Errors
    /// [`MetaError`].
    pub fn remembered(&self) -> Result<Vec<Remembered>, MetaError> {
        self.list(
            "read programs",
            "SELECT number, hash, id, calendar FROM programs ORDER BY number",
            [],
            |row| {
                let hash: String = row.get(1)?;
                let calendar: String = row.get(3)?;
                Ok(Remembered {
                    number: row.get(0)?,
                    hash: ProgramHash::from_hex(&hash).ok_or_else(|| wrong(1))?,
                    id: row.get(2)?,
                    calendar: serde_json::from_str(&calendar).map_err(|_| wrong(3))?,
                })
            },
        )
    }

    /// Keeps what was revealed. A smaller number than the one that is kept changes nothing: reports
    /// are withdrawn and erased meanwhile, and what was revealed is anonymous.
    ///
    /// # Errors
    /// [`MetaError`].
    pub fn keep(&self, finding: &Finding) -> Result<(), MetaError> {
        let counts = serde_json::to_string(&finding.counts).unwrap_or_default();
        self.change(
            "keep what was revealed",
            "INSERT INTO results VALUES (?1, ?2, ?3, ?4, ?5)
             ON CONFLICT DO UPDATE SET number = ?4, counts = ?5 WHERE ?4 > number",
            params![
                finding.program,
                finding.epoch,
                finding.text,
                i64::try_from(finding.number).unwrap_or(i64::MAX),
                counts
            ],
        )
        .map(drop)
    }

    /// Returns what was revealed, the newest epoch first, then what most reported.
    ///
    /// # Errors
    /// [`MetaError`].
    pub fn findings(&self, many: usize) -> Result<Vec<Finding>, MetaError> {
        self.list(
            "read what was revealed",
            "SELECT program, epoch, text, number, counts FROM results
             ORDER BY epoch DESC, program, number DESC, text LIMIT ?1",
            [i64::try_from(many).unwrap_or(i64::MAX)],
            |row| {
                let counts: String = row.get(4)?;
                Ok(Finding {
                    program: row.get(0)?,
                    epoch: row.get(1)?,
                    text: row.get(2)?,
                    number: row.get::<_, i64>(3)?.unsigned_abs(),
                    counts: serde_json::from_str(&counts).map_err(|_| wrong(4))?,
                })
            },
        )
    }

    /// Returns each program and epoch that something was revealed of.
    ///
    /// # Errors
    /// [`MetaError`].
    pub fn revealed_epochs(&self) -> Result<Vec<(u16, u32)>, MetaError> {
        self.list(
            "read epochs",
            "SELECT DISTINCT program, epoch FROM results",
            [],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
    }

    /// Forgets what was revealed of an epoch. Returns how many texts.
    ///
    /// # Errors
    /// [`MetaError`].
    pub fn forget(&self, program: u16, epoch: u32) -> Result<usize, MetaError> {
        let gone = self.change(
            "forget what was revealed",
            "DELETE FROM results WHERE program = ?1 AND epoch = ?2",
            params![program, epoch],
        )?;
        self.leave_nothing(gone)?;
        Ok(gone)
    }

    /// Forgets everything of a program but that it was there.
    ///
    /// # Errors
    /// [`MetaError`].
    pub fn purge(&self, program: u16) -> Result<usize, MetaError> {
        let gone = self.change("purge", "DELETE FROM results WHERE program = ?1", [program])?;
        self.change("purge", "DELETE FROM issued WHERE program = ?1", [program])?;
        self.leave_nothing(1)?;
        Ok(gone)
    }

    /// Closes a program, a version or both.
    ///
    /// # Errors
    /// [`MetaError`].
    pub fn close(&self, closed: &Closed) -> Result<(), MetaError> {
        let (program, version) = key_of(closed.program, closed.version);
        self.change(
            "close a version",
            "INSERT OR REPLACE INTO closed VALUES (?1, ?2, ?3, ?4)",
            params![
                program,
                version,
                closed.reason,
                i64::try_from(closed.since).unwrap_or(i64::MAX)
            ],
        )
        .map(drop)
    }

    /// Opens what was closed. Returns whether it was.
    ///
    /// # Errors
    /// [`MetaError`].
    pub fn reopen(
        &self,
        program: Option<ProgramHash>,
        version: Option<Version>,
    ) -> Result<bool, MetaError> {
        let (program, version) = key_of(program, version);
        let opened = self.change(
            "open a version",
            "DELETE FROM closed WHERE program = ?1 AND version = ?2",
            params![program, version],
        )?;
        Ok(opened > 0)
    }

    /// Returns everything that is closed.
    ///
    /// # Errors
    /// [`MetaError`].
    pub fn closed(&self) -> Result<Vec<Closed>, MetaError> {
        self.list(
            "read what is closed",
            "SELECT program, version, reason, since FROM closed ORDER BY program, version",
            [],
            |row| {
                let (program, version): (String, String) = (row.get(0)?, row.get(1)?);
                let program = match program.as_str() {
                    "" => None,
                    hash => Some(ProgramHash::from_hex(hash).ok_or_else(|| wrong(0))?),
                };
                let version = match version.as_str() {
                    "" => None,
                    text => Some(text.parse().map_err(|_| wrong(1))?),
                };
                Ok(Closed {
                    program,
                    version,
                    reason: row.get(2)?,
                    since: row.get::<_, i64>(3)?.unsigned_abs(),
                })
            },
        )
    }

    /// Returns a setting that an administrator made.
    ///
    /// # Errors
    /// [`MetaError`].
    pub fn setting(&self, name: &str) -> Result<Option<String>, MetaError> {
        let sql = "SELECT value FROM settings WHERE name = ?1";
        let value = self.lock().query_row(sql, [name], |row| row.get(0));
        self.told("read a setting", value.optional())
    }

    /// Makes a setting.
    ///
    /// # Errors
    /// [`MetaError`].
    pub fn set(&self, name: &str, value: &str) -> Result<(), MetaError> {
        let sql = "INSERT OR REPLACE INTO settings VALUES (?1, ?2)";
        self.change("make a setting", sql, [name, value]).map(drop)
    }

    /// Enrols an installation; one that is enrolled stays as it was.
    ///
    /// # Errors
    /// [`MetaError`].
    pub fn enrol(&self, key: &PublicKey, now: u64) -> Result<(), MetaError> {
        // To the hour: enough for the wait, and no finer than needed.
        let hour = i64::try_from(now / 3600).unwrap_or(i64::MAX);
        self.change(
            "enrol",
            "INSERT OR IGNORE INTO installs VALUES (?1, ?2, ?2)",
            params![key.as_bytes(), hour],
        )
        .map(drop)
    }

    /// Returns when an installation was enrolled, in hours since 1970.
    ///
    /// # Errors
    /// [`MetaError`].
    pub fn enrolled(&self, key: &PublicKey) -> Result<Option<u64>, MetaError> {
        let sql = "SELECT since FROM installs WHERE key = ?1";
        let since = self
            .lock()
            .query_row(sql, [key.as_bytes()], |row| row.get::<_, i64>(0));
        let since = self.told("read an enrolment", since.optional())?;
        Ok(since.map(i64::unsigned_abs))
    }

    /// Notes that an installation gets the tokens of an epoch for this request. Returns whether it
    /// may: once, and again for the same request.
    ///
    /// # Errors
    /// [`MetaError`].
    pub fn issue(
        &self,
        key: &PublicKey,
        (program, epoch): (u16, u32),
        request: &[u8; 32],
        now: u64,
    ) -> Result<bool, MetaError> {
        self.change(
            "note tokens",
            "INSERT OR IGNORE INTO issued VALUES (?1, ?2, ?3, ?4)",
            params![key.as_bytes(), program, epoch, request],
        )?;
        let hour = i64::try_from(now / 3600).unwrap_or(i64::MAX);
        self.change(
            "note tokens",
            "UPDATE installs SET asked = ?2 WHERE key = ?1",
            params![key.as_bytes(), hour],
        )?;
        let sql = "SELECT request FROM issued WHERE key = ?1 AND program = ?2 AND epoch = ?3";
        let noted = self
            .lock()
            .query_row(sql, params![key.as_bytes(), program, epoch], |row| {
                row.get::<_, Vec<u8>>(0)
            });
        Ok(self.told("read tokens", noted)? == request)
    }

    /// Forgets who got tokens of an epoch that is over, and installations that asked for none in 90 days.
    ///
    /// # Errors
    /// [`MetaError`].
    pub fn forget_tokens(
        &self,
        is_over: impl Fn(u16, u32) -> bool,
        now: u64,
    ) -> Result<(), MetaError> {
        let epochs = self.list(
            "read tokens",
            "SELECT DISTINCT program, epoch FROM issued",
            [],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )?;
        let mut gone = 0;
        for (program, epoch) in epochs {
            if is_over(program, epoch) {
                let sql = "DELETE FROM issued WHERE program = ?1 AND epoch = ?2";
                gone += self.change("forget tokens", sql, params![program, epoch])?;
            }
        }
        let oldest = i64::try_from(now / 3600).unwrap_or(i64::MAX) - 90 * 24;
        let sql = "DELETE FROM installs WHERE asked < ?1";
        gone += self.change("forget installations", sql, [oldest])?;
        self.leave_nothing(gone)
    }

    /// Moves what was erased out of the log of the database too.
    fn leave_nothing(&self, gone: usize) -> Result<(), MetaError> {
        if gone == 0 {
            return Ok(());
        }
        let connection = self.lock();
        let emptied = || connection.execute_batch("PRAGMA wal_checkpoint(TRUNCATE);");
        // What was erased is overwritten already; to close the file up takes room for all of it once more.
        let done = match connection.execute_batch("VACUUM;") {
            Err(error) if !is_full(&error) => Err(error),
            _ => emptied(),
        };
        self.told("clear free pages", done)
    }

    fn change(
        &self,
        act: &'static str,
        sql: &str,
        values: impl rusqlite::Params,
    ) -> Result<usize, MetaError> {
        let changed = self
            .lock()
            .prepare_cached(sql)
            .and_then(|mut change| change.execute(values));
        self.told(act, changed)
    }

    fn list<T>(
        &self,
        act: &'static str,
        sql: &str,
        values: impl rusqlite::Params,
        read: impl FnMut(&rusqlite::Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Vec<T>, MetaError> {
        let listed = self
            .lock()
            .prepare_cached(sql)
            .and_then(|mut asked| asked.query_map(values, read)?.collect());
        self.told(act, listed)
    }

    fn told<T>(&self, act: &'static str, outcome: rusqlite::Result<T>) -> Result<T, MetaError> {
        outcome.map_err(|source| MetaError {
            act,
            path: self.path.clone(),
            source,
        })
    }

    /// SQLite itself takes back what a panic cut short.
    fn lock(&self) -> MutexGuard<'_, Connection> {
        self.connection
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

fn key_of(program: Option<ProgramHash>, version: Option<Version>) -> (String, String) {
    let program = program.map(|it| it.to_string()).unwrap_or_default();
    let version = version.map(|it| it.to_string()).unwrap_or_default();
    (program, version)
}

fn wrong(column: usize) -> rusqlite::Error {
    rusqlite::Error::InvalidColumnType(column, "kept".to_owned(), rusqlite::types::Type::Text)
}
