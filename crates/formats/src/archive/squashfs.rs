//! SquashFS 4: file systems that are packed to be read, as snaps and live discs are.
//!
//! Source: Linux 6.18, Documentation/filesystems/squashfs.rst and fs/squashfs/squashfs_fs.h for the fields.

mod blocks;
mod inode;
mod metadata;

use std::{
    collections::HashMap,
    io::{self, Read, Seek, SeekFrom},
};

use self::{
    blocks::Blocks,
    inode::{Inode, What},
    metadata::{Packing, Place, Store},
};
use super::{
    ArchiveError, Asked, Entry, EntryKind, Kind, Next, Source, Visitor,
    cached::Cached,
    error::damaged,
    folders::Folders,
    reader::{Counted, Failing},
    show,
};

const HEADER: usize = 96;

/// Where the tables lie.
struct Header {
    block: u32,
    packing: Packing,
    root: Place,
    inodes: u64,
    folders: u64,
    fragments: (u64, u32),
}

/// Shows every folder and file.
pub(super) fn visit(
    source: &mut dyn Source,
    asked: &Asked<'_>,
    visitor: &mut dyn Visitor,
) -> Result<(), ArchiveError> {
    let broken = |error| ArchiveError::of(Kind::SquashFs, error);
    let mut source = Cached::new(Counted::source(source, asked.budget));
    let header = Header::read(&mut source).map_err(broken)?;
    let mut store = Store::new(source, header.packing, asked.budget);
    let mut folders = Folders::from(header.root);
    let mut firsts: HashMap<Place, Vec<u8>> = HashMap::new();
    while let Some(folder) = folders.next().map_err(broken)? {
        let inode = Inode::read(&mut store, &header, folder.place).map_err(broken)?;
        let What::Folder { at, size } = inode.what else {
            return Err(broken(damaged("what must be a folder is none")));
        };
        let names = names(&mut store, &header, at, size).map_err(broken)?;
        let mut inner = Vec::new();
        for (name, place) in names {
            asked.budget.one_more()?;
            let whole = folder.path_of(&name);
            asked.budget.named(&whole)?;
            let inode = match Inode::read(&mut store, &header, place) {
                Ok(inode) => inode,
                Err(error) => {
                    let entry = Entry::named(whole, EntryKind::File);
                    match visitor.entry(&entry, &mut Failing::of(error)) {
                        Next::Go => continue,
                        Next::Stop => return Ok(()),
                    }
                }
            };
            let entry = entry_of(&inode, whole.clone(), firsts.get(&place));
            let next = match &inode.what {
                What::File(file) if entry.kind == EntryKind::File => {
                    if file.has_more_names {
                        firsts.insert(place, whole);
                    }
                    show(
                        visitor,
                        entry,
                        &mut Blocks::of(&mut store, &header, file),
                        asked,
                    )
                }
                What::Folder { .. } => {
                    inner.push(folder.inner(place, whole));
                    visitor.entry(&entry, &mut io::empty())
                }
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

impl Header {
    fn read(source: &mut (impl Read + Seek)) -> io::Result<Self> {
        let mut header = [0; HEADER];
        source.seek(SeekFrom::Start(0))?;
        source.read_exact(&mut header)?;
        let word = |at: usize| u16::from_le_bytes([header[at], header[at + 1]]);
        let long = |at: usize| u32::from(word(at)) | u32::from(word(at + 2)) << 16;
        let longest = |at: usize| u64::from(long(at)) | u64::from(long(at + 4)) << 32;
        if word(28) != 4 {
            return Err(damaged("it is of a version before 4, which is not read"));
        }
        let block = long(12);
        if !block.is_power_of_two() || !(4 << 10..=1 << 20).contains(&block) {
            return Err(damaged("its blocks have a size that none may have"));
        }
        Ok(Self {
            block,
            packing: Packing::of(word(20))?,
            root: Place::of(longest(32)),
            inodes: longest(64),
            folders: longest(72),
            fragments: (longest(80), long(16)),
        })
    }
}

/// Reads a folder: names, and where their inodes are.
fn names<S: Read + Seek>(
    store: &mut Store<'_, S>,
    header: &Header,
    at: Place,
    size: u32,
) -> io::Result<Vec<(Vec<u8>, Place)>> {
    let mut names = Vec::new();
    let mut reader = store.reader(header.folders, at);
    // Three bytes for itself and the one above are counted in its size and do not lie there.
    let mut left = u64::from(size.saturating_sub(3));
    while left > 0 {
        let many = reader.long()?;
        let block = reader.long()?;
        reader.long()?;
        left = left.saturating_sub(12);
        if many >= 256 {
            return Err(damaged("a part of a folder is longer than any may be"));
        }
        for _ in 0..=many {
            let offset = reader.word()?;
            reader.long()?;
            let length = usize::from(reader.word()?) + 1;
            let name = reader.bytes(length)?;
            left = left.saturating_sub(8 + length as u64);
            names.push((
                name,
                Place {
                    block: block.into(),
                    offset,
                },
            ));
        }
    }
    Ok(names)
}

fn entry_of(inode: &Inode, name: Vec<u8>, first: Option<&Vec<u8>>) -> Entry {
    let kind = match (&inode.what, first) {
        (_, Some(first)) => EntryKind::Same(first.clone()),
        (What::Folder { .. }, _) => EntryKind::Folder,
        (What::File(_), _) => EntryKind::File,
        (What::Link(to), _) => EntryKind::Link(to.clone()),
        (What::Special(what), _) => EntryKind::Special(what),
    };
    let size = match &inode.what {
        What::File(file) if kind == EntryKind::File => Some(file.size),
        _ => None,
    };
    Entry {
        size,
        mode: Some(u32::from(inode.mode) & 0o7777),
        modified: Some(inode.modified.into()),
        ..Entry::named(name, kind)
    }
}
