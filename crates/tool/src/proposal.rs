//! What a tool would have done, for a person to decide on.

use std::{fmt, fs, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::{Bytes, PathText};

/// What a tool would have removed or joined, and why. Nothing follows from it by itself: it becomes a
/// step of a plan, which a person sees, and whoever acts on that looks at the file again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Proposal {
    /// The file, link or folder it is about.
    pub path: PathText,
    /// What stood there.
    pub is: Identity,
    /// Why it may go, in words.
    pub reason: String,
    /// The rule that says so, if nothing else vouches for it: `linux.thumbnails`. Whoever acts asks the
    /// rule again.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub rule: Option<String>,
    /// What the disk would gain if every proposal of its group was followed. A file with several names
    /// counts with the last of them.
    pub frees: Bytes,
    /// A file or folder of the same content that stays. Proposals without one are about things nobody needs.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub survivor: Option<Seen>,
    /// Of a folder: everything below it, each folder before what it holds.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub inside: Vec<Seen>,
    /// Of a folder with a copy that stays: for each entry of `inside` its like in that copy, in the same
    /// order.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub mirror: Vec<Seen>,
}

/// A path, and what stood there when it was looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Seen {
    /// Where it was.
    pub path: PathText,
    /// What it was.
    pub is: Identity,
}

/// What a name stood for at one moment. If any of it differs later, it is not what a person decided on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Identity {
    /// File, link, folder or something else.
    pub kind: EntryKind,
    /// The number its device has while it is mounted.
    pub device: u64,
    /// Its number on that device.
    pub inode: u64,
    /// Length in bytes.
    pub size: u64,
    /// Last change of content.
    #[serde(rename = "modified")]
    pub mtime: Stamp,
    /// Last change of content, name or properties. No program can set it back.
    #[serde(rename = "changed")]
    pub ctime: Stamp,
}

/// The kinds of entries a folder has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum EntryKind {
    /// A regular file.
    File,
    /// A folder.
    Folder,
    /// A symbolic link.
    Link,
    /// A FIFO, socket or device.
    Special,
}

impl From<fs::FileType> for EntryKind {
    fn from(kind: fs::FileType) -> Self {
        if kind.is_dir() {
            Self::Folder
        } else if kind.is_file() {
            Self::File
        } else if kind.is_symlink() {
            Self::Link
        } else {
            Self::Special
        }
    }
}

/// Nanoseconds since 1970. In JSON a string of seconds, `"1764086400.000000001"`: more digits than a
/// number of JSON keeps everywhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Stamp(pub i64);

const SECOND: i64 = 1_000_000_000;

impl fmt::Display for Stamp {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (seconds, rest) = (self.0.div_euclid(SECOND), self.0.rem_euclid(SECOND));
        write!(out, "{seconds}.{rest:09}")
    }
}

/// The text is not a number of seconds with nine decimals.
#[derive(Debug, thiserror::Error)]
#[error("`{0}` is not a time in seconds with nine decimals, like 1764086400.000000001")]
pub struct NotAStamp(String);

impl FromStr for Stamp {
    type Err = NotAStamp;

    fn from_str(text: &str) -> Result<Self, NotAStamp> {
        let read = || {
            let (seconds, rest) = text.split_once('.')?;
            let digits = rest.len() == 9 && rest.bytes().all(|it| it.is_ascii_digit());
            let seconds: i64 = seconds.parse().ok()?;
            let rest: i64 = rest.parse().ok().filter(|_| digits)?;
            seconds.checked_mul(SECOND)?.checked_add(rest)
        };
        read().map(Self).ok_or_else(|| NotAStamp(text.to_owned()))
    }
}

impl Serialize for Stamp {
    fn serialize<S: serde::Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        out.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Stamp {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<str>::deserialize(from)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_stamp_is_refused() {
        for text in [
            "",
            "1",
            "1.5",
            "1.+00000000",
            "a.000000000",
            "9999999999999.000000000",
        ] {
            assert!(text.parse::<Stamp>().is_err(), "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn a_stamp_loses_no_nanosecond(time: i64) {
            // The very first half second of the type's range has no whole second below it.
            let stamp = Stamp(time.max(i64::MIN + SECOND));
            proptest::prop_assert_eq!(stamp.to_string().parse::<Stamp>().unwrap(), stamp);
        }
    }
}
