//! The central directory: what a zip says of its entries.
//!
//! Source: APPNOTE 6.3.10, 4.3.12 to 4.3.16; Info-ZIP, extrafld.txt.

mod place;

use std::io::{self, Read, Seek, SeekFrom};

pub(in super::super) use self::place::ends_as_one;
use self::place::place;
use super::{
    super::{
        ArchiveError, Asked, Entry, EntryKind, Kind,
        error::damaged,
        modes,
        reader::{fixed, skipped},
        times,
    },
    LOCAL,
};

/// The flag of an entry that is encrypted.
const ENCRYPTED: u16 = 1;
/// The flag of sizes that stand behind the bytes.
const STREAMED: u16 = 1 << 3;
/// The flag of a name that is UTF-8.
const UTF8: u16 = 1 << 11;
/// An entry, as the directory has it.
#[derive(Clone)]
pub(super) struct Listed {
    /// Where the directory has it, in bytes from the beginning.
    pub(super) record: u64,
    pub(super) name: Vec<u8>,
    /// The name before a better one took its place.
    plain_name: Option<Vec<u8>>,
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

    /// Returns whether an entry says other things of itself than the directory does, by its local header and name there.
    ///
    /// Where its sizes stand behind its bytes, or elsewhere in 64 bits, they are not compared; of names only what is ASCII,
    /// as PKZIP 2.50 wrote the two in different letters (7-Zip, ZipIn.cpp).
    pub(super) fn is_disputed(&self, local: &[u8; LOCAL as usize], name: &[u8]) -> bool {
        let ascii = |name: &[u8]| -> Vec<u8> {
            let ascii = name.iter().filter(|it| it.is_ascii());
            ascii
                .map(|it| if *it == b'\\' { b'/' } else { *it })
                .collect()
        };
        if self.first_name() != name && ascii(self.first_name()) != ascii(name) {
            return true;
        }
        let is_known = |at: usize| !matches!(word(local, at), 0 | u32::MAX);
        let differs = |at: usize, number: u64| is_known(at) && u64::from(word(local, at)) != number;
        let is_streamed = number(local, 6) & STREAMED != 0;
        number(local, 8) != self.method
            || !is_streamed
                && (differs(14, self.sum.into())
                    || differs(18, self.packed)
                    || differs(22, self.size))
    }

    /// The name as it stands in the directory, before a better one of the extra fields.
    fn first_name(&self) -> &[u8] {
        self.plain_name.as_deref().unwrap_or(&self.name)
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

/// Returns all entries, in the order of the directory. `disks` is where each part begins, if there are several.
pub(super) fn listed(
    source: &mut (impl Read + Seek),
    asked: &Asked<'_>,
    disks: &[u64],
) -> Result<Vec<Listed>, ArchiveError> {
    let broken = |error| ArchiveError::of(Kind::Zip, error);
    let place = place(source, disks).map_err(broken)?;
    if place.disk > 0 && disks.len() <= place.disk as usize {
        let many = place.disk;
        return Err(ArchiveError::Missing(format!(
            "it is the last of {} parts, and the others are not beside it: .z01 to .z{many:02}",
            u64::from(many) + 1
        )));
    }
    source.seek(SeekFrom::Start(place.begins)).map_err(broken)?;
    let mut directory = source.take(place.length);
    let mut entries = Vec::new();
    while directory.limit() > 0 {
        asked.budget.one_more()?;
        let record = place.begins + (place.length - directory.limit());
        let (mut entry, disk) = entry(&mut directory, record).map_err(broken)?;
        let begins = disks.get(disk as usize).copied().unwrap_or_default();
        entry.header = entry.header.saturating_add(begins.max(place.before));
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

/// Reads an entry, and the number of the part that it begins in.
fn entry(directory: &mut impl Read, record: u64) -> io::Result<(Listed, u32)> {
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
        record,
        name,
        plain_name: None,
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
    let mut disk = number(&head, 34).into();
    further(&mut entry, &mut disk, &fields);
    Ok((entry, disk))
}

/// Reads what extra fields say better.
fn further(entry: &mut Listed, disk: &mut u32, mut fields: &[u8]) {
    while let [a, b, c, d, rest @ ..] = fields {
        let length = usize::from(u16::from_le_bytes([*c, *d]));
        // Some writers fill up with what is no field.
        let Some(field) = rest.get(..length) else {
            break;
        };
        match (u16::from_le_bytes([*a, *b]), field) {
            (0x0001, field) => in_64_bits(entry, disk, field),
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
                let plain = std::mem::replace(&mut entry.name, name.to_vec());
                entry.plain_name.get_or_insert(plain);
                entry.flags |= UTF8;
            }
            _ => {}
        }
        fields = &rest[length..];
    }
}

/// Reads the numbers that did not fit, in their order.
fn in_64_bits(entry: &mut Listed, disk: &mut u32, mut field: &[u8]) {
    for number in [&mut entry.size, &mut entry.packed, &mut entry.header] {
        if *number != u64::from(u32::MAX) {
            continue;
        }
        let Some((bytes, rest)) = field.split_at_checked(8) else {
            return;
        };
        (*number, field) = (long(bytes, 0), rest);
    }
    if *disk == u32::from(u16::MAX) && field.len() >= 4 {
        *disk = word(field, 0);
    }
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
        listed(&mut Cursor::new(bytes), &asked, &[])
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
        assert_eq!((one.header, one.size), (0, 3));
        assert_eq!(one.sum, crc32fast::hash(b"one"));
        assert_eq!(two.name, b"folder/two");
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
        further(&mut entry, &mut 0, &field(b"other"));
        assert_eq!(entry.name, b"one");
        further(&mut entry, &mut 0, &field(b"one"));
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
