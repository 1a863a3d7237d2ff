//! One thing to mend, and where it stands.

use std::fmt;

/// One thing to mend: where, what, and how.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// The path from the root of the repository.
    pub path: String,
    /// The line, counted from 1.
    pub line: usize,
    /// What is wrong.
    pub what: String,
    /// How to mend it.
    pub mend: String,
}

impl Problem {
    /// Returns a problem at the line that holds byte `at` of `text`.
    #[must_use]
    pub fn at(
        path: &str,
        text: &str,
        at: usize,
        what: impl Into<String>,
        mend: impl Into<String>,
    ) -> Self {
        let before = text.as_bytes().get(..at).unwrap_or(text.as_bytes());
        let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
        Self {
            path: path.to_owned(),
            line,
            what: what.into(),
            mend: mend.into(),
        }
    }

    /// Returns a problem of a whole file.
    #[must_use]
    pub fn of_file(path: &str, what: impl Into<String>, mend: impl Into<String>) -> Self {
        Self {
            path: path.to_owned(),
            line: 1,
            what: what.into(),
            mend: mend.into(),
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            out,
            "{}:{}: {}\n    mend: {}",
            self.path, self.line, self.what, self.mend
        )
    }
}
