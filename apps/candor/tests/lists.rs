//! Threat lists as a person meets them: raw files become a list file that `history` looks addresses up in.

#![cfg(feature = "history")]
#![expect(clippy::unwrap_used, reason = "in a test, also in what it calls")]

use std::{fs, path::PathBuf, process::Output};

use serde_json::{Value, json};

#[path = "plans/home.rs"]
mod home;

use home::Home;

/// Puts what an update brings into a home: one list, `brought`.
fn brought(home: &Home, version: u32, text: &str) {
    let row = "[[list]]\nname = \"Brought\"\nfile = \"hosts.txt\"\nform = \"hosts\"\nlicence = \"MIT\"\n\
               category = \"scam\"\ndate = \"2026-11-01\"\nfresh_days = 0\n";
    let description = format!("version = {version}\n{row}");
    write(
        home,
        ".local/state/candor/lists/raw/lists.toml",
        &description,
    );
    write(home, ".local/state/candor/lists/raw/hosts.txt", text);
}

fn with_lists() -> Home {
    let home = Home::new();
    brought(&home, 3, "0.0.0.0 evil.example\n0.0.0.0 github.com\n");
    home
}

fn write(home: &Home, name: &str, text: &str) {
    let path = home.at(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

fn compiled(home: &Home) -> PathBuf {
    home.at(".local/state/candor/lists/compiled")
}

fn level(home: &Home, address: &str) -> Value {
    let run = home.candor(&["lists", "explain", address, "--json"]);
    let said: Value = serde_json::from_slice(&run.stdout).unwrap();
    said["explained"]["verdict"]["level"].clone()
}

fn list<'r>(report: &'r Value, id: &str) -> Option<&'r Value> {
    let lists = report["lists"].as_array().unwrap();
    lists.iter().find(|it| it["id"] == id)
}

fn told(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn raw_lists_are_compiled_and_serve_from_then_on() {
    let home = with_lists();
    assert_eq!(level(&home, "http://www.evil.example/x"), "none");
    let made = home.json(&["lists", "compile", "--json"], 0);
    assert_eq!(
        (&made["starter"], &made["update"]),
        (&json!(false), &json!(3))
    );
    let brought = list(&made, "brought").unwrap();
    assert_eq!(brought["entries"], 1);
    assert_eq!(brought["left_out"], json!({"top-site": 1}));
    assert_eq!(level(&home, "http://www.evil.example/x"), "amber");
    assert_eq!(level(&home, "https://github.com/"), "none");
    // The starter list is part of it.
    assert_eq!(level(&home, "coolwebsearch.info"), "red");
    let history = home.json(&["history", "--json"], 0);
    assert!(list(&history, "brought").is_some());

    let bytes = fs::read(compiled(&home)).unwrap();
    let again = home.json(&["lists", "compile", "--json"], 0);
    assert_eq!(again["changes"]["families"], json!([]));
    assert!(
        fs::read(compiled(&home)).unwrap() == bytes,
        "the same raw files give the same bytes"
    );
    assert_eq!(home.json(&["lists", "--json"], 0)["update"], 3);
}

#[test]
fn older_lists_are_refused_and_what_served_still_does() {
    let home = with_lists();
    home.json(&["lists", "compile", "--json"], 0);
    brought(&home, 2, "0.0.0.0 other.example\n");
    let told = home.json(&["lists", "compile", "--json"], 2);
    let detail = told["skipped"][0]["why"]["detail"].as_str().unwrap();
    assert!(
        detail.contains("version 2") && detail.contains("version 3"),
        "{detail}"
    );
    assert_eq!(level(&home, "evil.example"), "amber");
    assert_eq!(level(&home, "other.example"), "none");
}

#[test]
fn a_damaged_list_file_is_said_and_the_starter_list_serves() {
    let home = with_lists();
    home.json(&["lists", "compile", "--json"], 0);
    let bytes = fs::read(compiled(&home)).unwrap();
    fs::write(compiled(&home), &bytes[..bytes.len() / 2]).unwrap();
    for words in [&["history", "--json"][..], &["lists", "--json"]] {
        let said = home.json(words, 2);
        let path = said["skipped"][0]["path"].as_str().unwrap();
        assert!(path.ends_with("candor/lists/compiled"), "{path}");
        assert!(list(&said, "brought").is_none());
    }
    // Compiling mends it.
    home.json(&["lists", "compile", "--json"], 0);
    assert_eq!(level(&home, "evil.example"), "amber");
}

#[test]
fn a_person_allows_hosts_and_takes_that_back() {
    let home = with_lists();
    write(&home, ".config/candor/allow", "# mine\n");
    assert_eq!(level(&home, "www.coolwebsearch.info"), "red");
    let said = home.json(&["lists", "allow", "CoolWebSearch.info.", "--json"], 0);
    assert_eq!(said["allow"], json!(["coolwebsearch.info"]));
    assert_eq!(level(&home, "www.coolwebsearch.info"), "none");
    let file = || fs::read_to_string(home.at(".config/candor/allow")).unwrap();
    assert_eq!(file(), "# mine\ncoolwebsearch.info\n");
    // Said twice, it stands there once.
    home.json(&["lists", "allow", "coolwebsearch.info", "--json"], 0);
    assert_eq!(file(), "# mine\ncoolwebsearch.info\n");
    home.json(
        &["lists", "allow", "coolwebsearch.info", "--remove", "--json"],
        0,
    );
    assert_eq!(file(), "# mine\n");
    assert_eq!(level(&home, "www.coolwebsearch.info"), "red");
    for (words, expected) in [
        (&["co.uk"][..], "public suffix"),
        (&["example.com/path"], "names no host"),
        (&["two words"], "names no host"),
        (&["example.com", "--remove"], "not on the allow-list"),
    ] {
        let output = home.candor(&[&["lists", "allow"], words].concat());
        assert_eq!(output.status.code(), Some(2));
        assert!(told(&output).contains(expected), "{}", told(&output));
    }
}

#[test]
fn a_person_adds_lists_and_hears_of_mistakes_with_their_line() {
    let home = with_lists();
    let own = home.at("elsewhere/own.txt");
    write(&home, "elsewhere/own.txt", "evil.example\nnever.example\n");
    let describe = |more: &str| {
        let row = format!(
            "[[list]]\nname = \"My own\"\nfile = \"{}\"\nform = \"domains\"\nlicence = \"none\"\n\
             category = \"scam\"\n{more}",
            own.display()
        );
        write(&home, ".config/candor/lists.toml", &row);
    };
    describe("fresh_days = 0\n");
    home.json(&["lists", "compile", "--json"], 0);
    // On the list that was brought, and on one's own.
    assert_eq!(level(&home, "evil.example"), "red");
    assert_eq!(level(&home, "never.example"), "amber");

    describe("colour = \"red\"\n");
    let output = home.candor(&["lists", "compile"]);
    assert_eq!(output.status.code(), Some(2));
    let expected = "line 7: unknown field `colour`";
    assert!(told(&output).contains(expected), "{}", told(&output));

    // A list that is gone is said; the others are compiled.
    fs::remove_file(&own).unwrap();
    describe("");
    let said = home.json(&["lists", "compile", "--json"], 2);
    assert_eq!(said["skipped"].as_array().unwrap().len(), 1);
    assert_eq!(level(&home, "evil.example"), "amber");
}

#[test]
fn an_explanation_names_entry_list_and_day() {
    let home = with_lists();
    home.json(&["lists", "compile", "--json"], 0);
    let output = home.candor(&["lists", "explain", "http://www.evil.example/x"]);
    assert_eq!(output.status.code(), Some(1));
    let text = String::from_utf8_lossy(&output.stdout);
    for part in ["evil.example", "Brought", "2026-11-01", "Amber:"] {
        assert!(text.contains(part), "{part}: {text}");
    }
    let output = home.candor(&["lists", "explain", "example.com"]);
    assert_eq!(output.status.code(), Some(0));
    let output = home.candor(&["lists", "explain", "not a host!"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(
        told(&output).contains("`not a host!` names no host"),
        "{}",
        told(&output)
    );
}
