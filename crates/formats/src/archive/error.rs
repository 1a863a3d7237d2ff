//! Why an archive, or one thing in it, cannot be read.

use std::io;

use super::{Exceeded, Kind};

/// Why no more of an archive can be read.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    /// Its bytes are of no format that is known here.
    #[error("this is no archive of a known format")]
    NoArchive,
    /// The file it lies in cannot be read.
    #[error("the archive cannot be read")]
    Read(#[from] io::Error),
    /// It is not what its format says, or ends too early.
    #[error("the {} data is damaged", kind.name())]
    Damaged {
        /// The format.
        kind: Kind,
        /// What is wrong.
        #[source]
        source: io::Error,
    },
    /// More came out than may.
    #[error("no more is unpacked")]
    Exceeded(#[from] Exceeded),
    /// A part of it is missing.
    #[error("a part is missing: {0}")]
    Missing(String),
    /// The list of what is in it is encrypted, and there is no password or a wrong one.
    #[error("what is in it cannot even be listed")]
    Locked(#[source] Unreadable),
}

impl ArchiveError {
    /// Sorts an error of a decoder: a budget that was exceeded comes through it.
    pub(super) fn of(kind: Kind, source: io::Error) -> Self {
        match source.get_ref().and_then(|it| it.downcast_ref()) {
            Some(exceeded) => Self::Exceeded(*exceeded),
            None => Self::Damaged { kind, source },
        }
    }
}

/// Why one entry cannot be read; the next one may be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// It is packed in a way that is not known here.
    #[error("it is packed by a method that is not known here: {0}")]
    Method(String),
    /// It needs a password.
    #[error("it needs a password")]
    NeedsPassword,
    /// The password is another one. Where the format has no check of its own, damage looks the same.
    #[error("the password is not the right one, or what it protects is damaged")]
    WrongPassword,
    /// What came out is not what was put in.
    #[error("what came out is not what was put in: the checksum differs")]
    Checksum,
}

impl Unreadable {
    /// Returns it as the error of a reader.
    pub(super) fn io(self) -> io::Error {
        io::Error::new(io::ErrorKind::InvalidData, self)
    }
}

/// Bytes that are not what their format says.
pub(super) fn damaged(why: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, why)
}
