//! The sectors of a compound file. Each belongs to one stream: what shares them is refused, and no chain has no end.

use std::io::{self, Read, Seek, SeekFrom};

use super::super::{Exceeded, error::damaged};

/// The highest number of a sector; those above say why there is none.
const LAST: u32 = 0xffff_fffa;
/// Numbers of sectors of the table that stand in the header.
const IN_HEADER: usize = 109;
/// A small sector, of 64 bytes.
const SMALL: u32 = 6;

/// Where a stream lies.
#[derive(Clone, Copy)]
pub(super) struct Stream {
    pub(super) begins: u32,
    pub(super) size: u64,
}

/// A table of which sector follows which, and which of them some stream has taken.
struct Table {
    next: Vec<u32>,
    is_taken: Vec<bool>,
}

impl Table {
    fn of(bytes: &[u8]) -> Self {
        let (numbers, _) = bytes.as_chunks::<4>();
        let next: Vec<u32> = numbers.iter().map(|it| u32::from_le_bytes(*it)).collect();
        let is_taken = vec![false; next.len()];
        Self { next, is_taken }
    }

    /// Takes a chain of so many sectors, or up to its end.
    fn chain(&mut self, begins: u32, most: Option<u64>) -> io::Result<Vec<u32>> {
        let mut chain = Vec::new();
        let mut at = begins;
        while at <= LAST && most.is_none_or(|most| (chain.len() as u64) < most) {
            let place = usize::try_from(at).unwrap_or(usize::MAX);
            let next = self.next.get(place);
            let next = *next.ok_or_else(|| damaged("a sector is not in the table of sectors"))?;
            if std::mem::replace(&mut self.is_taken[place], true) {
                return Err(io::Error::other(Exceeded::Overlap));
            }
            chain.push(at);
            at = next;
        }
        match most.is_none_or(|most| chain.len() as u64 == most) {
            true => Ok(chain),
            false => Err(damaged("a stream ends before it says")),
        }
    }
}

pub(super) struct Sectors<S> {
    source: S,
    /// How many bytes a sector has, as a power of two.
    shift: u32,
    is_long: bool,
    /// Streams below this size lie in small sectors.
    cutoff: u64,
    large: Table,
    small: Table,
    /// The sectors that the small ones lie in.
    holds_small: Vec<u32>,
    directory: u32,
    memory: u64,
}

impl<S: Read + Seek> Sectors<S> {
    pub(super) fn of(mut source: S, memory_kib: u32) -> io::Result<Self> {
        let mut header = [0; 512];
        let length = source.seek(SeekFrom::End(0))?;
        source.seek(SeekFrom::Start(0))?;
        source.read_exact(&mut header)?;
        let word = |at: usize| u16::from_le_bytes([header[at], header[at + 1]]);
        let long = |at: usize| u32::from(word(at)) | u32::from(word(at + 2)) << 16;
        let (version, shift) = (word(26), u32::from(word(30)));
        if !matches!((version, shift), (3, 9) | (4, 12)) || word(32) != 6 || word(28) != 0xfffe {
            return Err(damaged("its sectors are of a size that none have"));
        }
        let mut sectors = Self {
            source,
            shift,
            is_long: version == 4,
            cutoff: long(56).into(),
            large: Table::of(&[]),
            small: Table::of(&[]),
            holds_small: Vec::new(),
            directory: long(48),
            memory: u64::from(memory_kib) << 10,
        };
        let wanted = u64::from(long(44));
        let most = (length >> shift) / (1 << (shift - 2)) + 1;
        if wanted > most {
            return Err(damaged("its table of sectors is longer than it"));
        }
        sectors.fits(wanted << shift)?;
        let mut places: Vec<u32> = (0..IN_HEADER).map(|it| long(76 + 4 * it)).collect();
        let mut more = long(68);
        while (places.len() as u64) < wanted {
            let mut sector = vec![0; 1 << shift];
            sectors.read_at(more, 0, &mut sector)?;
            let numbers = Table::of(&sector).next;
            let (next, numbers) = numbers
                .split_last()
                .map_or((LAST, &[][..]), |it| (*it.0, it.1));
            places.extend(numbers);
            more = next;
        }
        places.truncate(usize::try_from(wanted).unwrap_or(usize::MAX));
        sectors.large = Table::of(&sectors.whole(&places)?);
        let chain = sectors.large.chain(long(60), None)?;
        sectors.small = Table::of(&sectors.whole(&chain)?);
        Ok(sectors)
    }

    /// Reads the directory.
    pub(super) fn directory(&mut self) -> io::Result<Vec<u8>> {
        let chain = self.large.chain(self.directory, None)?;
        self.whole(&chain)
    }

    /// Notes where small sectors lie: in the stream of the root.
    pub(super) fn small(&mut self, root: &Stream) -> io::Result<()> {
        self.holds_small = self.large.chain(root.begins, None)?;
        Ok(())
    }

    /// Lets every stream be opened once more.
    pub(super) fn anew(&mut self) {
        self.large.is_taken.fill(false);
        self.small.is_taken.fill(false);
    }

    /// Returns the bytes of a stream, which may be opened once.
    pub(super) fn open(&mut self, stream: &Stream) -> io::Result<Opened<'_, S>> {
        // Older writers leave anything in the upper half.
        let size = match self.is_long {
            true => stream.size,
            false => stream.size & u64::from(u32::MAX),
        };
        let is_small = size < self.cutoff;
        let shift = if is_small { SMALL } else { self.shift };
        let sectors = size.div_ceil(1 << shift);
        let chain = match is_small {
            true => self.small.chain(stream.begins, Some(sectors))?,
            false => self.large.chain(stream.begins, Some(sectors))?,
        };
        Ok(Opened {
            sectors: self,
            chain,
            shift,
            is_small,
            size,
            at: 0,
        })
    }

    /// Reads sectors one after the other.
    fn whole(&mut self, sectors: &[u32]) -> io::Result<Vec<u8>> {
        let size = (sectors.len() as u64) << self.shift;
        self.fits(size)?;
        let mut bytes = Vec::new();
        for sector in sectors {
            let begins = bytes.len();
            bytes.resize(begins + (1 << self.shift), 0);
            self.read_at(*sector, 0, &mut bytes[begins..])?;
        }
        Ok(bytes)
    }

    fn fits(&self, size: u64) -> io::Result<()> {
        // Numbers and what is known of each sector take some more.
        match size.saturating_mul(4) <= self.memory {
            true => Ok(()),
            false => {
                let kib = u32::try_from(self.memory >> 10).unwrap_or(u32::MAX);
                Err(io::Error::other(Exceeded::Memory(kib)))
            }
        }
    }

    fn read_at(&mut self, sector: u32, within: u64, buffer: &mut [u8]) -> io::Result<()> {
        if sector > LAST {
            return Err(damaged("a sector is missing"));
        }
        let at = (u64::from(sector) + 1) << self.shift;
        self.source.seek(SeekFrom::Start(at + within))?;
        self.source.read_exact(buffer)
    }
}

/// The bytes of a stream.
pub(super) struct Opened<'a, S> {
    sectors: &'a mut Sectors<S>,
    chain: Vec<u32>,
    shift: u32,
    is_small: bool,
    size: u64,
    at: u64,
}

impl<S: Read + Seek> Read for Opened<'_, S> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = self.size.saturating_sub(self.at);
        let mut within = self.at & ((1 << self.shift) - 1);
        let here = ((1 << self.shift) - within)
            .min(left)
            .min(buffer.len() as u64);
        let Ok(here @ 1..) = usize::try_from(here) else {
            return Ok(0);
        };
        let sector = usize::try_from(self.at >> self.shift).ok();
        let sector = sector.and_then(|it| self.chain.get(it)).copied();
        let mut sector = sector.ok_or_else(|| damaged("a stream ends before it says"))?;
        if self.is_small {
            let at = u64::from(sector) << SMALL;
            let large = usize::try_from(at >> self.sectors.shift).ok();
            let large = large.and_then(|it| self.sectors.holds_small.get(it));
            sector = *large.ok_or_else(|| damaged("a small sector is missing"))?;
            within += at & ((1 << self.sectors.shift) - 1);
        }
        self.sectors.read_at(sector, within, &mut buffer[..here])?;
        self.at += here as u64;
        Ok(here)
    }
}

impl<S: Read + Seek> Seek for Opened<'_, S> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let at = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::Current(by) => self.at.checked_add_signed(by),
            SeekFrom::End(by) => self.size.checked_add_signed(by),
        };
        self.at = at.ok_or(io::ErrorKind::InvalidInput)?;
        Ok(self.at)
    }
}
