//! The folders of an image, and what is told of each file.
//!
//! Source: as of the header; wimlib's dentry.c for what ends a folder, and tagged_items.c for modes of Unix.

use std::{
    collections::{HashSet, VecDeque},
    io,
};

use super::{
    super::{ArchiveError, Asked, EntryKind, Exceeded, Kind, error::damaged, modes, times},
    header::{array, u16_at, u32_at, u64_at},
    table::Hash,
};

/// What is told of everything, before its name.
const FIXED: usize = 102;
/// What is told of a stream, before its name.
const STREAM: usize = 38;
/// Folders within folders. Windows has room for fewer.
const DEEPEST: u32 = 1024;
/// A link, where the file is told to be a reparse point.
///
/// Source: \[MS-FSCC\] 2.1.2.1.
const IS_LINK: u32 = 0xa000_000c;
/// What wimlib notes of a file of Unix.
const UNIX: u32 = 0x337d_d873;

/// A file or a folder.
pub(super) struct Node {
    /// The folder it is in; none of the root of an image.
    pub(super) parent: Option<u32>,
    pub(super) name: Box<str>,
    pub(super) kind: Told,
    /// Its bytes; for a link, where it leads.
    pub(super) hash: Hash,
    pub(super) modified: Option<i64>,
    pub(super) mode: Option<u32>,
    /// Files of one image with the same number are one; zero is none.
    pub(super) group: u64,
    depth: u32,
    /// Bytes of its path.
    path: usize,
}

/// What it is, before its bytes were read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Told {
    File,
    /// Encrypted by Windows.
    Locked,
    Folder,
    Link,
    Special(&'static str),
}

impl Node {
    /// The root of an image, by its number where there are several.
    fn root(name: String) -> Self {
        Self {
            parent: None,
            kind: Told::Folder,
            hash: Hash::default(),
            modified: None,
            mode: None,
            group: 0,
            depth: 0,
            path: name.len(),
            name: name.into(),
        }
    }
}

/// Adds what is in an image: each folder before what is in it.
pub(super) fn add(
    nodes: &mut Vec<Node>,
    bytes: &[u8],
    image: Option<usize>,
    asked: &Asked<'_>,
) -> Result<(), ArchiveError> {
    let broken = |why: &str| ArchiveError::of(Kind::Wim, damaged(why));
    // Who may do what stands first.
    let rights = (u32_at(bytes, 0) as usize).max(8).next_multiple_of(8);
    let root = Raw::at(bytes, rights).map_err(|it| ArchiveError::of(Kind::Wim, it))?;
    let root = root.ok_or_else(|| broken("an image has no root"))?;
    let mut node = Node::root(image.map(|it| it.to_string()).unwrap_or_default());
    node.modified = root.modified();
    if image.is_some() {
        asked.budget.one_more()?;
    }
    let mut folders = VecDeque::from([(nodes.len(), root.children())]);
    nodes.push(node);
    let mut seen = HashSet::new();
    let mut taken = 0;
    while let Some((parent, mut at)) = folders.pop_front() {
        if at == 0 {
            continue;
        }
        let mut is_first = true;
        while let Some(raw) = usize::try_from(at)
            .map_err(|_| damaged("a folder lies nowhere"))
            .and_then(|it| Raw::at(bytes, it))
            .map_err(|it| ArchiveError::of(Kind::Wim, it))?
        {
            // Two folders that are one would be a loop, or a small image of any size.
            if std::mem::take(&mut is_first) && !seen.insert(at) {
                return Err(broken("a folder is in two places"));
            }
            // Each may have many streams: where they lie over each other, a small image would take hours.
            taken += raw.length;
            if taken > bytes.len() {
                return Err(broken("entries of folders lie over each other"));
            }
            asked.budget.one_more()?;
            let node = raw.node(parent, &nodes[parent]);
            if node.path > asked.budget.limits().name {
                return Err(Exceeded::Name(asked.budget.limits().name).into());
            }
            if node.depth > DEEPEST {
                return Err(broken("folders lie too deep in each other"));
            }
            if node.kind == Told::Folder {
                folders.push_back((nodes.len(), raw.children()));
            }
            nodes.push(node);
            at = at.saturating_add(raw.length as u64);
        }
    }
    Ok(())
}

/// An entry of a folder as it lies there.
struct Raw<'a> {
    bytes: &'a [u8],
    /// With its streams, which follow it.
    length: usize,
    hash: Hash,
}

impl<'a> Raw<'a> {
    /// Reads an entry; none at the end of a folder.
    fn at(bytes: &'a [u8], at: usize) -> io::Result<Option<Self>> {
        let wrong = || damaged("a folder ends too early");
        let bytes = bytes.get(at..).ok_or_else(wrong)?;
        let length = u64::from_le_bytes(array(bytes, 0).ok_or_else(wrong)?);
        if length <= 8 {
            return Ok(None);
        }
        let aligned = |length: u64| {
            let length = usize::try_from(length).ok();
            length.and_then(|it| it.checked_next_multiple_of(8))
        };
        let mut next = aligned(length).ok_or_else(wrong)?;
        let own = bytes.get(..length as usize).ok_or_else(wrong)?;
        if own.len() < FIXED {
            return Err(wrong());
        }
        let mut hash: Hash = array(own, 64).unwrap_or_default();
        for _ in 0..u16_at(own, 96) {
            let stream = bytes.get(next..).ok_or_else(wrong)?;
            let length = u64_at(stream, 0);
            if length < STREAM as u64 || stream.len() < STREAM {
                return Err(wrong());
            }
            // Where there are streams, the one without a name may be among them.
            if hash == Hash::default() && u16_at(stream, 36) == 0 {
                hash = array(stream, 16).unwrap_or_default();
            }
            next = aligned(length)
                .and_then(|it| it.checked_add(next))
                .ok_or_else(wrong)?;
        }
        Ok(Some(Self {
            bytes: own,
            length: next,
            hash,
        }))
    }

    /// Where the entries of this folder begin; zero where there are none.
    fn children(&self) -> u64 {
        u64_at(self.bytes, 16)
    }

    /// In seconds since 1970.
    fn modified(&self) -> Option<i64> {
        let time = u64_at(self.bytes, 56);
        (time > 0).then(|| times::of_windows(time))
    }

    fn node(&self, parent: usize, folder: &Node) -> Node {
        let length = usize::from(u16_at(self.bytes, 100));
        let name = self.bytes.get(FIXED..FIXED + length).unwrap_or_default();
        let name = text(name);
        let unix = self.unix(length);
        let kind = self.kind(unix);
        Node {
            parent: u32::try_from(parent).ok(),
            kind,
            hash: self.hash,
            modified: self.modified(),
            mode: unix.map(|it| it & 0o7777),
            group: match kind {
                Told::File => u64_at(self.bytes, 88),
                _ => 0,
            },
            depth: folder.depth + 1,
            path: folder.path + 1 + name.len(),
            name: name.into(),
        }
    }

    fn kind(&self, unix: Option<u32>) -> Told {
        let attributes = u32_at(self.bytes, 8);
        let has = |flag: u32| attributes & flag != 0;
        // Source: [MS-FSCC] 2.6.
        let (is_folder, is_reparse, is_encrypted) = (has(0x10), has(0x400), has(0x4000));
        match unix.and_then(modes::special) {
            _ if is_reparse && u32_at(self.bytes, 88) == IS_LINK => Told::Link,
            _ if is_folder => Told::Folder,
            _ if is_reparse => Told::Special("a reparse point"),
            Some(what) => Told::Special(what),
            _ if is_encrypted => Told::Locked,
            _ => Told::File,
        }
    }

    /// Looks for a mode among what follows the names.
    fn unix(&self, name: usize) -> Option<u32> {
        // Each name ends in NUL, where there is one.
        let with_end = |length: usize| if length > 0 { length + 2 } else { 0 };
        let short = usize::from(u16_at(self.bytes, 98));
        let names = FIXED + with_end(name) + with_end(short);
        let mut items = self.bytes.get(names.next_multiple_of(8)..)?;
        while items.len() >= 8 {
            let length = u32_at(items, 4) as usize;
            if u32_at(items, 0) == UNIX && length >= 16 {
                return Some(u32_at(items, 16));
            }
            items = items.get(length.checked_next_multiple_of(8)?.checked_add(8)?..)?;
        }
        None
    }
}

/// Reads where a link leads. Absolute targets lose their drive, as they got one of Unix' paths.
///
/// Source: \[MS-FSCC\] 2.1.2.4, without the first eight bytes, which images leave out; `C:` is told by what wimlib writes.
pub(super) fn target(bytes: &[u8]) -> Option<EntryKind> {
    let name = |at: usize| {
        let from = 12 + usize::from(u16_at(bytes, at));
        let length = usize::from(u16_at(bytes, at + 2));
        bytes.get(from..from + length).map(text)
    };
    // What is shown, else what is followed.
    let shown = name(4).filter(|it| !it.is_empty());
    let to = shown.or_else(|| name(0))?.replace('\\', "/");
    let to = to.strip_prefix("/??/").unwrap_or(&to);
    let to = match to.as_bytes() {
        [drive, b':', b'/', ..] if drive.is_ascii_alphabetic() => &to[2..],
        _ => to,
    };
    Some(EntryKind::Link(to.as_bytes().to_vec()))
}

/// UTF-16; what is none is replaced.
fn text(bytes: &[u8]) -> String {
    let units = bytes.chunks_exact(2).map(|it| u16_at(it, 0));
    let letters = char::decode_utf16(units);
    letters
        .map(|it| it.unwrap_or(char::REPLACEMENT_CHARACTER))
        .collect()
}
