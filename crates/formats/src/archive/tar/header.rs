//! One header of 512 bytes.

use std::io::{self, Read};

use super::{
    super::{EntryKind, error::damaged, kind::is_tar},
    sparse::Map,
    until_nul,
};

pub(super) const BLOCK: usize = 512;

pub(super) struct Header([u8; BLOCK]);

/// What follows a header.
pub(super) enum Type {
    /// Something that is in the archive.
    Entry,
    /// The name of the next entry, as GNU tar writes it.
    LongName,
    /// What the next entry links to, as GNU tar writes it.
    LongLink,
    /// Pax records on the next entry.
    Records,
    /// Pax records on every entry from here on.
    GlobalRecords,
    /// The label of a tape.
    Label,
}

impl Header {
    pub(super) fn of(block: [u8; BLOCK]) -> io::Result<Self> {
        match is_tar(&block) {
            true => Ok(Self(block)),
            false => Err(damaged("the checksum of a header differs")),
        }
    }

    pub(super) fn kind(&self) -> Type {
        match self.flag() {
            b'L' => Type::LongName,
            b'K' => Type::LongLink,
            b'x' | b'X' => Type::Records,
            b'g' => Type::GlobalRecords,
            b'V' => Type::Label,
            _ => Type::Entry,
        }
    }

    pub(super) fn entry_kind(&self, name: &[u8], link: Vec<u8>) -> EntryKind {
        match self.flag() {
            b'1' => EntryKind::Same(link),
            b'2' => EntryKind::Link(link),
            b'3' => EntryKind::Special("a character device"),
            b'4' => EntryKind::Special("a block device"),
            b'6' => EntryKind::Special("a pipe"),
            b'M' => EntryKind::Special("the rest of a file of the volume before"),
            b'5' | b'D' => EntryKind::Folder,
            // Before there was a flag for folders.
            b'0' | 0 if name.ends_with(b"/") => EntryKind::Folder,
            _ => EntryKind::File,
        }
    }

    /// A list of what is in a folder, or the bytes of a hard link in a pax archive. What is a folder by its name alone may
    /// have some as well: whoever takes them for entries sees others than everybody else.
    pub(super) fn has_bytes_all_the_same(&self, has_records: bool) -> bool {
        matches!(self.flag(), b'0' | 0 | b'D' | b'M') || self.flag() == b'1' && has_records
    }

    pub(super) fn name(&self) -> Vec<u8> {
        let name = until_nul(self.0[..100].to_vec());
        // GNU writes other things where the beginning of a long name is in ustar.
        let is_ustar = &self.0[257..263] == b"ustar\0";
        let prefix = until_nul(self.0[345..500].to_vec());
        match is_ustar && !prefix.is_empty() {
            true => [&prefix[..], b"/", &name].concat(),
            false => name,
        }
    }

    pub(super) fn link(&self) -> Vec<u8> {
        until_nul(self.0[157..257].to_vec())
    }

    pub(super) fn size(&self) -> io::Result<u64> {
        let size = number(&self.0[124..136]).and_then(|it| u64::try_from(it).ok());
        // Beyond it nothing could be added any more.
        let size = size.filter(|it| *it <= 1 << 60);
        size.ok_or_else(|| damaged("the size of an entry is none"))
    }

    /// Returns whether those who do not know of a size in pax read another one here, though there was room for it.
    pub(super) fn is_disputed(&self, size: u64) -> bool {
        size < 1 << 33 && self.size().is_ok_and(|it| it != size)
    }

    pub(super) fn mode(&self) -> Option<u32> {
        let mode = number(&self.0[100..108])?;
        u32::try_from(mode & 0o7777).ok()
    }

    pub(super) fn modified(&self) -> Option<i64> {
        i64::try_from(number(&self.0[136..148])?).ok()
    }

    /// Returns the map of a sparse file as GNU tar wrote it first, with its further blocks.
    pub(super) fn sparse(&self, data: &mut impl Read) -> io::Result<Option<Map>> {
        if self.flag() != b'S' {
            return Ok(None);
        }
        let size = number(&self.0[483..495]).and_then(|it| u64::try_from(it).ok());
        let size = size.ok_or_else(|| damaged("the size of a sparse file is none"))?;
        let mut map = Map::new(size);
        extents(&self.0[386..482], &mut map)?;
        let mut goes_on = self.0[482] != 0;
        while goes_on {
            let mut block = [0; BLOCK];
            data.read_exact(&mut block)?;
            extents(&block[..504], &mut map)?;
            goes_on = block[504] != 0;
        }
        Ok(Some(map))
    }

    fn flag(&self) -> u8 {
        self.0[156]
    }
}

fn extents(bytes: &[u8], map: &mut Map) -> io::Result<()> {
    for extent in bytes.chunks_exact(24) {
        let (at, length) = extent.split_at(12);
        if at[0] == 0 {
            break;
        }
        let value = |field| number(field).and_then(|it| u64::try_from(it).ok());
        let (Some(at), Some(length)) = (value(at), value(length)) else {
            return Err(damaged("a sparse file has a map that is none"));
        };
        map.add(at, length)?;
    }
    Ok(())
}

/// Reads a number: octal text, or, with the highest bit set, bytes of base 256. Nothing but zeros or spaces is 0.
fn number(field: &[u8]) -> Option<i128> {
    if field[0] & 0x80 != 0 {
        let negative = field[0] & 0x40 != 0;
        let first = i128::from(field[0] & 0x3f) - if negative { 0x40 } else { 0 };
        return match field.len() <= 12 {
            true => Some(
                field[1..]
                    .iter()
                    .fold(first, |sum, it| (sum << 8) | i128::from(*it)),
            ),
            false => None,
        };
    }
    let text = until_nul(field.to_vec());
    let text = text.trim_ascii();
    let mut sum = 0_i128;
    for digit in text {
        match digit {
            b'0'..=b'7' => sum = sum * 8 + i128::from(digit - b'0'),
            _ => return None,
        }
    }
    Some(sum)
}
