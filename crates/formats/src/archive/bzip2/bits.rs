//! The bits of one block.

use super::split::END;

/// A block from its first bit on, with the level of its stream.
#[derive(Clone)]
pub(super) struct Bits {
    level: u8,
    /// The first bit is the highest of the first byte; those behind the last are zero.
    bytes: Vec<u8>,
    length: usize,
}

impl Bits {
    /// Cuts bits out of bytes that begin at a bit of the first one; there have to be as many.
    pub(super) fn cut(level: u8, bytes: &[u8], from: usize, length: usize) -> Self {
        let mut bits = Self {
            level,
            bytes: Vec::with_capacity(length / 8 + 2),
            length: 0,
        };
        let bytes = &bytes[from / 8..(from + length).div_ceil(8)];
        let shift = from % 8;
        let next = bytes.iter().skip(1).copied().chain([0]);
        let moved = bytes.iter().zip(next).map(|(byte, next)| {
            let both = u16::from_be_bytes([*byte, next]) << shift;
            both.to_be_bytes()[0]
        });
        bits.bytes.extend(moved.take(length.div_ceil(8)));
        bits.length = length;
        bits.clear_rest();
        bits
    }

    fn clear_rest(&mut self) {
        let over = self.bytes.len() * 8 - self.length;
        if let Some(last) = self.bytes.last_mut() {
            *last &= 0xffu8.checked_shl(over as u32).unwrap_or_default();
        }
    }

    /// Returns the sum of what comes out, which stands behind the mark of 48 bits.
    pub(super) fn sum(&self) -> u32 {
        let sum = self.bytes.get(6..10).and_then(|it| it.try_into().ok());
        sum.map_or(0, u32::from_be_bytes)
    }

    /// Adds those of another at the end.
    pub(super) fn append(&mut self, other: &Self) {
        add(
            &mut self.bytes,
            &mut self.length,
            &other.bytes,
            other.length,
        );
    }

    /// Returns a whole file with this block alone.
    pub(super) fn as_stream(&self) -> Vec<u8> {
        let mut stream = Vec::with_capacity(self.bytes.len() + 20);
        stream.extend_from_slice(b"BZh");
        stream.push(self.level);
        stream.extend_from_slice(&self.bytes);
        let mut length = 32 + self.length;
        add(&mut stream, &mut length, &END.to_be_bytes()[2..], 48);
        add(&mut stream, &mut length, &self.sum().to_be_bytes(), 32);
        stream
    }

    /// Returns this as two that were cut in the middle.
    #[cfg(test)]
    pub(super) fn halves(&self) -> [Self; 2] {
        let half = self.length / 2;
        let cut = |from, length| Self::cut(self.level, &self.bytes, from, length);
        [cut(0, half), cut(half, self.length - half)]
    }
}

/// Adds so many bits to those that are there.
fn add(bytes: &mut Vec<u8>, length: &mut usize, more: &[u8], bits: usize) {
    let shift = *length % 8;
    if shift == 0 {
        bytes.extend_from_slice(more);
    } else {
        for byte in more {
            if let Some(last) = bytes.last_mut() {
                *last |= byte >> shift;
            }
            bytes.push(byte << (8 - shift));
        }
    }
    *length += bits;
    bytes.truncate(length.div_ceil(8));
}
