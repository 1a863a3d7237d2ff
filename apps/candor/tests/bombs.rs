//! Archives that would fill a disk or a memory, end to end: each is refused in words, and leaves little.
#![cfg(feature = "unpack")]
#![expect(clippy::unwrap_used, reason = "a test fails by it")]

use std::{fs, path::Path, process::Command};

use fixture::archives::bombs;
use serde_json::Value;

/// Returns what an archive of so many bytes may leave: what comes out before somebody asks how many times the archive it
/// is, or a thousand times it.
fn most(length: usize) -> u64 {
    (64 << 20).max(1001 * length as u64)
}

fn length_of(folder: &Path) -> u64 {
    let entries = fs::read_dir(folder).unwrap().map(|it| it.unwrap());
    let each = entries.map(|it| match it.metadata().unwrap() {
        found if found.is_dir() => length_of(&it.path()),
        found => found.len(),
    });
    each.sum()
}

#[test]
fn every_bomb_is_refused_in_words_and_no_more_than_may_be_is_left() {
    let mut wrong = Vec::new();
    for bomb in bombs::all() {
        let home = tempfile::tempdir().unwrap();
        let out = home.path().join("out");
        fs::create_dir(&out).unwrap();
        fs::write(home.path().join("bomb"), &bomb.bytes).unwrap();
        for words in [["unpack", "--json"], ["test", "--json"]] {
            let mut command = Command::new(env!("CARGO_BIN_EXE_candor"));
            command.args(words).arg("../bomb").current_dir(&out);
            let output = command
                .env_clear()
                .env("HOME", home.path())
                .output()
                .unwrap();
            let told: Value = serde_json::from_slice(&output.stdout)
                .unwrap_or_else(|error| panic!("{}: {error}: {output:?}", bomb.name));
            let skipped = told["skipped"].as_array().unwrap();
            let kinds: Vec<&str> = skipped
                .iter()
                .map(|it| it["why"]["kind"].as_str().unwrap())
                .collect();
            let is_right = match bomb.why {
                Some(why) => kinds.contains(&why) && output.status.code() == Some(2),
                None => kinds.is_empty() && output.status.success(),
            };
            if !is_right || skipped.iter().any(|it| it["why"]["detail"] == "") {
                wrong.push(format!("{}, {}: {skipped:?}", bomb.name, words[0]));
            }
        }
        let left = length_of(&out);
        if left > most(bomb.bytes.len()) {
            wrong.push(format!("{}: {left} bytes are left", bomb.name));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}
