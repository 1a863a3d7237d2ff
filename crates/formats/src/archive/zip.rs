//! zip: by its central directory, in the order of it.

mod inflated;
mod shared;

use std::{
    collections::VecDeque,
    io::{self, Read, Seek, SeekFrom},
    sync::{
        Mutex,
        mpsc::{Receiver, sync_channel},
    },
    thread,
};

use ::zip::{
    CompressionMethod, ZipReadOptions,
    read::{Config, ZipFileEntry},
    result::ZipError,
    unstable::read::ZipIterable,
};

use self::{
    inflated::{Inflated, States},
    shared::Shared,
};
use super::{
    ArchiveError, Asked, Entry, EntryKind, Exceeded, Kind, Next, Source, Unreadable, Visitor,
    ahead::{self, Hands, Pieces},
    cached::Cached,
    error::damaged,
    modes,
    reader::{Checked, Counted, Failing},
    show, times,
    zstandard::Zstandard,
};

const STORED: CompressionMethod = CompressionMethod::STORE;
const DEFLATED: CompressionMethod = CompressionMethod::DEFLATE;
const ZSTANDARD: CompressionMethod = CompressionMethod::ZSTD;

/// A local header without its name and extra fields.
const LOCAL: u64 = 30;
/// The flag of a name that is UTF-8.
const UTF8: u16 = 1 << 11;

/// So few packed bytes are unpacked without further threads.
const FEW: u64 = 256 << 10;
/// Entries of no more bytes are unpacked several at a time: to hand over each would take longer than to unpack it.
const SMALL: u64 = 64 << 10;
/// So many, and so many bytes of them, are done together.
const TOGETHER: (usize, u64) = (64, 512 << 10);

/// Shows every entry of the central directory, also where two have one name. Those that are wanted are unpacked ahead,
/// several at once.
pub(super) fn visit(
    source: &mut dyn Source,
    asked: &Asked<'_>,
    visitor: &mut dyn Visitor,
) -> Result<(), ArchiveError> {
    // All of it before the first is read: where entries share bytes, all are refused.
    let entries = listed(
        &mut Cached::new(Counted::source(&mut *source, asked.budget)),
        asked,
    )?;
    refuse_overlaps(&entries)?;
    let packed = entries.iter().map(|it| it.entry.compressed_size());
    let is_short = packed.fold(0, u64::saturating_add) <= FEW;
    let opener = Opener {
        source: Mutex::new(source),
        states: Mutex::default(),
        asked,
    };
    thread::scope(|scope| {
        let many = if is_short { 0 } else { entries.len() };
        let hands = (many > 0).then(|| Hands::of(scope, many));
        let hands = hands.transpose().map_err(ArchiveError::Read)?;
        let ahead = hands.as_ref().map_or(1, Hands::window);
        let mut groups = Groups {
            entries: entries.into_iter(),
            next: None,
            alone: hands.is_none(),
        };
        let mut begun = VecDeque::new();
        loop {
            while begun.len() < ahead
                && let Some(group) = groups.next(visitor)
            {
                begun.push_back(opener.begin(group, hands.as_ref()));
            }
            let Some(group) = begun.pop_front() else {
                return Ok(());
            };
            if opener.show(group, visitor) == Next::Stop {
                return Ok(());
            }
        }
    })
}

/// Entries that follow each other, and are unpacked together.
enum Group {
    /// One whose bytes nobody wants.
    Unwanted(Entry, ZipFileEntry<'static>),
    Large(Entry, ZipFileEntry<'static>),
    Small(Vec<(Entry, ZipFileEntry<'static>)>),
}

/// Puts entries together.
struct Groups {
    entries: std::vec::IntoIter<Listed>,
    /// The one that was asked about, and is no part of the group before it.
    next: Option<Group>,
    /// Whether nobody unpacks ahead.
    alone: bool,
}

impl Groups {
    fn next(&mut self, visitor: &mut dyn Visitor) -> Option<Group> {
        let mut small = Vec::new();
        let mut bytes = 0;
        loop {
            let group = self.next.take().or_else(|| self.one(visitor));
            match group {
                Some(Group::Small(one)) if small.len() < TOGETHER.0 && bytes < TOGETHER.1 => {
                    bytes += one.iter().map(|it| it.1.size()).sum::<u64>();
                    small.extend(one);
                }
                other if small.is_empty() => return other,
                other => {
                    self.next = other;
                    return Some(Group::Small(small));
                }
            }
        }
    }

    fn one(&mut self, visitor: &mut dyn Visitor) -> Option<Group> {
        let Listed { entry, modified } = self.entries.next()?;
        let shown = shown(&entry, modified);
        let is_wanted = !self.alone
            && match shown.kind {
                EntryKind::File => visitor.wants(&shown),
                EntryKind::Link(_) => true,
                _ => false,
            };
        Some(match entry.size() {
            _ if !is_wanted => Group::Unwanted(shown, entry),
            0..=SMALL => Group::Small(vec![(shown, entry)]),
            _ => Group::Large(shown, entry),
        })
    }
}

/// A group on its way.
enum Begun {
    Packed(Entry, ZipFileEntry<'static>),
    Large(Entry, Pieces),
    Small(Vec<Entry>, Receiver<Vec<Pieces>>),
}

/// Opens entries of one archive, several at once.
struct Opener<'a> {
    source: Mutex<&'a mut dyn Source>,
    states: States,
    asked: &'a Asked<'a>,
}

impl<'a> Opener<'a> {
    fn begin<'scope>(&'scope self, group: Group, hands: Option<&Hands<'scope>>) -> Begun {
        match (group, hands) {
            (Group::Large(shown, entry), Some(hands)) => {
                let (to, pieces) = ahead::pieces();
                hands.give(move || {
                    let length = Some(entry.size());
                    self.open(entry, &mut self.source(), |bytes| match bytes {
                        Ok(bytes) => ahead::hand_over(bytes, length, &to),
                        // Where nobody takes it, nobody asked.
                        Err(error) => drop(to.send(Err(error))),
                    });
                });
                Begun::Large(shown, pieces)
            }
            (Group::Small(group), Some(hands)) => {
                let (shown, entries): (Vec<_>, Vec<_>) = group.into_iter().unzip();
                let (to, all) = sync_channel(1);
                hands.give(move || {
                    let mut source = self.source();
                    let unpacked = entries.into_iter().map(|entry| {
                        let length = entry.size() as usize;
                        self.open(entry, &mut source, |bytes| match bytes {
                            Ok(bytes) => Pieces::all_of(bytes, length),
                            Err(error) => Pieces::fault(error),
                        })
                    });
                    drop(to.send(unpacked.collect()));
                });
                Begun::Small(shown, all)
            }
            (Group::Unwanted(shown, entry) | Group::Large(shown, entry), _) => {
                Begun::Packed(shown, entry)
            }
            // Nobody unpacks ahead: none was put together.
            (Group::Small(_), None) => Begun::Small(Vec::new(), sync_channel(1).1),
        }
    }

    fn show(&self, group: Begun, visitor: &mut dyn Visitor) -> Next {
        match group {
            Begun::Packed(shown, entry) => {
                self.open(entry, &mut self.source(), |bytes| match bytes {
                    Ok(bytes) => show(visitor, shown, bytes, self.asked),
                    Err(error) => visitor.entry(&shown, &mut Failing::of(error)),
                })
            }
            Begun::Large(shown, mut pieces) => show(visitor, shown, &mut pieces, self.asked),
            Begun::Small(shown, all) => {
                // They are all there, or the thread that had them is gone and so is this one soon.
                let all = all.recv().unwrap_or_default();
                for (shown, mut pieces) in shown.into_iter().zip(all) {
                    if show(visitor, shown, &mut pieces, self.asked) == Next::Stop {
                        return Next::Stop;
                    }
                }
                Next::Go
            }
        }
    }

    /// Reads the archive from anywhere, also while others do.
    fn source(&self) -> Cached<Shared<'_, 'a>> {
        Cached::new(Shared::new(&self.source))
    }

    /// Lets an entry be read, or says why it cannot be.
    fn open<T>(
        &self,
        entry: ZipFileEntry<'_>,
        source: &mut (impl Read + Seek),
        read: impl FnOnce(io::Result<&mut dyn Read>) -> T,
    ) -> T {
        let password = self.asked.password.filter(|_| entry.encrypted());
        let mut source = Counted::source(source, self.asked.budget);
        match entry.compression() {
            _ if entry.encrypted() && password.is_none() => {
                read(Err(Unreadable::NeedsPassword.io()))
            }
            STORED | DEFLATED | ZSTANDARD if !entry.encrypted() => {
                match self.plain(&entry, &mut source) {
                    Ok(mut bytes) => read(Ok(&mut bytes)),
                    Err(error) => read(Err(error)),
                }
            }
            _ => {
                let options = ZipReadOptions::new().password(password);
                match entry.with_reader(&mut source, options) {
                    Ok(mut bytes) => read(Ok(&mut bytes)),
                    Err(error) => read(Err(io_of(error))),
                }
            }
        }
    }

    fn plain<'b>(
        &'b self,
        entry: &ZipFileEntry<'_>,
        source: &'b mut (impl Read + Seek),
    ) -> io::Result<impl Read + 'b> {
        to_bytes(entry, source)?;
        let packed = source.take(entry.compressed_size());
        let window = u64::from(self.asked.budget.limits().memory_kib) << 10;
        let plain: Box<dyn Read + 'b> = match entry.compression() {
            STORED => Box::new(packed),
            DEFLATED => Box::new(Inflated::new(packed, entry.compressed_size(), &self.states)),
            // The library unpacks it by C alone.
            _ => Box::new(Zstandard::new(packed, window)),
        };
        Ok(Checked::of(plain, entry.size(), Some(entry.crc32())))
    }
}

/// Goes to what an entry was packed to.
fn to_bytes(entry: &ZipFileEntry<'_>, source: &mut (impl Read + Seek)) -> io::Result<()> {
    let mut header = [0; LOCAL as usize];
    source.seek(SeekFrom::Start(entry.header_start()))?;
    source.read_exact(&mut header)?;
    if !header.starts_with(b"PK\x03\x04") {
        return Err(damaged("there is no entry where the directory says"));
    }
    let length = |at: usize| i64::from(u16::from_le_bytes([header[at], header[at + 1]]));
    source.seek(SeekFrom::Current(length(26) + length(28)))?;
    Ok(())
}

/// An entry of the directory, and when it was changed by a clock whose zone is known.
struct Listed {
    entry: ZipFileEntry<'static>,
    modified: Option<i64>,
}

fn listed(source: &mut (impl Read + Seek), asked: &Asked<'_>) -> Result<Vec<Listed>, ArchiveError> {
    let broken = |error| ArchiveError::of(Kind::Zip, io_of(error));
    let mut archive = ZipIterable::try_new(source, Config::default()).map_err(broken)?;
    let files = archive.files().map_err(broken)?;
    let mut entries = Vec::new();
    while let Some(entry) = files.next() {
        let entry = entry.map_err(broken)?;
        asked.budget.one_more()?;
        asked.budget.named(entry.name_raw())?;
        let fields = extra_fields(files.reader_mut(), entry.central_header_start());
        let fields = fields.map_err(|error| ArchiveError::of(Kind::Zip, error))?;
        let modified = modified(&fields);
        entries.push(Listed { entry, modified });
    }
    Ok(entries)
}

/// Returns the extra fields of an entry as they lie in the directory: the library keeps them to itself.
fn extra_fields(source: &mut (impl Read + Seek), header: u64) -> io::Result<Vec<u8>> {
    let mut lengths = [0; 4];
    source.seek(SeekFrom::Start(header.saturating_add(28)))?;
    source.read_exact(&mut lengths)?;
    let length = |at: usize| u16::from_le_bytes([lengths[at], lengths[at + 1]]);
    let mut fields = vec![0; length(2).into()];
    source.seek(SeekFrom::Current(14 + i64::from(length(0))))?;
    source.read_exact(&mut fields)?;
    Ok(fields)
}

/// Returns the time of extra fields, in seconds since 1970.
///
/// Sources: Info-ZIP, extrafld.txt, 0x5455; APPNOTE 6.3.10, 4.5.5, 0x000a.
fn modified(mut fields: &[u8]) -> Option<i64> {
    while let [a, b, c, d, rest @ ..] = fields {
        let length = u16::from_le_bytes([*c, *d]);
        let field = rest.get(..length.into())?;
        match (u16::from_le_bytes([*a, *b]), field) {
            (0x5455, [flags, a, b, c, d, ..]) if flags & 1 != 0 => {
                return Some(i32::from_le_bytes([*a, *b, *c, *d]).into());
            }
            // As Windows keeps it, of attribute 1 behind four bytes that are kept free.
            (0x000a, [_, _, _, _, 1, 0, 24, 0, time @ ..]) => {
                let time: [u8; 8] = time.get(..8)?.try_into().ok()?;
                return Some(times::of_windows(u64::from_le_bytes(time)));
            }
            _ => {}
        }
        fields = &rest[length.into()..];
    }
    None
}

/// Entries that share bytes are how a small file becomes a large one.
///
/// Source: D. Fifield, "A better zip bomb", WOOT 2019.
fn refuse_overlaps(entries: &[Listed]) -> Result<(), Exceeded> {
    let mut extents: Vec<(u64, u64)> = entries
        .iter()
        .map(|Listed { entry: it, .. }| {
            let length = LOCAL + it.name_raw().len() as u64;
            let length = length.saturating_add(it.compressed_size());
            (it.header_start(), it.header_start().saturating_add(length))
        })
        .collect();
    extents.sort_unstable();
    match extents.windows(2).any(|two| two[1].0 < two[0].1) {
        true => Err(Exceeded::Overlap),
        false => Ok(()),
    }
}

fn shown(entry: &ZipFileEntry<'_>, modified: Option<i64>) -> Entry {
    let kind = match () {
        () if entry.is_symlink() => EntryKind::Link(Vec::new()),
        () if entry.is_dir() => EntryKind::Folder,
        () => special(entry).unwrap_or(EntryKind::File),
    };
    let wall = wall_time(entry).filter(|_| modified.is_none());
    Entry {
        is_utf8: entry.flags().as_u16() & UTF8 != 0,
        size: (kind == EntryKind::File).then(|| entry.size()),
        packed: Some(entry.compressed_size()),
        mode: entry.unix_mode().map(|it| it & 0o7777),
        modified: modified.or(wall),
        is_wall_time: wall.is_some(),
        is_encrypted: entry.encrypted(),
        ..Entry::named(entry.name_raw().to_vec(), kind)
    }
}

fn special(entry: &ZipFileEntry<'_>) -> Option<EntryKind> {
    modes::special(entry.unix_mode()?).map(EntryKind::Special)
}

/// Returns what a clock on the wall showed when an entry was changed.
fn wall_time(entry: &ZipFileEntry<'_>) -> Option<i64> {
    let at = entry.last_modified()?;
    let day = times::days_since_1970(at.year().into(), at.month().into(), at.day().into());
    let (hour, minute, second) = (at.hour(), at.minute(), at.second());
    Some(day * 86_400 + i64::from(hour) * 3600 + i64::from(minute) * 60 + i64::from(second))
}

fn io_of(error: ZipError) -> io::Error {
    match error {
        ZipError::Io(error) => error,
        ZipError::InvalidPassword => Unreadable::WrongPassword.io(),
        ZipError::CompressionMethodNotSupported(method) => {
            Unreadable::Method(format!("zip method {method}")).io()
        }
        ZipError::UnsupportedArchive(what) if what.contains("ompression method") => {
            Unreadable::Method(what.to_owned()).io()
        }
        other => io::Error::new(io::ErrorKind::InvalidData, other),
    }
}
