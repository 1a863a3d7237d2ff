//! A prefix code: symbols that come often get few bits. Made by the compiler, read by the opener.
//!
//! Codes are canonical, so a table of lengths says everything. No code is longer than [`LONGEST`] bits:
//! one look into a table of 4,096 slots reads a symbol.

/// The most bits of a code.
pub(super) const LONGEST: u32 = 12;

/// The code of each symbol, for writing.
pub(super) struct Code {
    lengths: Vec<u8>,
    codes: Vec<u32>,
}

impl Code {
    /// Returns the shortest code for symbols that come this often. A symbol that never comes has none.
    pub(super) fn of(counts: &[u64]) -> Self {
        let mut counts = counts.to_vec();
        let lengths = loop {
            let lengths = lengths_of(&counts);
            if lengths.iter().all(|length| u32::from(*length) <= LONGEST) {
                break lengths;
            }
            // Flatter counts give a flatter tree; in the end all are 1, and that one fits.
            let used = counts.iter_mut().filter(|count| **count > 0);
            used.for_each(|count| *count = count.div_ceil(4));
        };
        let codes = codes_of(&lengths);
        Self { lengths, codes }
    }

    /// Returns how many bits each symbol has: what the reader's [`Table`] is made of.
    pub(super) fn lengths(&self) -> &[u8] {
        &self.lengths
    }

    /// Writes one symbol. It must be one that was counted.
    pub(super) fn write(&self, symbol: usize, bits: &mut BitsOut) {
        debug_assert!(self.lengths[symbol] > 0, "symbol {symbol} was not counted");
        bits.put(self.codes[symbol], u32::from(self.lengths[symbol]));
    }
}

/// Returns the lengths of Huffman's code; ties are broken by order, so that they are the same each time.
fn lengths_of(counts: &[u64]) -> Vec<u8> {
    use std::{cmp::Reverse, collections::BinaryHeap};

    let mut lengths = vec![0; counts.len()];
    let mut parents: Vec<usize> = vec![0; counts.len()];
    let used = counts.iter().enumerate().filter(|(_, count)| **count > 0);
    let mut heap: BinaryHeap<_> = used.map(|(at, count)| Reverse((*count, at))).collect();
    if let (1, Some(Reverse((_, only)))) = (heap.len(), heap.peek()) {
        lengths[*only] = 1;
        return lengths;
    }
    while let (Some(Reverse((a, left))), Some(Reverse((b, right)))) = (heap.pop(), heap.pop()) {
        let parent = parents.len();
        parents.push(parent);
        parents[left] = parent;
        parents[right] = parent;
        if heap.is_empty() {
            break;
        }
        heap.push(Reverse((a.saturating_add(b), parent)));
    }
    for symbol in (0..counts.len()).filter(|symbol| counts[*symbol] > 0) {
        let mut at = symbol;
        while parents[at] != at {
            at = parents[at];
            lengths[symbol] += 1;
        }
    }
    lengths
}

/// Returns the codes that these lengths mean: shorter ones first, then by symbol.
fn codes_of(lengths: &[u8]) -> Vec<u32> {
    let mut codes = vec![0; lengths.len()];
    let mut next = 0;
    for length in 1..=LONGEST {
        for (symbol, _) in lengths
            .iter()
            .enumerate()
            .filter(|(_, it)| u32::from(**it) == length)
        {
            codes[symbol] = next;
            next += 1;
        }
        next <<= 1;
    }
    codes
}

/// The symbol behind each run of [`LONGEST`] bits, for reading.
pub(super) struct Table {
    /// Symbol and length; length 0 where no code leads to.
    slots: Vec<(u16, u8)>,
}

impl Table {
    /// Returns the table of a code; `None` when no code has these lengths.
    pub(super) fn of(lengths: &[u8]) -> Option<Self> {
        let mut slots = vec![(0, 0); 1 << LONGEST];
        let mut filled = 0;
        for wanted in 1..=LONGEST {
            for (symbol, length) in lengths.iter().enumerate() {
                if u32::from(*length) == wanted {
                    let end = filled + (1 << (LONGEST - wanted));
                    let symbol = u16::try_from(symbol).ok()?;
                    slots.get_mut(filled..end)?.fill((symbol, *length));
                    filled = end;
                }
            }
        }
        let fits = lengths.iter().all(|length| u32::from(*length) <= LONGEST);
        fits.then_some(Self { slots })
    }

    /// Reads one symbol; `None` when the bits are no code, or there are none left.
    pub(super) fn read(&self, bits: &mut Bits<'_>) -> Option<usize> {
        let (symbol, length) = self.slots[bits.peek() as usize];
        bits.skip(u32::from(length)).then_some(usize::from(symbol))
    }
}

/// Bits that are being written, the highest of each byte first.
#[derive(Default)]
pub(super) struct BitsOut {
    pub(super) bytes: Vec<u8>,
    waiting: u64,
    count: u32,
}

impl BitsOut {
    /// Writes the lowest `count` bits of a number, at most 32.
    pub(super) fn put(&mut self, number: u32, count: u32) {
        self.waiting = self.waiting << count | u64::from(number);
        self.count += count;
        while self.count >= 8 {
            self.count -= 8;
            self.bytes.push((self.waiting >> self.count) as u8);
        }
    }

    /// Fills the last byte with zeros.
    pub(super) fn finish(&mut self) {
        if self.count > 0 {
            self.put(0, 8 - self.count);
        }
        self.waiting = 0;
    }
}

/// Bits that are being read.
pub(super) struct Bits<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Bits<'a> {
    pub(super) fn of(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    /// Returns the next [`LONGEST`] bits and leaves them there; zeros behind the end.
    fn peek(&self) -> u32 {
        self.word() >> (32 - LONGEST)
    }

    /// Reads a number of so many bits, at most 24; `None` when there are not so many left.
    pub(super) fn take(&mut self, count: u32) -> Option<u32> {
        let number = self.word().checked_shr(32 - count).unwrap_or(0);
        (count <= 24 && (count == 0 || self.skip(count))).then_some(number)
    }

    /// Returns 25 bits or more, the next one highest.
    fn word(&self) -> u32 {
        let from = self.at / 8;
        let word = match self.bytes.get(from..from + 4) {
            Some(four) => u32::from_be_bytes(four.try_into().expect("four bytes are four bytes")),
            None => {
                let mut four = [0; 4];
                let rest = self.bytes.get(from..).unwrap_or_default();
                four[..rest.len()].copy_from_slice(rest);
                u32::from_be_bytes(four)
            }
        };
        word << (self.at % 8)
    }

    /// Goes on; false when nothing is skipped or the end would be passed.
    fn skip(&mut self, count: u32) -> bool {
        self.at += count as usize;
        count > 0 && self.at <= 8 * self.bytes.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn there_and_back(symbols: &[usize], counts: &[u64]) {
        let code = Code::of(counts);
        let mut out = BitsOut::default();
        for symbol in symbols {
            code.write(*symbol, &mut out);
            out.put(*symbol as u32, 9);
        }
        out.finish();
        let table = Table::of(code.lengths()).unwrap();
        let mut bits = Bits::of(&out.bytes);
        for symbol in symbols {
            assert_eq!(table.read(&mut bits), Some(*symbol));
            assert_eq!(bits.take(9), Some(*symbol as u32));
        }
    }

    #[test]
    fn what_was_written_is_read() {
        there_and_back(&[0, 2, 1, 2, 2], &[1, 1, 3]);
        there_and_back(&[1, 1, 1], &[0, 3]);
        // Counts like Fibonacci's numbers would give codes of 29 bits.
        let steep: Vec<u64> = (0..30).map(|n| 1 << n).collect();
        let all: Vec<usize> = (0..30).collect();
        there_and_back(&all, &steep);
        assert!(Code::of(&steep).lengths().iter().all(|it| *it <= 12));
        there_and_back(&(0..300).collect::<Vec<_>>(), &[1; 300]);
    }

    #[test]
    fn lengths_that_no_code_has_are_refused() {
        assert!(Table::of(&[1, 1, 1]).is_none());
        assert!(Table::of(&[13]).is_none());
        let sparse = Table::of(&[2]).unwrap();
        assert_eq!(sparse.read(&mut Bits::of(&[0xff])), None);
        assert_eq!(sparse.read(&mut Bits::of(&[])), None);
    }
}
