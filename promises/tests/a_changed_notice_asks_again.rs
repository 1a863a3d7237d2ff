//! Promise: when what you agreed to changes, nothing is sent until you are asked again; other words alone
//! ask nothing.

#![expect(clippy::unwrap_used, reason = "a test fails by it")]

use std::{fs, path::Path, process::Command};

use candor_promises::candor;
use serde_json::Value;

const OPERATOR: &str = include_str!("../../crates/declare/tests/declarations/operator.toml");
const NOW: &str = "2026-11-26T02:00:00Z";
const NOW_UNIX: i64 = 1_795_658_400;
/// On the list that the program is shipped with.
const LISTED: &str = "https://www.mobngft.com/shop";

struct Home(tempfile::TempDir);

impl Home {
    /// A home whose person agreed to the operator of the example.
    fn agreed() -> Self {
        let home = Self(tempfile::tempdir().unwrap());
        home.name(OPERATOR);
        fixture::visited(home.path(), &[LISTED], NOW_UNIX - 3600);
        home.run(&["consent", "give", "threat-sighting"], NOW);
        assert_eq!(home.standing(NOW), "given");
        home
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn name(&self, operator: &str) {
        let folder = self.path().join(".config/candor");
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("operator.toml"), operator).unwrap();
    }

    fn run(&self, words: &[&str], now: &str) -> Value {
        let output = Command::new(candor())
            .args(words)
            .args(["--json", "--now", now])
            .env_clear()
            .env("HOME", self.path())
            .current_dir(self.path())
            .output()
            .unwrap();
        serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {output:?}"))
    }

    fn standing(&self, now: &str) -> String {
        let told = self.run(&["consent"], now);
        let consents = told["consents"].as_array().unwrap();
        let found = consents.iter().find(|it| it["name"] == "threat-sighting");
        found.unwrap()["standing"].as_str().unwrap().to_owned()
    }

    /// Returns the states of what is in the outbox.
    fn states(&self) -> Vec<String> {
        let told = self.run(&["outbox"], NOW);
        let records = told["records"].as_array().unwrap().iter();
        records
            .map(|it| it["state"].as_str().unwrap().to_owned())
            .collect()
    }

    fn events(&self) -> String {
        let ledger = self.path().join(".local/state/candor/consent/ledger.jsonl");
        fs::read_to_string(ledger).unwrap()
    }
}

#[test]
fn whatever_is_material_ends_the_consent_and_empties_the_outbox() {
    for (from, to) in [
        ("name = \"Example e.V.\"", "name = \"Buyer Ltd\""),
        ("storage_location = \"DE\"", "storage_location = \"US\""),
        ("https://intake.example.org", "https://intake.example.com"),
        ("run_by = \"Relay Ltd\"", "run_by = \"Example e.V.\""),
    ] {
        let home = Home::agreed();
        home.run(&["history"], NOW);
        assert_eq!(home.states(), ["draft"]);
        assert_eq!(OPERATOR.matches(from).count(), 1, "{from}");
        home.name(&OPERATOR.replace(from, to));
        assert_eq!(home.standing(NOW), "invalidated", "{to}");
        assert_eq!(home.states(), ["dropped"], "{to}");
        home.run(&["history"], NOW);
        assert_eq!(home.states(), ["dropped"], "{to}: nothing enters meanwhile");
        // Only a new answer counts; going back to what was agreed to before is none.
        home.name(OPERATOR);
        assert_eq!(home.standing(NOW), "invalidated");
        home.run(&["consent", "give", "threat-sighting"], NOW);
        assert_eq!(home.standing(NOW), "given");
    }
}

#[test]
fn other_words_alone_ask_nothing() {
    let home = Home::agreed();
    home.run(&["history"], NOW);
    home.name(&OPERATOR.replace("privacy@example.org", "letters@example.org"));
    assert_eq!(home.standing(NOW), "given");
    assert_eq!(home.states(), ["draft"]);
    assert!(!home.events().contains("invalidated"));
}

#[test]
fn when_the_time_of_an_answer_is_over_it_is_asked_again() {
    let home = Home::agreed();
    assert_eq!(home.standing("2027-11-26T01:59:59Z"), "given");
    assert_eq!(home.standing("2027-11-26T02:00:00Z"), "expired");
}

#[test]
fn a_refusal_is_not_asked_again_whatever_changes() {
    let home = Home::agreed();
    home.run(&["consent", "refuse", "threat-sighting"], NOW);
    home.name(&OPERATOR.replace("storage_location = \"DE\"", "storage_location = \"US\""));
    assert_eq!(home.standing("2028-11-26T02:00:00Z"), "refused");
}
