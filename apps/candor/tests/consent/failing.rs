//! A command that fails names the thing and the way out, on stderr alone.

use std::{fs, os::unix::fs::PermissionsExt};

use crate::{Home, refused};

/// The contract of `--json`: a report as a whole, or nothing.
#[test]
fn a_command_that_fails_prints_no_json() {
    let home = Home::agreed();
    for words in [
        &["consent", "give", "other"][..],
        &["consent", "refuse", "other"],
        &["consent", "withdraw", "usage-count"],
        &["consent", "receipt", "usage-count"],
        &["consent", "ask"],
        &["outbox", "show", "7"],
        &["outbox", "drop", "7"],
        &["outbox", "proof", "1"],
    ] {
        let output = home.candor(&[words, &["--json"]].concat());
        refused(&output, "candor: ");
        assert!(output.stdout.is_empty(), "{words:?}: {output:?}");
    }
}

#[test]
fn a_failing_look_at_the_outbox_says_first_that_the_ledger_was_damaged() {
    let home = Home::agreed();
    fs::write(home.kept().join("ledger.jsonl"), "no event\n").unwrap();
    let output = home.candor(&["outbox", "show", "7"]);
    refused(&output, "ledger.damaged-");
    refused(&output, "there is no record 7");
}

#[test]
fn each_failure_names_its_thing_and_the_way_out() {
    let home = Home::agreed();
    let (ledger, outbox) = (
        home.kept().join("ledger.jsonl"),
        home.kept().join("outbox.db"),
    );
    home.without_outbox(|| {
        let output = home.candor(&["outbox"]);
        refused(&output, "the outbox cannot be used");
        refused(&output, "is no file, where Candor keeps one: move it away");
    });
    for (file, command, title) in [
        (&ledger, "consent", "the ledger of consents cannot be used"),
        (&outbox, "outbox", "the outbox cannot be used"),
    ] {
        fs::set_permissions(file, fs::Permissions::from_mode(0o644)).unwrap();
        let output = home.candor(&[command]);
        refused(&output, title);
        refused(&output, "run `chmod go=");
        fs::set_permissions(file, fs::Permissions::from_mode(0o600)).unwrap();
    }
    // One record of the outbox.
    let database = rusqlite::Connection::open(&outbox).unwrap();
    database
        .execute("UPDATE records SET state = 'lost'", [])
        .unwrap();
    let output = home.candor(&["outbox", "show", "1"]);
    refused(&output, "record 1 of the outbox is not what Candor wrote");
    refused(&output, "`candor outbox drop 1` removes it");
}

#[test]
fn to_be_forgotten_without_an_outbox_withdraws_and_says_what_is_left() {
    let home = Home::agreed();
    home.without_outbox(|| {
        let output = home.candor(&["consent", "forget"]);
        refused(&output, "is no file");
        let said = String::from_utf8_lossy(&output.stdout);
        for words in [
            "nothing is sent any more",
            "run `candor consent forget` again",
        ] {
            assert!(said.contains(words), "{said}");
        }
        assert_eq!(home.standing("threat-sighting"), "withdrawn");
    });
    let output = home.candor(&["consent", "forget"]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert!(!home.kept().join("install.secret").exists());
}
