//! The list file as a whole: which parts it has, where they stand, and how they come into memory.
//!
//! ```text
//! header   magic 8, hash key 8, version 8, counts 4 + 4 + 4 + 4, parts: place 8, length 8, check 8; check 8
//! parts    one after the other, in the order of [`PARTS`]; filter and pages begin at a page
//! ```
//!
//! Numbers are little-endian. Opening reads the header and the small parts; the filter comes into
//! memory with the first question, a page when it is asked for. Nothing is mapped.

use std::{borrow::Cow, fs::File, io, os::unix::fs::FileExt, sync::OnceLock};

use twox_hash::XxHash3_64;
use xorf::{BinaryFuse8, DmaSerializable};

use super::keys::{self, PAGE};

/// The first bytes of a list file; the digit is the version of its form.
const MAGIC: [u8; 8] = *b"CANDOR2L";
/// The parts of a file, as they are called when they are damaged.
pub(super) const PARTS: [&str; 12] = [
    "manifest",
    "suffixes",
    "words",
    "rows",
    "sets",
    "codes of hosts",
    "index of hosts",
    "codes of pages",
    "index of pages",
    "filter",
    "hosts",
    "pages",
];
pub(super) const MANIFEST: usize = 0;
pub(super) const SUFFIXES: usize = 1;
pub(super) const WORDS: usize = 2;
pub(super) const ROWS: usize = 3;
pub(super) const SETS: usize = 4;
pub(super) const HOST_KEYS: [usize; 3] = [5, 6, 10];
pub(super) const PAGE_KEYS: [usize; 3] = [7, 8, 11];
pub(super) const FILTER: usize = 9;
/// From here on parts begin at a page.
const ALIGNED: usize = FILTER;
/// Before the row of parts: magic, hash key, version, four counts.
const FIXED: usize = 8 + 8 + 8 + 4 * 4;
/// All of the header.
pub(super) const HEADER: usize = FIXED + PARTS.len() * 24 + 8;
/// No small part is longer: what a length in the header can make us read.
const LARGEST_PART: u64 = 64 << 20;

/// Why bytes are no list file, or a look-up has no answer.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// They do not begin like one, or are of a form this version does not know.
    #[error("not a list file of a form this version can read")]
    NotAList,
    /// A part of it lies outside, does not fit its checksum or contradicts itself.
    #[error("the list file is damaged: {part}")]
    Damaged {
        /// Which part.
        part: &'static str,
    },
    /// The file could not be read.
    #[error("cannot read the list file")]
    Read {
        /// What the system said.
        #[source]
        source: io::Error,
    },
}

pub(super) fn damaged(part: &'static str) -> Error {
    Error::Damaged { part }
}

/// Where the bytes of a list file are.
pub(super) enum Source<'a> {
    /// In memory.
    Bytes(&'a [u8]),
    /// On the disk.
    File(File),
}

impl<'a> Source<'a> {
    #[cfg(test)]
    pub(super) fn of_bytes(bytes: &'a [u8]) -> Self {
        Self::Bytes(bytes)
    }

    fn length(&self) -> Result<u64, Error> {
        match self {
            Self::Bytes(bytes) => Ok(bytes.len() as u64),
            Self::File(file) => file
                .metadata()
                .map(|it| it.len())
                .map_err(|source| Error::Read { source }),
        }
    }

    fn read(&self, at: u64, length: u64) -> Result<Cow<'a, [u8]>, Error> {
        let outside = || damaged("bounds");
        let length = usize::try_from(length).map_err(|_| outside())?;
        match self {
            Self::Bytes(bytes) => {
                let at = usize::try_from(at).map_err(|_| outside())?;
                let end = at.checked_add(length).ok_or_else(outside)?;
                bytes.get(at..end).map(Cow::Borrowed).ok_or_else(outside)
            }
            Self::File(file) => {
                let mut bytes = vec![0; length];
                match file.read_exact_at(&mut bytes, at) {
                    Ok(()) => Ok(Cow::Owned(bytes)),
                    Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Err(outside()),
                    Err(source) => Err(Error::Read { source }),
                }
            }
        }
    }

    /// Returns one page, from the disk in `room`.
    pub(super) fn page<'r>(&'r self, at: u64, room: &'r mut [u8; PAGE]) -> Result<&'r [u8], Error> {
        match self {
            Self::Bytes(bytes) => {
                let from = usize::try_from(at).map_err(|_| damaged("bounds"))?;
                let end = from.checked_add(PAGE).ok_or(damaged("bounds"))?;
                bytes.get(from..end).ok_or(damaged("bounds"))
            }
            Self::File(file) => {
                let read = file.read_exact_at(room, at);
                read.map_err(|source| Error::Read { source })?;
                Ok(room)
            }
        }
    }
}

/// The header, and the way to each part.
pub(super) struct Parts<'a> {
    pub(super) source: Source<'a>,
    pub(super) hash_key: u64,
    pub(super) version: u64,
    /// Hosts, pages, rows, keys in the filter.
    pub(super) counts: [u32; 4],
    parts: [[u64; 3]; PARTS.len()],
    filter: OnceLock<Option<Cow<'a, [u8]>>>,
}

impl<'a> Parts<'a> {
    /// Reads the header and checks that every part lies inside the file.
    pub(super) fn of(source: Source<'a>) -> Result<Self, Error> {
        let length = source.length()?;
        let header = match length >= HEADER as u64 {
            true => source.read(0, HEADER as u64)?,
            false => return Err(Error::NotAList),
        };
        if !header.starts_with(&MAGIC) {
            return Err(Error::NotAList);
        }
        let (checked, check) = header.split_at(HEADER - 8);
        if XxHash3_64::oneshot(checked).to_le_bytes() != check {
            return Err(damaged("header"));
        }
        let number = |at: usize| {
            let eight = header[at..at + 8].try_into();
            u64::from_le_bytes(eight.expect("eight bytes are eight bytes"))
        };
        let mut parts = [[0; 3]; PARTS.len()];
        for (index, part) in parts.iter_mut().enumerate() {
            let at = FIXED + 24 * index;
            *part = [number(at), number(at + 8), number(at + 16)];
            let end = part[0].checked_add(part[1]);
            if end.is_none_or(|end| end > length) {
                return Err(damaged("bounds"));
            }
        }
        let pair = |at: usize| [number(at) as u32, (number(at) >> 32) as u32];
        let ([a, b], [c, d]) = (pair(24), pair(32));
        Ok(Self {
            hash_key: number(8),
            version: number(16),
            counts: [a, b, c, d],
            parts,
            source,
            filter: OnceLock::new(),
        })
    }

    /// Reads a part that is needed as a whole, and compares it with its checksum.
    pub(super) fn part(&self, index: usize) -> Result<Cow<'a, [u8]>, Error> {
        let [at, length, check] = self.parts[index];
        if length > LARGEST_PART {
            return Err(damaged(PARTS[index]));
        }
        let bytes = self.source.read(at, length)?;
        match XxHash3_64::oneshot(&bytes) == check {
            true => Ok(bytes),
            false => Err(damaged(PARTS[index])),
        }
    }

    /// Returns where a part begins, and its length.
    pub(super) fn place(&self, index: usize) -> (u64, u64) {
        (self.parts[index][0], self.parts[index][1])
    }

    /// Returns the filter, which is read once; `None` when it cannot be read, is damaged, or a look into it
    /// could leave its fingerprints.
    pub(super) fn filter(&self) -> Option<&[u8]> {
        let read = || self.part(FILTER).ok().filter(|bytes| is_filter(bytes));
        self.filter.get_or_init(read).as_deref()
    }

    /// Reads every byte and compares it with the checksums.
    pub(super) fn verify(&self) -> Result<(), Error> {
        let mut end = HEADER as u64;
        for (index, [at, length, check]) in self.parts.into_iter().enumerate() {
            let gap = at.checked_sub(end).filter(|gap| *gap < PAGE as u64);
            let gap = self.source.read(end, gap.ok_or(damaged("bounds"))?)?;
            let bytes = self.source.read(at, length)?;
            let is_filled = gap.iter().any(|byte| *byte != 0);
            if is_filled || XxHash3_64::oneshot(&bytes) != check {
                return Err(damaged(PARTS[index]));
            }
            end = at + length;
        }
        match end == self.source.length()? {
            true => Ok(()),
            false => Err(damaged("bounds")),
        }
    }
}

/// Returns whether the three places of a key lie inside the fingerprints: in neighbouring segments of one
/// length.
fn is_filter(bytes: &[u8]) -> bool {
    let Some((description, fingerprints)) = bytes.split_at_checked(BinaryFuse8::DESCRIPTOR_LEN)
    else {
        return false;
    };
    let part = |at: usize| {
        let four = description[at..at + 4].try_into();
        u64::from(u32::from_le_bytes(four.expect("four bytes are four bytes")))
    };
    let (length, mask, segments) = (part(8), part(12), part(16));
    length.is_power_of_two()
        && mask == length - 1
        && segments > 0
        && segments % length == 0
        && fingerprints.len() as u64 == segments + 2 * length
        && segments + 2 * length <= u64::from(u32::MAX)
}

/// Puts a file together.
pub(super) fn put_together(
    hash_key: u64,
    version: u64,
    counts: [u32; 4],
    parts: [Vec<u8>; PARTS.len()],
) -> Vec<u8> {
    let mut header = Vec::with_capacity(HEADER);
    header.extend(MAGIC);
    header.extend(hash_key.to_le_bytes());
    header.extend(version.to_le_bytes());
    counts.iter().for_each(|it| header.extend(it.to_le_bytes()));
    let mut body = Vec::with_capacity(parts.iter().map(Vec::len).sum::<usize>() + 4 * PAGE);
    for (index, part) in parts.into_iter().enumerate() {
        if index >= ALIGNED {
            let end = (HEADER + body.len()).next_multiple_of(PAGE);
            body.resize(end - HEADER, 0);
        }
        header.extend(((HEADER + body.len()) as u64).to_le_bytes());
        header.extend((part.len() as u64).to_le_bytes());
        header.extend(XxHash3_64::oneshot(&part).to_le_bytes());
        body.extend_from_slice(&part);
    }
    let check = XxHash3_64::oneshot(&header);
    header.extend(check.to_le_bytes());
    header.extend(body);
    header
}

/// Writes every checksum as it must be, whatever the bytes say: what someone who wants to harm would do.
pub(super) fn seal(bytes: &mut [u8]) {
    if bytes.len() < HEADER {
        return;
    }
    for index in 0..PARTS.len() {
        let at = FIXED + 24 * index;
        let number = |from: usize| {
            let eight = bytes[from..from + 8].try_into();
            u64::from_le_bytes(eight.expect("eight bytes are eight bytes"))
        };
        let (from, length) = (number(at), number(at + 8));
        let end = from
            .checked_add(length)
            .and_then(|it| usize::try_from(it).ok());
        let from = usize::try_from(from).unwrap_or(usize::MAX);
        let Some(end) = end.filter(|end| from >= HEADER && *end <= bytes.len()) else {
            continue;
        };
        if index > FILTER {
            keys::seal(&mut bytes[from..end]);
        }
        let check = XxHash3_64::oneshot(&bytes[from..end]);
        bytes[at + 16..at + 24].copy_from_slice(&check.to_le_bytes());
    }
    let check = XxHash3_64::oneshot(&bytes[..HEADER - 8]);
    bytes[HEADER - 8..HEADER].copy_from_slice(&check.to_le_bytes());
}
