//! The three files of a database, opened for reading only, and how to tell that they changed.
//!
//! SQLite's own change counter is of no use: in exclusive locking mode, which the browsers use, it
//! is raised once and then no more (measured on Chromium 156, 2026-11).

use std::{
    fs::File,
    io,
    os::unix::fs::{FileExt, MetadataExt},
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::{Duration, SystemTime},
};

use super::error::Error;
use crate::file;

/// Bytes at the head of a `-wal` or `-journal` that tell one life of the file from the next.
const HEAD: usize = 32;
/// Kernels count file times in steps of up to 10 ms: a file changed within this time may change
/// again and keep its time. Waiting until it is older makes the comparison sound.
const RACY: Duration = Duration::from_millis(20);
/// The same for file systems that count whole seconds, or two.
const RACY_IN_SECONDS: Duration = Duration::from_secs(2);

/// A database and the two files that may stand beside it.
pub(super) struct Files {
    pub(super) database: Arc<Source>,
    pub(super) wal: Option<Arc<Source>>,
    pub(super) journal: Option<Arc<Source>>,
    before: Signature,
}

/// One open file, with the size it had when it was opened.
pub(super) struct Source {
    pub(super) path: PathBuf,
    pub(super) size: u64,
    stamp: Stamp,
    file: File,
    bytes_read: AtomicU64,
}

/// What must be the same before and after.
///
/// A commit in rollback mode writes the database, so its time of change moves. A commit in WAL mode
/// only appends frames behind those we use; a reuse of the WAL gives its head new salts first.
#[derive(PartialEq, Eq)]
struct Signature {
    database: Stamp,
    wal_head: Vec<u8>,
    journal: (u64, Vec<u8>),
}

/// Device, inode, size, and time of change in seconds and nanoseconds.
type Stamp = (u64, u64, u64, i64, i64);

impl Files {
    /// Opens the files and takes their signature.
    ///
    /// Waits a moment when the database was written just now.
    pub(super) fn open(path: &Path) -> Result<Self, Error> {
        let mut database = Source::open(path)?;
        if let Some(wait) = wait_for(database.stamp) {
            thread::sleep(wait);
            database = Source::open(path)?;
        }
        let wal = Source::open_if_there(&beside(path, "-wal"))?;
        let journal = Source::open_if_there(&beside(path, "-journal"))?;
        let before = Signature::of(&database, wal.as_ref(), journal.as_ref())?;
        let (wal, journal) = (wal.map(Arc::new), journal.map(Arc::new));
        Ok(Self {
            database: Arc::new(database),
            wal,
            journal,
            before,
        })
    }

    /// Bytes read so far from all files.
    pub(super) fn bytes_read(&self) -> u64 {
        let beside = [&self.wal, &self.journal].into_iter().flatten();
        beside
            .chain([&self.database])
            .map(|it| it.bytes_read.load(Ordering::Relaxed))
            .sum()
    }

    pub(super) fn path(&self) -> &Path {
        &self.database.path
    }

    /// Says whether the files are still what they were when they were opened.
    ///
    /// A file that cannot be opened any more has changed.
    pub(super) fn held_still(&self) -> bool {
        let now = || {
            let database = Source::open(self.path())?;
            let wal = Source::open_if_there(&beside(self.path(), "-wal"))?;
            let journal = Source::open_if_there(&beside(self.path(), "-journal"))?;
            Signature::of(&database, wal.as_ref(), journal.as_ref())
        };
        now().is_ok_and(|now: Signature| now == self.before)
    }
}

impl Source {
    /// Reads up to `buffer.len()` bytes at `offset`; fewer only at the end of the file.
    pub(super) fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        let mut filled = 0;
        while filled < buffer.len() {
            let Some(at) = offset.checked_add(filled as u64) else {
                break;
            };
            match self.file.read_at(&mut buffer[filled..], at) {
                Ok(0) => break,
                Ok(count) => filled += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        self.bytes_read.fetch_add(filled as u64, Ordering::Relaxed);
        Ok(filled)
    }

    /// Reads the first `count` bytes, or as many as there are.
    pub(super) fn head(&self, count: usize) -> Result<Vec<u8>, Error> {
        let mut bytes = vec![0; count];
        let filled = self
            .read_at(&mut bytes, 0)
            .map_err(|error| Error::from_io(&self.path, error))?;
        bytes.truncate(filled);
        Ok(bytes)
    }

    fn open_if_there(path: &Path) -> Result<Option<Self>, Error> {
        match Self::open(path) {
            Ok(source) => Ok(Some(source)),
            Err(Error::Missing { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn open(path: &Path) -> Result<Self, Error> {
        let file = file::open(path)?;
        let metadata = file
            .metadata()
            .map_err(|error| Error::from_io(path, error))?;
        let stamp = (
            metadata.dev(),
            metadata.ino(),
            metadata.len(),
            metadata.mtime(),
            metadata.mtime_nsec(),
        );
        let (path, size) = (path.to_owned(), metadata.len());
        Ok(Self {
            path,
            size,
            stamp,
            file,
            bytes_read: AtomicU64::new(0),
        })
    }
}

impl Signature {
    fn of(
        database: &Source,
        wal: Option<&Source>,
        journal: Option<&Source>,
    ) -> Result<Self, Error> {
        let head = |source: Option<&Source>| source.map_or(Ok(Vec::new()), |it| it.head(HEAD));
        Ok(Self {
            database: database.stamp,
            // A missing file and an empty one mean the same to SQLite, and to us.
            wal_head: head(wal)?,
            journal: (journal.map_or(0, |it| it.size), head(journal)?),
        })
    }
}

/// Returns how long to wait for a database that was written just now.
///
/// A time far from ours, past or future, says nothing about now and is not waited for.
fn wait_for((.., seconds, nanoseconds): Stamp) -> Option<Duration> {
    let modified = Duration::new(
        u64::try_from(seconds).ok()?,
        u32::try_from(nanoseconds).unwrap_or(0),
    );
    let now = SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .ok()?;
    let racy = if nanoseconds == 0 {
        RACY_IN_SECONDS
    } else {
        RACY
    };
    racy.checked_sub(now.abs_diff(modified))
        .filter(|wait| !wait.is_zero())
}

/// Names the file beside a database: SQLite appends to the whole name.
fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    PathBuf::from(name)
}
