//! `candor list` and `candor test`, end to end, behind the walls.
#![cfg(feature = "unpack")]
#![expect(clippy::unwrap_used, reason = "a test fails by it")]

use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

use serde_json::Value;

fn packed(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../crates/formats/tests/archives")
        .join(name)
}

fn command(home: &Path, words: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_candor"));
    command.args(words).env_clear().env("HOME", home);
    command
        .env("TZ", "UTC")
        .env("TERM", "xterm")
        .current_dir(home);
    command
}

/// Runs on an archive of the tests that was copied below the home.
fn run(words: &[&str], archive: &str, password: Option<&str>) -> Output {
    let home = tempfile::tempdir().unwrap();
    let copy = home.path().join(archive);
    fs::copy(packed(archive), &copy).unwrap();
    let mut command = command(home.path(), words);
    command.arg(&copy);
    if let Some(password) = password {
        command.env("CANDOR_PASSWORD", password);
    }
    let before = fs::read_dir(home.path()).unwrap().count();
    let output = command.output().unwrap();
    let after = fs::read_dir(home.path()).unwrap().count();
    assert_eq!(before, after, "nothing is made");
    output
}

fn json(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {output:?}"))
}

#[test]
fn a_list_shows_every_entry_and_reads_no_more_than_it_must() {
    let output = run(&["list", "--json"], "package-zstd.deb", None);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let told = json(&output);
    assert_eq!(told["schema"], "candor/archives/1");
    assert_eq!(told["tested"], false);
    let formats = &told["archives"][0]["formats"];
    assert_eq!(formats, &serde_json::json!(["ar", "zstd", "tar"]));
    let entries = told["entries"].as_array().unwrap();
    let names: Vec<_> = entries
        .iter()
        .map(|it| it["name"].as_str().unwrap())
        .collect();
    for name in ["DEBIAN/control", "usr/share/sub/größe-日本.txt"] {
        assert!(names.contains(&name), "{names:?}");
    }
    let output = run(&["list"], "zip-times.zip", None);
    let text = String::from_utf8(output.stdout).unwrap();
    for words in ["(zip)", "sub/data.bin", "2.9 KiB", "2023-11-14"] {
        assert!(text.contains(words), "{words}: {text}");
    }
}

#[test]
fn a_test_reads_all_of_it_and_names_what_does_not_come_out_whole() {
    let output = run(&["test", "--json"], "7z-bcj2.7z", None);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert_eq!(json(&output)["archives"][0]["read"], 23_495);
    let text = String::from_utf8(run(&["test"], "tar.xz", None).stdout).unwrap();
    assert!(text.contains("All of them came out whole"), "{text}");

    let home = tempfile::tempdir().unwrap();
    let mut bytes = fs::read(packed("zip-stored.zip")).unwrap();
    let at = bytes.windows(6).position(|it| it == b"Candor").unwrap();
    bytes[at] ^= 1;
    let copy = home.path().join("changed.zip");
    fs::write(&copy, bytes).unwrap();
    let output = command(home.path(), &["test", "--json", "changed.zip"]).output();
    let output = output.unwrap();
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    let told = json(&output);
    let skipped = told["skipped"].as_array().unwrap();
    assert_eq!(skipped.len(), 1, "{told}");
    let path = skipped[0]["path"].as_str().unwrap();
    assert!(path.ends_with("changed.zip/readme.txt"), "{path}");
    assert_eq!(skipped[0]["why"]["kind"], "damaged");
}

#[test]
fn a_password_comes_from_the_environment_or_a_descriptor_and_is_in_no_output() {
    for archive in ["zip-aes256.zip", "zip-zipcrypto.zip", "7z-aes-header.7z"] {
        let output = run(&["test", "--json"], archive, None);
        assert_eq!(output.status.code(), Some(2), "{archive}: {output:?}");
        let why = &json(&output)["skipped"][0]["why"];
        assert_eq!(why["kind"], "locked", "{archive}");
        let output = run(&["test", "--json"], archive, Some("secret"));
        assert_eq!(output.status.code(), Some(0), "{archive}: {output:?}");
        let output = run(&["test", "--json"], archive, Some("not it"));
        assert_eq!(output.status.code(), Some(2), "{archive}: {output:?}");
        let all = [&output.stdout[..], &output.stderr].concat();
        assert!(!all.windows(6).any(|it| it == b"not it"), "{archive}");
    }
    let home = tempfile::tempdir().unwrap();
    let mut command = command(home.path(), &["test", "--password-fd", "0"]);
    command.arg(packed("7z-aes.7z"));
    command.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(b"secret\n").unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

#[test]
fn what_is_no_archive_or_not_there_is_told_and_the_others_are_looked_at() {
    let home = tempfile::tempdir().unwrap();
    fs::write(home.path().join("numbers"), "1 2\n3 4\n").unwrap();
    fs::copy(packed("tar.gz"), home.path().join("whole")).unwrap();
    let words = ["list", "--json", "numbers", "missing.zip", "whole"];
    let output = command(home.path(), &words).output().unwrap();
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    let told = json(&output);
    assert_eq!(told["skipped"][0]["why"]["kind"], "unsupported", "{told}");
    assert_eq!(told["archives"][0]["entries"], 8, "{told}");
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(
        said.contains("cannot find the archive `missing.zip`"),
        "{said}"
    );
    assert!(said.contains("help: "), "{said}");
}

/// A name that would write to the terminal, and names in the letters of old systems.
#[test]
fn names_are_shown_in_their_letters_and_write_nothing_to_the_terminal() {
    let home = tempfile::tempdir().unwrap();
    let listed = |names: &[&[u8]], words: &[&str]| {
        let mut out = Vec::new();
        for name in names {
            let mut header = [0; 512];
            header[..name.len()].copy_from_slice(name);
            header[100..108].copy_from_slice(b"0000644\0");
            header[124..136].copy_from_slice(b"00000000000\0");
            header[136..148].copy_from_slice(b"00000000000\0");
            header[148..156].fill(b' ');
            header[156] = b'0';
            let sum: u32 = header.iter().map(|it| u32::from(*it)).sum();
            header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
            out.extend_from_slice(&header);
        }
        out.extend_from_slice(&[0; 1024]);
        fs::write(home.path().join("names.tar"), out).unwrap();
        let words = [&["list"], words, &["names.tar"]].concat();
        command(home.path(), &words).output().unwrap()
    };
    let text = |output: Output| String::from_utf8(output.stdout).unwrap();
    let shown = text(listed(&[b"\x1b]0;owned\x07evil"], &[]));
    assert!(
        !shown.contains('\u{1b}') && !shown.contains('\u{7}'),
        "{shown:?}"
    );
    assert!(shown.contains("evil"), "{shown}");
    let names: &[&[u8]] = &[b"\x93\xfa\x96\x7b\x8c\xea\x82\xcc\x95\xb6\x8f\x91.txt"];
    let shown = text(listed(names, &[]));
    assert!(shown.contains("日本語の文書.txt"), "{shown}");
    assert!(
        shown.contains("Shift_JIS") && shown.contains("--encoding"),
        "{shown}"
    );
    let output = listed(&[b"gr\x94\xe1e"], &["--json", "--encoding", "cp437"]);
    let told = json(&output);
    assert_eq!(told["entries"][0]["name"], "größe");
    assert_eq!(told["entries"][0]["raw"], "Z3KU4WU=");
    let output = listed(&[b"x"], &["--encoding", "cp4711"]);
    assert_eq!(output.status.code(), Some(2), "{output:?}");
}
