//! Databases made for tests.

use std::path::PathBuf;

use formats::sqlite::rusqlite::Connection;
use knowledge::browsers::Engine;
use tempfile::TempDir;
use tool::Moment;

use crate::visit::{From, History, Visit};

/// Makes a database out of statements.
pub(crate) fn database(sql: &str) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("made.db");
    // One transaction: each one waits for the disk.
    let sql = format!("BEGIN; {sql}; COMMIT;");
    Connection::open(&path)
        .unwrap()
        .execute_batch(&sql)
        .unwrap();
    (folder, path)
}

/// Makes a database and reads all of it.
pub(crate) fn read_all(engine: Engine, sql: &str) -> History {
    read_since(engine, sql, Moment(0))
}

/// Makes a database and reads what happened since a moment.
pub(crate) fn read_since(engine: Engine, sql: &str, since: Moment) -> History {
    let (_folder, path) = database(sql);
    super::read(engine, &path, since).unwrap().0
}

/// Returns which visit led to which.
pub(crate) fn edges(history: &History) -> Vec<(i64, i64)> {
    let edge = |visit: &Visit| match visit.from {
        From::Visit(from) => Some((from, visit.id)),
        _ => None,
    };
    let mut edges: Vec<_> = history.visits.iter().filter_map(edge).collect();
    edges.sort_by_key(|(_, to)| *to);
    edges
}
