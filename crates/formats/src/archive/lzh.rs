//! LZ77 with static Huffman codes, block by block: `-lh5-` of LHA, method 2 of Zoo, methods 1 to 3 of ARJ.
//!
//! A block is its number of symbols, 16 bits; the lengths of the codes that pack the next lengths; the lengths of the codes
//! of bytes and of lengths of copies; the lengths of the codes of distances; the symbols.
//!
//! All of them go back to ar002 of H. Okumura, and differ in how far back they point.
//!
//! Source: R. K. Jung's unarj, unarj.h, of the widths; what arj 3.10.22 and jlha-utils 0.1.6 of Debian 12 write.

use std::io::{self, Read};

use super::{
    bits::HighFirst,
    error::damaged,
    window::{Symbol, Symbols},
};

/// The shortest copy.
const SHORTEST: usize = 3;
/// Bytes, and lengths of copies from three to 256.
const SYMBOLS: usize = 256 + 254;
/// Lengths of codes: none, some, many times none, and one to sixteen.
const LENGTHS: usize = 19;
/// The longest code.
const LONGEST: usize = 16;
/// Codes of so many bits are found at once.
const QUICK: u32 = 10;

/// The symbols of such a stream.
pub(super) struct Lzh<R> {
    bits: HighFirst<R>,
    /// Distances have so many codes, and their number has so many bits.
    distances: (usize, u32),
    left: u32,
    symbol: Code,
    distance: Code,
}

impl<R: Read> Lzh<R> {
    /// For `-lh5-`, which points back over 8 KiB.
    pub(super) fn of_8_kib(packed: R) -> Self {
        Self::new(packed, (14, 4))
    }

    /// For ARJ, which points back over 26 KiB.
    pub(super) fn of_26_kib(packed: R) -> Self {
        Self::new(packed, (17, 5))
    }

    fn new(packed: R, distances: (usize, u32)) -> Self {
        Self {
            bits: HighFirst::new(packed),
            distances,
            left: 0,
            symbol: Code::Only(0),
            distance: Code::Only(0),
        }
    }

    fn block(&mut self) -> io::Result<()> {
        self.left = self.bits.take(16)?;
        if self.left > 0 {
            let length = self.lengths_of_few(LENGTHS, 5, true)?;
            self.symbol = self.lengths_of_symbols(&length)?;
            let (count, width) = self.distances;
            self.distance = self.lengths_of_few(count, width, false)?;
        }
        Ok(())
    }

    /// Reads lengths as they are: three bits each, and more where they are seven.
    fn lengths_of_few(&mut self, most: usize, width: u32, has_gap: bool) -> io::Result<Code> {
        let count = self.bits.take(width)? as usize;
        if count == 0 {
            return Code::only(self.bits.take(width)?, most);
        }
        let mut lengths = vec![0; count.min(most)];
        if lengths.len() < count {
            return Err(damaged("there are more codes than symbols"));
        }
        let mut at = 0;
        while at < count {
            lengths[at] = self.length()?;
            at += 1;
            // Codes of three lengths, seldom used, may be left out.
            if has_gap && at == 3 {
                at += self.bits.take(2)? as usize;
            }
        }
        Code::of(&lengths)
    }

    fn length(&mut self) -> io::Result<u8> {
        let mut length = self.bits.take(3)? as u8;
        if length == 7 {
            while self.bits.take(1)? == 1 {
                length += 1;
                if usize::from(length) > LONGEST {
                    return Err(damaged("a code is longer than 16 bits"));
                }
            }
        }
        Ok(length)
    }

    fn lengths_of_symbols(&mut self, length: &Code) -> io::Result<Code> {
        let count = self.bits.take(9)? as usize;
        if count == 0 {
            return Code::only(self.bits.take(9)?, SYMBOLS);
        }
        if count > SYMBOLS {
            return Err(damaged("there are more codes than symbols"));
        }
        let mut lengths = [0; SYMBOLS];
        let mut at = 0;
        while at < count {
            match length.read(&mut self.bits)? {
                0 => at += 1,
                1 => at += 3 + self.bits.take(4)? as usize,
                2 => at += 20 + self.bits.take(9)? as usize,
                more => {
                    lengths[at] = (more - 2) as u8;
                    at += 1;
                }
            }
        }
        Code::of(&lengths[..count])
    }
}

impl<R: Read> Symbols for Lzh<R> {
    fn next(&mut self) -> io::Result<Symbol> {
        if self.left == 0 {
            self.block()?;
            // Zoo ends with a block of nothing.
            if self.left == 0 {
                return Ok(Symbol::End);
            }
        }
        self.left -= 1;
        let symbol = self.symbol.read(&mut self.bits)?;
        if let Ok(byte) = u8::try_from(symbol) {
            return Ok(Symbol::Byte(byte));
        }
        let length = usize::from(symbol) - 256 + SHORTEST;
        // The highest bit of a distance is always set, and not stored.
        let distance = match self.distance.read(&mut self.bits)? {
            0 => 0,
            width => 1 << (width - 1) | self.bits.take(u32::from(width - 1))?,
        };
        let distance = distance as usize + 1;
        Ok(Symbol::Copy { distance, length })
    }
}

/// A Huffman code, told by the lengths of its words: shorter words before longer ones, else in the order of symbols.
enum Code {
    /// One symbol that takes no bits.
    Only(u16),
    Words(Box<Words>),
}

struct Words {
    /// Symbol and length for each beginning of ten bits; length zero where that is no word, or a longer one.
    quick: [(u16, u8); 1 << QUICK],
    /// The symbols in the order of their words.
    symbols: Vec<u16>,
    /// Of each length the first word that is longer, as if all had 16 bits, and the place of its symbol.
    ends: [(u32, usize); LONGEST + 1],
}

impl Code {
    fn only(symbol: u32, most: usize) -> io::Result<Self> {
        let symbol = u16::try_from(symbol).ok();
        let symbol = symbol.filter(|it| usize::from(*it) < most);
        let symbol = symbol.ok_or_else(|| damaged("a code is of no symbol"))?;
        Ok(Self::Only(symbol))
    }

    /// No length is above 16, and there are less than `u16::MAX`.
    fn of(lengths: &[u8]) -> io::Result<Self> {
        let mut words = Words {
            quick: [(0, 0); 1 << QUICK],
            symbols: Vec::with_capacity(lengths.len()),
            ends: [(0, 0); LONGEST + 1],
        };
        let mut word: u32 = 0;
        for length in 1..=LONGEST {
            let width = length as u8;
            let step = 1 << (LONGEST - length);
            for (symbol, _) in lengths.iter().enumerate().filter(|it| *it.1 == width) {
                let symbol = symbol as u16;
                words.symbols.push(symbol);
                if length <= QUICK as usize {
                    let unused = LONGEST as u32 - QUICK;
                    let same = (word >> unused) as usize..((word + step) >> unused) as usize;
                    let places = words.quick.get_mut(same);
                    let places = places.ok_or_else(|| damaged("there are too many codes"))?;
                    places.fill((symbol, width));
                }
                word += step;
            }
            words.ends[length] = (word, words.symbols.len());
        }
        match word > 1 << LONGEST {
            true => Err(damaged("there are too many codes")),
            false => Ok(Self::Words(Box::new(words))),
        }
    }

    fn read(&self, bits: &mut HighFirst<impl Read>) -> io::Result<u16> {
        let words = match self {
            Self::Only(symbol) => return Ok(*symbol),
            Self::Words(words) => words,
        };
        let next = bits.look(LONGEST as u32)?;
        let (symbol, length) = words.quick[(next >> (LONGEST as u32 - QUICK)) as usize];
        if length > 0 {
            bits.skip(length.into())?;
            return Ok(symbol);
        }
        for length in 1..=LONGEST {
            let (end, behind) = words.ends[length];
            if next < end {
                let back = (end - 1 - next) >> (LONGEST - length);
                bits.skip(length as u32)?;
                let place = behind.checked_sub(1 + back as usize);
                let symbol = place.and_then(|it| words.symbols.get(it));
                return symbol.copied().ok_or_else(|| damaged("a code is none"));
            }
        }
        Err(damaged("a code is none"))
    }
}
