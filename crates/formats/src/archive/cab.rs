//! Cabinets of Windows: one file of a set at a time.
//!
//! Source: Microsoft, [MS-CAB] 2.1 to 2.6 (2024).

mod folder;

use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};

use self::folder::{Folder, Packing};
use super::{
    ArchiveError, Asked, Entry, EntryKind, Exceeded, Kind, Next, Source, Unreadable, Visitor,
    cached::Cached,
    error::damaged,
    reader::{Counted, Failing, Whole, fixed, skipped},
    show, times,
};

/// The header up to what it may leave out.
const HEADER: usize = 36;
/// Folders of files that begin in a cabinet before, end in one behind, or both.
const FROM_BEFORE: [u16; 2] = [0xfffd, 0xffff];
const TO_NEXT: [u16; 2] = [0xfffe, 0xffff];
/// Attributes of a file.
const IS_UTF8: u16 = 0x80;

/// A file as the cabinet lists it.
struct Listed {
    size: u64,
    /// Where it begins in what its folder unpacks to.
    at: u64,
    folder: u16,
    entry: Entry,
}

/// Shows every file, those of a folder in the order of their bytes.
pub(super) fn visit(
    source: &mut dyn Source,
    asked: &Asked<'_>,
    visitor: &mut dyn Visitor,
) -> Result<(), ArchiveError> {
    let broken = |error| ArchiveError::of(Kind::Cab, error);
    let mut source = Cached::new(Counted::source(source, asked.budget));
    let (places, files) = listed(&mut source, asked)?;
    let mut files = files.into_iter().peekable();
    while let Some(first) = files.peek() {
        let number = first.folder;
        let folder = places.get(usize::from(number));
        let mut folder = folder.map(|place| {
            let folder = Folder::new(&mut source, place)?;
            // Behind a fault nothing is where it must be: once it failed, it fails for what is left.
            Ok::<_, Unreadable>(Counted::decoded(folder, asked.budget))
        });
        let mut at = 0;
        while let Some(file) = files.next_if(|it| it.folder == number) {
            let next = match (&mut folder, elsewhere(number)) {
                (_, Some(why)) => visitor.entry(&file.entry, &mut Failing::of(damaged(why))),
                (None, None) => return Err(broken(damaged("a file lies in no folder"))),
                (Some(Err(why)), None) => {
                    visitor.entry(&file.entry, &mut Failing::of(why.clone().io()))
                }
                (Some(Ok(folder)), None) => {
                    let between = file.at.checked_sub(at).ok_or(Exceeded::Overlap)?;
                    let passed = skipped(folder, between);
                    let mut bytes = folder.take(file.size);
                    let next = match passed {
                        Ok(()) => show(visitor, file.entry, &mut Whole(&mut bytes), asked),
                        Err(error) => visitor.entry(&file.entry, &mut Failing::of(error)),
                    };
                    at = file.at + file.size - bytes.limit();
                    next
                }
            };
            if next == Next::Stop {
                return Ok(());
            }
        }
    }
    Ok(())
}

/// Says where the rest of the files of a folder is, if they are not whole in here.
fn elsewhere(folder: u16) -> Option<&'static str> {
    match (FROM_BEFORE.contains(&folder), TO_NEXT.contains(&folder)) {
        (true, true) => Some("it begins in the cabinet before and ends in the next"),
        (true, false) => Some("it begins in the cabinet before"),
        (false, true) => Some("it ends in the next cabinet"),
        (false, false) => None,
    }
}

/// Where the blocks of a folder lie.
struct Place {
    at: u64,
    blocks: u16,
    packing: Result<Packing, Unreadable>,
    /// Bytes between the header of a block and the block.
    reserved: u8,
}

fn listed(
    source: &mut (impl Read + Seek),
    asked: &Asked<'_>,
) -> Result<(Vec<Place>, Vec<Listed>), ArchiveError> {
    let broken = |error| ArchiveError::of(Kind::Cab, error);
    source.seek(SeekFrom::Start(0)).map_err(broken)?;
    let mut reader = BufReader::with_capacity(4 << 10, &mut *source);
    let header: [u8; HEADER] = fixed(&mut reader).map_err(broken)?;
    let word = |at: usize| u16::from_le_bytes([header[at], header[at + 1]]);
    let flags = word(30);
    let (mut of_header, mut of_folder, mut reserved) = (0, 0, 0);
    if flags & 4 != 0 {
        let [low, high, folder, block] = fixed(&mut reader).map_err(broken)?;
        (of_header, of_folder, reserved) = (u16::from_le_bytes([low, high]), folder, block);
    }
    skipped(&mut reader, of_header.into()).map_err(broken)?;
    // The names of the cabinets beside this one, and of their disks.
    for _ in 0..2 * (flags & 3).count_ones() {
        name(&mut reader, asked.budget.limits().name).map_err(broken)?;
    }
    let mut places = Vec::new();
    for _ in 0..word(26) {
        let place: [u8; 8] = fixed(&mut reader).map_err(broken)?;
        skipped(&mut reader, of_folder.into()).map_err(broken)?;
        places.push(Place {
            at: u32::from_le_bytes([place[0], place[1], place[2], place[3]]).into(),
            blocks: u16::from_le_bytes([place[4], place[5]]),
            packing: Packing::of(u16::from_le_bytes([place[6], place[7]])),
            reserved,
        });
    }
    let files_at = u32::from_le_bytes([header[16], header[17], header[18], header[19]]);
    reader
        .seek(SeekFrom::Start(files_at.into()))
        .map_err(broken)?;
    let mut files = Vec::new();
    for _ in 0..word(28) {
        asked.budget.one_more()?;
        files.push(file(&mut reader, asked).map_err(broken)?);
    }
    files.sort_by_key(|it| (it.folder, it.at));
    Ok((places, files))
}

fn file(reader: &mut impl BufRead, asked: &Asked<'_>) -> io::Result<Listed> {
    let fields: [u8; 16] = fixed(reader)?;
    let word = |at: usize| u16::from_le_bytes([fields[at], fields[at + 1]]);
    let long = |at: usize| u64::from(word(at)) | u64::from(word(at + 2)) << 16;
    let attributes = word(14);
    let name = name(reader, asked.budget.limits().name)?;
    let size = long(0);
    let entry = Entry {
        is_utf8: attributes & IS_UTF8 != 0,
        size: Some(size),
        modified: times::of_dos(word(10), word(12)),
        is_wall_time: true,
        ..Entry::named(name, EntryKind::File)
    };
    Ok(Listed {
        size,
        at: long(4),
        folder: word(8),
        entry,
    })
}

/// Reads a name up to its NUL.
fn name(reader: &mut impl BufRead, longest: usize) -> io::Result<Vec<u8>> {
    let mut name = Vec::new();
    reader.take(longest as u64 + 1).read_until(0, &mut name)?;
    match name.pop() {
        Some(0) => Ok(name),
        _ => Err(damaged("a name has no end")),
    }
}
