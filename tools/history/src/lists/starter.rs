//! The list compiled into the program.
//!
//! `starter/` holds the rows of `knowledge` in the form that look-ups read: to read the table and
//! compile it would take longer than to look up the addresses of a day. A test compares both, and
//! `cargo run -p candor-history --example starter` makes the files anew.

use std::sync::OnceLock;

use knowledge::threats::{Threats, threats};

use super::{Compiled, Entry, List, ListFacts, Subject, Suffixes, compile};

const LIST: &[u8] = include_bytes!("starter/list.bin");
/// One name a line: the suffixes, an empty line, the sites.
const SUFFIXES: &str = include_str!("starter/suffixes.txt");

/// Returns the starter list and the suffixes that go with it.
///
/// # Panics
/// When the file is damaged; a test shows that.
#[must_use]
pub fn starter() -> (&'static List<'static>, &'static Suffixes) {
    static OPENED: OnceLock<(List<'static>, Suffixes)> = OnceLock::new();
    let (list, suffixes) = OPENED.get_or_init(|| {
        let list = List::open(LIST).expect("a test opens and verifies it");
        (list, read(SUFFIXES))
    });
    (list, suffixes)
}

/// Makes both files from the table: the list, and the text of the suffixes.
#[must_use]
pub fn make_starter() -> (Compiled, String) {
    let suffixes = written(threats());
    (compiled(threats(), &read(&suffixes)), suffixes)
}

fn read(text: &str) -> Suffixes {
    let (suffixes, sites) = text.split_once("\n\n").unwrap_or((text, ""));
    Suffixes::new(suffixes.lines(), sites.lines())
}

fn written(table: &Threats) -> String {
    let suffixes = table.suffixes.registry.iter().chain(&table.suffixes.shared);
    let mut text: String = suffixes.map(|name| format!("{name}\n")).collect();
    text.push('\n');
    text.extend(table.sites.top.iter().map(|name| format!("{name}\n")));
    text
}

fn compiled(table: &Threats, suffixes: &Suffixes) -> Compiled {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_files_are_what_the_table_gives() {
        let (made, suffixes) = make_starter();
        assert!(made.dropped.is_empty(), "{:?}", made.dropped);
        let help = "run `cargo run -p candor-history --example starter`";
        assert!(made.bytes == LIST, "list.bin is of another table: {help}");
        assert!(
            suffixes == SUFFIXES,
            "suffixes.txt is of another table: {help}"
        );
        starter().0.verify().unwrap();
    }
}
