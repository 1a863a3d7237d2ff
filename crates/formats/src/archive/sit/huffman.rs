//! A tree of codes, each leaf a byte, before the bytes in those codes.

use std::io::{self, BufReader, Read};

use super::super::{error::damaged, reader::fixed};

/// Bytes of which each is a leaf at most.
const LEAVES: usize = 256;

/// A place in the tree: a byte, or where its two branches are.
#[derive(Clone, Copy)]
enum Node {
    Leaf(u8),
    Fork([usize; 2]),
}

/// The bytes that the codes stand for.
pub(super) struct Huffman<R> {
    stream: BufReader<R>,
    byte: u8,
    bits: u8,
    tree: Vec<Node>,
    left: u64,
}

impl<R: Read> Huffman<R> {
    pub(super) fn new(stream: R, size: u64) -> Self {
        Self {
            stream: BufReader::with_capacity(4 << 10, stream),
            byte: 0,
            bits: 0,
            tree: Vec::new(),
            left: size,
        }
    }

    fn bit(&mut self) -> io::Result<usize> {
        if self.bits == 0 {
            [self.byte] = fixed(&mut self.stream)?;
            self.bits = 8;
        }
        self.bits -= 1;
        Ok(usize::from(self.byte >> self.bits & 1))
    }

    /// Reads the tree: one for a leaf and its byte, zero for a fork and its two branches.
    fn grow(&mut self) -> io::Result<()> {
        // Branches that are still to come: of which fork, and which of the two.
        let mut open = vec![None];
        while let Some(branch) = open.pop() {
            let place = self.tree.len();
            if place >= 2 * LEAVES {
                return Err(damaged(
                    "a tree of codes has more leaves than there are bytes",
                ));
            }
            if let Some((fork, side)) = branch
                && let Some(Node::Fork(branches)) = self.tree.get_mut::<usize>(fork)
            {
                branches[usize::from(side)] = place;
            }
            if self.bit()? == 1 {
                let mut byte = 0;
                for _ in 0..8 {
                    byte = byte << 1 | u8::from(self.bit()? == 1);
                }
                self.tree.push(Node::Leaf(byte));
            } else {
                self.tree.push(Node::Fork([0, 0]));
                open.extend([Some((place, true)), Some((place, false))]);
            }
        }
        Ok(())
    }
}

impl<R: Read> Read for Huffman<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.tree.is_empty() {
            self.grow()?;
        }
        let mut length = 0;
        while length < buffer.len() && self.left > 0 {
            let mut node = self.tree[0];
            while let Node::Fork(branches) = node {
                let side = self.bit()?;
                node = self.tree[branches[side]];
            }
            if let Node::Leaf(byte) = node {
                buffer[length] = byte;
            }
            length += 1;
            self.left -= 1;
        }
        Ok(length)
    }
}
