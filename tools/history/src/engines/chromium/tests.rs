use knowledge::browsers::Engine::Chromium;

use super::{codes::danger, *};
use crate::{
    chain::{ById, to_download, to_visit},
    engines::made::{edges, read_all, read_since},
    visit::{Danger, How, Redirect, Source, State},
};

const TOUR: &str = include_str!("../../../tests/data/chromium.sql");

/// Which visit led to which on the tour: redirects, scripts, a frame, a new tab, a link.
const EDGES: [(i64, i64); 13] = [
    (2, 3),
    (3, 4),
    (4, 5),
    (6, 7),
    (7, 8),
    (8, 9),
    (9, 10),
    (11, 12),
    (13, 14),
    (13, 15),
    (15, 16),
    (16, 17),
    (17, 18),
];

#[test]
fn the_tour_has_every_visit_and_every_edge_and_no_other() {
    let history = read_all(Chromium, TOUR);
    assert_eq!(history.visits.len(), 25);
    assert_eq!(edges(&history), EDGES);
    assert_eq!((history.odd_rows, history.left_out), (0, false));
}

#[test]
fn a_download_begins_at_its_page_and_goes_through_each_redirect() {
    let history = read_all(Chromium, TOUR);
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
    assert_eq!(long.page, From::Visit(13));
    assert_eq!(
        long.path.as_deref().unwrap().file_name().unwrap(),
        "free üpdate.zip"
    );
    assert_eq!(
        (long.state, long.danger, long.size),
        (State::Complete, Danger::NotJudged, Some(22))
    );
    assert_eq!(direct.mime.as_deref(), Some("application/x-sh"));
}

#[test]
fn visits_say_how_they_came_about() {
    let history = read_all(Chromium, TOUR);
    let how = |id: i64| {
        let visit = history.visits.iter().find(|visit| visit.id == id).unwrap();
        (visit.how, visit.redirect)
    };
    assert_eq!(how(1), (How::Typed, None));
    assert_eq!(how(2), (How::Link, None));
    assert_eq!(how(5), (How::Link, Some(Redirect::Server)));
    assert_eq!(how(7), (How::Link, Some(Redirect::Client)));
    assert_eq!(how(12), (How::FrameLink, None));
    assert_eq!(how(19), (How::BackForward, None));
    assert_eq!(how(21), (How::Search, None));
    assert_eq!(how(23), (How::Reload, None));
    let missing = history.visits.iter().find(|visit| visit.id == 20).unwrap();
    assert_eq!((missing.hidden, missing.response), (true, Some(404)));
}

#[test]
fn a_link_in_a_frame_goes_through_the_frame() {
    let history = read_all(Chromium, TOUR);
    let by_id: ById<'_> = history
        .visits
        .iter()
        .map(|visit| (visit.id, visit))
        .collect();
    let urls: Vec<_> = to_visit(by_id[&12], &by_id)
        .into_iter()
        .map(|hop| hop.url)
        .collect();
    assert_eq!(
        urls,
        [
            "http://localhost:8765/frames",
            "http://localhost:8765/framed",
            "http://localhost:8765/framed2"
        ]
    );
}

#[test]
fn a_window_brings_along_what_its_chains_need_and_no_more() {
    // Between the visits 17 and 18, which have one time; so from the visit after 14.
    let since = Moment(13_439_934_720_000_000 - EPOCH);
    let history = read_since(Chromium, TOUR, since);
    let inside: Vec<_> = history
        .visits
        .iter()
        .filter(|visit| visit.in_window)
        .map(|v| v.id)
        .collect();
    let before: Vec<_> = history
        .visits
        .iter()
        .filter(|visit| !visit.in_window)
        .map(|v| v.id)
        .collect();
    assert_eq!(inside, (15..=25).collect::<Vec<_>>());
    assert_eq!(before, [13]);
    assert_eq!(history.downloads.len(), 2);
}

const OLD: &str = "
    CREATE TABLE urls(id INTEGER PRIMARY KEY, url LONGVARCHAR, title LONGVARCHAR);
    CREATE TABLE visits(id INTEGER PRIMARY KEY, url INTEGER NOT NULL, visit_time INTEGER NOT NULL,
                        from_visit INTEGER, transition INTEGER DEFAULT 0 NOT NULL);
    INSERT INTO urls VALUES(1, 'http://a.example/', 'A'), (2, 'http://b.example/', 'B');";

#[test]
fn a_file_of_an_old_browser_without_newer_columns_and_indexes_is_read() {
    let sql = format!(
        "{OLD} INSERT INTO visits VALUES(1, 1, 13000000000000000, 0, 1), (2, 2, 13000000000000001, 1, 0);"
    );
    let history = read_all(Chromium, &sql);
    assert_eq!((history.visits.len(), edges(&history)), (2, vec![(1, 2)]));
    assert!(history.downloads.is_empty());
}

#[test]
fn rows_that_are_no_visits_are_left_out_and_counted() {
    let sql = "
        CREATE TABLE urls(id INTEGER PRIMARY KEY, url, title);
        CREATE TABLE visits(id INTEGER PRIMARY KEY, url, visit_time, from_visit, transition);
        INSERT INTO urls VALUES(1, 'http://a.example/', 'A'), (2, NULL, ''), (3, x'68747470ff', '');
        INSERT INTO visits VALUES
            (1, 1, 13000000000000000, 'x', x'00'), (2, 2, 13000000000000000, 0, 0),
            (3, 99, 13000000000000000, 0, 0), (4, 1, 'yesterday', 0, 0),
            (5, 3, 13000000000000000, -4, -2013265920), (6, 1, 9223372036854775807, 6, 0);";
    let history = read_all(Chromium, sql);
    assert_eq!(history.odd_rows, 3);
    let ids: Vec<_> = history.visits.iter().map(|visit| visit.id).collect();
    assert_eq!(ids, [1, 5, 6]);
    assert_eq!(history.visits[1].redirect, Some(Redirect::Server));
    assert_eq!(history.visits[1].url.text, "http\u{fffd}");
}

#[test]
fn a_file_with_other_tables_is_an_error_not_an_empty_history() {
    let (_folder, path) = crate::engines::made::database("CREATE TABLE x(y)");
    assert!(crate::engines::read(Chromium, &path, Moment(0)).is_err());
}

#[test]
fn an_address_longer_than_is_kept_is_cut() {
    let long = format!("http://a.example/{}", "ä".repeat(LONGEST_URL));
    let sql = format!(
        "{OLD} INSERT INTO urls VALUES(3, '{long}', ''); INSERT INTO visits VALUES(1, 3, 13000000000000000, 0, 1);"
    );
    let url = &read_all(Chromium, &sql).visits[0].url;
    assert!(url.cut && url.text.len() <= LONGEST_URL && url.text.len() > LONGEST_URL - 4);
}

#[test]
fn visits_of_other_devices_are_marked() {
    let sql = format!(
        "{TOUR} UPDATE visits SET originator_cache_guid = 'x' WHERE id = 1;
        INSERT INTO visit_source VALUES(2, 0), (3, 2), (4, 5), (5, 77);"
    );
    let history = read_all(Chromium, &sql);
    let sources: Vec<_> = history.visits[..6]
        .iter()
        .map(|visit| visit.source)
        .collect();
    use Source::{Extension, Here, Imported, Other, OtherDevice};
    assert_eq!(
        sources,
        [OtherDevice, OtherDevice, Extension, Imported, Other, Here]
    );
}

#[test]
fn a_site_that_hides_its_page_is_named_but_not_guessed() {
    // The front page was visited, but the link was on another page of that site.
    let sql = "
        CREATE TABLE urls(id INTEGER PRIMARY KEY, url, title);
        CREATE TABLE visits(id INTEGER PRIMARY KEY, url, visit_time, from_visit, transition, opener_visit, external_referrer_url);
        INSERT INTO urls VALUES(1, 'https://news.example/', ''), (2, 'https://shop.example/x', ''), (3, 'https://news.example/y', '');
        INSERT INTO visits VALUES
            (1, 1, 13000000000000000, 0, 1, 0, NULL),
            (2, 2, 13000000000000001, 0, 0, 0, 'https://news.example/'),
            (3, 3, 13000000000000002, 0, 0, 0, 'https://news.example/'),
            (4, 2, 13000000000000003, 0, 0, 3, '');";
    let history = read_all(Chromium, sql);
    let from: Vec<_> = history
        .visits
        .iter()
        .map(|visit| visit.from.clone())
        .collect();
    let page = From::Page("https://news.example/".into());
    assert_eq!(from, [From::Nowhere, page, From::Visit(1), From::Visit(3)]);
}

#[test]
fn the_newest_visit_of_a_page_before_a_new_tab_is_its_page() {
    let sql = "
        CREATE TABLE urls(id INTEGER PRIMARY KEY, url, title);
        CREATE TABLE visits(id INTEGER PRIMARY KEY, url, visit_time, from_visit, transition, external_referrer_url);
        CREATE INDEX urls_url_index ON urls (url);
        CREATE INDEX visits_url_index ON visits (url);
        INSERT INTO urls VALUES(1, 'https://a.example/page', ''), (2, 'https://b.example/x', ''), (3, 'https://c.example/start', '');
        INSERT INTO visits VALUES
            (1, 1, 13000000000000000, 0, 1, NULL), (2, 3, 13000000000000010, 0, 1, NULL),
            (3, 1, 13000000000000020, 0, 0, 'https://c.example/start'), (4, 2, 13000000000000030, 1, 0, NULL),
            (5, 2, 13000000000000040, 0, 0, 'https://a.example/page'), (6, 1, 13000000000000050, 0, 1, NULL),
            (7, 2, 13000000000000060, 0, 0, 'https://a.example/page');";
    let expected = [(2, 3), (1, 4), (3, 5), (6, 7)];
    assert_eq!(edges(&read_all(Chromium, sql)), expected);
    // Pages before the window are asked for one by one: an older visit of the same page, read for
    // another chain, is not taken for the newest; and the way goes on behind it.
    let since = Moment(13_000_000_000_000_030 - EPOCH);
    let history = read_since(Chromium, sql, since);
    assert_eq!(edges(&history), expected);
    assert_eq!(
        history
            .visits
            .iter()
            .filter(|visit| visit.in_window)
            .count(),
        4
    );
}

#[test]
fn danger_types_have_words() {
    for (number, expected) in [
        (0, Danger::None),
        (2, Danger::DangerousUrl),
        (3, Danger::DangerousContent),
        (4, Danger::NotJudged),
        (6, Danger::KeptDespiteWarning),
        (7, Danger::DangerousHost),
        (8, Danger::Unwanted),
        (15, Danger::None),
        (16, Danger::OpenedDespiteWarning),
        (19, Danger::AccountCompromise),
        (99, Danger::None),
    ] {
        assert_eq!(danger(Some(number)), expected, "{number}");
    }
}
