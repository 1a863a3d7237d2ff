//! Real profiles of real browsers, running, closed and killed: every visit, every edge, no other.
//!
//! The recordings are large and not part of this repository; the same rows, made by hand, are
//! tested in `src/engines/`. Set `CANDOR_SHARED` to the folder that has `data/` to look at them.

#![allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use candor_history::{
    engines,
    visit::{From, History},
};
use knowledge::browsers::Engine;
use tool::Moment;

/// Edges of the tour with Chromium, and up to which visit they are there.
const CHROMIUM: [(i64, i64); 13] = [
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
/// The same with Firefox; (12, 17) is stitched to (16, 17).
const FIREFOX: [(i64, i64); 20] = [
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

fn recordings() -> Option<(tempfile::TempDir, PathBuf)> {
    let Some(shared) = std::env::var_os("CANDOR_SHARED") else {
        eprintln!("CANDOR_SHARED is not set: recorded profiles were not looked at");
        return None;
    };
    let archive = Path::new(&shared).join("data/browser-profiles.tar.zst");
    let folder = tempfile::tempdir().unwrap();
    let unpacked = Command::new("sh")
        .args(["-c", "zstd -dc \"$0\" | tar -x -C \"$1\""])
        .args([archive.as_os_str(), folder.path().as_os_str()])
        .status()
        .unwrap();
    assert!(unpacked.success(), "{}", archive.display());
    let root = folder.path().join("browser-profiles");
    Some((folder, root))
}

fn all(engine: Engine, path: &Path) -> History {
    let (history, cost) = engines::read(engine, path, Moment(i64::MIN)).unwrap();
    let edges = edges(&history).len();
    eprintln!(
        "{}: {} visits, {edges} edges, {} downloads, {} of {} pages, {} tries",
        path.display(),
        history.visits.len(),
        history.downloads.len(),
        cost.pages_read,
        cost.pages_total,
        cost.tries
    );
    assert_eq!(history.odd_rows, 0, "{}", path.display());
    history
}

fn edges(history: &History) -> Vec<(i64, i64)> {
    let mut edges: Vec<_> = history
        .visits
        .iter()
        .filter_map(|visit| match visit.from {
            From::Visit(from) => Some((from, visit.id)),
            _ => None,
        })
        .collect();
    edges.sort_by_key(|(_, to)| *to);
    edges
}

/// Rows of a table of expected values: number, time as the file has it, address.
fn expected(root: &Path, state: &str) -> Vec<(i64, i64, String)> {
    let text = std::fs::read_to_string(root.join(format!("expected/{state}.visits.tsv"))).unwrap();
    let row = |line: &str| {
        let cells: Vec<&str> = line.split('\t').collect();
        (
            cells[0].parse().unwrap(),
            cells[1].parse().unwrap(),
            cells[2].to_owned(),
        )
    };
    text.lines().skip(1).map(row).collect()
}

fn check(
    root: &Path,
    engine: Engine,
    state: &str,
    file: &str,
    epoch: i64,
    tour: &[(i64, i64)],
) -> History {
    let history = all(engine, &root.join(state).join(file));
    let mut seen: Vec<_> = history
        .visits
        .iter()
        .map(|visit| (visit.id, visit.time.0 + epoch, visit.url.text.clone()))
        .collect();
    seen.sort_unstable();
    let rows = expected(root, &state.replace('/', "-"));
    assert_eq!(seen, rows, "{state}");
    let last = rows.iter().map(|(id, ..)| *id).max().unwrap();
    let there: Vec<_> = tour.iter().copied().filter(|(_, to)| *to <= last).collect();
    assert_eq!(edges(&history), there, "{state}");
    history
}

#[test]
fn every_state_of_chromium_gives_every_visit_and_edge() {
    let Some((_folder, root)) = recordings() else {
        return;
    };
    for state in [
        "chromium/running",
        "chromium/closed",
        "chromium_wal/running",
        "chromium_wal/closed",
    ] {
        let history = check(
            &root,
            Engine::Chromium,
            state,
            "History",
            11_644_473_600_000_000,
            &CHROMIUM,
        );
        let downloads: Vec<_> = history
            .downloads
            .iter()
            .map(|d| (d.hops.len(), d.page.clone()))
            .collect();
        assert_eq!(
            downloads,
            [(4, From::Visit(13)), (1, From::Visit(13))],
            "{state}"
        );
    }
}

#[test]
fn every_state_of_firefox_gives_every_visit_and_edge() {
    let Some((_folder, root)) = recordings() else {
        return;
    };
    for state in [
        "firefox/running_early",
        "firefox/running",
        "firefox/closed",
        "firefox/killed",
    ] {
        let history = check(&root, Engine::Firefox, state, "places.sqlite", 0, &FIREFOX);
        let downloads: Vec<_> = history
            .downloads
            .iter()
            .map(|d| (d.hops.len(), d.page.clone()))
            .collect();
        let expected = match state {
            "firefox/running_early" => vec![],
            _ => vec![(4, From::Visit(12)), (1, From::Visit(12))],
        };
        assert_eq!(downloads, expected, "{state}");
    }
}

#[test]
fn files_of_older_browsers_give_all_their_visits() {
    let Some((_folder, root)) = recordings() else {
        return;
    };
    let folder = root.join("third-party/browserexport");
    for (engine, file, visits) in [
        (Engine::Chromium, "chrome", 6),
        (Engine::Chromium, "brave", 2),
        (Engine::Chromium, "vivaldi", 3),
        (Engine::Firefox, "firefox", 4),
        (Engine::Firefox, "waterfox", 2),
        (Engine::Firefox, "palemoon", 8),
        (Engine::Firefox, "firefox_mobile", 5),
        (Engine::Safari, "safari", 3),
        (Engine::Qutebrowser, "qutebrowser", 2),
    ] {
        let history = all(engine, &folder.join(format!("{file}.sqlite")));
        assert_eq!(history.visits.len(), visits, "{file}");
        let years = 1_262_304_000_000_000..1_798_761_600_000_000; // 2010 to 2026
        assert!(
            history
                .visits
                .iter()
                .all(|visit| years.contains(&visit.time.0)),
            "{file}"
        );
    }
    let safari = root.join("third-party/artemis");
    let history = all(Engine::Safari, &safari.join("History.db"));
    assert_eq!((history.visits.len(), edges(&history).len()), (42, 11));
    let downloads = engines::safari::downloads(&safari.join("Downloads.plist"), Moment(0)).unwrap();
    assert_eq!(downloads.len(), 3);
}
