//! Sparse files: which of their bytes lie in the archive. The others are zeros.

use std::io::{self, Read};

use super::{super::error::damaged, header::BLOCK, pax::decimal};

/// More extents than any file has.
const MOST: usize = 1 << 20;

/// The extents that are there, in order, and how long the file is.
pub(super) struct Map {
    extents: Vec<(u64, u64)>,
    size: u64,
}

impl Map {
    pub(super) fn new(size: u64) -> Self {
        let extents = Vec::new();
        Self { extents, size }
    }

    pub(super) fn size(&self) -> u64 {
        self.size
    }

    pub(super) fn add(&mut self, at: u64, length: u64) -> io::Result<()> {
        let ends = at.checked_add(length).filter(|it| *it <= self.size);
        let begins = self.extents.last().map_or(0, |(at, length)| at + length);
        if ends.is_none() || at < begins || self.extents.len() == MOST {
            return Err(damaged("a sparse file has a map that is none"));
        }
        self.extents.push((at, length));
        Ok(())
    }
}

/// Reads the map that stands before the bytes: a number a line, how many extents, then offset and length of each;
/// filled up to a block.
pub(super) fn map_of_data(size: u64, data: &mut impl Read) -> io::Result<Map> {
    let mut lines = Lines {
        data,
        block: [0; BLOCK],
        at: BLOCK,
    };
    let mut map = Map::new(size);
    for _ in 0..lines.number()? {
        let (at, length) = (lines.number()?, lines.number()?);
        map.add(at, length)?;
    }
    Ok(map)
}

struct Lines<'a, R> {
    data: &'a mut R,
    block: [u8; BLOCK],
    at: usize,
}

impl<R: Read> Lines<'_, R> {
    fn number(&mut self) -> io::Result<u64> {
        let mut line = Vec::new();
        loop {
            if self.at == BLOCK {
                self.data.read_exact(&mut self.block)?;
                self.at = 0;
            }
            let byte = self.block[self.at];
            self.at += 1;
            match byte {
                b'\n' => break,
                _ if line.len() < 20 => line.push(byte),
                _ => return Err(damaged("a sparse file has a map that is none")),
            }
        }
        decimal(&line).ok_or_else(|| damaged("a sparse file has a map that is none"))
    }
}

/// The file as it was: the extents that are there, and zeros between.
pub(super) struct Holes<R> {
    map: Map,
    /// The extent that comes next, or is being read.
    extent: usize,
    at: u64,
    data: R,
}

impl<R: Read> Holes<R> {
    pub(super) fn of(map: Map, data: R) -> Self {
        Self {
            map,
            extent: 0,
            at: 0,
            data,
        }
    }
}

impl<R: Read> Read for Holes<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let here = |left: u64, buffer: &mut [u8]| {
            let left = usize::try_from(left).unwrap_or(usize::MAX);
            left.min(buffer.len())
        };
        while let Some((begins, length)) = self.map.extents.get(self.extent).copied() {
            let ends = begins + length;
            if self.at >= ends {
                self.extent += 1;
                continue;
            }
            if self.at < begins {
                let zeros = here(begins - self.at, buffer);
                buffer[..zeros].fill(0);
                self.at += zeros as u64;
                return Ok(zeros);
            }
            let most = here(ends - self.at, buffer);
            let read = self.data.read(&mut buffer[..most])?;
            if read == 0 && most > 0 {
                return Err(damaged("it ends in an entry"));
            }
            self.at += read as u64;
            return Ok(read);
        }
        let zeros = here(self.map.size - self.at, buffer);
        buffer[..zeros].fill(0);
        self.at += zeros as u64;
        Ok(zeros)
    }
}
