//! LZO1X, into room whose size is known.
//!
//! Source: Linux 6.18, Documentation/staging/lzo.rst.

use std::io;

use super::error::damaged;

/// Returns what a block was packed from, which has to be so many bytes at most.
pub(super) fn unpacked(packed: &[u8], size: usize) -> io::Result<Vec<u8>> {
    let mut block = Block {
        packed,
        plain: Vec::with_capacity(size),
        size,
    };
    block.unpack()?;
    match block.packed.is_empty() {
        true => Ok(block.plain),
        false => Err(damaged("a block of LZO goes on behind its end")),
    }
}

struct Block<'a> {
    packed: &'a [u8],
    plain: Vec<u8>,
    size: usize,
}

/// How many bytes were taken as they are just before: it decides what a small instruction means.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Before {
    None,
    Few,
    Many,
}

impl Before {
    fn of(literals: usize) -> Self {
        match literals {
            0 => Self::None,
            1..=3 => Self::Few,
            _ => Self::Many,
        }
    }
}

impl Block<'_> {
    fn unpack(&mut self) -> io::Result<()> {
        let mut before = Before::None;
        if let Some(first @ 18..) = self.packed.first().copied() {
            self.packed = &self.packed[1..];
            let literals = usize::from(first) - 17;
            self.literals(literals)?;
            before = Before::of(literals);
        }
        loop {
            let order = self.byte()?;
            let bits = usize::from(order);
            let (distance, length, literals) = match (order, before) {
                (0..=15, Before::None) => {
                    let literals = self.length(bits, 15)? + 3;
                    self.literals(literals)?;
                    before = Before::Many;
                    continue;
                }
                (0..=15, Before::Few) => {
                    let far = usize::from(self.byte()?) << 2;
                    (far + (bits >> 2) + 1, 2, bits & 3)
                }
                (0..=15, Before::Many) => {
                    let far = usize::from(self.byte()?) << 2;
                    (far + (bits >> 2) + 2049, 3, bits & 3)
                }
                (16..=31, _) => {
                    let length = self.length(bits & 7, 7)? + 2;
                    let far = self.word()?;
                    let distance = 16_384 + ((bits & 8) << 11) + (far >> 2);
                    if distance == 16_384 {
                        return Ok(());
                    }
                    (distance, length, far & 3)
                }
                (32..=63, _) => {
                    let length = self.length(bits & 31, 31)? + 2;
                    let far = self.word()?;
                    ((far >> 2) + 1, length, far & 3)
                }
                (64.., _) => {
                    let far = usize::from(self.byte()?) << 3;
                    (far + (bits >> 2 & 7) + 1, (bits >> 5) + 1, bits & 3)
                }
            };
            self.again(distance, length)?;
            self.literals(literals)?;
            before = Before::of(literals);
        }
    }

    /// Returns a length whose bits in the instruction are zero where more bytes say it.
    fn length(&mut self, bits: usize, most: usize) -> io::Result<usize> {
        if bits > 0 {
            return Ok(bits);
        }
        let mut length = most;
        loop {
            match self.byte()? {
                0 if length <= self.size => length += 255,
                0 => return Err(damaged("a length of LZO is more than its block")),
                last => return Ok(length + usize::from(last)),
            }
        }
    }

    fn literals(&mut self, length: usize) -> io::Result<()> {
        let taken = self.packed.split_at_checked(length);
        let (taken, rest) = taken.ok_or_else(|| damaged("a block of LZO ends too early"))?;
        self.room(length)?;
        self.plain.extend(taken);
        self.packed = rest;
        Ok(())
    }

    /// Copies what came out before; the copy may reach into itself.
    fn again(&mut self, distance: usize, length: usize) -> io::Result<()> {
        let from = self.plain.len().checked_sub(distance);
        let from = from.ok_or_else(|| damaged("a block of LZO points before its beginning"))?;
        self.room(length)?;
        match distance >= length {
            true => self.plain.extend_from_within(from..from + length),
            false => (from..from + length).for_each(|at| self.plain.push(self.plain[at])),
        }
        Ok(())
    }

    fn room(&self, length: usize) -> io::Result<()> {
        match self.size - self.plain.len() >= length {
            true => Ok(()),
            false => Err(damaged("a block of LZO is longer than it says")),
        }
    }

    fn byte(&mut self) -> io::Result<u8> {
        let (first, rest) = self
            .packed
            .split_first()
            .ok_or_else(|| damaged("a block of LZO ends too early"))?;
        self.packed = rest;
        Ok(*first)
    }

    fn word(&mut self) -> io::Result<usize> {
        Ok(usize::from(u16::from_le_bytes([
            self.byte()?,
            self.byte()?,
        ])))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Four bytes as they are, seven that repeat them, and the end.
    const BLOCK: &[u8] = &[
        4 + 17,
        b'a',
        b'b',
        b'c',
        b'd',
        0b0010_0101,
        12,
        0,
        0x11,
        0,
        0,
    ];

    #[test]
    fn a_copy_reaches_into_itself() {
        assert_eq!(unpacked(BLOCK, 11).unwrap(), b"abcdabcdabc");
    }

    #[test]
    fn no_block_is_longer_than_it_says_or_points_before_itself() {
        unpacked(BLOCK, 10).unwrap_err();
        unpacked(&[BLOCK, &[0]].concat(), 11).unwrap_err();
        let mut before = BLOCK.to_vec();
        before[6] = 16;
        unpacked(&before, 11).unwrap_err();
        for end in 0..BLOCK.len() {
            unpacked(&BLOCK[..end], 11).unwrap_err();
        }
    }
}
