//! LZ4 as Linux kernels are packed: blocks of 8 MiB behind their length.
//!
//! Source: LZ4 frame format 1.6.4, "Legacy frame".

use std::io::{self, Read};

use lz4_flex::block::decompress_into;

use super::{error::damaged, reader::filled};

const MAGIC: [u8; 4] = [0x02, 0x21, 0x4c, 0x18];
/// What a block has unpacked, at most.
const BLOCK: usize = 8 << 20;
/// What a block has packed, at most: what does not shrink grows by a little.
const PACKED: usize = BLOCK + BLOCK / 255 + 16;

pub(super) struct Lz4Legacy<R> {
    packed: R,
    block: Vec<u8>,
    at: usize,
    has_begun: bool,
}

impl<R: Read> Lz4Legacy<R> {
    pub(super) fn new(packed: R) -> Self {
        Self {
            packed,
            block: Vec::new(),
            at: 0,
            has_begun: false,
        }
    }

    /// Unpacks the next block; returns whether there was one.
    fn next(&mut self) -> io::Result<bool> {
        loop {
            let mut word = [0; 4];
            match (filled(&mut self.packed, &mut word)?, word) {
                (0, _) if self.has_begun => return Ok(false),
                // Again where another stream follows.
                (4, MAGIC) => self.has_begun = true,
                (4, length) if self.has_begun => {
                    let length = u32::from_le_bytes(length) as usize;
                    return self.unpack(length).map(|()| true);
                }
                _ => return Err(damaged("it ends in the length of a block")),
            }
        }
    }

    fn unpack(&mut self, length: usize) -> io::Result<()> {
        if length > PACKED {
            return Err(damaged("a block is longer than any"));
        }
        let mut packed = Vec::new();
        (&mut self.packed)
            .take(length as u64)
            .read_to_end(&mut packed)?;
        if packed.len() < length {
            return Err(damaged("it ends in a block"));
        }
        self.block.resize(BLOCK, 0);
        let unpacked = decompress_into(&packed, &mut self.block);
        let length = unpacked.map_err(|_| damaged("a block cannot be unpacked"))?;
        self.block.truncate(length);
        self.at = 0;
        Ok(())
    }
}

impl<R: Read> Read for Lz4Legacy<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.at == self.block.len() {
            if !self.next()? {
                return Ok(0);
            }
        }
        let left = &self.block[self.at..];
        let length = left.len().min(buffer.len());
        buffer[..length].copy_from_slice(&left[..length]);
        self.at += length;
        Ok(length)
    }
}
