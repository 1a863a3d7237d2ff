//! xar, and the packages of macOS that are made of it.
//!
//! Source: the xar project's wiki, "xarformat" (2010), and packages of Apple.

use std::{
    collections::HashMap,
    io::{self, BufReader, Read, Seek, SeekFrom},
};

use base64::prelude::{BASE64_STANDARD, Engine};
use bzip2::bufread::BzDecoder;
use flate2::bufread::ZlibDecoder;
use lzma_rust2::{LzmaReader, XzReader};
use roxmltree::{Document, Node, ParsingOptions};

use super::{
    ArchiveError, Asked, Budget, Entry, EntryKind, Kind, Next, Source, Unreadable, Visitor,
    below::Below,
    cached::Cached,
    error::damaged,
    kind::HEAD,
    layers,
    reader::{Checked, Counted, Failing, Peeked},
    show, times,
};

/// The header, as every writer makes it.
const HEADER: usize = 28;
/// The longest list of what is in it, in bytes: more than is kept of it.
const LONGEST: u64 = 64 << 20;
/// So many parts of XML are kept, some 100 bytes each: a file has about twenty.
const PARTS_OF_LIST: u32 = 2_000_000;
/// How many folders may lie in each other.
const DEEPEST: usize = 512;
/// What a package of macOS packs inside as an archive of its own.
const PARTS: [&[u8]; 2] = [b"Payload", b"Scripts"];

/// Shows every file and folder; of a package what its payload and scripts hold.
pub(super) fn visit(
    source: &mut dyn Source,
    asked: &Asked<'_>,
    visitor: &mut dyn Visitor,
    kinds: &mut Vec<Kind>,
) -> Result<(), ArchiveError> {
    let broken = |error| ArchiveError::of(Kind::Xar, error);
    let mut source = Cached::new(Counted::source(source, asked.budget));
    let (list, heap) = list(&mut source, asked.budget).map_err(broken)?;
    let options = ParsingOptions {
        nodes_limit: PARTS_OF_LIST,
        ..ParsingOptions::default()
    };
    let list = Document::parse_with_options(&list, options);
    let list = list.map_err(|error| broken(damaged(&error.to_string())))?;
    let toc = child(list.root_element(), "toc");
    let toc = toc.ok_or_else(|| broken(damaged("there is no list of what is in it")))?;
    let mut archive = Archive {
        source: &mut source,
        heap,
        asked,
        visitor,
        kinds,
        originals: HashMap::new(),
    };
    archive.folder(toc, &mut Vec::new(), 0).map(drop)
}

/// Reads the list; returns it with the place where the bytes of files are counted from.
fn list(source: &mut (impl Read + Seek), budget: &Budget) -> io::Result<(String, u64)> {
    let mut header = [0; HEADER];
    source.seek(SeekFrom::Start(0))?;
    source.read_exact(&mut header)?;
    let number = |at: usize| {
        header[at..at + 8]
            .iter()
            .fold(0, |all, it| all << 8 | u64::from(*it))
    };
    let begins = u64::from(u16::from_be_bytes([header[4], header[5]]));
    let (packed, plain) = (number(8), number(16));
    if plain > LONGEST || packed > LONGEST {
        return Err(damaged("the list of what is in it is longer than is read"));
    }
    source.seek(SeekFrom::Start(begins))?;
    let bytes = ZlibDecoder::new(BufReader::new(source.take(packed)));
    let mut bytes = Counted::decoded(Checked::of(bytes, plain, None), budget);
    let mut list = String::new();
    bytes.read_to_string(&mut list)?;
    Ok((list, begins + packed))
}

struct Archive<'a, S> {
    source: &'a mut S,
    heap: u64,
    asked: &'a Asked<'a>,
    visitor: &'a mut dyn Visitor,
    kinds: &'a mut Vec<Kind>,
    /// Paths of files that others are the same as, by their number.
    originals: HashMap<String, Vec<u8>>,
}

impl<S: Read + Seek + Send> Archive<'_, S> {
    /// Shows what is in a folder; its path is put before each name.
    fn folder(
        &mut self,
        folder: Node<'_, '_>,
        path: &mut Vec<u8>,
        depth: usize,
    ) -> Result<Next, ArchiveError> {
        if depth > DEEPEST {
            let why = damaged("folders lie deeper in each other than is read");
            return Err(ArchiveError::of(Kind::Xar, why));
        }
        let files = folder.children().filter(|it| it.has_tag_name("file"));
        for file in files {
            let length = path.len();
            if length > 0 {
                path.push(b'/');
            }
            let name = name(file);
            path.extend(&name);
            self.asked.budget.one_more()?;
            self.asked.budget.named(path)?;
            let mut next = self.file(file, &name, path)?;
            if next == Next::Go {
                next = self.folder(file, path, depth + 1)?;
            }
            if next == Next::Stop {
                return Ok(next);
            }
            path.truncate(length);
        }
        Ok(Next::Go)
    }

    fn file(&mut self, file: Node<'_, '_>, name: &[u8], path: &[u8]) -> Result<Next, ArchiveError> {
        let mut entry = entry_of(file, path);
        if text(file, "type") == Some("hardlink") {
            let link = child(file, "link");
            let id = file.attribute("id").unwrap_or_default();
            match link.and_then(|it| it.text()) {
                Some(of) if link.is_some_and(|it| it.attribute("type") != Some("original")) => {
                    let first = self.originals.get(of).cloned();
                    entry.kind = EntryKind::Same(first.unwrap_or_default());
                }
                _ => drop(self.originals.insert(id.to_owned(), path.to_vec())),
            }
        }
        let Some(data) = child(file, "data").filter(|_| entry.kind == EntryKind::File) else {
            return Ok(self.visitor.entry(&entry, &mut io::empty()));
        };
        let bytes = bytes_of(data, self.source, self.heap, self.asked);
        let bytes = match bytes {
            Ok(bytes) => bytes,
            Err(error) => return Ok(self.visitor.entry(&entry, &mut Failing::of(error))),
        };
        if !PARTS.contains(&name) {
            let mut bytes = bytes;
            return Ok(show(self.visitor, entry, &mut bytes, self.asked));
        }
        let bytes = Counted::decoded(bytes, self.asked.budget);
        let mut bytes = match Peeked::of(bytes, HEAD) {
            Ok(bytes) => bytes,
            Err(error) => return Ok(self.visitor.entry(&entry, &mut Failing::of(error))),
        };
        if Kind::of(bytes.head()).is_none() {
            return Ok(show(self.visitor, entry, &mut bytes, self.asked));
        }
        let mut folder = path.to_vec();
        folder.push(b'/');
        let mut below = Below {
            folder,
            visitor: self.visitor,
        };
        let mut inner = vec![Kind::Xar];
        let next = layers(Box::new(bytes), self.asked, &mut below, &mut inner)?;
        *self.kinds = inner;
        Ok(next)
    }
}

/// Names that are no plain text stand there in base64.
fn name(file: Node<'_, '_>) -> Vec<u8> {
    let node = child(file, "name");
    let name = node.and_then(|it| it.text()).unwrap_or_default();
    let is_packed = node.is_some_and(|it| it.attribute("enctype") == Some("base64"));
    let plain = is_packed.then(|| BASE64_STANDARD.decode(name.trim()).ok());
    plain.flatten().unwrap_or_else(|| name.as_bytes().to_vec())
}

fn entry_of(file: Node<'_, '_>, path: &[u8]) -> Entry {
    let data = child(file, "data");
    let number = |name| {
        data.and_then(|it| text(it, name))
            .and_then(|it| it.parse().ok())
    };
    let to = || text(file, "link").unwrap_or_default().as_bytes().to_vec();
    let kind = match text(file, "type") {
        Some("directory") => EntryKind::Folder,
        Some("symlink") => EntryKind::Link(to()),
        Some("hardlink" | "file") | None => EntryKind::File,
        Some("fifo") => EntryKind::Special("a pipe"),
        Some("character special") => EntryKind::Special("a character device"),
        Some("block special") => EntryKind::Special("a block device"),
        Some("socket") => EntryKind::Special("a socket"),
        Some(_) => EntryKind::Special("something of an unknown kind"),
    };
    let mode = text(file, "mode").and_then(|it| u32::from_str_radix(it, 8).ok());
    Entry {
        is_utf8: true,
        size: (kind == EntryKind::File).then(|| number("size").unwrap_or(0)),
        packed: number("length"),
        mode: mode.map(|it| it & 0o7777),
        modified: text(file, "mtime").and_then(moment),
        ..Entry::named(path.to_vec(), kind)
    }
}

/// Reads `2026-11-27T10:02:58Z`, in seconds since 1970.
fn moment(text: &str) -> Option<i64> {
    let (day, time) = text.strip_suffix('Z')?.split_once('T')?;
    let three = |text: &str, by| {
        let mut numbers = text
            .splitn(3, by)
            .map(|it| it.split('.').next()?.parse::<i32>().ok());
        Some((numbers.next()??, numbers.next()??, numbers.next()??))
    };
    let (year, month, day) = three(day, '-')?;
    let (hour, minute, second) = three(time, ':')?;
    let is_month = (1..=12).contains(&month);
    let day = is_month.then(|| times::days_since_1970(year.into(), month.into(), day.into()))?;
    Some(day * 86_400 + i64::from(hour) * 3600 + i64::from(minute) * 60 + i64::from(second))
}

fn bytes_of<'a>(
    data: Node<'_, '_>,
    source: &'a mut (impl Read + Seek + Send),
    heap: u64,
    asked: &Asked<'_>,
) -> io::Result<Box<dyn Read + Send + 'a>> {
    let number = |name| {
        let number = text(data, name).and_then(|it| it.parse::<u64>().ok());
        number.ok_or_else(|| damaged("the place of a file is no number"))
    };
    let (offset, length, size) = (number("offset")?, number("length")?, number("size")?);
    source.seek(SeekFrom::Start(heap.saturating_add(offset)))?;
    let packed = BufReader::new(source.take(length));
    let memory = asked.budget.limits().memory_kib;
    let style = child(data, "encoding").and_then(|it| it.attribute("style"));
    let plain: Box<dyn Read + Send + 'a> = match style.unwrap_or("application/octet-stream") {
        "application/octet-stream" => Box::new(packed),
        // It is called so, and is zlib.
        "application/x-gzip" => Box::new(ZlibDecoder::new(packed)),
        "application/x-bzip2" => Box::new(BzDecoder::new(packed)),
        "application/x-xz" => Box::new(XzReader::new_mem_limit(packed, true, memory)),
        "application/x-lzma" => Box::new(LzmaReader::new_mem_limit(packed, memory, None)?),
        other => return Err(Unreadable::Method(other.to_owned()).io()),
    };
    Ok(Box::new(Checked::of(plain, size, None)))
}

fn child<'a, 'i>(node: Node<'a, 'i>, name: &str) -> Option<Node<'a, 'i>> {
    node.children().find(|it| it.has_tag_name(name))
}

fn text<'a>(node: Node<'a, '_>, name: &str) -> Option<&'a str> {
    child(node, name).and_then(|it| it.text())
}
