//! Reads Firefox's lists of profiles, `profiles.ini` and `installs.ini`.
//!
//! ```text
//! [Profile0]
//! Name=default-release
//! IsRelative=1
//! Path=Profiles/abc.default-release
//! ```
//!
//! Firefox reads them line by line: comments begin with `;` or `#`, a later value of a key takes
//! the place of an earlier one, and a line that is nothing of all that is passed over.
//!
//! Source: Firefox, xpcom/ds/nsINIParser.cpp (2026-11).

use std::path::Path;

use crate::file;

/// Largest file read. A list of a hundred profiles has some 10 KiB.
pub const LARGEST: u64 = 1 << 20;

/// The sections of a file in their order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ini(Vec<Section>);

/// One section: a name in brackets and the keys below it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Section {
    name: String,
    keys: Vec<(String, String)>,
}

/// A file that could not be taken apart.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The file could not be read.
    #[error(transparent)]
    File(#[from] file::Error),
    /// The bytes are not UTF-8 text.
    #[error("the list of profiles is not text")]
    NotText,
}

/// Reads the file at `path`.
///
/// # Errors
/// When it cannot be read, is larger than [`LARGEST`] or is not text.
pub fn read(path: &Path) -> Result<Ini, Error> {
    parse(&file::read(path, LARGEST)?)
}

/// Takes text apart into sections.
///
/// # Errors
/// [`Error::NotText`] when the bytes are not UTF-8 or hold a zero byte.
pub fn parse(bytes: &[u8]) -> Result<Ini, Error> {
    let text = std::str::from_utf8(bytes).map_err(|_| Error::NotText)?;
    if text.contains('\0') {
        return Err(Error::NotText);
    }
    let mut ini = Ini::default();
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    for line in text.lines().map(str::trim) {
        if line.starts_with([';', '#']) {
            continue;
        }
        if let Some(rest) = line.strip_prefix('[') {
            // Without its closing bracket it is no section, and the keys below belong to none.
            let name = rest.strip_suffix(']').unwrap_or_default().to_owned();
            ini.0.push(Section {
                name,
                keys: Vec::new(),
            });
        } else if let (Some((key, value)), Some(section)) = (line.split_once('='), ini.0.last_mut())
        {
            section
                .keys
                .push((key.trim_end().to_owned(), value.trim_start().to_owned()));
        }
    }
    ini.0.retain(|section| !section.name.is_empty());
    Ok(ini)
}

impl Ini {
    /// Returns the sections in their order. The same name may come twice.
    pub fn sections(&self) -> &[Section] {
        &self.0
    }
}

impl Section {
    /// Returns the name between the brackets.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the last value of a key.
    pub fn get(&self, key: &str) -> Option<&str> {
        self.keys
            .iter()
            .rev()
            .find(|(it, _)| it == key)
            .map(|(_, value)| value.as_str())
    }
}
