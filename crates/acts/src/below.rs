//! Everything below a folder, by handles, no link followed.

use std::{
    ffi::OsStr,
    os::{fd::OwnedFd, unix::ffi::OsStrExt},
    path::{Path, PathBuf},
};

use rustix::fs::{Dir, Mode, OFlags, openat};
use tool::{EntryKind, Identity};

use crate::{
    handle::{identity, is_plain, look_at},
    kernel,
    refusal::{Refusal, Result},
};

/// One entry below a folder.
pub(crate) struct Below<'b> {
    /// The folder that holds it, open.
    pub(crate) folder: &'b OwnedFd,
    /// Its name there.
    pub(crate) name: &'b OsStr,
    /// Its path from the folder that is walked.
    pub(crate) path: &'b Path,
    /// What it is now.
    pub(crate) is: Identity,
}

/// A folder that is being listed.
struct Level {
    folder: OwnedFd,
    entries: Dir,
    path: PathBuf,
}

/// A device and one mount of it.
type Mount = (u64, u64);

impl Level {
    /// Opens a folder, if nothing else is mounted there: that would be moved along, and what is removed
    /// would be another folder's.
    fn open(holder: &OwnedFd, name: &OsStr, path: PathBuf, mount: Mount) -> Result<Self> {
        let folder = open_below(holder, name)?;
        if mount_of(&folder)? != mount {
            return Err(Refusal::Mounted { path });
        }
        Ok(Self {
            entries: Dir::read_from(&folder).map_err(Refusal::of("list it"))?,
            folder,
            path,
        })
    }
}

/// Visits everything below the folder `name`, each folder before what it holds. Two files are open for
/// each level of folders, however many one level has.
///
/// # Errors
/// The first that `visit` returns, or that of a folder that cannot be listed or is on another mount than
/// the one that holds the first.
pub(crate) fn visit_below(
    holder: &OwnedFd,
    name: &OsStr,
    visit: &mut dyn FnMut(&Below<'_>) -> Result<()>,
) -> Result<()> {
    let mount = mount_of(holder)?;
    let mut levels = vec![Level::open(holder, name, PathBuf::new(), mount)?];
    while let Some(level) = levels.last_mut() {
        let Some(entry) = level.entries.next() else {
            levels.pop();
            continue;
        };
        let entry = entry.map_err(Refusal::of("list it"))?;
        let name = OsStr::from_bytes(entry.file_name().to_bytes());
        if !is_plain(name) {
            continue;
        }
        let path = level.path.join(name);
        let is = identity(&look_at(&level.folder, name)?);
        visit(&Below {
            folder: &level.folder,
            name,
            path: &path,
            is,
        })?;
        if is.kind == EntryKind::Folder {
            let inner = Level::open(&level.folder, name, path, mount)?;
            levels.push(inner);
        }
    }
    Ok(())
}

fn mount_of(folder: &OwnedFd) -> Result<Mount> {
    kernel::mount(folder).map_err(Refusal::of("look at its file system"))
}

/// Opens a folder in an open folder; no link.
pub(crate) fn open_below(folder: &OwnedFd, name: &OsStr) -> Result<OwnedFd> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    openat(folder, name, flags, Mode::empty()).map_err(Refusal::of("list it"))
}
