//! Reads Chromium's names of profiles out of `Local State`.
//!
//! ```text
//! {"profile": {"info_cache": {"Profile 1": {"name": "Work", …}, …}, …}, …}
//! ```
//!
//! Source: Chromium, chrome/browser/profiles/profile_attributes_storage.cc (2026-11).

use std::{collections::BTreeMap, path::Path};

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::file;

/// Largest file read. Real ones have 10 to 500 KiB.
pub const LARGEST: u64 = 16 << 20;

/// A file that could not be taken apart.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The file could not be read.
    #[error(transparent)]
    File(#[from] file::Error),
    /// The bytes are not the JSON we expect.
    #[error("the list of profiles is damaged")]
    Damaged(#[source] serde_json::Error),
}

/// Reads the file at `path`; see [`parse`].
///
/// # Errors
/// When it cannot be read, is larger than [`LARGEST`] or is damaged.
pub fn read(path: &Path) -> Result<BTreeMap<String, String>, Error> {
    parse(&file::read(path, LARGEST)?)
}

/// Returns the folder of each profile with the name its owner gave it.
///
/// A folder that is not a plain name within the browser's own folder is left out, and so is one
/// whose entry has no name: a caller may join the folder to a path.
///
/// # Errors
/// [`Error::Damaged`] when the bytes are not JSON or the list is not where it should be.
pub fn parse(bytes: &[u8]) -> Result<BTreeMap<String, String>, Error> {
    let state: LocalState = serde_json::from_slice(bytes).map_err(Error::Damaged)?;
    let named = |(folder, entry): (String, Box<RawValue>)| {
        let entry: Entry = serde_json::from_str(entry.get()).ok()?;
        is_plain(&folder).then_some((folder, entry.name))
    };
    Ok(state
        .profile
        .info_cache
        .into_iter()
        .filter_map(named)
        .collect())
}

/// All other keys of this large file are passed over without being kept.
#[derive(Default, Deserialize)]
struct LocalState {
    #[serde(default)]
    profile: Profile,
}

#[derive(Default, Deserialize)]
struct Profile {
    #[serde(default)]
    info_cache: BTreeMap<String, Box<RawValue>>,
}

#[derive(Deserialize)]
struct Entry {
    name: String,
}

fn is_plain(folder: &str) -> bool {
    !folder.is_empty() && folder != "." && folder != ".." && !folder.contains(['/', '\\', '\0'])
}
