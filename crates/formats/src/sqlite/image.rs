//! The last committed state of a database as one readable whole: pages of three files.

use std::{
    collections::BTreeMap,
    io,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use super::{
    ReadCost,
    error::Error,
    files::{Files, Source},
    journal::Journal,
    wal::Wal,
};

const MAGIC: &[u8; 16] = b"SQLite format 3\0";
/// The header of page 1.
const HEADER: usize = 100;
/// Where the header says how the file is written and read: 1 rollback, 2 write-ahead log.
const VERSIONS: [u64; 2] = [18, 19];

/// Pages that stand in another file than the database.
struct Overlay {
    source: Arc<Source>,
    pages: BTreeMap<u32, u64>,
}

/// A database as it was after its last commit.
///
/// Bytes are read when they are asked for: it stays true only while the files hold still.
pub(super) struct Image {
    path: PathBuf,
    page_size: u64,
    page_count: u64,
    size: u64,
    database: Arc<Source>,
    wal: Option<Overlay>,
    journal: Option<Overlay>,
    wal_frames: u64,
    pages_read: AtomicU64,
}

impl Image {
    /// Puts the files together. Reads the whole `-wal` and `-journal`, and one header.
    pub(super) fn of(files: &Files) -> Result<Self, Error> {
        let path = files.path();
        let database = &files.database;
        if database.size == 0 {
            // SQLite, too, does without a log whose database is empty.
            return Err(Error::Empty {
                path: path.to_owned(),
            });
        }
        let journal = match &files.journal {
            Some(source) => Journal::of(source)?.map(|it| (Arc::clone(source), it)),
            None => None,
        };
        let wal = match &files.wal {
            Some(source) => Wal::of(source)?.map(|it| (Arc::clone(source), it)),
            None => None,
        };

        let named = |sizes: [Option<u32>; 2]| sizes.into_iter().flatten().next();
        let overlaid = named([
            journal.as_ref().map(|(_, it)| it.page_size),
            wal.as_ref().map(|(_, it)| it.page_size),
        ]);
        let page_size = match overlaid {
            Some(size) => size,
            None => page_size_in(&database.head(HEADER)?).ok_or_else(|| Error::NotSqlite {
                path: path.to_owned(),
            })?,
        };
        let whole_pages = database.size.div_ceil(u64::from(page_size));
        let page_count = wal
            .as_ref()
            .map(|(_, it)| it.page_count)
            .or(journal.as_ref().map(|(_, it)| it.page_count))
            .map_or(whole_pages, u64::from);
        let page_sizes_agree = wal.as_ref().is_none_or(|(_, it)| it.page_size == page_size);

        let size = match overlaid {
            Some(_) => page_count.saturating_mul(u64::from(page_size)),
            None => database.size,
        };
        let image = Self {
            path: path.to_owned(),
            page_size: u64::from(page_size),
            page_count,
            size,
            database: Arc::clone(database),
            wal_frames: wal.as_ref().map_or(0, |(_, it)| it.frames),
            wal: wal.map(|(source, it)| Overlay {
                source,
                pages: it.pages,
            }),
            journal: journal.map(|(source, it)| Overlay {
                source,
                pages: it.pages,
            }),
            pages_read: AtomicU64::new(0),
        };
        image.check_header(page_sizes_agree)?;
        Ok(image)
    }

    /// Size in bytes of the database after its last commit.
    pub(super) fn size(&self) -> u64 {
        self.size
    }

    /// Reads bytes of the last committed state; fewer than asked for only at its end.
    ///
    /// The header says that no log is in use: what it held is in the pages already.
    pub(super) fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        let mut filled = 0;
        while filled < buffer.len() {
            let Some(at) = offset.checked_add(filled as u64) else {
                break;
            };
            let (page, within) = (at / self.page_size + 1, at % self.page_size);
            if page > self.page_count {
                break;
            }
            let wanted = buffer.len() - filled;
            let left = usize::try_from(self.page_size - within).unwrap_or(wanted);
            let part = &mut buffer[filled..filled + wanted.min(left)];
            let (source, start) = self.place_of(page);
            let count = source.read_at(part, start.saturating_add(within))?;
            if count as u64 == self.page_size {
                self.pages_read.fetch_add(1, Ordering::Relaxed);
            }
            filled += count;
            if count == 0 {
                break;
            }
        }
        for at in VERSIONS {
            let byte = at
                .checked_sub(offset)
                .and_then(|index| buffer.get_mut(index as usize));
            // Other values are from a future SQLite; ours then says so.
            if let Some(byte) = byte
                && *byte == 2
            {
                *byte = 1;
            }
        }
        Ok(filled)
    }

    /// Adds what reading this image took.
    pub(super) fn add_to(&self, cost: &mut ReadCost) {
        cost.pages_total = self.page_count;
        cost.pages_read = self.pages_read.load(Ordering::Relaxed);
        cost.wal_frames = self.wal_frames;
        cost.journal_pages = self.journal.as_ref().map_or(0, |it| it.pages.len() as u64);
    }

    fn place_of(&self, page: u64) -> (&Source, u64) {
        let number = u32::try_from(page).ok();
        for overlay in [&self.wal, &self.journal].into_iter().flatten() {
            if let Some(offset) = number.and_then(|it| overlay.pages.get(&it)) {
                return (&overlay.source, *offset);
            }
        }
        (&self.database, (page - 1).saturating_mul(self.page_size))
    }

    fn check_header(&self, page_sizes_agree: bool) -> Result<(), Error> {
        let mut header = [0; HEADER];
        let filled = self
            .read_at(&mut header, 0)
            .map_err(|error| Error::from_io(&self.path, error))?;
        if self.page_count == 0 {
            return Err(Error::Empty {
                path: self.path.clone(),
            });
        }
        if !header.starts_with(MAGIC) {
            return Err(Error::NotSqlite {
                path: self.path.clone(),
            });
        }
        let agreed = page_size_in(&header[..filled]).map(u64::from) == Some(self.page_size);
        if !agreed || !page_sizes_agree {
            return Err(Error::damaged(
                &self.path,
                "its files disagree about the size of a page",
            ));
        }
        // The count is only kept up by a SQLite that also writes the second change counter.
        let counts = header[24..28] == header[92..96];
        let promised = number(&header, 28).map_or(0, u64::from);
        if counts && promised > self.page_count {
            let (path, pages) = (self.path.clone(), self.page_count);
            return Err(Error::Truncated {
                path,
                pages,
                promised,
            });
        }
        Ok(())
    }
}

/// Reads four bytes, highest first.
pub(super) fn number(bytes: &[u8], at: usize) -> Option<u32> {
    let four = bytes.get(at..at.checked_add(4)?)?;
    Some(u32::from_be_bytes(four.try_into().ok()?))
}

pub(super) fn is_page_size(size: u32) -> bool {
    size.is_power_of_two() && (512..=65536).contains(&size)
}

fn page_size_in(header: &[u8]) -> Option<u32> {
    if !header.starts_with(MAGIC) {
        return None;
    }
    let size = match header.get(16..18)? {
        // 65536 does not fit into two bytes.
        [0, 1] => 65536,
        two => u32::from(u16::from_be_bytes(two.try_into().ok()?)),
    };
    is_page_size(size).then_some(size)
}

#[cfg(test)]
mod tests {
    use std::{fs, path::Path};

    use rusqlite::Connection;

    use super::*;

    /// Copies the files of an unfinished database, opens one copy as an image, lets SQLite recover
    /// the other, and compares all bytes behind the header.
    fn compare(begin: &str) {
        let home = tempfile::tempdir().unwrap();
        let at = |name: &str| home.path().join(name);
        let connection = Connection::open(at("live")).unwrap();
        connection
            .execute_batch("create table t(id integer primary key, text)")
            .unwrap();
        connection.execute_batch(begin).unwrap();
        for ending in ["", "-wal", "-journal"] {
            for copy in ["ours", "theirs"] {
                let _ = fs::copy(at(&format!("live{ending}")), at(&format!("{copy}{ending}")));
            }
        }
        let recovered = recover(&at("theirs"));
        let image = Image::of(&Files::open(&at("ours")).unwrap()).unwrap();
        let mut bytes = vec![0; image.size() as usize];
        assert_eq!(image.read_at(&mut bytes, 0).unwrap(), bytes.len());
        assert!(image.wal.is_some() || image.journal.is_some());
        assert!(bytes.len() == recovered.len() && bytes[HEADER..] == recovered[HEADER..]);
    }

    fn recover(path: &Path) -> Vec<u8> {
        let connection = Connection::open(path).unwrap();
        let count = "select count(*) from t";
        connection
            .query_row(count, [], |row| row.get::<_, i64>(0))
            .unwrap();
        connection.close().unwrap();
        fs::read(path).unwrap()
    }

    const FILL: &str = "
        with recursive n(i) as (select 1 union all select i + 1 from n where i < 3000)
        insert into t(text) select hex(zeroblob(50)) || i from n;";

    #[test]
    fn a_rolled_back_image_is_what_recovery_leaves() {
        compare(&format!(
            "{FILL} pragma cache_size = 4; begin; update t set text = id; {FILL}"
        ));
    }

    #[test]
    fn a_log_over_a_database_is_what_a_checkpoint_leaves() {
        compare(&format!(
            "pragma journal_mode = wal; {FILL} pragma wal_checkpoint(truncate);
             pragma wal_autocheckpoint = 0; update t set text = id where id % 7 = 0; {FILL}"
        ));
    }
}
