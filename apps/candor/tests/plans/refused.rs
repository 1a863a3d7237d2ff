//! Plans, steps and wishes that are refused, and what a person is told.

use std::fs;

use serde_json::{Value, json};

use super::{Home, assert_as_described};

#[test]
fn bad_plans_and_wishes_are_refused_with_a_way_out() {
    let home = Home::new();
    let mut plan = home.plan("trash", &[]);
    let refused = |words: &[&str], what: &str| {
        let run = home.candor(words);
        assert_eq!(run.status.code(), Some(2), "{run:?}");
        let said = String::from_utf8_lossy(&run.stderr).into_owned();
        assert!(said.contains(what) && said.contains("help"), "{said}");
    };
    let again = [
        "dupes",
        "--plan",
        "plan.json",
        "--act",
        "trash",
        "photos",
        "backup",
    ];
    refused(&again, "there is a file `plan.json` already");
    let glob = [
        "dupes", "--plan", "x.json", "--act", "trash", "--only", "[", "photos",
    ];
    refused(&glob, "`[` is no glob");
    refused(&["undo", "nothing", "--yes"], "there is no run `nothing`");
    let write = |edit: &dyn Fn(&mut Value)| {
        let mut edited = plan.clone();
        edit(&mut edited);
        fs::write(home.at("edited.json"), edited.to_string()).unwrap();
    };
    write(&|plan| plan["steps"] = json!("none"));
    refused(&["apply", "-y", "edited.json"], "it is no plan");
    // What is protected stays, though a person wrote it into the plan.
    let key = home.at(".ssh/id_ed25519");
    fs::create_dir_all(key.parent().unwrap()).unwrap();
    fs::write(&key, "meow").unwrap();
    plan["steps"][0]["path"] = json!(key.to_str().unwrap());
    fs::write(home.at("edited.json"), plan.to_string()).unwrap();
    let acted = home.json(&["apply", "-y", "--json", "edited.json"], 2);
    assert_eq!((&acted["done"], &acted["refused"]), (&json!(1), &json!(1)));
    let why = acted["steps"][0]["refused"].as_str().unwrap();
    assert!(why.starts_with("it is protected"), "{why}");
    assert!(key.exists());
    // A copy for which nobody vouches could be the last one.
    let mut alone = plan.clone();
    alone["steps"][1]
        .as_object_mut()
        .unwrap()
        .remove("survivor");
    alone["steps"].as_array_mut().unwrap().remove(0);
    fs::write(home.at("edited.json"), alone.to_string()).unwrap();
    let acted = home.json(&["apply", "-y", "--json", "edited.json"], 2);
    let why = acted["steps"][0]["refused"].as_str().unwrap();
    assert!(why.contains("it could be the last one"), "{why}");
    // And so does what Candor needs to undo what it did.
    for own in [
        ".local/state/candor/journal/lock",
        ".local/state/candor",
        ".local/share/Trash/info",
    ] {
        let own = home.at(own);
        assert!(own.exists());
        plan["steps"].as_array_mut().unwrap().truncate(1);
        plan["steps"][0]["path"] = json!(own.to_str().unwrap());
        fs::write(home.at("edited.json"), plan.to_string()).unwrap();
        let acted = home.json(&["apply", "-y", "--json", "edited.json"], 2);
        let why = acted["steps"][0]["refused"].as_str().unwrap();
        assert!(why.starts_with("it is protected"), "{why}");
        assert!(own.exists());
    }
}

/// Nothing of it is done, and each step is named with the reason: in words, and for programs.
#[test]
fn a_plan_of_another_machine_or_schema_is_refused_step_by_step() {
    let home = Home::new();
    let plan = home.plan("trash", &[]);
    let all = home.photos();
    for (field, value, what) in [
        ("machine", "another", "made on another machine"),
        ("schema", "candor/plan/7", "of the schema `candor/plan/7`"),
    ] {
        let mut edited = plan.clone();
        edited[field] = json!(value);
        fs::write(home.at("edited.json"), edited.to_string()).unwrap();
        let acted = home.json(&["apply", "--json", "edited.json"], 2);
        assert_as_described("apply", &acted, None);
        assert_eq!((&acted["done"], &acted["refused"]), (&json!(0), &json!(2)));
        assert!(acted.get("run").is_none(), "nothing was begun");
        for (step, of) in acted["steps"].as_array().unwrap().iter().zip([0, 1]) {
            assert_as_described("apply", step, Some("came"));
            assert_eq!(step["path"], plan["steps"][of]["path"]);
            assert!(step["refused"].as_str().unwrap().contains(what), "{step}");
        }
        // Nobody has to be asked for that.
        let told = home.candor(&["apply", "edited.json"]);
        assert_eq!(told.status.code(), Some(2));
        let said = String::from_utf8_lossy(&told.stderr);
        for name in ["~/backup/cat.jpg", "~/backup/old/cat copy.jpg"] {
            assert!(
                said.contains(&format!("`{name}` stays as it is: the plan")),
                "{said}"
            );
        }
        assert!(
            said.contains(what) && said.contains("help: nothing was done"),
            "{said}"
        );
        assert_eq!(
            String::from_utf8_lossy(&told.stdout),
            "0 steps done, 2 refused.\n"
        );
    }
    assert_eq!(home.photos(), all);
    assert!(
        !home.at(".local/state/candor/journal").exists(),
        "nothing was begun"
    );
}

#[test]
fn a_step_that_cannot_be_read_is_refused_and_the_rest_goes_on() {
    let home = Home::new();
    let mut plan = home.plan("trash", &[]);
    plan["steps"][0]["path"] = json!(7);
    fs::write(home.at("edited.json"), plan.to_string()).unwrap();
    let acted = home.candor(&["apply", "--yes", "edited.json"]);
    assert_eq!(acted.status.code(), Some(2), "{acted:?}");
    let said = String::from_utf8_lossy(&acted.stderr);
    assert!(
        said.contains("1 step of the plan cannot be carried out as written"),
        "{said}"
    );
    assert!(
        said.contains("step 1 was not done: the step cannot be read"),
        "{said}"
    );
    assert!(String::from_utf8_lossy(&acted.stdout).contains("1 step done, 1 refused"));
    assert!(home.at("backup/cat.jpg").exists() != home.at("backup/old/cat copy.jpg").exists());
    let again = home.json(&["apply", "--yes", "--json", "edited.json"], 2);
    assert_as_described("apply", &again["steps"][0], Some("came"));
    assert_eq!((&again["done"], &again["refused"]), (&json!(0), &json!(2)));
}

#[test]
fn a_state_folder_that_cannot_be_made_is_named_with_a_way_out() {
    let home = Home::new();
    home.plan("trash", &[]);
    let all = home.photos();
    let _ = fs::remove_dir_all(home.at(".local"));
    fs::write(home.at(".local"), "a file").unwrap();
    let run = home.candor(&["apply", "--yes", "plan.json"]);
    assert_eq!(run.status.code(), Some(2), "{run:?}");
    let said = String::from_utf8_lossy(&run.stderr).into_owned();
    assert!(
        said.contains(".local/state/candor/journal") && said.contains("XDG_STATE_HOME"),
        "{said}"
    );
    assert_eq!(home.photos(), all);
}

#[test]
fn a_trash_that_cannot_be_made_is_told_with_a_way_out() {
    let home = Home::new();
    home.plan("trash", &[]);
    let all = home.photos();
    fs::create_dir_all(home.at(".local/share")).unwrap();
    std::os::unix::fs::symlink("../../photos", home.at(".local/share/Trash")).unwrap();
    let acted = home.json(&["apply", "--yes", "--json", "plan.json"], 2);
    let why = acted["steps"][0]["refused"].as_str().unwrap();
    assert!(
        why.contains("there is no trash") && why.contains("plan another act"),
        "{why}"
    );
    assert_eq!(home.photos(), all);
}
