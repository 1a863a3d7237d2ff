//! Releases: made, checked, made again with what is new; and what is not published.

#![expect(clippy::unwrap_used, reason = "a test fails by it")]

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use tempfile::TempDir;

struct Publisher {
    folder: TempDir,
    key: String,
}

impl Publisher {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let output = run(&["key", "lists.example.org"], &[&folder.path().join("key")]);
        let key = String::from_utf8(output.stdout).unwrap().trim().to_owned();
        Self { folder, key }
    }

    fn at(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn web(&self) -> PathBuf {
        self.at("web")
    }

    fn writes(&self, version: u64, list: &str) {
        let raw = self.at("raw");
        fs::create_dir_all(&raw).unwrap();
        fs::write(raw.join("names.txt"), list).unwrap();
        let text = format!(
            "version = {version}\n[[list]]\nname = \"Names\"\nfile = \"names.txt\"\nform = \"domains\"\n\
             licence = \"CC0-1.0\"\ncategory = \"phishing\"\ndate = \"2026-11-26\"\n"
        );
        fs::write(raw.join("lists.toml"), text).unwrap();
    }

    fn releases(&self) -> Result<String, String> {
        let key = self.at("key");
        let words = ["release", "--level", "3", "--past", "2", "--key"];
        told(&run(&words, &[&key, &self.at("raw"), &self.web()]))
    }

    fn checks(&self) -> Result<String, String> {
        told(&run(&["check"], &[&self.web(), Path::new(&self.key)]))
    }
}

fn run(words: &[&str], paths: &[&Path]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_candor-publish"))
        .args(words)
        .args(paths)
        .output()
        .unwrap()
}

fn told(output: &Output) -> Result<String, String> {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    match output.status.code() {
        Some(0) => Ok(text(&output.stdout)),
        Some(2) => Err(text(&output.stderr)),
        other => panic!("{other:?}: {}", text(&output.stderr)),
    }
}

fn names(numbers: impl Iterator<Item = u64>) -> String {
    let line = |n: u64| format!("{:016x}.example\n", n.wrapping_mul(0x9e37_79b9_7f4a_7c15));
    numbers.map(line).collect()
}

fn files(folder: &Path) -> usize {
    fs::read_dir(folder).unwrap().count()
}

#[test]
fn a_release_is_checked_and_the_next_has_what_is_new() {
    let publisher = Publisher::new();
    publisher.writes(1, &names(0..3000));
    let first = publisher.releases().unwrap();
    assert!(
        first.contains("1 list,") && first.contains("0 deltas"),
        "{first}"
    );
    assert!(publisher.checks().unwrap().contains("all there and right"));
    for version in 2..6 {
        publisher.writes(version, &names(version..3000 + version));
        let said = publisher.releases().unwrap();
        let deltas = (version - 1).min(2);
        assert!(said.contains(&format!("{deltas} deltas")), "{said}");
        publisher.checks().unwrap();
    }
    // This release and the two before it: a list and a description each, and the deltas of all three.
    assert_eq!(files(&publisher.web().join("past")), 3);
    assert_eq!(files(&publisher.web().join("z")), 3 * 2 + 3 * 2);
}

#[test]
fn what_a_device_would_not_take_is_not_published() {
    let publisher = Publisher::new();
    publisher.writes(3, &names(0..10));
    publisher.releases().unwrap();
    let note = fs::read(publisher.web().join("release")).unwrap();
    let refused = |told: &str| {
        let said = publisher.releases().unwrap_err();
        assert!(said.contains(told), "{told}: {said}");
        assert_eq!(fs::read(publisher.web().join("release")).unwrap(), note);
    };
    refused("version 3 is published");
    publisher.writes(4, "this is no list of names\n<html>\n");
    refused("lists nothing");
    publisher.writes(5, "");
    refused("lists nothing");
    let gone = "version = 6\n[[list]]\nname = \"Gone\"\nfile = \"gone.txt\"\nform = \"domains\"\nlicence = \"MIT\"\n\
                category = \"scam\"\ndate = \"2026-11-26\"\n";
    fs::write(publisher.at("raw/lists.toml"), gone).unwrap();
    refused("leave out");
    fs::write(
        publisher.at("raw/lists.toml"),
        "version = 6\n[[list]]\nname = 1\n",
    )
    .unwrap();
    refused("lists.toml");
    let url = "version = 6\n[[list]]\nname = \"Far\"\nurl = \"https://a.example/x\"\nform = \"domains\"\nlicence = \"MIT\"\n\
               category = \"scam\"\ndate = \"2026-11-26\"\n";
    fs::write(publisher.at("raw/lists.toml"), url).unwrap();
    refused("`url` belongs to lists of your own");
    fs::write(publisher.at("key"), "lists.example.org\nzz\n").unwrap();
    refused("is no key of a publisher");
}

#[test]
fn what_was_changed_after_it_was_signed_is_found() {
    let publisher = Publisher::new();
    publisher.writes(1, &names(0..10));
    assert!(publisher.checks().unwrap_err().contains("no release"));
    publisher.releases().unwrap();
    for entry in fs::read_dir(publisher.web().join("z")).unwrap() {
        let path = entry.unwrap().path();
        let bytes = fs::read(&path).unwrap();
        fs::write(&path, [&bytes[..], b"x"].concat()).unwrap();
        assert!(publisher.checks().unwrap_err().contains("was changed"));
        fs::remove_file(&path).unwrap();
        assert!(publisher.checks().unwrap_err().contains("cannot read"));
        fs::write(&path, bytes).unwrap();
    }
    publisher.checks().unwrap();
    let other = Publisher::new();
    let checked = run(&["check"], &[&publisher.web(), Path::new(&other.key)]);
    assert!(told(&checked).unwrap_err().contains("is no release of"));
}
