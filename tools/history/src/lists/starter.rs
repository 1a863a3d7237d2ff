//! The list compiled into the program, and the suffixes and sites that every list is compiled with.
//!
//! `starter/` holds the rows of `knowledge` in the form that look-ups read: to read the tables and
//! compile them would take longer than to look up the addresses of a day. A test compares both, and
//! `cargo run -p candor-history --example starter` makes the files anew.

use std::{collections::BTreeSet, fmt::Write as _, sync::OnceLock};

use knowledge::threats::{PUBLIC_SUFFIXES, Threats, threats, top_sites};

use super::{Compiled, Compiler, List, ListFacts, Subject, Suffixes};
use crate::canonical::canonical_host;

const LIST: &[u8] = include_bytes!("starter/list.bin");

/// Returns the starter list, with the suffixes and sites of the program in it.
///
/// # Panics
/// When the file is damaged; a test shows that.
#[must_use]
pub fn starter() -> &'static List<'static> {
    static OPENED: OnceLock<List<'static>> = OnceLock::new();
    OPENED.get_or_init(|| List::open(LIST).expect("a test opens and verifies it"))
}

/// Makes the file from the tables.
///
/// # Panics
/// When the table lists a site that everybody visits; a test shows that.
#[must_use]
pub fn make_starter() -> Compiled {
    let suffixes = Suffixes::of_text(rules(threats()));
    compiled(threats(), &suffixes)
}

/// Returns the rules of the Public Suffix List, those of our own, and the sites, sorted, each once.
fn rules(table: &Threats) -> String {
    let mut rules: BTreeSet<String> = BTreeSet::new();
    let mut shared = false;
    for line in PUBLIC_SUFFIXES.lines() {
        // From here on companies say where strangers have names with them.
        shared |= line.contains("===BEGIN PRIVATE DOMAINS===");
        let rule = line.split_whitespace().next().unwrap_or_default();
        if rule.is_empty() || rule.starts_with("//") {
            continue;
        }
        let (mark, name) = match (rule.strip_prefix("*."), rule.strip_prefix('!')) {
            (Some(name), _) => ("*", name),
            (None, Some(name)) => ("!", name),
            (None, None) => ("", rule),
        };
        let plus = if shared && mark != "!" { "+" } else { "" };
        if let Some((name, false)) = canonical_host(name) {
            rules.insert(format!("{plus}{mark}{name}"));
        }
    }
    rules.extend(table.suffixes.shared.iter().map(|name| format!("+{name}")));
    rules.extend(table.sites.top.iter().map(|name| format!("={name}")));
    rules.extend(table.sites.apart.iter().map(|label| format!("~{label}")));
    // One of them ends in dots.
    let sites = top_sites().filter_map(canonical_host);
    rules.extend(sites.map(|(name, _)| format!("={name}")));
    let mut text = String::from(HEAD);
    for rule in rules {
        let _ = writeln!(text, "{rule}");
    }
    text
}

/// What stands before the rules, since they are made of what others wrote.
const HEAD: &str = "\
# Suffixes: from the Public Suffix List, https://publicsuffix.org, under the Mozilla Public License 2.0,
# https://mozilla.org/MPL/2.0/. Its source form is crates/knowledge/tables/public-suffixes.dat of Candor.
# Sites (=): in part from https://github.com/Kikobeats/top-sites, (c) 2018 Kiko Beats, under the MIT licence;
# its text is in crates/knowledge/tables/top-sites.txt of Candor.
";

fn compiled(table: &Threats, suffixes: &Suffixes) -> Compiled {
    let facts: Vec<ListFacts> = table
        .lists
        .iter()
        .map(|list| ListFacts {
            id: list.id.clone(),
            name: list.name.clone(),
            publisher: list.id.clone(),
            date: list.date.clone(),
            entries: 0,
            source: list.source.clone(),
            licence: list.licence.clone(),
            curated: list.curated,
            fresh_days: list.fresh_days,
            past: false,
        })
        .collect();
    let mut compiler = Compiler::new(&facts, suffixes);
    for group in &table.groups {
        let list = facts.iter().position(|list| list.id == group.list);
        let list = list.expect("a test of the table says that each group has its list");
        let row = compiler.row(list, &group.category, &group.family, &facts[list].date);
        for host in &group.hosts {
            compiler.add(list, Subject::Host(host), row);
        }
        for url in &group.urls {
            compiler.add(list, Subject::Page(url), row);
        }
    }
    let made = compiler.finish(0);
    made.expect("a test says that the table flags no site that everybody visits")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_is_what_the_tables_give() {
        let made = make_starter();
        assert!(made.left_out.is_empty(), "{:?}", made.left_out);
        let help = "run `cargo run -p candor-history --example starter`";
        assert!(made.bytes == LIST, "list.bin is of another table: {help}");
        starter().verify().unwrap();
    }

    #[test]
    fn every_rule_of_the_public_suffix_list_is_there() {
        let table = starter().suffixes();
        let lines = PUBLIC_SUFFIXES.lines().map(str::trim);
        let names =
            lines.filter(|it| !it.is_empty() && !it.starts_with("//") && !it.starts_with('!'));
        let mut count = 0;
        for rule in names {
            let name = rule.replace('*', "x");
            let (host, _) = canonical_host(&name).unwrap();
            let owner = table.owner(&host);
            let one_machine = owner.shared && rule.starts_with("*.");
            assert!(owner.is_suffix || one_machine, "{rule}");
            count += 1;
        }
        assert!(count > 10_000, "{count}");
        assert!(table.owner("github.io").shared && !table.owner("co.uk").shared);
        assert_eq!(table.owned("a.www.ck"), "www.ck");
        assert_eq!(table.owned("x.xn--55qx5d.cn"), "x.xn--55qx5d.cn");
    }
}
