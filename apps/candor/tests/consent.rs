//! What may be sent, as a person meets it: nothing, until they say so to that alone.
#![expect(clippy::unwrap_used, reason = "in a test, also in what it calls")]
#![cfg(all(feature = "consent", feature = "history"))]

#[path = "consent/damaged.rs"]
mod damaged;
#[path = "consent/failing.rs"]
mod failing;
#[path = "consent/full.rs"]
mod full;

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use fixture::terminal::Terminal;
use serde_json::Value;

const OPERATOR: &str = include_str!("../../../crates/declare/tests/declarations/operator.toml");
/// A Thursday, in the middle of an epoch; what the tests take for now.
const NOW: &str = "2026-11-26T02:00:00Z";
const NOW_UNIX: i64 = 1_795_658_400;
/// A host of the list that the program is shipped with.
const LISTED: &str = "https://www.mobngft.com/shop?session=ada-lovelace#top";

struct Home(tempfile::TempDir);

impl Home {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    /// With an operator, and a visit to a listed host an hour ago.
    fn ready() -> Self {
        let home = Self::new();
        home.name(OPERATOR);
        fixture::visited(
            home.path(),
            &[LISTED, "https://example.org/"],
            NOW_UNIX - 3600,
        );
        home
    }

    /// Agreed to sightings, with the one of that visit in the outbox.
    fn agreed() -> Self {
        let home = Self::ready();
        home.candor(&["consent", "give", "threat-sighting"]);
        home.candor(&["history"]);
        home
    }

    /// Does something while a folder lies where the outbox was, and puts the outbox back.
    fn without_outbox(&self, act: impl FnOnce()) {
        let outbox = self.kept().join("outbox.db");
        let whole = fs::read(&outbox).unwrap();
        fs::remove_file(&outbox).unwrap();
        fs::create_dir(&outbox).unwrap();
        act();
        fs::remove_dir(&outbox).unwrap();
        fs::write(&outbox, whole).unwrap();
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o600);
        fs::set_permissions(&outbox, mode).unwrap();
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn name(&self, operator: &str) {
        let folder = self.path().join(".config/candor");
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("operator.toml"), operator).unwrap();
    }

    fn kept(&self) -> PathBuf {
        self.path().join(".local/state/candor/consent")
    }

    fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_candor"));
        command.args(words).env_clear().env("HOME", self.path());
        command.env("TZ", "UTC").env("TERM", "xterm");
        command.current_dir(self.path());
        if words[0] != "notice" && !words.contains(&"--now") {
            command.args(["--now", NOW]);
        }
        command
    }

    fn candor(&self, words: &[&str]) -> Output {
        self.command(words).output().unwrap()
    }

    #[track_caller]
    fn json(&self, words: &[&str]) -> Value {
        let output = self.candor(&[words, &["--json"]].concat());
        serde_json::from_slice(&output.stdout)
            .unwrap_or_else(|error| panic!("{words:?}: {error}: {output:?}"))
    }

    fn standing(&self, name: &str) -> String {
        let told = self.json(&["consent"]);
        let consents = told["consents"].as_array().unwrap();
        let found = consents.iter().find(|it| it["name"] == name).unwrap();
        found["standing"].as_str().unwrap().to_owned()
    }

    fn records(&self) -> Vec<Value> {
        self.json(&["outbox"])["records"]
            .as_array()
            .unwrap()
            .clone()
    }

    /// Returns whether any file below the home but the browser's own holds this text.
    fn holds(&self, text: &str) -> bool {
        let Ok(entries) = fs::read_dir(self.kept()) else {
            return false;
        };
        entries
            .map(|entry| fs::read(entry.unwrap().path()).unwrap())
            .any(|bytes| bytes.windows(text.len()).any(|it| it == text.as_bytes()))
    }
}

#[track_caller]
fn refused(output: &Output, words: &str) {
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains(words), "no {words:?} in {said}");
    assert!(said.contains("help: "), "{said}");
}

#[test]
fn nothing_is_on_by_default_and_nothing_is_stored() {
    let home = Home::ready();
    assert_eq!(home.standing("threat-sighting"), "unknown");
    assert_eq!(home.standing("usage-count"), "unknown");
    assert!(home.records().is_empty());
    let found = home.json(&["history"]);
    assert_eq!(found["left_the_machine"], "nothing");
    // What could be reported is said, in the declared form; and that is all.
    assert_eq!(
        found["sightings"],
        serde_json::json!([
            { "host": "mobngft.com", "kind": "malware", "tier": "red", "came_by": "typed" }
        ])
    );
    let shown = home.candor(&["consent"]);
    let text = String::from_utf8(shown.stdout).unwrap();
    assert!(text.contains("never asked; nothing is sent"), "{text}");
    assert!(!home.kept().exists(), "nothing at all is stored");
}

#[test]
fn without_an_operator_there_is_nothing_to_agree_to() {
    let home = Home::new();
    refused(
        &home.candor(&["consent", "give", "threat-sighting"]),
        "no operator is named",
    );
    assert_eq!(home.standing("threat-sighting"), "unknown");
    assert_eq!(home.json(&["consent"])["operator"], Value::Null);
    assert!(!home.kept().exists());
    let notice = home.candor(&["notice", "history"]);
    let notice = String::from_utf8(notice.stdout).unwrap();
    assert!(
        notice.contains("nobody, until you name an operator"),
        "{notice}"
    );
    // One that is named stands in the notice, with the answer.
    home.name(OPERATOR);
    let notice = home.candor(&["notice", "history"]);
    let notice = String::from_utf8(notice.stdout).unwrap();
    for told in [
        "Example e.V.",
        "Relay Ltd",
        "Your answer to threat-sighting: never asked",
    ] {
        assert!(notice.contains(told), "no {told:?} in {notice}");
    }
    let notice = home.json(&["notice", "candor"]);
    assert_eq!(notice["consents"][0]["name"], "usage-count");
    assert_eq!(notice["operator"]["relay_run_by"], "Relay Ltd");
}

#[test]
fn an_operators_file_that_is_wrong_is_named_with_its_line() {
    let home = Home::new();
    home.name(&OPERATOR.replace("issuer =", "isuer ="));
    let output = home.candor(&["consent"]);
    refused(&output, "operator.toml");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        said.contains("line 5") && said.contains("unknown field `isuer`"),
        "{said}"
    );
}

#[test]
fn agreement_without_a_terminal_is_said_in_so_many_words() {
    let home = Home::ready();
    refused(
        &home.candor(&["consent", "ask"]),
        "nobody is there to be asked",
    );
    refused(
        &home.candor(&["consent", "give", "everything"]),
        "no record `everything`",
    );
    // No word agrees to two at once, and none agrees without a name.
    for words in [
        &["consent", "give"][..],
        &["consent", "give", "threat-sighting", "usage-count"],
        &["consent", "give", "--yes", "threat-sighting"],
        &["consent", "--yes"],
    ] {
        assert_eq!(home.candor(words).status.code(), Some(2), "{words:?}");
    }
    assert_eq!(home.standing("threat-sighting"), "unknown");
    let given = home.json(&["consent", "give", "threat-sighting"]);
    assert_eq!(
        given["receipt"]["program"],
        "org.candor.history/threat-sighting"
    );
    assert_eq!(home.standing("threat-sighting"), "given");
    assert_eq!(home.standing("usage-count"), "unknown");
    let receipt = home.candor(&["consent", "receipt", "threat-sighting"]);
    let receipt = String::from_utf8(receipt.stdout).unwrap();
    for told in [
        "You agreed to",
        "Example e.V.",
        "365d",
        "candor consent withdraw threat-sighting",
    ] {
        assert!(receipt.contains(told), "no {told:?} in {receipt}");
    }
    refused(
        &home.candor(&["consent", "receipt", "usage-count"]),
        "never agreed to",
    );
}

/// Asks on a terminal and presses one key; returns all that was written.
fn ask(home: &Home, key: &str) -> String {
    let mut terminal = Terminal::start(home.command(&["consent", "ask", "threat-sighting"]));
    terminal.until("May this be sent?");
    terminal.until("n  No, do not send it");
    terminal.until("y  Yes, send it");
    terminal.until("no answer now. ");
    terminal.press(key);
    let (status, text) = terminal.end();
    assert_eq!(status.code(), Some(0), "{text}");
    text
}

#[test]
fn no_comes_first_and_each_answer_is_one_key() {
    for (key, standing) in [
        ("n", "refused"),
        ("y", "given"),
        // Neither Enter nor Ctrl-C nor anything else is a yes.
        ("\r", "asked"),
        (" ", "asked"),
        ("\x03", "asked"),
        ("\x1b", "asked"),
    ] {
        let home = Home::ready();
        let text = ask(&home, key);
        assert_eq!(
            home.standing("threat-sighting"),
            standing,
            "{key:?}: {text}"
        );
        assert_eq!(
            home.standing("usage-count"),
            "unknown",
            "each is asked by itself"
        );
        assert!(!text.contains("[x]") && text.contains("Example e.V."));
        let events = fs::read_to_string(home.kept().join("ledger.jsonl")).unwrap();
        let expected = 1 + usize::from(standing != "asked");
        assert_eq!(
            events.lines().count(),
            expected,
            "yes and no take the same steps"
        );
    }
}

#[test]
fn all_that_is_open_is_asked_one_after_the_other() {
    let home = Home::ready();
    let mut terminal = Terminal::start(home.command(&["consent", "ask"]));
    // The second key of the first answer is no answer to the second question.
    for (name, key) in [("Threat sighting", "yy"), ("Usage count", "n")] {
        terminal.until(name);
        terminal.until("no answer now. ");
        terminal.press(key);
    }
    let (status, text) = terminal.end();
    assert_eq!(status.code(), Some(0), "{text}");
    assert_eq!(home.standing("threat-sighting"), "given");
    assert_eq!(home.standing("usage-count"), "refused");
}

#[test]
fn what_a_check_finds_waits_in_its_declared_form_and_only_once_a_week() {
    let home = Home::ready();
    home.candor(&["consent", "give", "threat-sighting"]);
    let output = home.candor(&["history"]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    for told in [
        "because you agreed to threat-sighting",
        "mobngft.com",
        "It does not go before you have seen it",
    ] {
        assert!(said.contains(told), "no {told:?} in {said}");
    }
    assert!(String::from_utf8_lossy(&output.stdout).contains("What left this machine: nothing."));
    let records = home.records();
    assert_eq!(records.len(), 1);
    assert_eq!(
        records[0]["state"], "draft",
        "it went into a pipe: nobody is known to have seen it"
    );
    assert_eq!(
        records[0]["fields"],
        serde_json::json!({ "host": "mobngft.com", "kind": "malware", "tier": "red", "came_by": "typed" })
    );
    for private in [
        "ada-lovelace",
        "session",
        "www.mobngft",
        "/shop",
        "example.org/",
    ] {
        let is_operators = private == "example.org/" && home.holds("example.org/privacy");
        assert!(is_operators || !home.holds(private), "{private} is stored");
    }
    home.candor(&["history"]);
    home.candor(&["checkup"]);
    assert_eq!(home.records().len(), 1);
    // To look at it is to have seen it.
    let shown = home.candor(&["outbox", "show", "1"]);
    let shown = String::from_utf8(shown.stdout).unwrap();
    assert!(
        shown.contains("mobngft.com") && shown.contains("Its bytes are not made yet"),
        "{shown}"
    );
    assert_eq!(home.records()[0]["state"], "shown");
    refused(&home.candor(&["outbox", "show", "7"]), "no record 7");
    refused(
        &home.candor(&["outbox", "proof", "1"]),
        "no proof for record 1 yet",
    );
    // The next week has its own.
    fixture::visited(home.path(), &[LISTED], NOW_UNIX + 7 * 86_400 - 3600);
    home.candor(&["history", "--now", "2026-12-03T02:00:00Z"]);
    let records = home.json(&["outbox", "--now", "2026-12-03T02:00:00Z"]);
    let states: Vec<_> = records["records"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["state"].clone())
        .collect();
    assert_eq!(
        states,
        ["dropped", "draft"],
        "what was not sent in its week never is"
    );
}

#[test]
fn what_was_printed_to_a_terminal_is_shown() {
    let home = Home::ready();
    home.candor(&["consent", "give", "threat-sighting"]);
    let mut terminal = Terminal::start(home.command(&["history"]));
    terminal.until("because you agreed to threat-sighting");
    terminal.until("mobngft.com");
    let (_, text) = terminal.end();
    assert_eq!(home.records()[0]["state"], "shown", "{text}");
}

#[test]
fn dropping_and_withdrawing_leave_nothing() {
    let home = Home::agreed();
    assert!(home.holds("mobngft.com"));
    let dropped = home.candor(&["outbox", "drop", "1"]);
    assert!(String::from_utf8_lossy(&dropped.stdout).contains("It had not left this machine."));
    assert!(!home.holds("mobngft.com"));
    assert_eq!(home.standing("threat-sighting"), "given");
    let withdrawn = home.json(&["consent", "withdraw", "threat-sighting"]);
    assert_eq!(
        (&withdrawn["emptied"], &withdrawn["withdrawals"]),
        (&0.into(), &0.into())
    );
    assert_eq!(home.standing("threat-sighting"), "withdrawn");
    home.candor(&["history"]);
    assert!(home.records().iter().all(|it| it["state"] == "dropped"));
    refused(
        &home.candor(&["consent", "withdraw", "usage-count"]),
        "never agreed to",
    );
    // Refusing what was agreed to withdraws it.
    home.candor(&["consent", "give", "threat-sighting"]);
    home.candor(&["consent", "refuse", "threat-sighting"]);
    assert_eq!(home.standing("threat-sighting"), "refused");
    let forgotten = home.candor(&["consent", "forget"]);
    assert!(String::from_utf8_lossy(&forgotten.stdout).contains("Everything is withdrawn"));
}

#[test]
fn another_disk_is_never_reported() {
    let home = Home::ready();
    home.candor(&["consent", "give", "threat-sighting"]);
    let disk = tempfile::tempdir().unwrap();
    let ada = disk.path().join("home/ada");
    fixture::visited(&ada, &[LISTED], NOW_UNIX - 3600);
    let root = disk.path().to_str().unwrap();
    let found = home.json(&["history", "--root", root, "--platform", "linux"]);
    assert_eq!(found["sightings"].as_array().unwrap().len(), 1, "{found}");
    assert!(home.records().is_empty());
}

#[test]
fn runs_are_counted_only_when_that_was_agreed_to() {
    let home = Home::ready();
    let counts = home.kept().join("usage.json");
    home.candor(&["consent", "give", "threat-sighting"]);
    home.candor(&["battery"]);
    assert!(!counts.exists(), "the one consent is not the other");
    home.candor(&["consent", "give", "usage-count"]);
    for _ in 0..3 {
        home.candor(&["battery"]);
    }
    home.candor(&["dupes", "."]);
    assert!(counts.exists());
    assert!(home.records().is_empty(), "the week is not over");
    home.candor(&["battery", "--now", "2026-12-03T02:00:00Z"]);
    let told = home.json(&["outbox", "--now", "2026-12-03T02:00:00Z"]);
    let record = &told["records"][0];
    assert_eq!(record["program"], "org.candor.suite/usage-count");
    assert_eq!(record["fields"]["battery"], "2-6");
    assert_eq!(record["fields"]["dupes"], "1");
    assert_eq!(record["fields"]["clean"], "0");
    home.candor(&["consent", "withdraw", "usage-count"]);
    assert!(!counts.exists());
    home.candor(&["battery"]);
    assert!(!counts.exists());
    assert_eq!(home.standing("threat-sighting"), "given");
    // A yes that ends by itself ends the counting as well.
    home.candor(&["consent", "give", "usage-count"]);
    home.candor(&["battery"]);
    assert!(counts.exists());
    home.candor(&["battery", "--now", "2028-12-03T02:00:00Z"]);
    assert!(!counts.exists());
}

#[test]
fn sending_is_another_programs_work() {
    let home = Home::ready();
    let folder = home.path().join("bin");
    fs::create_dir(&folder).unwrap();
    let candor = folder.join("candor");
    fs::copy(env!("CARGO_BIN_EXE_candor"), &candor).unwrap();
    let send = |words: &[&str]| {
        let mut send = Command::new(&candor);
        send.args(["outbox", "send"]).args(words).env_clear();
        send.env("HOME", home.path()).output().unwrap()
    };
    refused(&send(&[]), "there is no courier at");
    // One that is there is started, with these words and nothing else.
    let script = "#!/bin/sh\necho \"started: $*\"\nexit 0\n";
    let courier = folder.join("candor-courier");
    fs::write(&courier, script).unwrap();
    fs::set_permissions(
        &courier,
        std::os::unix::fs::PermissionsExt::from_mode(0o755),
    )
    .unwrap();
    for (words, started) in [
        (&[][..], "started: send\n"),
        (&["--json"], "started: send --json\n"),
    ] {
        let output = send(words);
        let said = String::from_utf8_lossy(&output.stdout);
        assert_eq!(said, started, "{output:?}");
    }
    // What was damaged is said before anything is started, and the exit code keeps it.
    home.candor(&["consent", "give", "threat-sighting"]);
    fs::write(home.kept().join("ledger.jsonl"), "no event\n").unwrap();
    let output = send(&[]);
    assert_eq!(output.stdout, b"started: send\n");
    refused(&output, "ledger.damaged-");
}
