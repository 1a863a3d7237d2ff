//! A pattern with names in braces, and what a path has in their place.

use std::{
    os::unix::ffi::OsStrExt,
    path::{Component, Path, PathBuf},
};

use super::Key;
use crate::{Base, pattern::fits};

/// A pattern of a row on one machine.
#[derive(Clone, Debug)]
pub(super) struct Template {
    /// One for each name of the path, from `/` on.
    parts: Vec<Vec<Piece>>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    /// Text as it stands; `*` stands for any run of bytes.
    Text(Vec<u8>),
    /// A name in braces.
    Name(Key),
}

impl Template {
    /// Reads a pattern; `None` if its start or a word in braces is not known, so that a misspelt one
    /// fits nothing.
    pub(super) fn of(pattern: &str, base: &Base) -> Option<Self> {
        let path = base.expand(pattern)?;
        let parts = names(&path)?.into_iter().map(pieces);
        let parts: Option<Vec<_>> = parts.collect();
        Some(Self { parts: parts? })
    }

    /// Returns what a path has in the place of the braces, if it is exactly this pattern.
    pub(super) fn read(&self, path: &Path) -> Option<Vec<(Key, String)>> {
        let names = names(path)?;
        if names.len() != self.parts.len() {
            return None;
        }
        let mut found = Vec::new();
        for (part, name) in self.parts.iter().zip(names) {
            found.extend(read(part, name)?);
        }
        // A pattern without a name in braces would be a folder of everybody.
        (!found.is_empty()).then_some(found)
    }

    /// Returns the folder before the first name in braces.
    pub(super) fn folder(&self) -> PathBuf {
        let mut folder = PathBuf::from("/");
        for part in self.parts.iter().take(self.fixed()) {
            for piece in part {
                if let Piece::Text(text) = piece {
                    folder.push(std::ffi::OsStr::from_bytes(text));
                }
            }
        }
        folder
    }

    /// Returns how many names there are from the first in braces on.
    pub(super) fn levels(&self) -> usize {
        self.parts.len() - self.fixed()
    }

    fn fixed(&self) -> usize {
        let is_fixed = |part: &&Vec<Piece>| matches!(part.as_slice(), [Piece::Text(_)]);
        self.parts.iter().take_while(is_fixed).count()
    }
}

/// Returns a pattern with `*` in the place of each name in braces.
pub(super) fn wild(pattern: &str) -> String {
    let mut out = String::new();
    let mut rest = pattern;
    while let Some((before, after)) = rest.split_once('{') {
        out.push_str(before);
        out.push('*');
        rest = after.split_once('}').map_or("", |(_, rest)| rest);
    }
    out + rest
}

fn names(path: &Path) -> Option<Vec<&[u8]>> {
    let mut parts = path.components();
    if parts.next() != Some(Component::RootDir) {
        return None;
    }
    parts
        .map(|part| match part {
            Component::Normal(name) => Some(name.as_bytes()),
            _ => None,
        })
        .collect()
}

fn pieces(name: &[u8]) -> Option<Vec<Piece>> {
    // A folder of a person may have any bytes; then no brace in it is meant as one.
    let Ok(mut rest) = str::from_utf8(name) else {
        return Some(vec![Piece::Text(name.to_owned())]);
    };
    let mut all = Vec::new();
    while let Some((before, after)) = rest.split_once('{') {
        let (word, after) = after.split_once('}')?;
        if !before.is_empty() {
            all.push(Piece::Text(before.as_bytes().to_owned()));
        }
        all.push(Piece::Name(Key::of(word)?));
        rest = after;
    }
    if !rest.is_empty() || all.is_empty() {
        all.push(Piece::Text(rest.as_bytes().to_owned()));
    }
    Some(all)
}

fn read(pieces: &[Piece], name: &[u8]) -> Option<Vec<(Key, String)>> {
    match pieces {
        [Piece::Text(text)] => fits(text, name).then(Vec::new),
        [] => name.is_empty().then(Vec::new),
        [Piece::Text(text), rest @ ..] => read(rest, name.strip_prefix(text.as_slice())?),
        [Piece::Name(key), rest @ ..] => {
            let text = str::from_utf8(name).ok()?;
            let ends = (1..=text.len())
                .rev()
                .filter(|end| text.is_char_boundary(*end));
            ends.filter(|end| key.accepts(&text[..*end]))
                .find_map(|end| {
                    let mut found = vec![(*key, text[..end].to_owned())];
                    found.extend(read(rest, &name[end..])?);
                    Some(found)
                })
        }
    }
}
