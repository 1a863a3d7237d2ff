//! The folder that is filled, and how what came out comes to lie in place.
//!
//! Both are handles: whoever puts a link in the way of either meanwhile leads nobody elsewhere.

use std::{
    ffi::{OsStr, OsString},
    fs::{self, File},
    io,
    os::{
        fd::AsFd as _,
        unix::{
            ffi::OsStrExt as _,
            fs::{MetadataExt as _, OpenOptionsExt as _},
        },
    },
    path::{Path, PathBuf},
};

use rustix::{
    fs::{Dir, Mode, OFlags, RenameFlags},
    io::Errno,
};

use super::unwritten;
use crate::failure::Failure;

/// As many names are tried before it is given up.
const MOST_NAMES: u32 = 10_000;
/// How a folder is opened that must be one itself.
const FOLDER: OFlags = OFlags::RDONLY
    .union(OFlags::DIRECTORY)
    .union(OFlags::NOFOLLOW)
    .union(OFlags::CLOEXEC);

/// Where what comes out is to lie.
pub(super) struct Destination {
    path: PathBuf,
    folder: File,
}

impl Destination {
    /// Opens a folder, which is made where it is named and missing.
    pub(super) fn open(into: Option<&Path>) -> Result<Self, Failure> {
        let path = into.unwrap_or(Path::new("."));
        if into.is_some() {
            fs::create_dir_all(path).map_err(|error| unwritten(path, &error))?;
        }
        let opened = || {
            let path = path.canonicalize()?;
            let flags = (OFlags::DIRECTORY | OFlags::NOFOLLOW).bits();
            let mut options = File::options();
            let folder = options.read(true).custom_flags(flags.cast_signed());
            let folder = folder.open(&path)?;
            Ok(Self { path, folder })
        };
        opened().map_err(|error| unwritten(path, &error))
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    fn unwritten(&self, error: impl Into<io::Error>) -> Failure {
        unwritten(&self.path, &error.into())
    }
}

/// A folder that nobody else can look into, beside what comes to lie in place; it goes when it is dropped.
pub(super) struct Staging<'a> {
    destination: &'a Destination,
    path: PathBuf,
    folder: File,
}

impl<'a> Staging<'a> {
    pub(super) fn beside(destination: &'a Destination) -> Result<Self, Failure> {
        for number in 0..MOST_NAMES {
            let name = format!(".candor-unpack-{}-{number}", std::process::id());
            match rustix::fs::mkdirat(&destination.folder, &name, Mode::RWXU) {
                Ok(()) => {}
                Err(Errno::EXIST) => continue,
                Err(errno) => return Err(destination.unwritten(errno)),
            }
            let folder = rustix::fs::openat(&destination.folder, &name, FOLDER, Mode::empty());
            return Ok(Self {
                destination,
                path: destination.path.join(name),
                folder: folder.map_err(|it| destination.unwritten(it))?.into(),
            });
        }
        Err(destination.unwritten(Errno::EXIST))
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Returns what tells it from every other folder, whatever lies by its name.
    pub(super) fn identity(&self) -> Result<(u64, u64), Failure> {
        let metadata = self.folder.metadata();
        let metadata = metadata.map_err(|error| self.destination.unwritten(error))?;
        Ok((metadata.dev(), metadata.ino()))
    }

    /// Moves what is in one of its folders into place: what is alone by its own name, else all of it by this one. Returns
    /// where it lies; none where nothing came out.
    pub(super) fn placed(&self, folder: &str, name: &OsStr) -> Result<Option<PathBuf>, Failure> {
        let failed = |errno| self.destination.unwritten(errno);
        let inner = rustix::fs::openat(&self.folder, folder, FOLDER, Mode::empty());
        let inner = inner.map_err(failed)?;
        let mut names = Vec::new();
        for entry in Dir::read_from(&inner).map_err(failed)? {
            let name = entry.map_err(failed)?.file_name().to_bytes().to_vec();
            if !matches!(&name[..], b"." | b"..") {
                names.push(name);
            }
            if names.len() > 1 {
                break;
            }
        }
        let (from, old, name) = match &names[..] {
            [] => return Ok(None),
            [alone] => (inner.as_fd(), &alone[..], OsStr::from_bytes(alone)),
            _ => (self.folder.as_fd(), folder.as_bytes(), name),
        };
        let to = &self.destination.folder;
        for number in 1..MOST_NAMES {
            let name = numbered(name, number);
            match rustix::fs::renameat_with(from, old, to, &name, RenameFlags::NOREPLACE) {
                Ok(()) => return Ok(Some(self.destination.path.join(name))),
                Err(Errno::EXIST) => {}
                Err(errno) => return Err(failed(errno)),
            }
        }
        Err(failed(Errno::EXIST))
    }
}

impl Drop for Staging<'_> {
    fn drop(&mut self) {
        // What is not it any more is somebody else's.
        let is_it = self.path.symlink_metadata().is_ok_and(|there| {
            self.identity()
                .is_ok_and(|it| it == (there.dev(), there.ino()))
        });
        if is_it {
            // What cannot be removed is in a folder of ours, and nobody's but this person's.
            let _ = fs::remove_dir_all(&self.path);
        }
    }
}

/// Returns `name (2).txt` for the second of `name.txt`.
fn numbered(name: &OsStr, number: u32) -> OsString {
    if number == 1 {
        return name.to_owned();
    }
    let path = Path::new(name);
    let mut numbered = path.file_stem().unwrap_or_default().to_owned();
    numbered.push(format!(" ({number})"));
    if let Some(ending) = path.extension() {
        numbered.push(".");
        numbered.push(ending);
    }
    numbered
}
