//! From a look to a plan, from a plan to an act, and back.
#![expect(clippy::unwrap_used, reason = "in a test, also in what it calls")]

#[path = "plans/folders.rs"]
mod folders;

use std::{collections::BTreeSet, fs, os::unix::fs::MetadataExt, process::Command};

use serde_json::{Value, json};

#[path = "plans/home.rs"]
mod home;
#[path = "plans/refused.rs"]
mod refused;
#[path = "plans/schema.rs"]
mod schema;
#[path = "plans/waiting.rs"]
mod waiting;

use home::Home;
use schema::assert_as_described;

impl Home {
    fn plan(&self, act: &str, more: &[&str]) -> Value {
        let mut words = vec!["dupes", "--plan", "plan.json", "--act", act, "--json"];
        words.extend(more);
        words.extend(["photos", "backup"]);
        let report = self.json(&words, 1);
        assert!(
            report.get("proposals").is_none(),
            "proposals are for the plan"
        );
        assert_eq!(report["groups"].as_array().unwrap().len(), 1);
        serde_json::from_slice(&fs::read(self.at("plan.json")).unwrap()).unwrap()
    }

    fn photos(&self) -> BTreeSet<String> {
        let names = [
            "photos/cat.jpg",
            "backup/cat.jpg",
            "backup/old/cat copy.jpg",
            "photos/dog.jpg",
        ];
        let there = names.into_iter().filter(|name| self.at(name).exists());
        there.map(str::to_owned).collect()
    }
}

#[test]
fn a_plan_is_shown_asked_for_carried_out_and_taken_back() {
    let home = Home::new();
    let all = home.photos();
    let plan = home.plan("trash", &[]);
    assert_as_described("plan", &plan, None);
    let steps = plan["steps"].as_array().unwrap();
    assert_eq!(steps.len(), 2);
    for step in steps {
        assert_as_described("plan", step, Some("step"));
        assert_as_described("plan", &step["is"], Some("identity"));
        assert_eq!(
            step["survivor"]["path"],
            home.at("photos/cat.jpg").to_str().unwrap()
        );
        let reason = step["reason"].as_str().unwrap();
        assert!(reason.contains("the folder you named first"), "{reason}");
    }
    // Nobody is there to be asked: nothing is done.
    let asked = home.candor(&["apply", "plan.json"]);
    assert_eq!(asked.status.code(), Some(2));
    let said = String::from_utf8_lossy(&asked.stdout);
    assert!(
        said.contains("~/backup/cat.jpg") && said.contains("can be undone"),
        "{said}"
    );
    assert!(String::from_utf8_lossy(&asked.stderr).contains("--yes"));
    assert_eq!(home.photos(), all);

    let acted = home.json(&["apply", "--yes", "--json", "plan.json"], 0);
    assert_as_described("apply", &acted, None);
    assert_as_described("apply", &acted["steps"][0], Some("came"));
    assert_eq!((&acted["done"], &acted["refused"]), (&json!(2), &json!(0)));
    assert_eq!(
        home.photos(),
        BTreeSet::from(["photos/cat.jpg".into(), "photos/dog.jpg".into()])
    );
    assert!(
        home.at(".local/share/Trash/info/cat.jpg.trashinfo")
            .exists()
    );

    // A second time every step says why not.
    let again = home.json(&["apply", "-y", "--json", "plan.json"], 2);
    assert_eq!(again["refused"], 2);
    assert_eq!(again["steps"][0]["refused"], "it is not there any more");

    let run = acted["run"].as_str().unwrap();
    let undone = home.json(&["undo", "--yes", "--json", run], 0);
    assert_as_described("apply", &undone, None);
    assert_eq!(undone["done"], 2);
    assert_eq!(home.photos(), all);
    let nothing = home.candor(&["undo", "--last", "--yes"]);
    assert_eq!(nothing.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&nothing.stderr).contains("nothing to undo"));

    let journal = home.json(&["journal", "--json"], 0);
    assert_as_described("journal", &journal, None);
    let runs = journal["runs"].as_array().unwrap();
    assert_eq!(runs.len(), 3);
    assert_as_described("journal", &runs[0], Some("run"));
    assert_as_described("journal", &runs[0]["steps"][0], Some("step"));
    assert_eq!(runs[0]["steps"][0]["taken_back"], true);
    assert_eq!(runs[2]["undoes"], run);
    let shown = home.candor(&["journal", run]);
    let shown = String::from_utf8_lossy(&shown.stdout).into_owned();
    assert!(
        shown.contains("2 done, 2 taken back") && shown.contains("now at"),
        "{shown}"
    );
}

#[test]
fn rules_choose_what_stays() {
    for (rules, expected) in [
        (&["--keep", "longest-path"][..], "backup/old/cat copy.jpg"),
        (&["--keep", "deepest"], "backup/old/cat copy.jpg"),
        (&["--keep", "last-named,shortest-path"], "backup/cat.jpg"),
        (&["--prefer", "backup/old"], "backup/old/cat copy.jpg"),
        (&["--prefer-matching", "copy"], "backup/old/cat copy.jpg"),
        (&["--keep", "last-path"], "photos/cat.jpg"),
        (&["--keep", "newest"], "backup/old/cat copy.jpg"),
    ] {
        let home = Home::new();
        let plan = home.plan("trash", rules);
        let steps = plan["steps"].as_array().unwrap();
        assert_eq!(steps.len(), 2, "{rules:?}");
        let stays = home.at(expected);
        assert_eq!(
            steps[0]["survivor"]["path"],
            stays.to_str().unwrap(),
            "{rules:?}"
        );
    }
    for (rules, count) in [
        (&["--at-least", "2"][..], 1),
        (&["--at-least", "9"], 0),
        (&["--never", "**/old/*"], 1),
        (&["--never", "cat.jpg"], 1),
        (&["--only", "*copy.jpg"], 1),
        (&["--only", "**/elsewhere/**"], 0),
        (&["--lock", "backup/old"], 0),
        // Both copies in `backup` go, for one in `photos` stays.
        (&["--isolate"], 2),
        (&["--isolate", "--keep", "last-named"], 1),
    ] {
        let home = Home::new();
        let plan = home.plan("trash", rules);
        assert_eq!(plan["steps"].as_array().unwrap().len(), count, "{rules:?}");
    }
}

#[test]
fn copies_become_names_of_one_file_and_files_of_their_own_again() {
    let home = Home::new();
    home.plan("hardlink", &[]);
    home.json(&["apply", "--yes", "--json", "plan.json"], 0);
    let inode = |name: &str| fs::metadata(home.at(name)).unwrap().ino();
    assert_eq!(inode("photos/cat.jpg"), inode("backup/cat.jpg"));
    assert_eq!(inode("photos/cat.jpg"), inode("backup/old/cat copy.jpg"));
    home.json(&["undo", "--yes", "--json"], 0);
    assert_ne!(inode("photos/cat.jpg"), inode("backup/cat.jpg"));
    assert_eq!(fs::read(home.at("backup/cat.jpg")).unwrap(), b"meow");
}

#[test]
fn a_changed_file_is_named_and_the_rest_goes_on() {
    let home = Home::new();
    home.plan("trash", &[]);
    fs::write(home.at("backup/cat.jpg"), "MEOW").unwrap();
    let acted = home.candor(&["apply", "--yes", "plan.json"]);
    assert_eq!(acted.status.code(), Some(2));
    let said = String::from_utf8_lossy(&acted.stderr);
    assert!(
        said.contains("~/backup/cat.jpg` stays as it is: it is not what was looked at"),
        "{said}"
    );
    assert!(String::from_utf8_lossy(&acted.stdout).contains("1 step done, 1 refused"));
    assert_eq!(fs::read(home.at("backup/cat.jpg")).unwrap(), b"MEOW");
    assert!(!home.at("backup/old/cat copy.jpg").exists());
}

/// The actor is confined to the folders of its plan: it cannot even open what lies elsewhere, and has
/// no network.
#[test]
fn an_actor_is_confined() {
    let home = Home::new();
    home.plan("trash", &[]);
    let trace = home.at("trace");
    let run = Command::new("strace")
        .args(["-f", "-o"])
        .arg(&trace)
        .arg(env!("CARGO_BIN_EXE_candor"))
        .args(["apply", "--yes", "plan.json"])
        .current_dir(home.folder.path())
        .env_clear()
        .env("HOME", home.folder.path())
        .output();
    let Ok(run) = run else {
        assert!(
            std::env::var_os("CANDOR_REQUIRE_PEERS").is_none(),
            "strace is not installed"
        );
        eprintln!("strace is not installed: the actor was not watched");
        return;
    };
    assert!(run.status.success(), "{run:?}");
    let trace = fs::read_to_string(trace).unwrap();
    let calls = |name: &str| trace.lines().filter(|line| line.contains(name)).count();
    assert!(calls(" landlock_restrict_self(") >= 1);
    assert!(calls(" seccomp(") >= 1);
    assert_eq!(calls(" socket("), 0);
    // Both files were moved by the process that was confined, after it was.
    let confined = trace
        .lines()
        .position(|line| line.contains(" seccomp("))
        .unwrap();
    let moved: Vec<_> = trace
        .lines()
        .enumerate()
        .filter(|(_, line)| line.contains(" renameat2("))
        .map(|(number, _)| number)
        .collect();
    assert_eq!(moved.len(), 2);
    assert!(moved.iter().all(|number| *number > confined));
}

#[test]
fn what_was_removed_for_good_does_not_stand_before_what_can_be_undone() {
    let home = Home::new();
    home.plan("trash", &["--at-least", "2"]);
    home.json(&["apply", "--yes", "--json", "plan.json"], 0);
    fs::remove_file(home.at("plan.json")).unwrap();
    home.plan("remove", &[]);
    home.json(&["apply", "--yes", "--json", "plan.json"], 0);
    assert_eq!(home.photos().len(), 2);
    let undone = home.json(&["undo", "--yes", "--json"], 0);
    assert_eq!(undone["done"], 1);
    assert_eq!(home.photos().len(), 3);
}

#[test]
fn a_damaged_journal_is_named() {
    let home = Home::new();
    home.plan("trash", &[]);
    home.json(&["apply", "--yes", "--json", "plan.json"], 0);
    let folder = home.at(".local/state/candor/journal");
    fs::write(folder.join("x.jsonl"), "no journal\n").unwrap();
    let journal = home.json(&["journal", "--json"], 2);
    assert_as_described("journal", &journal, None);
    assert_as_described("journal", &journal["damaged"][0], Some("damaged"));
    assert_eq!(journal["runs"].as_array().unwrap().len(), 1);
    let told = home.candor(&["journal"]);
    let told = String::from_utf8_lossy(&told.stderr).into_owned();
    assert!(
        told.contains("x.jsonl` is damaged") && told.contains("help"),
        "{told}"
    );
    // It keeps nobody from acting.
    home.json(&["undo", "--yes", "--json"], 0);
}
