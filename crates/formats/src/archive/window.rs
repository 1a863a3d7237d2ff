//! What a stream of bytes, and of copies of what came before, stands for.

use std::io::{self, Read};

use super::error::damaged;

/// A byte, or a copy.
pub(super) enum Symbol {
    /// This byte.
    Byte(u8),
    /// So many bytes, from so far back: the last byte is at distance one.
    Copy { distance: usize, length: usize },
    /// Nothing follows.
    End,
}

/// Where symbols come from.
pub(super) trait Symbols {
    /// Returns the next symbol. Each takes at least one bit of what is packed.
    fn next(&mut self) -> io::Result<Symbol>;
}

/// The bytes that symbols stand for.
pub(super) struct Window<S> {
    symbols: S,
    /// The last bytes; its length is a power of two.
    bytes: Vec<u8>,
    at: usize,
    /// How much of a copy is still to come, and from how far back.
    left: usize,
    distance: usize,
    has_ended: bool,
}

impl<S> Window<S> {
    /// Looks back over `1 << bits` bytes. What lies before the first is spaces: LHarc filled its buffer so, and some
    /// encoders point there.
    pub(super) fn new(symbols: S, bits: u32) -> Self {
        Self {
            symbols,
            bytes: vec![b' '; 1 << bits],
            at: 0,
            left: 0,
            distance: 0,
            has_ended: false,
        }
    }

    fn push(&mut self, byte: u8) -> u8 {
        self.bytes[self.at] = byte;
        self.at = (self.at + 1) % self.bytes.len();
        byte
    }
}

impl<S: Symbols> Read for Window<S> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut length = 0;
        while length < buffer.len() && !self.has_ended {
            if self.left > 0 {
                let size = self.bytes.len();
                let byte = self.bytes[(self.at + size - self.distance) % size];
                buffer[length] = self.push(byte);
                self.left -= 1;
                length += 1;
                continue;
            }
            match self.symbols.next()? {
                Symbol::Byte(byte) => {
                    buffer[length] = self.push(byte);
                    length += 1;
                }
                Symbol::Copy {
                    distance,
                    length: left,
                } => {
                    if !(1..=self.bytes.len()).contains(&distance) {
                        return Err(damaged("it points back further than it may"));
                    }
                    (self.distance, self.left) = (distance, left);
                }
                Symbol::End => self.has_ended = true,
            }
        }
        Ok(length)
    }
}
