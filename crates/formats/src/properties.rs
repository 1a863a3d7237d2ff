//! Reads the texts at the top of a small property list, in its binary or its XML form: an
//! application's `Info.plist`, a launch agent, the note in a container.
//!
//! ```text
//! { CFBundleIdentifier: "org.example.Player", ProgramArguments: ["/Applications/Player.app/…", "-x"], … }
//! ```
//!
//! Only texts, lists of texts and the keys of dictionaries directly inside are kept; all else is passed
//! over. As in [`plist`](crate::plist) the file is read as a stream of events and bounded.
//!
//! Source: Apple's PropertyList-1.0.dtd; developer.apple.com, Information Property List, read 2026-11-25.

use std::{collections::BTreeMap, io::Cursor, path::Path};

use ::plist::stream::{BinaryReader, Event, OwnedEvent, XmlReader};

use crate::{
    file,
    plist::{has_plain_dates, size_of_event},
};

/// Largest file read. Real ones have 1 to 200 KiB.
pub const LARGEST: u64 = 4 << 20;
/// Values and containers, in all.
const MOST_EVENTS: usize = 200_000;
/// Bytes of text and data, in all, counted each time they are used.
const MOST_BYTES: usize = 16 << 20;
/// A real file is less deep.
const DEEPEST: usize = 64;

/// The texts under each key at the top: one for a text, several for a list, the keys of a dictionary.
pub type Properties = BTreeMap<String, Vec<String>>;

/// A property list that could not be taken apart.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The file could not be read.
    #[error(transparent)]
    File(#[from] file::Error),
    /// The bytes are not a property list.
    #[error("the property list is damaged")]
    Damaged(#[source] ::plist::Error),
    /// The bytes are a property list, but none of this kind.
    #[error("the property list is damaged: {0}")]
    Odd(&'static str),
}

/// Reads the file at `path`; see [`parse`].
///
/// # Errors
/// When it cannot be read, is larger than [`LARGEST`] or is damaged.
pub fn read(path: &Path) -> Result<Properties, Error> {
    parse(&file::read(path, LARGEST)?)
}

/// Returns the texts at the top of a property list.
///
/// # Errors
/// [`Error::Damaged`] when the bytes are not a property list. [`Error::Odd`] when it is larger or
/// deeper than any real one, or is no dictionary.
pub fn parse(bytes: &[u8]) -> Result<Properties, Error> {
    if bytes.starts_with(b"bplist00") {
        return texts(BinaryReader::new(Cursor::new(bytes)));
    }
    if !has_plain_dates(bytes) {
        return Err(Error::Odd("a date has an unknown form"));
    }
    texts(XmlReader::new(bytes))
}

/// An open container. A dictionary's key waits here for its value.
struct Open {
    is_dictionary: bool,
    key: Option<String>,
}

fn texts(
    events: impl Iterator<Item = Result<OwnedEvent, ::plist::Error>>,
) -> Result<Properties, Error> {
    let mut found = Properties::new();
    let mut open: Vec<Open> = Vec::new();
    // The key at the top that is being read.
    let mut top = String::new();
    let mut bytes = 0_usize;
    for (count, event) in events.enumerate() {
        let event = event.map_err(Error::Damaged)?;
        bytes = bytes.saturating_add(size_of_event(&event));
        if count >= MOST_EVENTS || bytes > MOST_BYTES || open.len() > DEEPEST {
            return Err(Error::Odd("it unfolds to more than any real one"));
        }
        if event == Event::EndCollection {
            open.pop()
                .ok_or(Error::Odd("a list ends that never began"))?;
            match open.is_empty() {
                true => return Ok(found),
                false => continue,
            }
        }
        let depth = open.len();
        if let Some(holder) = open.last_mut().filter(|it| it.is_dictionary) {
            if holder.key.is_none() {
                let Event::String(key) = event else {
                    return Err(Error::Odd("a key is not text"));
                };
                match depth {
                    1 => top = key.clone().into_owned(),
                    2 => found
                        .entry(top.clone())
                        .or_default()
                        .push(key.clone().into_owned()),
                    _ => {}
                }
                holder.key = Some(key.into_owned());
                continue;
            }
            holder.key = None;
        }
        let in_list = depth == 2 && open.last().is_some_and(|it| !it.is_dictionary);
        match event {
            Event::StartDictionary(_) | Event::StartArray(_) => {
                let is_dictionary = matches!(event, Event::StartDictionary(_));
                if depth == 0 && !is_dictionary {
                    return Err(Error::Odd("it is no dictionary"));
                }
                let key = None;
                open.push(Open { is_dictionary, key });
            }
            Event::String(text) if depth == 1 || in_list => {
                found
                    .entry(top.clone())
                    .or_default()
                    .push(text.into_owned());
            }
            _ if depth == 0 => return Err(Error::Odd("it is a single value")),
            _ => {}
        }
    }
    Err(Error::Odd("it ends in the middle"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const INFO: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<plist version="1.0"><dict>
<key>CFBundleIdentifier</key><string>org.example.Player</string>
<key>LSMinimum</key><integer>3</integer>
<key>ProgramArguments</key><array><string>/bin/a</string><array><string>deep</string></array><string>-x</string></array>
<key>SMPrivilegedExecutables</key><dict><key>org.example.Helper</key><string>anchor</string></dict>
</dict></plist>"#;

    #[test]
    fn texts_lists_and_keys_at_the_top_are_kept() {
        let found = parse(INFO.as_bytes()).unwrap();
        let of = |key: &str| found.get(key).cloned().unwrap_or_default();
        assert_eq!(of("CFBundleIdentifier"), ["org.example.Player"]);
        assert_eq!(of("ProgramArguments"), ["/bin/a", "-x"]);
        assert_eq!(of("SMPrivilegedExecutables"), ["org.example.Helper"]);
        assert!(!found.contains_key("LSMinimum"));
    }

    #[test]
    fn the_binary_form_says_the_same() {
        let value = ::plist::Value::from_reader(Cursor::new(INFO)).unwrap();
        let mut bytes = Vec::new();
        value.to_writer_binary(&mut bytes).unwrap();
        assert_eq!(parse(&bytes).unwrap(), parse(INFO.as_bytes()).unwrap());
    }

    #[test]
    fn what_is_no_dictionary_is_refused() {
        for text in [
            "",
            "x",
            "<plist><string>x</string></plist>",
            "<plist><array/></plist>",
            "bplist00",
        ] {
            assert!(parse(text.as_bytes()).is_err(), "{text}");
        }
        for end in 0..INFO.len() {
            let _ = parse(&INFO.as_bytes()[..end]);
        }
    }
}
