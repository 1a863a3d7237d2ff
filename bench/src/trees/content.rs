//! Bytes that look like nothing and are the same on every machine.

use std::io::{self, Write};

/// The numbers of Marsaglia's xorshift with 64 bits and a last multiplication (xorshift64*).
///
/// Source: S. Vigna, "An experimental exploration of Marsaglia's xorshift generators, scrambled",
/// ACM TOMS 42 (2016).
#[derive(Clone, Debug)]
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        // Neighbouring seeds would begin alike; a state of zero would stay zero.
        let mixed = (seed ^ 0x9e37_79b9_7f4a_7c15).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        Self((mixed ^ (mixed >> 29)) | 1)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    /// Returns a number from `low` to below `high`, which must be larger.
    pub(crate) fn between(&mut self, low: u64, high: u64) -> u64 {
        low + (self.next() >> 11) % (high - low)
    }

    /// Returns a number from 0 to below 1.
    pub(crate) fn part(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1u64 << 53) as f64
    }
}

/// The content of one number. It begins as many do, with the same lines, and goes on as no other.
pub(crate) struct Content {
    number: u64,
    random: Random,
}

const HEAD: &[u8] = b"/* Made by candor-bench. Many files begin with the same lines, a licence or \
    a format's mark,\n * and a program that judges by the first bytes alone is wrong. */\n";
/// Files shorter than this do without the common head, so that their contents differ.
const SHORT: u64 = 4 * HEAD.len() as u64;

impl Content {
    pub(crate) fn new(number: u64) -> Self {
        Self {
            number,
            random: Random::new(number),
        }
    }

    /// Writes the first `size` bytes.
    ///
    /// # Errors
    /// Those of the writer.
    pub(crate) fn write(mut self, out: &mut impl Write, size: u64) -> io::Result<()> {
        let mut left = size;
        let mut block = Vec::new();
        if size >= SHORT {
            block.extend_from_slice(HEAD);
        }
        block.extend_from_slice(&self.number.to_le_bytes());
        while left > 0 {
            let wanted = usize::try_from(left.min(1 << 20)).expect("a block is small");
            while block.len() < wanted {
                block.extend_from_slice(&self.random.next().to_le_bytes());
            }
            out.write_all(&block[..wanted])?;
            left -= wanted as u64;
            block.clear();
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn content(number: u64, size: u64) -> Vec<u8> {
        let mut bytes = Vec::new();
        Content::new(number).write(&mut bytes, size).unwrap();
        bytes
    }

    #[test]
    fn one_number_is_one_content() {
        for size in [8, 100, 5000, (2 << 20) + 3] {
            assert_eq!(content(1, size).len() as u64, size);
            assert_eq!(content(1, size), content(1, size));
            assert_ne!(content(1, size), content(2, size), "{size}");
        }
        assert_eq!(content(1, 5000)[..100], content(2, 5000)[..100]);
    }

    #[test]
    fn numbers_stay_between() {
        let mut random = Random::new(7);
        for _ in 0..1000 {
            assert!((3..9).contains(&random.between(3, 9)));
            assert!((0.0..1.0).contains(&random.part()));
        }
    }
}
