//! One partition as the writing thread holds it: its connection, its transaction, what it counted.

use std::{path::PathBuf, time::Duration};

use rusqlite::{Connection, OptionalExtension, params};

use super::{file::PATIENCE, seal::Cipher};
use crate::store::{Arrival, Put, Tally};

/// Counts an answer in the partition.
pub(super) const ANSWERED: &str = "UPDATE state SET value = value + 1 WHERE name = 'answered'";

/// SQLite failed at a file.
pub(super) struct Failed {
    pub(super) path: PathBuf,
    pub(super) source: rusqlite::Error,
}

/// One partition held open.
pub(super) struct Held {
    pub(super) path: PathBuf,
    pub(super) connection: Connection,
    pub(super) cipher: Option<Cipher>,
    pub(super) sealed: bool,
    pub(super) tally: Tally,
    /// Whether a transaction is open on it.
    pub(super) begun: bool,
    /// Whether that transaction changed anything.
    pub(super) wrote: bool,
    /// Whether the write-ahead log may still hold what was withdrawn.
    pub(super) lingers: bool,
}

impl Held {
    pub(super) fn of(path: PathBuf, connection: Connection) -> Result<Self, Failed> {
        let state = |name: &str| {
            let sql = "SELECT value FROM state WHERE name = ?1";
            connection.query_row(sql, [name], |row| row.get::<_, i64>(0))
        };
        let read = || -> rusqlite::Result<(Tally, bool)> {
            let tally = Tally {
                rows: state("rows")?.unsigned_abs(),
                withdrawn: state("withdrawn")?.unsigned_abs(),
            };
            Ok((tally, state("sealed")? != 0))
        };
        match read() {
            Ok((tally, sealed)) => Ok(Self {
                path,
                connection,
                cipher: None,
                sealed,
                tally,
                begun: false,
                wrote: false,
                // Left by a process that was cut off.
                lingers: true,
            }),
            Err(source) => Err(Failed { path, source }),
        }
    }

    /// Says what is known of a report already, if anything is.
    pub(super) fn known(&mut self, arrival: &Arrival) -> Result<Option<Put>, Failed> {
        if self.has("SELECT 1 FROM tomb WHERE wc = ?1", &arrival.wc)? {
            return Ok(Some(Put::Withdrawn));
        }
        if self.has("SELECT 1 FROM spent WHERE nonce = ?1", &arrival.nonce)? {
            return Ok(Some(Put::TokenSpent));
        }
        self.begin()?;
        let leaf = self
            .connection
            .prepare_cached("SELECT leaf FROM r WHERE nonce = ?1")
            .and_then(|mut asked| {
                let leaf = asked.query_row([arrival.nonce], |row| row.get::<_, Vec<u8>>(0));
                leaf.optional()
            });
        Ok(self.at(leaf)?.map(|leaf| {
            if leaf == arrival.leaf {
                Put::Duplicate
            } else {
                Put::TokenSpent
            }
        }))
    }

    /// Erases the reports with this commitment, keeps their tokens spent, and returns their leaves.
    pub(super) fn forget(&mut self, wc: &[u8; 16]) -> Result<Vec<Vec<u8>>, Failed> {
        self.begin()?;
        let leaves = self
            .connection
            .prepare_cached("SELECT leaf FROM r WHERE wc = ?1")
            .and_then(|mut asked| asked.query_map([wc], |row| row.get(0))?.collect());
        let leaves: Vec<Vec<u8>> = self.at(leaves)?;
        if leaves.is_empty() {
            return Ok(leaves);
        }
        let spend = "INSERT OR IGNORE INTO spent SELECT nonce FROM r WHERE wc = ?1";
        self.change(spend, params![wc])?;
        let gone = self.change("DELETE FROM r WHERE wc = ?1", params![wc])?;
        self.tally.rows = self.tally.rows.saturating_sub(gone as u64);
        self.lingers = true;
        Ok(leaves)
    }

    /// Empties the write-ahead log, which holds pages as they were before a withdrawal. While somebody reads
    /// it cannot be done; nobody waits for them, and it is tried again soon.
    pub(super) fn empty_log(&mut self) -> Result<(), Failed> {
        let sql = "PRAGMA wal_checkpoint(TRUNCATE)";
        let emptied = self
            .connection
            .busy_timeout(Duration::ZERO)
            .and_then(|()| {
                self.connection
                    .query_row(sql, [], |row| row.get::<_, i64>(0))
            })
            .and_then(|busy| self.connection.busy_timeout(PATIENCE).map(|()| busy));
        self.lingers = self.at(emptied)? != 0;
        Ok(())
    }

    pub(super) fn has(&mut self, sql: &str, key: &[u8]) -> Result<bool, Failed> {
        self.begin()?;
        let asked = self
            .connection
            .prepare_cached(sql)
            .and_then(|mut asked| asked.exists([key]));
        self.at(asked)
    }

    pub(super) fn change(
        &mut self,
        sql: &str,
        values: impl rusqlite::Params,
    ) -> Result<usize, Failed> {
        self.begin()?;
        self.wrote = true;
        let changed = self
            .connection
            .prepare_cached(sql)
            .and_then(|mut change| change.execute(values));
        self.at(changed)
    }

    pub(super) fn keep_tally(&mut self) -> Result<(), Failed> {
        let Tally { rows, withdrawn } = self.tally;
        for (name, value) in [("rows", rows), ("withdrawn", withdrawn)] {
            let value = i64::try_from(value).unwrap_or(i64::MAX);
            let sql = "UPDATE state SET value = ?2 WHERE name = ?1";
            self.change(sql, params![name, value])?;
        }
        Ok(())
    }

    /// One transaction for a batch, begun by whatever asks first.
    pub(super) fn begin(&mut self) -> Result<(), Failed> {
        if !self.begun {
            self.run("BEGIN")?;
            self.begun = true;
        }
        Ok(())
    }

    pub(super) fn run(&self, sql: &str) -> Result<(), Failed> {
        self.at(self.connection.execute_batch(sql))
    }

    pub(super) fn at<T>(&self, outcome: rusqlite::Result<T>) -> Result<T, Failed> {
        outcome.map_err(|source| Failed {
            path: self.path.clone(),
            source,
        })
    }
}
