use knowledge::browsers::Engine::Safari;

use super::*;
use crate::engines::made::{edges, read_all, read_since};

const OLD: &str = "
    CREATE TABLE history_items(id INTEGER PRIMARY KEY, url TEXT NOT NULL UNIQUE, visit_count INTEGER);
    CREATE TABLE history_visits(id INTEGER PRIMARY KEY, history_item INTEGER, visit_time REAL, title TEXT,
        load_successful BOOLEAN DEFAULT 1, redirect_source INTEGER UNIQUE, redirect_destination INTEGER UNIQUE,
        origin INTEGER DEFAULT 0);
    INSERT INTO history_items VALUES(1, 'http://a.example/', 1), (2, 'http://b.example/', 1), (3, 'http://c.example/', 1);
    INSERT INTO history_visits VALUES
        (1, 1, 677386043.5, 'A', 1, NULL, 2, 0), (2, 2, 677386044.25, 'B', 1, 1, NULL, 0),
        (3, 1, 677386050, '', 1, NULL, 4, 0), (4, 3, 677386051, '', 0, NULL, NULL, 1),
        (5, 3, 'noon', '', 1, NULL, NULL, 0);";

#[test]
fn redirects_are_found_from_either_side() {
    let history = read_all(Safari, OLD);
    assert_eq!((history.visits.len(), history.odd_rows), (4, 1));
    assert_eq!(edges(&history), [(1, 2), (3, 4)]);
    assert_eq!(history.visits[0].time, Moment(1_655_693_243_500_000));
    let last = &history.visits[3];
    assert_eq!((last.source, last.hidden), (Source::OtherDevice, true));
}

#[test]
fn what_redirected_into_the_window_is_brought_along() {
    let history = read_since(Safari, OLD, Moment(1_655_693_244_000_000));
    assert_eq!(edges(&history), [(1, 2), (3, 4)]);
    assert!(!history.visits[0].in_window);
}

#[test]
fn the_newer_form_has_the_server_s_answer() {
    let sql =
        format!("{OLD} ALTER TABLE history_items ADD COLUMN status_code INTEGER DEFAULT 404;");
    assert_eq!(read_all(Safari, &sql).visits[0].response, Some(404));
}

#[test]
fn downloads_are_split_by_profile_and_window() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("Downloads.plist");
    let entry = |url: &str, date: &str, profile: &str| {
        format!(
            "<dict><key>DownloadEntryURL</key><string>{url}</string>\
             <key>DownloadEntryPath</key><string>~/Downloads/x.dmg</string>\
             <key>DownloadEntryDateAddedKey</key><date>{date}</date>\
             <key>DownloadEntryDateFinishedKey</key><date>{date}</date>\
             <key>DownloadEntryProgressTotalToLoad</key><integer>7</integer>\
             <key>DownloadEntryProgressBytesSoFar</key><integer>7</integer>\
             <key>DownloadEntryProfileUUIDStringKey</key><string>{profile}</string></dict>"
        )
    };
    let entries = [
        entry(
            "http://a.example/x.dmg",
            "2026-11-23T10:00:00Z",
            "DefaultProfile",
        ),
        entry(
            "http://b.example/y.dmg",
            "2026-11-23T11:00:00Z",
            "AAAA-BBBB",
        ),
        entry(
            "http://c.example/z.dmg",
            "2020-01-01T00:00:00Z",
            "DefaultProfile",
        ),
    ];
    let text = format!(
        "<?xml version=\"1.0\"?><plist version=\"1.0\"><dict><key>DownloadHistory</key><array>{}</array></dict></plist>",
        entries.concat()
    );
    std::fs::write(&path, text).unwrap();
    let found = downloads(&path, Moment(1_790_000_000_000_000)).unwrap();
    let owners: Vec<_> = found.iter().map(|(owner, _)| owner.as_deref()).collect();
    assert_eq!(owners, [None, Some("AAAA-BBBB")]);
    let (_, first) = &found[0];
    assert_eq!((first.state, first.size), (State::Complete, Some(7)));
    assert_eq!(first.hops[0].text, "http://a.example/x.dmg");
}

#[test]
fn named_profiles_have_names() {
    let (_folder, path) = crate::engines::made::database(
        "CREATE TABLE bookmarks(id INTEGER PRIMARY KEY, subtype, external_uuid, title);
         INSERT INTO bookmarks VALUES(1, 2, 'DefaultProfile', ''), (2, 2, 'AAAA', 'Work'), (3, 0, 'x', 'y');",
    );
    assert_eq!(
        profile_names(&path).unwrap(),
        HashMap::from([("AAAA".into(), "Work".into())])
    );
}
