//! Whatever stands in an outcome, no medium can be broken by it.

use std::{collections::BTreeSet, ffi::OsString, os::unix::ffi::OsStringExt as _};

use proptest::prelude::*;
use tool::{
    Bar, Block, Bytes, Cell, Days, Finding, Level, Moment, Outcome, PathText, Section, Skipped,
    Table, Tile, Why,
};

use crate::{Report, Style, Zone, sample, width::columns};

/// Asserts that elements are closed in order, that ids are unique and that links lead somewhere.
pub(crate) fn assert_well_formed(page: &str) {
    let (before, rest) = page
        .split_once("<style>")
        .expect("a page has a style sheet");
    let (_, after) = rest.split_once("</style>").expect("the style sheet ends");
    let body = format!("{before}{after}");
    let mut open = Vec::new();
    let mut ids = BTreeSet::new();
    for tag in body
        .split('<')
        .skip(1)
        .map(|rest| rest.split_once('>').expect("a tag ends").0)
    {
        if let Some(id) = tag
            .split(" id=\"")
            .nth(1)
            .and_then(|rest| rest.split('"').next())
        {
            assert!(ids.insert(id.to_owned()), "{id} stands twice");
        }
        let name = tag.split([' ', '\n']).next().expect("split gives one part");
        match name.strip_prefix('/') {
            Some(name) => assert_eq!(open.pop().as_deref(), Some(name), "<{tag}>"),
            None if tag.ends_with('/') || ["!doctype", "meta"].contains(&name) => {}
            None => open.push(name.to_owned()),
        }
    }
    assert!(open.is_empty(), "{open:?}");
    for target in body
        .split("href=\"")
        .skip(1)
        .map(|rest| rest.split('"').next().expect("as above"))
    {
        let id = target.strip_prefix('#').expect("links stay in the page");
        assert!(ids.contains(id), "a link to {id} leads nowhere");
    }
}

/// Returns a report in which every text, path and number is one that somebody else chose.
fn report(text: &str, path: Vec<u8>, number: u64, share: f64) -> Report {
    let path = PathText(OsString::from_vec(path).into());
    let words = || text.to_owned();
    let cells = vec![
        Cell::Text(words()),
        Cell::Path(path.clone()),
        Cell::Bytes(Bytes(number)),
        Cell::Count(number),
        Cell::Days(Days(u32::MAX)),
        Cell::Moment(Moment(number.cast_signed())),
        Cell::Verdict(Level::Act, words()),
        Cell::Lines(vec![
            Cell::Text(words()),
            Cell::Empty,
            Cell::Lines(vec![Cell::Path(path.clone())]),
        ]),
    ];
    let columns = vec![words(), "chain".into(), words()];
    let table = Table {
        title: words(),
        columns,
        rows: vec![cells.clone(), vec![], cells],
        more: number,
    };
    let tile = |inside| Tile {
        label: path.clone(),
        bytes: Bytes(number),
        inside,
    };
    let section = Section {
        title: words(),
        summary: vec![words()],
        blocks: vec![
            Block::Table(table),
            Block::Treemap {
                title: words(),
                root: tile(vec![tile(vec![tile(vec![])]), tile(vec![])]),
            },
            Block::Bars {
                title: words(),
                bars: vec![Bar {
                    label: words(),
                    share,
                    shown: words(),
                }],
            },
        ],
        notes: vec![words()],
    };
    let mut outcome = Outcome::new(text, &serde_json::json!({ text: text }), section);
    outcome.findings = vec![Finding {
        rule: words(),
        level: Level::Look,
        subject: words(),
        place: Some(path.clone()),
        bytes: Some(Bytes(number)),
        evidence: words(),
        advice: words(),
    }];
    outcome.skipped = vec![
        Skipped::new(path.0.clone(), Why::Damaged { detail: words() }),
        Skipped::new(path.0, Why::Failed { detail: words() }),
    ];
    let mut report = sample::single("history", outcome);
    report.machine.home = Some("/h".into());
    report.confinement.words = words();
    report
}

fn acts(c: char) -> bool {
    (c.is_control() && c != '\n') || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Text with what is most likely to break something.
fn text() -> impl Strategy<Value = String> {
    let bad = [
        "<",
        "&",
        "\"",
        "'",
        "\u{1b}[2J",
        "\n",
        "\u{202e}",
        "漢",
        " ",
        "://",
        "/",
        "a",
        "\u{301}",
        "\u{200b}",
    ];
    prop_oneof![
        any::<String>(),
        proptest::collection::vec(proptest::sample::select(bad.to_vec()), 0..60)
            .prop_map(|parts| parts.concat()),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 100, ..ProptestConfig::default() })]

    #[test]
    fn no_text_breaks_a_medium(text in text(), path: Vec<u8>, number: u64, share: f64, width in 0_usize..140) {
        let report = report(&text, path, number, share);
        let zone = Zone::utc();

        let drawn = crate::terminal(&report, &Style { width, colour: false, zone: zone.clone() });
        prop_assert_eq!(drawn.chars().find(|c| acts(*c)), None);
        for line in drawn.lines() {
            prop_assert!(columns(line) <= width.max(24), "{}: {:?}", width, line);
        }

        let page = crate::html(&report, &zone);
        prop_assert_eq!(page.chars().find(|c| acts(*c)), None);
        assert_well_formed(&page);

        let read: serde_json::Value = serde_json::from_str(&sample::json_text(&report)).unwrap();
        prop_assert_eq!(&read["findings"][0]["subject"], &text);
        prop_assert_eq!(&read["left_the_machine"], "nothing");
    }
}
