//! Numbers by the slot they lie in, and bits that say where in it.

use std::io;

use super::{super::bits::Bits, adaptive::Adaptive};

/// How many slots of distances have so many bits.
const DISTANCES: [(usize, u32); 21] = [
    (8, 0),
    (9, 2),
    (7, 3),
    (10, 4),
    (15, 5),
    (15, 6),
    (20, 7),
    (20, 8),
    (30, 9),
    (33, 10),
    (40, 11),
    (42, 12),
    (45, 13),
    (60, 14),
    (73, 15),
    (80, 16),
    (85, 17),
    (95, 18),
    (105, 19),
    (6, 20),
    (1, 30),
];
/// How many slots of lengths have so many bits.
const LENGTHS: [(usize, u32); 13] = [
    (26, 0),
    (4, 1),
    (6, 2),
    (4, 3),
    (5, 4),
    (2, 5),
    (1, 6),
    (1, 7),
    (1, 8),
    (1, 9),
    (1, 10),
    (1, 16),
    (1, 30),
];

/// Where each slot begins, and how many bits follow. One begins where the one before ends, the first at one.
pub(super) struct Slots(Vec<(u32, u32)>);

impl Slots {
    pub(super) fn distances() -> Self {
        Self::of(&DISTANCES)
    }

    pub(super) fn lengths() -> Self {
        Self::of(&LENGTHS)
    }

    fn of(runs: &[(usize, u32)]) -> Self {
        let mut begins = 1;
        let widths = runs.iter().flat_map(|(many, bits)| vec![*bits; *many]);
        let slots = widths.map(|bits| {
            let slot = (begins, bits);
            begins += 1 << bits;
            slot
        });
        Self(slots.collect())
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// Returns how many slots are used by distances within so many bytes.
    pub(super) fn up_to(&self, bytes: usize) -> usize {
        self.0.partition_point(|it| (it.0 as usize) < bytes)
    }

    /// Reads a number.
    #[inline]
    pub(super) fn read(&self, code: &mut Adaptive, bits: &mut Bits<'_>) -> io::Result<u32> {
        let (begins, many) = self.0[code.symbol(bits)?];
        Ok(begins + bits.read(many))
    }
}

#[cfg(test)]
mod tests {
    use super::Slots;

    #[test]
    fn slots_end_where_the_format_ends() {
        for (slots, many, end) in [
            (Slots::distances(), 799, 1_180_427_429),
            (Slots::lengths(), 54, 1_073_809_579),
        ] {
            let (begins, bits) = slots.0.last().copied().expect("slots");
            assert_eq!((slots.len(), begins + (1 << bits)), (many, end));
        }
        // The distance of two within three bytes, and none within one.
        assert_eq!(Slots::distances().up_to(3), 2);
        assert_eq!(Slots::distances().up_to(1), 0);
    }
}
