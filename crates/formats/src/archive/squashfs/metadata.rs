//! Blocks of a SquashFS, unpacked, and the tables that lie in them.

use std::{
    collections::HashMap,
    io::{self, Read, Seek, SeekFrom},
    rc::Rc,
};

use flate2::read::ZlibDecoder;
use lzma_rust2::{LzmaReader, XzReader};

use super::super::{Budget, Unreadable, error::damaged, lzo, zstandard::Zstandard};

/// What a block of a table unpacks to at most.
const BLOCK: usize = 8 << 10;
/// So many blocks of tables are kept: 8 MiB.
const KEPT: usize = 1024;

/// How all blocks are packed.
#[derive(Clone, Copy)]
pub(super) enum Packing {
    Zlib,
    Lzma,
    Lzo,
    Xz,
    Lz4,
    Zstandard,
}

impl Packing {
    pub(super) fn of(number: u16) -> io::Result<Self> {
        Ok(match number {
            1 => Self::Zlib,
            2 => Self::Lzma,
            3 => Self::Lzo,
            4 => Self::Xz,
            5 => Self::Lz4,
            6 => Self::Zstandard,
            _ => return Err(Unreadable::Method(format!("{number} of SquashFS")).io()),
        })
    }

    /// Unpacks a block that has so many bytes at most.
    fn unpacked(self, packed: &[u8], most: usize, budget: &Budget) -> io::Result<Vec<u8>> {
        let memory = budget.limits().memory_kib;
        let all = |reader: &mut dyn Read| {
            let mut plain = Vec::new();
            reader.take(most as u64 + 1).read_to_end(&mut plain)?;
            Ok::<_, io::Error>(plain)
        };
        let plain = match self {
            Self::Zlib => all(&mut ZlibDecoder::new(packed))?,
            Self::Lzma => all(&mut LzmaReader::new_mem_limit(packed, memory, None)?)?,
            Self::Lzo => lzo::unpacked(packed, most)?,
            Self::Xz => all(&mut XzReader::new_mem_limit(packed, false, memory))?,
            Self::Lz4 => {
                let mut plain = vec![0; most];
                let length = lz4_flex::block::decompress_into(packed, &mut plain);
                plain.truncate(length.map_err(|error| damaged(&error.to_string()))?);
                plain
            }
            Self::Zstandard => all(&mut Zstandard::new(packed, u64::from(memory) << 10))?,
        };
        match plain.len() <= most {
            true => Ok(plain),
            false => Err(damaged("a block is longer than any may be")),
        }
    }
}

/// Something in a table: where its block lies, counted from the table, and where in the block it does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Place {
    pub(super) block: u64,
    pub(super) offset: u16,
}

impl Place {
    pub(super) fn of(reference: u64) -> Self {
        Self {
            block: reference >> 16,
            offset: (reference & 0xffff) as u16,
        }
    }
}

/// The source, and what was read of its tables.
pub(super) struct Store<'a, S> {
    source: S,
    packing: Packing,
    budget: &'a Budget,
    /// Blocks of tables by their place, each with the place behind it.
    kept: HashMap<u64, (Rc<[u8]>, u64)>,
    /// The block of data that was unpacked last: small files share one.
    last: (u64, Rc<[u8]>),
}

impl<'a, S: Read + Seek> Store<'a, S> {
    pub(super) fn new(source: S, packing: Packing, budget: &'a Budget) -> Self {
        let last = (u64::MAX, Rc::from([]));
        Self {
            source,
            packing,
            budget,
            kept: HashMap::new(),
            last,
        }
    }

    pub(super) fn budget(&self) -> &'a Budget {
        self.budget
    }

    /// Reads from a place in a table on.
    pub(super) fn reader(&mut self, table: u64, place: Place) -> Reader<'_, 'a, S> {
        let next = table.saturating_add(place.block);
        Reader {
            store: self,
            block: Rc::from([]),
            at: 0,
            next,
            skip: place.offset.into(),
        }
    }

    /// Returns a number of eight bytes that lies in the source as it is.
    pub(super) fn number(&mut self, at: u64) -> io::Result<u64> {
        let mut number = [0; 8];
        self.source.seek(SeekFrom::Start(at))?;
        self.source.read_exact(&mut number)?;
        Ok(u64::from_le_bytes(number))
    }

    /// Returns a block of data; bit 24 of its size says that it is stored as it is.
    pub(super) fn data(&mut self, at: u64, size: u32, most: usize) -> io::Result<Rc<[u8]>> {
        if self.last.0 == at {
            return Ok(self.last.1.clone());
        }
        let is_stored = size & 1 << 24 != 0;
        let block: Rc<[u8]> = self
            .block(at, (size & 0xff_ffff) as usize, is_stored, most)?
            .into();
        self.last = (at, block.clone());
        Ok(block)
    }

    fn block(&mut self, at: u64, size: usize, is_stored: bool, most: usize) -> io::Result<Vec<u8>> {
        if size > most {
            return Err(damaged("a block is longer than any may be"));
        }
        let mut packed = vec![0; size];
        self.source.seek(SeekFrom::Start(at))?;
        self.source.read_exact(&mut packed)?;
        let plain = match is_stored {
            true => packed,
            false => self.packing.unpacked(&packed, most, self.budget)?,
        };
        self.budget
            .was_decoded(plain.len())
            .map_err(io::Error::other)?;
        Ok(plain)
    }

    fn table(&mut self, at: u64) -> io::Result<(Rc<[u8]>, u64)> {
        if let Some(kept) = self.kept.get(&at) {
            return Ok(kept.clone());
        }
        let mut header = [0; 2];
        self.source.seek(SeekFrom::Start(at))?;
        self.source.read_exact(&mut header)?;
        let header = u16::from_le_bytes(header);
        let size = usize::from(header & 0x7fff);
        let block = self.block(at.saturating_add(2), size, header & 0x8000 != 0, BLOCK)?;
        if block.is_empty() {
            return Err(damaged("a block of a table is empty"));
        }
        if self.kept.len() == KEPT {
            self.kept.clear();
        }
        let whole = (Rc::from(block), at.saturating_add(2 + size as u64));
        self.kept.insert(at, whole.clone());
        Ok(whole)
    }
}

/// Reads a table, block after block.
pub(super) struct Reader<'a, 'b, S> {
    store: &'a mut Store<'b, S>,
    block: Rc<[u8]>,
    at: usize,
    next: u64,
    skip: usize,
}

impl<S: Read + Seek> Reader<'_, '_, S> {
    pub(super) fn bytes(&mut self, length: usize) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::with_capacity(length.min(64 << 10));
        while bytes.len() < length {
            if self.at == self.block.len() {
                (self.block, self.next) = self.store.table(self.next)?;
                self.at = std::mem::take(&mut self.skip);
                if self.at > self.block.len() {
                    return Err(damaged("something lies behind its block"));
                }
                continue;
            }
            let more = (length - bytes.len()).min(self.block.len() - self.at);
            bytes.extend(&self.block[self.at..self.at + more]);
            self.at += more;
        }
        Ok(bytes)
    }

    fn fixed<const SIZE: usize>(&mut self) -> io::Result<[u8; SIZE]> {
        let mut fixed = [0; SIZE];
        fixed.copy_from_slice(&self.bytes(SIZE)?);
        Ok(fixed)
    }

    pub(super) fn word(&mut self) -> io::Result<u16> {
        self.fixed().map(u16::from_le_bytes)
    }

    pub(super) fn long(&mut self) -> io::Result<u32> {
        self.fixed().map(u32::from_le_bytes)
    }

    pub(super) fn longest(&mut self) -> io::Result<u64> {
        self.fixed().map(u64::from_le_bytes)
    }
}
