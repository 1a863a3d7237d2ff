//! The command as a person meets it: exit codes, output, and what it says when something is wrong.

use std::{
    fs,
    path::Path,
    process::{Command, Output},
};

/// Runs `candor` with a home of its own and nothing else of this machine's environment.
fn candor(home: &Path, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_candor"))
        .args(args)
        .env_clear()
        .env("HOME", home)
        .env("TZ", "UTC")
        .current_dir(home)
        .output()
        .expect("candor starts")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("output is UTF-8")
}

fn json(output: &Output) -> serde_json::Value {
    serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}{}", text(&output.stdout), text(&output.stderr)))
}

fn home() -> tempfile::TempDir {
    tempfile::tempdir().expect("a folder can be made")
}

/// What it leads to are documents, also when the environment names it. BleachBit 4.4.2 (L9), bleachbit#385.
#[cfg(feature = "clean")]
#[test]
fn bleachbit_385_a_cache_folder_that_is_a_link_is_not_followed() {
    let home = home();
    let pictures = home.path().join("Documents/thumbnails/normal");
    fs::create_dir_all(&pictures).unwrap();
    fs::write(pictures.join("plan.png"), "a plan of the garden").unwrap();
    let cache = home.path().join(".cache");
    std::os::unix::fs::symlink("Documents", &cache).unwrap();
    for named in [None, Some(&cache)] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_candor"));
        command.args(["clean", "--json"]).env_clear();
        command.env("HOME", home.path()).current_dir(home.path());
        command.envs(named.map(|cache| ("XDG_CACHE_HOME", cache)));
        let found = json(&command.output().unwrap());
        assert_eq!(found["kinds"], serde_json::json!([]), "{named:?}");
    }
    // A folder of that name is looked at.
    fs::remove_file(&cache).unwrap();
    fs::rename(home.path().join("Documents"), &cache).unwrap();
    let found = json(&candor(home.path(), &["clean", "--json"]));
    assert_eq!(found["kinds"][0]["id"], "linux.thumbnails");
}

#[test]
fn exit_codes_tell_nothing_found_found_and_incomplete() {
    let home = home();
    let at = |name: &str| home.path().join(name);
    fs::write(at("one"), "the same").unwrap();
    assert_eq!(candor(home.path(), &["dupes", "."]).status.code(), Some(0));
    fs::write(at("two"), "the same").unwrap();
    assert_eq!(candor(home.path(), &["dupes", "."]).status.code(), Some(1));
    assert_eq!(
        candor(home.path(), &["dupes", "missing"]).status.code(),
        Some(2)
    );
    // A browser's database that is none: not looked at is not the same as nothing found.
    let profile = at(".config/chromium/Default");
    fs::create_dir_all(&profile).unwrap();
    fs::write(profile.join("History"), "no database at all").unwrap();
    let output = candor(home.path(), &["history", "--json"]);
    assert_eq!(output.status.code(), Some(2));
    let skipped = &json(&output)["skipped"];
    assert!(
        skipped[0]["path"]
            .as_str()
            .unwrap()
            .ends_with("Default/History"),
        "{skipped}"
    );
}

/// An archive of the tests of formats.
const PACKED: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../crates/formats/tests/archives/tar.gz"
);

#[test]
fn every_command_speaks_json_with_its_schema() {
    let home = home();
    for (args, schema) in [
        (&["checkup"][..], "candor/checkup/1"),
        (&["map"], "candor/map/1"),
        (&["clean"], "candor/clean/1"),
        (&["dupes", "."], "candor/dupes/1"),
        (&["similar", "."], "candor/similar/1"),
        (&["history"], "candor/history/1"),
        (&["lists"], "candor/lists/1"),
        (&["lists", "explain", "example.com"], "candor/lists/1"),
        (&["battery"], "candor/battery/1"),
        (&["list", PACKED], "candor/archives/1"),
        (&["test", PACKED], "candor/archives/1"),
        (&["doctor"], "candor/doctor/1"),
        (&["notice", "history"], "candor/notice/1"),
        (&["consent"], "candor/consent/1"),
        (&["outbox"], "candor/outbox/1"),
    ] {
        let output = candor(home.path(), &[args, &["--json"]].concat());
        assert_eq!(json(&output)["schema"], schema, "{args:?}");
        assert_eq!(text(&output.stderr), "", "{args:?}");
        let name = schema.replace('/', ".");
        let file = format!(
            "{}/../../schemas/{name}.schema.json",
            env!("CARGO_MANIFEST_DIR")
        );
        let described: serde_json::Value =
            serde_json::from_str(&fs::read_to_string(&file).expect(&file)).unwrap();
        for key in described["required"].as_array().unwrap() {
            assert!(
                json(&output).get(key.as_str().unwrap()).is_some(),
                "{schema} lacks {key}"
            );
        }
    }
}

#[test]
fn a_checkup_finds_what_is_there_and_sends_nothing() {
    let home = home();
    let at = |name: &str| home.path().join(name);
    fs::create_dir_all(at(".cache/thumbnails/large")).unwrap();
    fs::write(at(".cache/thumbnails/large/a.png"), vec![1; 30_000]).unwrap();
    for name in ["film", "copy of film"] {
        fs::write(at(name), vec![2; 300_000]).unwrap();
    }
    let page = at("report.html");
    let output = candor(
        home.path(),
        &["checkup", "--json", "--html", page.to_str().unwrap()],
    );
    assert_eq!(output.status.code(), Some(1), "{}", text(&output.stderr));
    let found = json(&output);
    assert_eq!(found["left_the_machine"], "nothing");
    assert_eq!(found["confined"]["in_force"], true);
    assert_eq!(found["dupes"]["groups"][0]["size"], 300_000);
    assert_eq!(found["junk"]["kinds"][0]["id"], "linux.thumbnails");
    assert!(found["map"]["roots"][0]["allocated"].as_u64().unwrap() > 630_000);
    let page = fs::read_to_string(page).unwrap();
    assert!(page.starts_with("<!doctype html>") && page.contains("copy of film"));
    // The memory of comparisons is the one thing that is kept.
    let output = candor(home.path(), &["checkup"]);
    let report = text(&output.stdout);
    for word in ["Duplicates", "film", "What left this machine: nothing"] {
        assert!(report.contains(word), "{report}");
    }
}

#[test]
fn no_report_calls_anything_clean_or_safe() {
    let home = home();
    for args in [
        &["checkup"][..],
        &["history"],
        &["clean"],
        &["dupes", "."],
        &["battery"],
    ] {
        let report = text(&candor(home.path(), args).stdout).to_lowercase();
        let words: Vec<&str> = report.split(|c: char| !c.is_alphabetic()).collect();
        assert!(
            !words.contains(&"clean") && !words.contains(&"safe"),
            "{report}"
        );
    }
}

#[test]
fn mistakes_are_answered_with_the_path_and_a_way_out() {
    let home = home();
    fs::create_dir(home.path().join("empty")).unwrap();
    for (args, words) in [
        (
            &["dupes", "no-such-folder"][..],
            &["`no-such-folder`", "No such file", "help:"][..],
        ),
        (
            &["checkup", "--root", "empty", "--platform", "macos"],
            &["empty", "Users", "--platform", "help:"],
        ),
        (
            &["checkup", "--root", "gone", "--platform", "linux"],
            &["gone", "help:"],
        ),
        (&["checkup", "--root", "empty"], &["--platform"]),
        (
            &["history", "--since", "yesterday"],
            &["`yesterday`", "24h"],
        ),
        (&["notice", "nothing"], &["nothing", "history"]),
        (
            &["map", "--html", "no/such/folder/x.html"],
            &["no/such/folder/x.html", "help:"],
        ),
        (&["dupes"], &["PATH"]),
    ] {
        let output = candor(home.path(), args);
        assert_eq!(output.status.code(), Some(2), "{args:?}");
        let said = text(&output.stderr);
        for word in words {
            assert!(said.contains(word), "{args:?} lacks {word:?}: {said}");
        }
    }
}

#[test]
fn a_memory_that_cannot_be_written_loses_no_report() {
    let home = home();
    for name in ["one", "two"] {
        fs::write(home.path().join(name), "the same").unwrap();
    }
    // What was written a moment ago is not remembered.
    std::thread::sleep(std::time::Duration::from_millis(2100));
    // /dev/full is a disk without room.
    let output = candor(
        home.path(),
        &["dupes", ".", "--json", "--memory", "/dev/full/x"],
    );
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(json(&output)["groups"].as_array().unwrap().len(), 1);
    let said = text(&output.stderr);
    assert!(
        said.contains("/dev/full/x") && said.contains("--no-memory"),
        "{said}"
    );
    // And where it can be written, the second run reads nothing.
    for (run, opened) in [(1, 2), (2, 0)] {
        let output = candor(home.path(), &["dupes", "one", "two", "--json"]);
        assert_eq!(json(&output)["files_opened"], opened, "run {run}");
    }
    assert!(home.path().join(".cache/candor/comparisons").exists());
    // A damaged memory is said, and made anew.
    fs::write(home.path().join(".cache/candor/comparisons"), "rubbish").unwrap();
    let output = candor(home.path(), &["dupes", "one", "two", "--json"]);
    assert_eq!(
        (output.status.code(), &json(&output)["files_opened"]),
        (Some(2), &2.into())
    );
    let output = candor(home.path(), &["dupes", "one", "two", "--json"]);
    assert_eq!(
        (output.status.code(), &json(&output)["files_opened"]),
        (Some(1), &0.into())
    );
}

#[test]
fn a_mounted_mac_is_looked_at_as_a_mac() {
    let disk = home();
    let trash = disk
        .path()
        .join("Users/ada/Library/Caches/com.apple.QuickLook.thumbnailcache");
    fs::create_dir_all(&trash).unwrap();
    fs::write(trash.join("data"), vec![1; 50_000]).unwrap();
    let root = disk.path().to_str().unwrap();
    let output = candor(
        disk.path(),
        &["clean", "--json", "--root", root, "--platform", "macos"],
    );
    let found = json(&output);
    assert_eq!(found["machine"]["platform"], "macos");
    let ids: Vec<&str> = found["kinds"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["id"].as_str().unwrap())
        .collect();
    assert!(ids.iter().any(|id| id.starts_with("macos.")), "{ids:?}");
}

#[test]
fn completions_and_the_man_page_come_out_of_the_command_line() {
    let home = home();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let output = candor(home.path(), &["completions", shell]);
        assert!(text(&output.stdout).contains("checkup"), "{shell}");
    }
    assert!(text(&candor(home.path(), &["man"]).stdout).contains(".TH candor"));
}

/// A bitmap of 64 by 64 greys, 24 bits a pixel, upside down as bitmaps are.
fn bitmap(grey: impl Fn(u32, u32) -> u8) -> Vec<u8> {
    let mut bytes = b"BM".to_vec();
    bytes.extend(12_342_u32.to_le_bytes());
    bytes.extend([0; 4]);
    for field in [54_u32, 40, 64, 64] {
        bytes.extend(field.to_le_bytes());
    }
    bytes.extend([1, 0, 24, 0]);
    bytes.extend([0; 24]);
    for y in (0..64).rev() {
        bytes.extend((0..64).flat_map(|x| [grey(x, y); 3]));
    }
    bytes
}

#[test]
fn pictures_that_look_alike_are_found_behind_the_walls() {
    let home = home();
    let save = |name: &str, bytes: Vec<u8>| fs::write(home.path().join(name), bytes).unwrap();
    let hill = |x: u32, y: u32| (x * x / 40 + (y * 3 % 97) * x / 60) as u8;
    save("hill.bmp", bitmap(hill));
    save("mirrored.bmp", bitmap(|x, y| hill(63 - x, y)));
    save("damaged.bmp", bitmap(hill)[..600].to_vec());
    let output = candor(home.path(), &["similar", "--json", "."]);
    let found = json(&output);
    assert_eq!(output.status.code(), Some(2), "{found}");
    assert_eq!(found["pictures"], 2, "{found}");
    assert_eq!(
        found["groups"][0]["pictures"].as_array().map(Vec::len),
        Some(2),
        "{found}"
    );
    assert_eq!(found["skipped"][0]["why"]["kind"], "damaged", "{found}");
}

/// A recording of twelve seconds, each quarter of which has a tone of its own, in so many bits.
fn wave(bits: u16) -> Vec<u8> {
    let wide = usize::from(bits / 8);
    let length = (12 * 8000 * wide) as u32;
    let mut bytes = b"RIFF".to_vec();
    bytes.extend((36 + length).to_le_bytes());
    bytes.extend(b"WAVEfmt \x10\0\0\0\x01\0\x01\0\x40\x1f\0\0");
    bytes.extend((8000 * wide as u32).to_le_bytes());
    bytes.extend((wide as u16).to_le_bytes());
    bytes.extend(bits.to_le_bytes());
    bytes.extend(b"data");
    bytes.extend(length.to_le_bytes());
    for at in 0..12 * 8000_u32 {
        let pitch = 200.0 * 2_f64.powf(f64::from(at / 2000 * 11 % 31) / 12.0);
        let sample = (f64::from(at) * pitch * std::f64::consts::TAU / 8000.0).sin();
        match bits {
            8 => bytes.push((sample * 100.0 + 128.0) as u8),
            _ => bytes.extend(((sample * 20_000.0) as i16).to_le_bytes()),
        }
    }
    bytes
}

#[test]
fn recordings_that_sound_the_same_are_found_behind_the_walls() {
    let home = home();
    let save = |name: &str, bytes: &[u8]| fs::write(home.path().join(name), bytes).unwrap();
    save("song.wav", &wave(16));
    save("small.wav", &wave(8));
    save("damaged.wav", &wave(8)[..600]);
    save("hill.bmp", &bitmap(|x, y| (x * y / 16) as u8));
    let output = candor(home.path(), &["similar", "--recordings", "--json", "."]);
    let found = json(&output);
    assert_eq!(output.status.code(), Some(2), "{found}");
    assert_eq!(
        (&found["heard"], &found["pictures"]),
        (&2.into(), &0.into())
    );
    let files = found["recordings"][0]["files"].as_array();
    assert_eq!(files.map(Vec::len), Some(2), "{found}");
    assert_eq!(found["skipped"][0]["why"]["kind"], "damaged", "{found}");
    let output = candor(
        home.path(),
        &["similar", "--recordings", "--distance", "3", "."],
    );
    let said = text(&output.stderr);
    assert!(said.contains("cannot be used with"), "{said}");
}
