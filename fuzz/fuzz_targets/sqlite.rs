//! Any bytes into `formats::sqlite`: a database, its log and its journal in one input.
//!
//! ```text
//! length of the log (4), length of the journal (4), log, journal, database
//! ```
#![no_main]

use std::{
    fs::{self, File},
    sync::LazyLock,
    time::{Duration, SystemTime},
};

use tempfile::TempDir;

static FOLDER: LazyLock<TempDir> = LazyLock::new(|| tempfile::tempdir().expect("a folder"));

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let Some((lengths, rest)) = bytes.split_first_chunk::<8>() else {
        return;
    };
    let [a, b, c, d, e, f, g, h] = *lengths;
    let wal = u32::from_be_bytes([a, b, c, d]) as usize;
    let journal = u32::from_be_bytes([e, f, g, h]) as usize;
    let (wal, rest) = rest.split_at(wal.min(rest.len()));
    let (journal, database) = rest.split_at(journal.min(rest.len()));

    let path = FOLDER.path().join("db");
    fs::write(FOLDER.path().join("db-wal"), wal).expect("a log");
    fs::write(FOLDER.path().join("db-journal"), journal).expect("a journal");
    fs::write(&path, database).expect("a database");
    // An old file: the reader waits when one was written just now.
    let long_ago = SystemTime::UNIX_EPOCH + Duration::from_secs(1);
    let file = File::options()
        .write(true)
        .open(&path)
        .expect("the database");
    file.set_modified(long_ago).expect("its time");
    formats::fuzz::sqlite(&path);
});
