use std::collections::HashSet;

use knowledge::threats::{threats, top_sites};

use super::super::{Compiler, Dropped, Subject, starter};
use super::*;
use crate::{canonical::canonical, lists::file::HEADER};

fn facts(id: &str) -> ListFacts {
    ListFacts {
        id: id.into(),
        name: id.into(),
        publisher: id.into(),
        date: "2026-11-01".into(),
        entries: 0,
        source: "a test".into(),
        licence: "MIT".into(),
        curated: false,
        fresh_days: 0,
        past: false,
    }
}

/// Makes a file of two lists, `a` and `b`.
fn compiled(entries: &[(usize, Subject<'_>)], suffixes: &Suffixes) -> super::super::Compiled {
    let mut compiler = Compiler::new(&[facts("a"), facts("b")], suffixes);
    for (list, subject) in entries {
        let row = compiler.row(*list, "adware", "test", "2026-11-01");
        compiler.add(*list, *subject, row);
    }
    compiler.finish(1).unwrap()
}

fn entries_for(list: &List<'_>, text: &str) -> Vec<(String, bool, usize)> {
    let hits = list.look_up(&canonical(text.as_bytes()).unwrap()).unwrap();
    hits.into_iter()
        .map(|hit| (hit.entry, hit.is_page, hit.sightings.len()))
        .collect()
}

#[test]
fn hosts_match_what_is_below_them_and_pages_only_themselves() {
    let suffixes = Suffixes::of_text("co.uk\n+github.io\n");
    let subjects = [
        Subject::Host("evil.example.co.uk"),
        Subject::Host("bad.github.io"),
        Subject::Host("0000153.0000255.0000011.0000125"),
        Subject::Page("http://shop.example/a/b.html?x=1"),
        Subject::Page("shop.example/folder/"),
    ];
    let entries = subjects.map(|subject| (0, subject));
    let made = compiled(&entries, &suffixes);
    assert!(made.left_out.is_empty(), "{:?}", made.left_out);
    let list = List::open(&made.bytes).unwrap();
    list.verify().unwrap();
    let found = |text| entries_for(&list, text);

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
    // Strangers have names side by side there, and may have them below one another.
    assert_eq!(found("https://a.bad.github.io/"), []);
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
    let rules = "co.uk\n+github.io\n=example.org\n=sites.example.net\n";
    let suffixes = Suffixes::of_text(rules);
    let long = format!("http://example.com/{}", "x".repeat(1000));
    let subjects = [
        (Subject::Host("github.io"), Dropped::Suffix),
        (Subject::Host("com"), Dropped::Suffix),
        (Subject::Page("http://co.uk/"), Dropped::Suffix),
        (Subject::Host("www.example.org"), Dropped::TopSite),
        (Subject::Page("https://example.org"), Dropped::TopSite),
        (Subject::Host("example.net"), Dropped::TopSite),
        (Subject::Host("files.example.org"), Dropped::OfTopSite),
        (
            Subject::Page("http://docs.example.net/"),
            Dropped::OfTopSite,
        ),
        (Subject::Host("192.168.0.1"), Dropped::PrivateAddress),
        (Subject::Page("http://0x7f.1/x"), Dropped::PrivateAddress),
        (Subject::Host("[fe80::1]"), Dropped::PrivateAddress),
        (Subject::Host("::"), Dropped::NoAddress),
        (Subject::Host("example.com/path"), Dropped::NoAddress),
        (Subject::Page("http://localhost/x"), Dropped::NoAddress),
        (Subject::Page(&long), Dropped::TooLong),
    ];
    for (subject, why) in subjects {
        let made = compiled(&[(1, subject)], &suffixes);
        let [left_out] = &made.left_out[..] else {
            panic!("{subject:?}: {:?}", made.left_out)
        };
        assert_eq!(
            (left_out.list, left_out.why, left_out.count),
            (1, why, 1),
            "{subject:?}"
        );
        let list = List::open(&made.bytes).unwrap();
        assert!(list.is_empty());
        assert_eq!(list.left_out()[1][&why], 1);
    }
    // A page of such a site may be an entry; it flags that page and nothing else.
    let page = Subject::Page("http://files.example.org/harm.exe");
    let made = compiled(&[(0, page)], &suffixes);
    let list = List::open(&made.bytes).unwrap();
    assert_eq!(
        entries_for(&list, "https://files.example.org/harm.exe"),
        [("files.example.org/harm.exe".into(), true, 1)]
    );
    assert_eq!(entries_for(&list, "https://files.example.org/"), []);
}

#[test]
fn a_list_excepts_from_itself_only() {
    let suffixes = Suffixes::default();
    let mut compiler = Compiler::new(&[facts("a"), facts("b")], &suffixes);
    for (list, host) in [(0, "x.example"), (1, "x.example"), (0, "y.example")] {
        let row = compiler.row(list, "adware", "test", "2026-11-01");
        compiler.add(list, Subject::Host(host), row);
    }
    compiler.except(0, "x.example");
    compiler.except(0, "y.example");
    let made = compiler.finish(1).unwrap();
    let list = List::open(&made.bytes).unwrap();
    assert_eq!(
        entries_for(&list, "http://x.example/"),
        [("x.example".into(), false, 1)]
    );
    assert_eq!(entries_for(&list, "http://y.example/"), []);
    assert_eq!(
        list.lists().iter().map(|it| it.entries).collect::<Vec<_>>(),
        [0, 1]
    );
}

#[test]
fn two_lists_that_agree_are_both_named() {
    let entries = [
        (0, Subject::Host("evil.example")),
        (1, Subject::Host("EVIL.example.")),
    ];
    let made = compiled(&entries, &Suffixes::default());
    let list = List::open(&made.bytes).unwrap();
    assert_eq!(
        entries_for(&list, "http://evil.example/"),
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
    let suffixes = Suffixes::default();
    let make = |order: &mut dyn Iterator<Item = usize>| {
        let mut compiler = Compiler::new(&[facts("a"), facts("b")], &suffixes);
        for n in order {
            let family = ["x", "y", "z"][n % 3];
            let row = compiler.row(n % 2, "adware", family, "2026-11-01");
            compiler.add(n % 2, Subject::Host(&names[n]), row);
            let row = compiler.row(0, "scam", family, "2026-11-01");
            compiler.add(0, Subject::Page(&format!("{}/{n}", names[n % 7])), row);
        }
        compiler.finish(3).unwrap().bytes
    };
    let forward = make(&mut (0..2000));
    assert!(forward == make(&mut (0..2000).rev()));
    assert!(forward == make(&mut (0..2000).map(|n| n * 7 % 2000)));
}

/// Every entry is found and nothing else is, also where the file is read page by page.
#[test]
fn a_file_on_the_disk_answers_as_it_does_in_memory() {
    let names: Vec<String> = (0..30_000)
        .map(|n| format!("h{}.example", n * 31))
        .collect();
    let entries: Vec<_> = names.iter().map(|it| (0, Subject::Host(it))).collect();
    let made = compiled(&entries, &Suffixes::default());
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("compiled");
    std::fs::write(&path, &made.bytes).unwrap();
    let list = List::open_file(&path).unwrap();
    list.verify().unwrap();
    assert_eq!(list.len(), 30_000);
    for name in &names {
        assert_eq!(entries_for(&list, name), [(name.clone(), false, 1)]);
        assert_eq!(entries_for(&list, &format!("x{name}")), []);
    }
    let mut count = 0;
    list.each(|entry| {
        count += 1;
        assert!(entry.text().ends_with(".example") && entry.sightings.len() == 1);
    })
    .unwrap();
    assert_eq!(count, 30_000);
    // Cut short, as after a crash: said, not believed.
    std::fs::write(&path, &made.bytes[..made.bytes.len() / 2]).unwrap();
    assert!(List::open_file(&path).is_err());
}

#[test]
fn every_entry_of_the_starter_list_is_found() {
    let list = starter();
    let mut count = 0;
    for group in &threats().groups {
        for text in group.hosts.iter().chain(&group.urls) {
            let hits = entries_for(list, &format!("http://{text}"));
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
    let list = starter();
    let own = threats().sites.top.iter().map(String::as_str);
    for site in own.chain(top_sites()) {
        for text in [format!("https://{site}/"), format!("https://www.{site}/")] {
            assert_eq!(entries_for(list, &text), [], "{text}");
        }
        let host = canonical(site.as_bytes()).unwrap().host;
        assert!(list.suffixes().is_top_site(&host), "{site}");
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
    let list = starter();
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
        let hits = list.look_up(&address).unwrap();
        assert!(
            hits.is_empty() || listed.contains(&address.host),
            "{}",
            address.host
        );
    }
}

#[test]
fn a_file_cut_short_or_changed_is_refused_or_answers_without_harm() {
    let suffixes = Suffixes::of_text("com\n+github.io\n=example.org\n");
    let names: Vec<String> = (0..600).map(|n| format!("h{n}.example")).collect();
    let mut entries: Vec<_> = names.iter().map(|it| (0, Subject::Host(it))).collect();
    entries.push((1, Subject::Host("h7.example")));
    entries.push((1, Subject::Page("http://203.0.113.7/x")));
    let good = compiled(&entries, &suffixes).bytes;
    let address = canonical(b"http://h7.example/x/y?z").unwrap();
    for length in (0..good.len()).step_by(97) {
        assert!(List::open(&good[..length]).is_err(), "{length}");
    }
    let mut random = fixture::Content::new(1);
    let mut below = |end: usize| random.below(end as u64) as usize;
    for _ in 0..2_000 {
        let mut bytes = good.clone();
        for _ in 0..=below(4) {
            let at = match below(3) {
                0 => below(HEADER),
                _ => below(bytes.len()),
            };
            bytes[at] = below(256) as u8;
        }
        if let Ok(list) = List::open(&bytes) {
            let _ = list.look_up(&address);
            assert!(bytes == good || list.verify().is_err());
        }
        fuzz(&bytes);
    }
}

#[test]
fn the_table_of_suffixes_is_in_canonical_spelling() {
    let table = threats();
    for name in table
        .suffixes
        .shared
        .iter()
        .map(String::as_str)
        .chain(table.sites.top.iter().map(String::as_str))
    {
        assert_eq!(canonical(name.as_bytes()).unwrap().host, name);
    }
}
