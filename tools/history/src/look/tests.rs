use std::{fs, path::Path};

use formats::sqlite::rusqlite::Connection;
use knowledge::Platform;
use serde_json::Value;
use tool::Level;

use super::*;
use crate::discover::discover;

const CHROMIUM: &str = include_str!("../../tests/data/chromium.sql");
const FIREFOX: &str = include_str!("../../tests/data/firefox.sql");
/// A minute after the tours.
const NOW: Moment = Moment(1_795_461_950_000_000);

fn machine(home: &Path) -> Machine {
    Machine::at_root(Platform::Linux, home, NOW).unwrap()
}

fn write(root: &Path, name: &str, sql: &str) {
    let path = root.join("home/ada").join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    Connection::open(path)
        .unwrap()
        .execute_batch(&format!("BEGIN; {sql}; COMMIT;"))
        .unwrap();
}

fn looked(root: &Path) -> (Outcome, Value) {
    let machine = machine(root);
    let found = discover(&machine);
    let shelf = Shelf::open(&crate::Sources::default());
    let outcome =
        fixture::whole(|lists| look(&machine, &found, &shelf, &Options::default(), lists));
    let data = fixture::data(&outcome);
    (outcome, data)
}

/// A page of the starter list in the place of a page of the tour.
fn listed(sql: &str, from: &str, to: &str) -> String {
    assert!(sql.contains(from));
    sql.replace(from, to)
}

#[test]
fn both_browsers_stand_in_one_report() {
    let root = tempfile::tempdir().unwrap();
    let chromium = listed(
        CHROMIUM,
        "tracker.localhost:8765/ad3",
        "www.coolwebsearch.info/ad3",
    );
    write(root.path(), ".config/chromium/Default/History", &chromium);
    fs::write(
        root.path().join("home/ada/.config/chromium/Local State"),
        r#"{"profile":{"info_cache":{"Default":{"name":"Ada"}}}}"#,
    )
    .unwrap();
    write(
        root.path(),
        ".config/mozilla/firefox/abcd.default/places.sqlite",
        FIREFOX,
    );
    fs::create_dir_all(root.path().join("home/ada/.config/vivaldi/Default")).unwrap();
    fs::write(
        root.path().join("home/ada/.config/vivaldi/Default/History"),
        "no database",
    )
    .unwrap();

    let (outcome, data) = looked(root.path());
    assert_eq!(data["visits"].as_array().unwrap().len(), 25 + 32);
    assert_eq!(data["downloads"].as_array().unwrap().len(), 4);
    assert_eq!(data["browsers"][0]["profile"], "Ada");
    assert_eq!(data["browsers"][0]["flagged"], 1);
    assert_eq!(data["browsers"][1]["profile"], "abcd.default");
    assert_eq!(data["lists"].as_array().unwrap().len(), 5);

    // The issue's shape.
    let visit = &data["visits"][0];
    for field in ["time", "url", "browser", "profile", "chain", "verdict"] {
        assert!(!visit[field].is_null(), "{field}: {visit}");
    }
    let times: Vec<_> = data["visits"]
        .as_array()
        .unwrap()
        .iter()
        .map(|v| v["time"].as_str().unwrap())
        .collect();
    assert!(times.is_sorted_by(|a, b| a >= b));
    // Redirects of one moment stand in the order they came in, the last one first.
    let at = |path: &str| {
        let ends = |visit: &Value| visit["url"].as_str().unwrap().ends_with(path);
        data["visits"]
            .as_array()
            .unwrap()
            .iter()
            .position(ends)
            .unwrap()
    };
    assert!(at("/landing") < at("/r307") && at("/r307") < at("/r302"));

    // The download went through a listed host: said, with the whole way.
    let [finding] = &outcome.findings[..] else {
        panic!("{:?}", outcome.findings)
    };
    assert_eq!(
        (finding.rule.as_str(), finding.level),
        ("history.listed-download", Level::Act)
    );
    for part in [
        "coolwebsearch.info",
        "Maltrail",
        "since 2026-08-23",
        "/opener (",
        "payload.zip (redirected to the file)",
    ] {
        assert!(
            finding.evidence.contains(part),
            "{part}: {}",
            finding.evidence
        );
    }
    // What is no database is skipped by name, and the rest is read.
    let [skipped] = &outcome.skipped[..] else {
        panic!("{:?}", outcome.skipped)
    };
    assert!(skipped.path.0.ends_with(".config/vivaldi/Default/History"));
    assert!(matches!(skipped.why, Why::Damaged { .. }));
}

#[test]
fn a_visit_from_another_device_is_told_apart() {
    let root = tempfile::tempdir().unwrap();
    let sql = listed(
        CHROMIUM,
        "http://localhost:8765/start1",
        "http://coolwebsearch.info/",
    );
    write(
        root.path(),
        ".config/chromium/Default/History",
        &format!("{sql} INSERT INTO visit_source VALUES(1, 0);"),
    );
    let (outcome, data) = looked(root.path());
    assert_eq!(outcome.findings.len(), 2);
    let elsewhere: Vec<_> = outcome
        .findings
        .iter()
        .map(|f| f.evidence.contains("on another device"))
        .collect();
    assert_eq!(elsewhere, [false, true]);
    assert_eq!(data["visits"][24]["source"], "other-device");
}

/// The numbers of the visits on the way to a visit, as the JSON has them.
fn way_to(data: &Value, id: i64) -> Vec<i64> {
    let visits = data["visits"].as_array().unwrap().iter();
    let ways = visits.map(|visit| -> Vec<i64> {
        let chain = visit["chain"].as_array().unwrap().iter();
        chain.filter_map(|hop| hop["visit"].as_i64()).collect()
    });
    ways.into_iter()
        .find(|way| way.last() == Some(&id))
        .unwrap()
}

#[test]
fn a_download_and_an_alarm_have_their_whole_way_and_other_visits_the_last_step() {
    for (sql, whole) in [
        (FIREFOX.to_owned(), false),
        (
            listed(
                FIREFOX,
                "localhost:8765/pushed",
                "coolwebsearch.info/pushed",
            ),
            true,
        ),
    ] {
        let root = tempfile::tempdir().unwrap();
        write(
            root.path(),
            ".mozilla/firefox/a.default/places.sqlite",
            &sql,
        );
        let (_, data) = looked(root.path());
        let expected: &[i64] = if whole { &[6, 7, 8, 9, 10] } else { &[9, 10] };
        assert_eq!(way_to(&data, 10), expected);
        assert_eq!(way_to(&data, 9), [8, 9]);
        assert_eq!(way_to(&data, 5), [2, 3, 4, 5]);
        assert_eq!(way_to(&data, 17), [12, 14, 15, 16, 17]);
    }
}

#[test]
fn a_page_made_to_test_protection_is_found_and_said_to_be_one() {
    let root = tempfile::tempdir().unwrap();
    let page = "https://testsafebrowsing.appspot.com/s/malware.html?x#y";
    let sql = listed(CHROMIUM, "http://localhost:8765/404", page);
    write(root.path(), ".config/chromium/Default/History", &sql);
    let (outcome, data) = looked(root.path());
    let [finding] = &outcome.findings[..] else {
        panic!("{:?}", outcome.findings)
    };
    assert_eq!(
        (finding.level, finding.subject.as_str()),
        (Level::Look, "testsafebrowsing.appspot.com")
    );
    assert!(
        finding.evidence.contains("it exists to test protection"),
        "{}",
        finding.evidence
    );
    let visits = data["visits"].as_array().unwrap();
    let visit = visits.iter().find(|visit| visit["url"] == page).unwrap();
    assert_eq!(visit["verdict"]["level"], "amber");
    assert_eq!(
        visit["verdict"]["entry"],
        "testsafebrowsing.appspot.com/s/malware.html"
    );
}

#[test]
fn the_browser_s_own_alarm_is_a_finding() {
    for (danger, state, level) in [
        (3, 1, Level::Act),
        (3, 4, Level::Look),
        (6, 1, Level::Look),
        (8, 1, Level::Look),
        (16, 1, Level::Act),
    ] {
        let root = tempfile::tempdir().unwrap();
        let sql = format!(
            "{CHROMIUM} UPDATE downloads SET danger_type = {danger}, state = {state} WHERE id = 2;"
        );
        write(root.path(), ".config/chromium/Default/History", &sql);
        let (outcome, _) = looked(root.path());
        let [finding] = &outcome.findings[..] else {
            panic!("{:?}", outcome.findings)
        };
        assert_eq!(
            (finding.rule.as_str(), finding.level),
            ("history.browser-warning", level),
            "{danger}"
        );
        assert!(finding.place.as_ref().unwrap().0.ends_with("direct.sh"));
    }
}

#[test]
fn a_visit_in_the_future_is_shown_and_flagged() {
    let root = tempfile::tempdir().unwrap();
    let sql =
        format!("{CHROMIUM} UPDATE visits SET visit_time = visit_time + 7200000000 WHERE id = 25;");
    write(root.path(), ".config/chromium/Default/History", &sql);
    let (outcome, data) = looked(root.path());
    assert_eq!(data["visits"][0]["in_future"], true);
    assert!(
        outcome
            .section
            .notes
            .iter()
            .any(|note| note.contains("1 visit lies in the future"))
    );
}

#[test]
fn what_lists_do_not_know_is_said_as_it_is() {
    let root = tempfile::tempdir().unwrap();
    write(root.path(), ".config/chromium/Default/History", CHROMIUM);
    let (outcome, data) = looked(root.path());
    assert_eq!(outcome.findings, []);
    let summary = outcome.section.summary.join(" ");
    assert!(
        summary.contains("None of their addresses is on any of 5 lists dated"),
        "{summary}"
    );
    let local = data["visits"]
        .as_array()
        .unwrap()
        .iter()
        .find(|v| v["url"].as_str().unwrap().starts_with("file:"));
    assert_eq!(
        local.unwrap()["verdict"]["words"],
        "not an address of the web: not looked up"
    );
}

/// What is said must never be more than what lists say.
#[test]
fn no_word_says_more_than_lists_do() {
    let root = tempfile::tempdir().unwrap();
    write(root.path(), ".config/chromium/Default/History", CHROMIUM);
    write(
        root.path(),
        ".mozilla/firefox/a.default/places.sqlite",
        FIREFOX,
    );
    fs::create_dir_all(root.path().join("home/ada/.local/share/torbrowser")).unwrap();
    let (outcome, data) = looked(root.path());
    let words = format!("{:?} {:?} {data}", outcome.section, outcome.findings).to_lowercase();
    for claim in ["clean", "safe", "harmless", "secure"] {
        let claimed = words
            .split(|c: char| !c.is_alphanumeric())
            .any(|word| word == claim);
        assert!(!claimed, "{claim}");
    }
    for limit in [
        "10 seconds",
        "private windows",
        "frame",
        "dated",
        "none was sent",
    ] {
        assert!(words.contains(limit), "{limit}");
    }
}

#[test]
fn an_empty_machine_says_that_nothing_was_found_to_read() {
    let root = tempfile::tempdir().unwrap();
    fs::create_dir_all(root.path().join("home/ada")).unwrap();
    let (outcome, _) = looked(root.path());
    assert_eq!(
        outcome.section.summary,
        ["No browser with a history was found."]
    );
}

#[test]
fn a_list_file_that_is_damaged_where_it_is_looked_into_is_said() {
    let root = tempfile::tempdir().unwrap();
    write(root.path(), ".config/chromium/Default/History", CHROMIUM);
    let path = root.path().join("compiled");
    let mut bytes = crate::lists::make_starter().bytes;
    let end = bytes.len();
    for page in bytes[end - 4 * 4096..].chunks_exact_mut(4096) {
        page[100] ^= 1;
    }
    fs::write(&path, bytes).unwrap();
    let machine = machine(root.path());
    let found = discover(&machine);
    let shelf = Shelf::open(&crate::Sources {
        compiled: Some(path.clone()),
        ..crate::Sources::default()
    });
    assert!(!shelf.is_starter());
    let look = |lists: &mut Lists<'_>| look(&machine, &found, &shelf, &Options::default(), lists);
    let outcome = fixture::whole(look);
    let [skipped] = &outcome.skipped[..] else {
        panic!("{:?}", outcome.skipped)
    };
    assert_eq!(skipped.path.0, path);
}
