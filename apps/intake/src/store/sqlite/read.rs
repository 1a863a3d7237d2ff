//! Reading beside the writer: each answer sees every partition as of one commit of its own.

use std::path::Path;

use rusqlite::{CachedStatement, Connection, Row as SqlRow};

use super::{file, seal::Cipher};
use crate::{
    store::{Digest, Partition, Row, StoreError, Tally},
    vault::Vault,
};

/// A tag and the number of its reports in one partition, from there on in order of tags.
const TAGS: &str = "SELECT tag, count(*) FROM r WHERE tag > ?1 GROUP BY tag ORDER BY tag LIMIT ?2";
/// As many tags are taken from a partition at a time: 64 KiB for each.
const AT_A_TIME: usize = 1024;

pub(super) fn tally(folder: &Path, partition: Partition) -> Result<Tally, StoreError> {
    let Some(reading) = Reading::open(folder, partition)? else {
        return Ok(Tally::default());
    };
    let state = |name: &str| {
        let sql = "SELECT value FROM state WHERE name = ?1";
        let value = reading
            .connection
            .query_row(sql, [name], |row| row.get::<_, i64>(0));
        reading.asked(value.map(i64::unsigned_abs))
    };
    Ok(Tally {
        rows: state("rows")?,
        withdrawn: state("withdrawn")?,
    })
}

/// The partitions of an epoch, each in order of tags, merged: the smallest tag of all is next.
pub(super) fn tags(
    folder: &Path,
    program: u16,
    epoch: u32,
    at_least: u64,
    tell: &mut dyn FnMut(Digest, u64),
) -> Result<(), StoreError> {
    let mut lanes = Vec::new();
    for partition in file::of_epoch(folder, program, epoch)? {
        if let Some(reading) = Reading::open(folder, partition)? {
            lanes.push(Lane::begin(reading)?);
        }
    }
    while let Some(tag) = lanes.iter().filter_map(Lane::tag).min() {
        let mut number = 0;
        for lane in lanes.iter_mut().filter(|lane| lane.tag() == Some(tag)) {
            number += lane.take()?;
        }
        if number >= at_least {
            tell(tag, number);
        }
    }
    Ok(())
}

pub(super) fn shares(
    folder: &Path,
    vault: &Vault,
    program: u16,
    epoch: u32,
    tag: &Digest,
    tell: &mut dyn FnMut(Row),
) -> Result<u64, StoreError> {
    let mut damaged = 0;
    for partition in file::of_epoch(folder, program, epoch)? {
        let Some(reading) = Reading::open(folder, partition)? else {
            continue;
        };
        let mut asked = reading.prepare("SELECT * FROM r WHERE tag = ?1 ORDER BY x")?;
        let mut rows = reading.asked(asked.query([tag]))?;
        let mut cipher = None;
        while let Some(row) = reading.asked(rows.next())? {
            let cipher = match &cipher {
                Some(cipher) => cipher,
                None => {
                    let key = vault.get(&partition.key_name());
                    cipher.insert(Cipher::new(partition, key.as_ref())?)
                }
            };
            match opened(tag, row, cipher) {
                Some(row) => tell(row),
                None => damaged += 1,
            }
        }
    }
    Ok(damaged)
}

/// Returns a row with its share and body; `None` for one that was changed.
fn opened(tag: &Digest, row: &SqlRow<'_>, cipher: &Cipher) -> Option<Row> {
    let (wc, leaf) = (bytes(row, "wc")?, bytes(row, "leaf")?);
    let sealed: Vec<u8> = row.get("sealed").ok()?;
    Some(Row {
        tag: *tag,
        x: bytes(row, "x")?,
        nonce: bytes(row, "nonce")?,
        wc,
        opened: cipher.open(tag, &wc, &leaf, &sealed).ok()?,
    })
}

pub(super) fn leaves(
    folder: &Path,
    partition: Partition,
) -> Result<Option<Vec<Digest>>, StoreError> {
    let Some(reading) = sealed(folder, partition)? else {
        return Ok(None);
    };
    reading
        .column("SELECT leaf FROM leaves ORDER BY leaf", [])
        .map(Some)
}

pub(super) fn leaves_from(
    folder: &Path,
    partition: Partition,
    from: &Digest,
    many: usize,
) -> Result<Option<Vec<Digest>>, StoreError> {
    let Some(reading) = sealed(folder, partition)? else {
        return Ok(None);
    };
    let sql = "SELECT leaf FROM leaves WHERE leaf >= ?1 ORDER BY leaf LIMIT ?2";
    let many = i64::try_from(many).unwrap_or(i64::MAX);
    reading.column(sql, (from, many)).map(Some)
}

/// Returns a partition to read, if there is one and it is sealed.
fn sealed(folder: &Path, partition: Partition) -> Result<Option<Reading>, StoreError> {
    let Some(reading) = Reading::open(folder, partition)? else {
        return Ok(None);
    };
    let sealed =
        reading
            .connection
            .query_row("SELECT value FROM state WHERE name = 'sealed'", [], |row| {
                row.get::<_, i64>(0)
            });
    Ok((reading.asked(sealed)? != 0).then_some(reading))
}

pub(super) fn withdrawals(folder: &Path, partition: Partition) -> Result<Vec<Digest>, StoreError> {
    match Reading::open(folder, partition)? {
        Some(reading) => reading.column("SELECT leaf FROM gone ORDER BY leaf", []),
        None => Ok(Vec::new()),
    }
}

/// One partition that is read.
struct Reading {
    folder: std::path::PathBuf,
    partition: Partition,
    connection: Connection,
}

impl Reading {
    fn open(folder: &Path, partition: Partition) -> Result<Option<Self>, StoreError> {
        let Some(connection) = file::open_to_read(folder, partition)? else {
            return Ok(None);
        };
        let reading = Self {
            folder: folder.to_owned(),
            partition,
            connection,
        };
        // One picture for as long as it is read.
        reading.asked(reading.connection.execute_batch("BEGIN"))?;
        Ok(Some(reading))
    }

    fn prepare(&self, sql: &str) -> Result<CachedStatement<'_>, StoreError> {
        self.asked(self.connection.prepare_cached(sql))
    }

    fn column<const N: usize>(
        &self,
        sql: &str,
        of: impl rusqlite::Params,
    ) -> Result<Vec<[u8; N]>, StoreError> {
        let mut asked = self.prepare(sql)?;
        let read = asked
            .query_map(of, |row| row.get(0))
            .and_then(Iterator::collect);
        self.asked(read)
    }

    fn asked<T>(&self, outcome: rusqlite::Result<T>) -> Result<T, StoreError> {
        outcome.map_err(|source| StoreError::Sqlite {
            act: "read",
            path: file::path_of(&self.folder, self.partition),
            source,
        })
    }
}

/// One partition in the merge, a little ahead of what was taken from it.
struct Lane {
    reading: Reading,
    /// What comes next, the next of all last.
    ahead: Vec<(Digest, u64)>,
}

impl Lane {
    fn begin(reading: Reading) -> Result<Self, StoreError> {
        let mut lane = Self {
            reading,
            ahead: Vec::new(),
        };
        lane.fill(&[])?;
        Ok(lane)
    }

    fn tag(&self) -> Option<Digest> {
        self.ahead.last().map(|(tag, _)| *tag)
    }

    fn take(&mut self) -> Result<u64, StoreError> {
        let Some((tag, number)) = self.ahead.pop() else {
            return Ok(0);
        };
        if self.ahead.is_empty() {
            self.fill(&tag)?;
        }
        Ok(number)
    }

    fn fill(&mut self, after: &[u8]) -> Result<(), StoreError> {
        let mut asked = self.reading.prepare(TAGS)?;
        let read = asked
            .query_map(rusqlite::params![after, AT_A_TIME as i64], |row| {
                Ok((row.get(0)?, row.get::<_, i64>(1)?.unsigned_abs()))
            })
            .and_then(Iterator::collect);
        self.ahead = self.reading.asked(read)?;
        self.ahead.reverse();
        Ok(())
    }
}

fn bytes<const N: usize>(row: &SqlRow<'_>, column: &str) -> Option<[u8; N]> {
    row.get(column).ok()
}
