//! Promise: when lists are brought in, nothing of the person or the machine is in what is asked.

#![expect(clippy::unwrap_used, reason = "a test fails by it")]

use std::{
    fs,
    path::Path,
    process::{Command, Output},
};

use candor_promises::{candor, courier, publish};
use fixture::web::{Files, Habits, Web, files_of};
use serde_json::Value;

/// A host that stands on the publisher's list alone.
const LISTED: &str = "evil-updates-example.net";

fn run(command: &mut Command) -> Output {
    let output = command.output().unwrap();
    assert_ne!(
        output.status.code(),
        Some(2),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    output
}

/// Makes a release in `web`, and returns what checks its signature.
fn released(folder: &Path, web: &Path, version: u32) -> String {
    let (key, raw) = (folder.join("key"), folder.join("raw"));
    let made = run(Command::new(publish())
        .args(["key", "lists.example.org"])
        .arg(&key));
    fs::create_dir(&raw).unwrap();
    fs::write(raw.join("names.txt"), format!("{LISTED}\n")).unwrap();
    let described = format!(
        "version = {version}\n[[list]]\nname = \"Names\"\nfile = \"names.txt\"\nform = \"domains\"\n\
        licence = \"CC0-1.0\"\ncategory = \"phishing\"\ndate = \"2026-11-26\"\n"
    );
    fs::write(raw.join("lists.toml"), described).unwrap();
    run(Command::new(publish())
        .args(["release", "--key"])
        .args([&key, &raw, &web.to_owned()]));
    String::from_utf8(made.stdout).unwrap().trim().to_owned()
}

/// Makes a release, and beside it a list of a person's own; returns the key and what a server gives out.
fn published() -> (String, Files) {
    let folder = tempfile::tempdir().unwrap();
    let given_out = folder.path().join("web");
    let key = released(folder.path(), &given_out.join("candor"), 1);
    let mut files = files_of(&given_out);
    files.insert("/mine.txt".to_owned(), b"mine-example.org\n".to_vec());
    (key, files)
}

/// One person's machine: a home folder, and what the environment says of them.
struct Person {
    home: tempfile::TempDir,
    environment: Vec<(&'static str, &'static str)>,
}

impl Person {
    fn of(environment: &[(&'static str, &'static str)], key: &str, web: &Web) -> Self {
        let person = Self {
            home: tempfile::tempdir().unwrap(),
            environment: environment.to_vec(),
        };
        let config = person.home.path().join(".config/candor");
        fs::create_dir_all(&config).unwrap();
        let text = format!("key = \"{key}\"\nmirrors = [\"{}/candor\"]\n", web.url());
        fs::write(config.join("update.toml"), text).unwrap();
        let own = format!(
            "[[list]]\nname = \"Mine\"\nurl = \"{}/mine.txt\"\nform = \"domains\"\nlicence = \"CC0-1.0\"\n\
             category = \"scam\"\n",
            web.url()
        );
        fs::write(config.join("lists.toml"), own).unwrap();
        person
    }

    fn candor(&self, words: &[&str]) -> Command {
        let mut command = Command::new(candor());
        command
            .args(words)
            .env_clear()
            .env("HOME", self.home.path())
            .envs(self.environment.iter().copied());
        command
    }

    fn says(&self, words: &[&str]) -> Value {
        serde_json::from_slice(&run(&mut self.candor(words)).stdout).unwrap()
    }
}

#[test]
fn two_people_ask_the_same_bytes_and_get_the_same_lists() {
    // The courier lies beside `candor`.
    assert!(courier().with_file_name("candor").is_file());
    let (key, files) = published();
    let web = Web::of(files);

    let ada = Person::of(&[("LANG", "de_DE.UTF-8"), ("USER", "ada")], &key, &web);
    let bob = Person::of(
        &[
            ("LANG", "en_GB.UTF-8"),
            ("USER", "bob"),
            ("https_proxy", "http://127.0.0.1:1"),
        ],
        &key,
        &web,
    );
    // Bob is known to Candor: he refused to send, and checked his machine.
    run(&mut bob.candor(&["consent", "refuse", "threat-sighting"]));

    let brought = ada.says(&["update", "--json"]);
    let asked_by_ada = web.requests();
    bob.says(&["update", "--json"]);
    let asked_by_bob = web.requests();
    assert_eq!(asked_by_ada.len(), 4, "{asked_by_ada:#?}");
    assert_eq!(asked_by_ada, asked_by_bob);
    for request in &asked_by_ada {
        for told in ["ada", "bob", "de_DE", "cookie", "if-", "accept-language"] {
            assert!(!request.to_lowercase().contains(told), "{told}: {request}");
        }
    }
    // Once more: the server knows nobody again.
    ada.says(&["update", "--json"]);
    let again = web.requests();
    assert!(again.len() == 2 && again.iter().all(|it| asked_by_ada.contains(it)));

    let left = brought["left_the_machine"].as_str().unwrap();
    assert!(left.contains("requests for public lists"), "{left}");
    assert_eq!(brought["fetched"]["publisher"]["version"], 1, "{brought:#}");
    let compiled = |person: &Person| {
        fs::read(
            person
                .home
                .path()
                .join(".local/state/candor/lists/compiled"),
        )
        .unwrap()
    };
    assert!(compiled(&ada) == compiled(&bob), "one file for everyone");
    for host in [LISTED, "mine-example.org"] {
        let explained = ada.candor(&["lists", "explain", host]).output().unwrap();
        assert_eq!(explained.status.code(), Some(1), "{host} is listed");
    }
}

/// Versions of one publisher say nothing of another's: whoever is named anew is taken at their first word.
#[test]
fn lists_of_another_publisher_take_the_place_of_the_first() {
    assert!(courier().with_file_name("candor").is_file());
    let (first, second) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let given_out = tempfile::tempdir().unwrap();
    let web = |name| given_out.path().join(name).join("candor");
    let keys = [
        released(first.path(), &web("first"), 5),
        released(second.path(), &web("second"), 2),
    ];
    let servers = ["first", "second"].map(|name| Web::of(files_of(&given_out.path().join(name))));
    let ada = Person::of(&[], &keys[0], &servers[0]);
    fs::remove_file(ada.home.path().join(".config/candor/lists.toml")).unwrap();
    let versions = [0, 1, 1].map(|at| {
        let text = format!(
            "key = \"{}\"\nmirrors = [\"{}/candor\"]\n",
            keys[at],
            servers[at].url()
        );
        fs::write(ada.home.path().join(".config/candor/update.toml"), text).unwrap();
        let said = ada.says(&["update", "--json"]);
        (
            said["lists"]["update"].clone(),
            said["fetched"]["publisher"]["is_another"].clone(),
        )
    });
    assert_eq!(
        versions,
        [
            (5.into(), false.into()),
            (2.into(), true.into()),
            (2.into(), false.into())
        ]
    );
}

/// Whoever cuts each machine off at another byte knows none of them again by the byte it goes on from.
#[test]
fn a_machine_that_was_cut_off_asks_as_one_that_never_asked() {
    let (key, files) = published();
    let web = Web::of(files);
    let (ada, bob) = (Person::of(&[], &key, &web), Person::of(&[], &key, &web));
    web.behaves(Habits {
        cuts_after: Some(7),
        ..Habits::default()
    });
    let output = ada.candor(&["update"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    drop(web.requests());
    web.behaves(Habits::default());
    ada.says(&["update", "--json"]);
    let asked_by_ada = web.requests();
    bob.says(&["update", "--json"]);
    assert_eq!(asked_by_ada, web.requests());
}

#[test]
fn what_a_person_changes_serves_after_the_next_update_and_failure_is_told_until_it_ends() {
    let (key, files) = published();
    let web = Web::of(files.clone());
    let ada = Person::of(&[], &key, &web);
    let config = ada.home.path().join(".config/candor");
    let ends = |words: &[&str]| ada.candor(words).output().unwrap().status.code();
    ada.says(&["update", "--json"]);
    assert_eq!(ends(&["lists", "explain", "mine-example.org"]), Some(1));
    assert_eq!(ends(&["lists"]), Some(0));

    web.gives(Files::new());
    assert_eq!(ends(&["update"]), Some(2));
    let told = ada.candor(&["lists"]).output().unwrap();
    let said = String::from_utf8_lossy(&told.stderr).into_owned();
    assert_eq!(told.status.code(), Some(2));
    assert!(
        said.contains("could not be brought up to date since"),
        "{said}"
    );
    assert!(said.contains("404"), "{said}");
    assert!(!said.contains("Z:"), "a time of this place: {said}");
    // A check of today says nothing of it: the lists are of today.
    let check = ada.candor(&["history"]).output().unwrap();
    assert_eq!(check.status.code(), Some(0), "{check:?}");
    let late = ada.candor(&["history", "--now", "2100-01-01T00:00:00Z"]);
    let late = { late }.output().unwrap();
    assert_eq!(late.status.code(), Some(2), "{late:?}");

    // The same where it is not the server that fails: the courier, or the compiling.
    let lists = ada.home.path().join(".local/state/candor/lists");
    web.gives(files.clone());
    ada.says(&["update", "--json"]);
    assert_eq!(ends(&["lists"]), Some(0));
    fs::remove_file(lists.join("raw/lock")).unwrap();
    fs::create_dir(lists.join("raw/lock")).unwrap();
    assert_eq!(ends(&["update"]), Some(2));
    assert_eq!(ends(&["lists"]), Some(2));
    fs::remove_dir(lists.join("raw/lock")).unwrap();
    ada.says(&["update", "--json"]);
    assert_eq!(ends(&["lists"]), Some(0));
    let compiled = fs::read(lists.join("compiled")).unwrap();
    fs::remove_file(lists.join("compiled")).unwrap();
    fs::create_dir(lists.join("compiled")).unwrap();
    assert_eq!(ends(&["update"]), Some(2));
    assert!(lists.join("trouble").exists());
    fs::remove_dir(lists.join("compiled")).unwrap();
    fs::write(lists.join("compiled"), compiled).unwrap();
    assert_eq!(
        ends(&["lists"]),
        Some(2),
        "told until an update does all of it"
    );

    // Two at once: the second leaves the first alone, and that is no trouble.
    ada.says(&["update", "--json"]);
    let lock = fs::File::open(lists.join("lock")).unwrap();
    lock.lock().unwrap();
    let second = ada.candor(&["update"]).output().unwrap();
    let said = String::from_utf8_lossy(&second.stderr).into_owned();
    assert!(
        said.contains("already") && second.status.code() == Some(2),
        "{said}"
    );
    drop(lock);
    assert_eq!(ends(&["lists"]), Some(0));

    // Neither list is named any more: what they brought goes, and the trouble with it.
    web.gives(files);
    fs::remove_file(config.join("lists.toml")).unwrap();
    ada.says(&["update", "--json"]);
    assert_eq!(ends(&["lists"]), Some(0));
    assert_eq!(ends(&["lists", "explain", "mine-example.org"]), Some(0));
    assert_eq!(ends(&["lists", "explain", LISTED]), Some(1));
    fs::remove_file(config.join("update.toml")).unwrap();
    ada.says(&["update", "--json"]);
    assert_eq!(ends(&["lists", "explain", LISTED]), Some(0));
    let raw = ada.home.path().join(".local/state/candor/lists/raw");
    assert!(!raw.join("release").exists());
    // Nobody is left to ask.
    assert_eq!(ends(&["update"]), Some(2));
}
