//! Folders as a whole, and groups as other programs print them.

use std::{fs, os::unix::ffi::OsStrExt};

use serde_json::Value;

use super::{Home, assert_as_described};

#[test]
fn folders_that_hold_the_same_go_as_a_whole_and_come_back() {
    let home = Home::new();
    for name in ["photos/trip", "backup/trip"] {
        fs::create_dir_all(home.at(name).join("in")).unwrap();
        fs::write(home.at(name).join("in/1.jpg"), "beach").unwrap();
        fs::write(home.at(name).join("empty"), "").unwrap();
        std::os::unix::fs::symlink("in/1.jpg", home.at(name).join("best")).unwrap();
    }
    let plan = |file: &str, act: &str, more: &[&str]| {
        let words = ["dupes", "--plan", file, "--act", act, "--json"];
        home.candor(&[&words, more, &["photos", "backup"]].concat())
    };
    // Joined they cannot be.
    let refused = plan("plan.json", "hardlink", &["--folders"]);
    assert_eq!(refused.status.code(), Some(2), "{refused:?}");
    let report: Value =
        serde_json::from_slice(&plan("plan.json", "trash", &["--folders"]).stdout).unwrap();
    let paths = report["folders"][0]["paths"].as_array().unwrap();
    assert_eq!(paths.len(), 2, "{report}");
    assert_as_described("dupes", &report["folders"][0], Some("dupes_folders"));
    let made: Value = serde_json::from_slice(&fs::read(home.at("plan.json")).unwrap()).unwrap();
    let step = &made["steps"][0];
    assert_as_described("plan", step, Some("step"));
    assert_eq!(step["is"]["kind"], "folder");
    assert_eq!(step["inside"].as_array().unwrap().len(), 4);
    assert!(
        step["path"].as_str().unwrap().ends_with("backup/trip"),
        "{step}"
    );
    let run = home.json(&["apply", "plan.json", "--yes", "--json"], 0);
    assert_eq!(run["refused"], 0, "{run}");
    assert!(!home.at("backup/trip").exists());
    assert_eq!(fs::read(home.at("photos/trip/in/1.jpg")).unwrap(), b"beach");
    home.json(&["undo", "--yes", "--json"], 0);
    assert_eq!(fs::read(home.at("backup/trip/in/1.jpg")).unwrap(), b"beach");
    // A file in it that changed keeps all of it, and is named.
    fs::remove_file(home.at("plan.json")).unwrap();
    plan("plan.json", "trash", &["--folders"]);
    fs::write(home.at("backup/trip/in/1.jpg"), "ocean").unwrap();
    let run = home.json(&["apply", "plan.json", "--yes", "--json"], 2);
    let why = run["steps"][0]["refused"].as_str().unwrap();
    assert!(why.contains("1.jpg` in it"), "{why}");
    assert!(home.at("backup/trip/empty").exists());
}

#[test]
fn groups_are_printed_as_fdupes_prints_them() {
    let home = Home::new();
    let odd = std::ffi::OsStr::from_bytes(b"photos/dog \xff.jpg");
    fs::write(home.folder.path().join(odd), "bark").unwrap();
    let run = home.candor(&["dupes", "--fdupes", "photos", "backup"]);
    assert_eq!(run.status.code(), Some(1), "{run:?}");
    let root = home.folder.path().canonicalize().unwrap();
    let top = [root.as_os_str().as_bytes(), b"/"].concat();
    let mut expected = Vec::new();
    for name in [
        &b"backup/cat.jpg"[..],
        b"backup/old/cat copy.jpg",
        b"photos/cat.jpg",
        b"",
        b"photos/dog \xff.jpg",
        b"photos/dog.jpg",
    ] {
        let line = if name.is_empty() {
            Vec::new()
        } else {
            [&top, name].concat()
        };
        expected.extend([line, b"\n".to_vec()].concat());
    }
    assert_eq!(
        String::from_utf8_lossy(&run.stdout),
        String::from_utf8_lossy(&expected)
    );
    assert_eq!(run.stdout, expected);
    let none = home.candor(&["dupes", "--fdupes", "backup/old"]);
    assert_eq!((none.status.code(), none.stdout), (Some(0), Vec::new()));
}
