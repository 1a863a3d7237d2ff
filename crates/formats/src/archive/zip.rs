//! zip: by its central directory, in the order of it.

mod alone;
mod directory;
mod inflated;
mod shared;

use std::{
    collections::VecDeque,
    io::{self, Read, Seek, SeekFrom},
    sync::{
        Mutex,
        mpsc::{Receiver, SyncSender, sync_channel},
    },
    thread::{self, Builder, Scope},
};

use ::zip::{
    ZipReadOptions,
    read::{ArchiveOffset, Config, OwnedZipFileEntry},
    result::ZipError,
    unstable::read::ZipIterable,
};

pub(super) use self::directory::ends_as_one;
use self::{
    alone::Alone,
    directory::{Listed, listed},
    inflated::{Inflated, States},
    shared::Shared,
};
use super::{
    ArchiveError, Asked, Entry, EntryKind, Exceeded, Next, Source, Unreadable, Visitor,
    ahead::{self, Hands, Piece, Pieces},
    cached::Cached,
    error::damaged,
    reader::{Checked, Counted, fixed},
    show,
    zstandard::Zstandard,
};

// Methods: APPNOTE 6.3.10, 4.4.5.
const STORED: u16 = 0;
const DEFLATED: u16 = 8;
const ZSTANDARD: u16 = 93;

/// A local header without its name and extra fields.
const LOCAL: u64 = 30;

/// So few packed bytes are unpacked without further threads.
const FEW: u64 = 256 << 10;
/// Entries of no more bytes are unpacked several at a time: to hand over each would take longer than to unpack it.
const SMALL: u64 = 64 << 10;
/// Entries of no more bytes are unpacked in one piece where somebody reads them whom nobody expected to.
const AT_ONCE: u64 = 1 << 20;
/// So many, and so many bytes of them, are done together.
const TOGETHER: (usize, u64) = (64, 512 << 10);

/// Shows every entry of the central directory, also where two have one name. Those that are wanted are unpacked ahead,
/// several at once. `disks` is where each part begins, if there are several.
pub(super) fn visit(
    source: &mut dyn Source,
    asked: &Asked<'_>,
    visitor: &mut dyn Visitor,
    disks: &[u64],
) -> Result<(), ArchiveError> {
    // All of it before the first is read: where entries share bytes, all are refused.
    let entries = listed(
        &mut Cached::new(Counted::source(&mut *source, asked.budget)),
        asked,
        disks,
    )?;
    refuse_overlaps(&entries)?;
    let packed = entries.iter().map(|it| it.packed);
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
            if opener.show(group, scope, visitor) == Next::Stop {
                return Ok(());
            }
        }
    })
}

/// Entries that follow each other, and are unpacked together.
enum Group {
    /// One that is unpacked when it is read, if it is; and whether somebody is going to.
    Later(Entry, Listed, bool),
    Large(Entry, Listed),
    Small(Vec<(Entry, Listed)>),
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
                    bytes += one.iter().map(|it| it.1.size).sum::<u64>();
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
        let entry = self.entries.next()?;
        let shown = entry.shown();
        let is_wanted = match shown.kind {
            EntryKind::File => visitor.wants(&shown),
            EntryKind::Link(_) => true,
            _ => false,
        };
        Some(match entry.size {
            _ if self.alone || !is_wanted => Group::Later(shown, entry, is_wanted),
            0..=SMALL => Group::Small(vec![(shown, entry)]),
            _ => Group::Large(shown, entry),
        })
    }
}

/// A group on its way.
enum Begun {
    Packed(Entry, Listed),
    Large(Entry, Pieces),
    /// Each with whether it is disputed.
    Small(Vec<Entry>, Receiver<Vec<(bool, Pieces)>>),
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
            (Group::Large(mut shown, entry), Some(hands)) => {
                shown.is_disputed = self.is_disputed(&entry, &mut Shared::new(&self.source));
                let (to, pieces) = ahead::pieces();
                hands.give(move || self.hand_over(&entry, &to));
                Begun::Large(shown, pieces)
            }
            (Group::Small(group), Some(hands)) => {
                let (shown, entries): (Vec<_>, Vec<_>) = group.into_iter().unzip();
                let (to, all) = sync_channel(1);
                hands.give(move || {
                    let mut source = self.source();
                    let unpacked = entries.iter().map(|it| {
                        let is_disputed = self.is_disputed(it, &mut source);
                        (is_disputed, self.whole(it, &mut source))
                    });
                    drop(to.send(unpacked.collect()));
                });
                Begun::Small(shown, all)
            }
            (Group::Later(mut shown, entry, is_wanted), _) => {
                shown.is_disputed =
                    is_wanted && self.is_disputed(&entry, &mut Shared::new(&self.source));
                Begun::Packed(shown, entry)
            }
            (Group::Large(shown, entry), None) => Begun::Packed(shown, entry),
            // Nobody unpacks ahead: none was put together.
            (Group::Small(_), None) => Begun::Small(Vec::new(), sync_channel(1).1),
        }
    }

    fn show<'scope>(
        &'scope self,
        group: Begun,
        scope: &'scope Scope<'scope, '_>,
        visitor: &mut dyn Visitor,
    ) -> Next {
        match group {
            Begun::Packed(shown, entry) => {
                let mut bytes = OnDemand {
                    opener: self,
                    scope,
                    entry: Some(entry),
                    pieces: Pieces::nothing(),
                };
                show(visitor, shown, &mut bytes, self.asked)
            }
            Begun::Large(shown, mut pieces) => show(visitor, shown, &mut pieces, self.asked),
            Begun::Small(shown, all) => {
                // They are all there, or the thread that had them is gone and so is this one soon.
                let all = all.recv().unwrap_or_default();
                for (mut shown, (is_disputed, mut pieces)) in shown.into_iter().zip(all) {
                    shown.is_disputed = is_disputed;
                    if show(visitor, shown, &mut pieces, self.asked) == Next::Stop {
                        return Next::Stop;
                    }
                }
                Next::Go
            }
        }
    }

    /// Unpacks an entry of any length.
    fn hand_over(&self, entry: &Listed, to: &SyncSender<Piece>) {
        self.open(entry, &mut self.source(), |bytes| match bytes {
            Ok(bytes) => ahead::hand_over(bytes, Some(entry.size), to),
            // Where nobody takes it, nobody asked.
            Err(error) => drop(to.send(Err(error))),
        });
    }

    /// Unpacks an entry into memory.
    fn whole(&self, entry: &Listed, source: &mut (impl Read + Seek)) -> Pieces {
        self.open(entry, source, |bytes| match bytes {
            Ok(bytes) => Pieces::all_of(bytes, entry.size as usize),
            Err(error) => Pieces::fault(error),
        })
    }

    /// Reads the archive from anywhere, also while others do.
    fn source(&self) -> Cached<Shared<'_, 'a>> {
        Cached::new(Shared::new(&self.source))
    }

    /// Returns whether an entry says other things of itself than the directory. What cannot be read says nothing here.
    fn is_disputed(&self, entry: &Listed, source: &mut (impl Read + Seek)) -> bool {
        let mut local = || {
            source.seek(SeekFrom::Start(entry.header))?;
            let header: [u8; LOCAL as usize] = fixed(source)?;
            let mut name = vec![0; u16::from_le_bytes([header[26], header[27]]).into()];
            source.read_exact(&mut name)?;
            Ok::<_, io::Error>(entry.is_disputed(&header, &name))
        };
        local().unwrap_or(false)
    }

    /// Lets an entry be read, or says why it cannot be.
    fn open<T>(
        &self,
        entry: &Listed,
        source: &mut (impl Read + Seek),
        read: impl FnOnce(io::Result<&mut dyn Read>) -> T,
    ) -> T {
        let mut source = Counted::source(source, self.asked.budget);
        match entry.method {
            _ if entry.is_encrypted() && self.asked.password.is_none() => {
                read(Err(Unreadable::NeedsPassword.io()))
            }
            STORED | DEFLATED | ZSTANDARD if !entry.is_encrypted() => {
                match self.plain(entry, &mut source) {
                    Ok(mut bytes) => read(Ok(&mut bytes)),
                    Err(error) => read(Err(error)),
                }
            }
            _ => self.known(entry, &mut source, read),
        }
    }

    /// Lets the library read an entry.
    fn known<T>(
        &self,
        entry: &Listed,
        source: &mut (impl Read + Seek),
        read: impl FnOnce(io::Result<&mut dyn Read>) -> T,
    ) -> T {
        let config = Config {
            archive_offset: ArchiveOffset::Known(0),
        };
        let password = self.asked.password.filter(|_| entry.is_encrypted());
        let options = ZipReadOptions::new().password(password);
        let mut alone = match Alone::of(entry, source) {
            Ok(alone) => alone,
            Err(error) => return read(Err(error)),
        };
        let known = ZipIterable::try_new(&mut alone, config).and_then(|mut it| {
            let known = it.files()?.next();
            known.unwrap_or(Err(ZipError::FileNotFound))
        });
        let known = known.map(OwnedZipFileEntry::from);
        let bytes = known
            .as_ref()
            .map(|it| it.as_ref().with_reader(&mut alone, options));
        match bytes {
            Ok(Ok(mut bytes)) => read(Ok(&mut bytes)),
            Ok(Err(error)) => read(Err(io_of(error))),
            Err(error) => read(Err(damaged(&error.to_string()))),
        }
    }

    fn plain<'b>(
        &'b self,
        entry: &Listed,
        source: &'b mut (impl Read + Seek),
    ) -> io::Result<impl Read + 'b> {
        to_bytes(entry, source)?;
        let packed = source.take(entry.packed);
        let window = u64::from(self.asked.budget.limits().memory_kib) << 10;
        let plain: Box<dyn Read + 'b> = match entry.method {
            STORED => Box::new(packed),
            DEFLATED => Box::new(Inflated::new(packed, entry.packed, &self.states)),
            // The library unpacks it by C alone.
            _ => Box::new(Zstandard::new(packed, window)),
        };
        Ok(Checked::of(plain, entry.size, Some(entry.sum)))
    }
}

/// An entry that is opened when it is first read.
struct OnDemand<'scope, 'env, 'a> {
    opener: &'scope Opener<'a>,
    scope: &'scope Scope<'scope, 'env>,
    /// None when it was opened.
    entry: Option<Listed>,
    pieces: Pieces,
}

impl Read for OnDemand<'_, '_, '_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let Some(entry) = self.entry.take() else {
            return self.pieces.read(buffer);
        };
        let opener = self.opener;
        if entry.size <= AT_ONCE {
            self.pieces = opener.whole(&entry, &mut opener.source());
        } else {
            let (to, pieces) = ahead::pieces();
            let unpack = move || opener.hand_over(&entry, &to);
            Builder::new().spawn_scoped(self.scope, unpack)?;
            self.pieces = pieces;
        }
        self.pieces.read(buffer)
    }
}

/// Goes to what an entry was packed to.
fn to_bytes(entry: &Listed, source: &mut (impl Read + Seek)) -> io::Result<()> {
    let mut header = [0; LOCAL as usize];
    source.seek(SeekFrom::Start(entry.header))?;
    source.read_exact(&mut header)?;
    if !header.starts_with(b"PK\x03\x04") {
        return Err(damaged("there is no entry where the directory says"));
    }
    let length = |at: usize| i64::from(u16::from_le_bytes([header[at], header[at + 1]]));
    source.seek(SeekFrom::Current(length(26) + length(28)))?;
    Ok(())
}

/// Entries that share bytes are how a small file becomes a large one.
///
/// Source: D. Fifield, "A better zip bomb", WOOT 2019.
fn refuse_overlaps(entries: &[Listed]) -> Result<(), Exceeded> {
    let mut extents: Vec<(u64, u64)> = entries
        .iter()
        .map(|it| {
            let length = (LOCAL + it.name.len() as u64).saturating_add(it.packed);
            (it.header, it.header.saturating_add(length))
        })
        .collect();
    extents.sort_unstable();
    match extents.windows(2).any(|two| two[1].0 < two[0].1) {
        true => Err(Exceeded::Overlap),
        false => Ok(()),
    }
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
