//! Whether a program still uses what nobody vouches for: a cache that is open is no junk.
//!
//! The kernel is asked about each file itself. That sees every user's programs, inside containers too,
//! and mapped files; a list of open descriptors under `/proc` shows only one's own.

use std::{ffi::OsStr, os::fd::OwnedFd, path::PathBuf};

use rustix::{
    fs::{Mode, OFlags, openat},
    io::Errno,
};
use tool::{EntryKind, Identity};

use crate::{
    below::{Below, visit_below},
    handle::Entry,
    kernel::{NO_ACCESS_TIME, is_open_elsewhere},
    refusal::{Refusal, Result},
};

/// Refuses what a program has open, or may have: a file itself, a folder with everything below it.
pub(crate) fn in_use(entry: &Entry, is: &Identity) -> Result<()> {
    match is.kind {
        EntryKind::File => ask(&entry.folder, &entry.name, || entry.path.clone()),
        EntryKind::Folder => in_folder(entry),
        EntryKind::Link => Ok(()),
        EntryKind::Special => Err(listens(entry.path.clone())),
    }
}

fn in_folder(entry: &Entry) -> Result<()> {
    visit_below(&entry.folder, &entry.name, &mut |found: &Below<'_>| {
        let path = || entry.path.join(found.path);
        match found.is.kind {
            EntryKind::File => ask(found.folder, found.name, path),
            EntryKind::Folder | EntryKind::Link => Ok(()),
            EntryKind::Special => Err(listens(path())),
        }
    })
}

fn ask(folder: &OwnedFd, name: &OsStr, path: impl Fn() -> PathBuf) -> Result<()> {
    let flags =
        OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    let open = |more| openat(folder, name, flags | more, Mode::empty());
    let file = open(NO_ACCESS_TIME).or_else(|error| match error {
        Errno::PERM => open(OFlags::empty()),
        error => Err(error),
    });
    match file.and_then(|file| is_open_elsewhere(&file)) {
        Ok(false) => Ok(()),
        Ok(true) => Err(Refusal::InUse { path: path() }),
        Err(error) => Err(Refusal::MayBeInUse {
            path: path(),
            why: std::io::Error::from(error).to_string(),
        }),
    }
}

fn listens(path: PathBuf) -> Refusal {
    Refusal::MayBeInUse {
        path,
        why: "it is a socket, pipe or device, which a program may be listening on".to_owned(),
    }
}
