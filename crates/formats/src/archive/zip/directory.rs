//! The central directory: what a zip says of its entries.
//!
//! Source: APPNOTE 6.3.10, 4.3.12 to 4.3.16; Info-ZIP, extrafld.txt.

use std::io::{self, Read, Seek, SeekFrom};

use super::super::{
    ArchiveError, Asked, Entry, EntryKind, Kind,
    error::damaged,
    modes,
    reader::{fixed, skipped},
    times,
};

/// The flag of an entry that is encrypted.
const ENCRYPTED: u16 = 1;
/// The flag of a name that is UTF-8.
const UTF8: u16 = 1 << 11;
/// What ends a directory, without its comment.
const END: usize = 22;
/// What says where the end of a directory in 64 bits is.
const LOCATOR: usize = 20;

/// An entry, as the directory has it.
#[derive(Clone)]
pub(super) struct Listed {
    /// Its place in the directory, from zero on.
    pub(super) index: usize,
    pub(super) name: Vec<u8>,
    flags: u16,
    pub(super) method: u16,
    pub(super) sum: u32,
    pub(super) packed: u64,
    pub(super) size: u64,
    /// Where its local header is, in bytes from the beginning.
    pub(super) header: u64,
    mode: Option<u32>,
    /// In seconds since 1970.
    modified: Option<i64>,
    /// What a clock on the wall showed.
    wall: Option<i64>,
}

impl Listed {
    pub(super) fn is_encrypted(&self) -> bool {
        self.flags & ENCRYPTED != 0
    }

    pub(super) fn shown(&self) -> Entry {
        let kind = match self.mode {
            Some(mode) if mode & modes::KIND == modes::LINK => EntryKind::Link(Vec::new()),
            _ if self.name.ends_with(b"/") || self.name.ends_with(b"\\") => EntryKind::Folder,
            Some(mode) if mode & modes::KIND == modes::FOLDER && self.size == 0 => {
                EntryKind::Folder
            }
            Some(mode) => modes::special(mode).map_or(EntryKind::File, EntryKind::Special),
            None => EntryKind::File,
        };
        Entry {
            is_utf8: self.flags & UTF8 != 0,
            size: (kind == EntryKind::File).then_some(self.size),
            packed: Some(self.packed),
            mode: self.mode.map(|it| it & 0o7777),
            modified: self.modified.or(self.wall),
            is_wall_time: self.modified.is_none() && self.wall.is_some(),
            is_encrypted: self.is_encrypted(),
            ..Entry::named(self.name.clone(), kind)
        }
    }
}

/// Returns all entries, in the order of the directory.
pub(super) fn listed(
    source: &mut (impl Read + Seek),
    asked: &Asked<'_>,
) -> Result<Vec<Listed>, ArchiveError> {
    let broken = |error| ArchiveError::of(Kind::Zip, error);
    let place = place(source).map_err(broken)?;
    source.seek(SeekFrom::Start(place.begins)).map_err(broken)?;
    let mut directory = source.take(place.length);
    let mut entries = Vec::new();
    while directory.limit() > 0 {
        asked.budget.one_more()?;
        let entry = entry(&mut directory, entries.len(), place.before).map_err(broken)?;
        asked.budget.named(&entry.name)?;
        entries.push(entry);
    }
    // Old archives of more have their lower sixteen bits.
    match entries.len() as u64 & place.counted == place.many {
        true => Ok(entries),
        false => Err(broken(damaged(
            "its directory has another number of entries than it says",
        ))),
    }
}

/// Returns whether a source ends as a zip does, with a directory where its end says.
pub(in super::super) fn ends_as_one(source: &mut (impl Read + Seek + ?Sized)) -> io::Result<bool> {
    match place(&mut &mut *source) {
        Ok(place) => Ok(place.many > 0),
        Err(error) if error.kind() == io::ErrorKind::InvalidData => Ok(false),
        Err(error) => Err(error),
    }
}

/// Where the directory is.
struct Place {
    begins: u64,
    length: u64,
    /// How many bytes stand before the archive.
    before: u64,
    many: u64,
    /// The bits that [`Place::many`] has.
    counted: u64,
}

/// Finds the directory from the end of the source: the last end of one whose comment reaches the end.
fn place(source: &mut (impl Read + Seek)) -> io::Result<Place> {
    let missing = || damaged("there is no directory of its entries: its end is missing");
    let all = source.seek(SeekFrom::End(0))?;
    let last = all.min((END + usize::from(u16::MAX) + LOCATOR) as u64);
    source.seek(SeekFrom::Start(all - last))?;
    let mut tail = Vec::new();
    source.take(last).read_to_end(&mut tail)?;
    let mut ends = tail.len().checked_sub(END).ok_or_else(missing)?;
    let mut doubtful = None;
    loop {
        let end = &tail[ends..];
        if end.starts_with(b"PK\x05\x06") {
            match usize::from(number(end, 20)) + END {
                length if length == end.len() => break,
                // Something follows that belongs to nothing.
                length if length < end.len() => doubtful = doubtful.or(Some(ends)),
                _ => {}
            }
        }
        match ends.checked_sub(1) {
            Some(before) => ends = before,
            None => break ends = doubtful.ok_or_else(missing)?,
        }
    }
    let end = &tail[ends..];
    let at = all - last + ends as u64;
    let locator = ends.checked_sub(LOCATOR).map(|it| &tail[it..ends]);
    if let Some(locator) = locator.filter(|it| it.starts_with(b"PK\x06\x07")) {
        return place_64(source, long(locator, 8), at - LOCATOR as u64);
    }
    let (length, said) = (u64::from(word(end, 12)), u64::from(word(end, 16)));
    found(source, at, length, said, u64::from(number(end, 10)), 0xffff)
}

/// Finds the directory by its end in 64 bits, which is said to be in one place and ends at another.
fn place_64(source: &mut (impl Read + Seek), said: u64, ends: u64) -> io::Result<Place> {
    let usual = ends.checked_sub(56);
    for at in [Some(said), usual].into_iter().flatten() {
        source.seek(SeekFrom::Start(at))?;
        let mut end = Vec::new();
        source.take(56).read_to_end(&mut end)?;
        if end.len() == 56 && end.starts_with(b"PK\x06\x06") {
            return found(
                source,
                at,
                long(&end, 40),
                long(&end, 48),
                long(&end, 32),
                u64::MAX,
            );
        }
    }
    Err(damaged(
        "the end of its directory in 64 bits is not where it should be",
    ))
}

/// Finds the directory right before its end, or else where it is said to be: something may stand before the archive, or
/// between the two.
fn found(
    source: &mut (impl Read + Seek),
    end: u64,
    length: u64,
    said: u64,
    many: u64,
    counted: u64,
) -> io::Result<Place> {
    let before_end = end.checked_sub(length);
    for begins in [before_end, Some(said)].into_iter().flatten() {
        source.seek(SeekFrom::Start(begins))?;
        let mut head = Vec::new();
        source.take(length.min(4)).read_to_end(&mut head)?;
        if many == 0 || head == b"PK\x01\x02" {
            return Ok(Place {
                begins,
                length,
                before: begins.saturating_sub(said),
                many,
                counted,
            });
        }
    }
    Err(damaged(
        "the directory of its entries is not where it should be",
    ))
}

fn entry(directory: &mut impl Read, index: usize, before: u64) -> io::Result<Listed> {
    let head: [u8; 46] = fixed(directory)?;
    if !head.starts_with(b"PK\x01\x02") {
        return Err(damaged("its directory is damaged"));
    }
    let mut name = vec![0; number(&head, 28).into()];
    directory.read_exact(&mut name)?;
    let mut fields = vec![0; number(&head, 30).into()];
    directory.read_exact(&mut fields)?;
    skipped(directory, number(&head, 32).into())?;
    let mut entry = Listed {
        index,
        name,
        flags: number(&head, 8),
        method: number(&head, 10),
        sum: word(&head, 16),
        packed: word(&head, 20).into(),
        size: word(&head, 24).into(),
        header: word(&head, 42).into(),
        mode: mode(head[5], word(&head, 38)),
        modified: None,
        wall: times::of_dos(number(&head, 14), number(&head, 12)),
    };
    further(&mut entry, &fields)?;
    entry.header = entry.header.saturating_add(before);
    Ok(entry)
}

/// Reads what extra fields say better.
fn further(entry: &mut Listed, mut fields: &[u8]) -> io::Result<()> {
    while let [a, b, c, d, rest @ ..] = fields {
        let length = usize::from(u16::from_le_bytes([*c, *d]));
        // Some writers fill up with what is no field.
        let Some(field) = rest.get(..length) else {
            break;
        };
        match (u16::from_le_bytes([*a, *b]), field) {
            (0x0001, field) => in_64_bits(entry, field)?,
            (0x5455, [flags, a, b, c, d, ..]) if flags & 1 != 0 => {
                entry.modified = Some(i32::from_le_bytes([*a, *b, *c, *d]).into());
            }
            // As Windows keeps it, of attribute 1 behind four bytes that are kept free.
            (0x000a, [_, _, _, _, 1, 0, 24, 0, time @ ..])
                if entry.modified.is_none() && time.len() >= 8 =>
            {
                entry.modified = Some(times::of_windows(long(time, 0)));
            }
            // The name in UTF-8, where it belongs to the name that is there.
            (0x7075, [1, a, b, c, d, name @ ..])
                if u32::from_le_bytes([*a, *b, *c, *d]) == crc32fast::hash(&entry.name)
                    && std::str::from_utf8(name).is_ok() =>
            {
                entry.name = name.to_vec();
                entry.flags |= UTF8;
            }
            _ => {}
        }
        fields = &rest[length..];
    }
    Ok(())
}

/// Reads the numbers that did not fit, in their order.
fn in_64_bits(entry: &mut Listed, field: &[u8]) -> io::Result<()> {
    let numbers = [&mut entry.size, &mut entry.packed, &mut entry.header];
    let large = numbers.into_iter().filter(|it| **it == u64::from(u32::MAX));
    for (number, bytes) in large.zip(field.chunks_exact(8)) {
        *number = long(bytes, 0);
    }
    Ok(())
}

/// Returns the mode of an entry by which system made it, and its attributes there.
fn mode(system: u8, attributes: u32) -> Option<u32> {
    const FAT: u8 = 0;
    const NTFS: u8 = 10;
    const READ_ONLY: u32 = 1;
    const IS_FOLDER: u32 = 0x10;
    let of_unix = Some(attributes >> 16).filter(|it| *it != 0 && system != FAT);
    if attributes == 0 || of_unix.is_some() || !matches!(system, FAT | NTFS) {
        return of_unix;
    }
    let mode = match attributes & IS_FOLDER {
        0 => 0o664,
        _ => modes::FOLDER | 0o775,
    };
    let withheld = if attributes & READ_ONLY == 0 {
        0
    } else {
        0o222
    };
    Some(mode & !withheld)
}

fn number(bytes: &[u8], at: usize) -> u16 {
    u16::from_le_bytes([bytes[at], bytes[at + 1]])
}

fn word(bytes: &[u8], at: usize) -> u32 {
    u32::from(number(bytes, at + 2)) << 16 | u32::from(number(bytes, at))
}

fn long(bytes: &[u8], at: usize) -> u64 {
    u64::from(word(bytes, at + 4)) << 32 | u64::from(word(bytes, at))
}

#[cfg(test)]
mod tests {
    use std::io::{Cursor, Write as _};

    use ::zip::{ZipWriter, write::SimpleFileOptions};

    use super::{
        super::super::{Budget, Limits},
        *,
    };

    fn packed() -> Vec<u8> {
        let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
        for name in ["one", "folder/two"] {
            let options = SimpleFileOptions::default();
            zip.start_file(name, options.unix_permissions(0o640))
                .unwrap();
            zip.write_all(name.as_bytes()).unwrap();
        }
        zip.finish().unwrap().into_inner()
    }

    fn read(bytes: &[u8]) -> Result<Vec<Listed>, ArchiveError> {
        let budget = Budget::new(Limits::for_archive(bytes.len() as u64));
        let asked = Asked {
            budget: &budget,
            password: None,
        };
        listed(&mut Cursor::new(bytes), &asked)
    }

    fn names(bytes: &[u8]) -> Vec<Vec<u8>> {
        read(bytes).unwrap().into_iter().map(|it| it.name).collect()
    }

    /// Returns where the end of the directory is.
    fn end_of(packed: &[u8]) -> usize {
        let end = packed.windows(4).rposition(|it| it == b"PK\x05\x06");
        end.unwrap()
    }

    fn put(bytes: &mut [u8], at: usize, number: u32) {
        bytes[at..at + 4].copy_from_slice(&number.to_le_bytes());
    }

    #[test]
    fn an_entry_says_what_it_is() {
        let entries = read(&packed()).unwrap();
        let [one, two] = &entries[..] else {
            panic!("{}", entries.len());
        };
        assert_eq!((one.index, one.header, one.size), (0, 0, 3));
        assert_eq!(one.sum, crc32fast::hash(b"one"));
        assert_eq!((two.index, &two.name[..]), (1, &b"folder/two"[..]));
        assert_eq!(two.shown().mode, Some(0o640));
    }

    #[test]
    fn something_may_stand_before_and_behind() {
        let packed = packed();
        let all = names(&packed);
        for (before, behind) in [
            (&b"#!/bin/sh\n"[..], &b""[..]),
            (b"", b"\0\0"),
            (b"MZ", b"x"),
        ] {
            let around = [before, &packed, behind].concat();
            assert_eq!(names(&around), all);
            let header = read(&around).unwrap()[0].header;
            assert_eq!(header, before.len() as u64);
        }
        // A comment that looks like an end.
        let mut commented = packed.clone();
        let end = end_of(&packed);
        commented[end + 20] = 22;
        commented.extend_from_slice(b"PK\x05\x06 and more that is.");
        commented.truncate(end + 44);
        assert_eq!(names(&commented), all);
    }

    #[test]
    fn an_end_in_64_bits_counts() {
        let mut packed = packed();
        let end = end_of(&packed);
        let old = packed.split_off(end);
        let mut end_64 = b"PK\x06\x06\x2c\0\0\0\0\0\0\0\x2d\0\x2d\0\0\0\0\0\0\0\0\0".to_vec();
        end_64.extend_from_slice(&2u64.to_le_bytes());
        end_64.extend_from_slice(&2u64.to_le_bytes());
        end_64.extend_from_slice(&u64::from(word(&old, 12)).to_le_bytes());
        end_64.extend_from_slice(&u64::from(word(&old, 16)).to_le_bytes());
        let mut locator = b"PK\x06\x07\0\0\0\0".to_vec();
        locator.extend_from_slice(&(end as u64).to_le_bytes());
        locator.extend_from_slice(&1u32.to_le_bytes());
        let mut full = old.clone();
        full[8..20].fill(0xff);
        let all = [&packed[..], &end_64, &locator, &full].concat();
        assert_eq!(names(&all).len(), 2);
        // The place that the locator says is wrong where something stands before.
        assert_eq!(names(&[b"before", &all[..]].concat()).len(), 2);
    }

    #[test]
    fn what_a_directory_says_wrongly_is_a_fault() {
        let packed = packed();
        let end = end_of(&packed);
        for (at, number) in [(end + 10, 3), (end + 12, 50), (end + 16, 9), (end, 0)] {
            let mut wrong = packed.clone();
            put(&mut wrong, at, number);
            // A wrong place alone can be put right: the directory ends where its end begins.
            assert_eq!(read(&wrong).is_ok(), at == end + 16, "{at}");
        }
        for length in 0..packed.len() {
            assert!(read(&packed[..length]).is_err(), "{length}");
        }
    }

    #[test]
    fn a_name_in_utf_8_beside_another_is_taken_where_it_belongs_to_it() {
        let field = |name: &[u8]| {
            let mut field = vec![0x75, 0x70, 5 + 3, 0, 1];
            field.extend_from_slice(&crc32fast::hash(name).to_le_bytes());
            field.extend_from_slice("é!".as_bytes());
            field
        };
        let mut entry = read(&packed()).unwrap().remove(0);
        further(&mut entry, &field(b"other")).unwrap();
        assert_eq!(entry.name, b"one");
        further(&mut entry, &field(b"one")).unwrap();
        assert_eq!(entry.name, "é!".as_bytes());
        assert!(entry.shown().is_utf8);
    }

    #[test]
    fn modes_are_those_of_the_system_that_made_it() {
        assert_eq!(mode(3, 0o100_640 << 16), Some(0o100_640));
        assert_eq!(mode(0, 0x10), Some(modes::FOLDER | 0o775));
        assert_eq!(mode(0, 1 | 0o100_777 << 16), Some(0o444));
        assert_eq!(mode(10, 0o100_700 << 16), Some(0o100_700));
        assert_eq!(mode(3, 0), None);
    }

    #[test]
    fn all_is_read_as_the_library_reads_it() {
        use ::zip::{read::Config, unstable::read::ZipIterable};

        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/archives");
        let mut many = 0;
        for file in std::fs::read_dir(folder).unwrap() {
            let path = file.unwrap().path();
            if path.extension().is_none_or(|it| it != "zip") {
                continue;
            }
            let bytes = std::fs::read(&path).unwrap();
            let mut archive = ZipIterable::try_new(Cursor::new(&bytes), Config::default()).unwrap();
            let files = archive.files().unwrap().map(Result::unwrap);
            for (known, ours) in files.zip(read(&bytes).unwrap()) {
                assert_eq!(known.name_raw(), ours.name);
                assert_eq!(known.header_start(), ours.header);
                assert_eq!(known.compressed_size(), ours.packed);
                assert_eq!(known.size(), ours.size);
                assert_eq!(known.crc32(), ours.sum);
                assert_eq!(known.encrypted(), ours.is_encrypted());
                let bits = |mode: Option<u32>| mode.map(|it| it & 0o777);
                assert_eq!(bits(known.unix_mode()), bits(ours.mode));
                many += 1;
            }
        }
        assert!(many > 50, "{many}");
    }
}
