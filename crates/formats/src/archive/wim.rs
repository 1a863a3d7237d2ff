//! WIM: images of Windows' folders, and ESD files.
//!
//! What is in several images carries its number before its name. First comes what has no bytes or lies by itself, in the
//! order of the folders; then what lies in solid resources, in the order of these, so that each is unpacked once.
//! Streams that have a name are not shown.

mod bits;
mod code;
mod header;
mod lzms;
mod lzx;
mod metadata;
mod resource;
mod table;
mod xpress;

use std::{
    collections::HashMap,
    io::{self, Read, Seek},
};

use sha1::{Digest, Sha1};

use self::{
    header::Header,
    metadata::{Node, Told},
    resource::{Reader, Resource},
    table::{Blob, Hash, Table},
};
use super::{
    ArchiveError, Asked, Entry, EntryKind, Kind, Next, Source, Unreadable, Visitor,
    cached::Cached,
    error::damaged,
    reader::{Counted, Failing},
};

/// Shows every entry of all images.
pub(super) fn visit(
    source: &mut dyn Source,
    asked: &Asked<'_>,
    visitor: &mut dyn Visitor,
) -> Result<(), ArchiveError> {
    let mut source = Cached::new(Counted::source(source, asked.budget));
    let header = Header::read(&mut source).map_err(whole)?;
    if header.parts > 1 {
        let (part, parts) = (header.part, header.parts);
        let what = format!("this is part {part} of {parts} of an image");
        return Err(ArchiveError::Missing(what));
    }
    let mut reader = Reader::new(source, asked.budget).map_err(whole)?;
    let table = Table::read(&mut reader, &header).map_err(whole)?;
    let nodes = nodes(&mut reader, &table, asked)?;
    Shown {
        reader,
        table: &table,
        nodes: &nodes,
        first: HashMap::new(),
        asked,
    }
    .all(visitor);
    Ok(())
}

/// Why nothing can be listed.
fn whole(error: io::Error) -> ArchiveError {
    match error.get_ref().and_then(|it| it.downcast_ref()) {
        Some(why @ Unreadable::Method(_)) => ArchiveError::Locked(why.clone()),
        _ => ArchiveError::of(Kind::Wim, error),
    }
}

fn nodes(
    reader: &mut Reader<'_, impl Read + Seek>,
    table: &Table,
    asked: &Asked<'_>,
) -> Result<Vec<Node>, ArchiveError> {
    let mut nodes = Vec::new();
    let are_several = table.images.len() > 1;
    for (image, number) in table.images.iter().zip(1..) {
        let bytes = reader.whole(image, reader.memory()).map_err(whole)?;
        let number = are_several.then_some(number);
        metadata::add(&mut nodes, &bytes, number, asked)?;
    }
    Ok(nodes)
}

/// What is shown, and of what.
struct Shown<'a, S> {
    reader: Reader<'a, S>,
    table: &'a Table,
    nodes: &'a [Node],
    /// The first name of each file that may have several.
    first: HashMap<(u32, u64, Hash), usize>,
    asked: &'a Asked<'a>,
}

impl<S: Read + Seek> Shown<'_, S> {
    fn all(mut self, visitor: &mut dyn Visitor) {
        let mut solid = Vec::new();
        let mut image = 0;
        for (index, node) in self.nodes.iter().enumerate() {
            if node.parent.is_none() {
                image = index as u32;
            }
            match self.blob(node) {
                // The root of the only image.
                _ if node.parent.is_none() && node.name.is_empty() => {}
                Some(Blob::In { resource, at, .. }) => solid.push((resource, at, index, image)),
                blob => {
                    if self.one(index, image, blob, visitor) == Next::Stop {
                        return;
                    }
                }
            }
        }
        solid.sort_unstable();
        // Bytes in two chunks are not unpacked again for another file that has them.
        let mut cut = None;
        for (resource, at, index, image) in solid {
            let node = &self.nodes[index];
            let blob = self.blob(node);
            let size = blob.map_or(0, |it| it.size());
            let is_file = node.kind == Told::File;
            let next = match cut {
                Some((place, first)) if place == (resource, at) && is_file => {
                    self.same(index, first, visitor)
                }
                _ => {
                    if is_file && self.table.solid[resource].is_cut(at, size) {
                        cut = Some(((resource, at), index));
                    }
                    self.one(index, image, blob, visitor)
                }
            };
            if next == Next::Stop {
                return;
            }
        }
    }

    fn blob(&self, node: &Node) -> Option<Blob> {
        match node.kind {
            Told::Folder | Told::Special(_) => None,
            _ => self.table.blobs.get(&node.hash).copied(),
        }
    }

    fn one(
        &mut self,
        index: usize,
        image: u32,
        blob: Option<Blob>,
        visitor: &mut dyn Visitor,
    ) -> Next {
        let node = &self.nodes[index];
        if node.group > 0 && node.kind == Told::File {
            let file = (image, node.group, node.hash);
            let first = *self.first.entry(file).or_insert(index);
            if first != index {
                return self.same(index, first, visitor);
            }
        }
        let kind = match node.kind {
            Told::File | Told::Locked => EntryKind::File,
            Told::Folder => EntryKind::Folder,
            Told::Special(what) => EntryKind::Special(what),
            Told::Link => EntryKind::Link(Vec::new()),
        };
        let mut entry = self.entry(index, kind);
        let has_bytes = matches!(node.kind, Told::File | Told::Locked);
        entry.size = has_bytes.then(|| blob.map_or(0, |it| it.size()));
        entry.is_encrypted = node.kind == Told::Locked;
        if let Some(Blob::Alone(resource)) = blob {
            entry.packed = Some(resource.packed);
        }
        match (node.kind, blob) {
            (Told::Folder | Told::Special(_), _) => visitor.entry(&entry, &mut io::empty()),
            (Told::Locked, _) => {
                let what = "the encryption of Windows' file system (EFS)";
                let why = Unreadable::Method(what.to_owned());
                visitor.entry(&entry, &mut Failing::of(why.io()))
            }
            (_, Some(blob)) => {
                let mut bytes = Counted::entry(
                    Bytes::of(&mut self.reader, self.table, &blob, node.hash),
                    self.asked.budget,
                );
                if node.kind == Told::File {
                    return visitor.entry(&entry, &mut bytes);
                }
                match target(&mut bytes, self.asked) {
                    Ok(kind) => {
                        let entry = Entry { kind, ..entry };
                        visitor.entry(&entry, &mut io::empty())
                    }
                    Err(error) => visitor.entry(&entry, &mut Failing::of(error)),
                }
            }
            (Told::File, None) if node.hash == Hash::default() => {
                visitor.entry(&entry, &mut io::empty())
            }
            (_, None) => {
                entry.size = None;
                let why = damaged("its bytes are not in the archive");
                visitor.entry(&entry, &mut Failing::of(why))
            }
        }
    }

    fn same(&self, index: usize, first: usize, visitor: &mut dyn Visitor) -> Next {
        let kind = EntryKind::Same(self.path(first));
        visitor.entry(&self.entry(index, kind), &mut io::empty())
    }

    fn entry(&self, index: usize, kind: EntryKind) -> Entry {
        let node = &self.nodes[index];
        Entry {
            is_utf8: true,
            mode: node.mode,
            modified: node.modified,
            ..Entry::named(self.path(index), kind)
        }
    }

    /// Returns the path of a node from the root of its image, or from above it where it has a number.
    fn path(&self, index: usize) -> Vec<u8> {
        let above = |it: &&Node| self.nodes.get(it.parent? as usize);
        let nodes = std::iter::successors(self.nodes.get(index), above);
        let mut names: Vec<&str> = nodes.map(|it| &*it.name).collect();
        if names.last().is_some_and(|it| it.is_empty()) {
            names.pop();
        }
        names.reverse();
        names.join("/").into_bytes()
    }
}

/// Reads where a link leads; a name is as long as may be, twice, in UTF-16.
fn target(bytes: &mut impl Read, asked: &Asked<'_>) -> io::Result<EntryKind> {
    let longest = asked.budget.limits().name as u64 * 4 + 64;
    let mut told = Vec::new();
    bytes.take(longest).read_to_end(&mut told)?;
    let kind = metadata::target(&told).ok_or_else(|| damaged("a link leads nowhere"))?;
    if let EntryKind::Link(to) = &kind {
        asked.budget.named(to).map_err(io::Error::other)?;
    }
    Ok(kind)
}

/// Bytes of a file, whose SHA-1 is known.
struct Bytes<'a, 'b, S> {
    reader: &'a mut Reader<'b, S>,
    resource: Resource,
    at: u64,
    left: u64,
    hash: Hash,
    sum: Sha1,
}

impl<'a, 'b, S> Bytes<'a, 'b, S> {
    fn of(reader: &'a mut Reader<'b, S>, table: &Table, blob: &Blob, hash: Hash) -> Self {
        let (resource, at) = match *blob {
            Blob::Alone(resource) => (resource, 0),
            Blob::In { resource, at, .. } => (table.solid[resource], at),
        };
        Self {
            reader,
            resource,
            at,
            left: blob.size(),
            hash,
            sum: Sha1::new(),
        }
    }
}

impl<S: Read + Seek> Read for Bytes<'_, '_, S> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        if self.left == 0 {
            return match self.sum.clone().finalize()[..] == self.hash {
                true => Ok(0),
                false => Err(Unreadable::Checksum.io()),
            };
        }
        let most = usize::try_from(self.left).map_or(buffer.len(), |it| it.min(buffer.len()));
        let length = self
            .reader
            .read(&self.resource, self.at, &mut buffer[..most])?;
        if length == 0 {
            return Err(damaged("it ends too early"));
        }
        self.sum.update(&buffer[..length]);
        self.at += length as u64;
        self.left -= length as u64;
        Ok(length)
    }
}
