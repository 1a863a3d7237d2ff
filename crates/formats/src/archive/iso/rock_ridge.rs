//! Names, modes, links and times of Unix in the records of a disc.
//!
//! Sources: SUSP 1.12, 5; RRIP 1.12, 4.1.

use std::io::{self, Read, Seek, SeekFrom};

use super::{
    super::{Budget, error::damaged},
    record::moment,
};

/// So many times may the fields of a record go on elsewhere.
const MOST: usize = 32;

/// What the fields of a record say.
#[derive(Default)]
pub(super) struct RockRidge {
    /// Empty where they give none.
    pub(super) name: Vec<u8>,
    pub(super) mode: Option<u32>,
    pub(super) modified: Option<i64>,
    /// Where a link leads; empty for none.
    pub(super) link: Vec<u8>,
    /// The block of a folder that had to be moved.
    pub(super) child: Option<u32>,
    /// Whether this is only where such a folder was moved to.
    pub(super) is_moved: bool,
}

/// Returns how many bytes to pass over in each record, if the first record says that there are fields.
pub(super) fn is_used(system: &[u8]) -> Option<usize> {
    match system {
        [b'S', b'P', 7, 1, 0xbe, 0xef, before, ..] => Some(usize::from(*before)),
        _ => None,
    }
}

/// Reads the fields of a record, and those that lie elsewhere.
pub(super) fn fields(
    source: &mut (impl Read + Seek),
    system: &[u8],
    block: u64,
    budget: &Budget,
) -> io::Result<RockRidge> {
    let mut found = RockRidge::default();
    let mut link = Link::default();
    let mut area = system.to_vec();
    for _ in 0..MOST {
        let mut rest = &area[..];
        let mut further = None;
        while let [a, b, length, _, ..] = *rest {
            // A length of less than its own header gives none either.
            let Some(field) = rest.get(4..length.into()) else {
                break;
            };
            rest = &rest[length.into()..];
            match (&[a, b], field) {
                (b"NM", [flags, name @ ..]) if flags & 6 == 0 => found.name.extend(name),
                (b"PX", field) => found.mode = number(field, 0),
                (b"SL", [_, parts @ ..]) => link.add(parts),
                (b"TF", [flags, times @ ..]) => found.modified = modified(*flags, times),
                (b"CL", field) => found.child = number(field, 0),
                (b"RE", _) => found.is_moved = true,
                (b"CE", field) => {
                    further = number(field, 0)
                        .zip(number(field, 8))
                        .zip(number(field, 16));
                }
                (b"ST", _) => rest = &[],
                _ => {}
            }
            budget.named(&found.name).map_err(io::Error::other)?;
            budget.named(&link.path).map_err(io::Error::other)?;
        }
        let Some(((at, offset), length)) = further else {
            found.link = link.path;
            return Ok(found);
        };
        source.seek(SeekFrom::Start(u64::from(at) * block + u64::from(offset)))?;
        area.clear();
        source
            .take(u64::from(length.min(64 << 10)))
            .read_to_end(&mut area)?;
    }
    Err(damaged("the fields of a record go on without end"))
}

/// A number that stands there twice, lowest byte first and highest byte first.
fn number(field: &[u8], at: usize) -> Option<u32> {
    let bytes = field.get(at..)?.first_chunk()?;
    Some(u32::from_le_bytes(*bytes))
}

/// Of the times that are there, in the order of their bits, the second is that of the last change.
fn modified(flags: u8, times: &[u8]) -> Option<i64> {
    const CREATED: u8 = 1;
    const MODIFIED: u8 = 2;
    const LONG: u8 = 0x80;
    if flags & MODIFIED == 0 || flags & LONG != 0 {
        return None;
    }
    let before = if flags & CREATED == 0 { 0 } else { 7 };
    moment(times.get(before..)?)
}

/// Where a link leads, part after part.
#[derive(Default)]
struct Link {
    path: Vec<u8>,
    /// Whether the last part goes on in the next.
    goes_on: bool,
}

impl Link {
    fn add(&mut self, mut parts: &[u8]) {
        while let [flags, length, rest @ ..] = parts {
            let Some((content, rest)) = rest.split_at_checked((*length).into()) else {
                return;
            };
            parts = rest;
            if !self.path.is_empty() && !self.goes_on && !self.path.ends_with(b"/") {
                self.path.push(b'/');
            }
            match flags & 0b1110 {
                2 => self.path.extend(b"."),
                4 => self.path.extend(b".."),
                8 => self.path.extend(b"/"),
                _ => self.path.extend(content),
            }
            self.goes_on = flags & 1 != 0;
        }
    }
}
