//! Each reader on one buffer of any bytes: the fuzz targets and the mutation tests call these.
//!
//! A function returns when the reader returned: with values or an error, it does not matter which.
//! What matters is that it returns. The database reader needs files, so it gets a path.

use std::path::Path;

use crate::{ini, local_state, plist, properties, rpm, sqlite};

/// Runs the reader of Safari's downloads.
pub fn plist(bytes: &[u8]) {
    let _ = plist::parse(bytes);
}

/// Runs the reader of small property lists.
pub fn properties(bytes: &[u8]) {
    let _ = properties::parse(bytes);
}

/// Runs the reader of package headers.
pub fn rpm(bytes: &[u8]) {
    let _ = rpm::parse(bytes);
}

/// Runs the reader of Firefox's profiles.
pub fn ini(bytes: &[u8]) {
    let _ = ini::parse(bytes);
}

/// Runs the reader of Chromium's profile names.
pub fn local_state(bytes: &[u8]) {
    let _ = local_state::parse(bytes);
}

/// Runs the reader of archives, whatever the format is, to the end of every entry.
#[cfg(feature = "archive")]
pub fn archive(bytes: &[u8]) {
    use std::io::{Cursor, Read, copy, sink};

    use crate::archive::{Asked, Budget, Entry, Limits, Next, Visitor, visit};

    struct All;

    impl Visitor for All {
        fn entry(&mut self, _entry: &Entry, bytes: &mut dyn Read) -> Next {
            // Again where it failed: nobody may hang who does not look at errors.
            for _ in 0..3 {
                let _ = copy(bytes, &mut sink());
            }
            Next::Go
        }
    }

    let limits = Limits {
        bytes: 8 << 20,
        entries: 10_000,
        memory_kib: 16 << 10,
        ..Limits::for_archive(0)
    };
    let asked = Asked {
        budget: &Budget::new(limits),
        password: Some(b"secret"),
    };
    let _ = visit(&mut Cursor::new(bytes), &asked, &mut All);
}

/// Runs the database reader on a database and what stands beside it, to the end of every table.
pub fn sqlite(path: &Path) {
    let _ = sqlite::read(path, rows_in_all_tables);
}

fn rows_in_all_tables(connection: &rusqlite::Connection) -> rusqlite::Result<u64> {
    let mut count = 0;
    for table in sqlite::tables(connection)?.names() {
        let quoted = table.replace('"', "\"\"");
        let mut statement = connection.prepare(&format!("select * from \"{quoted}\""))?;
        let mut rows = statement.query([])?;
        while rows.next()?.is_some() {
            count += 1;
        }
    }
    Ok(count)
}
