//! Files that are no database, and databases that are traps.

use std::{fs, path::PathBuf, process::Command, time::Instant};

use candor_formats::sqlite::{self, Error, rusqlite::Connection};
use tempfile::TempDir;

use crate::made::{self, beside};

fn open(home: &TempDir, name: &str) -> Result<i64, Error> {
    let path = home.path().join(name);
    sqlite::read(&path, |connection| {
        connection.query_row("select count(*) from visits", [], |row| row.get(0))
    })
    .map(|(count, _)| count)
}

fn with_schema(schema: &str) -> (TempDir, PathBuf) {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("db");
    Connection::open(&path)
        .unwrap()
        .execute_batch(schema)
        .unwrap();
    (home, path)
}

#[test]
fn what_is_not_a_database_is_named() {
    let home = tempfile::tempdir().unwrap();
    let at = |name: &str| home.path().join(name);
    fs::write(at("empty"), "").unwrap();
    fs::write(at("short"), "SQLite format 3").unwrap();
    fs::write(at("text"), "dear diary\n".repeat(1000)).unwrap();
    fs::write(at("zeros"), [0; 8192]).unwrap();
    fs::create_dir(at("folder")).unwrap();
    std::os::unix::fs::symlink("text", at("link")).unwrap();
    assert!(
        Command::new("mkfifo")
            .arg(at("pipe"))
            .status()
            .unwrap()
            .success()
    );

    assert!(matches!(open(&home, "nowhere"), Err(Error::Missing { .. })));
    assert!(matches!(
        open(&home, "text/below"),
        Err(Error::Missing { .. })
    ));
    assert!(matches!(open(&home, "empty"), Err(Error::Empty { .. })));
    assert!(matches!(open(&home, "short"), Err(Error::NotSqlite { .. })));
    assert!(matches!(open(&home, "text"), Err(Error::NotSqlite { .. })));
    assert!(matches!(open(&home, "zeros"), Err(Error::NotSqlite { .. })));
    assert!(matches!(open(&home, "folder"), Err(Error::NotAFile { .. })));
    assert!(matches!(open(&home, "link"), Err(Error::NotAFile { .. })));
    assert!(matches!(open(&home, "pipe"), Err(Error::NotAFile { .. })));
    assert!(
        open(&home, "text")
            .unwrap_err()
            .to_string()
            .contains("text")
    );
}

#[test]
fn a_pipe_beside_a_database_is_not_waited_for() {
    for ending in ["-wal", "-journal"] {
        let (made, connection) = made::database(4096, "delete", 5);
        drop(connection);
        let pipe = beside(&made.path, ending);
        assert!(
            Command::new("mkfifo")
                .arg(&pipe)
                .status()
                .unwrap()
                .success()
        );
        let error = made::read(&made.path).unwrap_err();
        assert!(
            matches!(&error, Error::NotAFile { path } if *path == pipe),
            "{error:?}"
        );
    }
}

#[test]
fn a_database_cut_short_is_named() {
    let (made, connection) = made::database(4096, "delete", 2000);
    drop(connection);
    let length = fs::metadata(&made.path).unwrap().len();
    made::patch(&made.path, |bytes| {
        bytes.truncate(length as usize / 2 - 100)
    });
    let error = made::read(&made.path).unwrap_err();
    let promised = length / 4096;
    assert!(
        matches!(error, Error::Truncated { pages, promised: said, .. } if said == promised && pages < said),
        "{error:?}"
    );
}

#[test]
fn room_set_aside_at_the_end_is_no_damage() {
    let (made, connection) = made::database(4096, "delete", 100);
    drop(connection);
    made::patch(&made.path, |bytes| bytes.resize(5 << 20, 0));
    assert_eq!(made::read(&made.path).unwrap().0.len(), 100);
}

#[test]
fn every_page_size_is_read() {
    for size in [512, 1024, 2048, 4096, 8192, 16384, 32768, 65536] {
        let (made, _connection) = made::database(size, "delete", 300);
        assert_eq!(
            made::same_as_recovery(&made).0.len(),
            300,
            "page size {size}"
        );
    }
}

#[test]
fn damage_is_named() {
    let (made, connection) = made::database(4096, "delete", 2000);
    drop(connection);
    made::patch(&made.path, |bytes| bytes[4096..40960].fill(0x55));
    let error = sqlite::read(&made.path, made::rows).unwrap_err();
    assert!(matches!(error, Error::Damaged { .. }), "{error:?}");
    assert!(error.to_string().contains("is damaged: "), "{error}");
}

#[test]
fn a_view_under_the_name_of_a_table_gives_nothing() {
    for view in [
        "with recursive n(i) as (select 1 union all select i + 1 from n) select i as id from n",
        "select id from other",
    ] {
        let (home, path) = with_schema(&format!(
            "create table other(id); create view visits as {view}"
        ));
        let error = open(&home, "db").unwrap_err();
        assert!(matches!(error, Error::Query { .. }), "{error:?}");
        let (tables, _) = sqlite::read(&path, sqlite::tables).unwrap();
        assert!(!tables.has_table("visits") && tables.has_table("other"));
    }
}

#[test]
fn a_virtual_table_under_the_name_of_a_table_is_refused() {
    let (home, path) = with_schema("create virtual table Visits using fts5(id)");
    let error = open(&home, "db").unwrap_err();
    assert!(matches!(error, Error::Refused { .. }), "{error:?}");
    let (tables, _) = sqlite::read(&path, sqlite::tables).unwrap();
    assert!(!tables.has_table("visits"));
}

#[test]
fn only_reading_is_allowed() {
    let (_home, path) = with_schema("create table visits(id integer primary key)");
    for sql in [
        "insert into visits values (1)",
        "delete from visits",
        "drop table visits",
        "create table other(id)",
        "create temp table other(id)",
        "attach database '/etc/passwd' as other",
        "attach database 'file:/etc/passwd?vfs=unix' as other",
        "vacuum into '/nowhere/else'",
        "pragma query_only = off",
        "pragma mmap_size = 1000000",
        "pragma writable_schema = on",
        "pragma temp_store_directory = '/'",
        "begin immediate",
        "select load_extension('/nowhere')",
    ] {
        let error = sqlite::read(&path, |connection| connection.execute_batch(sql)).unwrap_err();
        assert!(
            matches!(error, Error::Refused { .. } | Error::Query { .. }),
            "{sql}: {error:?}"
        );
    }
}

#[test]
fn a_query_without_end_is_stopped() {
    let (_home, path) = with_schema("create table visits(id)");
    let start = Instant::now();
    let error = sqlite::read(&path, |connection| {
        connection.query_row(
            "with recursive n(i) as (select 1 union all select i + 1 from n) select max(i) from n",
            [],
            |row| row.get::<_, i64>(0),
        )
    })
    .unwrap_err();
    assert!(matches!(error, Error::TooMuchWork { .. }), "{error:?}");
    println!("stopped after {:?}", start.elapsed());
}

#[test]
fn tables_and_columns_are_told() {
    let (_home, path) = with_schema(
        "create table Visits(ID integer primary key, url, twice as (url || url));
         create table \"odd \"\" name\"(a);
         create view seen as select * from visits;",
    );
    let (tables, _) = sqlite::read(&path, sqlite::tables).unwrap();
    assert!(tables.has("VISITS", "id") && tables.has("visits", "URL"));
    assert!(!tables.has("visits", "title") && !tables.has("seen", "url"));
    assert_eq!(tables.columns("visits"), ["ID", "url", "twice"]);
    assert_eq!(
        tables.names().collect::<Vec<_>>(),
        ["odd \" name", "visits"]
    );
}

#[test]
fn a_missing_table_is_a_question_not_damage() {
    let (home, _) = with_schema("create table other(id)");
    let error = open(&home, "db").unwrap_err();
    assert!(matches!(error, Error::Query { .. }), "{error:?}");
}
