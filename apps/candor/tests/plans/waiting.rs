//! What must not be waited for, and what another run holds.

use std::{fs, process::Command};

use super::home::Home;

#[test]
fn another_run_is_named_and_nothing_is_called_cut_off() {
    let home = Home::new();
    home.plan("trash", &[]);
    home.json(&["apply", "plan.json", "--yes", "--json"], 0);
    let folder = home.at(".local/state/candor/journal");
    // As if that run had not come to its end.
    let journal = fs::read_dir(&folder).unwrap().flatten().map(|it| it.path());
    let journal = journal
        .into_iter()
        .find(|it| it.extension().is_some())
        .unwrap();
    let text = fs::read_to_string(&journal).unwrap();
    let (text, _end) = text.trim_end().rsplit_once('\n').unwrap();
    fs::write(&journal, format!("{text}\n")).unwrap();
    let lock = fs::File::open(folder.join("lock")).unwrap();
    lock.lock().unwrap();
    for words in [
        &["apply", "plan.json", "--yes"][..],
        &["undo", "--yes"],
        &["journal"],
    ] {
        let run = home.candor(words);
        assert_eq!(run.status.code(), Some(2), "{run:?}");
        let said = String::from_utf8_lossy(&run.stderr);
        assert!(
            said.contains("candor: another run of Candor is acting"),
            "{said}"
        );
        assert!(!said.contains("cut off"), "{said}");
        let listed = String::from_utf8_lossy(&run.stdout).contains("apply plan.json: 2 done");
        assert_eq!(listed, words == ["journal"], "{run:?}");
    }
    drop(lock);
    assert_eq!(home.candor(&["undo", "--yes"]).status.code(), Some(0));
}

#[test]
fn a_pipe_is_no_plan_and_no_list_of_what_stays() {
    let home = Home::new();
    fs::create_dir_all(home.at(".config/candor")).unwrap();
    for (pipe, words) in [
        ("plan.json", &["apply", "plan.json", "--yes"][..]),
        (".config/candor/keep", &["clean"]),
    ] {
        if cfg!(not(feature = "clean")) && words == ["clean"] {
            continue;
        }
        let made = Command::new("mkfifo").arg(home.at(pipe)).status();
        assert!(made.unwrap().success());
        let run = home.candor(words);
        assert_eq!(run.status.code(), Some(2), "{run:?}");
        let said = String::from_utf8_lossy(&run.stderr);
        assert!(said.contains("it is no regular file"), "{said}");
    }
}

#[test]
fn nothing_is_an_answer_as_well_and_names_its_schema_first() {
    let home = Home::new();
    let none = home.json(&["purge", "--json"], 0);
    assert_eq!(none["schema"], "candor/apply/1");
    assert_eq!(none["steps"].as_array().unwrap().len(), 0);
    let journal = home.candor(&["journal", "--json"]).stdout;
    assert!(journal.starts_with(b"{\"schema\":\"candor/journal/1\","));
}

#[test]
fn what_candor_keeps_is_touched_by_no_step() {
    let home = Home::new();
    for name in [".cache/candor/cat.jpg", ".local/state/candor/old/cat.jpg"] {
        let path = home.at(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, "meow").unwrap();
    }
    home.candor(&[
        "dupes",
        "--plan",
        "plan.json",
        "--act",
        "trash",
        "--prefer",
        "photos",
        "--parts",
        ".cache",
        ".local/state",
        "photos",
    ]);
    let run = home.candor(&["apply", "plan.json", "--yes"]);
    assert_eq!(run.status.code(), Some(2), "{run:?}");
    let said = String::from_utf8_lossy(&run.stderr);
    assert_eq!(
        said.matches("Candor keeps its own things there").count(),
        2,
        "{said}"
    );
    assert!(home.at(".cache/candor/cat.jpg").exists());
    assert!(home.at(".local/state/candor/old/cat.jpg").exists());
}
