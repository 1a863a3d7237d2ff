//! Rules that tell two copies apart.

use std::{cmp::Ordering, fmt, os::unix::ffi::OsStrExt, path::PathBuf, str::FromStr};

use serde::{Deserialize, Serialize};

use super::Judged;

/// What makes a copy one that stays.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Rule {
    /// Its content changed last.
    Newest,
    /// Its content changed first.
    Oldest,
    /// Its content, name or properties changed last.
    NewestChange,
    /// Its content, name or properties changed first.
    OldestChange,
    /// It was read last.
    NewestRead,
    /// It was read first.
    OldestRead,
    /// It lies below the PATH that was named first.
    FirstNamed,
    /// It lies below the PATH that was named last.
    LastNamed,
    /// Its path comes first in the alphabet.
    FirstPath,
    /// Its path comes last in the alphabet.
    LastPath,
    /// It lies in fewer folders.
    Shallowest,
    /// It lies in more folders.
    Deepest,
    /// Its name has fewer bytes.
    ShortestName,
    /// Its name has more bytes.
    LongestName,
    /// Its path has fewer bytes.
    ShortestPath,
    /// Its path has more bytes.
    LongestPath,
    /// It has more names.
    MostLinks,
    /// It has fewer names.
    FewestLinks,
    /// It has more names outside of what was looked at.
    MostLinksElsewhere,
    /// It has fewer names outside of what was looked at.
    FewestLinksElsewhere,
}

/// The text names no rule.
#[derive(Debug, thiserror::Error)]
#[error("`{0}` is no rule")]
pub struct NoRule(String);

impl Rule {
    /// What decides when a person says nothing: the folder that was named first, then the file that
    /// was there first.
    pub const USUAL: [Self; 2] = [Self::FirstNamed, Self::Oldest];

    /// Every rule, with the name it has on the command line and in JSON, and words for it.
    pub const ALL: [(Self, &'static str, &'static str); 20] = [
        (Self::Newest, "newest", "its content is newer"),
        (Self::Oldest, "oldest", "its content is older"),
        (Self::NewestChange, "newest-change", "it changed later"),
        (Self::OldestChange, "oldest-change", "it changed earlier"),
        (Self::NewestRead, "newest-read", "it was read later"),
        (Self::OldestRead, "oldest-read", "it was read earlier"),
        (
            Self::FirstNamed,
            "first-named",
            "it lies in the folder you named first",
        ),
        (
            Self::LastNamed,
            "last-named",
            "it lies in the folder you named last",
        ),
        (Self::FirstPath, "first-path", "its path comes first"),
        (Self::LastPath, "last-path", "its path comes last"),
        (Self::Shallowest, "shallowest", "it lies in fewer folders"),
        (Self::Deepest, "deepest", "it lies in more folders"),
        (Self::ShortestName, "shortest-name", "its name is shorter"),
        (Self::LongestName, "longest-name", "its name is longer"),
        (Self::ShortestPath, "shortest-path", "its path is shorter"),
        (Self::LongestPath, "longest-path", "its path is longer"),
        (Self::MostLinks, "most-links", "it has more names"),
        (Self::FewestLinks, "fewest-links", "it has fewer names"),
        (
            Self::MostLinksElsewhere,
            "most-links-elsewhere",
            "it has more names elsewhere",
        ),
        (
            Self::FewestLinksElsewhere,
            "fewest-links-elsewhere",
            "it has fewer names elsewhere",
        ),
    ];

    /// Returns why a copy stays, for a sentence.
    #[must_use]
    pub fn words(self) -> &'static str {
        Self::ALL
            .iter()
            .find(|row| row.0 == self)
            .map_or("", |row| row.2)
    }

    /// Compares two copies, the one that stays first.
    pub(super) fn order(self, one: &dyn Judged, other: &dyn Judged, roots: &[PathBuf]) -> Ordering {
        let by = |key: &dyn Fn(&dyn Judged) -> i64| key(one).cmp(&key(other));
        let length = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
        let name = |copy: &dyn Judged| {
            let name = copy.path().file_name();
            length(name.map_or(0, |name| name.as_bytes().len()))
        };
        let path = |copy: &dyn Judged| length(copy.path().as_os_str().as_bytes().len());
        let depth = |copy: &dyn Judged| length(copy.path().components().count());
        let named = |copy: &dyn Judged| {
            let mut roots = roots.iter();
            let at = roots.position(|it| copy.path().starts_with(it));
            at.map_or(i64::MAX, length)
        };
        let links = |copy: &dyn Judged| copy.links().0;
        let elsewhere = |copy: &dyn Judged| copy.links().1;
        let read = |copy: &dyn Judged| copy.last_read();
        match self {
            Self::Oldest => by(&|copy| copy.modified()),
            Self::Newest => by(&|copy| copy.modified()).reverse(),
            Self::OldestChange => by(&|copy| copy.changed()),
            Self::NewestChange => by(&|copy| copy.changed()).reverse(),
            Self::OldestRead => by(&read),
            Self::NewestRead => by(&read).reverse(),
            Self::FirstNamed => by(&named),
            Self::LastNamed => by(&named).reverse(),
            Self::FirstPath => one.path().cmp(other.path()),
            Self::LastPath => one.path().cmp(other.path()).reverse(),
            Self::Shallowest => by(&depth),
            Self::Deepest => by(&depth).reverse(),
            Self::ShortestName => by(&name),
            Self::LongestName => by(&name).reverse(),
            Self::ShortestPath => by(&path),
            Self::LongestPath => by(&path).reverse(),
            Self::FewestLinks => by(&links),
            Self::MostLinks => by(&links).reverse(),
            Self::FewestLinksElsewhere => by(&elsewhere),
            Self::MostLinksElsewhere => by(&elsewhere).reverse(),
        }
    }
}

impl FromStr for Rule {
    type Err = NoRule;

    fn from_str(text: &str) -> Result<Self, NoRule> {
        let row = Self::ALL.iter().find(|row| row.1 == text);
        row.map(|row| row.0).ok_or_else(|| NoRule(text.to_owned()))
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let row = Self::ALL.iter().find(|row| row.0 == *self);
        out.write_str(row.map_or("", |row| row.1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_has_one_name_and_json_has_it_too() {
        for (rule, name, words) in Rule::ALL {
            assert_eq!(name.parse::<Rule>().unwrap(), rule);
            assert_eq!(rule.to_string(), name);
            assert!(!words.is_empty());
            assert_eq!(serde_json::to_value(rule).unwrap(), name);
        }
        assert!("best".parse::<Rule>().is_err());
    }
}
