//! What belongs to other users, and what only another user can give.
#![expect(clippy::unwrap_used, reason = "in a test, also in what it calls")]

use std::{fs, os::unix::fs::MetadataExt, process::Command};

use serde_json::{Value, json};

#[path = "plans/home.rs"]
mod home;

use home::Home;

fn plan(home: &Home, act: &str) {
    let words = [
        "dupes",
        "--plan",
        "plan.json",
        "--act",
        act,
        "--json",
        "photos",
        "backup",
    ];
    home.json(&words, 1);
}

/// With the rights of one user, the journals of another are not put in order.
#[test]
fn the_journals_of_somebody_else_are_not_followed() {
    let home = Home::new();
    plan(&home, "trash");
    home.json(&["apply", "--yes", "--json", "plan.json"], 0);
    let folder = home.at(".local/state/candor/journal");
    if std::os::unix::fs::chown(&folder, Some(65_534), None).is_err() {
        assert!(
            std::env::var_os("CANDOR_REQUIRE_PEERS").is_none(),
            "not run as root"
        );
        eprintln!("not run as root: journals of another user were not looked at");
        return;
    }
    for words in [
        &["journal"][..],
        &["undo", "-y"],
        &["apply", "-y", "plan.json"],
    ] {
        let run = home.candor(words);
        assert_eq!(run.status.code(), Some(2), "{run:?}");
        let said = String::from_utf8_lossy(&run.stderr).into_owned();
        assert!(
            said.contains("are another user's") && said.contains("HOME"),
            "{said}"
        );
    }
}

/// A group that this user is not in could not be given back by undoing, so nothing is linked.
#[test]
fn a_link_that_could_not_be_undone_is_refused() {
    use std::os::unix::{fs::chown, process::CommandExt};
    const NOBODY: u32 = 65_534;
    let home = Home::new();
    plan(&home, "hardlink");
    let all = [".", "photos", "backup", "backup/old", "plan.json"];
    let owned = all.into_iter().chain([
        "photos/cat.jpg",
        "backup/cat.jpg",
        "backup/old/cat copy.jpg",
    ]);
    if owned
        .map(|name| chown(home.at(name), Some(NOBODY), Some(0)))
        .any(|it| it.is_err())
    {
        assert!(
            std::env::var_os("CANDOR_REQUIRE_PEERS").is_none(),
            "not run as root"
        );
        eprintln!("not run as root: files of another group were not looked at");
        return;
    }
    // That user may not reach the folder of this build. Another program copies: what this one has open
    // for writing, a child of another test may keep open, and then nobody can start it.
    let program = home.at("candor");
    let copied = Command::new("cp")
        .args([env!("CARGO_BIN_EXE_candor").as_ref(), program.as_os_str()])
        .status();
    assert!(copied.unwrap().success());
    let as_nobody = |words: &[&str]| -> Value {
        let mut command = Command::new(&program);
        command.args(words).current_dir(home.folder.path());
        command.env_clear().env("HOME", home.folder.path());
        let run = command.uid(NOBODY).gid(NOBODY).output().unwrap();
        serde_json::from_slice(&run.stdout).unwrap_or_else(|_| panic!("{run:?}"))
    };
    fs::remove_file(home.at("plan.json")).unwrap();
    as_nobody(&[
        "dupes",
        "photos",
        "backup",
        "--plan",
        "plan.json",
        "--act",
        "hardlink",
        "--json",
    ]);
    let acted = as_nobody(&["apply", "--yes", "--json", "plan.json"]);
    assert_eq!((&acted["done"], &acted["refused"]), (&json!(0), &json!(2)));
    let why = acted["steps"][0]["refused"].as_str().unwrap();
    assert!(why.contains("undoing could not give it back"), "{why}");
    let inode = |name: &str| fs::metadata(home.at(name)).unwrap().ino();
    assert_ne!(inode("photos/cat.jpg"), inode("backup/cat.jpg"));
}
