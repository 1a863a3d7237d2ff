//! What stands around the blocks of a stream.

use std::io::{self, Read};

use crc32fast::Hasher;

use super::super::{error::damaged, reader::fixed};

const MAGIC: &[u8; 6] = b"\xfd7zXZ\0";

/// The head of a stream, 12 bytes.
pub(super) struct StreamHead([u8; Self::LENGTH]);

impl StreamHead {
    pub(super) const LENGTH: usize = 12;

    pub(super) fn read(packed: &mut impl Read) -> io::Result<Self> {
        let head: [u8; Self::LENGTH] = fixed(packed)?;
        match &head {
            _ if !head.starts_with(MAGIC) => {
                Err(damaged("something that is no xz follows the last stream"))
            }
            [_, _, _, _, _, _, 0, 0..=0x0f, sum @ ..] if *sum == sum_of(&head[6..8]) => {
                Ok(Self(head))
            }
            _ => Err(damaged("the head of a stream is damaged")),
        }
    }

    fn flags(&self) -> &[u8] {
        &self.0[6..8]
    }

    /// Returns how long the sum behind each block is, in bytes.
    ///
    /// Source: the .xz file format 1.2.1, 2.1.1.2.
    pub(super) fn check(&self) -> u64 {
        match self.0[7] & 0x0f {
            0 => 0,
            it @ 1.. => 4 << ((it - 1) / 3),
        }
    }
}

/// The head of a block.
pub(super) struct BlockHead {
    length: u64,
    packed: Option<u64>,
    plain: Option<u64>,
}

/// How long a block is with all that belongs to it.
pub(super) struct Whole(u64);

impl Whole {
    /// As the index has it: without the zeros behind what is packed.
    pub(super) fn unpadded(&self) -> u64 {
        self.0
    }

    pub(super) fn padded(&self) -> u64 {
        self.0.next_multiple_of(4)
    }
}

impl BlockHead {
    pub(super) const LONGEST: usize = 1024;

    /// Reads what a block says of itself; none where the index begins. Its sum is held against it when it is unpacked.
    pub(super) fn of(head: &[u8]) -> io::Result<Option<Self>> {
        let broken = || damaged("the head of a block is damaged");
        let (length, flags) = match head {
            [0, ..] => return Ok(None),
            [length, flags, ..] => ((u64::from(*length) + 1) * 4, *flags),
            _ => return Err(damaged("it ends before a block")),
        };
        let mut rest = head.get(2..length as usize).ok_or_else(broken)?;
        let mut number = |is_there: bool| is_there.then(|| vli(&mut rest)).transpose();
        let packed = number(flags & 0x40 != 0)?;
        let plain = number(flags & 0x80 != 0)?;
        Ok(Some(Self {
            length,
            packed,
            plain,
        }))
    }

    /// Returns how many bytes it was packed to, and how many come out, where it says both.
    pub(super) fn lengths(&self) -> Option<(u64, u64)> {
        Some((self.packed?, self.plain?))
    }

    pub(super) fn whole(&self, packed: u64, check: u64) -> Whole {
        Whole((self.length + check).saturating_add(packed))
    }
}

/// Reads a number of up to nine bytes of seven bits.
fn vli(bytes: &mut impl Read) -> io::Result<u64> {
    let mut number = 0;
    for shift in (0..63).step_by(7) {
        let [byte] = fixed(bytes)?;
        number |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return match byte == 0 && shift > 0 {
                true => break,
                false => Ok(number),
            };
        }
    }
    Err(damaged("a number is damaged"))
}

fn put(bytes: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}

fn sum_of(bytes: &[u8]) -> [u8; 4] {
    crc32fast::hash(bytes).to_le_bytes()
}

/// Which blocks there were, in few bytes.
#[derive(Default, PartialEq)]
pub(super) struct Records {
    many: u64,
    sum: u32,
    bytes: u64,
}

impl Records {
    pub(super) fn add(&mut self, unpadded: u64, plain: u64) {
        let mut sum = Hasher::new_with_initial(self.sum);
        sum.update(&unpadded.to_le_bytes());
        sum.update(&plain.to_le_bytes());
        self.sum = sum.finalize();
        self.many += 1;
        self.bytes = self.bytes.wrapping_add(unpadded).wrapping_add(plain);
    }
}

/// Reads the index and what ends a stream, and holds both against the blocks that there were.
pub(super) fn index(packed: &mut impl Read, stream: &StreamHead, seen: &Records) -> io::Result<()> {
    let mut summed = Summed {
        inner: packed,
        sum: Hasher::new(),
        length: 0,
    };
    let _: [u8; 1] = fixed(&mut summed)?;
    let many = vli(&mut summed)?;
    let mut said = Records::default();
    while said.many < many.min(seen.many) {
        let unpadded = vli(&mut summed)?;
        said.add(unpadded, vli(&mut summed)?);
    }
    if many != seen.many || said != *seen {
        return Err(damaged("the index names other blocks"));
    }
    while !summed.length.is_multiple_of(4) {
        if fixed(&mut summed)? != [0] {
            return Err(damaged("the index is damaged"));
        }
    }
    let length = summed.length + 4;
    let sum = summed.sum.finalize().to_le_bytes();
    let end: [u8; 16] = fixed(packed)?;
    let backward = u32::from_le_bytes([end[8], end[9], end[10], end[11]]);
    let is_right = end[..4] == sum
        && end[4..8] == sum_of(&end[8..14])
        && (u64::from(backward) + 1) * 4 == length
        && end[12..14] == *stream.flags()
        && end[14..] == *b"YZ";
    match is_right {
        true => Ok(()),
        false => Err(damaged("the end of a stream is damaged")),
    }
}

/// Sums up bytes as they are read.
struct Summed<'a, R> {
    inner: &'a mut R,
    sum: Hasher,
    length: u64,
}

impl<R: Read> Read for Summed<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = self.inner.read(buffer)?;
        self.sum.update(&buffer[..length]);
        self.length += length as u64;
        Ok(length)
    }
}

/// Returns a whole file with one block alone, given with the zeros behind what is packed.
pub(super) fn alone(stream: &StreamHead, block: Vec<u8>, unpadded: u64, plain: u64) -> Vec<u8> {
    let mut index = vec![0];
    put(&mut index, 1);
    put(&mut index, unpadded);
    put(&mut index, plain);
    index.resize(index.len().next_multiple_of(4), 0);
    index.extend_from_slice(&sum_of(&index));
    let mut end = (index.len() as u32 / 4 - 1).to_le_bytes().to_vec();
    end.extend_from_slice(stream.flags());
    let sum = sum_of(&end);
    [&stream.0[..], &block, &index, &sum, &end, b"YZ"].concat()
}
