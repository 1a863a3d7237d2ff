//! What kept both forks of a Macintosh file in one: BinHex, MacBinary and AppleSingle. The data fork is the file; if it is
//! an archive, what is in that is shown.
//!
//! Sources: P. N. Lewis, "BinHex 4.0 Definition" (1991), in RFC 1741; "MacBinary III Specification" (1996); RFC 1740,
//! Appendix A, "AppleSingle".

mod binhex;

use std::io::{self, BufReader, Read};

use self::binhex::BinHex;
use super::{
    ArchiveError, Asked, Entry, EntryKind, Kind, Next, Unreadable, Visitor,
    error::damaged,
    kind::HEAD,
    layers,
    reader::{Counted, Failing, Peeked, Sum, fixed, skipped},
    show,
};

pub(super) use self::binhex::is as is_binhex;

pub(super) const APPLE_SINGLE: &[u8] = b"\0\x05\x16\0";
/// From 1904 to 1970, and from 1970 to 2000, in seconds.
const SINCE_1904: i64 = 2_082_844_800;
const SINCE_2000: i64 = 946_684_800;
/// The longest fork of MacBinary.
const LONGEST_FORK: u32 = 0x007f_ffff;

/// What is known of a file before its data fork.
struct Known {
    name: Vec<u8>,
    size: u64,
    modified: Option<i64>,
    is_wall_time: bool,
    /// Whether a checksum follows the data fork.
    is_checked: bool,
}

/// Shows the data fork, or what is in it.
pub(super) fn visit<'a>(
    kind: Kind,
    stream: impl Read + Send + 'a,
    asked: &Asked<'_>,
    visitor: &mut dyn Visitor,
    kinds: &mut Vec<Kind>,
) -> Result<Next, ArchiveError> {
    let broken = |error| ArchiveError::of(kind, error);
    let mut stream: Box<dyn Read + Send + 'a> = Box::new(BufReader::new(stream));
    let known = match kind {
        Kind::BinHex => {
            stream = Box::new(BinHex::of(stream).map_err(broken)?);
            of_binhex(&mut stream)
        }
        Kind::MacBinary => of_macbinary(&mut stream),
        _ => of_apple_single(&mut stream, asked.budget.limits().name),
    };
    let known = known.map_err(broken)?;
    asked.budget.named(&known.name)?;
    let fork = Fork {
        stream,
        left: known.size,
        sum: Ccitt(0),
        is_checked: known.is_checked,
    };
    let fork = Counted::decoded(fork, asked.budget);
    let mut fork = Peeked::nothing(fork);
    let looked = fork.look(HEAD).map(Kind::of);
    if let Ok(Some(_)) = looked {
        return layers(Box::new(fork), asked, visitor, kinds);
    }
    asked.budget.one_more()?;
    let entry = Entry {
        size: Some(known.size),
        modified: known.modified,
        is_wall_time: known.is_wall_time,
        ..Entry::named(named(&known.name), EntryKind::File)
    };
    Ok(match looked {
        Ok(_) => show(visitor, entry, &mut fork, asked),
        Err(error) => visitor.entry(&entry, &mut Failing::of(error)),
    })
}

/// A Macintosh parts paths by colons; a stroke may stand in a name.
fn named(name: &[u8]) -> Vec<u8> {
    let letter = |it: &u8| if *it == b'/' { b':' } else { *it };
    name.iter().map(letter).collect()
}

fn of_binhex(stream: &mut impl Read) -> io::Result<Known> {
    let [length] = fixed(stream)?;
    let mut header = vec![0; usize::from(length) + 19];
    stream.read_exact(&mut header)?;
    let sum: [u8; 2] = fixed(stream)?;
    let mut right = Ccitt(0);
    right.add(&[length]);
    right.add(&header);
    if right.0 != u16::from_be_bytes(sum) {
        return Err(Unreadable::Checksum.io());
    }
    let rest = header.split_off(length.into());
    Ok(Known {
        name: header,
        size: u32::from_be_bytes([rest[11], rest[12], rest[13], rest[14]]).into(),
        modified: None,
        is_wall_time: false,
        is_checked: true,
    })
}

/// Nothing but zeros and lengths is little to go by: the checksum of the header must be right, or, before there was
/// one, all that was kept free be zero and all that can be read be text.
pub(super) fn is_macbinary(head: &[u8]) -> bool {
    let Some(header) = head.get(..128) else {
        return false;
    };
    let long = |at: usize| {
        u32::from_be_bytes([header[at], header[at + 1], header[at + 2], header[at + 3]])
    };
    let length = usize::from(header[1]);
    let is_text = |bytes: &[u8]| bytes.iter().all(|it| *it >= b' ' && *it != 0x7f);
    let (data, resource) = (long(83), long(87));
    let fits = data <= LONGEST_FORK && resource <= LONGEST_FORK && data | resource > 0;
    if header[0] != 0 || header[74] != 0 || header[82] != 0 || !(1..=63).contains(&length) {
        return false;
    }
    if !fits || !is_text(&header[2..2 + length]) {
        return false;
    }
    let mut sum = Ccitt(0);
    sum.add(&header[..124]);
    let is_second = sum.0 != 0 && sum.0 == u16::from_be_bytes([header[124], header[125]]);
    let is_first = header[99..].iter().all(|it| *it == 0) && is_text(&header[65..73]) && data > 0;
    is_second || is_first
}

fn of_macbinary(stream: &mut impl Read) -> io::Result<Known> {
    let header: [u8; 128] = fixed(stream)?;
    let long = |at: usize| {
        u32::from_be_bytes([header[at], header[at + 1], header[at + 2], header[at + 3]])
    };
    let more = u64::from(u16::from_be_bytes([header[120], header[121]]));
    skipped(stream, more.next_multiple_of(128))?;
    let (length, time) = (usize::from(header[1]), long(95));
    Ok(Known {
        name: header[2..].iter().take(length).copied().collect(),
        size: long(83).into(),
        modified: (time != 0).then(|| i64::from(time) - SINCE_1904),
        is_wall_time: true,
        is_checked: false,
    })
}

fn of_apple_single(stream: &mut impl Read, longest: usize) -> io::Result<Known> {
    const DATA: u32 = 1;
    const NAME: u32 = 3;
    const DATES: u32 = 8;
    let header: [u8; 26] = fixed(stream)?;
    let mut at = 26;
    let mut parts = Vec::new();
    for _ in 0..u16::from_be_bytes([header[24], header[25]]) {
        let part: [u8; 12] = fixed(stream)?;
        let long =
            |at: usize| u32::from_be_bytes([part[at], part[at + 1], part[at + 2], part[at + 3]]);
        parts.push((u64::from(long(4)), u64::from(long(8)), long(0)));
        at += 12;
    }
    parts.sort_unstable();
    let mut known = Known {
        name: Vec::new(),
        size: 0,
        modified: None,
        is_wall_time: false,
        is_checked: false,
    };
    for (begins, length, what) in parts {
        if length == 0 && what != DATA {
            continue;
        }
        let between = begins.checked_sub(at);
        skipped(
            stream,
            between.ok_or_else(|| damaged("two parts lie in one place"))?,
        )?;
        at = begins + length;
        match what {
            DATA => {
                known.size = length;
                return Ok(known);
            }
            NAME if length <= longest as u64 => {
                stream.take(length).read_to_end(&mut known.name)?;
            }
            DATES if length >= 8 => {
                let dates: [u8; 8] = fixed(stream)?;
                let time = i32::from_be_bytes([dates[4], dates[5], dates[6], dates[7]]);
                known.modified = (time != i32::MIN).then(|| i64::from(time) + SINCE_2000);
                skipped(stream, length - 8)?;
            }
            _ => skipped(stream, length)?,
        }
    }
    // It has none: an empty file.
    Ok(known)
}

/// The bytes of a data fork, which have to be there, and its checksum behind it.
struct Fork<R> {
    stream: R,
    left: u64,
    sum: Ccitt,
    is_checked: bool,
}

impl<R: Read> Read for Fork<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = (&mut self.stream).take(self.left).read(buffer)?;
        self.sum.add(&buffer[..length]);
        self.left -= length as u64;
        if length > 0 || buffer.is_empty() {
            return Ok(length);
        }
        if self.left > 0 {
            return Err(damaged("it ends in a fork"));
        }
        if std::mem::take(&mut self.is_checked) {
            let right: [u8; 2] = fixed(&mut self.stream)?;
            if u16::from_be_bytes(right) != self.sum.0 {
                return Err(Unreadable::Checksum.io());
            }
        }
        Ok(0)
    }
}

/// CRC-16 by the polynomial 0x1021, from zero on.
struct Ccitt(u16);

impl Sum for Ccitt {
    fn add(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 ^= u16::from(*byte) << 8;
            for _ in 0..8 {
                self.0 = self.0 << 1 ^ if self.0 >> 15 == 1 { 0x1021 } else { 0 };
            }
        }
    }

    fn value(&self) -> u32 {
        self.0.into()
    }
}
