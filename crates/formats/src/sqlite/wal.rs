//! Finds the last committed state in a `-wal` file.
//!
//! ```text
//! header, 32 bytes: magic, version, page size, sequence, salt 1, salt 2, checksum 1, checksum 2
//! frame, 24 bytes:  page, pages after commit or 0, salt 1, salt 2, checksum 1, checksum 2
//!        then the page itself
//! ```
//!
//! All numbers are big-endian. Each checksum goes on from the one before, so the first frame that
//! does not fit ends the log: what follows is from an older life of the file or half written.
//! Frames after the last commit belong to nobody yet.
//!
//! Source: <https://www.sqlite.org/fileformat2.html#walformat> (2026-11).

use std::collections::BTreeMap;

use super::{
    error::Error,
    files::Source,
    image::{is_page_size, number},
};

const HEADER: usize = 32;
const FRAME_HEADER: usize = 24;
const MAGIC_LITTLE: u32 = 0x377f_0682;
const MAGIC_BIG: u32 = 0x377f_0683;
const VERSION: u32 = 3_007_000;
/// About what one read takes in.
const CHUNK: usize = 256 * 1024;
/// Firefox keeps its log below 2 MiB; a checkpoint that is held up lets one grow to hundreds.
const LARGEST: u64 = 1 << 30;

/// The committed part of a log.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Wal {
    pub(super) page_size: u32,
    /// Size of the database after the last commit.
    pub(super) page_count: u32,
    /// Frames up to and with the last commit.
    pub(super) frames: u64,
    /// Page number to the offset of its newest committed bytes.
    pub(super) pages: BTreeMap<u32, u64>,
}

impl Wal {
    /// Returns the committed part, or nothing when the log holds none.
    pub(super) fn of(source: &Source) -> Result<Option<Self>, Error> {
        let Some(header) = Header::of(&source.head(HEADER)?) else {
            return Ok(None);
        };
        if source.size > LARGEST {
            return Err(Error::TooLarge {
                path: source.path.clone(),
                limit: LARGEST,
            });
        }
        let mut log = Self {
            page_size: header.page_size,
            page_count: 0,
            frames: 0,
            pages: BTreeMap::new(),
        };
        log.take_frames(source, &header)?;
        Ok((log.frames > 0).then_some(log))
    }

    fn take_frames(&mut self, source: &Source, header: &Header) -> Result<(), Error> {
        let frame_size = FRAME_HEADER + header.page_size as usize;
        let mut chunk = vec![0; (CHUNK / frame_size).max(1) * frame_size];
        let mut offset = HEADER as u64;
        let mut sum = header.sum;
        let mut seen = 0;
        let mut open: Vec<(u32, u64)> = Vec::new();
        // Ends with the size noted when the file was opened, however fast the log grows.
        while offset < source.size {
            let filled = source
                .read_at(&mut chunk, offset)
                .map_err(|error| Error::from_io(&source.path, error))?;
            for frame in chunk[..filled].chunks(frame_size) {
                let Some((page, commit)) = header.check(frame, frame_size, &mut sum) else {
                    return Ok(());
                };
                seen += 1;
                open.push((page, offset + FRAME_HEADER as u64));
                offset += frame_size as u64;
                if commit > 0 {
                    self.pages.extend(open.drain(..));
                    self.page_count = commit;
                    self.frames = seen;
                }
            }
            if filled < chunk.len() {
                break;
            }
        }
        Ok(())
    }
}

struct Header {
    page_size: u32,
    salts: [u8; 8],
    big_endian: bool,
    sum: (u32, u32),
}

impl Header {
    fn of(bytes: &[u8]) -> Option<Self> {
        let big_endian = match number(bytes, 0)? {
            MAGIC_LITTLE => false,
            MAGIC_BIG => true,
            _ => return None,
        };
        let page_size = number(bytes, 8)?;
        let salts = bytes.get(16..24)?.try_into().ok()?;
        let sum = checksum(bytes.get(..24)?, (0, 0), big_endian);
        let fits = number(bytes, 4)? == VERSION
            && is_page_size(page_size)
            && sum == (number(bytes, 24)?, number(bytes, 28)?);
        fits.then_some(Self {
            page_size,
            salts,
            big_endian,
            sum,
        })
    }

    /// Returns the page and the commit size of a frame that belongs to this log.
    fn check(&self, frame: &[u8], frame_size: usize, sum: &mut (u32, u32)) -> Option<(u32, u32)> {
        if frame.len() != frame_size || frame.get(8..16)? != self.salts {
            return None;
        }
        let so_far = checksum(frame.get(..8)?, *sum, self.big_endian);
        let so_far = checksum(frame.get(FRAME_HEADER..)?, so_far, self.big_endian);
        if so_far != (number(frame, 16)?, number(frame, 20)?) {
            return None;
        }
        *sum = so_far;
        let page = number(frame, 0)?;
        (page > 0).then_some((page, number(frame, 4)?))
    }
}

/// Goes on with the log's checksum over `bytes`, whose length is a multiple of 8.
fn checksum(bytes: &[u8], from: (u32, u32), big_endian: bool) -> (u32, u32) {
    let (mut one, mut two) = from;
    let (pairs, _) = bytes.as_chunks::<8>();
    for &[a, b, c, d, e, f, g, h] in pairs {
        let (first, second) = if big_endian {
            (
                u32::from_be_bytes([a, b, c, d]),
                u32::from_be_bytes([e, f, g, h]),
            )
        } else {
            (
                u32::from_le_bytes([a, b, c, d]),
                u32::from_le_bytes([e, f, g, h]),
            )
        };
        one = one.wrapping_add(first).wrapping_add(two);
        two = two.wrapping_add(second).wrapping_add(one);
    }
    (one, two)
}
