//! What a folder of a cabinet unpacks to, block after block.

use std::io::{self, Read, Seek, SeekFrom};

use flate2::{Decompress, FlushDecompress};
use lzxd::{Lzxd, WindowSize};

use super::{
    super::{Unreadable, error::damaged},
    Place,
};

/// What a block unpacks to at most, and how far back its bytes may come from.
const BLOCK: usize = 32 << 10;

/// How the blocks of a folder are packed.
#[derive(Clone, Copy)]
pub(super) enum Packing {
    Stored,
    MsZip,
    Lzx(WindowSize),
}

impl Packing {
    /// Source: [MS-CAB] 2.4, typeCompress.
    pub(super) fn of(kind: u16) -> Result<Self, Unreadable> {
        use WindowSize::{KB32, KB64, KB128, KB256, KB512, MB1, MB2};
        Ok(match (kind & 15, kind >> 8 & 31) {
            (0, _) => Self::Stored,
            (1, _) => Self::MsZip,
            (3, window @ 15..=21) => {
                Self::Lzx([KB32, KB64, KB128, KB256, KB512, MB1, MB2][usize::from(window) - 15])
            }
            (2, _) => return Err(Unreadable::Method("Quantum".to_owned())),
            _ => return Err(Unreadable::Method(format!("{kind:#06x} of a cabinet"))),
        })
    }
}

enum Decoder {
    Stored,
    MsZip(Box<Decompress>),
    Lzx(Box<Lzxd>),
}

/// The bytes of a folder.
pub(super) struct Folder<'a, S> {
    source: &'a mut S,
    /// Where the next block lies.
    at: u64,
    left: u16,
    reserved: u8,
    decoder: Decoder,
    packed: Vec<u8>,
    plain: Vec<u8>,
    taken: usize,
}

impl<'a, S: Read + Seek> Folder<'a, S> {
    pub(super) fn new(source: &'a mut S, place: &Place) -> Result<Self, Unreadable> {
        let decoder = match place.packing.clone()? {
            Packing::Stored => Decoder::Stored,
            Packing::MsZip => Decoder::MsZip(Box::new(Decompress::new(false))),
            Packing::Lzx(window) => Decoder::Lzx(Box::new(Lzxd::new(window))),
        };
        Ok(Self {
            source,
            at: place.at,
            left: place.blocks,
            reserved: place.reserved,
            decoder,
            packed: Vec::new(),
            plain: Vec::new(),
            taken: 0,
        })
    }

    fn next_block(&mut self) -> io::Result<()> {
        self.source.seek(SeekFrom::Start(self.at))?;
        let mut header = [0; 8];
        self.source.read_exact(&mut header)?;
        let word = |at: usize| usize::from(u16::from_le_bytes([header[at], header[at + 1]]));
        let (packed, plain) = (word(4), word(6));
        if plain > BLOCK {
            return Err(damaged("a block says it is longer than any may be"));
        }
        if plain == 0 {
            return Err(damaged("a block ends in the next cabinet"));
        }
        let mut reserved = vec![0; self.reserved.into()];
        self.source.read_exact(&mut reserved)?;
        self.packed.resize(packed, 0);
        self.source.read_exact(&mut self.packed)?;
        let sum = u32::from_le_bytes([header[0], header[1], header[2], header[3]]);
        let mut rest = header[4..].to_vec();
        rest.extend(reserved);
        if sum != 0 && sum != checksum(&rest, checksum(&self.packed, 0)) {
            return Err(Unreadable::Checksum.io());
        }
        self.at += 8 + u64::from(self.reserved) + packed as u64;
        self.left -= 1;
        self.unpack(plain)?;
        self.taken = 0;
        match self.plain.len() == plain {
            true => Ok(()),
            false => Err(damaged("a block is not as long as it says")),
        }
    }

    fn unpack(&mut self, length: usize) -> io::Result<()> {
        match &mut self.decoder {
            Decoder::Stored => self.plain.clone_from(&self.packed),
            Decoder::MsZip(inflate) => {
                let packed = self.packed.strip_prefix(b"CK");
                let packed = packed.ok_or_else(|| damaged("a block of MSZIP does not begin so"))?;
                let before = std::mem::replace(&mut self.plain, Vec::with_capacity(length));
                let broken = |error: flate2::DecompressError| damaged(&error.to_string());
                inflate.reset(false);
                if !before.is_empty() {
                    inflate.set_dictionary(&before).map_err(broken)?;
                }
                let all = FlushDecompress::Finish;
                inflate
                    .decompress_vec(packed, &mut self.plain, all)
                    .map_err(broken)?;
            }
            Decoder::Lzx(lzx) => {
                let plain = lzx.decompress_next(&self.packed, length);
                let plain = plain.map_err(|error| damaged(&error.to_string()))?;
                self.plain.clear();
                self.plain.extend(plain);
            }
        }
        Ok(())
    }
}

impl<S: Read + Seek> Read for Folder<'_, S> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.taken == self.plain.len() {
            if self.left == 0 || buffer.is_empty() {
                return Ok(0);
            }
            self.next_block()?;
        }
        let left = &self.plain[self.taken..];
        let length = left.len().min(buffer.len());
        buffer[..length].copy_from_slice(&left[..length]);
        self.taken += length;
        Ok(length)
    }
}

/// Source: [MS-CAB] 3.1, "Checksum method": numbers of four bytes, and what is left over with its first byte highest.
fn checksum(bytes: &[u8], seed: u32) -> u32 {
    let (numbers, rest) = bytes.as_chunks::<4>();
    let sum = numbers
        .iter()
        .fold(seed, |sum, it| sum ^ u32::from_le_bytes(*it));
    sum ^ rest.iter().fold(0, |sum, it| sum << 8 | u32::from(*it))
}
