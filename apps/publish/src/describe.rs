//! `lists.toml` as it is published: each list under its hash, so that a new one never overwrites an old one.

use std::{collections::BTreeMap, path::Path};

use history::lists::sources::{Listed, Place, Sources};
use wire::Digest;

use crate::Failure;

/// Reads the description of raw lists.
///
/// # Errors
/// When it is wrong, or names a list that is not among the files.
pub(crate) fn read(text: &str, path: &Path) -> Result<Sources, Failure> {
    let wrong = || {
        let what = format!("`{}` does not describe a release", path.display());
        Failure::new(what, "mend that line; docs/lists.md has the keys")
    };
    Sources::of_update(text).map_err(|error| wrong().because(error))
}

/// Returns the file that a list is, below the folder of raw lists.
pub(crate) fn file(listed: &Listed) -> &Path {
    match &listed.place {
        Place::File(path) => path,
        Place::Url(_) => Path::new(""),
    }
}

/// Returns the hash that a published description gives a list; `None` where it gives none.
pub(crate) fn published(listed: &Listed) -> Option<Digest> {
    listed.sha256.as_deref().and_then(Digest::from_hex)
}

/// Returns the description with each file named by its hash. `by_file` has the hash of each.
///
/// # Errors
/// When it cannot be written as TOML.
pub(crate) fn with_hashes(
    text: &str,
    by_file: &BTreeMap<String, Digest>,
) -> Result<String, Failure> {
    let unreadable = |error: Box<dyn std::error::Error>| {
        Failure::new(
            "the description cannot be rewritten",
            "check it with `candor lists compile`",
        )
        .because(error)
    };
    let mut table: toml::Table = toml::from_str(text).map_err(|error| unreadable(error.into()))?;
    let lists = table.get_mut("list").and_then(toml::Value::as_array_mut);
    for list in lists
        .into_iter()
        .flatten()
        .filter_map(toml::Value::as_table_mut)
    {
        let file = list.get("file").and_then(toml::Value::as_str);
        let Some(sha256) = file.and_then(|file| by_file.get(file)) else {
            continue;
        };
        list.insert("file".to_owned(), format!("f/{sha256}").into());
        list.insert("sha256".to_owned(), sha256.to_string().into());
    }
    toml::to_string(&table).map_err(|error| unreadable(error.into()))
}
