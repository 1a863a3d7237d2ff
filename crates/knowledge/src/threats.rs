//! The starter threat list: hosts and addresses with the list each was taken from.
//!
//! These are the facts of `tables/threats.toml` as they stand; making them canonical and looking
//! a visit up is the work of whoever reads histories.

use std::sync::OnceLock;

use serde::{Deserialize, Serialize};

/// Everything in the table.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Threats {
    /// Where entries come from, sorted by id.
    #[serde(rename = "list")]
    pub lists: Vec<ThreatList>,
    /// Entries by family, sorted by list, family and reference.
    #[serde(rename = "group")]
    pub groups: Vec<Group>,
    /// Names under which strangers register their own.
    pub suffixes: Suffixes,
    /// Sites that are never an entry.
    pub sites: Sites,
}

/// A list that entries were taken from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ThreatList {
    /// What groups call it.
    pub id: String,
    /// What a person calls it.
    pub name: String,
    /// Which part of it was taken.
    pub about: String,
    /// Its address, with the version that was read.
    pub source: String,
    /// Its licence, an SPDX identifier.
    pub licence: String,
    /// Its day, `2026-08-23`.
    pub date: String,
    /// Whether people look at each entry before it gets in.
    pub curated: bool,
    /// For how many days after its day an entry still says "is listed"; 0 means for ever.
    pub fresh_days: u32,
}

/// Entries of one family.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Group {
    /// The id of the list they were taken from.
    pub list: String,
    /// What the list calls them: `osx_shlayer`.
    pub family: String,
    /// What they do, in a few words: `adware`.
    pub category: String,
    /// What the list gives as its reason.
    pub reference: String,
    /// Hosts; each stands for itself and everything below it.
    #[serde(default)]
    pub hosts: Vec<String>,
    /// Addresses without scheme; one that ends in `/` stands for everything below it.
    #[serde(default)]
    pub urls: Vec<String>,
}

/// Names under which strangers register their own, beyond [`PUBLIC_SUFFIXES`].
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Suffixes {
    /// Run by companies that give everybody a name or a page: `docs.google.com`.
    pub shared: Vec<String>,
}

/// Sites that so many people visit that an entry for one is a mistake.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sites {
    /// Their hosts, without `www.`.
    pub top: Vec<String>,
    /// Labels that differ from one of theirs in one letter and are somebody's own: `cooking`.
    pub apart: Vec<String>,
}

/// The Public Suffix List as its authors wrote it, in Unicode, with its licence (MPL-2.0) at its head.
///
/// Source: <https://github.com/publicsuffix/list>, `public_suffix_list.dat` at e8c9a2b2 (2026-08-19),
/// unchanged.
pub const PUBLIC_SUFFIXES: &str = include_str!("../tables/public-suffixes.dat");

/// Returns 500 sites that many other sites link to, sorted; some with `www` or another label in front.
///
/// Source and licence (MIT) are at the head of `tables/top-sites.txt`.
pub fn top_sites() -> impl Iterator<Item = &'static str> {
    let lines = include_str!("../tables/top-sites.txt").lines();
    lines.filter(|line| !line.starts_with('#') && !line.is_empty())
}

/// Returns the table.
///
/// # Panics
/// When the table is broken; its first test shows that.
#[must_use]
pub fn threats() -> &'static Threats {
    static THREATS: OnceLock<Threats> = OnceLock::new();
    THREATS.get_or_init(
        || match toml::from_str(include_str!("../tables/threats.toml")) {
            Ok(table) => table,
            Err(error) => panic!("the threat table compiled into Candor cannot be read: {error}"),
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_and_groups_are_sorted_and_belong_together() {
        let table = threats();
        assert!(table.lists.is_sorted_by(|a, b| a.id < b.id));
        let key = |group: &Group| {
            (
                group.list.clone(),
                group.family.clone(),
                group.reference.clone(),
            )
        };
        assert!(table.groups.is_sorted_by(|a, b| key(a) < key(b)));
        for group in &table.groups {
            assert!(
                table.lists.iter().any(|list| list.id == group.list),
                "{}",
                group.list
            );
            assert!(
                !group.hosts.is_empty() || !group.urls.is_empty(),
                "{}",
                group.family
            );
            for names in [&group.hosts, &group.urls] {
                assert!(
                    names.is_sorted_by(|a, b| a < b),
                    "{}: {names:?}",
                    group.family
                );
            }
        }
    }

    #[test]
    fn lists_name_a_permissive_licence_and_a_day() {
        for list in &threats().lists {
            let permissive = ["Apache-2.0", "CC0-1.0", "MIT", "Unlicense"];
            assert!(permissive.contains(&list.licence.as_str()), "{}", list.id);
            assert!(
                list.date.len() == 10 && list.date.starts_with("20"),
                "{}",
                list.date
            );
            assert!(list.source.len() > 10, "{}", list.id);
        }
    }

    #[test]
    fn there_are_some_hundred_entries() {
        let count = |group: &Group| group.hosts.len() + group.urls.len();
        let entries: usize = threats().groups.iter().map(count).sum();
        assert!(entries >= 400, "{entries}");
        let tests = threats()
            .groups
            .iter()
            .filter(|group| group.category == "test page");
        assert!(tests.map(count).sum::<usize>() >= 40);
    }

    #[test]
    fn suffixes_and_sites_are_sorted_names() {
        let table = threats();
        for names in [&table.suffixes.shared, &table.sites.top] {
            assert!(names.is_sorted_by(|a, b| a < b));
            assert!(
                names
                    .iter()
                    .all(|name| name.contains('.') && *name == name.to_lowercase())
            );
        }
        assert!(table.sites.top.len() >= 100);
        assert!(table.sites.apart.is_sorted_by(|a, b| a < b));
        assert!(top_sites().is_sorted_by(|a, b| a < b));
        assert_eq!(top_sites().count(), 500);
        assert!(PUBLIC_SUFFIXES.contains("Mozilla Public"));
    }
}
