//! A report with something of everything in it, for tests: also names that would do harm.

use std::{ffi::OsString, os::unix::ffi::OsStringExt as _, time::Duration};

use serde_json::json;
use tool::{
    Bar, Block, Bytes, Cell, Days, Finding, Level, Moment, Outcome, PathText, Section, Skipped,
    Table, Tile, Why,
};

use crate::{Confinement, Machine, Report};

pub(crate) const NOW: Moment = Moment(1_795_466_936_000_000);
pub(crate) const HOSTILE: &str = "<script>alert('x')</script>\u{1b}[31m\u{202e}\"&\u{9b}2J";

/// Returns a checkup of all tools.
pub(crate) fn checkup() -> Report {
    report(
        "checkup",
        vec![map(), junk(), dupes(), history(), battery()],
    )
}

/// Returns the report of one tool.
pub(crate) fn single(command: &str, outcome: Outcome) -> Report {
    report(command, vec![outcome])
}

/// Returns a checkup that found nothing and skipped nothing.
pub(crate) fn empty() -> Report {
    let section = Section {
        title: "Duplicates".into(),
        ..Section::default()
    };
    report(
        "checkup",
        vec![Outcome::new("dupes", &json!({"groups": []}), section)],
    )
}

/// Returns a report as the text that programs get.
pub(crate) fn json_text(report: &Report) -> String {
    let mut text = Vec::new();
    crate::json(report, &mut text).unwrap();
    String::from_utf8(text).unwrap()
}

fn report(command: &str, outcomes: Vec<Outcome>) -> Report {
    Report {
        command: command.to_owned(),
        version: "0.1.0".to_owned(),
        machine: Machine {
            platform: "linux".to_owned(),
            root: "/".into(),
            home: Some("/home/ada".into()),
            live: true,
        },
        made: NOW,
        took: Duration::from_millis(4_290),
        outcomes,
        confinement: Confinement {
            in_force: true,
            words: "Landlock (ABI 6) and seccomp".to_owned(),
        },
        left: crate::LEFT_THE_MACHINE,
    }
}

fn at(path: &str) -> PathText {
    PathText(format!("/home/ada/{path}").into())
}

fn text(words: &str) -> Cell {
    Cell::Text(words.to_owned())
}

fn tile(path: &str, mib: u64, inside: Vec<Tile>) -> Tile {
    Tile {
        label: at(path),
        bytes: Bytes(mib << 20),
        inside,
    }
}

pub(crate) fn map() -> Outcome {
    let videos = [
        "2017",
        "2018",
        "2019 summer on the island with everybody",
        "2020",
    ];
    let videos = videos.iter().zip([2900, 1800, 900, 410]);
    let videos = videos
        .map(|(name, mib)| tile(&format!("Videos/{name}"), mib, vec![]))
        .collect();
    let code = vec![
        tile(
            "code/target",
            3100,
            vec![
                tile("code/target/debug", 2500, vec![]),
                tile("code/target/release", 500, vec![]),
            ],
        ),
        tile("code/node_modules", 720, vec![]),
    ];
    let mut inside = vec![
        tile("Videos", 6400, videos),
        tile("code", 4100, code),
        tile(
            ".cache",
            2100,
            vec![
                tile(".cache/chromium", 1200, vec![]),
                tile(".cache/thumbnails", 610, vec![]),
            ],
        ),
        tile("Pictures", 1900, vec![tile("Pictures/写真", 1500, vec![])]),
        tile("Downloads", 800, vec![]),
        tile(HOSTILE, 300, vec![]),
    ];
    inside.extend((0..14).map(|n| tile(&format!("small-{n:02}"), 60 - n * 4, vec![])));
    let root = Tile {
        label: PathText("/home/ada".into()),
        bytes: Bytes(17_000 << 20),
        inside,
    };
    let largest = Table {
        title: "Largest files".into(),
        columns: ["File", "Size", "Frees", "Last changed"]
            .map(String::from)
            .into(),
        rows: vec![
            vec![
                Cell::Path(at(
                    "Videos/2019 summer on the island with everybody/MVI_0042 the long evening.mov",
                )),
                Cell::Bytes(Bytes(903 << 20)),
                Cell::Bytes(Bytes(903 << 20)),
                Cell::Moment(Moment(1_567_333_800_000_000)),
            ],
            vec![
                Cell::Path(PathText(
                    OsString::from_vec(b"/home/ada/Downloads/b\xff\xfe.iso".to_vec()).into(),
                )),
                Cell::Bytes(Bytes(700 << 20)),
                Cell::Bytes(Bytes(0)),
                Cell::Moment(Moment(1_767_333_800_000_000)),
            ],
        ],
        more: 184,
    };
    let section = Section {
        title: "Disk map".into(),
        summary: vec!["203,411 files in 18,204 folders take 16.6 GiB; deleting all of them would free 16.1 GiB.".into()],
        blocks: vec![Block::Treemap { title: "Largest folders".into(), root }, Block::Table(largest)],
        notes: vec!["“Frees” leaves out what other files share: hard links, reflinks, holes.".into()],
    };
    let mut outcome = Outcome::new(
        "map",
        &json!({"files": 203_411, "folders": 18_204}),
        section,
    );
    outcome.skipped = (1..=7)
        .map(|n| Skipped::new(at(&format!("secret/{n}")).0, Why::Denied))
        .collect();
    outcome
}

pub(crate) fn junk() -> Outcome {
    let bar = |label: &str, share, shown: &str| Bar {
        label: label.into(),
        share,
        shown: shown.into(),
    };
    let section = Section {
        title: "Junk".into(),
        summary: vec!["1.8 GiB in 2 kinds. Nothing is removed by this preview.".into()],
        blocks: vec![Block::Bars {
            title: "By kind".into(),
            bars: vec![
                bar("Chromium's cache", 0.66, "1.2 GiB, 66 %"),
                bar("Thumbnails of deleted pictures", 0.34, "610.0 MiB, 34 %"),
                bar("Broken", f64::NAN, "unknown"),
            ],
        }],
        notes: vec![],
    };
    let mut outcome = Outcome::new(
        "clean",
        &json!({"kinds": [], "bytes": 1_932_735_283_u64}),
        section,
    );
    outcome.findings = vec![
        Finding {
            rule: "clean.chromium-cache".into(),
            level: Level::Note,
            subject: "Chromium's cache".into(),
            place: Some(at(".cache/chromium/Default/Cache")),
            bytes: Some(Bytes(1200 << 20)),
            evidence: "12,031 files that Chromium makes again when it needs them.".into(),
            advice: "Removing it frees the space; pages load slower once.".into(),
        },
        Finding {
            rule: "clean.thumbnails".into(),
            level: Level::Look,
            subject: "Thumbnails of pictures that are gone".into(),
            place: Some(at(".cache/thumbnails")),
            bytes: Some(Bytes(610 << 20)),
            evidence:
                "8,120 small pictures whose originals no longer exist, the oldest 1,204 days old."
                    .into(),
            advice: "Remove them. File managers make new ones for pictures that exist.".into(),
        },
    ];
    outcome.skipped = vec![Skipped::new(at("secret/1").0, Why::Denied)];
    outcome
}

pub(crate) fn dupes() -> Outcome {
    let group = |mib: u64, paths: &[&str]| {
        let frees = (paths.len() as u64 - 1) * mib;
        let paths = paths.iter().map(|path| Cell::Path(at(path))).collect();
        vec![
            Cell::Bytes(Bytes(mib << 20)),
            Cell::Bytes(Bytes(frees << 20)),
            Cell::Lines(paths),
        ]
    };
    let table = Table {
        title: "Groups of equal files".into(),
        columns: ["Size", "Frees", "Files"].map(String::from).into(),
        rows: vec![
            group(
                903,
                &[
                    "Videos/2019/MVI_0042.mov",
                    "Downloads/MVI_0042 (1).mov",
                    "Downloads/MVI_0042.mov",
                ],
            ),
            group(4, &["Pictures/写真/桜.jpg", HOSTILE]),
        ],
        more: 38,
    };
    let section = Section {
        title: "Duplicates".into(),
        summary: vec!["40 groups of equal files. Keeping one of each frees 2.4 GiB.".into()],
        blocks: vec![Block::Table(table)],
        notes: vec![],
    };
    let data = json!({
        "groups": [{"size": 946_864_128_u64, "paths": ["/home/ada/a", "/home/ada/b"], "frees": 946_864_128_u64}],
        "files_compared": 2, "bytes_read": 4096, "frees_total": 946_864_128_u64,
    });
    Outcome::new("dupes", &data, section)
}

pub(crate) fn history() -> Outcome {
    let time = |seconds: i64| Cell::Moment(Moment(NOW.0 - seconds * 1_000_000));
    let chain = Cell::Lines(vec![
        text("typed: https://shop.example/sale"),
        text("link: https://ads.example/click?id=91823"),
        text(
            "302: https://tracker.example/r?to=https%3A%2F%2Fevil.example%2Fpayload.zip&session=8f14e45fceea167a5a36dedd4bea2543",
        ),
        Cell::Verdict(Level::Act, "https://evil.example/payload.zip".into()),
    ]);
    let visits = Table {
        title: "Visits and downloads of the last 24 hours".into(),
        columns: ["Time", "Browser", "Verdict", "Redirect chain"]
            .map(String::from)
            .into(),
        rows: vec![
            vec![
                time(60),
                text("Chromium, Default"),
                Cell::Verdict(Level::Act, "on “Starter” since 2026-10-02".into()),
                chain,
            ],
            vec![
                time(4_000),
                text("Firefox, default-esr"),
                Cell::Verdict(Level::Note, "not on any of 3 lists dated 2026-11-20".into()),
                Cell::Lines(vec![text(&format!("link: https://host.example/{HOSTILE}"))]),
            ],
        ],
        more: 0,
    };
    let section = Section {
        title: "Browsers".into(),
        summary: vec!["2 browsers with 2 profiles. 61 visits and 2 downloads in the last 24 hours; 1 of them is on a list.".into()],
        blocks: vec![Block::Table(visits)],
        notes: vec!["Private windows leave no history. The newest 10 seconds may not be written yet.".into()],
    };
    let mut outcome = Outcome::new("history", &json!({"visits": [], "downloads": []}), section);
    outcome.findings = vec![Finding {
        rule: "history.listed-host".into(),
        level: Level::Act,
        subject: "A download from evil.example".into(),
        place: Some(at("Downloads/payload.zip")),
        bytes: Some(Bytes(18_000)),
        evidence: "evil.example is on “Starter” since 2026-10-02. It was reached by 2 redirects from shop.example.".into(),
        advice: "Do not open the file. Move it to the trash.".into(),
    }];
    let detail = "the header is not SQLite's".to_owned();
    outcome.skipped = vec![
        Skipped::new(
            at(".config/vivaldi/Default/History").0,
            Why::Damaged { detail },
        ),
        Skipped::new(
            at(HOSTILE).0,
            Why::Failed {
                detail: "Input/output error (os error 5)".into(),
            },
        ),
    ];
    outcome
}

pub(crate) fn battery() -> Outcome {
    let table = Table {
        title: "Where the figures come from".into(),
        columns: ["What", "Value", "Age", "Read from"]
            .map(String::from)
            .into(),
        rows: vec![
            vec![
                text("Full"),
                text("50.1 Wh"),
                Cell::Days(Days(1)),
                Cell::Path(PathText("/sys/class/power_supply/BAT0/energy_full".into())),
            ],
            vec![
                text("Cycles"),
                text("not reported"),
                Cell::Empty,
                Cell::Empty,
            ],
        ],
        more: 0,
    };
    let bars = vec![
        Bar {
            label: "Charge".into(),
            share: 0.988,
            shown: "49.5 of 50.1 Wh".into(),
        },
        Bar {
            label: "Health".into(),
            share: 1.0535,
            shown: "105 % of 47.5 Wh as designed".into(),
        },
    ];
    let section = Section {
        title: "Battery".into(),
        summary: vec!["99 % charged, charging. It holds 105 % of what it was designed for.".into()],
        blocks: vec![
            Block::Bars {
                title: "Charge and health".into(),
                bars,
            },
            Block::Table(table),
        ],
        notes: vec![],
    };
    Outcome::new("battery", &json!({"batteries": []}), section)
}
