//! Why a database could not be read, in words a person understands.

use std::{
    io,
    path::{Path, PathBuf},
};

use rusqlite::ErrorCode;

use crate::file;

/// A database that could not be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// There is no such file.
    #[error("there is no database `{path}`")]
    Missing {
        /// The database.
        path: PathBuf,
    },
    /// The system does not let us read the file.
    #[error("not allowed to read `{path}`")]
    Denied {
        /// The database, or the file beside it.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// The path is a folder, a link, a pipe or a device.
    #[error("`{path}` is not an ordinary file")]
    NotAFile {
        /// The database, or the file beside it.
        path: PathBuf,
    },
    /// Reading failed.
    #[error("cannot read `{path}`")]
    Read {
        /// The database, or the file beside it.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// The file holds no byte yet: its program has made it and not filled it.
    #[error("database `{path}` is empty")]
    Empty {
        /// The database.
        path: PathBuf,
    },
    /// The first bytes are not those of a SQLite database. An encrypted one looks the same.
    #[error("`{path}` is not a SQLite database, or it is encrypted")]
    NotSqlite {
        /// The database.
        path: PathBuf,
    },
    /// The file ends before the last page it says it has.
    #[error("database `{path}` is cut short: {pages} pages of {promised} are there")]
    Truncated {
        /// The database.
        path: PathBuf,
        /// Pages that are there.
        pages: u64,
        /// Pages that the header counts.
        promised: u64,
    },
    /// The bytes contradict each other.
    #[error("database `{path}` is damaged: {detail}")]
    Damaged {
        /// The database.
        path: PathBuf,
        /// What does not fit.
        detail: String,
    },
    /// The `-wal` or `-journal` file is larger than we are ready to check.
    #[error("`{path}` is too large to check: more than {limit} bytes")]
    TooLarge {
        /// The file beside the database.
        path: PathBuf,
        /// The bound.
        limit: u64,
    },
    /// The files changed during every try.
    #[error("database `{path}` kept changing while it was read ({tries} tries)")]
    Changing {
        /// The database.
        path: PathBuf,
        /// How often it was read.
        tries: u32,
    },
    /// A query ran far longer than an honest database makes it run.
    #[error("reading database `{path}` was stopped because it took too much work")]
    TooMuchWork {
        /// The database.
        path: PathBuf,
    },
    /// The query asks for what is not the reading of an ordinary table.
    #[error("database `{path}` holds something else where a table is expected")]
    Refused {
        /// The database.
        path: PathBuf,
        /// What SQLite said.
        #[source]
        source: rusqlite::Error,
    },
    /// SQLite could not run the query: a table or a column is missing, a view stands in its place,
    /// or a value has another type.
    #[error("cannot query database `{path}`")]
    Query {
        /// The database.
        path: PathBuf,
        /// What SQLite said.
        #[source]
        source: rusqlite::Error,
    },
}

impl Error {
    /// Sorts what the system said about one file.
    pub(super) fn from_io(path: &Path, source: io::Error) -> Self {
        file::Error::from_io(path, source).into()
    }

    /// Sorts what SQLite said about the picture we gave it.
    pub(super) fn from_sqlite(path: &Path, source: rusqlite::Error) -> Self {
        let path = path.to_owned();
        match source.sqlite_error_code() {
            Some(ErrorCode::DatabaseCorrupt) => Self::Damaged {
                path,
                detail: detail(&source),
            },
            Some(ErrorCode::NotADatabase) => Self::NotSqlite { path },
            Some(ErrorCode::OperationInterrupted) => Self::TooMuchWork { path },
            Some(ErrorCode::OutOfMemory) => Self::TooMuchWork { path },
            Some(ErrorCode::TooBig) => Self::Damaged {
                path,
                detail: "a value is larger than any real one".to_owned(),
            },
            Some(ErrorCode::SystemIoFailure) => Self::Damaged {
                path,
                detail: "a page could not be read".to_owned(),
            },
            Some(ErrorCode::AuthorizationForStatementDenied) => Self::Refused { path, source },
            _ => Self::Query { path, source },
        }
    }

    pub(super) fn damaged(path: &Path, detail: &str) -> Self {
        Self::Damaged {
            path: path.to_owned(),
            detail: detail.to_owned(),
        }
    }
}

impl From<file::Error> for Error {
    fn from(error: file::Error) -> Self {
        match error {
            file::Error::Missing { path } => Self::Missing { path },
            file::Error::Denied { path, source } => Self::Denied { path, source },
            file::Error::NotAFile { path } => Self::NotAFile { path },
            file::Error::Read { path, source } => Self::Read { path, source },
            file::Error::TooLarge { path, limit } => Self::TooLarge { path, limit },
        }
    }
}

/// Longest part of SQLite's words that is passed on: they can quote the damaged file.
const LONGEST_DETAIL: usize = 200;

fn detail(error: &rusqlite::Error) -> String {
    let words = match error {
        rusqlite::Error::SqliteFailure(_, Some(message)) => message.clone(),
        rusqlite::Error::SqlInputError { msg, .. } => msg.clone(),
        other => other.to_string(),
    };
    words.chars().take(LONGEST_DETAIL).collect()
}
