//! The list compiled into the program, from the rows of `knowledge`.

use std::sync::OnceLock;

use knowledge::threats::{Threats, threats};

use super::{Compiled, Entry, List, ListFacts, Subject, Suffixes, compile};

/// The starter list and the suffixes that go with it.
///
/// It is compiled at the first call, in about a millisecond: a file beside the table would be a
/// second truth.
///
/// # Panics
/// When the table is broken; a test shows that.
#[must_use]
pub fn starter() -> (&'static List<'static>, &'static Suffixes) {
    static BYTES: OnceLock<Vec<u8>> = OnceLock::new();
    static LIST: OnceLock<(List<'static>, Suffixes)> = OnceLock::new();
    let (list, suffixes) = LIST.get_or_init(|| {
        let suffixes = suffixes_of(threats());
        let bytes = BYTES.get_or_init(|| compiled(threats(), &suffixes).bytes);
        (
            List::open(bytes).expect("what was just compiled can be opened"),
            suffixes,
        )
    });
    (list, suffixes)
}

pub(super) fn suffixes_of(table: &Threats) -> Suffixes {
    let suffixes = table.suffixes.registry.iter().chain(&table.suffixes.shared);
    Suffixes::new(
        suffixes.map(String::as_str),
        table.sites.top.iter().map(String::as_str),
    )
}

pub(super) fn compiled(table: &Threats, suffixes: &Suffixes) -> Compiled {
    let facts: Vec<ListFacts> = table
        .lists
        .iter()
        .map(|list| ListFacts {
            id: list.id.clone(),
            name: list.name.clone(),
            date: list.date.clone(),
            entries: 0,
            source: list.source.clone(),
            licence: list.licence.clone(),
            curated: list.curated,
            fresh_days: list.fresh_days,
        })
        .collect();
    let mut entries = Vec::new();
    for group in &table.groups {
        // A group whose list is missing is dropped by the compiler, and a test says so.
        let list = facts
            .iter()
            .position(|list| list.id == group.list)
            .unwrap_or(usize::MAX);
        let since = facts.get(list).map_or("", |list| list.date.as_str());
        let subjects = group.hosts.iter().map(|host| Subject::Host(host));
        let subjects = subjects.chain(group.urls.iter().map(|url| Subject::Page(url)));
        entries.extend(subjects.map(|subject| Entry {
            subject,
            list,
            category: &group.category,
            family: &group.family,
            since,
        }));
    }
    compile(&facts, &entries, suffixes, 0)
}
