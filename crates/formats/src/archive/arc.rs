//! ARC of System Enhancement Associates: every method it ever had, and squashing of PKARC.
//!
//! What was encrypted does not say so: its bytes come out damaged.
//!
//! Source: R. A. Freed, "Technical Information for ARC files", 1986, in arc 5.21q of Debian 12, Arcinfo; what that arc
//! writes and reads.

mod crunched;
mod repeated;
mod squeezed;

use std::io::{self, BufReader, Read};

pub(super) use self::repeated::Repeated;
use self::{crunched::Crunched, squeezed::Squeezed};
use super::{
    ArchiveError, Asked, Entry, EntryKind, Kind, Next, Unreadable, Visitor,
    error::damaged,
    lzw::Lzw,
    reader::{Checked, Counted, Failing, Whole, skipped},
    times,
};

struct Header {
    method: u8,
    name: Vec<u8>,
    packed: u32,
    date: u16,
    time: u16,
    sum: u16,
    size: u32,
}

/// Shows every entry of an ARC archive.
pub(super) fn visit(
    mut stream: impl Read,
    asked: &Asked<'_>,
    visitor: &mut dyn Visitor,
) -> Result<Next, ArchiveError> {
    let broken = |error| ArchiveError::of(Kind::Arc, error);
    while let Some(header) = next_header(&mut stream).map_err(broken)? {
        asked.budget.one_more()?;
        let modified = times::of_dos(header.date, header.time);
        let entry = Entry {
            size: Some(header.size.into()),
            packed: Some(header.packed.into()),
            modified,
            is_wall_time: modified.is_some(),
            ..Entry::named(header.name.clone(), EntryKind::File)
        };
        let mut data = (&mut stream).take(header.packed.into());
        let next = match bytes_of(&header, &mut data) {
            Ok(bytes) => visitor.entry(&entry, &mut Counted::entry(bytes, asked.budget)),
            Err(error) => visitor.entry(&entry, &mut Failing::of(error)),
        };
        if next == Next::Stop {
            return Ok(next);
        }
        let left = data.limit();
        skipped(&mut stream, left).map_err(broken)?;
    }
    Ok(Next::Go)
}

/// Reads the next header; none where the archive says that it ends.
fn next_header(stream: &mut impl Read) -> io::Result<Option<Header>> {
    let mut start = [0; 2];
    stream.read_exact(&mut start)?;
    let method = match start {
        [0x1a, 0] => return Ok(None),
        [0x1a, method] => method,
        _ => {
            return Err(damaged("something that is no header is where one must be"));
        }
    };
    let mut header = [0; 23];
    stream.read_exact(&mut header)?;
    let word = |at: usize| u16::from_le_bytes([header[at], header[at + 1]]);
    let packed = u32::from(word(13)) | u32::from(word(15)) << 16;
    let mut size = packed.to_le_bytes();
    // The first version had nothing but bytes as they are.
    if method != 1 {
        stream.read_exact(&mut size)?;
    }
    let name = &header[..13];
    let end = name.iter().position(|it| *it == 0);
    Ok(Some(Header {
        method,
        name: name[..end.unwrap_or(name.len())].to_vec(),
        packed,
        date: word(17),
        time: word(19),
        sum: word(21),
        size: u32::from_le_bytes(size),
    }))
}

fn bytes_of<'a, R: Read>(
    header: &Header,
    data: &'a mut io::Take<R>,
) -> io::Result<Box<dyn Read + 'a>> {
    let packed = BufReader::with_capacity(8 << 10, Whole(data));
    let plain: Box<dyn Read + 'a> = match header.method {
        1 | 2 => Box::new(packed),
        3 => Box::new(Repeated::new(packed)),
        4 => Box::new(Repeated::new(Squeezed::new(packed)?)),
        5 => Box::new(Crunched::slow(packed)),
        6 => Box::new(Repeated::new(Crunched::slow(packed))),
        7 => Box::new(Repeated::new(Crunched::fast(packed))),
        8 => {
            let mut packed = packed;
            let mut widest = [0];
            packed.read_exact(&mut widest)?;
            // ARC has no other.
            if widest != [12] {
                return Err(damaged("its codes are of another length than 9 to 12 bits"));
            }
            Box::new(Repeated::new(Lzw::of(packed, 12, true)))
        }
        9 => Box::new(Lzw::of(packed, 13, true)),
        other => return Err(Unreadable::Method(format!("ARC method {other}")).io()),
    };
    let size = u64::from(header.size);
    Ok(Box::new(Checked::of_16(plain.take(size), size, header.sum)))
}
