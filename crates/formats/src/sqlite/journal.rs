//! Finds the pages that a hot `-journal` gives back.
//!
//! A transaction that has begun to change the database file has first written the old pages here.
//! Until it ends they are the truth.
//!
//! ```text
//! header, one sector: magic (8), records, checksum seed, pages before, sector size, page size
//! record:             page number (4), the page, checksum (4)
//! ```
//!
//! When pages were written several times there are several headers, each at the start of a sector.
//! A header whose magic is zero is not written out yet, or done with: the database is then whole.
//!
//! Source: <https://www.sqlite.org/fileformat2.html#rollbackjournal> (2026-11).

use std::collections::BTreeMap;

use super::{
    error::Error,
    files::Source,
    image::{is_page_size, number},
};

const MAGIC: [u8; 8] = [0xd9, 0xd5, 0x05, 0xf9, 0x20, 0xa1, 0x63, 0xd7];
/// Bytes of a header that mean something; the rest of its sector is filling.
const HEADER: usize = 28;
/// In place of the number of records: as many as the file has room for.
const UNCOUNTED: u32 = u32::MAX;
/// The page that holds SQLite's lock bytes; it is never in a journal.
const LOCK_BYTES: u64 = 0x4000_0000;
/// A transaction over a whole large history fits; more is not checked.
const LARGEST: u64 = 1 << 30;

/// The old pages of a transaction that has not ended.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Journal {
    pub(super) page_size: u32,
    /// Size of the database before the transaction.
    pub(super) page_count: u32,
    /// Page number to the offset of its old bytes.
    pub(super) pages: BTreeMap<u32, u64>,
}

impl Journal {
    /// Returns the pages to give back, or nothing when the journal is not hot.
    pub(super) fn of(source: &Source) -> Result<Option<Self>, Error> {
        let Some(first) = Header::of(&source.head(HEADER)?, None) else {
            return Ok(None);
        };
        if source.size > LARGEST {
            return Err(Error::TooLarge {
                path: source.path.clone(),
                limit: LARGEST,
            });
        }
        if names_other_journal(source)? {
            // Whether it is hot then depends on a file whose name the journal chooses. We open
            // nothing a file tells us to open.
            return Err(Error::damaged(
                &source.path,
                "a transaction over several databases is not finished",
            ));
        }
        let mut journal = Self {
            page_size: first.page_size,
            page_count: first.page_count,
            pages: BTreeMap::new(),
        };
        journal.take_records(source, first)?;
        Ok(Some(journal))
    }

    fn take_records(&mut self, source: &Source, first: Header) -> Result<(), Error> {
        let record_size = u64::from(self.page_size) + 8;
        let sector = u64::from(first.sector_size);
        let mut record = vec![0; self.page_size as usize + 8];
        let mut header = first;
        let mut start = 0u64;
        // Each round moves on by a sector at least, and ends at the size noted at the opening.
        loop {
            let mut offset = start + sector;
            let room = source.size.saturating_sub(offset) / record_size;
            let count = match header.records {
                UNCOUNTED => room,
                counted => room.min(u64::from(counted)),
            };
            for _ in 0..count {
                let filled = read(source, &mut record, offset)?;
                if filled < record.len() || !self.take(&record, offset, header.seed) {
                    return Ok(());
                }
                offset += record_size;
            }
            if u64::from(header.records) > count && header.records != UNCOUNTED {
                // Cut off in the middle: nothing behind it can be trusted to be in place.
                return Ok(());
            }
            start = offset.next_multiple_of(sector);
            let mut bytes = [0; HEADER];
            let filled = read(source, &mut bytes, start)?;
            match Header::of(&bytes[..filled], Some(&header)) {
                Some(next) => header = next,
                None => return Ok(()),
            }
        }
    }

    /// Notes one record; false when it ends the journal.
    fn take(&mut self, record: &[u8], offset: u64, seed: u32) -> bool {
        let page_size = self.page_size as usize;
        let (Some(page), Some(sum)) = (number(record, 0), number(record, 4 + page_size)) else {
            return false;
        };
        let lock_page = LOCK_BYTES / u64::from(self.page_size) + 1;
        if page == 0 || u64::from(page) == lock_page {
            return false;
        }
        // SQLite passes over these before it looks at the checksum, and so do we.
        if page > self.page_count {
            return true;
        }
        if sum != checksum(&record[4..4 + page_size], seed) {
            return false;
        }
        self.pages.insert(page, offset + 4);
        true
    }
}

struct Header {
    records: u32,
    seed: u32,
    page_count: u32,
    sector_size: u32,
    page_size: u32,
}

impl Header {
    /// Reads a header; a later one takes its sizes from the `first`.
    fn of(bytes: &[u8], first: Option<&Self>) -> Option<Self> {
        if bytes.get(..8)? != MAGIC {
            return None;
        }
        let (sector_size, page_size) = match first {
            Some(first) => (first.sector_size, first.page_size),
            None => (number(bytes, 20)?, number(bytes, 24)?),
        };
        let fits = is_page_size(page_size)
            && sector_size.is_power_of_two()
            && (32..=65536).contains(&sector_size);
        fits.then_some(Self {
            records: number(bytes, 8)?,
            seed: number(bytes, 12)?,
            page_count: number(bytes, 16)?,
            sector_size,
            page_size,
        })
    }
}

/// Adds up every 200th byte of a page, from its end.
fn checksum(page: &[u8], seed: u32) -> u32 {
    let mut sum = seed;
    let mut at = page.len().saturating_sub(200);
    while at > 0 {
        sum = sum.wrapping_add(u32::from(page[at]));
        at = at.saturating_sub(200);
    }
    sum
}

/// Says whether the journal ends with the name of a journal that rules over it.
///
/// The end is: name, length of the name, sum of its bytes, magic.
fn names_other_journal(source: &Source) -> Result<bool, Error> {
    let Some(at) = source.size.checked_sub(16) else {
        return Ok(false);
    };
    let mut end = [0; 16];
    let filled = read(source, &mut end, at)?;
    let length = u64::from(number(&end, 0).unwrap_or(0));
    Ok(filled == end.len() && end[8..] == MAGIC && (1..=4096).contains(&length))
}

fn read(source: &Source, buffer: &mut [u8], offset: u64) -> Result<usize, Error> {
    source
        .read_at(buffer, offset)
        .map_err(|error| Error::from_io(&source.path, error))
}
