//! Resources: bytes that are stored, or packed in chunks that each begin anew.
//!
//! Source: as of the header. A chunk that did not become smaller is stored.

use std::io::{self, Read, Seek, SeekFrom};

use super::{
    super::{Budget, Exceeded, Unreadable, error::damaged},
    code::Code,
    header::{Extent, Header, Method, u32_at, u64_at},
    lzms::Lzms,
    lzx::{self, Lzx},
    xpress,
};

/// The header of a solid resource.
const SOLID: u64 = 16;

/// A resource, by what the list says of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Resource {
    pub(super) at: u64,
    pub(super) packed: u64,
    pub(super) size: u64,
    /// Nothing where its bytes lie as they are.
    pub(super) chunks: Option<Chunks>,
}

/// How a resource is cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Chunks {
    pub(super) method: Method,
    /// Bytes of each, but of the last one.
    pub(super) size: u32,
    /// Their sizes stand before them, behind a header; else where they begin does, but for the first.
    is_solid: bool,
}

impl Resource {
    /// One that stands by itself.
    pub(super) fn alone(extent: &Extent, header: &Header) -> Self {
        let chunks = extent.is_packed().then_some(Chunks {
            method: header.method,
            size: header.chunk,
            is_solid: false,
        });
        Self {
            at: extent.at,
            packed: extent.packed,
            size: extent.size,
            chunks,
        }
    }

    /// One of several files, which says itself how large it is.
    pub(super) fn solid(source: &mut (impl Read + Seek), extent: &Extent) -> io::Result<Self> {
        let mut bytes = [0; SOLID as usize];
        source.seek(SeekFrom::Start(extent.at))?;
        source.read_exact(&mut bytes)?;
        Ok(Self {
            at: extent.at,
            packed: extent.packed,
            size: u64_at(&bytes, 0),
            chunks: Some(Chunks {
                method: Method::numbered(u32_at(&bytes, 12)),
                size: u32_at(&bytes, 8),
                is_solid: true,
            }),
        })
    }

    /// Returns whether these bytes lie in more than one chunk.
    pub(super) fn is_cut(&self, at: u64, size: u64) -> bool {
        let chunk = self.chunks.map_or(u64::MAX, |it| it.size.max(1).into());
        at / chunk != at.saturating_add(size).saturating_sub(1) / chunk
    }
}

/// Reads resources, and keeps the chunk that it unpacked last.
pub(super) struct Reader<'a, S> {
    pub(super) source: S,
    pub(super) budget: &'a Budget,
    length: u64,
    open: Option<Open>,
    /// Which chunk `plain` holds; or which one could not be unpacked.
    held: Option<(u64, Held)>,
    plain: Vec<u8>,
    packed: Vec<u8>,
    code: Option<Code>,
    lzx: Option<Lzx>,
    lzms: Option<Lzms>,
}

/// A resource whose chunks are known.
struct Open {
    resource: Resource,
    /// Where each chunk begins, and where the last one ends.
    begins: Vec<u64>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Held {
    Whole,
    Damaged,
}

impl<'a, S: Read + Seek> Reader<'a, S> {
    pub(super) fn new(mut source: S, budget: &'a Budget) -> io::Result<Self> {
        let length = source.seek(SeekFrom::End(0))?;
        Ok(Self {
            source,
            budget,
            length,
            open: None,
            held: None,
            plain: Vec::new(),
            packed: Vec::new(),
            code: None,
            lzx: None,
            lzms: None,
        })
    }

    /// Reads a whole resource, of which no more than `most` bytes are taken.
    pub(super) fn whole(&mut self, resource: &Resource, most: u64) -> io::Result<Vec<u8>> {
        if resource.size > most {
            return Err(self.too_large());
        }
        let mut bytes = Vec::new();
        let mut part = vec![0; 64 << 10];
        while (bytes.len() as u64) < resource.size {
            let left = resource.size - bytes.len() as u64;
            let wanted = usize::try_from(left).map_or(part.len(), |it| it.min(part.len()));
            let length = self.read(resource, bytes.len() as u64, &mut part[..wanted])?;
            if length == 0 {
                return Err(damaged("a resource ends too early"));
            }
            bytes.extend_from_slice(&part[..length]);
        }
        Ok(bytes)
    }

    /// Reads bytes of a resource from a place in it on; none at its end.
    pub(super) fn read(
        &mut self,
        resource: &Resource,
        at: u64,
        buffer: &mut [u8],
    ) -> io::Result<usize> {
        let left = resource.size.saturating_sub(at);
        if left == 0 || buffer.is_empty() {
            return Ok(0);
        }
        let most = usize::try_from(left).map_or(buffer.len(), |it| it.min(buffer.len()));
        let buffer = &mut buffer[..most];
        let Some(chunks) = resource.chunks else {
            return self.stored(resource, at, buffer);
        };
        if self.open.as_ref().is_none_or(|it| it.resource != *resource) {
            self.open = None;
            self.held = None;
            self.open = Some(self.opened(resource, chunks)?);
        }
        let size = u64::from(chunks.size);
        self.hold(chunks, at / size)?;
        let plain = self.plain.get((at % size) as usize..).unwrap_or_default();
        let length = plain.len().min(buffer.len());
        buffer[..length].copy_from_slice(&plain[..length]);
        Ok(length)
    }

    fn stored(&mut self, resource: &Resource, at: u64, buffer: &mut [u8]) -> io::Result<usize> {
        if resource.packed != resource.size {
            return Err(damaged("a stored resource has two sizes"));
        }
        let at = resource.at.checked_add(at);
        self.source.seek(SeekFrom::Start(
            at.ok_or_else(|| damaged("a resource lies nowhere"))?,
        ))?;
        match self.source.read(buffer)? {
            0 => Err(damaged("it ends in a resource")),
            length => Ok(length),
        }
    }

    /// Reads where the chunks lie. All of it lies in the file: nothing is taken room for that is not there.
    fn opened(&mut self, resource: &Resource, chunks: Chunks) -> io::Result<Open> {
        let wrong = || damaged("chunks lie outside of their resource");
        let end = resource.at.checked_add(resource.packed);
        let end = end.filter(|it| *it <= self.length).ok_or_else(wrong)?;
        if let Method::Unknown(number) = chunks.method {
            return Err(Unreadable::Method(format!("WIM method {number:#x}")).io());
        }
        self.refuse_large(chunks)?;
        let many = resource.size.div_ceil(chunks.size.into());
        let (entries, width, head) = match chunks.is_solid {
            true => (many, 4, SOLID),
            false if resource.size > u32::MAX.into() => (many - 1, 8, 0),
            false => (many - 1, 4, 0),
        };
        let table = entries.checked_mul(width);
        let table = table.filter(|it| it.saturating_add(head) <= resource.packed);
        let table = table.ok_or_else(wrong)?;
        if table.saturating_mul(4) > self.memory() {
            return Err(self.too_large());
        }
        // Counted like what comes out: many files must not share one long table.
        let counted = self.budget.was_decoded(table as usize);
        counted.map_err(io::Error::other)?;
        let mut bytes = Vec::new();
        let from = resource.at + head;
        self.source.seek(SeekFrom::Start(from))?;
        (&mut self.source).take(table).read_to_end(&mut bytes)?;
        let first = from + table;
        let mut begins = Vec::with_capacity(bytes.len() / width as usize + 2);
        begins.push(first);
        for entry in bytes.chunks_exact(width as usize) {
            let number = match width {
                4 => u32_at(entry, 0).into(),
                _ => u64_at(entry, 0),
            };
            let before = match chunks.is_solid {
                true => *begins.last().unwrap_or(&first),
                false => first,
            };
            begins.push(before.checked_add(number).ok_or_else(wrong)?);
        }
        if !chunks.is_solid {
            begins.push(end);
        }
        let is_right = begins.len() as u64 == many + 1
            && begins.is_sorted()
            && begins.last().is_some_and(|it| *it <= end);
        match is_right {
            true => Ok(Open {
                resource: *resource,
                begins,
            }),
            false => Err(wrong()),
        }
    }

    /// Room is taken for a chunk, and for what it is packed in.
    fn refuse_large(&self, chunks: Chunks) -> io::Result<()> {
        let largest = match chunks.method {
            Method::Xpress => xpress::LARGEST,
            Method::Lzx => lzx::LARGEST,
            _ => u32::MAX as usize,
        };
        match chunks.size {
            0 => Err(damaged("chunks have no bytes")),
            size if size as usize > largest => Err(damaged("chunks are larger than may be")),
            size if u64::from(size) * 2 > self.memory() => Err(self.too_large()),
            _ => Ok(()),
        }
    }

    /// Unpacks a chunk, where it is not the one that is held.
    fn hold(&mut self, chunks: Chunks, which: u64) -> io::Result<()> {
        match self.held {
            Some((held, Held::Whole)) if held == which => return Ok(()),
            // Tried once: a damaged chunk of many files must not cost its time for each of them.
            Some((held, Held::Damaged)) if held == which => {
                return Err(damaged("the chunk it lies in is damaged"));
            }
            _ => {}
        }
        self.held = Some((which, Held::Damaged));
        self.unpack(chunks, which)?;
        self.held = Some((which, Held::Whole));
        Ok(())
    }

    fn unpack(&mut self, chunks: Chunks, which: u64) -> io::Result<()> {
        let wrong = || damaged("there is no such chunk");
        let open = self.open.as_ref().ok_or_else(wrong)?;
        let index = usize::try_from(which).map_err(|_| wrong())?;
        let Some([begins, ends]) = open.begins.get(index..).and_then(|it| it.first_chunk()) else {
            return Err(wrong());
        };
        let left = open.resource.size - which * u64::from(chunks.size);
        let size = left.min(chunks.size.into()) as usize;
        let packed = ends - begins;
        if packed > size as u64 {
            return Err(damaged("a chunk is larger than what it holds"));
        }
        // Counted before, so that chunks cost no more time than what may come out does, damaged or not.
        let counted = self.budget.was_decoded(size);
        counted.map_err(io::Error::other)?;
        self.source.seek(SeekFrom::Start(*begins))?;
        self.packed.clear();
        (&mut self.source)
            .take(packed)
            .read_to_end(&mut self.packed)?;
        if self.packed.len() as u64 != packed {
            return Err(damaged("it ends in a chunk"));
        }
        if packed == size as u64 {
            std::mem::swap(&mut self.plain, &mut self.packed);
            return Ok(());
        }
        self.plain.clear();
        self.plain.resize(size, 0);
        let (packed, plain) = (&self.packed, &mut self.plain);
        match chunks.method {
            Method::Xpress => {
                xpress::unpack(packed, plain, self.code.get_or_insert_with(Code::new))
            }
            Method::Lzx => {
                let lzx = self.lzx.get_or_insert_with(Lzx::new);
                lzx.unpack(packed, plain, chunks.size as usize)
            }
            Method::Lzms => self
                .lzms
                .get_or_insert_with(Lzms::new)
                .unpack(packed, plain),
            Method::Stored | Method::Unknown(_) => Err(damaged("a stored chunk has two sizes")),
        }
    }

    pub(super) fn memory(&self) -> u64 {
        u64::from(self.budget.limits().memory_kib) << 10
    }

    pub(super) fn too_large(&self) -> io::Error {
        io::Error::other(Exceeded::Memory(self.budget.limits().memory_kib))
    }
}
