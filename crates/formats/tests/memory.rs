//! The bound on memory. It holds for all of SQLite in a process, so this test has its own.

use candor_formats::sqlite::{self, Error, rusqlite::Connection};

#[test]
fn a_query_that_eats_memory_is_stopped() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("db");
    Connection::open(&path)
        .unwrap()
        .execute_batch("create table visits(id)")
        .unwrap();
    let error = sqlite::read(&path, |connection| {
        connection.query_row(
            "with recursive n(i, filling) as
               (select 1, zeroblob(1000000) union select i + 1, zeroblob(1000000 + i) from n)
             select count(*) from (select * from n order by filling)",
            [],
            |row| row.get::<_, i64>(0),
        )
    })
    .unwrap_err();
    assert!(matches!(error, Error::TooMuchWork { .. }), "{error:?}");
}
