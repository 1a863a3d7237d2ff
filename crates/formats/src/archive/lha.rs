//! LHA and LZH, headers of level 0 to 3.
//!
//! Sources: the header notes of LHa for UNIX 1.14i; delharc 0.8, which reads the headers and unpacks.

use std::io::Read;

use delharc::{LhaDecodeReader, header::LhaHeader};

use super::{
    ArchiveError, Asked, Entry, EntryKind, Kind, Next, Unreadable, Visitor, error::damaged, modes,
    reader::Failing, show, times,
};

/// Extended headers.
const FILE: u8 = 0x01;
const FOLDER: u8 = 0x02;
const MODE: u8 = 0x50;
const CHANGED: u8 = 0x54;
/// The longest header that is read, in bytes.
const LONGEST_HEADER: u64 = 64 << 10;
/// What parts a path in the header of a folder.
const STROKE: u8 = 0xff;

/// Shows every file and folder.
pub(super) fn visit(
    stream: impl Read,
    asked: &Asked<'_>,
    visitor: &mut dyn Visitor,
) -> Result<Next, ArchiveError> {
    let broken = |why: String| ArchiveError::of(Kind::Lha, damaged(&why));
    let reader = LhaDecodeReader::new(Near {
        stream,
        left: LONGEST_HEADER,
    });
    let mut reader = reader.map_err(|error| broken(error.to_string()))?;
    loop {
        let header = reader.header();
        asked.budget.one_more()?;
        let entry = entry_of(header);
        asked.budget.named(&entry.name)?;
        let method = String::from_utf8_lossy(&header.compression).into_owned();
        let next = match () {
            () if entry.kind != EntryKind::File => visitor.entry(&entry, &mut std::io::empty()),
            () if !reader.is_decoder_supported() => {
                let why = Unreadable::Method(method);
                visitor.entry(&entry, &mut Failing::of(why.io()))
            }
            () => show(visitor, entry, &mut Summed(&mut reader), asked),
        };
        if next == Next::Stop {
            return Ok(next);
        }
        // What is left of this file, and the next header.
        let most = reader
            .header()
            .compressed_size
            .saturating_add(LONGEST_HEADER);
        if let Some(near) = reader.get_mut() {
            near.left = most;
        }
        match reader.next_file() {
            Ok(true) => {}
            Ok(false) => return Ok(Next::Go),
            Err(error) => return Err(broken(error.to_string())),
        }
    }
}

fn entry_of(header: &LhaHeader) -> Entry {
    let extra = |which: u8| {
        let fields = header.iter_extra().filter_map(<[u8]>::split_first);
        fields.filter(|it| *it.0 == which).map(|it| it.1).last()
    };
    let file = extra(FILE).unwrap_or(&header.filename);
    let mut name = extra(FOLDER).unwrap_or_default().to_vec();
    if name.last().is_some_and(|it| *it != STROKE) {
        name.push(STROKE);
    }
    name.extend(file);
    name.iter_mut()
        .filter(|it| **it == STROKE)
        .for_each(|it| *it = b'/');
    let mode = extra(MODE)
        .and_then(|it| it.first_chunk())
        .map(|it| u32::from(u16::from_le_bytes(*it)));
    let kind = match mode {
        // Its name holds where it leads.
        Some(mode)
            if mode & modes::KIND == modes::LINK
                && let Some(bar) = name.iter().position(|it| *it == b'|') =>
        {
            let to = name.split_off(bar);
            EntryKind::Link(to[1..].to_vec())
        }
        _ if header.is_directory() => EntryKind::Folder,
        mode => mode
            .and_then(modes::special)
            .map_or(EntryKind::File, EntryKind::Special),
    };
    let seconds = |it: &[u8]| it.first_chunk().map(|it| u32::from_le_bytes(*it).into());
    let changed = extra(CHANGED).and_then(seconds);
    let is_wall_time = header.level < 2 && changed.is_none();
    let time = header.last_modified;
    let modified = changed.or_else(|| match is_wall_time {
        true => times::of_dos((time >> 16) as u16, (time & 0xffff) as u16),
        false => Some(time.into()),
    });
    Entry {
        size: (kind == EntryKind::File).then_some(header.original_size),
        packed: Some(header.compressed_size),
        mode: mode.map(|it| it & 0o7777),
        modified,
        is_wall_time,
        ..Entry::named(name, kind)
    }
}

/// A header of level 3 says in four bytes how long it is, and all of it is kept: no more than this is read before something
/// comes out.
struct Near<R> {
    stream: R,
    left: u64,
}

impl<R: Read> Read for Near<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let most = usize::try_from(self.left)
            .unwrap_or(usize::MAX)
            .min(buffer.len());
        if most == 0 && !buffer.is_empty() {
            return Err(damaged("a header is longer than is read"));
        }
        let length = self.stream.read(&mut buffer[..most])?;
        self.left -= length as u64;
        Ok(length)
    }
}

/// What comes out, held against its checksum at its end.
struct Summed<'a, R: Read>(&'a mut LhaDecodeReader<R>);

impl<R: Read> Read for Summed<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        match self.0.read(buffer)? {
            0 if !buffer.is_empty() && self.0.is_empty() && !self.0.crc_is_ok() => {
                Err(Unreadable::Checksum.io())
            }
            length => Ok(length),
        }
    }
}
