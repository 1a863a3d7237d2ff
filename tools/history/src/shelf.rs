//! What addresses are held against: a list file, and what the person allows.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use tool::{Skipped, Why};

use crate::{
    lists::{Allow, Error, List, starter},
    names::words,
};

/// Where the shelf is filled from: made by the broker, read by the worker.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Sources {
    /// The compiled list file, where there is one.
    pub compiled: Option<PathBuf>,
    /// The lines of the person's allow-list.
    pub allow: Vec<String>,
}

/// A list file open for looking up, the allow-list, and what a person must know of both.
#[derive(Debug)]
pub struct Shelf {
    own: Option<List<'static>>,
    path: Option<PathBuf>,
    allow: Allow,
    notes: Vec<String>,
    damaged: Option<Skipped>,
}

impl Shelf {
    /// Opens the compiled list file; where there is none, or it is damaged, the starter list serves.
    #[must_use]
    pub fn open(sources: &Sources) -> Self {
        let (allow, odd) = Allow::of_lines(sources.allow.iter().map(String::as_str));
        let mut shelf = Self {
            own: None,
            path: sources.compiled.clone(),
            allow,
            notes: Vec::new(),
            damaged: None,
        };
        for line in odd {
            let note = "of your allow-list allows nothing, since it names no host";
            shelf
                .notes
                .push(format!("Line {} {note}: {}", line.line, line.text));
        }
        let Some(path) = &sources.compiled else {
            return shelf;
        };
        match List::open_file(path) {
            Ok(list) => shelf.own = Some(list),
            Err(Error::Read { source }) if source.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => shelf.damaged(path, &error),
        }
        shelf
    }

    /// Returns the list file that serves.
    #[must_use]
    pub fn list(&self) -> &List<'static> {
        self.own.as_ref().unwrap_or_else(|| starter())
    }

    /// Returns whether it is the one inside the program.
    #[must_use]
    pub fn is_starter(&self) -> bool {
        self.own.is_none()
    }

    /// Returns the hosts that the person allows.
    #[must_use]
    pub fn allow(&self) -> &Allow {
        &self.allow
    }

    /// Returns sentences that belong into a report.
    #[must_use]
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// Returns the compiled file, when it could not be used.
    #[must_use]
    pub fn unusable(&self) -> Option<&Skipped> {
        self.damaged.as_ref()
    }

    /// Returns the compiled file as one that is damaged where it was looked into.
    #[must_use]
    pub fn damaged_at(&self, detail: &str) -> Option<Skipped> {
        let path = self.path.as_deref().filter(|_| !self.is_starter())?;
        let detail = format!(
            "{detail}; some addresses were not looked up. `candor lists compile` makes the file anew"
        );
        Some(Skipped::new(path, Why::Damaged { detail }))
    }

    fn damaged(&mut self, path: &Path, error: &Error) {
        let detail = format!(
            "{}; the list inside the program was used. `candor lists compile` makes the file anew",
            words(error)
        );
        self.damaged = Some(Skipped::new(path, Why::Damaged { detail }));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lists::make_starter;

    fn open(path: &Path) -> Shelf {
        Shelf::open(&Sources {
            compiled: Some(path.to_owned()),
            allow: vec!["example.com".into(), "two words".into()],
        })
    }

    #[test]
    fn a_damaged_file_is_said_and_the_starter_list_serves() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("compiled");
        assert!(open(&path).is_starter() && open(&path).unusable().is_none());
        let bytes = make_starter().bytes;
        std::fs::write(&path, &bytes).unwrap();
        let shelf = open(&path);
        assert!(!shelf.is_starter() && shelf.unusable().is_none());
        assert!(
            shelf.notes()[0].starts_with("Line 2 of your allow-list"),
            "{:?}",
            shelf.notes()
        );
        // As after a crash: half of it, or nothing but zeros.
        for half in [&bytes[..bytes.len() / 2], &[0; 9_000][..], b""] {
            std::fs::write(&path, half).unwrap();
            let shelf = open(&path);
            assert!(shelf.is_starter());
            let Why::Damaged { detail } = &shelf.unusable().unwrap().why else {
                panic!("{:?}", shelf.unusable());
            };
            assert!(detail.contains("candor lists compile"), "{detail}");
        }
    }
}
