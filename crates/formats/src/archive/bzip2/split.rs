//! Where blocks begin.

use std::io::{self, Read};

use super::{super::error::damaged, bits::Bits};

/// What a block begins with: the digits of pi.
const BLOCK: u64 = 0x3141_5926_5359;
/// What a stream ends with: those of its root.
pub(super) const END: u64 = 0x1772_4538_5090;
/// Marks have so many bits.
const MARK: usize = 48;
/// No block is longer, in bytes: 900,000 symbols of 20 bits each, and tables.
const LONGEST: usize = 3 << 20;
/// How much is read at once, in bytes.
const PIECE: u64 = 256 << 10;

/// A part of a file.
pub(super) enum Cut {
    Block(Bits),
    /// The end of a stream, with the sum of the sums of its blocks.
    End(u32),
}

/// Reads a file and cuts it.
pub(super) struct Splitter<R> {
    packed: R,
    /// What was read and not cut off yet.
    bytes: Vec<u8>,
    is_all: bool,
    /// The bit where the next part begins.
    at: usize,
    /// That of the stream: a digit.
    level: u8,
    /// Whether the next part is the head of a stream.
    is_between: bool,
    is_first: bool,
}

impl<R: Read> Splitter<R> {
    pub(super) fn new(packed: R) -> Self {
        Self {
            packed,
            bytes: Vec::new(),
            is_all: false,
            at: 0,
            level: 0,
            is_between: true,
            is_first: true,
        }
    }

    /// Returns the next part; none at the end.
    pub(super) fn next(&mut self) -> io::Result<Option<Cut>> {
        self.bytes.drain(..self.at / 8);
        self.at %= 8;
        if self.is_between {
            let head = self.at.div_ceil(8);
            match self.head(head)? {
                Some(level) => self.level = level,
                None if self.bytes.len() <= head && !self.is_first => return Ok(None),
                None => {
                    return Err(damaged(
                        "something that is no bzip2 follows the last stream",
                    ));
                }
            }
            self.at = (head + 4) * 8;
            (self.is_between, self.is_first) = (false, false);
        }
        self.fill(self.at / 8 + 11)?;
        match self.mark(self.at) {
            Some(BLOCK) => self.block().map(Some),
            Some(END) => {
                let sum = self.sum(self.at + MARK);
                self.at += MARK + 32;
                self.is_between = true;
                sum.map(|it| Some(Cut::End(it)))
                    .ok_or_else(|| damaged("it ends in a block"))
            }
            _ => Err(damaged("there is no block where one should be")),
        }
    }

    /// Returns the level of a stream that begins at this byte: its head, and a mark.
    fn head(&mut self, at: usize) -> io::Result<Option<u8>> {
        self.fill(at + 10)?;
        Ok(match self.bytes.get(at..at + 4) {
            Some([b'B', b'Z', b'h', level @ b'1'..=b'9']) => {
                let is_mark = matches!(self.mark((at + 4) * 8), Some(BLOCK | END));
                is_mark.then_some(*level)
            }
            _ => None,
        })
    }

    /// Cuts off a block: all before the next mark.
    fn block(&mut self) -> io::Result<Cut> {
        let mut from = self.at + MARK;
        // An end that nothing right follows: that of the block, if there is no better one.
        let mut doubtful = None;
        let ends = loop {
            match self.next_mark(from) {
                Some((ends, BLOCK)) => break Some(ends),
                Some((ends, _)) => {
                    let after = (ends + MARK + 32).div_ceil(8);
                    self.fill(after + 10)?;
                    let is_end = self.bytes.len() == after;
                    if is_end || self.head(after)?.is_some() {
                        break Some(ends);
                    }
                    doubtful = doubtful.or(Some(ends));
                    from = ends + 1;
                }
                None if self.is_all || self.bytes.len() - self.at / 8 > LONGEST => break doubtful,
                None => {
                    // A mark may lie across what is there and what comes.
                    from = from.max((self.bytes.len() * 8).saturating_sub(MARK - 1));
                    self.more()?;
                }
            }
        };
        let ends = ends.ok_or_else(|| damaged("it ends in a block"))?;
        let block = Bits::cut(self.level, &self.bytes, self.at, ends - self.at);
        self.at = ends;
        Ok(Cut::Block(block))
    }

    /// Returns the first mark that begins at this bit or behind it.
    fn next_mark(&self, from: usize) -> Option<(usize, u64)> {
        // Of each mark the second byte lies in two bytes of the file, and those are told by a table.
        let bytes = self.bytes.get(from / 8..)?;
        for (index, two) in bytes.windows(2).enumerate() {
            let mut shifts = SHIFTS[usize::from(two[0])] & NEXT[usize::from(two[1])];
            while shifts != 0 {
                let shift = shifts.trailing_zeros() as usize;
                shifts &= shifts - 1;
                // The mark begins `8 - shift` bits before the first of the two bytes, or at it.
                let at = (from / 8 + index) * 8 + shift;
                if at >= from
                    && let Some(mark @ (BLOCK | END)) = self.mark(at)
                {
                    return Some((at, mark));
                }
            }
        }
        None
    }

    /// Returns the 48 bits from this one on.
    fn mark(&self, at: usize) -> Option<u64> {
        let bytes = self.bytes.get(at / 8..)?;
        let mut eight = [0; 8];
        let length = bytes.len().min(8);
        eight[..length].copy_from_slice(&bytes[..length]);
        let is_there = bytes.len() * 8 >= at % 8 + MARK;
        is_there.then(|| u64::from_be_bytes(eight) << (at % 8) >> (64 - MARK))
    }

    fn sum(&self, at: usize) -> Option<u32> {
        // It may end with the last byte that there is.
        let bytes = self.bytes.get(at / 8..)?;
        let mut five = [0; 5];
        let length = bytes.len().min(5);
        five[..length].copy_from_slice(&bytes[..length]);
        let [a, b, c, d, e] = five;
        let is_there = bytes.len() * 8 >= at % 8 + 32;
        is_there.then_some((u64::from_be_bytes([0, 0, 0, a, b, c, d, e]) >> (8 - at % 8)) as u32)
    }

    /// Reads until there are so many bytes, or all.
    fn fill(&mut self, length: usize) -> io::Result<()> {
        while self.bytes.len() < length && !self.is_all {
            self.more()?;
        }
        Ok(())
    }

    fn more(&mut self) -> io::Result<()> {
        let read = (&mut self.packed)
            .take(PIECE)
            .read_to_end(&mut self.bytes)?;
        self.is_all = (read as u64) < PIECE;
        Ok(())
    }
}

/// At which shifts a byte can be the one that a mark begins in, wholly or by its last bits.
const SHIFTS: [u8; 256] = table(false);
/// At which shifts a byte can be the one behind that.
const NEXT: [u8; 256] = table(true);

const fn table(is_next: bool) -> [u8; 256] {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        let mut shift = 0;
        while shift < 8 {
            if fits(byte as u8, shift, BLOCK, is_next) || fits(byte as u8, shift, END, is_next) {
                table[byte] |= 1 << shift;
            }
            shift += 1;
        }
        byte += 1;
    }
    table
}

const fn fits(byte: u8, shift: u32, mark: u64, is_next: bool) -> bool {
    // Two bytes of the file, with the mark from bit `shift` of the first on.
    let two = (mark << 16 >> shift >> 48) as u16;
    let known = 0xffffu16 >> shift;
    if is_next {
        byte == two as u8
    } else {
        byte as u16 & known >> 8 == two >> 8
    }
}
