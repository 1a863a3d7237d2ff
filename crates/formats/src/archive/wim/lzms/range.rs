//! Decisions between two, by a range coder.

/// Words from the front, as a number below a range.
pub(super) struct Range<'a> {
    bytes: &'a [u8],
    range: u32,
    code: u32,
}

impl<'a> Range<'a> {
    pub(super) fn of(bytes: &'a [u8]) -> Self {
        let mut range = Self {
            bytes,
            range: u32::MAX,
            code: 0,
        };
        range.code = u32::from(range.word()) << 16 | u32::from(range.word());
        range
    }

    /// Behind the end there are zeros.
    fn word(&mut self) -> u16 {
        let Some((word, rest)) = self.bytes.split_first_chunk() else {
            return 0;
        };
        self.bytes = rest;
        u16::from_le_bytes(*word)
    }

    /// Decides for no with so many chances of 64; 1 at least, 63 at most.
    #[inline]
    fn bit(&mut self, chances: u32) -> bool {
        if self.range <= 0xffff {
            self.range <<= 16;
            self.code = self.code << 16 | u32::from(self.word());
        }
        let bound = (self.range >> 6) * chances;
        let is_set = self.code >= bound;
        match is_set {
            false => self.range = bound,
            true => {
                self.range -= bound;
                self.code -= bound;
            }
        }
        is_set
    }
}

/// A kind of decision: its last outcomes say which of `N` chances the next one has.
pub(super) struct Decision<const N: usize> {
    state: usize,
    chances: [Chance; N],
}

/// The last 64 outcomes of one chance.
#[derive(Clone, Copy)]
struct Chance {
    outcomes: u64,
    /// How many of them are no.
    zeros: u32,
}

impl<const N: usize> Decision<N> {
    pub(super) fn new() -> Self {
        let outcomes: u64 = 0x5555_5555;
        let zeros = outcomes.count_zeros();
        Self {
            state: 0,
            chances: [Chance { outcomes, zeros }; N],
        }
    }

    #[inline]
    pub(super) fn bit(&mut self, range: &mut Range<'_>) -> bool {
        let chance = &mut self.chances[self.state];
        let is_set = range.bit(chance.zeros.clamp(1, 63));
        // The oldest of the outcomes goes.
        chance.zeros += (chance.outcomes >> 63) as u32;
        chance.zeros -= u32::from(is_set);
        chance.outcomes = chance.outcomes << 1 | u64::from(is_set);
        self.state = (self.state << 1 | usize::from(is_set)) % N;
        is_set
    }
}
