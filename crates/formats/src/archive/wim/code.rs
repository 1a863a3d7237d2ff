//! Prefix codes that are given by nothing but the length of each symbol's code: shorter codes first, then lower symbols.

use std::io;

use super::{super::error::damaged, bits::Bits};

/// The longest code, in bits.
const LONGEST: usize = 16;
/// Codes up to so many bits are found at once.
const DIRECT: u32 = 10;

/// A code that symbols are read by.
pub(super) struct Code {
    /// By the next bits: five bits of length, the symbol above them. Zero where the code is longer, or none.
    direct: Vec<u16>,
    /// Symbols in the order of their codes.
    sorted: Vec<u16>,
    /// By length, as the highest of 16 bits: the first code, and the first behind the last one.
    first: [u32; LONGEST + 1],
    end: [u32; LONGEST + 1],
    /// By length: where its symbols begin.
    begins: [usize; LONGEST + 1],
}

impl Code {
    /// A code without symbols.
    pub(super) fn new() -> Self {
        Self {
            direct: vec![0; 1 << DIRECT],
            sorted: Vec::new(),
            first: [0; LONGEST + 1],
            end: [0; LONGEST + 1],
            begins: [0; LONGEST + 1],
        }
    }

    /// Becomes the code of these lengths; symbols of length zero have none. It may leave codes unused.
    pub(super) fn build(&mut self, lengths: &[u8]) -> io::Result<()> {
        let mut many = [0_usize; LONGEST + 1];
        for length in lengths {
            *many
                .get_mut(usize::from(*length))
                .ok_or_else(|| damaged("a code is too long"))? += 1;
        }
        let (mut code, mut begins) = (0, 0);
        for (length, many) in many.into_iter().enumerate().skip(1) {
            self.first[length] = code;
            self.begins[length] = begins;
            begins += many;
            code += (many as u32) << (LONGEST - length);
            self.end[length] = code;
        }
        if code > 1 << LONGEST {
            return Err(damaged("there are more codes than bits tell apart"));
        }
        self.sorted.clear();
        self.sorted.resize(begins, 0);
        self.direct.fill(0);
        let mut next = self.begins;
        for (symbol, length) in lengths.iter().enumerate() {
            let length = usize::from(*length);
            if length == 0 {
                continue;
            }
            let index = next[length];
            next[length] += 1;
            self.sorted[index] = symbol as u16;
            if length <= DIRECT as usize {
                let many = 1 << (DIRECT as usize - length);
                let from = (self.first[length] >> (LONGEST as u32 - DIRECT)) as usize
                    + (index - self.begins[length]) * many;
                self.direct[from..from + many].fill((symbol << 5 | length) as u16);
            }
        }
        Ok(())
    }

    /// Reads a symbol.
    #[inline]
    pub(super) fn symbol(&self, bits: &mut Bits<'_>) -> io::Result<usize> {
        bits.fill(LONGEST as u32);
        let code = bits.peek(LONGEST as u32);
        let entry = self.direct[(code >> (LONGEST as u32 - DIRECT)) as usize];
        if entry != 0 {
            bits.drop(u32::from(entry & 31));
            return Ok(usize::from(entry >> 5));
        }
        self.long(code, bits)
    }

    fn long(&self, code: u32, bits: &mut Bits<'_>) -> io::Result<usize> {
        let length = (DIRECT as usize + 1..=LONGEST).find(|it| code < self.end[*it]);
        let symbol = length.and_then(|length| {
            bits.drop(length as u32);
            let index = code.checked_sub(self.first[length])? >> (LONGEST - length);
            self.sorted.get(self.begins[length] + index as usize)
        });
        let symbol = symbol.ok_or_else(|| damaged("packed bytes have a code of no symbol"))?;
        Ok(usize::from(*symbol))
    }
}
