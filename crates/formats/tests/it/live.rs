//! Reading while another connection writes, and leaving no trace.

use std::{
    collections::BTreeMap,
    fs,
    os::unix::fs::MetadataExt,
    path::Path,
    sync::atomic::{AtomicBool, AtomicU64, Ordering},
    thread,
    time::Duration,
};

use candor_formats::sqlite::{self, Error, rusqlite::Connection};

use crate::made::{self, integrity};

/// Reads again and again while `write` runs in a loop; counts may only grow.
fn race(journal_mode: &str, reads: u32, commits: u64, pause: Duration) {
    let (made, connection) = made::database(4096, journal_mode, 100);
    connection
        .execute_batch("create table twins(id integer primary key, url text); pragma wal_autocheckpoint = 200;")
        .unwrap();
    connection
        .execute_batch("insert into twins select id, url from visits")
        .unwrap();
    let done = &AtomicBool::new(false);
    let made_commits = &AtomicU64::new(0);
    thread::scope(|scope| {
        scope.spawn(move || {
            while !done.load(Ordering::Relaxed) {
                // Both tables change in one commit: a torn reading would tell them apart.
                connection
                    .execute_batch(
                        "begin;
                         insert into visits(url, time) select hex(randomblob(200)), 1;
                         insert into twins(url) select url from visits where id = last_insert_rowid();
                         delete from visits where id = (select min(id) from visits);
                         delete from twins where id = (select min(id) from twins);
                         commit;",
                    )
                    .unwrap();
                made_commits.fetch_add(1, Ordering::Relaxed);
                thread::sleep(pause);
            }
        });
        let mut newest = 0;
        let mut again = 0;
        let mut count = 0;
        while count < reads || made_commits.load(Ordering::Relaxed) < commits {
            count += 1;
            let read = sqlite::read(&made.path, |connection| {
                // Judged below: a torn state may well show here, and is then thrown away.
                let tree = integrity(connection)?;
                let counts = connection.query_row(
                    "select (select max(id) from visits), (select max(id) from twins),
                            (select count(*) from visits), (select count(*) from twins)",
                    [],
                    |row| Ok([row.get(0)?, row.get(1)?, row.get::<_, i64>(2)?, row.get(3)?]),
                )?;
                Ok((tree, counts))
            });
            let ((tree, seen), cost) = match read {
                Ok(read) => read,
                Err(error) => {
                    done.store(true, Ordering::Relaxed);
                    panic!("{error:?}");
                }
            };
            if tree != "ok" || seen != [seen[0], seen[0], 100, 100] || seen[0] < newest {
                done.store(true, Ordering::Relaxed);
                panic!("torn: {tree}, {seen:?} after {newest}, {cost:?}");
            }
            newest = seen[0];
            again += u32::from(cost.tries > 1);
        }
        done.store(true, Ordering::Relaxed);
        println!("{journal_mode}: {newest} commits, {again} of {count} readings repeated");
    });
}

#[test]
fn a_thousand_readings_of_a_log_in_use_are_whole() {
    race("wal", 1000, 500, Duration::from_millis(1));
}

#[test]
fn readings_of_a_database_that_commits_ten_times_a_second_are_whole() {
    race("truncate", 1000, 25, Duration::from_millis(100));
}

#[test]
fn a_change_during_the_reading_starts_it_again() {
    let (made, connection) = made::database(4096, "truncate", 10);
    let mut runs = 0;
    let (count, cost) = sqlite::read(&made.path, |reader| {
        let rows = made::rows(reader)?.len();
        runs += 1;
        if runs == 1 {
            made::add(&connection, 5);
        }
        Ok(rows)
    })
    .unwrap();
    assert_eq!((count, cost.tries, runs), (15, 2, 2));
}

#[test]
fn a_reused_log_starts_the_reading_again() {
    let (made, connection) = made::database(4096, "wal", 10);
    let mut runs = 0;
    let (count, cost) = sqlite::read(&made.path, |reader| {
        let rows = made::rows(reader)?.len();
        runs += 1;
        if runs == 1 {
            connection
                .query_row("pragma wal_checkpoint(restart)", [], |_| Ok(()))
                .unwrap();
            made::add(&connection, 5);
        }
        Ok(rows)
    })
    .unwrap();
    assert_eq!((count, cost.tries, runs), (15, 2, 2));
}

#[test]
fn a_database_that_never_holds_still_is_given_up() {
    let (made, connection) = made::database(4096, "truncate", 10);
    let error = sqlite::read(&made.path, |reader| {
        made::add(&connection, 1);
        made::rows(reader)
    })
    .unwrap_err();
    assert!(
        matches!(error, Error::Changing { tries: 20, .. }),
        "{error:?}"
    );
}

#[test]
fn an_error_during_a_change_is_not_believed() {
    let (made, connection) = made::database(4096, "truncate", 10);
    let mut runs = 0;
    let (count, _) = sqlite::read(&made.path, |reader| {
        runs += 1;
        if runs == 1 {
            made::add(&connection, 1);
            reader.query_row("select no_such_column from visits", [], |_| Ok(()))?;
        }
        Ok(made::rows(reader)?.len())
    })
    .unwrap();
    assert_eq!(count, 11);
}

#[test]
fn the_lock_of_another_does_not_matter() {
    for mode in ["truncate", "wal"] {
        let (made, connection) = made::database(4096, mode, 10);
        connection
            .execute_batch(
                "pragma locking_mode = exclusive; begin exclusive; select * from visits;",
            )
            .unwrap();
        connection
            .execute("update visits set time = 0", [])
            .unwrap();
        let other = Connection::open(&made.path).unwrap();
        other.busy_timeout(Duration::ZERO).unwrap();
        assert!(
            made::rows(&other).is_err(),
            "{mode}: the lock does not hold"
        );
        let (rows, cost) = made::read(&made.path).unwrap();
        assert_eq!((rows.len(), cost.tries), (10, 1), "{mode}");
        assert!(
            rows.iter().all(|(.., time)| *time > 0),
            "{mode}: uncommitted rows"
        );
    }
}

#[test]
fn nothing_in_the_folder_changes() {
    for mode in ["truncate", "wal"] {
        let (made, connection) = made::database(4096, mode, 500);
        made::spill(&connection, 500);
        let before = folder(made.home.path());
        made::read(&made.path).unwrap();
        // A sort and a set that SQLite would put into a temporary file if it could.
        sqlite::read(&made.path, |reader| {
            reader.query_row(
                "select count(*) from (select distinct url from visits order by hex(url))",
                [],
                |row| row.get::<_, i64>(0),
            )
        })
        .unwrap();
        assert_eq!(folder(made.home.path()), before, "{mode}");
    }
}

/// Name to inode, size, and the times of change of content and of attributes.
fn folder(path: &Path) -> BTreeMap<String, [i64; 6]> {
    let entries = fs::read_dir(path).unwrap().map(|entry| entry.unwrap());
    let itself = (String::from("."), fs::metadata(path).unwrap());
    entries
        .map(|entry| {
            (
                entry.file_name().into_string().unwrap(),
                entry.metadata().unwrap(),
            )
        })
        .chain([itself])
        .map(|(name, it)| {
            let seen = [
                it.ino() as i64,
                it.size() as i64,
                it.mtime(),
                it.mtime_nsec(),
                it.ctime(),
                it.ctime_nsec(),
            ];
            (name, seen)
        })
        .collect()
}
