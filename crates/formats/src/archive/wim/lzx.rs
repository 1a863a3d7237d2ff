//! LZX as it is in images: each chunk by itself.
//!
//! Sources: Microsoft LZX Data Compression Format (1997) and \[MS-PATCH\] 2, for blocks, codes and recent distances. What
//! images do otherwise is told by wimlib's documentation of LZX: no bit for the translation of calls, which is always
//! done, as for a file of 12,000,000 bytes; one bit for a block of the usual 32 KiB, else 16 or, in windows above 32 KiB,
//! 24 bits of size.

use std::io;

use super::{
    super::error::damaged,
    bits::{Bits, repeat},
    code::Code,
};

/// Lengths that a main symbol tells by itself; the next one says that more follow.
const SHORT: usize = 7;
/// Symbols of the code of longer lengths.
const LENGTHS: usize = 249;
/// The most main symbols: bytes, and eight lengths for each of 50 slots.
const MAIN: usize = 256 + 8 * 50;
/// The largest window.
pub(super) const LARGEST: usize = 1 << 21;
/// The size that calls are translated for.
const FILE: i32 = 12_000_000;

/// Tables, kept from chunk to chunk to be filled anew.
pub(super) struct Lzx {
    main: Code,
    long: Code,
    aligned: Code,
    lengths: Code,
    main_lengths: Vec<u8>,
    long_lengths: Vec<u8>,
}

enum Block {
    Verbatim,
    Aligned,
    Stored,
}

impl Lzx {
    pub(super) fn new() -> Self {
        Self {
            main: Code::new(),
            long: Code::new(),
            aligned: Code::new(),
            lengths: Code::new(),
            main_lengths: vec![0; MAIN],
            long_lengths: vec![0; LENGTHS],
        }
    }

    /// Unpacks one chunk of a resource whose chunks have so many bytes.
    pub(super) fn unpack(&mut self, packed: &[u8], out: &mut [u8], chunk: usize) -> io::Result<()> {
        let window = chunk.next_power_of_two().clamp(1 << 15, LARGEST);
        self.main_lengths.fill(0);
        self.long_lengths.fill(0);
        let mut bits = Bits::of(packed);
        let mut recent = [1; 3];
        let mut at = 0;
        while at < out.len() {
            let kind = self.kind(&mut bits)?;
            let size = size(&mut bits, window);
            let end = at + size;
            if size == 0 || end > out.len() {
                return Err(damaged("a block is larger than its chunk"));
            }
            match kind {
                Block::Stored => stored(&mut bits, &mut recent, &mut out[at..end])?,
                _ => {
                    let is_aligned = matches!(kind, Block::Aligned);
                    self.codes(&mut bits, is_aligned, window)?;
                    self.block(&mut bits, is_aligned, &mut recent, &mut out[..end], at)?;
                }
            }
            at = end;
        }
        undo_calls(out);
        Ok(())
    }

    fn kind(&self, bits: &mut Bits<'_>) -> io::Result<Block> {
        match bits.read(3) {
            1 => Ok(Block::Verbatim),
            2 => Ok(Block::Aligned),
            3 => Ok(Block::Stored),
            _ => Err(damaged("a block is of no known kind")),
        }
    }

    fn codes(&mut self, bits: &mut Bits<'_>, is_aligned: bool, window: usize) -> io::Result<()> {
        if is_aligned {
            let mut lengths = [0; 8];
            lengths.fill_with(|| bits.read(3) as u8);
            self.aligned.build(&lengths)?;
        }
        let slots = (0..50).take_while(|it| slot(*it).0 < window).count();
        let (bytes, matches) = self.main_lengths.split_at_mut(256);
        let matches = &mut matches[..8 * slots];
        read_lengths(bits, &mut self.lengths, bytes)?;
        read_lengths(bits, &mut self.lengths, matches)?;
        self.main.build(&self.main_lengths[..256 + 8 * slots])?;
        read_lengths(bits, &mut self.lengths, &mut self.long_lengths)?;
        self.long.build(&self.long_lengths)
    }

    fn block(
        &self,
        bits: &mut Bits<'_>,
        is_aligned: bool,
        recent: &mut [usize; 3],
        out: &mut [u8],
        mut at: usize,
    ) -> io::Result<()> {
        while at < out.len() {
            let symbol = self.main.symbol(bits)?;
            let Some(symbol) = symbol.checked_sub(256) else {
                out[at] = symbol as u8;
                at += 1;
                continue;
            };
            let length = match symbol % 8 {
                SHORT => SHORT + self.long.symbol(bits)?,
                short => short,
            };
            let which = symbol / 8;
            match which {
                0..3 => recent.swap(0, which),
                _ => {
                    let distance = self.distance(bits, is_aligned, which)?;
                    *recent = [distance, recent[0], recent[1]];
                }
            }
            at = repeat(out, at, recent[0], length + 2)?;
        }
        Ok(())
    }

    /// Distances are told two larger than they are: the first slots are recent ones.
    fn distance(&self, bits: &mut Bits<'_>, is_aligned: bool, which: usize) -> io::Result<usize> {
        let (base, extra) = slot(which);
        let more = match is_aligned && extra >= 3 {
            true => {
                let high = bits.read(extra - 3) as usize;
                high << 3 | self.aligned.symbol(bits)?
            }
            false => bits.read(extra) as usize,
        };
        Ok(base + more - 2)
    }
}

/// Returns where distances of a slot begin, and how many bits follow.
fn slot(which: usize) -> (usize, u32) {
    match which {
        0..4 => (which, 0),
        4..36 => {
            let extra = which / 2 - 1;
            ((2 + which % 2) << extra, extra as u32)
        }
        _ => ((which - 34) << 17, 17),
    }
}

fn size(bits: &mut Bits<'_>, window: usize) -> usize {
    match bits.read(1) {
        1 => 1 << 15,
        _ if window > 1 << 15 => bits.read(24) as usize,
        _ => bits.read(16) as usize,
    }
}

/// Lengths are told as what changed since the block before, by a code of their own.
fn read_lengths(bits: &mut Bits<'_>, code: &mut Code, lengths: &mut [u8]) -> io::Result<()> {
    let mut own = [0; 20];
    own.fill_with(|| bits.read(4) as u8);
    code.build(&own)?;
    let mut at = 0;
    while at < lengths.len() {
        let changed = |change: usize, before: u8| (u32::from(before) + 17 - change as u32) % 17;
        let (many, length) = match code.symbol(bits)? {
            17 => (4 + bits.read(4), 0),
            18 => (20 + bits.read(5), 0),
            19 => {
                let many = 4 + bits.read(1);
                match code.symbol(bits)? {
                    change @ 0..17 => (many, changed(change, lengths[at])),
                    _ => return Err(damaged("a length of a code is none")),
                }
            }
            change => (1, changed(change, lengths[at])),
        };
        let run = lengths.get_mut(at..at + many as usize);
        let run = run.ok_or_else(|| damaged("lengths of codes go beyond them"))?;
        run.fill(length as u8);
        at += many as usize;
    }
    Ok(())
}

/// A block that is stored begins at a word, with recent distances, and ends at one.
fn stored(bits: &mut Bits<'_>, recent: &mut [usize; 3], out: &mut [u8]) -> io::Result<()> {
    let short = || damaged("a stored block ends too early");
    let mut bytes = bits.bytes_behind_word();
    for distance in recent {
        let (number, rest) = bytes.split_first_chunk().ok_or_else(short)?;
        *distance = u32::from_le_bytes(*number) as usize;
        bytes = rest;
    }
    let (plain, rest) = bytes.split_at_checked(out.len()).ok_or_else(short)?;
    out.copy_from_slice(plain);
    bits.go_on(rest.get(out.len() % 2..).unwrap_or_default());
    Ok(())
}

/// Makes the targets of x86 calls relative again. None begins in the last ten bytes.
///
/// Source: \[MS-PATCH\] 2.3, "E8 Call Translation".
fn undo_calls(out: &mut [u8]) {
    let mut at = 0;
    while at + 10 < out.len() {
        if out[at] != 0xe8 {
            at += 1;
            continue;
        }
        if let Some(target) = out[at + 1..].first_chunk_mut() {
            let here = at as i32;
            let stored = i32::from_le_bytes(*target);
            let relative = match stored {
                0..FILE => stored - here,
                _ if stored < 0 && stored >= -here => stored + FILE,
                _ => stored,
            };
            *target = relative.to_le_bytes();
        }
        at += 5;
    }
}

#[cfg(test)]
mod tests {
    use super::Lzx;

    /// A stored block of so many bytes, whose header of this many words ends within a word, or where one ends.
    fn block(header: &[u16], bytes: &[u8]) -> Vec<u8> {
        let mut block: Vec<u8> = header.iter().flat_map(|it| it.to_le_bytes()).collect();
        block.extend([1_u32, 2, 3].iter().flat_map(|it| it.to_le_bytes()));
        block.extend(bytes);
        block.resize(block.len().next_multiple_of(2), 0);
        block
    }

    #[test]
    fn stored_blocks_begin_and_end_at_words() {
        let bytes: Vec<u8> = (0..107).collect();
        // Kind 3, one bit of zero, then 16 bits of size: 100, and 7.
        let first = block(&[0x6006, 0x4000], &bytes[..100]);
        let second = block(&[0x6000, 0x7000], &bytes[100..]);
        let mut out = [0; 107];
        let mut lzx = Lzx::new();
        let read = lzx.unpack(&[first, second].concat(), &mut out, 1 << 15);
        assert!(read.is_ok(), "{read:?}");
        assert_eq!(out[..], bytes);
        // Cut off, it is told so.
        let cut = block(&[0x6006, 0xb000], &bytes[..100]);
        assert!(lzx.unpack(&cut, &mut out, 1 << 15).is_err());
    }
}
