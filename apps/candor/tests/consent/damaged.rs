//! What is damaged or broken is told, and keeps nobody from taking back.

use std::{fs, path::PathBuf};

use crate::{Home, NOW_UNIX, OPERATOR, refused};

/// Takes the first record as far as if the courier had sent it.
fn sent(home: &Home) {
    let folder = consent::Folder::at(&home.kept());
    let mut outbox = consent::Outbox::open(&folder).unwrap();
    let now = consent::Time(u64::try_from(NOW_UNIX).unwrap());
    outbox.was_shown(1, now).unwrap();
    let departs = |kind, plain: &[u8], outbox: &mut consent::Outbox| {
        let parcel = outbox.add_parcel(1, kind, plain, b"sealed", now).unwrap();
        outbox.departing(parcel, now).unwrap();
    };
    departs(consent::Kind::Randomness, b"blinded", &mut outbox);
    outbox.randomised(1, &[7; 64], now).unwrap();
    outbox.ready(1, b"report", b"secret", now).unwrap();
    departs(consent::Kind::Report, b"report", &mut outbox);
}

#[test]
fn a_damaged_ledger_is_said_kept_and_agrees_to_nothing() {
    // Whichever command comes first, it says so; nothing is begun anew in silence.
    for first in [
        &["consent"][..],
        &["history"],
        &["battery"],
        &["outbox"],
        &["notice", "history"],
    ] {
        let home = Home::agreed();
        sent(&home);
        let ledger = home.kept().join("ledger.jsonl");
        let text = fs::read_to_string(&ledger).unwrap();
        fs::write(&ledger, text.replace("given", "givem")).unwrap();
        let output = home.candor(first);
        let said = String::from_utf8(output.stderr).unwrap();
        for words in ["is damaged at line", "ledger.damaged-", "consent withdraw"] {
            assert!(said.contains(words), "{first:?}: {said}");
        }
        assert_eq!(home.standing("threat-sighting"), "unknown");
        let told = home.json(&["consent"]);
        assert!(told["damage"]["kept"].is_string(), "still told: {told}");
        // What may have left can be taken back all the same.
        assert_eq!(home.records()[0]["state"], "sent");
        let done = home.json(&["consent", "withdraw", "threat-sighting"]);
        assert_eq!(
            (&done["emptied"], &done["withdrawals"]),
            (&1.into(), &1.into()),
            "{first:?}"
        );
        // Said until the other one is answered as well.
        let told = home.json(&["consent"]);
        assert!(told["damage"]["kept"].is_string(), "half answered: {told}");
        home.candor(&["consent", "refuse", "usage-count"]);
        let told = home.json(&["consent"]);
        assert!(told["damage"].is_null(), "answered: {told}");
        assert!(home.records().iter().all(|it| it["state"] == "dropped"));
        assert!(!home.holds("mobngft.com"));
    }
    let home = Home::ready();
    refused(
        &home.candor(&["consent", "withdraw", "threat-sighting"]),
        "was never agreed to",
    );
}

#[test]
fn a_command_that_fails_says_first_that_the_ledger_was_damaged() {
    let home = Home::ready();
    home.candor(&["consent", "give", "threat-sighting"]);
    fs::write(home.kept().join("ledger.jsonl"), "no event\n").unwrap();
    let output = home.candor(&["consent", "receipt", "threat-sighting"]);
    refused(&output, "was never agreed to");
    refused(&output, "ledger.damaged-");
    // It names all that is to be moved away; then it is not said any more.
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let named = |path: &str| said.contains(&format!("`{path}`"));
    for entry in fs::read_dir(home.kept()).unwrap() {
        let path = entry.unwrap().path();
        if path.to_string_lossy().contains("ledger.damaged-") {
            assert!(named(&path.to_string_lossy()), "{path:?}: {said}");
            fs::remove_file(path).unwrap();
        }
    }
    let output = home.candor(&["consent"]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
}

/// Makes the outbox something that is none any more.
fn tear(home: &Home) {
    let outbox = home.kept().join("outbox.db");
    let torn = fs::read(&outbox).unwrap().split_off(300);
    fs::write(&outbox, torn).unwrap();
}

/// Returns the outbox that was set aside.
fn aside(home: &Home) -> Option<PathBuf> {
    let kept = fs::read_dir(home.kept()).unwrap();
    let mut kept = kept.map(|it| it.unwrap().path());
    kept.find(|it| it.to_string_lossy().contains("outbox.damaged-"))
}

/// Where both are damaged nobody knows what was agreed to or sent: nothing is denied, and taking back is noted.
#[test]
fn a_damaged_ledger_and_outbox_deny_nothing() {
    for act in ["withdraw", "refuse", "forget"] {
        let home = Home::agreed();
        sent(&home);
        tear(&home);
        fs::write(home.kept().join("ledger.jsonl"), "no event\n").unwrap();
        let words = match act {
            "forget" => &["consent", act][..],
            _ => &["consent", act, "threat-sighting"],
        };
        let output = home.candor(words);
        assert_eq!(output.status.code(), Some(2), "{output:?}");
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        let denied = ["Nothing had been sent", "nothing was sent", "never agreed"];
        assert!(!denied.iter().any(|it| said.contains(it)), "{act}: {said}");
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(told.contains("cannot be taken back"), "{act}: {told}");
        let expected = match act {
            "refuse" => "refused",
            _ => "withdrawn",
        };
        assert_eq!(home.standing("threat-sighting"), expected, "{act}");
        if act == "forget" {
            assert_eq!(home.standing("usage-count"), "withdrawn");
            assert_eq!(aside(&home), None);
            assert!(!home.holds("mobngft.com"));
        }
    }
}

#[test]
fn a_damaged_outbox_keeps_nobody_from_looking_or_taking_back() {
    for act in [
        &["consent"][..],
        &["consent", "withdraw", "threat-sighting"],
        &["consent", "refuse", "threat-sighting"],
        &["consent", "forget"],
        &["outbox"],
    ] {
        let home = Home::agreed();
        tear(&home);
        let output = home.candor(act);
        assert_eq!(output.status.code(), Some(2), "{act:?}: it is told");
        let said = String::from_utf8_lossy(&output.stderr);
        match act.get(1) {
            Some(&"forget") => assert!(said.contains("is removed"), "{said}"),
            _ => assert!(said.contains("outbox.damaged-"), "{act:?}: {said}"),
        }
        let expected = match act.get(1) {
            Some(&"withdraw" | &"forget") => "withdrawn",
            Some(&"refuse") => "refused",
            _ => "given",
        };
        assert_eq!(home.standing("threat-sighting"), expected, "{act:?}");
        // Until it is moved away; to be forgotten does that.
        match (act.get(1), aside(&home)) {
            (Some(&"forget"), kept) => assert_eq!(kept, None),
            (_, kept) => fs::remove_file(kept.unwrap()).unwrap(),
        }
        assert_eq!(home.candor(&["consent"]).status.code(), Some(0), "{act:?}");
    }
}

#[test]
fn an_outbox_that_cannot_be_opened_keeps_nobody_from_withdrawing() {
    let home = Home::agreed();
    home.without_outbox(|| {
        let output = home.candor(&["consent", "withdraw", "threat-sighting"]);
        assert_eq!(output.status.code(), Some(2));
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(said.contains("Nothing of it is sent any more"), "{said}");
        assert_eq!(home.standing("threat-sighting"), "withdrawn");
    });
    // When it is there again, the next command empties it.
    assert_eq!(home.records()[0]["state"], "dropped");
}

#[test]
fn a_record_that_is_not_there_is_named_with_the_way_to_see_which_are() {
    let home = Home::agreed();
    for act in ["show", "drop"] {
        let output = home.candor(&["outbox", act, "7"]);
        refused(&output, "there is no record 7 in the outbox");
        refused(&output, "candor outbox list");
    }
}

#[test]
fn a_broken_operator_file_keeps_nobody_from_taking_back() {
    for act in [
        &["consent", "withdraw", "threat-sighting"][..],
        &["consent", "refuse", "threat-sighting"],
        &["consent", "forget"],
        &["outbox", "drop", "1"],
    ] {
        let home = Home::agreed();
        sent(&home);
        home.name("schema = \"candor-operator/1\"\n");
        let output = home.candor(act);
        assert_eq!(output.status.code(), Some(2), "{act:?}: it is told");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(said.contains("operator.toml` is not valid"), "{said}");
        let told = home.json(&["outbox"]);
        assert_eq!(told["records"][0]["state"], "dropped", "{act:?}");
        assert_eq!(told["withdrawals"], 1, "{act:?}");
        // And a file that is mended changes nothing of what was answered to it.
        home.name(OPERATOR);
        let standing = home.standing("threat-sighting");
        let expected = match act[1] {
            "drop" => "given",
            "refuse" => "refused",
            _ => "withdrawn",
        };
        assert_eq!(standing, expected, "{act:?}");
    }
}

#[test]
fn a_record_that_cannot_be_read_is_told_and_dropped() {
    let home = Home::agreed();
    sent(&home);
    let database = rusqlite::Connection::open(home.kept().join("outbox.db")).unwrap();
    database
        .execute("UPDATE records SET fields = '{'", [])
        .unwrap();
    drop(database);
    let output = home.candor(&["outbox"]);
    assert_eq!(output.status.code(), Some(2));
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(said.contains("Record 1 cannot be read"), "{said}");
    home.candor(&["outbox", "drop", "1"]);
    let told = home.json(&["outbox"]);
    assert_eq!(
        (&told["damaged"], &told["withdrawals"]),
        (&serde_json::json!([]), &1.into())
    );
}
