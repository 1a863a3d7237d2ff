//! lzop: blocks of LZO1X.
//!
//! Source: lzop 1.04, header and blocks as its manual and `lzop -l -vv` show them; the kernel's
//! Documentation/staging/lzo.rst for what is in a block (lzo.rs).

use std::io::{self, Read};

use super::{
    Unreadable,
    error::damaged,
    lzo,
    reader::{filled, fixed, skipped},
};

pub(super) const MAGIC: &[u8; 9] = b"\x89LZO\0\r\n\x1a\n";
/// The longest block that lzop reads.
const LONGEST: u32 = 64 << 20;

/// Flags of the header.
const ADLER_OF_PLAIN: u32 = 1;
const ADLER_OF_PACKED: u32 = 1 << 1;
const CRC_OF_PLAIN: u32 = 1 << 8;
const CRC_OF_PACKED: u32 = 1 << 9;
const EXTRA: u32 = 1 << 6;
const FILTER: u32 = 1 << 11;

/// What was packed, of one file after the other.
pub(super) struct Lzop<R> {
    packed: R,
    flags: Option<u32>,
    block: Vec<u8>,
    taken: usize,
}

impl<R: Read> Lzop<R> {
    pub(super) fn new(packed: R) -> Self {
        Self {
            packed,
            flags: None,
            block: Vec::new(),
            taken: 0,
        }
    }

    /// Reads the next header; none at the end.
    fn header(&mut self) -> io::Result<Option<u32>> {
        let mut magic = [0; MAGIC.len()];
        match filled(&mut self.packed, &mut magic)? {
            0 => return Ok(None),
            _ if magic == *MAGIC => {}
            _ => return Err(damaged("something that is no lzop follows the last file")),
        }
        let version = self.word()?;
        let has_more = version >= 0x0940;
        // The version of the library, and the one needed.
        skipped(&mut self.packed, if has_more { 4 } else { 2 })?;
        // Method and level: any level of LZO1X is read the same way.
        let [method] = fixed(&mut self.packed)?;
        if !(1..=3).contains(&method) {
            return Err(Unreadable::Method(format!("{method} of lzop")).io());
        }
        skipped(&mut self.packed, u64::from(has_more))?;
        let flags = self.long()?;
        if flags & FILTER != 0 {
            return Err(Unreadable::Method("a filter of lzop".to_owned()).io());
        }
        // Mode and time.
        skipped(&mut self.packed, if has_more { 12 } else { 8 })?;
        let [name] = fixed(&mut self.packed)?;
        // The name and the sum of the header.
        skipped(&mut self.packed, u64::from(name) + 4)?;
        if flags & EXTRA != 0 {
            let extra = self.long()?;
            skipped(&mut self.packed, u64::from(extra) + 4)?;
        }
        Ok(Some(flags))
    }

    /// Reads the next block; false behind the last one.
    fn next_block(&mut self) -> io::Result<bool> {
        loop {
            let flags = match self.flags {
                Some(flags) => flags,
                None => match self.header()? {
                    Some(flags) => *self.flags.insert(flags),
                    None => return Ok(false),
                },
            };
            let plain = self.long()?;
            if plain == 0 {
                self.flags = None;
                continue;
            }
            let packed = self.long()?;
            if plain > LONGEST || packed > plain {
                return Err(damaged("a block says it is longer than any may be"));
            }
            let sum = |it: &mut Self, flag| match flags & flag {
                0 => Ok(None),
                _ => it.long().map(Some),
            };
            let adler = sum(self, ADLER_OF_PLAIN)?;
            let crc = sum(self, CRC_OF_PLAIN)?;
            if packed < plain {
                // What is packed is looked at by what comes out of it.
                sum(self, ADLER_OF_PACKED)?;
                sum(self, CRC_OF_PACKED)?;
            }
            let mut bytes = Vec::new();
            (&mut self.packed)
                .take(packed.into())
                .read_to_end(&mut bytes)?;
            if bytes.len() != packed as usize {
                return Err(damaged("it ends in a block"));
            }
            self.block = match packed < plain {
                true => lzo::unpacked(&bytes, plain as usize)?,
                false => bytes,
            };
            let is_other = adler.is_some_and(|it| it != adler32(&self.block))
                || crc.is_some_and(|it| it != crc32fast::hash(&self.block));
            self.taken = 0;
            if self.block.len() != plain as usize {
                return Err(damaged("a block is not as long as it says"));
            }
            return if is_other {
                Err(Unreadable::Checksum.io())
            } else {
                Ok(true)
            };
        }
    }

    fn word(&mut self) -> io::Result<u16> {
        fixed(&mut self.packed).map(u16::from_be_bytes)
    }

    fn long(&mut self) -> io::Result<u32> {
        fixed(&mut self.packed).map(u32::from_be_bytes)
    }
}

impl<R: Read> Read for Lzop<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() || self.taken == self.block.len() && !self.next_block()? {
            return Ok(0);
        }
        let left = &self.block[self.taken..];
        let length = left.len().min(buffer.len());
        buffer[..length].copy_from_slice(&left[..length]);
        self.taken += length;
        Ok(length)
    }
}

/// Source: RFC 1950, 8.2. 5,552 bytes are the most whose sums stay in 32 bits.
fn adler32(bytes: &[u8]) -> u32 {
    const BASE: u32 = 65_521;
    let (mut low, mut high) = (1, 0);
    for piece in bytes.chunks(5552) {
        for byte in piece {
            low += u32::from(*byte);
            high += low;
        }
        low %= BASE;
        high %= BASE;
    }
    high << 16 | low
}
