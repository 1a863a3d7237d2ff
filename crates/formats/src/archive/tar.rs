//! tar: v7, ustar, pax and GNU, with sparse files of all four forms.
//!
//! Our own reader: names and maps need a bound before they are in memory.
//!
//! Sources: POSIX.1-2017, pax; GNU tar 1.34 manual, "Basic Tar Format" and "Storing Sparse Files".

mod header;
mod pax;
mod sparse;

use std::io::{self, Read};

use self::{
    header::{BLOCK, Header, Type},
    pax::Pax,
    sparse::{Holes, Map},
};
use super::{
    ArchiveError, Asked, Entry, EntryKind, Kind, Next, Visitor,
    error::damaged,
    reader::{Counted, Whole, filled, skipped},
};

/// The longest list of pax records, in bytes: names and times take some hundred.
const LONGEST_RECORDS: u64 = 1 << 20;

/// What is said of the entry that follows, by entries of its own.
#[derive(Default)]
struct Said {
    pax: Pax,
    long_name: Option<Vec<u8>>,
    long_link: Option<Vec<u8>>,
}

/// Shows every entry of a tar stream.
pub(super) fn visit(
    mut stream: impl Read,
    asked: &Asked<'_>,
    visitor: &mut dyn Visitor,
) -> Result<Next, ArchiveError> {
    let broken = |error| ArchiveError::of(Kind::Tar, error);
    let mut global = Pax::default();
    let mut said = Said::default();
    while let Some(header) = next_header(&mut stream).map_err(broken)? {
        let size = header.size().map_err(broken)?;
        let mut text = |most: u64| {
            let text = whole(&mut stream, size, most);
            text.map_err(broken)
        };
        let longest = asked.budget.limits().name as u64;
        match header.kind() {
            Type::LongName => said.long_name = Some(until_nul(text(longest + 1)?)),
            Type::LongLink => said.long_link = Some(until_nul(text(longest + 1)?)),
            Type::Records => said.pax = Pax::of(&text(LONGEST_RECORDS)?).map_err(broken)?,
            Type::GlobalRecords => {
                let records = Pax::of(&text(LONGEST_RECORDS)?);
                records.and_then(|it| global.add(it)).map_err(broken)?;
            }
            Type::Label => drop(whole(&mut stream, size, LONGEST_RECORDS).map_err(broken)?),
            Type::Entry => {
                let mut said = std::mem::take(&mut said);
                said.pax = global.with(said.pax);
                if entry(&mut stream, &header, &said, asked, visitor)? == Next::Stop {
                    return Ok(Next::Stop);
                }
            }
        }
    }
    Ok(Next::Go)
}

fn entry(
    stream: &mut impl Read,
    header: &Header,
    said: &Said,
    asked: &Asked<'_>,
    visitor: &mut dyn Visitor,
) -> Result<Next, ArchiveError> {
    let broken = |error| ArchiveError::of(Kind::Tar, error);
    let pax = &said.pax;
    let stored = match pax.size() {
        Some(size) => size,
        None => header.size().map_err(broken)?,
    };
    let name = pax.name().map(<[u8]>::to_vec);
    let name = name.or_else(|| said.long_name.clone());
    let name = name.unwrap_or_else(|| header.name());
    asked.budget.one_more()?;
    asked.budget.named(&name)?;
    let link = pax.link().map(<[u8]>::to_vec);
    let link = link.or_else(|| said.long_link.clone());
    let link = link.unwrap_or_else(|| header.link());
    asked.budget.named(&link)?;
    let kind = header.entry_kind(&name, link);
    // A link, a folder or a device has no bytes, whatever its header says of a size.
    let has_bytes =
        matches!(kind, EntryKind::File) || header.has_bytes_all_the_same(pax.is_there());
    let stored = if has_bytes { stored } else { 0 };

    // GNU's further blocks of the map are not counted in the size, those of pax are.
    let map = header.sparse(stream).map_err(broken)?;
    let mut data = stream.take(stored);
    let map = match map {
        None => pax.sparse(&mut data).map_err(broken)?,
        map => map,
    };
    let shown = Entry {
        is_utf8: pax.name().is_some(),
        size: (kind == EntryKind::File).then(|| map.as_ref().map_or(stored, Map::size)),
        packed: Some(stored),
        mode: header.mode(),
        is_disputed: has_bytes && pax.size().is_some_and(|it| header.is_disputed(it)),
        modified: pax.modified().or_else(|| header.modified()),
        ..Entry::named(name, kind)
    };
    let next = match map {
        Some(map) => {
            let whole = Holes::of(map, &mut data);
            visitor.entry(&shown, &mut Counted::entry(whole, asked.budget))
        }
        None => visitor.entry(&shown, &mut Counted::entry(Whole(&mut data), asked.budget)),
    };
    if next == Next::Stop {
        return Ok(next);
    }
    // What was not read, and what fills the last block.
    let padding = stored.next_multiple_of(BLOCK as u64) - stored;
    let left = data.limit() + padding;
    let stream = data.into_inner();
    skipped(stream, left).map_err(broken)?;
    Ok(Next::Go)
}

/// Reads the next header; none at the end, which is two blocks of zeros or the end of the stream.
fn next_header(stream: &mut impl Read) -> io::Result<Option<Header>> {
    let mut zeros = 0;
    loop {
        let mut block = [0; BLOCK];
        match filled(stream, &mut block)? {
            0 => return Ok(None),
            BLOCK => {}
            _ => return Err(damaged("it ends in a header")),
        }
        if block == [0; BLOCK] {
            zeros += 1;
            if zeros == 2 {
                return Ok(None);
            }
            continue;
        }
        return Header::of(block).map(Some);
    }
}

/// Reads what belongs to an entry that only says something of the next one.
fn whole(stream: &mut impl Read, size: u64, most: u64) -> io::Result<Vec<u8>> {
    if size > most {
        return Err(damaged(
            "what it says of an entry is longer than can be right",
        ));
    }
    let mut text = Vec::new();
    stream.take(size).read_to_end(&mut text)?;
    if (text.len() as u64) < size {
        return Err(damaged("it ends in what it says of an entry"));
    }
    skipped(stream, size.next_multiple_of(BLOCK as u64) - size)?;
    Ok(text)
}

fn until_nul(mut text: Vec<u8>) -> Vec<u8> {
    let end = text.iter().position(|it| *it == 0);
    text.truncate(end.unwrap_or(text.len()));
    text
}
