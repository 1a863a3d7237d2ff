//! A full disk: nothing is said to be so that was not written, and a person is told what to do.

use std::process::{Command, Output};

use crate::{Home, refused};

const OUTBOX: [&str; 2] = ["outbox.db", "outbox.db-journal"];

fn has_strace() -> bool {
    if Command::new("strace").arg("-V").output().is_ok() {
        return true;
    }
    assert!(
        std::env::var_os("CANDOR_REQUIRE_PEERS").is_none(),
        "strace is not installed"
    );
    eprintln!("strace is not installed: no call was made to fail");
    false
}

/// Runs a command; each of these calls on these files of the consent folder finds the disk full. Returns also
/// whether there was one.
fn full(home: &Home, call: &str, files: &[&str], words: &[&str]) -> (Output, bool) {
    let log = home.path().join("calls");
    let mut strace = Command::new("strace");
    strace.arg("-f").arg("-o").arg(&log);
    strace.arg(format!("--inject={call}:error=ENOSPC"));
    for file in files {
        strace.arg("-P").arg(home.kept().join(file));
    }
    let command = home.command(words);
    strace.arg(command.get_program()).args(command.get_args());
    strace.env_clear().env("HOME", home.path());
    strace.envs(std::env::var_os("PATH").map(|path| ("PATH", path)));
    let output = strace.current_dir(home.path()).output().unwrap();
    let calls = std::fs::read_to_string(log).unwrap();
    (output, calls.contains("(INJECTED)"))
}

#[test]
fn what_the_ledger_could_not_take_is_not_said_to_be_so() {
    if !has_strace() {
        return;
    }
    for (file, call) in [
        ("ledger.jsonl", "write"),
        ("ledger.jsonl", "fsync"),
        ("ledger.new", "write"),
    ] {
        for (act, before, after) in [
            ("give", "unknown", "given"),
            ("refuse", "unknown", "refused"),
            ("withdraw", "given", "withdrawn"),
        ] {
            let about = format!("{act}: {call} of {file}");
            let home = Home::ready();
            if before == "given" {
                home.candor(&["consent", "give", "threat-sighting"]);
                home.candor(&["history"]);
            }
            let words = ["consent", act, "threat-sighting", "--json"];
            let (output, is_called) = full(&home, call, &[file], &words);
            assert!(is_called, "{about}");
            refused(&output, "the ledger of consents cannot be used");
            refused(&output, "No space left on device");
            refused(&output, "your answers stand as before; free some room");
            assert!(output.stdout.is_empty(), "{about}: {output:?}");
            assert_eq!(home.standing("threat-sighting"), before, "{about}");
            // With room it is done.
            let output = home.candor(&words);
            assert_eq!(output.status.code(), Some(0), "{about}: {output:?}");
            assert_eq!(home.standing("threat-sighting"), after, "{about}");
        }
    }
}

#[test]
fn a_withdrawal_holds_where_only_the_outbox_has_no_room() {
    if !has_strace() {
        return;
    }
    let home = Home::agreed();
    let words = ["consent", "withdraw", "threat-sighting"];
    let (output, is_called) = full(&home, "pwrite64", &OUTBOX, &words);
    assert!(is_called);
    refused(
        &output,
        "the disk is full: free some room and run this again",
    );
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(said.contains("Nothing of it is sent any more"), "{said}");
    assert_eq!(home.standing("threat-sighting"), "withdrawn");
    assert_eq!(home.records()[0]["state"], "dropped");
    assert!(!home.holds("mobngft.com"));
}

#[test]
fn to_look_needs_no_room() {
    if !has_strace() {
        return;
    }
    let home = Home::agreed();
    for words in [&["consent"][..], &["outbox"]] {
        let (output, is_called) = full(&home, "pwrite64", &OUTBOX, words);
        assert!(!is_called, "{words:?} writes");
        assert_eq!(output.status.code(), Some(0), "{words:?}: {output:?}");
    }
}
