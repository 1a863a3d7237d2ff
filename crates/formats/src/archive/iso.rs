//! Optical discs: ISO 9660, with the long names of Rock Ridge or Joliet.
//!
//! Sources: ECMA-119, 4th edition (2019); SUSP 1.12 and RRIP 1.12 for Rock Ridge; "Joliet Specification" (Microsoft, 1995).

mod record;
mod rock_ridge;

use std::io::{self, Read, Seek, SeekFrom};

use self::record::{Record, Tree};
use super::{
    ArchiveError, Asked, Entry, EntryKind, Kind, Next, Source, Visitor,
    cached::Cached,
    error::damaged,
    folders::Folders,
    reader::{Counted, filled},
    show,
};

const SECTOR: u64 = 2048;
/// Where the descriptors of the volume begin.
const FIRST: u64 = 16 * SECTOR;
/// So many descriptors are looked at.
const MOST: u64 = 64;

/// Returns whether a source is a disc.
pub(super) fn is(source: &mut dyn Source) -> io::Result<bool> {
    source.seek(SeekFrom::Start(FIRST))?;
    let mut head = [0; 7];
    filled(source, &mut head)?;
    // Version 2 is the enhanced descriptor; the first one is always of version 1.
    Ok(head[0] <= 2 && head[1..] == *b"CD001\x01")
}

/// Shows every folder and file.
pub(super) fn visit(
    source: &mut dyn Source,
    asked: &Asked<'_>,
    visitor: &mut dyn Visitor,
) -> Result<(), ArchiveError> {
    let broken = |error| ArchiveError::of(Kind::Iso, error);
    let mut source = Cached::new(Counted::source(source, asked.budget));
    let tree = tree(&mut source).map_err(broken)?;
    let mut folders = Folders::from(tree.root);
    while let Some(folder) = folders.next().map_err(broken)? {
        let records = tree.records(&mut source, folder.place, asked.budget);
        let mut inner = Vec::new();
        for record in records.map_err(broken)? {
            let name = folder.path_of(&record.name);
            asked.budget.named(&name)?;
            if record.entry.kind == EntryKind::Folder {
                inner.push(folder.inner(record.extents[0], name.clone()));
            }
            let entry = Entry {
                name,
                ..record.entry.clone()
            };
            let next = match entry.kind {
                EntryKind::File => show(
                    visitor,
                    entry,
                    &mut Extents::of(&mut source, &record),
                    asked,
                ),
                // The whole link is in the record.
                _ => visitor.entry(&entry, &mut io::empty()),
            };
            if next == Next::Stop {
                return Ok(());
            }
        }
        folders.add(inner);
    }
    Ok(())
}

/// Chooses the tree that tells most of its files.
fn tree(source: &mut (impl Read + Seek)) -> io::Result<Tree> {
    let mut primary = None;
    let mut joliet = None;
    for number in 0..MOST {
        source.seek(SeekFrom::Start(FIRST + number * SECTOR))?;
        let mut sector = [0; SECTOR as usize];
        source.read_exact(&mut sector)?;
        if sector[1..6] != *b"CD001" {
            break;
        }
        match sector[0] {
            1 if primary.is_none() => primary = Some(Tree::of(&sector, false)?),
            // UCS-2 of level 1, 2 or 3.
            2 if matches!(sector[88..91], [b'%', b'/', b'@' | b'C' | b'E']) => {
                joliet = Some(Tree::of(&sector, true)?);
            }
            255 => break,
            _ => {}
        }
    }
    let mut primary = primary.ok_or_else(|| damaged("it has no descriptor of its volume"))?;
    primary.look_for_rock_ridge(source)?;
    Ok(match joliet {
        Some(joliet) if !primary.has_rock_ridge() => joliet,
        _ => primary,
    })
}

/// The bytes of a file, which may lie in several places.
struct Extents<'a, S> {
    source: &'a mut S,
    left: &'a [(u64, u64)],
    /// What is left of the first of them.
    of_this: u64,
    is_begun: bool,
}

impl<'a, S: Read + Seek> Extents<'a, S> {
    fn of(source: &'a mut S, record: &'a Record) -> Self {
        Self {
            source,
            left: &record.extents,
            of_this: 0,
            is_begun: false,
        }
    }
}

impl<S: Read + Seek> Read for Extents<'_, S> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.of_this == 0 {
            if self.is_begun {
                self.left = &self.left[1..];
                self.is_begun = false;
            }
            let Some((at, length)) = self.left.first() else {
                return Ok(0);
            };
            self.source.seek(SeekFrom::Start(*at))?;
            self.of_this = *length;
            self.is_begun = true;
        }
        let most = usize::try_from(self.of_this)
            .unwrap_or(usize::MAX)
            .min(buffer.len());
        let length = self.source.read(&mut buffer[..most])?;
        if length == 0 && most > 0 {
            return Err(damaged("it ends in a file"));
        }
        self.of_this -= length as u64;
        Ok(length)
    }
}
