//! ARJ: all methods, folders, links of Unix, and what is garbled with a password.
//!
//! Sources: what arj 3.10.22 of Debian 12 writes and reads; of flags and lengths, R. K. Jung's unarj, unarj.h.

mod fastest;
mod garbled;

use std::io::{self, Read};

use self::{fastest::Fastest, garbled::Garbled};
use super::{
    ArchiveError, Asked, Entry, EntryKind, Kind, Next, Unreadable, Visitor,
    error::damaged,
    lzh::Lzh,
    reader::{Checked, Counted, Failing, Whole, skipped},
    times,
    window::Window,
};

/// The longest header: ARJ makes no longer one.
pub(super) const LONGEST_HEADER: usize = 2600;
/// What every header has before its names.
pub(super) const SHORTEST_HEADER: usize = 30;

/// Methods 1 to 3 point back over 26,624 bytes, which fit into a power of two; method 4 over less.
const WINDOW_BITS: u32 = 15;

const IS_GARBLED: u8 = 1;
const GOES_ON: u8 = 4;
const CAME_BEFORE: u8 = 8;

struct Header {
    host: u8,
    flags: u8,
    method: u8,
    kind: u8,
    /// Added to each byte of the password.
    modifier: u8,
    time: u32,
    packed: u32,
    size: u32,
    sum: u32,
    mode: u16,
    /// The last byte before the names: how an archive is encrypted, in its main header.
    encryption: u8,
    name: Vec<u8>,
    /// What a Unix special file is, in an extended header.
    special: Option<Vec<u8>>,
}

/// Shows every entry of an ARJ archive.
pub(super) fn visit(
    mut stream: impl Read,
    asked: &Asked<'_>,
    visitor: &mut dyn Visitor,
) -> Result<Next, ArchiveError> {
    let broken = |error| ArchiveError::of(Kind::Arj, error);
    let main = next_header(&mut stream, asked).map_err(broken)?;
    let main = main.ok_or_else(|| broken(damaged("it has no main header")))?;
    while let Some(header) = next_header(&mut stream, asked).map_err(broken)? {
        // What names a disk, or a state of the archive: nothing that anybody put in.
        let is_label = matches!(header.kind, 2 | 4 | 5);
        let mut data = (&mut stream).take(header.packed.into());
        if !is_label {
            asked.budget.named(&header.name)?;
            asked.budget.one_more()?;
            let entry = entry_of(&header);
            let next = match bytes_of(&header, &main, &mut data, asked) {
                Ok(bytes) => visitor.entry(&entry, &mut Counted::entry(bytes, asked.budget)),
                Err(error) => visitor.entry(&entry, &mut Failing::of(error)),
            };
            if next == Next::Stop {
                return Ok(next);
            }
        }
        let left = data.limit();
        skipped(&mut stream, left).map_err(broken)?;
    }
    Ok(Next::Go)
}

/// Reads the next header and its extended ones; none where the archive says that it ends.
fn next_header(stream: &mut impl Read, asked: &Asked<'_>) -> io::Result<Option<Header>> {
    let mut start = [0; 4];
    stream.read_exact(&mut start)?;
    let [magic @ .., low, high] = start;
    let length = usize::from(u16::from_le_bytes([low, high]));
    match length {
        _ if magic != [0x60, 0xea] => {
            return Err(damaged("something that is no header is where one must be"));
        }
        0 => return Ok(None),
        SHORTEST_HEADER..=LONGEST_HEADER => {}
        _ => return Err(damaged("a header has a length that it cannot have")),
    }
    let mut bytes = vec![0; length];
    let mut sum = [0; 4];
    stream.read_exact(&mut bytes)?;
    stream.read_exact(&mut sum)?;
    if crc32fast::hash(&bytes) != u32::from_le_bytes(sum) {
        return Err(damaged("the checksum of a header differs"));
    }
    let mut header = header_of(&bytes).ok_or_else(|| damaged("a header has no name"))?;
    header.special = special_of(stream, asked)?;
    Ok(Some(header))
}

fn header_of(bytes: &[u8]) -> Option<Header> {
    let word = |at: usize| u16::from_le_bytes([bytes[at], bytes[at + 1]]);
    let long = |at: usize| u32::from(word(at)) | u32::from(word(at + 2)) << 16;
    let fixed = usize::from(*bytes.first()?);
    let names = bytes.get(fixed..).filter(|_| fixed >= SHORTEST_HEADER)?;
    let end = names.iter().position(|it| *it == 0)?;
    Some(Header {
        host: bytes[3],
        flags: bytes[4],
        method: bytes[5],
        kind: bytes[6],
        modifier: bytes[7],
        time: long(8),
        packed: long(12),
        size: long(16),
        sum: long(20),
        mode: word(26),
        encryption: bytes[28],
        name: names[..end].to_vec(),
        special: None,
    })
}

/// Reads extended headers up to their end, and returns the one of a Unix special file: `U`, whether it goes on, and what it is.
fn special_of(stream: &mut impl Read, asked: &Asked<'_>) -> io::Result<Option<Vec<u8>>> {
    let mut special = None;
    loop {
        let mut length = [0; 2];
        stream.read_exact(&mut length)?;
        let length = u64::from(u16::from_le_bytes(length));
        if length == 0 {
            return Ok(special);
        }
        let mut bytes = Vec::new();
        // A link that leads further than a name may is refused where it is looked at.
        let longest = asked.budget.limits().name as u64 + 8;
        let kept = length.min(longest);
        stream.take(kept).read_to_end(&mut bytes)?;
        // The checksum of each stands behind it.
        skipped(stream, length - bytes.len() as u64 + 4)?;
        if let [b'U', 0, what @ ..] = &bytes[..] {
            special = Some(what.to_vec());
        }
    }
}

fn entry_of(header: &Header) -> Entry {
    // Unix and NeXT.
    let is_unix = matches!(header.host, 2 | 8);
    let kind = match header.kind {
        3 => EntryKind::Folder,
        6 => header.special.as_deref().map_or_else(unknown, kind_of),
        _ => EntryKind::File,
    };
    let wall = times::of_dos((header.time >> 16) as u16, header.time as u16);
    Entry {
        size: (kind == EntryKind::File).then_some(header.size.into()),
        packed: Some(header.packed.into()),
        mode: is_unix.then_some(u32::from(header.mode) & 0o7777),
        modified: match is_unix {
            true => Some(header.time.into()),
            false => wall,
        },
        is_wall_time: !is_unix && wall.is_some(),
        is_encrypted: header.flags & IS_GARBLED != 0,
        ..Entry::named(header.name.clone(), kind)
    }
}

/// What a Unix special file is: three bits of its kind, one whether two bytes of length follow, else four of length; where it
/// leads.
///
/// Source: what arj 3.10.22 writes of pipes, symbolic and hard links.
fn kind_of(special: &[u8]) -> EntryKind {
    let Some((head, rest)) = special.split_first() else {
        return unknown();
    };
    let to = match (head & 0x10, rest) {
        (0, rest) => rest.get(..usize::from(head & 15)),
        (_, [low, high, rest @ ..]) => rest.get(..u16::from_le_bytes([*low, *high]).into()),
        _ => None,
    };
    match (head >> 5, to) {
        (0, _) => EntryKind::Special("a pipe"),
        (1, Some(first)) => EntryKind::Same(first.to_vec()),
        (2, Some(to)) => EntryKind::Link(to.to_vec()),
        _ => unknown(),
    }
}

fn unknown() -> EntryKind {
    EntryKind::Special("a special file of Unix")
}

fn bytes_of<'a, R: Read>(
    header: &Header,
    main: &Header,
    data: &'a mut io::Take<R>,
    asked: &Asked<'a>,
) -> io::Result<Box<dyn Read + 'a>> {
    if matches!(header.kind, 3 | 6) {
        return Ok(Box::new(io::empty()));
    }
    if header.flags & GOES_ON != 0 {
        return Err(damaged("it goes on in another volume of the archive"));
    }
    if header.flags & CAME_BEFORE != 0 {
        return Err(damaged("it begins in another volume of the archive"));
    }
    let data = Whole(data);
    if header.flags & IS_GARBLED == 0 {
        return plain(header, data);
    }
    // Arj 3.10.22 writes 1 where it garbled; other ciphers were in modules that few ever had.
    if main.encryption > 1 {
        let how = format!("ARJ encryption {}", main.encryption);
        return Err(Unreadable::Method(how).io());
    }
    let password = asked.password.filter(|it| !it.is_empty());
    let password = password.ok_or_else(|| Unreadable::NeedsPassword.io())?;
    let open = Garbled::new(data, password, header.modifier);
    let bytes = plain(header, open)?;
    Ok(Box::new(garbled::Told(bytes)))
}

fn plain<'a>(header: &Header, packed: impl Read + 'a) -> io::Result<Box<dyn Read + 'a>> {
    let size = u64::from(header.size);
    let sum = Some(header.sum);
    Ok(match header.method {
        0 => Box::new(Checked::of(packed, size, sum)),
        1..=3 => {
            let bytes = Window::new(Lzh::of_26_kib(packed), WINDOW_BITS);
            Box::new(Checked::of(bytes.take(size), size, sum))
        }
        4 => {
            let bytes = Window::new(Fastest::new(packed), WINDOW_BITS);
            Box::new(Checked::of(bytes.take(size), size, sum))
        }
        other => return Err(Unreadable::Method(format!("ARJ method {other}")).io()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As arj 3.10.22 wrote them.
    #[test]
    fn special_files_are_what_they_were() {
        let long = [b"\x5f\x12\0", &b"another/long/place"[..]].concat();
        for (special, kind) in [
            (&b"\x00"[..], EntryKind::Special("a pipe")),
            (b"\x26t/hard", EntryKind::Same(b"t/hard".to_vec())),
            (b"\x44../x", EntryKind::Link(b"../x".to_vec())),
            (&long, EntryKind::Link(b"another/long/place".to_vec())),
            (b"\x49cut", unknown()),
            (b"\x5f\xff", unknown()),
            (b"", unknown()),
        ] {
            assert_eq!(kind_of(special), kind, "{special:?}");
        }
    }
}
