//! Real browser profiles in every state, against the rows an independent reading found in them.
//!
//! The recordings are not part of the repository: `CANDOR_SHARED` names the folder that holds
//! `data/browser-profiles.tar.zst`.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use candor_formats::{
    local_state, plist,
    sqlite::{self, ReadCost, rusqlite::types::ValueRef},
};
use tempfile::TempDir;

use crate::made::{beside, integrity};

const CHROMIUM_VISITS: &str = "
    select visits.id, visit_time, urls.url, urls.hidden, from_visit, opener_visit,
           external_referrer_url, printf('%08x', transition & 0xffffffff), visited_link_id,
           visited_links.top_level_url, context_annotations.response_code
    from visits
    join urls on urls.id = visits.url
    left join visited_links on visited_links.id = visits.visited_link_id
    left join context_annotations on context_annotations.visit_id = visits.id
    order by visits.id";

const CHROMIUM_DOWNLOADS: &str = "
    select id, target_path, tab_url, referrer, state, danger_type, total_bytes, mime_type,
           (select group_concat(url, ' -> ' order by chain_index) from downloads_url_chains as link
            where link.id = downloads.id)
    from downloads order by id";

const FIREFOX_VISITS: &str = "
    select visit.id, visit_date, url, hidden, from_visit, visit_type
    from moz_historyvisits as visit join moz_places as place on place.id = visit.place_id
    order by visit.id";

const FIREFOX_DOWNLOADS: &str = "
    select url, name, content from moz_annos as note
    join moz_anno_attributes as attribute on attribute.id = note.anno_attribute_id
    join moz_places as place on place.id = note.place_id
    where name like 'downloads/%' order by note.id";

/// Folder, file, name of the expected rows, visits, downloads.
const STATES: [(&str, &str, &str, usize, usize); 8] = [
    ("chromium/running", "History", "chromium-running", 25, 2),
    ("chromium/closed", "History", "chromium-closed", 25, 2),
    (
        "chromium_wal/running",
        "History",
        "chromium_wal-running",
        20,
        2,
    ),
    (
        "chromium_wal/closed",
        "History",
        "chromium_wal-closed",
        25,
        2,
    ),
    (
        "firefox/running_early",
        "places.sqlite",
        "firefox-running_early",
        1,
        0,
    ),
    ("firefox/running", "places.sqlite", "firefox-running", 27, 4),
    ("firefox/closed", "places.sqlite", "firefox-closed", 27, 4),
    ("firefox/killed", "places.sqlite", "firefox-killed", 32, 4),
];

/// File, query that counts the visits, visits.
const FOREIGN: [(&str, &str, i64); 10] = [
    ("browserexport/chrome.sqlite", "visits", 6),
    ("browserexport/brave.sqlite", "visits", 2),
    ("browserexport/vivaldi.sqlite", "visits", 3),
    ("browserexport/firefox.sqlite", "moz_historyvisits", 4),
    ("browserexport/waterfox.sqlite", "moz_historyvisits", 2),
    ("browserexport/palemoon.sqlite", "moz_historyvisits", 8),
    (
        "browserexport/firefox_mobile.sqlite",
        "moz_historyvisits",
        5,
    ),
    ("browserexport/safari.sqlite", "history_visits", 3),
    ("browserexport/qutebrowser.sqlite", "History", 2),
    ("artemis/History.db", "history_visits", 42),
];

#[test]
fn every_state_gives_the_expected_rows() {
    let Some((_home, profiles)) = recordings() else {
        return;
    };
    for (folder, file, name, visits, downloads) in STATES {
        let path = profiles.join(folder).join(file);
        let before = contents(&path);
        let (visits_sql, downloads_sql) = match file {
            "History" => (CHROMIUM_VISITS, CHROMIUM_DOWNLOADS),
            _ => (FIREFOX_VISITS, FIREFOX_DOWNLOADS),
        };
        let found = lines(&path, visits_sql);
        assert_eq!(found.0, expected(&profiles, name, "visits"), "{folder}");
        assert_eq!(found.0.len(), visits, "{folder}");
        println!("{folder}: {visits} visits, {:?}", found.1);

        let found = lines(&path, downloads_sql);
        assert_eq!(found.0.len(), downloads, "{folder}");
        assert_eq!(found.0, expected(&profiles, name, "downloads"), "{folder}");
        assert_eq!(contents(&path), before, "{folder}");
    }
}

#[test]
fn the_hot_journal_is_rolled_back() {
    let Some((_home, profiles)) = recordings() else {
        return;
    };
    let path = profiles.join("synthetic/hot.db");
    let (count, cost) = sqlite::read(&path, |connection| {
        assert_eq!(integrity(connection)?, "ok");
        connection.query_row("select count(*) from visits", [], |row| {
            row.get::<_, i64>(0)
        })
    })
    .unwrap();
    println!("hot journal: {count} rows, {cost:?}");
    assert_eq!(
        (count, cost.journal_pages, cost.pages_total * 4096),
        (3000, 216, 884_736)
    );
}

#[test]
fn the_files_of_others_are_read() {
    let Some((_home, profiles)) = recordings() else {
        return;
    };
    let others = profiles.join("third-party");
    for (file, table, visits) in FOREIGN {
        let (count, _) = sqlite::read(&others.join(file), |connection| {
            assert!(sqlite::tables(connection)?.has_table(table), "{file}");
            let count = format!("select count(*) from {table}");
            connection.query_row(&count, [], |row| row.get::<_, i64>(0))
        })
        .unwrap();
        assert_eq!(count, visits, "{file}");
    }
    let downloads = plist::read(&others.join("artemis/Downloads.plist")).unwrap();
    assert_eq!(downloads.len(), 3);
    assert!(
        downloads
            .iter()
            .all(|it| it.url.is_some() && it.path.is_some())
    );
    assert_eq!(downloads[0].added, Some(1_656_266_417_824_180));
    assert_eq!(downloads[0].bytes_promised, Some(63_055_607));

    let names = local_state::read(&profiles.join("chromium/closed/Local State")).unwrap();
    assert_eq!(
        names.get("Default").map(String::as_str),
        Some("Your Chromium")
    );
}

fn recordings() -> Option<(TempDir, PathBuf)> {
    let Some(shared) = std::env::var_os("CANDOR_SHARED") else {
        println!("not looked at: CANDOR_SHARED does not name the folder of the recordings");
        return None;
    };
    let home = tempfile::tempdir().unwrap();
    let archive = File::open(Path::new(&shared).join("data/browser-profiles.tar.zst")).unwrap();
    let mut zstd = Command::new("zstd")
        .arg("-dcq")
        .stdin(archive)
        .stdout(Stdio::piped())
        .spawn()
        .expect("zstd, to unpack the recordings");
    let tar = Command::new("tar")
        .args(["-x", "-C"])
        .arg(home.path())
        .stdin(zstd.stdout.take().expect("a pipe"))
        .status()
        .expect("tar, to unpack the recordings");
    assert!(zstd.wait().unwrap().success() && tar.success());
    let profiles = home.path().join("browser-profiles");
    Some((home, profiles))
}

fn contents(path: &Path) -> Vec<Option<Vec<u8>>> {
    ["", "-wal", "-journal", "-shm"]
        .map(|it| fs::read(beside(path, it)).ok())
        .to_vec()
}

fn expected(profiles: &Path, name: &str, kind: &str) -> Vec<String> {
    let text = fs::read_to_string(profiles.join(format!("expected/{name}.{kind}.tsv"))).unwrap();
    text.lines().skip(1).map(str::to_owned).collect()
}

/// Runs a query and writes each row as the expected ones are written.
fn lines(path: &Path, sql: &str) -> (Vec<String>, ReadCost) {
    sqlite::read(path, |connection| {
        assert_eq!(integrity(connection)?, "ok", "{}", path.display());
        let mut statement = connection.prepare(sql)?;
        let columns = statement.column_count();
        let mut rows = statement.query([])?;
        let mut lines = Vec::new();
        while let Some(row) = rows.next()? {
            let mut fields = Vec::new();
            for column in 0..columns {
                fields.push(match row.get_ref(column)? {
                    ValueRef::Null => String::new(),
                    ValueRef::Integer(number) => number.to_string(),
                    ValueRef::Real(number) => number.to_string(),
                    ValueRef::Text(bytes) | ValueRef::Blob(bytes) => {
                        String::from_utf8_lossy(bytes).into_owned()
                    }
                });
            }
            lines.push(fields.join("\t"));
        }
        Ok(lines)
    })
    .unwrap()
}
