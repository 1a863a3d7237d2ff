//! RAR of every version, 1.3 to 7.
//!
//! The library pushes what it unpacks into writers; [`decoder`] turns that round.

mod decoder;
mod talk;

use rars::{
    ArchiveFamily, ArchiveMember, ArchiveMemberDetail, AttrSource, Error, ErrorKind,
    rar50::FileRedirection,
};

use self::decoder::Decoder;
use super::{
    ArchiveError, Asked, Entry, EntryKind, Exceeded, Kind, Next, Source, Unreadable, Visitor,
    error::damaged, modes, reader::Counted, show, times,
};

/// Shows every member. Of a solid archive nothing is unpacked before the first one that is read.
///
/// Several parts are given in their order.
pub(super) fn visit<S: Source>(
    parts: &mut [S],
    asked: &Asked<'_>,
    visitor: &mut dyn Visitor,
) -> Result<(), ArchiveError> {
    let counted = parts.iter_mut().map(|it| Counted::source(it, asked.budget));
    let mut parts: Vec<_> = counted.collect();
    let mut decoder = Decoder::start(&mut parts, asked, false)?;
    let mut members = decoder.members();
    let is_locked = |it: &Error| it.kind() == ErrorKind::PasswordRequired;
    if asked.password.is_some() && members.as_ref().is_err_and(is_locked) {
        drop(decoder);
        decoder = Decoder::start(&mut parts, asked, true)?;
        members = decoder.members();
    }
    let members = members.map_err(|error| whole(&error, asked))?;
    if members.first().is_some_and(|it| it.meta.is_split_before) {
        let what = "what is in it begins in one before";
        return Err(ArchiveError::Missing(what.to_owned()));
    }
    if members.last().is_some_and(|it| it.meta.is_split_after) {
        let what = "what is in it goes on in another one";
        return Err(ArchiveError::Missing(what.to_owned()));
    }
    for (index, member) in members.iter().enumerate() {
        asked.budget.one_more()?;
        asked.budget.named(&member.meta.name)?;
        let mut bytes = decoder.bytes(index, member);
        let next = show(visitor, entry_of(member), &mut bytes, asked);
        if next == Next::Stop {
            break;
        }
    }
    Ok(())
}

fn entry_of(member: &ArchiveMember) -> Entry {
    let meta = &member.meta;
    let mode = (meta.attr_source() == AttrSource::Unix).then_some(meta.file_attr);
    let mode = mode.map(|it| it as u32);
    let kind = match mode {
        _ if meta.is_directory => EntryKind::Folder,
        _ if let Some(other) = redirection(member) => kind_of(other),
        Some(mode) if mode & modes::KIND == modes::LINK => EntryKind::Link(Vec::new()),
        mode => mode
            .and_then(modes::special)
            .map_or(EntryKind::File, EntryKind::Special),
    };
    let is_wall_time = meta.family != ArchiveFamily::Rar50Plus;
    let modified = meta.file_time.and_then(|time| match is_wall_time {
        true => times::of_dos((time >> 16) as u16, (time & 0xffff) as u16),
        false => Some(i64::from(time)),
    });
    Entry {
        is_utf8: member.name_is_unicode(),
        size: (kind == EntryKind::File).then_some(meta.unpacked_size),
        packed: Some(meta.packed_size),
        mode: mode.map(|it| it & 0o7777),
        modified,
        is_wall_time,
        is_encrypted: meta.is_encrypted,
        ..Entry::named(meta.name.clone(), kind)
    }
}

fn redirection(member: &ArchiveMember) -> Option<&FileRedirection> {
    match &member.detail {
        ArchiveMemberDetail::Rar50Plus { redirection, .. } => redirection.as_ref(),
        _ => None,
    }
}

/// Source: RAR 5.0 archive format, "File system redirection record".
fn kind_of(other: &FileRedirection) -> EntryKind {
    let to = other.target_name.clone();
    let forward = |to: Vec<u8>| {
        let forward = |it| if it == b'\\' { b'/' } else { it };
        to.into_iter().map(forward).collect()
    };
    match other.redirection_type {
        1 => EntryKind::Link(to),
        2 | 3 => EntryKind::Link(forward(to)),
        4 | 5 => EntryKind::Same(to),
        _ => EntryKind::Special("a reference of an unknown kind"),
    }
}

/// Why a member cannot be read.
fn one(error: &Error, is_encrypted: bool, asked: &Asked<'_>) -> std::io::Error {
    let why = match error.kind() {
        ErrorKind::ResourceLimit => {
            let memory = asked.budget.limits().memory_kib;
            return std::io::Error::other(Exceeded::Memory(memory));
        }
        ErrorKind::PasswordRequired => Unreadable::NeedsPassword,
        ErrorKind::BadPassword => Unreadable::WrongPassword,
        // Before RAR 5 there is no check of the password itself.
        _ if is_encrypted && asked.password.is_some() => Unreadable::WrongPassword,
        ErrorKind::ChecksumMismatch => Unreadable::Checksum,
        ErrorKind::UnsupportedFeature | ErrorKind::UnsupportedFormat => {
            Unreadable::Method(error.root_cause().to_string())
        }
        _ => return damaged(&error.root_cause().to_string()),
    };
    why.io()
}

/// Why the list of what is in it cannot be read.
fn whole(error: &Error, asked: &Asked<'_>) -> ArchiveError {
    match error.kind() {
        ErrorKind::PasswordRequired => ArchiveError::Locked(Unreadable::NeedsPassword),
        ErrorKind::BadPassword => ArchiveError::Locked(Unreadable::WrongPassword),
        _ => ArchiveError::of(Kind::Rar, one(error, false, asked)),
    }
}
