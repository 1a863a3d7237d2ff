//! One plan after another: what the first lets go for the sake of a copy, the next must not lose.
#![expect(clippy::unwrap_used, reason = "in a test, also in what it calls")]

use std::{
    fs,
    os::unix::fs::MetadataExt,
    path::Path,
    time::{Duration, SystemTime},
};

use serde_json::{Value, json};

#[path = "plans/home.rs"]
mod home;

use home::Home;

const THUMBNAIL: &str = ".cache/thumbnails/large/t.png";
const THESIS: &str = "Documents/thesis.pdf";

/// A home in which a thumbnail was there long before the document it equals.
fn with_both() -> Home {
    let home = Home::new();
    for (name, days) in [(THUMBNAIL, 200), (THESIS, 10)] {
        let path = home.at(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, "years of work").unwrap();
        let file = fs::File::options().write(true).open(&path).unwrap();
        let age = Duration::from_secs(days * 86_400);
        file.set_modified(SystemTime::now() - age).unwrap();
    }
    home
}

#[test]
fn a_document_outlives_dupes_and_then_clean() {
    let home = with_both();
    let words = [
        "dupes",
        ".",
        "--plan",
        "copies.json",
        "--act",
        "remove",
        "--json",
    ];
    home.json(&words, 1);
    home.json(&["apply", "copies.json", "--yes", "--json"], 0);
    assert!(home.at(THESIS).exists());
    let mut words = vec!["clean", "--plan", "junk.json", "--act", "remove", "--json"];
    words.extend(["--kind", "linux.thumbnails"]);
    let _nothing_may_be_left = home.candor(&words);
    if home.at("junk.json").exists() {
        home.json(&["apply", "junk.json", "--yes", "--json"], 0);
    }
    assert!(!home.at(THUMBNAIL).exists());
    assert_eq!(
        fs::read_to_string(home.at(THESIS)).unwrap(),
        "years of work"
    );
}

/// A plan can be edited, and one of an older Candor may still lie around.
#[test]
fn a_plan_that_keeps_the_junk_is_refused() {
    let home = with_both();
    let words = [
        "dupes",
        ".",
        "--plan",
        "copies.json",
        "--act",
        "trash",
        "--json",
    ];
    home.json(&words, 1);
    let file = home.at("copies.json");
    let mut plan: Value = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
    let steps = plan["steps"].as_array_mut().unwrap();
    let is_it = |step: &Value| step["path"].as_str().unwrap().ends_with("t.png");
    let at = steps.iter().position(is_it).expect("the thumbnail goes");
    let step = &mut steps[at];
    step["path"] = json!(home.at(THESIS));
    step["is"] = seen(&home.at(THESIS));
    step["survivor"]["path"] = json!(home.at(THUMBNAIL));
    step["survivor"]["is"] = seen(&home.at(THUMBNAIL));
    fs::write(&file, plan.to_string()).unwrap();
    let acted = home.json(&["apply", "copies.json", "--yes", "--json"], 2);
    let why = acted["steps"][at]["refused"].as_str().unwrap();
    let expected = "junk by the rule `linux.thumbnails` and may go itself";
    assert!(why.contains(expected), "{why}");
    assert!(home.at(THESIS).exists());
}

fn seen(path: &Path) -> Value {
    let about = fs::symlink_metadata(path).unwrap();
    json!({
        "kind": "file", "device": about.dev(), "inode": about.ino(), "size": about.size(),
        "modified": format!("{}.{:09}", about.mtime(), about.mtime_nsec()),
        "changed": format!("{}.{:09}", about.ctime(), about.ctime_nsec()),
    })
}

#[test]
fn folders_say_what_they_need() {
    let home = Home::new();
    let refused = |words: &[&str]| {
        let run = home.candor(words);
        assert_eq!(run.status.code(), Some(2), "{run:?}");
        String::from_utf8(run.stderr).unwrap()
    };
    let said = refused(&["dupes", ".", "--folders"]);
    assert!(said.contains("add --plan FILE --act trash"), "{said}");
    let said = refused(&["dupes", ".", "--folders", "--choose"]);
    let both = "'--folders' cannot be used with '--choose'";
    assert!(said.contains(both), "{said}");
}
