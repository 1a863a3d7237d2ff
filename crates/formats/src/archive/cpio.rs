//! cpio: binary of both byte orders, odc, newc, crc.
//!
//! Source: cpio(5) of libarchive; Linux, Documentation/driver-api/early-userspace/buffer-format.rst.

use std::{
    collections::HashMap,
    io::{self, Read},
};

use super::{
    ArchiveError, Asked, Entry, EntryKind, Kind, Next, Unreadable, Visitor,
    error::damaged,
    modes,
    reader::{Counted, Whole, filled, skipped},
};

/// The name behind which nothing follows.
const END: &[u8] = b"TRAILER!!!";

/// Device and inode: what tells one file from another.
type Identity = (u64, u64);

struct Header {
    identity: Identity,
    mode: u32,
    links: u64,
    modified: i64,
    name_length: u64,
    size: u64,
    sum: Option<u32>,
    /// Name and bytes are filled up to a multiple of it.
    unit: u64,
    length: u64,
}

/// Shows every entry of a cpio stream.
pub(super) fn visit(
    mut stream: impl Read,
    asked: &Asked<'_>,
    visitor: &mut dyn Visitor,
) -> Result<Next, ArchiveError> {
    let broken = |error| ArchiveError::of(Kind::Cpio, error);
    let mut links = Links::default();
    while let Some(header) = next_header(&mut stream).map_err(broken)? {
        let name = name(&mut stream, &header, asked)?;
        if name == END {
            break;
        }
        asked.budget.one_more()?;
        let padding = header.size.next_multiple_of(header.unit) - header.size;
        let mut data = (&mut stream).take(header.size);
        let mut kind = kind_of(&header, &mut data, asked)?;
        if kind == EntryKind::File && header.links > 1 {
            match links.seen(&header, &name) {
                Link::First => {}
                Link::Again(first) => kind = EntryKind::Same(first),
                Link::Before => continue,
            }
        }
        let entry = entry_of(&header, name, kind);
        let next = {
            let mut sum = Summed {
                inner: Whole(&mut data),
                sum: 0,
                right: header.sum,
            };
            visitor.entry(&entry, &mut Counted::entry(&mut sum, asked.budget))
        };
        let left = data.limit() + padding;
        if next == Next::Stop {
            return Ok(next);
        }
        for again in links.waiting(&header) {
            let kind = EntryKind::Same(entry.name.clone());
            let entry = entry_of(&header, again, kind);
            if visitor.entry(&entry, &mut io::empty()) == Next::Stop {
                return Ok(Next::Stop);
            }
        }
        skipped(&mut stream, left).map_err(broken)?;
    }
    // Links to bytes that never came are files without any.
    for (header, name) in links.rest() {
        let entry = entry_of(&header, name, EntryKind::File);
        if visitor.entry(&entry, &mut io::empty()) == Next::Stop {
            return Ok(Next::Stop);
        }
    }
    Ok(Next::Go)
}

/// Reads the next header, in whichever of the forms it is; none at the end of the stream.
fn next_header(stream: &mut impl Read) -> io::Result<Option<Header>> {
    let mut magic = [0; 6];
    match filled(stream, &mut magic)? {
        0 => return Ok(None),
        6 => {}
        _ => return Err(damaged("it ends in a header")),
    }
    match &magic {
        b"070701" | b"070702" => newc(stream, magic[5] == b'2').map(Some),
        b"070707" => odc(stream).map(Some),
        [0xc7, 0x71, ..] | [0x71, 0xc7, ..] => binary(stream, magic).map(Some),
        _ => Err(damaged("something that is no header is where one must be")),
    }
}

fn newc(stream: &mut impl Read, is_summed: bool) -> io::Result<Header> {
    let fields: [u64; 13] = numbers(stream, [8; 13], 16)?;
    let [
        inode,
        mode,
        _,
        _,
        links,
        modified,
        size,
        major,
        minor,
        ..,
        name_length,
        sum,
    ] = fields;
    Ok(Header {
        identity: (major << 32 | minor, inode),
        mode: mode as u32,
        links,
        modified: modified.cast_signed(),
        name_length,
        size,
        sum: is_summed.then_some(sum as u32),
        unit: 4,
        length: 110,
    })
}

fn odc(stream: &mut impl Read) -> io::Result<Header> {
    let widths = [6, 6, 6, 6, 6, 6, 6, 11, 6, 11];
    let [
        device,
        inode,
        mode,
        _,
        _,
        links,
        _,
        modified,
        name_length,
        size,
    ] = numbers(stream, widths, 8)?;
    Ok(Header {
        identity: (device, inode),
        mode: mode as u32,
        links,
        modified: modified.cast_signed(),
        name_length,
        size,
        sum: None,
        unit: 1,
        length: 76,
    })
}

fn binary(stream: &mut impl Read, magic: [u8; 6]) -> io::Result<Header> {
    let mut rest = [0; 20];
    stream.read_exact(&mut rest)?;
    let bytes = [&magic[..], &rest].concat();
    let is_little = magic[0] == 0xc7;
    let word = |at: usize| {
        let pair = [bytes[2 * at], bytes[2 * at + 1]];
        u64::from(match is_little {
            true => u16::from_le_bytes(pair),
            false => u16::from_be_bytes(pair),
        })
    };
    // Of two words the one that counts more stands first, in both byte orders.
    let long = |at: usize| word(at) << 16 | word(at + 1);
    Ok(Header {
        identity: (word(1), word(2)),
        mode: word(3) as u32,
        links: word(6),
        modified: long(8).cast_signed(),
        name_length: word(10),
        size: long(11),
        sum: None,
        unit: 2,
        length: 26,
    })
}

fn numbers<const N: usize>(
    stream: &mut impl Read,
    widths: [usize; N],
    base: u32,
) -> io::Result<[u64; N]> {
    let mut values = [0; N];
    for (value, width) in values.iter_mut().zip(widths) {
        let mut text = [0; 11];
        let text = &mut text[..width];
        stream.read_exact(text)?;
        let read = std::str::from_utf8(text).ok();
        let read = read.and_then(|it| u64::from_str_radix(it, base).ok());
        *value = read.ok_or_else(|| damaged("a number of a header is none"))?;
    }
    Ok(values)
}

fn name(
    stream: &mut impl Read,
    header: &Header,
    asked: &Asked<'_>,
) -> Result<Vec<u8>, ArchiveError> {
    let broken = |error| ArchiveError::of(Kind::Cpio, error);
    let longest = asked.budget.limits().name as u64;
    if header.name_length > longest + 1 {
        return Err(super::Exceeded::Name(asked.budget.limits().name).into());
    }
    let whole = header.length + header.name_length;
    let padding = whole.next_multiple_of(header.unit) - whole;
    let mut name = Vec::new();
    stream
        .take(header.name_length)
        .read_to_end(&mut name)
        .map_err(broken)?;
    match name.pop() {
        Some(0) if name.len() as u64 + 1 == header.name_length => {}
        _ => return Err(broken(damaged("a name does not end"))),
    }
    skipped(stream, padding).map_err(broken)?;
    Ok(name)
}

fn kind_of(
    header: &Header,
    data: &mut impl Read,
    asked: &Asked<'_>,
) -> Result<EntryKind, ArchiveError> {
    Ok(match header.mode & modes::KIND {
        modes::FOLDER => EntryKind::Folder,
        modes::LINK => {
            let longest = asked.budget.limits().name as u64;
            let mut to = Vec::new();
            let read = data.take(longest + 1).read_to_end(&mut to);
            read.map_err(|error| ArchiveError::of(Kind::Cpio, error))?;
            asked.budget.named(&to)?;
            EntryKind::Link(to)
        }
        _ => modes::special(header.mode).map_or(EntryKind::File, EntryKind::Special),
    })
}

fn entry_of(header: &Header, name: Vec<u8>, kind: EntryKind) -> Entry {
    Entry {
        size: (kind == EntryKind::File).then_some(header.size),
        packed: Some(header.size),
        mode: Some(header.mode & 0o7777),
        modified: Some(header.modified),
        ..Entry::named(name, kind)
    }
}

/// Names of one file. In newc the bytes stand behind the last of them, elsewhere behind each.
#[derive(Default)]
struct Links {
    /// The first name that had bytes.
    first: HashMap<Identity, Vec<u8>>,
    /// Names that had none yet.
    before: Vec<(Header, Vec<u8>)>,
}

enum Link {
    /// The first that has bytes.
    First,
    /// One more name of that.
    Again(Vec<u8>),
    /// A name whose bytes are still to come.
    Before,
}

impl Links {
    fn seen(&mut self, header: &Header, name: &[u8]) -> Link {
        if let Some(first) = self.first.get(&header.identity) {
            return Link::Again(first.clone());
        }
        if header.size == 0 {
            let header = Header { ..*header };
            self.before.push((header, name.to_vec()));
            return Link::Before;
        }
        self.first.insert(header.identity, name.to_vec());
        Link::First
    }

    /// Takes out the names whose bytes just came.
    fn waiting(&mut self, header: &Header) -> Vec<Vec<u8>> {
        let is_it = |it: &mut (Header, Vec<u8>)| it.0.identity == header.identity;
        match header.links > 1 && header.size > 0 {
            true => self.before.extract_if(.., is_it).map(|it| it.1).collect(),
            false => Vec::new(),
        }
    }

    fn rest(&mut self) -> Vec<(Header, Vec<u8>)> {
        std::mem::take(&mut self.before)
    }
}

/// Adds up every byte, and fails at the end where the sum is another one.
struct Summed<R> {
    inner: R,
    sum: u32,
    right: Option<u32>,
}

impl<R: Read> Read for Summed<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = self.inner.read(buffer)?;
        let add = |sum: u32, byte: &u8| sum.wrapping_add(u32::from(*byte));
        self.sum = buffer[..length].iter().fold(self.sum, add);
        match length == 0 && !buffer.is_empty() && self.right.is_some_and(|it| it != self.sum) {
            true => Err(Unreadable::Checksum.io()),
            false => Ok(length),
        }
    }
}
