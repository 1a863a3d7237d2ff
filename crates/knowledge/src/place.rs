//! Places: what a declaration names, the sandbox opens and the notice calls by its words.

use std::{path::PathBuf, sync::OnceLock};

use serde::{Deserialize, Serialize};

use crate::{Base, Platform, rows};

/// A place on a machine, under the words a person knows it by.
///
/// Its id is dotted, `battery.linux`; a declaration names a place by its id or by whole leading
/// parts of it, `battery`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Place {
    /// What declarations call it.
    pub id: String,
    /// What a person calls it: "the trash".
    pub words: String,
    /// Where it is on Linux: patterns for [`Base::expand`]; none if Linux has no such place.
    #[serde(default)]
    pub linux: Vec<String>,
    /// Where it is on macOS.
    #[serde(default)]
    pub macos: Vec<String>,
    /// Programs whose output is the place, where no file is: `ioreg -rn AppleSmartBattery -a`.
    ///
    /// A worker may not run programs; whoever starts it runs them and hands over the bytes.
    #[serde(default)]
    pub commands: Vec<String>,
    /// Paths that lie in it on a machine of /home/ada or /Users/ada, at least one per system.
    pub examples: Vec<String>,
    /// Strings that betray a reader of it in another program's binary.
    pub strings: Vec<String>,
    /// Where these facts come from: an address or a document, with its date or version.
    pub source: String,
}

impl Place {
    /// Returns the patterns of this place on `platform`.
    #[must_use]
    pub fn patterns(&self, platform: Platform) -> &[String] {
        match platform {
            Platform::Linux => &self.linux,
            Platform::Macos => &self.macos,
        }
    }

    /// Returns where this place is for one person on one machine; wildcards stay in the paths.
    #[must_use]
    pub fn paths(&self, base: &Base) -> Vec<PathBuf> {
        self.patterns(base.platform)
            .iter()
            .filter_map(|pattern| base.expand(pattern))
            .collect()
    }

    /// Returns whether a declaration that says `name` means this place.
    #[must_use]
    pub fn is_meant_by(&self, name: &str) -> bool {
        match self.id.strip_prefix(name) {
            Some(rest) => !name.is_empty() && (rest.is_empty() || rest.starts_with('.')),
            None => false,
        }
    }
}

/// Returns every place of the table groups that are compiled in, sorted by id.
#[must_use]
pub fn places() -> Vec<&'static Place> {
    let mut all: Vec<&Place> = GROUPS.iter().flat_map(|(_, places)| places()).collect();
    all.sort_by(|a, b| a.id.cmp(&b.id));
    all
}

/// Returns the places a declaration means by `name`, an id or its leading parts.
///
/// Tables whose places cannot be meant are not read: there are large ones.
pub fn named(name: &str) -> impl Iterator<Item = &'static Place> {
    let first = name.split('.').next().unwrap_or_default();
    GROUPS
        .iter()
        .filter(move |(part, _)| part.is_none_or(|part| part == first))
        .flat_map(|(_, places)| places())
        .filter(move |place| place.is_meant_by(name))
}

/// Groups of places: the first part of all their ids, if it is the same, and where they come from.
type Group = (Option<&'static str>, fn() -> &'static [Place]);

const GROUPS: &[Group] = &[
    (None, || {
        static ROWS: OnceLock<Vec<Place>> = OnceLock::new();
        ROWS.get_or_init(|| rows::embedded(include_str!("../tables/places.toml")))
    }),
    #[cfg(feature = "applications")]
    (Some("application"), || {
        static ROWS: OnceLock<Vec<Place>> = OnceLock::new();
        ROWS.get_or_init(|| {
            let mut all = rows::embedded(include_str!("../tables/application-places.toml"));
            all.extend(crate::applications::places());
            all
        })
    }),
    #[cfg(feature = "battery")]
    (Some("battery"), || {
        static ROWS: OnceLock<Vec<Place>> = OnceLock::new();
        ROWS.get_or_init(|| rows::embedded(include_str!("../tables/battery.toml")))
    }),
    #[cfg(feature = "browsers")]
    (Some("browser"), || {
        static ROWS: OnceLock<Vec<Place>> = OnceLock::new();
        ROWS.get_or_init(crate::browsers::places)
    }),
    #[cfg(feature = "junk")]
    (Some("junk"), || {
        static ROWS: OnceLock<Vec<Place>> = OnceLock::new();
        ROWS.get_or_init(|| crate::junk::places().collect())
    }),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_places_of_a_group_begin_as_it_says() {
        for (part, places) in GROUPS {
            for place in places() {
                let first = place.id.split('.').next();
                assert!(part.is_none() || *part == first, "{}", place.id);
            }
        }
    }
}
