//! Reads Safari's list of downloads, `Downloads.plist`, in its binary or its XML form.
//!
//! ```text
//! DownloadHistory: [ { DownloadEntryURL, DownloadEntryPath, DownloadEntryDateAddedKey, … }, … ]
//! ```
//!
//! The file is read as a stream of events and never built up as a tree: in the binary form objects
//! may be used many times, so that some hundred bytes unfold to more than any memory, and a deep
//! tree would overrun the stack when it is dropped.
//!
//! Source: puffyCid/artemis, a real file of Safari 15 (2022); mac_apt, plugins/safari.py (2026-11).

use std::{io::Cursor, path::Path, time::SystemTime};

use ::plist::stream::{BinaryReader, Event, OwnedEvent, XmlReader};

use crate::file;

/// Largest file read. An entry has 1 to 2 KiB.
pub const LARGEST: u64 = 4 << 20;
/// Values and containers, in all.
const MOST_EVENTS: usize = 1_000_000;
/// Bytes of text and data, in all, counted each time they are used.
const MOST_BYTES: usize = 64 << 20;
/// A real file is three deep.
const DEEPEST: usize = 16;

/// One row of Safari's list of downloads. What a row does not say is absent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Download {
    /// Where the file came from, after all redirects.
    pub url: Option<String>,
    /// Where the file was put; with `~` or the whole path.
    pub path: Option<String>,
    /// When it began: microseconds since 1970-01-01 UTC.
    pub added: Option<i64>,
    /// When it ended: microseconds since 1970-01-01 UTC.
    pub finished: Option<i64>,
    /// Size in bytes that the server promised.
    pub bytes_promised: Option<u64>,
    /// Size in bytes that has come.
    pub bytes_arrived: Option<u64>,
    /// `DefaultProfile`, or the identifier of a profile in capitals. Safari 17 and later.
    pub profile: Option<String>,
}

/// A list that could not be taken apart.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The file could not be read.
    #[error(transparent)]
    File(#[from] file::Error),
    /// The bytes are not a property list.
    #[error("the list of downloads is damaged")]
    Damaged(#[source] ::plist::Error),
    /// The bytes are a property list, but not one that Safari writes.
    #[error("the list of downloads is damaged: {0}")]
    Odd(&'static str),
}

/// Reads the file at `path`; see [`parse`].
///
/// # Errors
/// When it cannot be read, is larger than [`LARGEST`] or is damaged.
pub fn read(path: &Path) -> Result<Vec<Download>, Error> {
    parse(&file::read(path, LARGEST)?)
}

/// Returns the downloads in the order of the file. A list without downloads has none.
///
/// # Errors
/// [`Error::Damaged`] when the bytes are not a property list. [`Error::Odd`] when it is larger or
/// deeper than any real one, or holds something else than a list of downloads.
pub fn parse(bytes: &[u8]) -> Result<Vec<Download>, Error> {
    if bytes.starts_with(b"bplist00") {
        return rows(BinaryReader::new(Cursor::new(bytes)));
    }
    if !has_plain_dates(bytes) {
        return Err(Error::Odd("a date has an unknown form"));
    }
    rows(XmlReader::new(bytes))
}

/// What a container is to us.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    Root,
    History,
    Entry,
    Other,
}

/// An open container. A dictionary's key waits here for its value.
struct Open {
    role: Role,
    is_dictionary: bool,
    key: Option<String>,
}

fn rows(
    events: impl Iterator<Item = Result<OwnedEvent, ::plist::Error>>,
) -> Result<Vec<Download>, Error> {
    let mut rows = Vec::new();
    let mut open: Vec<Open> = Vec::new();
    let mut bytes = 0usize;
    for (count, event) in events.enumerate() {
        let event = event.map_err(Error::Damaged)?;
        bytes = bytes.saturating_add(size_of_event(&event));
        if count >= MOST_EVENTS || bytes > MOST_BYTES || open.len() > DEEPEST {
            return Err(Error::Odd("it unfolds to more than any real one"));
        }
        if event == Event::EndCollection {
            open.pop()
                .ok_or(Error::Odd("a list ends that never began"))?;
            if open.is_empty() {
                return Ok(rows);
            }
            continue;
        }
        let (parent, key) = match open.last_mut() {
            None => (None, None),
            Some(top) if top.is_dictionary && top.key.is_none() => {
                let Event::String(key) = event else {
                    return Err(Error::Odd("a key is not text"));
                };
                top.key = Some(key.into_owned());
                continue;
            }
            Some(top) => (Some(top.role), top.key.take()),
        };
        match event {
            Event::StartDictionary(_) => {
                let role = match parent {
                    None => Role::Root,
                    Some(Role::History) => {
                        rows.push(Download::default());
                        Role::Entry
                    }
                    Some(_) => Role::Other,
                };
                open.push(Open {
                    role,
                    is_dictionary: true,
                    key: None,
                });
            }
            Event::StartArray(_) => {
                let is_history =
                    parent == Some(Role::Root) && key.as_deref() == Some("DownloadHistory");
                let role = if is_history {
                    Role::History
                } else {
                    Role::Other
                };
                open.push(Open {
                    role,
                    is_dictionary: false,
                    key: None,
                });
            }
            value => {
                if let (Some(Role::Entry), Some(key), Some(row)) = (parent, key, rows.last_mut()) {
                    row.set(&key, value);
                }
            }
        }
        if open.is_empty() {
            return Err(Error::Odd("it is a single value"));
        }
    }
    Err(Error::Odd("it ends in the middle"))
}

impl Download {
    /// Notes a value under its key; a value of the wrong kind is as good as none.
    fn set(&mut self, key: &str, value: OwnedEvent) {
        match (key, value) {
            ("DownloadEntryURL", Event::String(it)) => self.url = Some(it.into_owned()),
            ("DownloadEntryPath", Event::String(it)) => self.path = Some(it.into_owned()),
            ("DownloadEntryDateAddedKey", Event::Date(it)) => self.added = micros(it.into()),
            ("DownloadEntryDateFinishedKey", Event::Date(it)) => self.finished = micros(it.into()),
            ("DownloadEntryProgressTotalToLoad", Event::Integer(it)) => {
                self.bytes_promised = it.as_unsigned();
            }
            ("DownloadEntryProgressBytesSoFar", Event::Integer(it)) => {
                self.bytes_arrived = it.as_unsigned();
            }
            ("DownloadEntryProfileUUIDStringKey", Event::String(it)) => {
                self.profile = Some(it.into_owned());
            }
            _ => {}
        }
    }
}

/// Counts what an event holds. An array's length is what the reader has set aside for it.
pub(crate) fn size_of_event(event: &OwnedEvent) -> usize {
    match event {
        Event::String(text) => text.len(),
        Event::Data(data) => data.len(),
        Event::StartArray(Some(count)) | Event::StartDictionary(Some(count)) => {
            usize::try_from(*count)
                .unwrap_or(usize::MAX)
                .saturating_mul(8)
        }
        _ => 0,
    }
}

fn micros(time: SystemTime) -> Option<i64> {
    let epoch = SystemTime::UNIX_EPOCH;
    let micros = match time.duration_since(epoch) {
        Ok(after) => i128::try_from(after.as_micros()).ok()?,
        Err(before) => -i128::try_from(before.duration().as_micros()).ok()?,
    };
    i64::try_from(micros).ok()
}

/// Says whether every XML date is `2022-06-26T18:00:17Z`, the only form Apple writes.
///
/// The parser behind us (plist 1.10 with time 0.3) panics on a date near the year 9999 with an
/// offset, so no other form gets to it. A file that has the word in another place is refused
/// without need, but no real one does.
pub(crate) fn has_plain_dates(bytes: &[u8]) -> bool {
    const FORM: &[u8] = b"0000-00-00T00:00:00Z</";
    let mut rest = bytes;
    while let Some(at) = rest.windows(4).position(|four| four == b"date") {
        let begins_tag = at > 0 && matches!(rest[at - 1], b'<' | b':');
        rest = &rest[at + 4..];
        match rest.first() {
            _ if !begins_tag => {}
            Some(b'>') => {
                let Some(content) = rest.get(1..1 + FORM.len()) else {
                    return false;
                };
                let fits = |(byte, form): (&u8, &u8)| match form {
                    b'0' => byte.is_ascii_digit(),
                    form => byte == form,
                };
                if !content.iter().zip(FORM).all(fits) {
                    return false;
                }
            }
            // The name goes on: another element.
            Some(letter) if letter.is_ascii_alphanumeric() => {}
            _ => return false,
        }
    }
    true
}
