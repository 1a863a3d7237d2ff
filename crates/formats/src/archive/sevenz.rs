//! 7z: block by block, as they are packed.

use std::io::{self, Read};

use sevenz_rust2::{Archive, ArchiveEntry, BlockDecoder, Error, Password};

use super::{
    ArchiveError, Asked, Entry, EntryKind, Exceeded, Kind, Next, Source, Unreadable, Visitor,
    cached::Cached,
    error::damaged,
    modes,
    reader::{Checked, Counted, Failing},
    show, times,
};

/// Windows' attributes carry the mode of Unix in their upper half where this is set.
const HAS_MODE: u32 = 0x8000;

/// Shows every entry: those of each block, then those without bytes.
pub(super) fn visit(
    source: &mut dyn Source,
    asked: &Asked<'_>,
    visitor: &mut dyn Visitor,
) -> Result<(), ArchiveError> {
    let mut source = Cached::new(Counted::source(source, asked.budget));
    let memory = asked.budget.limits().memory_kib as usize;
    let password = asked.password.map(String::from_utf8_lossy);
    let password = Password::new(password.as_deref().unwrap_or_default());
    let archive = Archive::read_with_memory_limit(&mut source, &password, memory);
    let archive = archive.map_err(|error| whole(error, asked))?;
    for _ in &archive.files {
        asked.budget.one_more()?;
    }
    let entry_at = |index: usize| entry_of(&archive.files[index], archive.is_file_encrypted(index));
    for block in 0..archive.blocks.len() {
        let decoder =
            BlockDecoder::new_with_memory_limit(1, memory, block, &archive, &password, &mut source);
        let first = archive.stream_map.block_first_file_index[block];
        let many = decoder.entry_count();
        let mut shown = 0;
        let mut is_stopped = false;
        let ended = decoder.for_each_entries(&mut |file, bytes| {
            let entry = entry_at(first + shown);
            shown += 1;
            if file.is_anti_item {
                return Ok(true);
            }
            let crc = file.has_crc.then_some(file.crc as u32);
            let is_locked = entry.is_encrypted;
            let bytes = Checked::of(bytes, file.size, crc);
            let mut bytes = Unlocked { bytes, is_locked };
            is_stopped = show(visitor, entry, &mut bytes, asked) == Next::Stop;
            Ok(!is_stopped)
        });
        if is_stopped {
            return Ok(());
        }
        // What stands behind a fault in its block is not looked at, and each is told so.
        let why = ended.err().map(|error| match one(error, asked) {
            Cause::Damaged(_) if archive.is_file_encrypted(first) => {
                Cause::Unreadable(Unreadable::WrongPassword)
            }
            why => why,
        });
        for index in first + shown..first + many {
            let why = why.clone().unwrap_or(Cause::Behind);
            if visitor.entry(&entry_at(index), &mut Failing::of(why.io())) == Next::Stop {
                return Ok(());
            }
        }
    }
    for (index, file) in archive.files.iter().enumerate() {
        let is_elsewhere = archive.stream_map.file_block_index[index].is_some();
        if is_elsewhere || file.is_anti_item {
            continue;
        }
        if show(visitor, entry_at(index), &mut io::empty(), asked) == Next::Stop {
            break;
        }
    }
    Ok(())
}

fn entry_of(file: &ArchiveEntry, is_encrypted: bool) -> Entry {
    let mode = (file.has_windows_attributes && file.windows_attributes & HAS_MODE != 0)
        .then_some(file.windows_attributes >> 16);
    let kind = match mode {
        _ if file.is_directory => EntryKind::Folder,
        Some(mode) if mode & modes::KIND == modes::LINK => EntryKind::Link(Vec::new()),
        mode => mode
            .and_then(modes::special)
            .map_or(EntryKind::File, EntryKind::Special),
    };
    let modified = times::of_windows(file.last_modified_date.into());
    Entry {
        is_utf8: true,
        size: (kind == EntryKind::File).then_some(file.size),
        mode: mode.map(|it| it & 0o7777),
        modified: file.has_last_modified_date.then_some(modified),
        is_encrypted,
        ..Entry::named(file.name.clone().into_bytes(), kind)
    }
}

/// What comes out of a locked entry under another password is damaged: 7z has no check of the password itself.
struct Unlocked<R> {
    bytes: R,
    is_locked: bool,
}

impl<R: Read> Read for Unlocked<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.bytes.read(buffer).map_err(|error| {
            let inner = error.get_ref();
            match self.is_locked && !inner.is_some_and(|it| it.is::<Exceeded>()) {
                true => Unreadable::WrongPassword.io(),
                false => error,
            }
        })
    }
}

/// Why the entries of a block cannot be read; it is told of each.
#[derive(Clone)]
enum Cause {
    Unreadable(Unreadable),
    Exceeded(Exceeded),
    Damaged(String),
    Behind,
}

impl Cause {
    fn io(self) -> io::Error {
        match self {
            Self::Unreadable(why) => why.io(),
            Self::Exceeded(exceeded) => io::Error::other(exceeded),
            Self::Damaged(why) => damaged(&why),
            Self::Behind => damaged("it stands behind something that is damaged"),
        }
    }
}

fn one(error: Error, asked: &Asked<'_>) -> Cause {
    match error {
        Error::PasswordRequired => Cause::Unreadable(Unreadable::NeedsPassword),
        Error::MaybeBadPassword(_) if asked.password.is_none() => {
            Cause::Unreadable(Unreadable::NeedsPassword)
        }
        Error::MaybeBadPassword(_) => Cause::Unreadable(Unreadable::WrongPassword),
        Error::UnsupportedCompressionMethod(method) => {
            Cause::Unreadable(Unreadable::Method(method))
        }
        Error::MaxMemLimited { .. } => {
            Cause::Exceeded(Exceeded::Memory(asked.budget.limits().memory_kib))
        }
        Error::Io(error, _) => match error.get_ref().and_then(|it| it.downcast_ref()) {
            Some(exceeded) => Cause::Exceeded(*exceeded),
            None => Cause::Damaged(error.to_string()),
        },
        other => Cause::Damaged(other.to_string()),
    }
}

/// Why the list of what is in it cannot be read.
fn whole(error: Error, asked: &Asked<'_>) -> ArchiveError {
    match one(error, asked) {
        Cause::Unreadable(why) => ArchiveError::Locked(why),
        Cause::Exceeded(exceeded) => exceeded.into(),
        why => ArchiveError::of(Kind::SevenZip, why.io()),
    }
}
