//! Squeezing: a Huffman code that stands in front as a tree, as in SQ of CP/M.
//!
//! The number of nodes, two bytes; of each node where to go at a zero and at a one, two bytes each: to a node, or below zero
//! to a byte, counted down from -1. Symbol 256 ends it. Bits come the lowest of each byte first.
//!
//! Source: what arc 5.21q of Debian 12 writes.

use std::io::{self, Read};

use super::super::{bits::LowFirst, error::damaged};

/// As many as 257 symbols need.
const MOST_NODES: u16 = 256;
const END: u16 = 256;

pub(super) struct Squeezed<R> {
    bits: LowFirst<R>,
    nodes: Vec<[i16; 2]>,
    has_ended: bool,
}

impl<R: Read> Squeezed<R> {
    pub(super) fn new(mut packed: R) -> io::Result<Self> {
        let mut count = [0; 2];
        packed.read_exact(&mut count)?;
        let count = u16::from_le_bytes(count);
        if count > MOST_NODES {
            return Err(damaged("its code has more nodes than symbols"));
        }
        let mut nodes = Vec::new();
        for _ in 0..count {
            let mut node = [0; 4];
            packed.read_exact(&mut node)?;
            let [a, b, c, d] = node;
            nodes.push([i16::from_le_bytes([a, b]), i16::from_le_bytes([c, d])]);
        }
        Ok(Self {
            bits: LowFirst::new(packed),
            has_ended: nodes.is_empty(),
            nodes,
        })
    }

    /// Takes one bit for each node, so that a circle of nodes ends where the bits do. Arc does not
    /// write its last bits where they fill no byte, so that the end may be cut off.
    fn symbol(&mut self) -> io::Result<u16> {
        let mut at = 0;
        while let Ok(node) = usize::try_from(at) {
            let node = self.nodes.get(node);
            let node = node.ok_or_else(|| damaged("its code leads nowhere"))?;
            let Some(bit) = self.bits.take(1)? else {
                return Ok(END);
            };
            at = node[bit as usize];
        }
        Ok((-1 - at).cast_unsigned())
    }
}

impl<R: Read> Read for Squeezed<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut length = 0;
        while length < buffer.len() && !self.has_ended {
            match self.symbol()? {
                END => self.has_ended = true,
                symbol => {
                    let byte = u8::try_from(symbol);
                    buffer[length] = byte.map_err(|_| damaged("its code is of no byte"))?;
                    length += 1;
                }
            }
        }
        Ok(length)
    }
}
