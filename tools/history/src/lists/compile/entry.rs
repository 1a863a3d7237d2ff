//! What an entry lists, and why one is left out.

use serde::{Deserialize, Serialize};

/// What an entry lists.
#[derive(Clone, Copy, Debug)]
pub enum Subject<'a> {
    /// A host and everything below it.
    Host(&'a str),
    /// A page; a folder if it ends in `/`.
    Page(&'a str),
}

impl<'a> Subject<'a> {
    /// Returns what is listed, as it was written.
    #[must_use]
    pub fn text(&self) -> &'a str {
        match self {
            Self::Host(text) | Self::Page(text) => text,
        }
    }
}

/// Why an entry was left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Dropped {
    /// It names no host, or more than one where one is wanted.
    NoAddress,
    /// Strangers register names below it; it would flag all of them.
    Suffix,
    /// So many people visit it that the entry is a mistake.
    TopSite,
    /// It is a host of a site that many people visit; only pages of it may be entries.
    OfTopSite,
    /// It is an address inside somebody's own network.
    PrivateAddress,
    /// It is longer than an entry can be.
    TooLong,
    /// The list itself says that it is none.
    Excepted,
    /// There is no room for more.
    TooMany,
}

impl Dropped {
    /// Returns the reason in words, of several entries.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::NoAddress => "name no address of the web",
            Self::Suffix => "are public suffixes: strangers have names below them",
            Self::TopSite => "are sites that everybody visits",
            Self::OfTopSite => "are hosts of sites that everybody visits: only pages of them count",
            Self::PrivateAddress => "are addresses of private networks",
            Self::TooLong => "are too long",
            Self::Excepted => "are excepted by the list itself",
            Self::TooMany => "are more than a list file holds",
        }
    }
}

/// How many entries of a list were left out for one reason, and the first of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeftOut {
    /// The list: its place among those of the file.
    pub list: usize,
    /// The reason.
    pub why: Dropped,
    /// How many.
    pub count: u32,
    /// The first few, as they were written.
    pub examples: Vec<String>,
}
