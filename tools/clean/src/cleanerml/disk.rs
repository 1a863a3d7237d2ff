//! The disk as a run sees it: each folder is listed once, each path looked at once, for all rules.
//!
//! A link is never followed to what is in it. Whether it leads to a folder is asked, because BleachBit
//! counts such a link among the folders of a walk.

use std::{collections::HashMap, ffi::OsStr, os::unix::ffi::OsStrExt, path::Path, rc::Rc};

use rustix::fs::{AtFlags, CWD, Dir, FileType, Mode, OFlags, Stat, openat, statat};
use tool::{Skipped, Why};

/// What a path is, without following it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Folder,
    File,
    /// A link that leads to a folder.
    LinkToFolder,
    /// A link that leads to a file, or nowhere.
    Link {
        to_file: bool,
    },
    /// A FIFO, a socket or a device.
    Other,
}

impl Kind {
    pub(crate) fn is_link(self) -> bool {
        matches!(self, Self::LinkToFolder | Self::Link { .. })
    }

    /// As Python's `os.path.isdir` and `DirEntry.is_dir` say, which follow links.
    pub(crate) fn counts_as_folder(self) -> bool {
        matches!(self, Self::Folder | Self::LinkToFolder)
    }

    /// As Python's `os.path.isfile` says.
    pub(crate) fn counts_as_file(self) -> bool {
        matches!(self, Self::File | Self::Link { to_file: true })
    }
}

/// What one look at a path tells.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Look {
    pub(crate) kind: Kind,
    /// Bytes the disk holds for it: blocks times 512.
    pub(crate) allocated: u64,
}

/// An entry of a folder.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) name: Box<[u8]>,
    pub(crate) look: Look,
}

/// Paths are bytes that begin with `/`, have no `.` or `..` and no slash at their end.
#[derive(Default)]
pub(crate) struct Disk {
    folders: HashMap<Vec<u8>, Rc<[Entry]>>,
    looks: HashMap<Vec<u8>, Option<Look>>,
    pub(crate) skipped: Vec<Skipped>,
}

impl Disk {
    /// Looks at one path; `None` if nothing is there, or it cannot be asked for.
    pub(crate) fn look(&mut self, path: &[u8]) -> Option<Look> {
        if let Some(known) = self.looks.get(path) {
            return *known;
        }
        let found = statat(CWD, as_path(path), AtFlags::SYMLINK_NOFOLLOW);
        let look = found
            .ok()
            .map(|stat| look_of(&stat, || leads_to(CWD, as_path(path))));
        self.looks.insert(path.to_vec(), look);
        look
    }

    /// Returns what is directly in a folder, sorted; nothing if it is none, or a link to one.
    pub(crate) fn entries(&mut self, folder: &[u8]) -> Rc<[Entry]> {
        if let Some(known) = self.folders.get(folder) {
            return Rc::clone(known);
        }
        let entries: Rc<[Entry]> = match listed(folder) {
            Ok((entries, skipped)) => {
                self.skipped.extend(skipped);
                entries.into()
            }
            Err(error) => {
                // Not there, or not a folder: a rule that finds nothing is no news.
                let is_news = !matches!(
                    error,
                    rustix::io::Errno::NOENT | rustix::io::Errno::NOTDIR | rustix::io::Errno::LOOP
                );
                let skipped = Skipped::failed(as_path(folder), &error.into());
                self.skipped.extend(Some(skipped).filter(|_| is_news));
                Rc::from([])
            }
        };
        self.folders.insert(folder.to_vec(), Rc::clone(&entries));
        entries
    }
}

pub(crate) fn as_path(path: &[u8]) -> &Path {
    Path::new(OsStr::from_bytes(path))
}

/// Returns `folder` and a name in it as one path.
pub(crate) fn join(folder: &[u8], name: &[u8]) -> Vec<u8> {
    let mut path = Vec::with_capacity(folder.len() + name.len() + 1);
    path.extend(folder);
    if path.last() != Some(&b'/') {
        path.push(b'/');
    }
    path.extend(name);
    path
}

/// Returns the entries that could be looked at, and those that could not.
fn listed(folder: &[u8]) -> rustix::io::Result<(Vec<Entry>, Vec<Skipped>)> {
    let flags =
        OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::NONBLOCK;
    let handle = openat(CWD, as_path(folder), flags, Mode::empty())?;
    let mut names = Vec::new();
    let mut entries = Dir::new(handle)?;
    while let Some(entry) = entries.next() {
        let entry = entry?;
        let name = entry.file_name();
        if name != c"." && name != c".." {
            names.push(name.to_owned());
        }
    }
    names.sort_unstable();
    let handle = entries.fd()?;
    let (mut found, mut skipped) = (Vec::with_capacity(names.len()), Vec::new());
    for name in names {
        match statat(handle, &name, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(stat) => found.push(Entry {
                look: look_of(&stat, || leads_to(handle, &name)),
                name: name.into_bytes().into(),
            }),
            // Caches change while they are looked at.
            Err(rustix::io::Errno::NOENT) => {}
            Err(error) => {
                let path = join(folder, name.to_bytes());
                skipped.push(Skipped::new(as_path(&path), Why::of(&error.into())));
            }
        }
    }
    Ok((found, skipped))
}

fn look_of(stat: &Stat, leads_to: impl FnOnce() -> Option<FileType>) -> Look {
    let kind = match FileType::from_raw_mode(stat.st_mode) {
        FileType::Directory => Kind::Folder,
        FileType::RegularFile => Kind::File,
        FileType::Symlink => match leads_to() {
            Some(FileType::Directory) => Kind::LinkToFolder,
            to => Kind::Link {
                to_file: to == Some(FileType::RegularFile),
            },
        },
        _ => Kind::Other,
    };
    let blocks = u64::try_from(stat.st_blocks).unwrap_or(0);
    Look {
        kind,
        allocated: blocks.saturating_mul(512),
    }
}

/// Returns what kind of thing a link leads to.
fn leads_to<P: rustix::path::Arg>(folder: impl rustix::fd::AsFd, name: P) -> Option<FileType> {
    let stat = statat(folder, name, AtFlags::empty()).ok()?;
    Some(FileType::from_raw_mode(stat.st_mode))
}
