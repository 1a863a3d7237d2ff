//! What a tool says: what it found, and what it could not look at.

use std::{fmt, io};

use serde::{Deserialize, Serialize};

use crate::{Bytes, PathText};

/// How much a finding asks of the person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Good to know; nothing is wrong.
    Note,
    /// Worth a look, when there is time.
    Look,
    /// Worth acting on.
    Act,
}

/// One thing a tool found, with everything a person needs to judge it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// The rule that found it, `tool.rule`: `clean.linux-thumbnails`.
    pub rule: String,
    /// How much it asks of the person.
    pub level: Level,
    /// What it is about, in words: a kind of junk, a host, a battery.
    pub subject: String,
    /// Where it is, if it is on the disk.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub place: Option<PathText>,
    /// How many bytes it is about, if bytes are the measure.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub bytes: Option<Bytes>,
    /// What was seen that makes it a finding.
    pub evidence: String,
    /// What a person can do, and what is lost by it.
    pub advice: String,
}

/// Something that could not be looked at. Not looked at is not the same as nothing found.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Skipped {
    /// The file, folder or device.
    pub path: PathText,
    /// The reason, and what a person can do about it.
    pub why: Why,
}

impl Skipped {
    /// Returns a skip for `path`.
    #[must_use]
    pub fn new(path: impl Into<PathText>, why: Why) -> Self {
        Self {
            path: path.into(),
            why,
        }
    }

    /// Returns a skip for a system call on `path` that failed.
    #[must_use]
    pub fn failed(path: impl Into<PathText>, error: &io::Error) -> Self {
        Self::new(path, Why::of(error))
    }
}

/// Why something was not looked at.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Why {
    /// The system did not let us read it.
    Denied,
    /// It was there when its folder was listed and is gone now.
    Gone,
    /// It changed while it was read, more than once.
    Changed,
    /// It is on another file system, which was not asked for.
    OtherFileSystem,
    /// Its content is not what its place says it is, or is damaged.
    Damaged {
        /// What is wrong with it.
        detail: String,
    },
    /// It is locked by a password, and none or another one was given.
    Locked {
        /// What is known of it.
        detail: String,
    },
    /// It is larger or deeper than Candor reads.
    TooLarge {
        /// The limit that was met.
        detail: String,
    },
    /// This version of Candor cannot read this kind of thing.
    Unsupported {
        /// What is missing.
        detail: String,
    },
    /// The system gave another error.
    Failed {
        /// What the system said.
        detail: String,
    },
}

impl Why {
    /// Returns the reason that fits a failed system call.
    #[must_use]
    pub fn of(error: &io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::PermissionDenied => Self::Denied,
            io::ErrorKind::NotFound => Self::Gone,
            _ => Self::Failed {
                detail: error.to_string(),
            },
        }
    }

    /// Returns what a person can do to have it looked at, if anything.
    #[must_use]
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Denied => Some("run as the owner of this file, or give Candor access to it"),
            Self::Gone | Self::Changed => Some("run again when nothing is writing there"),
            Self::OtherFileSystem => Some("name it as a PATH of its own to include it"),
            Self::Locked { .. } => Some(
                "give its password: it is asked for on a terminal; programs hand it over in CANDOR_PASSWORD or with \
                 --password-fd",
            ),
            Self::Damaged { .. } | Self::TooLarge { .. } | Self::Unsupported { .. } => None,
            Self::Failed { .. } => None,
        }
    }
}

impl fmt::Display for Why {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Denied => out.write_str("not readable for this user"),
            Self::Gone => out.write_str("gone before it could be read"),
            Self::Changed => out.write_str("changed while it was read"),
            Self::OtherFileSystem => out.write_str("on another file system"),
            Self::Damaged { detail } => write!(out, "damaged or not what it seems: {detail}"),
            Self::Locked { detail } => write!(out, "locked: {detail}"),
            Self::TooLarge { detail } => write!(out, "beyond a limit: {detail}"),
            Self::Unsupported { detail } => write!(out, "not supported: {detail}"),
            Self::Failed { detail } => out.write_str(detail),
        }
    }
}
