//! Opens an ordinary file for reading, and nothing that only looks like one.

use std::{
    fs::File,
    io::{self, Read},
    path::{Path, PathBuf},
};

use rustix::{
    fs::{AtFlags, CWD, FileType, Mode, OFlags},
    io::Errno,
};

/// A file that could not be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// There is no such file.
    #[error("there is no file `{path}`")]
    Missing {
        /// The file.
        path: PathBuf,
    },
    /// The system does not let us read the file.
    #[error("not allowed to read `{path}`")]
    Denied {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// The path is a folder, a link, a pipe or a device.
    #[error("`{path}` is not an ordinary file")]
    NotAFile {
        /// The path.
        path: PathBuf,
    },
    /// Reading failed.
    #[error("cannot read `{path}`")]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// The file is larger than any real one of its kind.
    #[error("`{path}` is too large: more than {limit} bytes")]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// The bound.
        limit: u64,
    },
}

impl Error {
    /// Sorts what the system said about a file.
    pub(crate) fn from_io(path: &Path, source: io::Error) -> Self {
        let path = path.to_owned();
        match source.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => Self::Missing { path },
            io::ErrorKind::PermissionDenied => Self::Denied { path, source },
            // What `O_NOFOLLOW` says when the last part of the path is a link.
            _ if source.raw_os_error() == Some(Errno::LOOP.raw_os_error()) => {
                Self::NotAFile { path }
            }
            _ => Self::Read { path, source },
        }
    }
}

/// Reads a whole ordinary file of at most `limit` bytes.
///
/// # Errors
/// Each variant of [`Error`] names the path.
pub fn read(path: &Path, limit: u64) -> Result<Vec<u8>, Error> {
    let file = open(path)?;
    let mut bytes = Vec::new();
    file.take(limit.saturating_add(1))
        .read_to_end(&mut bytes)
        .map_err(|source| Error::from_io(path, source))?;
    if bytes.len() as u64 > limit {
        return Err(Error::TooLarge {
            path: path.to_owned(),
            limit,
        });
    }
    Ok(bytes)
}

/// Opens an ordinary file for reading. A link as the last part of the path is refused.
///
/// # Errors
/// Each variant of [`Error`] names the path.
pub fn open(path: &Path) -> Result<File, Error> {
    let as_error = |errno: Errno| Error::from_io(path, errno.into());
    // Looked at before it is opened: opening a device can already set it in motion.
    let seen = rustix::fs::statat(CWD, path, AtFlags::SYMLINK_NOFOLLOW).map_err(as_error)?;
    if FileType::from_raw_mode(seen.st_mode) != FileType::RegularFile {
        return Err(Error::NotAFile {
            path: path.to_owned(),
        });
    }
    // NONBLOCK: a pipe put there in between must not make us wait for its writer.
    let flags =
        OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::NONBLOCK | OFlags::NOCTTY;
    let file = File::from(rustix::fs::openat(CWD, path, flags, Mode::empty()).map_err(as_error)?);
    let metadata = file
        .metadata()
        .map_err(|source| Error::from_io(path, source))?;
    if !metadata.is_file() {
        return Err(Error::NotAFile {
            path: path.to_owned(),
        });
    }
    Ok(file)
}
