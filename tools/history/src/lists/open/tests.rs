use std::collections::HashSet;

use knowledge::threats::threats;

use super::super::{Dropped, Entry, Subject, compile, make_starter, starter};
use super::*;
use crate::canonical::canonical;

fn facts(id: &str) -> ListFacts {
    ListFacts {
        id: id.into(),
        name: id.into(),
        date: "2026-11-01".into(),
        entries: 0,
        source: "a test".into(),
        licence: "MIT".into(),
        curated: false,
        fresh_days: 0,
    }
}

fn entry<'a>(subject: Subject<'a>, list: usize) -> Entry<'a> {
    Entry {
        subject,
        list,
        category: "adware",
        family: "test",
        since: "2026-11-01",
    }
}

fn entries_for(list: &List<'_>, suffixes: &Suffixes, text: &str) -> Vec<(String, bool, usize)> {
    let hits = list
        .look_up(&canonical(text.as_bytes()).unwrap(), suffixes)
        .unwrap();
    hits.into_iter()
        .map(|hit| (hit.entry, hit.is_page, hit.sightings.len()))
        .collect()
}

#[test]
fn hosts_match_what_is_below_them_and_pages_only_themselves() {
    let suffixes = Suffixes::new(["co.uk", "github.io"], []);
    let subjects = [
        Subject::Host("evil.example.co.uk"),
        Subject::Host("bad.github.io"),
        Subject::Host("0000153.0000255.0000011.0000125"),
        Subject::Page("http://shop.example/a/b.html?x=1"),
        Subject::Page("shop.example/folder/"),
    ];
    let entries: Vec<_> = subjects
        .into_iter()
        .map(|subject| entry(subject, 0))
        .collect();
    let made = compile(&[facts("a")], &entries, &suffixes, 7);
    assert!(made.dropped.is_empty(), "{:?}", made.dropped);
    let list = List::open(&made.bytes).unwrap();
    list.verify().unwrap();
    let found = |text| entries_for(&list, &suffixes, text);

    let host = |name: &str| vec![(name.to_owned(), false, 1)];
    assert_eq!(
        found("https://evil.example.co.uk/x"),
        host("evil.example.co.uk")
    );
    assert_eq!(
        found("https://a.b.EVIL.example.co.uk:8080/"),
        host("evil.example.co.uk")
    );
    assert_eq!(found("https://example.co.uk/"), []);
    assert_eq!(found("https://bad.github.io/"), host("bad.github.io"));
    assert_eq!(found("https://good.github.io/"), []);
    assert_eq!(found("http://107.173.9.85/x"), host("107.173.9.85"));
    assert_eq!(
        found("http://shop.example/a/b.html?x=1"),
        [("shop.example/a/b.html?x=1".into(), true, 1)]
    );
    assert_eq!(found("http://shop.example/a/b.html"), []);
    assert_eq!(
        found("http://shop.example/folder/x"),
        [("shop.example/folder/".into(), false, 1)]
    );
    assert_eq!(
        found("http://shop.example/folder/"),
        [("shop.example/folder/".into(), true, 1)]
    );
    assert_eq!(found("http://shop.example/"), []);
}

#[test]
fn entries_that_would_flag_strangers_are_left_out() {
    let suffixes = Suffixes::new(["co.uk", "github.io"], ["example.org"]);
    let subjects = [
        ("github.io", Dropped::Suffix),
        ("com", Dropped::Suffix),
        ("www.example.org", Dropped::TopSite),
        ("192.168.0.1", Dropped::PrivateAddress),
        ("::", Dropped::NoAddress),
        ("example.com/path", Dropped::NoAddress),
    ];
    let entries: Vec<_> = subjects
        .iter()
        .map(|(text, _)| entry(Subject::Host(text), 0))
        .collect();
    let made = compile(&[facts("a")], &entries, &suffixes, 0);
    let expected: Vec<_> = subjects
        .iter()
        .map(|(text, why)| ((*text).to_owned(), *why))
        .collect();
    assert_eq!(made.dropped, expected);
    assert!(List::open(&made.bytes).unwrap().is_empty());
}

#[test]
fn two_lists_that_agree_are_both_named() {
    let entries = [
        entry(Subject::Host("evil.example"), 0),
        entry(Subject::Host("EVIL.example."), 1),
    ];
    let suffixes = Suffixes::default();
    let made = compile(&[facts("a"), facts("b")], &entries, &suffixes, 0);
    let list = List::open(&made.bytes).unwrap();
    assert_eq!(
        entries_for(&list, &suffixes, "http://evil.example/"),
        [("evil.example".into(), false, 2)]
    );
    assert_eq!(
        list.lists()
            .iter()
            .map(|list| list.entries)
            .collect::<Vec<_>>(),
        [1, 1]
    );
}

#[test]
fn the_same_entries_give_the_same_bytes_in_any_order() {
    let names: Vec<String> = (0..2000).map(|n| format!("host{n}.example")).collect();
    let forward: Vec<_> = names
        .iter()
        .map(|name| entry(Subject::Host(name), 0))
        .collect();
    let backward: Vec<_> = forward.iter().rev().cloned().collect();
    let make =
        |entries: &[Entry<'_>]| compile(&[facts("a")], entries, &Suffixes::default(), 3).bytes;
    assert_eq!(make(&forward), make(&backward));
    assert_eq!(make_starter().0.bytes, make_starter().0.bytes);
}

#[test]
fn every_entry_of_the_starter_list_is_found() {
    let (list, suffixes) = starter();
    let mut count = 0;
    for group in &threats().groups {
        for text in group.hosts.iter().chain(&group.urls) {
            let hits = entries_for(list, suffixes, &format!("http://{text}"));
            assert!(
                hits.iter().any(|(entry, ..)| entry == text),
                "{text}: {hits:?}"
            );
            count += 1;
        }
    }
    assert!(count >= 400, "{count}");
}

#[test]
fn sites_that_everybody_visits_are_not_listed() {
    let (list, suffixes) = starter();
    for site in &threats().sites.top {
        for text in [format!("https://{site}/"), format!("https://www.{site}/")] {
            assert_eq!(entries_for(list, suffixes, &text), [], "{text}");
        }
    }
    let Some(shared) = std::env::var_os("CANDOR_SHARED") else {
        eprintln!("CANDOR_SHARED is not set: the 500 top sites were not looked at");
        return;
    };
    let path = std::path::Path::new(&shared).join("data/lists/top-sites-500.json");
    let sites: Vec<serde_json::Value> =
        serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    assert_eq!(sites.len(), 500);
    for site in sites {
        let text = format!("https://{}/", site["rootDomain"].as_str().unwrap());
        assert_eq!(entries_for(list, suffixes, &text), [], "{text}");
    }
}

/// Numbers that are the same in each run: xorshift64.
fn next(state: &mut u64) -> u64 {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    *state
}

#[test]
fn a_million_random_hosts_are_not_listed() {
    let (list, suffixes) = starter();
    let listed: HashSet<&String> = threats()
        .groups
        .iter()
        .flat_map(|group| &group.hosts)
        .collect();
    let mut state = 0x9e37_79b9_7f4a_7c15;
    for _ in 0..1_000_000 {
        let value = next(&mut state);
        let host = format!(
            "{:x}.{}",
            value,
            ["com", "net", "info", "co.uk"][(value & 3) as usize]
        );
        let address = Address {
            host,
            is_ip: false,
            path: "/".into(),
            query: None,
        };
        let hits = list.look_up(&address, suffixes).unwrap();
        assert!(
            hits.is_empty() || listed.contains(&address.host),
            "{}",
            address.host
        );
    }
}

#[test]
fn a_file_cut_short_or_changed_is_refused_or_answers_without_harm() {
    let (_, suffixes) = starter();
    let good = make_starter().0.bytes;
    let address = canonical(b"http://a.b.coolwebsearch.info/x/y?z").unwrap();
    for length in (0..good.len()).step_by(97) {
        assert!(List::open(&good[..length]).is_err(), "{length}");
    }
    let mut state = 1;
    for _ in 0..3_000 {
        let mut bytes = good.clone();
        for _ in 0..=next(&mut state) % 4 {
            let at = next(&mut state) as usize % bytes.len();
            bytes[at] = next(&mut state) as u8;
        }
        // Someone who wants to harm writes the right checksum, too.
        let check = XxHash3_64::oneshot(&bytes[..HEADER - 8]).to_le_bytes();
        bytes[HEADER - 8..HEADER].copy_from_slice(&check);
        let Ok(list) = List::open(&bytes) else {
            continue;
        };
        let _ = list.look_up(&address, suffixes);
        assert!(bytes[HEADER..] == good[HEADER..] || list.verify().is_err());
    }
}

#[test]
fn the_table_of_suffixes_is_in_canonical_spelling() {
    let table = threats();
    for name in table
        .suffixes
        .registry
        .iter()
        .chain(&table.suffixes.shared)
        .chain(&table.sites.top)
    {
        assert_eq!(canonical(name.as_bytes()).unwrap().host, *name);
    }
    assert!(starter().1.is_suffix("github.io"));
}
