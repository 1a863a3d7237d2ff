//! Bits of a stream. Which end of a byte comes first is what formats do not agree on.

use std::io::{self, BufRead, BufReader, Read};

use super::error::damaged;

const BUFFER: usize = 8 << 10;

/// Bits, the highest of each byte first.
pub(super) struct HighFirst<R> {
    packed: BufReader<R>,
    held: u64,
    count: u32,
}

impl<R: Read> HighFirst<R> {
    pub(super) fn new(packed: R) -> Self {
        Self {
            packed: BufReader::with_capacity(BUFFER, packed),
            held: 0,
            count: 0,
        }
    }

    /// Returns the next bits, at most 32 of them, and leaves them to be taken; zeros behind the last byte.
    pub(super) fn look(&mut self, width: u32) -> io::Result<u32> {
        while self.count < width {
            let Some(byte) = next(&mut self.packed)? else {
                break;
            };
            self.held = self.held << 8 | u64::from(byte);
            self.count += 8;
        }
        let bits = match self.count >= width {
            true => self.held >> (self.count - width),
            false => self.held << (width - self.count),
        };
        Ok((bits & ((1 << width) - 1)) as u32)
    }

    /// Takes bits that were looked at.
    pub(super) fn skip(&mut self, width: u32) -> io::Result<()> {
        let left = self.count.checked_sub(width);
        self.count = left.ok_or_else(|| damaged("its packed bytes end too early"))?;
        Ok(())
    }

    /// Takes the next bits, at most 32 of them.
    pub(super) fn take(&mut self, width: u32) -> io::Result<u32> {
        let bits = self.look(width)?;
        self.skip(width)?;
        Ok(bits)
    }
}

/// Bits, the lowest of each byte first.
pub(super) struct LowFirst<R> {
    packed: BufReader<R>,
    held: u32,
    count: u32,
}

impl<R: Read> LowFirst<R> {
    pub(super) fn new(packed: R) -> Self {
        Self {
            packed: BufReader::with_capacity(BUFFER, packed),
            held: 0,
            count: 0,
        }
    }

    /// Takes the next bits, at most 24 of them; none where fewer are left.
    pub(super) fn take(&mut self, width: u32) -> io::Result<Option<u32>> {
        while self.count < width {
            let Some(byte) = next(&mut self.packed)? else {
                return Ok(None);
            };
            self.held |= u32::from(byte) << self.count;
            self.count += 8;
        }
        let bits = self.held & ((1 << width) - 1);
        self.held >>= width;
        self.count -= width;
        Ok(Some(bits))
    }
}

fn next(packed: &mut BufReader<impl Read>) -> io::Result<Option<u8>> {
    let byte = packed.fill_buf()?.first().copied();
    packed.consume(usize::from(byte.is_some()));
    Ok(byte)
}
