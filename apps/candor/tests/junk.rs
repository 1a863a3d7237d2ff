//! Junk: from a look to a plan, carried out only while its rule, its program and the person agree.
#![expect(clippy::unwrap_used, reason = "in a test, also in what it calls")]

use std::{
    fs,
    os::unix::fs::MetadataExt,
    time::{Duration, SystemTime},
};

use serde_json::{Value, json};

#[path = "plans/home.rs"]
mod home;
#[path = "plans/schema.rs"]
mod schema;

use home::Home;
use schema::assert_as_described;

/// A home with a cache, a project, and a program that may hold both.
fn with_junk(home: &Home) {
    for (name, content) in [
        (".cache/thumbnails/large/a.png", "picture"),
        (".cache/thumbnails/normal/b.png", "picture"),
        ("code/app/package.json", "{}"),
        ("code/app/node_modules/left/index.js", "module"),
    ] {
        let path = home.at(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, content).unwrap();
    }
    for folder in ["code/app/node_modules/left", "code/app/node_modules"] {
        for name in [format!("{folder}/index.js"), folder.to_owned()] {
            if let Ok(file) = fs::File::open(home.at(&name)) {
                let old = SystemTime::now() - Duration::from_secs(60 * 86_400);
                file.set_modified(old).unwrap();
            }
        }
    }
}

#[test]
fn junk_is_planned_carried_out_and_taken_back() {
    let home = Home::new();
    with_junk(&home);
    let report = home.json(
        &[
            "clean",
            "--plan",
            "plan.json",
            "--act",
            "trash",
            "--kind",
            "linux.thumbnails",
            "--json",
        ],
        1,
    );
    assert!(report.get("junk-proposals").is_none());
    let plan: Value = serde_json::from_slice(&fs::read(home.at("plan.json")).unwrap()).unwrap();
    assert_as_described("plan", &plan, None);
    let steps = plan["steps"].as_array().unwrap();
    assert_eq!(steps.len(), 2);
    for step in steps {
        assert_as_described("plan", step, Some("step"));
        assert_eq!(step["rule"], "linux.thumbnails");
    }
    let acted = home.json(&["apply", "plan.json", "--yes", "--json"], 0);
    assert_eq!(acted["done"], 2);
    assert!(!home.at(".cache/thumbnails/large").exists());
    assert!(home.at(".cache/thumbnails").exists(), "the container stays");
    home.json(&["undo", "--last", "--yes", "--json"], 0);
    assert!(home.at(".cache/thumbnails/large/a.png").exists());
}

#[test]
fn a_plan_of_junk_that_was_edited_takes_nothing_else() {
    let home = Home::new();
    with_junk(&home);
    let words = [
        "clean",
        "--plan",
        "plan.json",
        "--act",
        "trash",
        "--kind",
        "linux.thumbnails",
        "--json",
    ];
    home.json(&words, 1);
    let mut plan: Value = serde_json::from_slice(&fs::read(home.at("plan.json")).unwrap()).unwrap();
    let about = fs::symlink_metadata(home.at("photos/dog.jpg")).unwrap();
    let step = &mut plan["steps"][0];
    step["path"] = json!(home.at("photos/dog.jpg"));
    step["is"] = json!({
        "kind": "file", "device": about.dev(), "inode": about.ino(), "size": about.size(),
        "modified": format!("{}.{:09}", about.mtime(), about.mtime_nsec()),
        "changed": format!("{}.{:09}", about.ctime(), about.ctime_nsec()),
    });
    step.as_object_mut().unwrap().remove("inside");
    plan["steps"][1]["rule"] = json!("linux.no-such-rule");
    fs::write(home.at("plan.json"), plan.to_string()).unwrap();
    let acted = home.json(&["apply", "plan.json", "--yes", "--json"], 2);
    assert_eq!((&acted["done"], &acted["refused"]), (&json!(0), &json!(2)));
    let why = |at: usize| acted["steps"][at]["refused"].as_str().unwrap();
    assert!(why(0).contains("does not say that of it"), "{}", why(0));
    assert!(
        why(1).contains("no rule `linux.no-such-rule`"),
        "{}",
        why(1)
    );
    assert!(home.at("photos/dog.jpg").exists());
}

#[test]
fn what_is_kept_by_now_and_what_is_open_by_now_stays() {
    let home = Home::new();
    with_junk(&home);
    let words = [
        "clean",
        "--plan",
        "plan.json",
        "--act",
        "quarantine",
        "--kind",
        "linux.thumbnails",
        "--json",
    ];
    home.json(&words, 1);
    fs::create_dir_all(home.at(".config/candor")).unwrap();
    fs::write(
        home.at(".config/candor/keep"),
        "# mine\n~/.cache/thumbnails/large\n",
    )
    .unwrap();
    let open = fs::File::open(home.at(".cache/thumbnails/normal/b.png")).unwrap();
    let acted = home.json(&["apply", "plan.json", "--yes", "--json"], 2);
    let why = |at: usize| acted["steps"][at]["refused"].as_str().unwrap();
    assert!(why(0).contains("you keep it"), "{}", why(0));
    assert!(why(1).contains("b.png` open"), "{}", why(1));
    drop(open);
    fs::remove_file(home.at("plan.json")).unwrap();
    let report = home.json(&words, 1);
    let kinds = report["kinds"].as_array().unwrap();
    let thumbnails = kinds
        .iter()
        .find(|it| it["id"] == "linux.thumbnails")
        .unwrap();
    let kept = thumbnails["places"].as_array().unwrap();
    assert!(
        kept.iter().any(|it| it["kept"] == "you keep it"),
        "{kept:?}"
    );
    let acted = home.json(&["apply", "plan.json", "--yes", "--json"], 0);
    assert_eq!(acted["done"], 1);
}

#[test]
fn a_kind_that_does_not_exist_is_named() {
    let home = Home::new();
    let run = home.candor(&[
        "clean",
        "--plan",
        "p",
        "--act",
        "trash",
        "--kind",
        "linux.thumbnale",
    ]);
    assert_eq!(run.status.code(), Some(2));
    let said = String::from_utf8(run.stderr).unwrap();
    assert!(
        said.contains("there is no kind of junk `linux.thumbnale`"),
        "{said}"
    );
    assert!(!home.at("p").exists());
}

#[test]
fn the_quarantine_is_purged_when_its_time_has_come() {
    let home = Home::new();
    with_junk(&home);
    let quarantine = home.at(".local/state/candor/quarantine");
    let lies_there = || fs::read_dir(&quarantine).unwrap().count();
    let moved = |days: &str| {
        let _ = fs::remove_file(home.at("plan.json"));
        let words = [
            "clean",
            "--plan",
            "plan.json",
            "--act",
            "quarantine",
            "--kind",
            "linux",
            "--json",
        ];
        home.json(&words, 1);
        home.json(
            &["apply", "plan.json", "--yes", "--json", "--keep-days", days],
            0,
        )
    };
    let late = moved("30");
    assert_eq!(late["done"], 2);
    let run = home.candor(&["purge", "--yes"]);
    assert_eq!(run.status.code(), Some(0), "{run:?}");
    let said = String::from_utf8(run.stdout).unwrap();
    assert!(
        said.contains("2 things in the quarantine, none of it long enough"),
        "{said}"
    );
    assert_eq!(lies_there(), 2);
    home.json(&["undo", "--last", "--yes", "--json"], 0);
    let due = moved("0");
    let purged = home.json(&["purge", "--yes", "--json"], 0);
    assert_eq!(
        (&purged["done"], &purged["refused"]),
        (&json!(2), &json!(0))
    );
    assert_eq!(purged["freed"], due["freed"]);
    assert_eq!(lies_there(), 0);
    let run = home.candor(&["undo", "--last", "--yes"]);
    assert_eq!(run.status.code(), Some(2), "{run:?}");
    let journal = home.json(&["journal", "--json"], 0);
    let of_due = journal["runs"]
        .as_array()
        .unwrap()
        .iter()
        .find(|it| it["run"] == due["run"]);
    assert_eq!(of_due.unwrap()["steps"][0]["purged"], true);
    for run in journal["runs"].as_array().unwrap() {
        assert_as_described("journal", run, Some("run"));
        assert_as_described("journal", &run["steps"][0], Some("step"));
    }
}
