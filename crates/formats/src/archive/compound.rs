//! Compound files: a small disc in a file, as old documents of Office and installers of Windows are.
//!
//! Of an installer come out the files that it installs, each where it is put. The format keeps no checksum; the cabinets
//! in installers do.
//!
//! Source: Microsoft, [MS-CFB] 2.1 to 2.6 (2021).

mod msi;
mod sectors;
mod tables;

use std::io::{self, Read, Seek};

use self::sectors::{Sectors, Stream};
use super::{
    ArchiveError, Asked, Entry, EntryKind, Kind, Next, Source, Visitor,
    cached::Cached,
    error::damaged,
    folders::Folders,
    reader::{Counted, Failing},
    show, times,
};

pub(super) const MAGIC: &[u8] = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1";
/// Bytes of an entry of the directory.
const ENTRY: usize = 128;
/// Where none follows.
const NONE: u32 = 0xffff_ffff;
/// What the root is where it is an installer, or a patch of one.
///
/// Source: Microsoft, Windows Installer, CLSID_MsiDatabase and CLSID_MsiPatch.
const INSTALLERS: [[u8; 16]; 2] = [
    *b"\x84\x10\x0c\0\0\0\0\0\xc0\0\0\0\0\0\0\x46",
    *b"\x86\x10\x0c\0\0\0\0\0\xc0\0\0\0\0\0\0\x46",
];

/// Something in the directory.
struct Item {
    /// As it lies there, in UTF-16.
    name: Vec<u16>,
    is_folder: bool,
    left: u32,
    right: u32,
    child: u32,
    modified: Option<i64>,
    stream: Stream,
}

/// Shows every stream, or what an installer installs.
pub(super) fn visit(
    source: &mut dyn Source,
    asked: &Asked<'_>,
    visitor: &mut dyn Visitor,
    kinds: &mut Vec<Kind>,
) -> Result<(), ArchiveError> {
    let broken = |error| ArchiveError::of(Kind::Compound, error);
    let source = Cached::new(Counted::source(source, asked.budget));
    let mut sectors = Sectors::of(source, asked.budget.limits().memory_kib).map_err(broken)?;
    let directory = sectors.directory().map_err(broken)?;
    let (entries, _) = directory.as_chunks::<ENTRY>();
    let root = entries.first().filter(|it| it[66] == 5);
    let root = root.ok_or_else(|| broken(damaged("there is no root")))?;
    let is_installer = INSTALLERS.iter().any(|it| root[80..96] == *it);
    sectors.small(&item(root).stream).map_err(broken)?;
    let items: Vec<Item> = entries.iter().map(item).collect();
    drop(directory);
    if is_installer {
        *kinds = vec![Kind::Msi];
        if msi::visit(&mut sectors, &items, asked, visitor, kinds)? {
            return Ok(());
        }
    }
    streams(&mut sectors, &items, is_installer, asked, visitor)
}

fn streams<S: Read + Seek + Send>(
    sectors: &mut Sectors<S>,
    items: &[Item],
    is_installer: bool,
    asked: &Asked<'_>,
    visitor: &mut dyn Visitor,
) -> Result<(), ArchiveError> {
    let broken = |error| ArchiveError::of(Kind::Compound, error);
    let mut folders = Folders::from(0);
    while let Some(folder) = folders.next().map_err(broken)? {
        let mut inner = Vec::new();
        for number in children(items, folder.place).map_err(broken)? {
            let item = &items[number];
            let path = folder.path_of(&name(&item.name, is_installer));
            asked.budget.one_more()?;
            asked.budget.named(&path)?;
            let kind = match item.is_folder {
                true => EntryKind::Folder,
                false => EntryKind::File,
            };
            let entry = Entry {
                is_utf8: true,
                size: (!item.is_folder).then_some(item.stream.size),
                modified: item.modified,
                ..Entry::named(path.clone(), kind)
            };
            let next = if item.is_folder {
                inner.push(folder.inner(number, path));
                visitor.entry(&entry, &mut io::empty())
            } else {
                match sectors.open(&item.stream) {
                    Ok(mut bytes) => show(visitor, entry, &mut bytes, asked),
                    Err(error) => visitor.entry(&entry, &mut Failing::of(error)),
                }
            };
            if next == Next::Stop {
                return Ok(());
            }
        }
        folders.add(inner);
    }
    Ok(())
}

fn item(entry: &[u8; ENTRY]) -> Item {
    let word = |at: usize| u16::from_le_bytes([entry[at], entry[at + 1]]);
    let long = |at: usize| u32::from(word(at)) | u32::from(word(at + 2)) << 16;
    let length = usize::from(word(64)).saturating_sub(2).min(62) / 2;
    let time = u64::from(long(108)) | u64::from(long(112)) << 32;
    Item {
        name: (0..length).map(|it| word(2 * it)).collect(),
        is_folder: matches!(entry[66], 1 | 5),
        left: long(68),
        right: long(72),
        child: long(76),
        modified: (time != 0).then(|| times::of_windows(time)),
        stream: Stream {
            begins: long(116),
            size: u64::from(long(120)) | u64::from(long(124)) << 32,
        },
    }
}

/// Returns the numbers of what lies in a folder, in the order of the directory: they hang on each other as a tree.
fn children(items: &[Item], folder: usize) -> io::Result<Vec<usize>> {
    let mut found = Vec::new();
    let mut left = vec![items[folder].child];
    while let Some(number) = left.pop() {
        if number == NONE {
            continue;
        }
        let number = usize::try_from(number).unwrap_or(usize::MAX);
        let item = items.get(number).filter(|_| number > 0);
        let item = item.ok_or_else(|| damaged("an entry of the directory is missing"))?;
        if found.len() > items.len() {
            return Err(damaged("a folder has no end"));
        }
        found.push(number);
        left.extend([item.left, item.right]);
    }
    found.sort_unstable();
    let many = found.len();
    found.dedup();
    match found.len() == many {
        true => Ok(found),
        false => Err(damaged("an entry of the directory lies in two places")),
    }
}

/// Returns a name in UTF-8, unpacked as that of an installer; what cannot be seen stands in it by its number, as `[5]`.
fn name(name: &[u16], is_installer: bool) -> Vec<u8> {
    let name = match is_installer {
        true => tables::name(name),
        false => name.to_vec(),
    };
    let mut out = String::new();
    for letter in char::decode_utf16(name) {
        match letter.unwrap_or(char::REPLACEMENT_CHARACTER) {
            unseen @ '\0'..=' ' if unseen != ' ' => {
                out.push_str(&format!("[{}]", u32::from(unseen)));
            }
            letter => out.push(letter),
        }
    }
    out.into_bytes()
}
