//! Unix ar, with the long names of GNU and BSD; Debian packages.
//!
//! Sources: ar(5) of FreeBSD; deb(5) of dpkg 1.21.

use std::io::{self, Read};

use super::{
    ArchiveError, Asked, Entry, EntryKind, Kind, Next, Visitor,
    below::Below,
    error::damaged,
    layers,
    reader::{Counted, Whole, filled, skipped},
};

const MAGIC: usize = 8;
const HEADER: usize = 60;
/// The longest table of names: those of a library of a hundred thousand objects fit.
const LONGEST_TABLE: u64 = 16 << 20;

struct Header {
    name: Vec<u8>,
    modified: Option<i64>,
    mode: Option<u32>,
    size: u64,
}

/// Shows every member; of a Debian package what its two parts hold, as if they were one: what describes the package below
/// `DEBIAN/`, where `dpkg-deb -R` puts it.
pub(super) fn visit(
    mut stream: impl Read + Send,
    asked: &Asked<'_>,
    visitor: &mut dyn Visitor,
    kinds: &mut Vec<Kind>,
) -> Result<Next, ArchiveError> {
    let broken = |error| ArchiveError::of(Kind::Ar, error);
    skipped(&mut stream, MAGIC as u64).map_err(broken)?;
    let mut names = Vec::new();
    let mut is_package = false;
    let mut is_first = true;
    while let Some(mut header) = next_header(&mut stream).map_err(broken)? {
        let padding = header.size % 2;
        let mut size = header.size;
        // Symbols and names of the members: nothing that anybody put in.
        match &header.name[..] {
            b"/" | b"/SYM64/" | b"__.SYMDEF" | b"__.SYMDEF SORTED" => {
                skipped(&mut stream, size + padding).map_err(broken)?;
                continue;
            }
            b"//" => {
                names = table(&mut stream, size).map_err(broken)?;
                skipped(&mut stream, padding).map_err(broken)?;
                continue;
            }
            _ => {}
        }
        let stored = long_name(&mut header.name, &names, &mut stream, &mut size, asked)?;
        asked.budget.named(&header.name)?;
        if is_first {
            is_package = header.name == b"debian-binary";
        }
        let is_version = is_first && is_package;
        is_first = false;
        let mut data = (&mut stream).take(size);
        let part = is_package.then(|| part_of(&header.name)).flatten();
        let next = match part {
            _ if is_version => Next::Go,
            Some(folder) => {
                let mut inner = vec![Kind::Ar];
                let mut below = Below {
                    folder: folder.to_vec(),
                    visitor,
                };
                let whole = Counted::decoded(&mut data, asked.budget);
                let next = layers(Box::new(whole), asked, &mut below, &mut inner)?;
                // The last part is what the package installs.
                *kinds = inner;
                next
            }
            None => {
                asked.budget.one_more()?;
                let entry = Entry {
                    size: Some(size),
                    packed: Some(stored),
                    mode: header.mode,
                    modified: header.modified,
                    ..Entry::named(header.name, EntryKind::File)
                };
                let whole = Whole(&mut data);
                visitor.entry(&entry, &mut Counted::entry(whole, asked.budget))
            }
        };
        if next == Next::Stop {
            return Ok(next);
        }
        let left = data.limit();
        skipped(&mut stream, left).map_err(broken)?;
        // The last member of some writers has no padding.
        filled(&mut stream, &mut [0][..padding as usize]).map_err(broken)?;
    }
    Ok(Next::Go)
}

/// Reads the next header; none at the end of the stream.
fn next_header(stream: &mut impl Read) -> io::Result<Option<Header>> {
    let mut header = [0; HEADER];
    match filled(stream, &mut header)? {
        0 => return Ok(None),
        HEADER => {}
        _ => return Err(damaged("it ends in a header")),
    }
    if header[58..] != *b"`\n" {
        return Err(damaged("something that is no header is where one must be"));
    }
    let size = number(&header[48..58], 10);
    Ok(Some(Header {
        name: header[..16].trim_ascii_end().to_vec(),
        modified: number(&header[16..28], 10).and_then(|it| i64::try_from(it).ok()),
        mode: number(&header[40..48], 8).map(|it| (it & 0o7777) as u32),
        size: size.ok_or_else(|| damaged("the size of a member is none"))?,
    }))
}

fn number(field: &[u8], base: u32) -> Option<u64> {
    let text = std::str::from_utf8(field.trim_ascii()).ok()?;
    u64::from_str_radix(text, base).ok()
}

fn table(stream: &mut impl Read, size: u64) -> io::Result<Vec<u8>> {
    if size > LONGEST_TABLE {
        return Err(damaged("the table of names is longer than can be right"));
    }
    let mut names = Vec::new();
    stream.take(size).read_to_end(&mut names)?;
    match names.len() as u64 == size {
        true => Ok(names),
        false => Err(damaged("it ends in the table of names")),
    }
}

/// Puts the name in that a header only points to: `/17` into the table of GNU, `#1/20` to the first bytes of the member.
/// Takes those off its size. Returns how many bytes are stored.
fn long_name(
    name: &mut Vec<u8>,
    names: &[u8],
    stream: &mut impl Read,
    size: &mut u64,
    asked: &Asked<'_>,
) -> Result<u64, ArchiveError> {
    let stored = *size;
    let broken = |why| ArchiveError::of(Kind::Ar, damaged(why));
    if let Some(length) = name.strip_prefix(b"#1/") {
        let length = number(length, 10).filter(|it| it <= size);
        let length = length.ok_or_else(|| broken("a long name is longer than its member"))?;
        let most = asked.budget.limits().name as u64;
        if length > most {
            return Err(super::Exceeded::Name(asked.budget.limits().name).into());
        }
        let mut long = Vec::new();
        let read = stream.take(length).read_to_end(&mut long);
        read.map_err(|error| ArchiveError::of(Kind::Ar, error))?;
        let end = long.iter().position(|it| *it == 0);
        long.truncate(end.unwrap_or(long.len()));
        *name = long;
        *size -= length;
        return Ok(stored);
    }
    let place = name.strip_prefix(b"/").and_then(|it| number(it, 10));
    if let Some(place) = place {
        let long = usize::try_from(place).ok().and_then(|it| names.get(it..));
        let long = long.ok_or_else(|| broken("a name is not in the table of names"))?;
        let end = long.iter().position(|it| *it == b'\n');
        *name = long[..end.unwrap_or(long.len())].to_vec();
    }
    // GNU ends each name with a stroke, so that it may end in a space.
    if name.ends_with(b"/") {
        name.pop();
    }
    Ok(stored)
}

/// Returns the folder that a part of a Debian package is shown below.
fn part_of(name: &[u8]) -> Option<&'static [u8]> {
    match name {
        _ if name.starts_with(b"control.tar") => Some(b"DEBIAN/"),
        _ if name.starts_with(b"data.tar") => Some(b""),
        _ => None,
    }
}
