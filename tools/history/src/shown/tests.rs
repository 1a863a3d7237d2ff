use serde_json::Value;
use tool::Moment;

use super::*;
use crate::{
    Sources,
    lists::{Input, make, make_starter},
};

const NOW: Moment = Moment(1_795_466_936_000_000); // 2026-11-23

fn shelf(allow: &[&str]) -> Shelf {
    Shelf::open(&Sources {
        compiled: None,
        allow: allow.iter().map(|it| (*it).to_owned()).collect(),
    })
}

fn explained(shelf: &Shelf, asked: &str) -> (Outcome, Value) {
    let outcome = explain(shelf, asked, NOW);
    let data = fixture::data(&outcome);
    (outcome, data["explained"].clone())
}

#[test]
fn an_address_is_explained_with_entry_list_and_day() {
    let (outcome, said) = explained(&shelf(&[]), "HTTP://www.coolwebsearch.info:80/a/../b?c#d");
    assert_eq!(said["canonical"], "www.coolwebsearch.info/b?c");
    assert_eq!(said["verdict"]["level"], "red");
    assert_eq!(said["entries"][0]["entry"], "coolwebsearch.info");
    assert_eq!(said["entries"][0]["said"][0]["since"], "2026-08-23");
    assert_eq!(outcome.findings.len(), 1);
    assert!(outcome.section.notes[0].starts_with("Red:"));

    let (outcome, said) = explained(&shelf(&["coolwebsearch.info"]), "www.coolwebsearch.info");
    assert_eq!(said["verdict"]["level"], "none");
    assert_eq!(said["verdict"]["allowed_by"], "coolwebsearch.info");
    assert_eq!(
        (
            outcome.findings.len(),
            said["entries"].as_array().unwrap().len()
        ),
        (0, 1)
    );

    let (outcome, said) = explained(&shelf(&[]), "paypa1.com");
    assert_eq!(
        (&said["verdict"]["level"], &said["verdict"]["looks_like"]),
        (&"blue".into(), &"paypal.com".into())
    );
    assert_eq!(outcome.findings[0].level, Level::Note);

    let (outcome, said) = explained(&shelf(&[]), "evil.github.io");
    assert_eq!(
        (said["verdict"]["level"].as_str(), said["shared"].as_bool()),
        (Some("none"), Some(true))
    );
    assert!(
        outcome.section.summary[1].contains("strangers"),
        "{:?}",
        outcome.section.summary
    );
    let (outcome, _) = explained(&shelf(&[]), "about:blank");
    assert_eq!(outcome.section.summary, ["That names no host of the web."]);
}

#[test]
fn lists_are_shown_with_day_licence_and_what_is_allowed() {
    let lines = ["example.com # mine".to_owned(), "# a remark".to_owned()];
    let outcome = show(&shelf(&["example.com # mine"]), &lines);
    let data = fixture::data(&outcome);
    assert_eq!(
        (&data["starter"], &data["allow"]),
        (&true.into(), &serde_json::json!(["example.com"]))
    );
    for list in data["lists"].as_array().unwrap() {
        for field in ["id", "name", "date", "licence", "source", "entries"] {
            assert!(!list[field].is_null(), "{field}");
        }
    }
    assert_eq!(outcome.section.blocks.len(), 2);
}

#[test]
fn what_was_left_out_and_what_changed_is_told_without_names() {
    let raw = tempfile::tempdir().unwrap();
    let row = "[[list]]\nname = \"A\"\nfile = \"a\"\nform = \"domains\"\nlicence = \"MIT\"\ncategory = \"scam\"\n\
               date = \"2026-11-01\"\n";
    let write = |version: u32, text: &str| {
        std::fs::write(
            raw.path().join("lists.toml"),
            format!("version = {version}\n{row}"),
        )
        .unwrap();
        std::fs::write(raw.path().join("a"), text).unwrap();
    };
    let many: String = (0..200).map(|n| format!("h{n}.example\n")).collect();
    write(1, &format!("github.com\ngithub.io\nx*y.example\n{many}"));
    let before = raw.path().join("compiled");
    std::fs::write(&before, make_starter().bytes).unwrap();
    let input = Input {
        raw: Some(raw.path().into()),
        before: Some(before.clone()),
        ..Input::default()
    };
    let made = make(&input).unwrap();
    let outcome = compiled(&made, &[]);
    let data = fixture::data(&outcome);
    let a = data["lists"]
        .as_array()
        .unwrap()
        .iter()
        .find(|it| it["id"] == "a")
        .unwrap();
    assert_eq!(
        a["left_out"],
        serde_json::json!({"suffix": 1, "top-site": 1})
    );
    assert_eq!(a["odd"], serde_json::json!({"pattern": [1, [3]]}));
    assert_eq!(outcome.section.blocks.len(), 3);
    let shown = format!("{:?}", outcome.section.blocks);
    assert!(
        !shown.contains("github") && !shown.contains("example"),
        "{shown}"
    );
    assert!(outcome.findings.is_empty(), "{:?}", outcome.findings);

    std::fs::write(&before, &made.bytes).unwrap();
    write(2, "h1.example\n");
    let outcome = compiled(&make(&input).unwrap(), &[]);
    assert_eq!(
        (outcome.findings.len(), &*outcome.findings[0].subject),
        (1, "a")
    );
    assert_eq!(
        fixture::data(&outcome)["changes"]["lists"][0]["removed"],
        199
    );
}
