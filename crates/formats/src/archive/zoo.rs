//! Zoo: stored, LZW (`lzd`) and LZ77 (`-lh5-`).
//!
//! An entry says where its bytes lie and where the next one does. Zoo only ever appends, so that both are further on; what
//! points back is refused, and so nothing is read twice.
//!
//! Source: deark at 040d99f, modules/zoo.c, which follows unzoo 4.4; unar 1.10.1 reads what the tests pack.

mod lzd;

use std::io::{self, Read};

use self::lzd::Lzd;
use super::{
    ArchiveError, Asked, Entry, EntryKind, Kind, Next, Unreadable, Visitor,
    error::damaged,
    lzh::Lzh,
    reader::{Checked, Counted, Failing, Whole, skipped},
    times,
    window::Window,
};

/// Stands before each entry, and behind the line of text that an archive begins with.
///
/// Source: R. Dhesi's zoo, zoo.h, `ZOO_TAG`.
pub(super) const MAGIC: [u8; 4] = 0xfdc4_a7dc_u32.to_le_bytes();
/// Text, magic, and where the first entry is, once more as its negative.
const START: usize = 32;
/// What every entry has.
const FIXED: usize = 51;
/// The zone that is none.
const NO_ZONE: i8 = 127;
/// Zones are west of Greenwich, in so many seconds.
const QUARTER: i64 = 15 * 60;

struct Header {
    method: u8,
    next: u32,
    place: u32,
    date: u16,
    time: u16,
    sum: u16,
    size: u32,
    packed: u32,
    is_deleted: bool,
    name: Vec<u8>,
    zone: i8,
    mode: Option<u32>,
}

/// Shows every entry of a Zoo archive but those that were deleted.
pub(super) fn visit(
    stream: impl Read,
    asked: &Asked<'_>,
    visitor: &mut dyn Visitor,
) -> Result<Next, ArchiveError> {
    let broken = |error| ArchiveError::of(Kind::Zoo, error);
    let mut stream = Placed { stream, at: 0 };
    let mut start = [0; START];
    stream.read_exact(&mut start).map_err(broken)?;
    let mut next = u32::from_le_bytes([start[24], start[25], start[26], start[27]]);
    loop {
        stream.go_to(next).map_err(broken)?;
        let header = next_header(&mut stream).map_err(broken)?;
        // The last entry is none.
        if header.next == 0 {
            return Ok(Next::Go);
        }
        next = header.next;
        if header.is_deleted {
            continue;
        }
        asked.budget.named(&header.name)?;
        asked.budget.one_more()?;
        stream.go_to(header.place).map_err(broken)?;
        let entry = entry_of(&header);
        let mut data = (&mut stream).take(header.packed.into());
        let go_on = match bytes_of(&header, &mut data) {
            Ok(bytes) => visitor.entry(&entry, &mut Counted::entry(bytes, asked.budget)),
            Err(error) => visitor.entry(&entry, &mut Failing::of(error)),
        };
        if go_on == Next::Stop {
            return Ok(go_on);
        }
        let left = data.limit();
        skipped(&mut stream, left).map_err(broken)?;
    }
}

fn next_header(stream: &mut impl Read) -> io::Result<Header> {
    let mut fixed = [0; FIXED];
    stream.read_exact(&mut fixed)?;
    if fixed[..4] != MAGIC {
        return Err(damaged("something that is no entry is where one must be"));
    }
    let word = |at: usize| u16::from_le_bytes([fixed[at], fixed[at + 1]]);
    let long = |at: usize| u32::from(word(at)) | u32::from(word(at + 2)) << 16;
    let mut header = Header {
        method: fixed[5],
        next: long(6),
        place: long(10),
        date: word(14),
        time: word(16),
        sum: word(18),
        size: long(20),
        packed: long(24),
        is_deleted: fixed[30] == 1,
        name: until_nul(&fixed[38..]).to_vec(),
        zone: NO_ZONE,
        mode: None,
    };
    if fixed[4] == 2 {
        add_later_fields(&mut header, stream)?;
    }
    Ok(header)
}

/// Long name, folder, zone and mode; what an entry is too short for it does not have.
fn add_later_fields(header: &mut Header, stream: &mut impl Read) -> io::Result<()> {
    let mut fixed = [0; 5];
    stream.read_exact(&mut fixed)?;
    let [low, high, zone, ..] = fixed;
    header.zone = zone.cast_signed();
    let mut rest = vec![0; u16::from_le_bytes([low, high]).into()];
    stream.read_exact(&mut rest)?;
    let [name, folder, rest @ ..] = &rest[..] else {
        return Ok(());
    };
    let Some((name, rest)) = rest.split_at_checked((*name).into()) else {
        return Ok(());
    };
    let Some((folder, rest)) = rest.split_at_checked((*folder).into()) else {
        return Ok(());
    };
    let (name, folder) = (until_nul(name), until_nul(folder));
    if !name.is_empty() {
        header.name = name.to_vec();
    }
    if !folder.is_empty() {
        let stroke: &[u8] = if folder.ends_with(b"/") { b"" } else { b"/" };
        header.name = [folder, stroke, &header.name].concat();
    }
    // Behind the system. Only where the highest bits say so, others are a mode of Unix.
    if let [_, _, low, high, marks, ..] = rest
        && marks >> 6 == 1
    {
        header.mode = Some(u32::from(u16::from_le_bytes([*low, *high])) & 0o777);
    }
    Ok(())
}

fn until_nul(field: &[u8]) -> &[u8] {
    let end = field.iter().position(|it| *it == 0);
    &field[..end.unwrap_or(field.len())]
}

fn entry_of(header: &Header) -> Entry {
    let wall = times::of_dos(header.date, header.time);
    // Nobody lives further from Greenwich than 14 hours: some writers left nonsense there.
    let zone = Some(i64::from(header.zone)).filter(|it| it.abs() <= 14 * 4);
    Entry {
        size: Some(header.size.into()),
        packed: Some(header.packed.into()),
        mode: header.mode,
        modified: wall.map(|it| it + zone.unwrap_or(0) * QUARTER),
        is_wall_time: wall.is_some() && zone.is_none(),
        ..Entry::named(header.name.clone(), EntryKind::File)
    }
}

fn bytes_of<'a, R: Read>(
    header: &Header,
    data: &'a mut io::Take<R>,
) -> io::Result<Box<dyn Read + 'a>> {
    let packed = Whole(data);
    let plain: Box<dyn Read + 'a> = match header.method {
        0 => Box::new(packed),
        1 => Box::new(Lzd::new(packed)),
        2 => Box::new(Window::new(Lzh::of_8_kib(packed), 13)),
        other => return Err(Unreadable::Method(format!("Zoo method {other}")).io()),
    };
    let size = u64::from(header.size);
    Ok(Box::new(Checked::of_16(plain.take(size), size, header.sum)))
}

/// A stream, and how much of it was read.
struct Placed<R> {
    stream: R,
    at: u64,
}

impl<R: Read> Placed<R> {
    fn go_to(&mut self, place: u32) -> io::Result<()> {
        let ahead = u64::from(place).checked_sub(self.at);
        let ahead = ahead.ok_or_else(|| damaged("an entry points back"))?;
        skipped(self, ahead)
    }
}

impl<R: Read> Read for Placed<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = self.stream.read(buffer)?;
        self.at += length as u64;
        Ok(length)
    }
}
