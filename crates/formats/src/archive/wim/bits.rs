//! Bits as Microsoft packs them, and the copying that all of its formats do.

use std::io;

use super::super::error::damaged;

/// Bits of 16-bit words, the lowest byte of a word first, the highest bit of it first.
///
/// Behind the end there are zeros without end: a decoder stops by what it wrote, never by what it read.
pub(super) struct Bits<'a> {
    bytes: &'a [u8],
    /// Where the next word lies.
    next: usize,
    /// Words that lie backwards, from the end to the beginning.
    is_backward: bool,
    /// What was fetched, from the highest bit on.
    buffer: u64,
    left: u32,
}

impl<'a> Bits<'a> {
    pub(super) fn of(bytes: &'a [u8]) -> Self {
        Self {
            bytes,
            next: 0,
            is_backward: false,
            buffer: 0,
            left: 0,
        }
    }

    /// Bits of words that are read from the last to the first.
    pub(super) fn backward(bytes: &'a [u8]) -> Self {
        Self {
            next: bytes.len(),
            is_backward: true,
            ..Self::of(bytes)
        }
    }

    /// Fetches words until so many bits are there, 32 at most.
    #[inline]
    pub(super) fn fill(&mut self, many: u32) {
        while self.left < many {
            self.buffer |= u64::from(self.word()) << (48 - self.left);
            self.left += 16;
        }
    }

    fn word(&mut self) -> u16 {
        let at = match self.is_backward {
            true => self.next.checked_sub(2),
            false => Some(self.next),
        };
        let word = at.and_then(|it| self.bytes.get(it..it.checked_add(2)?));
        match (word, self.is_backward) {
            (Some([low, high]), is_backward) => {
                self.next = if is_backward {
                    self.next - 2
                } else {
                    self.next + 2
                };
                u16::from_le_bytes([*low, *high])
            }
            (_, false) => {
                let last = self.bytes.get(self.next).copied().unwrap_or(0);
                // Counted on, so that bytes are never read twice.
                self.next = self.next.saturating_add(2);
                u16::from(last)
            }
            _ => 0,
        }
    }

    /// Returns the next bits, which were fetched before, and leaves them there.
    #[inline]
    pub(super) fn peek(&self, many: u32) -> u32 {
        // Two shifts: of no bits, one by 64 would be none.
        (self.buffer >> 1 >> (63 - many)) as u32
    }

    /// Drops bits that were fetched before.
    #[inline]
    pub(super) fn drop(&mut self, many: u32) {
        self.buffer <<= many;
        self.left = self.left.saturating_sub(many);
    }

    /// Reads up to 32 bits.
    #[inline]
    pub(super) fn read(&mut self, many: u32) -> u32 {
        self.fill(many);
        let bits = self.peek(many);
        self.drop(many);
        bits
    }

    /// Reads a whole byte from behind the words that were fetched.
    pub(super) fn byte(&mut self) -> io::Result<u8> {
        let byte = self.bytes.get(self.next).copied();
        self.next = self.next.saturating_add(1);
        byte.ok_or_else(|| damaged("packed bytes end too early"))
    }

    /// Returns the bytes behind the word that is being read, or behind the next one where none is.
    pub(super) fn bytes_behind_word(&self) -> &'a [u8] {
        let bits = self.next.saturating_mul(8) - self.left as usize;
        self.bytes.get((bits / 16 + 1) * 2..).unwrap_or_default()
    }

    /// Goes on with these bytes.
    pub(super) fn go_on(&mut self, bytes: &'a [u8]) {
        *self = Self::of(bytes);
    }
}

/// Writes bytes of before once more. Returns where it ended.
#[inline]
pub(super) fn repeat(
    out: &mut [u8],
    at: usize,
    distance: usize,
    length: usize,
) -> io::Result<usize> {
    let end = at.checked_add(length).filter(|it| *it <= out.len());
    let from = at.checked_sub(distance).filter(|_| distance > 0);
    let (Some(end), Some(from)) = (end, from) else {
        return Err(damaged("packed bytes repeat what is not there"));
    };
    let mut at = at;
    // Where both overlap, what was just written is taken along: each round copies twice as much.
    while at < end {
        let length = (at - from).min(end - at);
        out.copy_within(from..from + length, at);
        at += length;
    }
    Ok(end)
}
