use knowledge::browsers::Engine::Firefox;

use super::{notes::path_of, *};
use crate::{
    chain::{ById, to_download, to_visit},
    engines::made::{edges, read_all, read_since},
};

const TOUR: &str = include_str!("../../../tests/data/firefox.sql");

/// Which visit led to which on the tour. The file's own (12, 17) is stitched to (16, 17).
const EDGES: [(i64, i64); 20] = [
    (2, 3),
    (3, 4),
    (4, 5),
    (6, 7),
    (7, 8),
    (8, 9),
    (9, 10),
    (12, 13),
    (12, 14),
    (14, 15),
    (15, 16),
    (16, 17),
    (12, 18),
    (12, 19),
    (19, 20),
    (20, 21),
    (21, 22),
    (29, 30),
    (30, 31),
    (31, 32),
];

#[test]
fn the_tour_has_every_visit_and_every_edge_and_no_other() {
    let history = read_all(Firefox, TOUR);
    assert_eq!(history.visits.len(), 32);
    assert_eq!(edges(&history), EDGES);
    assert_eq!((history.odd_rows, history.left_out), (0, false));
}

#[test]
fn a_download_is_stitched_to_its_redirects_and_a_direct_one_is_not() {
    let history = read_all(Firefox, TOUR);
    let by_id: ById<'_> = history
        .visits
        .iter()
        .map(|visit| (visit.id, visit))
        .collect();
    let [long, direct] = &history.downloads[..] else {
        panic!("{:?}", history.downloads)
    };
    let urls = |download| {
        to_download(download, &by_id)
            .into_iter()
            .map(|hop| hop.url)
            .collect::<Vec<_>>()
    };
    assert_eq!(
        urls(long),
        [
            "http://localhost:8765/opener",
            "http://localhost:8765/ad1",
            "http://127.0.0.1:8765/ad2",
            "http://tracker.localhost:8765/ad3",
            "http://evil.localhost:8765/payload.zip",
        ]
    );
    assert_eq!(
        urls(direct),
        [
            "http://localhost:8765/opener",
            "http://localhost:8765/direct.sh"
        ]
    );
    let path = long.path.as_deref().unwrap().file_name().unwrap();
    assert_eq!(
        (path.to_str(), long.state, long.size),
        (Some("free üpdate(1).zip"), State::Complete, Some(22))
    );
    let numbers: Vec<_> = to_visit(by_id[&17], &by_id)
        .iter()
        .filter_map(|hop| hop.visit)
        .collect();
    assert_eq!(numbers, [12, 14, 15, 16, 17]);
}

#[test]
fn a_window_brings_along_what_its_chains_need() {
    // After the redirects to the download and before the download itself.
    let history = read_since(Firefox, TOUR, Moment(1_795_461_850_259_000));
    let first = history.visits.iter().find(|visit| visit.in_window).unwrap();
    assert_eq!(first.id, 17);
    assert_eq!(history.downloads[0].hops.len(), 4);
    assert!(edges(&history).contains(&(12, 14)));
    assert!(!history.visits.iter().any(|visit| visit.id < 12));
}

#[test]
fn a_file_of_an_old_browser_without_newer_columns_is_read() {
    let sql = "
        CREATE TABLE moz_places(id INTEGER PRIMARY KEY, url LONGVARCHAR);
        CREATE TABLE moz_historyvisits(id INTEGER PRIMARY KEY, from_visit, place_id, visit_date, visit_type);
        INSERT INTO moz_places VALUES(1, 'http://a.example/'), (2, 'http://b.example/'), (3, NULL);
        INSERT INTO moz_historyvisits VALUES(1, 0, 1, 1600000000000000, 2), (2, 1, 2, 1600000000000001, 5),
            (3, 3, 2, 1600000000000002, 99), (4, 0, 3, 1600000000000003, 1);";
    let history = read_all(Firefox, sql);
    assert_eq!((history.visits.len(), history.odd_rows), (3, 1));
    assert_eq!(edges(&history), [(1, 2)]);
    assert_eq!(history.visits[1].redirect, Some(Redirect::Permanent));
}

#[test]
fn times_in_milliseconds_are_seen_to_be_that() {
    let sql = "
        CREATE TABLE moz_places(id INTEGER PRIMARY KEY, url LONGVARCHAR);
        CREATE TABLE moz_historyvisits(id INTEGER PRIMARY KEY, from_visit, place_id, visit_date, visit_type);
        INSERT INTO moz_places VALUES(1, 'http://a.example/');
        INSERT INTO moz_historyvisits VALUES(1, 0, 1, 1600000000000, 2), (2, 0, 1, 1500000000000, 2);";
    let history = read_since(Firefox, sql, Moment(1_599_999_999_000_000));
    let times: Vec<_> = history.visits.iter().map(|visit| visit.time).collect();
    assert_eq!(times, [Moment(1_600_000_000_000_000)]);
}

#[test]
fn a_redirect_that_ended_in_a_page_belongs_to_no_download() {
    // The last redirect got a title: it is a page somebody saw.
    let sql = format!("{TOUR} UPDATE moz_places SET title = 'seen' WHERE id = 20;");
    let history = read_all(Firefox, &sql);
    assert!(edges(&history).contains(&(12, 17)));
    assert_eq!(history.downloads[0].hops.len(), 1);
    // It was more than five seconds earlier.
    let sql = format!(
        "{TOUR} UPDATE moz_historyvisits SET visit_date = visit_date + 5000000 WHERE id = 17;
        DELETE FROM moz_historyvisits WHERE id = 18;"
    );
    assert_eq!(read_all(Firefox, &sql).downloads[0].hops.len(), 1);
}

#[test]
fn a_referrer_that_is_only_noted_is_used() {
    let sql = format!("{TOUR} UPDATE moz_historyvisits SET from_visit = 0 WHERE id = 13;");
    assert_eq!(edges(&read_all(Firefox, &sql)), EDGES);
}

#[test]
fn paths_come_out_of_their_escapes() {
    assert_eq!(
        path_of("file:///a%20b/%C3%BC%+f%"),
        Some("/a b/ü%+f%".into())
    );
    assert_eq!(path_of("http://a.example/"), None);
}

#[test]
fn the_browser_s_own_verdict_is_kept() {
    let mut said = Said::default();
    said.add(r#"{"state":8,"reputationCheckVerdict":"Malware","fileSize":7}"#);
    assert_eq!(
        (said.state, said.danger, said.size),
        (
            Some(State::Blocked),
            Some(Danger::DangerousContent),
            Some(7)
        )
    );
    said.add("not json");
    assert_eq!(said.size, Some(7));
}
