//! Paths as they are written for people and in JSON.
//!
//! A path on disk is bytes. In JSON it is a plain string when those bytes are UTF-8, else an
//! object `{"base64": "…"}` that loses nothing. For people, control characters, direction marks
//! and broken bytes are escaped, so that a file's name cannot write to the terminal.

use std::{
    borrow::Cow,
    ffi::OsStr,
    fmt::Write as _,
    os::unix::ffi::{OsStrExt, OsStringExt},
    path::{Path, PathBuf},
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::{Deserialize, Serialize};

/// A path that goes through JSON without loss.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PathText(pub PathBuf);

#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Form<'a> {
    Text(Cow<'a, str>),
    Raw { base64: String },
}

impl Serialize for PathText {
    fn serialize<S: serde::Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        let form = match self.0.to_str() {
            Some(text) => Form::Text(text.into()),
            None => Form::Raw {
                base64: STANDARD.encode(self.0.as_os_str().as_bytes()),
            },
        };
        form.serialize(out)
    }
}

impl<'de> Deserialize<'de> for PathText {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        match Form::deserialize(from)? {
            Form::Text(text) => Ok(Self(text.into_owned().into())),
            Form::Raw { base64 } => {
                let bytes = STANDARD.decode(base64).map_err(serde::de::Error::custom)?;
                Ok(Self(std::ffi::OsString::from_vec(bytes).into()))
            }
        }
    }
}

impl From<PathBuf> for PathText {
    fn from(path: PathBuf) -> Self {
        Self(path)
    }
}

impl From<&Path> for PathText {
    fn from(path: &Path) -> Self {
        Self(path.to_owned())
    }
}

/// Returns a path for people: `~` for the home folder, escapes as in [`shown`].
#[must_use]
pub fn shown_path(path: &Path, home: Option<&Path>) -> String {
    if let Some(rest) = home.and_then(|home| path.strip_prefix(home).ok()) {
        return match rest.as_os_str().is_empty() {
            true => "~".to_owned(),
            false => format!("~/{}", shown(rest.as_os_str())),
        };
    }
    shown(path.as_os_str())
}

/// Returns text for people, with everything escaped that could change the line it stands in.
///
/// Control characters become `\n`, `\t`, `\u{1b}`; bytes that are not UTF-8 become `\xff`;
/// direction marks and isolates (Unicode UAX #9), which can reorder what a person reads, become
/// `\u{202e}`. A backslash stays as it is: the result is for reading, not for parsing.
#[must_use]
pub fn shown(text: &OsStr) -> String {
    let mut out = String::with_capacity(text.len());
    for chunk in text.as_bytes().utf8_chunks() {
        for c in chunk.valid().chars() {
            if c.is_control() || is_direction_mark(c) || is_line_break(c) {
                out.extend(c.escape_default());
            } else {
                out.push(c);
            }
        }
        for byte in chunk.invalid() {
            let _ = write!(out, "\\x{byte:02x}");
        }
    }
    out
}

fn is_direction_mark(c: char) -> bool {
    matches!(c, '\u{061c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

fn is_line_break(c: char) -> bool {
    matches!(c, '\u{2028}' | '\u{2029}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_cannot_write_to_the_terminal() {
        let hostile = OsStr::from_bytes(b"a\x1b[2J\nb\xff\xe2\x80\xaefdp.exe\x7f");
        assert_eq!(
            shown(hostile),
            "a\\u{1b}[2J\\nb\\xff\\u{202e}fdp.exe\\u{7f}"
        );
        assert_eq!(shown(OsStr::new("Größe 漢字.txt")), "Größe 漢字.txt");
    }

    #[test]
    fn home_is_a_tilde_and_only_as_a_whole_component() {
        let home = Some(Path::new("/home/ada"));
        assert_eq!(shown_path(Path::new("/home/ada/x"), home), "~/x");
        assert_eq!(shown_path(Path::new("/home/ada"), home), "~");
        assert_eq!(shown_path(Path::new("/home/adam/x"), home), "/home/adam/x");
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_survive_json(bytes: Vec<u8>) {
            let path = PathText(std::ffi::OsString::from_vec(bytes).into());
            let json = serde_json::to_string(&path).unwrap();
            proptest::prop_assert_eq!(serde_json::from_str::<PathText>(&json).unwrap(), path);
        }

        #[test]
        fn shown_text_holds_no_control_character(bytes: Vec<u8>) {
            let text = shown(OsStr::from_bytes(&bytes));
            proptest::prop_assert!(!text.chars().any(|c| c.is_control() || is_direction_mark(c)));
        }
    }
}
