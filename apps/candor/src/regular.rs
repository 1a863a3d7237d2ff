//! Files that a person names, opened without waiting for what may never come.

use std::{fs, io, os::unix::fs::OpenOptionsExt, path::Path};

use rustix::fs::OFlags;

/// Opens a regular file to be read; links to one are followed.
///
/// # Errors
/// When it cannot be opened, or is a pipe, a device or a folder.
pub(crate) fn open(path: &Path) -> io::Result<fs::File> {
    let file = fs::OpenOptions::new()
        .read(true)
        .custom_flags((OFlags::NONBLOCK | OFlags::NOCTTY).bits().cast_signed())
        .open(path)?;
    match file.metadata()?.is_file() {
        true => Ok(file),
        false => Err(io::Error::other("it is no regular file")),
    }
}
