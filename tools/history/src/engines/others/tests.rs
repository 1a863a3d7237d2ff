use knowledge::browsers::Engine::{Epiphany, Falkon, Qutebrowser};

use super::*;
use crate::engines::made::{edges, read_since};

const SINCE: Moment = Moment(1_600_000_000_000_000);

#[test]
fn qutebrowser_counts_seconds() {
    let sql = "CREATE TABLE History(url NOT NULL, title NOT NULL, atime NOT NULL, redirect NOT NULL);
        INSERT INTO History VALUES('http://a.example/', '', 1600000001, 1), ('http://b.example/', '', 1500000000, 0),
            ('http://c.example/', '', 'x', 0);";
    let history = read_since(Qutebrowser, sql, SINCE);
    assert_eq!((history.visits.len(), history.odd_rows), (1, 1));
    assert_eq!(
        (history.visits[0].time, history.visits[0].hidden),
        (Moment(1_600_000_001_000_000), true)
    );
}

#[test]
fn gnome_web_counts_seconds_or_microseconds() {
    let sql = |scale: i64| {
        format!(
            "CREATE TABLE urls(id INTEGER PRIMARY KEY, url TEXT);
             CREATE TABLE visits(id INTEGER PRIMARY KEY, url INTEGER, visit_time INTEGER, visit_type INTEGER, referring_visit INTEGER);
             INSERT INTO urls VALUES(1, 'http://a.example/');
             INSERT INTO visits VALUES(1, 1, {}, 2, -1), (2, 1, {}, 6, 1);",
            1_600_000_001 * scale,
            1_600_000_002 * scale,
        )
    };
    for scale in [1, 1_000_000] {
        let history = read_since(Epiphany, &sql(scale), SINCE);
        assert_eq!(
            history.visits[0].time,
            Moment(1_600_000_001_000_000),
            "{scale}"
        );
        assert_eq!(
            (edges(&history), history.visits[1].how),
            (vec![(1, 2)], How::Form)
        );
    }
}

#[test]
fn falkon_counts_milliseconds() {
    let sql = "CREATE TABLE history(id INTEGER PRIMARY KEY, date NUMERIC, title TEXT, url TEXT, count INTEGER);
        INSERT INTO history VALUES(1, 1600000001000, '', 'http://a.example/', 3), (2, 1500000000000, '', 'x', 1);";
    let history = read_since(Falkon, sql, SINCE);
    assert_eq!(history.visits.len(), 1);
    assert_eq!(history.visits[0].time, Moment(1_600_000_001_000_000));
}
