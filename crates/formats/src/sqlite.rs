//! Reads a SQLite database that another program holds open, without touching it.
//!
//! A running browser locks its history and has part of it in a `-wal` or `-journal` file. SQLite
//! itself either waits for the lock or, told that the file cannot change, gives wrong rows. So we
//! read the bytes of all three files and give SQLite a picture of the last committed state:
//!
//! ```text
//! page wanted by SQLite ─► in the overlay? ─► bytes in `-wal` or `-journal`
//!                                   └─ no ──► bytes in the database file
//! ```
//!
//! The overlay holds places, not bytes, and SQLite asks only for the pages a query needs.
//! Nothing is locked, written, copied or mapped: a map of a file that its owner cuts short would
//! end us. The files are compared before and after; when one changed, everything is read again.
//!
//! What SQLite is given is hostile: a schema can hold views, triggers and virtual tables under
//! familiar names, and a damaged tree can run in circles. [`read`] refuses the former and bounds
//! the latter.
//!
//! Sources: <https://www.sqlite.org/fileformat2.html> (2026-11), sections 1.3, 3 and 4;
//! <https://www.sqlite.org/atomiccommit.html> (2026-11).

mod connection;
mod error;
mod files;
mod image;
mod journal;
mod tables;
mod vfs;
mod wal;

use std::{
    path::Path,
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use rusqlite::Connection;

pub use self::{
    error::Error,
    tables::{Tables, tables},
};
/// The SQLite binding whose [`Connection`] the queries get.
pub use rusqlite;

use self::{files::Files, image::Image};

/// How often a database that keeps changing is read again.
const MOST_TRIES: u32 = 20;
/// How long the owner gets to finish a commit.
const PAUSE: Duration = Duration::from_millis(50);
/// No new try begins after this time.
const LONGEST: Duration = Duration::from_secs(20);

/// What one reading took.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReadCost {
    /// Pages of the database as SQLite saw it.
    pub pages_total: u64,
    /// Pages that SQLite asked for, in the last try.
    pub pages_read: u64,
    /// Bytes read from all three files, in all tries.
    pub bytes_read: u64,
    /// How often the files were read: 1 when they held still.
    pub tries: u32,
    /// Committed frames found in the `-wal` file.
    pub wal_frames: u64,
    /// Pages that a hot `-journal` gave back.
    pub journal_pages: u64,
}

/// Runs queries on the last committed state of a database that may be in use.
///
/// `look` may run several times: when a file changed meanwhile, its result is dropped and it
/// starts again on the new state. So it should collect rows and do nothing else. The connection
/// can read ordinary tables; views, virtual tables, writing, attaching and extensions are refused.
///
/// The `-wal` and `-journal` files are looked for beside `path` and need not exist.
///
/// ```
/// # let home = tempfile::tempdir().unwrap();
/// # let path = home.path().join("History");
/// # rusqlite::Connection::open(&path).unwrap().execute_batch("create table visits(id)").unwrap();
/// use candor_formats::sqlite;
///
/// let (count, cost) = sqlite::read(&path, |connection| {
///     connection.query_row("select count(*) from visits", [], |row| row.get::<_, i64>(0))
/// })?;
/// assert_eq!((count, cost.tries), (0, 1));
/// # Ok::<(), sqlite::Error>(())
/// ```
///
/// # Errors
/// Each variant of [`Error`] names the path. [`Error::Changing`] when the files never held still
/// for the time of one reading.
pub fn read<T>(
    path: &Path,
    mut look: impl FnMut(&Connection) -> rusqlite::Result<T>,
) -> Result<(T, ReadCost), Error> {
    let mut cost = ReadCost::default();
    let start = Instant::now();
    while cost.tries < MOST_TRIES && start.elapsed() < LONGEST {
        if cost.tries > 0 {
            thread::sleep(PAUSE);
        }
        cost.tries += 1;
        let files = Files::open(path)?;
        let result = look_once(&files, &mut look, &mut cost);
        cost.bytes_read += files.bytes_read();
        // A file that changed explains any error, and makes any result worthless.
        if files.held_still() {
            return result.map(|value| (value, cost));
        }
    }
    Err(Error::Changing {
        path: path.to_owned(),
        tries: cost.tries,
    })
}

fn look_once<T>(
    files: &Files,
    look: &mut impl FnMut(&Connection) -> rusqlite::Result<T>,
    cost: &mut ReadCost,
) -> Result<T, Error> {
    let image = Arc::new(Image::of(files)?);
    let result = connection::open(&image)
        .and_then(|connection| look(&connection))
        .map_err(|source| Error::from_sqlite(files.path(), source));
    image.add_to(cost);
    result
}
