//! The header of an image, and of each resource in it.
//!
//! Sources: Microsoft, "Windows Imaging File Format (WIM)" (2007); for solid resources, LZMS and what the paper leaves
//! open, wimlib's documentation of the format (include/wimlib/header.h and resource.h).

use std::io::{self, Read, Seek, SeekFrom};

use super::super::error::damaged;

/// How chunks are packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Method {
    Stored,
    Xpress,
    Lzx,
    Lzms,
    /// By its number, or flags.
    Unknown(u32),
}

/// The header of the file.
pub(super) struct Header {
    pub(super) part: u16,
    pub(super) parts: u16,
    /// For resources that say nothing else.
    pub(super) method: Method,
    pub(super) chunk: u32,
    /// Whether resources may hold several files.
    pub(super) has_solid: bool,
    /// What lies where.
    pub(super) table: Extent,
}

/// Where a resource lies, and what it says of itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Extent {
    pub(super) at: u64,
    pub(super) packed: u64,
    pub(super) size: u64,
    flags: u8,
}

/// Bytes of the header that are looked at; it has 208.
const LENGTH: usize = 208;
/// The version in which resources may be solid.
const SOLID: u32 = 0x0e00;

impl Header {
    pub(super) fn read(source: &mut (impl Read + Seek)) -> io::Result<Self> {
        let mut bytes = [0; LENGTH];
        source.seek(SeekFrom::Start(0))?;
        source.read_exact(&mut bytes)?;
        let [part, parts] = [40, 42].map(|at| u16::from_le_bytes([bytes[at], bytes[at + 1]]));
        let [length, version, flags, chunk] = [8, 12, 16, 20].map(|at| u32_at(&bytes, at));
        if (length as usize) < LENGTH {
            return Err(damaged("the header is too short"));
        }
        let table = bytes[48..].first_chunk();
        Ok(Self {
            part,
            parts,
            method: method(flags),
            chunk,
            has_solid: version == SOLID,
            table: table.map(Extent::of).unwrap_or(Extent::NONE),
        })
    }
}

fn method(flags: u32) -> Method {
    match flags {
        _ if flags & 0x2 == 0 => Method::Stored,
        // The second flag is of images for small chunks.
        _ if flags & 0x22_0000 != 0 => Method::Xpress,
        _ if flags & 0x4_0000 != 0 => Method::Lzx,
        _ if flags & 0x8_0000 != 0 => Method::Lzms,
        _ => Method::Unknown(flags),
    }
}

impl Method {
    /// Solid resources tell it by number.
    pub(super) fn numbered(number: u32) -> Self {
        match number {
            0 => Self::Stored,
            1 => Self::Xpress,
            2 => Self::Lzx,
            3 => Self::Lzms,
            _ => Self::Unknown(number),
        }
    }
}

impl Extent {
    const NONE: Self = Self {
        at: 0,
        packed: 0,
        size: 0,
        flags: 0,
    };

    pub(super) fn of(bytes: &[u8; 24]) -> Self {
        let word = |at| u64_at(bytes, at);
        Self {
            packed: word(0) & (u64::MAX >> 8),
            flags: bytes[7],
            at: word(8),
            size: word(16),
        }
    }

    /// Folders and names of an image.
    pub(super) fn is_metadata(&self) -> bool {
        self.flags & 0x2 != 0
    }

    pub(super) fn is_packed(&self) -> bool {
        self.flags & 0x4 != 0
    }

    /// A solid resource, or something in one.
    pub(super) fn is_solid(&self) -> bool {
        self.flags & 0x10 != 0
    }
}

/// Numbers beyond the end are zero.
pub(super) fn u16_at(bytes: &[u8], at: usize) -> u16 {
    array(bytes, at).map_or(0, u16::from_le_bytes)
}

pub(super) fn u32_at(bytes: &[u8], at: usize) -> u32 {
    array(bytes, at).map_or(0, u32::from_le_bytes)
}

pub(super) fn u64_at(bytes: &[u8], at: usize) -> u64 {
    array(bytes, at).map_or(0, u64::from_le_bytes)
}

pub(super) fn array<const N: usize>(bytes: &[u8], at: usize) -> Option<[u8; N]> {
    bytes.get(at..)?.first_chunk().copied()
}
