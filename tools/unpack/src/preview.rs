//! The first bytes of one entry.

use std::{
    ffi::OsStr,
    io::{self, Read},
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use formats::archive::{self, Budget, Entry, EntryKind, Limits, Next, Visitor, visit_parts};
use serde::{Deserialize, Serialize};
use tool::{Outcome, PathText, Section, Skipped, Why};

use crate::{
    charset::{Charset, charset_of},
    look::{Password, opened, why_of, why_unread},
    names::{Parts, Strokes},
    unpacked::{stem, strokes},
};

/// What a person asks to see of an archive.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Previewing {
    /// The archive, by its parts in their order.
    pub parts: Vec<PathText>,
    /// The entry, by its path.
    pub entry: String,
    /// So many bytes at most.
    pub bytes: u64,
    /// The password, if the person gave one.
    pub password: Option<Password>,
    /// The charset of names, if the person named one.
    pub charset: Option<String>,
}

/// The first bytes of an entry, in the JSON output.
#[derive(Debug, Serialize, Deserialize)]
pub struct Previewed {
    /// The path of the entry.
    pub entry: String,
    /// How many bytes it has, as the archive says.
    pub size: Option<u64>,
    /// Its first bytes, in base64.
    pub bytes: String,
    /// Whether these are all of them.
    pub whole: bool,
}

impl Previewed {
    /// Returns the bytes.
    ///
    /// # Errors
    /// When they are no base64.
    pub fn bytes(&self) -> Result<Vec<u8>, base64::DecodeError> {
        STANDARD.decode(&self.bytes)
    }
}

/// Reads the first bytes of an entry, and no more than it takes.
#[must_use]
pub fn preview(asked: &Previewing) -> Outcome {
    let archive = asked.parts.first().cloned();
    let archive = archive.unwrap_or_else(|| PathText(std::path::PathBuf::new()));
    let (previewed, why) = match attempt(asked) {
        Ok((previewed, why)) => (Some(previewed), why),
        Err(why) => (None, Some(why)),
    };
    let mut outcome = Outcome::new("unpack", &previewed, Section::default());
    outcome.skipped = why
        .into_iter()
        .map(|it| Skipped::new(archive.clone(), it))
        .collect();
    outcome
}

fn attempt(asked: &Previewing) -> Result<(Previewed, Option<Why>), Why> {
    let (mut files, length) = opened(&asked.parts)?;
    let kind = files.first_mut().map_or(Ok(None), |it| archive::kind(it));
    let Some(kind) = kind.map_err(|error| Why::of(&error))? else {
        let detail = "it is no archive of a format that is known here".to_owned();
        return Err(Why::Unsupported { detail });
    };
    let stem = asked
        .parts
        .first()
        .map(|it| stem(&it.0))
        .unwrap_or_default();
    let mut charset = asked.charset.as_deref().and_then(Charset::named);
    loop {
        let budget = Budget::new(Limits::for_archive(length));
        let with = archive::Asked {
            budget: &budget,
            password: asked.password.as_ref().map(|it| it.0.as_bytes()),
        };
        let mut found = Found {
            path: path(&asked.entry, Strokes::Forward),
            strokes: strokes(kind),
            stem: &stem,
            charset: charset.unwrap_or(Charset::Utf8),
            most: asked.bytes,
            found: None,
        };
        let visited = visit_parts(&mut files, &with, &mut found);
        if let Some(found) = found.found {
            return Ok(found);
        }
        visited.map_err(|error| why_of(&error))?;
        // Names in other letters are read as a list shows them.
        if charset.is_none() && !asked.entry.is_ascii() {
            charset = Some(charset_of(&mut files, &with));
            continue;
        }
        let detail = format!(
            "there is no file `{}` in it; `candor list` shows what is",
            asked.entry
        );
        return Err(Why::Failed { detail });
    }
}

/// Returns a path without what only looks different.
fn path(name: &str, strokes: Strokes) -> Vec<String> {
    Parts::of(name, strokes).0.names().to_vec()
}

/// Waits for one entry.
struct Found<'a> {
    path: Vec<String>,
    strokes: Strokes,
    /// The name of what has none.
    stem: &'a OsStr,
    charset: Charset,
    most: u64,
    found: Option<(Previewed, Option<Why>)>,
}

impl Found<'_> {
    fn is_it(&self, entry: &Entry) -> bool {
        let name = match entry.name.is_empty() {
            true => self.stem.as_encoded_bytes(),
            false => &entry.name,
        };
        let charset = if entry.is_utf8 {
            Charset::Utf8
        } else {
            self.charset
        };
        entry.kind == EntryKind::File && path(&charset.read_one(name), self.strokes) == self.path
    }
}

impl Visitor for Found<'_> {
    fn wants(&mut self, _entry: &Entry) -> bool {
        // Nothing is read ahead of the one that is asked for.
        false
    }

    fn entry(&mut self, entry: &Entry, bytes: &mut dyn Read) -> Next {
        if !self.is_it(entry) {
            return Next::Go;
        }
        let mut first = Vec::new();
        let most = self.most;
        let mut bytes: &mut dyn Read = bytes;
        let read = (&mut bytes).take(most).read_to_end(&mut first);
        let rest = read.and_then(|_| match first.len() as u64 == most {
            true => bytes.read(&mut [0]),
            false => Ok(0),
        });
        let whole = matches!(rest, Ok(0));
        let why = rest.err().map(|error: io::Error| why_unread(&error));
        let previewed = Previewed {
            entry: self.path.join("/"),
            size: entry.size,
            bytes: STANDARD.encode(&first),
            whole,
        };
        self.found = Some((previewed, why));
        Next::Stop
    }
}
