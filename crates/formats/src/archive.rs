//! Archives: what is in them and its bytes, in one pass and by content alone.
//!
//! [`visit`] takes layers off until there are entries: `data.tar.zst` in a Debian package is one step, and nothing is
//! written in between. What a name ends with is never asked. Each entry is handed to a [`Visitor`] in the order it lies
//! in the archive; one that cannot be read says so when its bytes are asked for, and the next one follows.
//!
//! Everything that comes out is counted against one [`Budget`], on bytes that really came out: what a header says of
//! itself is shown, not believed.
//!
//! Nothing in here makes a file. Names are bytes as they lie in the archive; they may point anywhere, and whoever makes
//! files of them has to look at each.

mod ahead;
mod ar;
mod arc;
mod arj;
mod below;
mod bits;
mod brotli;
mod budget;
mod bzip2;
mod cab;
mod cached;
mod carried;
mod compound;
mod cpio;
mod error;
mod filter;
mod folders;
mod iso;
mod joined;
mod kind;
mod lha;
mod lz4_legacy;
mod lzh;
mod lzo;
mod lzop;
mod lzw;
mod mac;
mod modes;
mod pbzx;
mod rar;
mod reader;
mod rpm;
mod sevenz;
mod sit;
mod spelled;
mod squashfs;
mod tar;
mod times;
mod wim;
mod window;
mod xar;
mod xz;
mod zip;
mod zoo;
mod zstandard;

use std::{
    io::{Read, Seek, SeekFrom},
    thread,
};

pub use self::{
    budget::{Budget, Exceeded, Limits},
    error::{ArchiveError, Unreadable},
    kind::Kind,
};
use self::{
    joined::Joined,
    kind::HEAD,
    reader::{Counted, Failing, Peeked, filled},
};

/// Something with a beginning and an end that bytes are read from: a file, or several one after the other.
pub trait Source: Read + Seek + Send {}

impl<T: Read + Seek + Send> Source for T {}

/// One thing in an archive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its name as it lies in the archive: no promise about its encoding, or where it points. Empty where the format
    /// gives none, as for what is compressed alone.
    pub name: Vec<u8>,
    /// Whether the archive says that its name is UTF-8.
    pub is_utf8: bool,
    /// What it is.
    pub kind: EntryKind,
    /// How many bytes the archive says it has.
    pub size: Option<u64>,
    /// How many bytes it takes in the archive, where it lies there by itself.
    pub packed: Option<u64>,
    /// Its mode on Unix: permissions alone, twelve bits.
    pub mode: Option<u32>,
    /// When it was changed, in seconds since 1970; on a clock whose zone nobody noted where [`Entry::is_wall_time`].
    pub modified: Option<i64>,
    /// Whether [`Entry::modified`] is what a clock on the wall showed, as DOS kept time.
    pub is_wall_time: bool,
    /// Whether a password is needed to read it.
    pub is_encrypted: bool,
    /// Whether the archive says other things of it elsewhere, by which others may read it: known where its bytes are wanted.
    pub is_disputed: bool,
}

impl Entry {
    /// Nothing is known of it but name and kind.
    fn named(name: Vec<u8>, kind: EntryKind) -> Self {
        Self {
            name,
            is_utf8: false,
            kind,
            size: None,
            packed: None,
            mode: None,
            modified: None,
            is_wall_time: false,
            is_encrypted: false,
            is_disputed: false,
        }
    }
}

/// What an entry is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EntryKind {
    /// A file; the only kind that has bytes.
    File,
    /// A folder.
    Folder,
    /// A symbolic link to this path, as it lies in the archive.
    Link(Vec<u8>),
    /// The same file as the entry of this name, which came before.
    Same(Vec<u8>),
    /// A device, a pipe or the like, by its name: nothing that anybody unpacks.
    Special(&'static str),
}

/// Whether to go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// With the next entry.
    Go,
    /// No further.
    Stop,
}

/// Is shown every entry of an archive.
pub trait Visitor {
    /// Returns whether it is going to read an entry's bytes. They are unpacked ahead then, where a format can; else they
    /// can be read all the same. Where it is asked, it is once for each and in their order, some before [`Visitor::entry`]
    /// shows them.
    fn wants(&mut self, entry: &Entry) -> bool {
        let _ = entry;
        true
    }

    /// Looks at an entry and reads as much of its bytes as it wants. Why they cannot be read is in the error of the
    /// reader, as [`Unreadable`] or [`Exceeded`].
    fn entry(&mut self, entry: &Entry, bytes: &mut dyn Read) -> Next;
}

/// What is known beside the bytes.
#[derive(Debug)]
pub struct Asked<'a> {
    /// What may come out.
    pub budget: &'a Budget,
    /// The password, where a person gave one.
    pub password: Option<&'a [u8]>,
}

/// Returns the outermost format of a source, if one is known by its bytes.
///
/// # Errors
/// When it cannot be read.
pub fn kind(source: &mut dyn Source) -> std::io::Result<Option<Kind>> {
    let mut head = [0; HEAD];
    source.seek(SeekFrom::Start(0))?;
    let length = filled(source, &mut head)?;
    let mut kind = Kind::of(&head[..length]);
    // A disc keeps its first sectors free for whatever starts from it.
    if kind.is_none() && iso::is(source)? {
        kind = Some(Kind::Iso);
    }
    if kind.is_none() && carried::begins(source)?.is_some() {
        kind = Some(Kind::SelfExtractor);
    }
    // The last part of several, or a zip behind something else.
    if kind.is_none() && zip::ends_as_one(source)? {
        kind = Some(Kind::Zip);
    }
    if kind.is_none() && brotli::is(source)? {
        kind = Some(Kind::Brotli);
    }
    source.seek(SeekFrom::Start(0))?;
    Ok(kind)
}

/// Shows a visitor every entry. Returns the formats from the outside in: `[Gzip, Tar]`.
///
/// # Errors
/// [`ArchiveError::NoArchive`] when no format is known by its bytes. Else what keeps the rest from being read; entries
/// before it were visited. Several formats are told by the last layer alone.
pub fn visit(
    source: &mut dyn Source,
    asked: &Asked<'_>,
    visitor: &mut dyn Visitor,
) -> Result<Vec<Kind>, ArchiveError> {
    let kind = kind(source)?.ok_or(ArchiveError::NoArchive)?;
    let mut kinds = vec![kind];
    match kind {
        Kind::Cab => cab::visit(source, asked, visitor)?,
        Kind::Compound => compound::visit(source, asked, visitor, &mut kinds)?,
        Kind::Iso => iso::visit(source, asked, visitor)?,
        Kind::Rar => rar::visit(&mut [source], asked, visitor)?,
        Kind::SelfExtractor => {
            asked.budget.deeper(kinds.len())?;
            kinds.extend(carried(source, asked, visitor)?);
        }
        Kind::SevenZip => sevenz::visit(source, asked, visitor)?,
        Kind::SquashFs => squashfs::visit(source, asked, visitor)?,
        Kind::Wim => wim::visit(source, asked, visitor)?,
        Kind::Xar => xar::visit(source, asked, visitor, &mut kinds)?,
        Kind::Zip => zip::visit(source, asked, visitor, &[])?,
        Kind::Brotli => {
            let plain = brotli::unpacked(Counted::source(source, asked.budget));
            let plain = Counted::decoded(plain, asked.budget);
            thread::scope(|scope| {
                layers(
                    Box::new(ahead::of(scope, plain)),
                    asked,
                    visitor,
                    &mut kinds,
                )
            })?;
        }
        _ => {
            let counted = Counted::source(source, asked.budget);
            kinds.clear();
            layers(Box::new(counted), asked, visitor, &mut kinds)?;
        }
    }
    Ok(kinds)
}

/// Shows a visitor every entry of the archive that a program or a script carries.
fn carried(
    source: &mut dyn Source,
    asked: &Asked<'_>,
    visitor: &mut dyn Visitor,
) -> Result<Vec<Kind>, ArchiveError> {
    let begins = carried::begins(source).map_err(ArchiveError::Read)?;
    match begins.ok_or(ArchiveError::NoArchive)? {
        // It finds its beginning from its end.
        0 => zip::visit(source, asked, visitor, &[]).map(|()| vec![Kind::Zip]),
        begins => {
            let mut behind = carried::Behind::new(source, begins).map_err(ArchiveError::Read)?;
            visit(&mut behind, asked, visitor)
        }
    }
}

/// Shows a visitor every entry of an archive that lies in several parts, given in their order; see [`visit`].
///
/// # Errors
/// As those of [`visit`], and [`ArchiveError::Missing`] where a part before or behind them is missing: nothing was visited
/// then.
pub fn visit_parts<S: Source>(
    parts: &mut [S],
    asked: &Asked<'_>,
    visitor: &mut dyn Visitor,
) -> Result<Vec<Kind>, ArchiveError> {
    let outer = match parts {
        [] => return Err(ArchiveError::NoArchive),
        [one] => return visit(one, asked, visitor),
        [first, ..] => kind(first)?,
    };
    match outer {
        Some(Kind::Rar) => {
            // Each part is an archive of its own.
            rar::visit(parts, asked, visitor)?;
            Ok(vec![Kind::Rar])
        }
        Some(Kind::Zip) => {
            let mut joined = Joined::new(parts)?;
            let disks = joined.begins();
            zip::visit(&mut joined, asked, visitor, &disks)?;
            Ok(vec![Kind::Zip])
        }
        _ => visit(&mut Joined::new(parts)?, asked, visitor),
    }
}

/// Takes layers off a stream until there are entries, and shows those.
fn layers(
    stream: Box<dyn Read + Send + '_>,
    asked: &Asked<'_>,
    visitor: &mut dyn Visitor,
    kinds: &mut Vec<Kind>,
) -> Result<Next, ArchiveError> {
    asked.budget.deeper(kinds.len())?;
    let stream = Peeked::of(stream, HEAD).map_err(|error| match kinds.last() {
        Some(outside) => ArchiveError::of(*outside, error),
        None => ArchiveError::Read(error),
    })?;
    let kind = Kind::of(stream.head());
    match kind {
        Some(kind @ Kind::Tar) => {
            kinds.push(kind);
            tar::visit(stream, asked, visitor)
        }
        Some(kind @ Kind::Cpio) => {
            kinds.push(kind);
            cpio::visit(stream, asked, visitor)
        }
        Some(kind @ Kind::Ar) => {
            kinds.push(kind);
            ar::visit(stream, asked, visitor, kinds)
        }
        Some(kind @ Kind::Lha) => {
            kinds.push(kind);
            lha::visit(stream, asked, visitor)
        }
        Some(kind @ Kind::Arc) => {
            kinds.push(kind);
            arc::visit(stream, asked, visitor)
        }
        Some(kind @ Kind::Arj) => {
            kinds.push(kind);
            arj::visit(stream, asked, visitor)
        }
        Some(kind @ Kind::StuffIt) => {
            kinds.push(kind);
            sit::visit(stream, asked, visitor)
        }
        Some(kind @ Kind::Zoo) => {
            kinds.push(kind);
            zoo::visit(stream, asked, visitor)
        }
        Some(kind @ (Kind::AppleSingle | Kind::BinHex | Kind::MacBinary)) => {
            kinds.push(kind);
            mac::visit(kind, stream, asked, visitor, kinds)
        }
        Some(kind @ Kind::Rpm) => {
            kinds.push(kind);
            let mut stream = stream;
            rpm::to_payload(&mut stream).map_err(|error| ArchiveError::of(kind, error))?;
            layers(Box::new(stream), asked, visitor, kinds)
        }
        Some(kind) if kind.is_filter() => {
            kinds.push(kind);
            thread::scope(|scope| {
                let plain = filter::unpacked(scope, kind, Box::new(stream), asked.budget)?;
                layers(plain, asked, visitor, kinds)
            })
        }
        // What is compressed alone: one file without a name.
        _ if !kinds.is_empty() => {
            asked.budget.one_more()?;
            let entry = Entry::named(Vec::new(), EntryKind::File);
            let mut bytes = Counted::entry(stream, asked.budget);
            Ok(visitor.entry(&entry, &mut bytes))
        }
        _ => Err(ArchiveError::NoArchive),
    }
}

/// Shows an entry whose link, if it is one, leads where its bytes say.
fn show(
    visitor: &mut dyn Visitor,
    mut entry: Entry,
    bytes: &mut dyn Read,
    asked: &Asked<'_>,
) -> Next {
    let mut bytes = Counted::entry(bytes, asked.budget);
    let EntryKind::Link(to) = &mut entry.kind else {
        return visitor.entry(&entry, &mut bytes);
    };
    let longest = asked.budget.limits().name as u64;
    let read = bytes.take(longest + 1).read_to_end(to);
    let read = read.and_then(|_| asked.budget.named(to).map_err(std::io::Error::other));
    match read {
        Ok(()) => visitor.entry(&entry, &mut std::io::empty()),
        Err(error) => visitor.entry(&entry, &mut Failing::of(error)),
    }
}
