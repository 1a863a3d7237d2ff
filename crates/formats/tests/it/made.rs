//! Databases made with SQLite itself, and SQLite's own recovery as the measure of ours.

use std::{
    fs,
    path::{Path, PathBuf},
};

use candor_formats::sqlite::{
    self, ReadCost,
    rusqlite::{self, Connection},
};
use tempfile::TempDir;

/// One row of the table `visits`.
pub(crate) type Row = (i64, String, i64);

/// A folder with a database `db` in it.
pub(crate) struct Made {
    pub(crate) home: TempDir,
    pub(crate) path: PathBuf,
}

/// Makes an open database with `rows` rows in `visits` and an index on it.
pub(crate) fn database(page_size: u32, journal_mode: &str, rows: i64) -> (Made, Connection) {
    let home = tempfile::tempdir().expect("a folder");
    let path = home.path().join("db");
    let connection = Connection::open(&path).expect("a database");
    connection
        .execute_batch(&format!(
            "pragma page_size = {page_size};
             pragma journal_mode = {journal_mode};
             pragma wal_autocheckpoint = 0;
             create table visits(id integer primary key, url text, time integer);
             create index visits_time on visits(time);"
        ))
        .expect("a schema");
    add(&connection, rows);
    (Made { home, path }, connection)
}

/// Adds rows in one transaction.
pub(crate) fn add(connection: &Connection, rows: i64) {
    connection
        .execute(
            "with recursive n(i) as (select 1 union all select i + 1 from n where i < ?1)
             insert into visits(url, time)
             select 'https://example.org/' || hex(zeroblob(40)) || i, 7 * i from n",
            [rows],
        )
        .expect("new rows");
}

/// Leaves a transaction open that has already spilled changed pages to disk.
pub(crate) fn spill(connection: &Connection, rows: i64) {
    connection
        .execute_batch(
            "pragma cache_size = 4; begin immediate; update visits set url = 'changed ' || url;",
        )
        .expect("an open transaction");
    add(connection, rows);
}

/// Copies the files of a database as they are at this moment into a folder of their own.
pub(crate) fn frozen(path: &Path) -> Made {
    let home = tempfile::tempdir().expect("a folder");
    let copy = home.path().join("db");
    for ending in ["", "-wal", "-journal"] {
        let from = beside(path, ending);
        if from.exists() {
            fs::copy(from, beside(&copy, ending)).expect("a copy");
        }
    }
    Made { home, path: copy }
}

pub(crate) fn beside(path: &Path, ending: &str) -> PathBuf {
    PathBuf::from(format!("{}{ending}", path.display()))
}

pub(crate) fn rows(connection: &Connection) -> rusqlite::Result<Vec<Row>> {
    connection
        .prepare("select id, url, time from visits order by id")?
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?
        .collect()
}

pub(crate) fn integrity(connection: &Connection) -> rusqlite::Result<String> {
    connection.query_row("pragma integrity_check", [], |row| row.get(0))
}

/// Reads all rows our way and checks the tree.
pub(crate) fn read(path: &Path) -> Result<(Vec<Row>, ReadCost), sqlite::Error> {
    sqlite::read(path, |connection| {
        assert_eq!(integrity(connection)?, "ok", "{}", path.display());
        rows(connection)
    })
}

/// Reads the files our way and, on a copy, SQLite's way; both must find the same.
pub(crate) fn same_as_recovery(made: &Made) -> (Vec<Row>, ReadCost) {
    let copy = frozen(&made.path);
    let recovered = rows(&Connection::open(&copy.path).expect("a database")).expect("recovery");
    let (ours, cost) = read(&made.path).expect("our reading");
    assert_eq!(ours, recovered);
    (ours, cost)
}

/// Changes bytes of a file in place.
pub(crate) fn patch(path: &Path, change: impl FnOnce(&mut Vec<u8>)) {
    let mut bytes = fs::read(path).expect("a file");
    change(&mut bytes);
    fs::write(path, bytes).expect("a file");
}
