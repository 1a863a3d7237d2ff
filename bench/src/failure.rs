//! What can go wrong with a measurement.

use std::{
    io,
    path::{Path, PathBuf},
};

#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    #[error("cannot {what} `{path}`")]
    File {
        what: &'static str,
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error("cannot make the history database")]
    Database(#[from] rusqlite::Error),
    #[error("{0}")]
    Other(String),
}

impl Failure {
    pub(crate) fn other(words: impl Into<String>) -> Self {
        Self::Other(words.into())
    }
}

/// Says what was tried with which path.
pub(crate) trait Tried<T> {
    fn tried(self, what: &'static str, path: &Path) -> Result<T, Failure>;
}

impl<T, E: Into<io::Error>> Tried<T> for Result<T, E> {
    fn tried(self, what: &'static str, path: &Path) -> Result<T, Failure> {
        self.map_err(|error| Failure::File {
            what,
            path: path.to_owned(),
            source: error.into(),
        })
    }
}

/// Returns a failure with everything that led to it, in one line.
pub(crate) fn chain(failure: &Failure) -> String {
    let first: &dyn std::error::Error = failure;
    let all = std::iter::successors(Some(first), |error| error.source());
    all.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}
