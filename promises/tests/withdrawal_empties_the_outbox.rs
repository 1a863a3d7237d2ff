//! Promise: to withdraw empties the outbox at once, and has erased what was sent.

#![expect(clippy::unwrap_used, reason = "a test fails by it")]

use std::{fs, path::Path, process::Command};

use candor_promises::candor;
use consent::{Folder, Kind, Outbox, Time};
use serde_json::Value;

const OPERATOR: &str = include_str!("../../crates/declare/tests/declarations/operator.toml");
const NOW: &str = "2026-11-26T02:00:00Z";
const NOW_UNIX: i64 = 1_795_658_400;
/// On the list that the program is shipped with.
const LISTED: &str = "https://www.mobngft.com/shop?session=ada-lovelace";

fn run(home: &Path, words: &[&str]) -> Value {
    let output = Command::new(candor())
        .args(words)
        .args(["--json", "--now", NOW])
        .env_clear()
        .env("HOME", home)
        .current_dir(home)
        .output()
        .unwrap();
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {output:?}"))
}

/// A home whose person agreed, and whose check found a listed host.
fn agreed() -> (tempfile::TempDir, Folder) {
    let home = tempfile::tempdir().unwrap();
    let config = home.path().join(".config/candor");
    fs::create_dir_all(&config).unwrap();
    fs::write(config.join("operator.toml"), OPERATOR).unwrap();
    fixture::visited(home.path(), &[LISTED], NOW_UNIX - 3600);
    run(home.path(), &["consent", "give", "threat-sighting"]);
    run(home.path(), &["history"]);
    let folder = Folder::in_state(&home.path().join(".local/state"));
    assert!(holds(&folder, "mobngft.com"), "something waits");
    (home, folder)
}

/// Returns whether any file of the outbox and the ledger holds this text.
fn holds(folder: &Folder, text: &str) -> bool {
    let entries = fs::read_dir(folder.path()).unwrap();
    let mut files = entries.map(|entry| fs::read(entry.unwrap().path()).unwrap());
    files.any(|bytes| bytes.windows(text.len()).any(|it| it == text.as_bytes()))
}

#[test]
fn what_waits_is_gone_from_every_file() {
    let (home, folder) = agreed();
    let withdrawn = run(home.path(), &["consent", "withdraw", "threat-sighting"]);
    assert_eq!(withdrawn["emptied"], 1);
    assert_eq!(withdrawn["withdrawals"], 0, "nothing had left");
    assert!(!holds(&folder, "mobngft.com"));
    // Nothing new enters, and nothing can depart.
    run(home.path(), &["history"]);
    assert!(!holds(&folder, "mobngft.com"));
    let now = Time(NOW_UNIX.unsigned_abs());
    assert!(Outbox::open(&folder).unwrap().due(now).unwrap().is_empty());
}

#[test]
fn what_was_sent_is_withdrawn_at_the_operator_too() {
    let (home, folder) = agreed();
    run(home.path(), &["outbox", "show", "1"]);
    // The courier's steps, up to an acknowledged report.
    let now = Time(NOW_UNIX.unsigned_abs());
    let mut outbox = Outbox::open(&folder).unwrap();
    outbox.randomised(1, &[7; 64], now).unwrap();
    outbox
        .ready(1, b"REPORT-BYTES", b"the withdrawal secret", now)
        .unwrap();
    let parcel = outbox
        .add_parcel(1, Kind::Report, b"REPORT-BYTES", b"on the wire", now)
        .unwrap();
    outbox.departing(parcel, now).unwrap();
    outbox
        .acknowledged(1, b"leaf 1", now.plus(9 * 86_400))
        .unwrap();
    drop(outbox);

    let withdrawn = run(home.path(), &["consent", "withdraw", "threat-sighting"]);
    assert_eq!(
        (&withdrawn["emptied"], &withdrawn["withdrawals"]),
        (&1.into(), &1.into())
    );
    for gone in ["mobngft.com", "REPORT-BYTES", "on the wire", "leaf 1"] {
        assert!(!holds(&folder, gone), "{gone} is still there");
    }
    // What is left is the secret that has it erased there, until that is delivered.
    let mut outbox = Outbox::open(&folder).unwrap();
    let waiting = outbox.withdrawals(now).unwrap();
    assert_eq!(waiting.len(), 1);
    assert_eq!(waiting[0].secret, b"the withdrawal secret");
    outbox.withdrawal_delivered(waiting[0].id, now).unwrap();
    assert!(!holds(&folder, "the withdrawal secret"));
}
