//! `candor clean --cleanerml` as a person meets it, with definitions of our own.
#![expect(clippy::unwrap_used, reason = "a test fails by it")]

use std::{
    collections::BTreeSet,
    fs,
    os::unix::fs::PermissionsExt,
    path::Path,
    process::{Command, Output},
};

use serde_json::Value;

const APP: &str = r#"<cleaner id="app">
  <label>App</label>
  <running type="exe">no-such-program</running>
  <var name="base"><value search="glob">~/.app-*</value></var>
  <option id="cache">
    <label>Cache</label><description>Delete the cache</description>
    <warning>It takes a while.</warning>
    <action command="delete" search="walk.files" path="$$base$$/cache"/>
    <action command="sqlite.vacuum" search="file" path="$$base$$/x.db"/>
  </option>
  <option id="keys">
    <label>Keys</label><description>What no rule may name</description>
    <action command="delete" search="walk.all" path="~/.ssh"/>
    <action command="delete" search="walk.all" path="~/"/>
    <action command="delete" search="file" path="/proc/version"/>
    <action command="delete" search="deep" regex="\.bak$"/>
  </option>
</cleaner>"#;

/// A home folder with an app in it, and a folder of definitions beside it.
fn places() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (path, text) in [
        ("home/.app-1/cache/one", "1"),
        ("home/.app-1/cache/sub/two", "22"),
        ("home/.app-2/other", "3"),
        ("home/.ssh/id_ed25519", "x"),
        ("home/letter.bak", "x"),
        ("rules/app.xml", APP),
    ] {
        let file = folder.path().join(path);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, text).unwrap();
    }
    folder
}

fn candor(folder: &Path, words: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_candor"))
        .args(["clean", "--cleanerml"])
        .arg(folder.join("rules"))
        .args(words)
        .env_clear()
        .env("HOME", folder.join("home"))
        .env("TZ", "UTC")
        .current_dir(folder)
        .output()
        .expect("candor starts")
}

fn json(output: &Output) -> Value {
    let text = String::from_utf8_lossy(&output.stdout);
    serde_json::from_str(&text).unwrap_or_else(|error| {
        panic!("{error}: {text}{}", String::from_utf8_lossy(&output.stderr))
    })
}

fn paths(report: &Value) -> BTreeSet<String> {
    let rows = report["entries"].as_array().unwrap().iter();
    let path = |row: &Value| {
        row["path"]
            .as_str()
            .unwrap()
            .rsplit("/home/")
            .next()
            .unwrap()
            .to_owned()
    };
    rows.map(path).collect()
}

#[test]
fn rules_are_previewed_by_a_confined_worker_and_nothing_changes() {
    let folder = places();
    let output = candor(folder.path(), &["--json"]);
    assert_eq!(
        output.status.code(),
        Some(1),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let report = json(&output);
    assert_eq!(report["schema"], "candor/cleanerml/1");
    assert_eq!(report["confined"]["in_force"], true);
    let expected = [".app-1/cache/one", ".app-1/cache/sub/two"].map(str::to_owned);
    assert_eq!(paths(&report), BTreeSet::from(expected));
    let [cache, keys] = &report["options"].as_array().unwrap()[..] else {
        panic!("two options: {report}");
    };
    assert_eq!(cache["running"], "idle");
    assert_eq!(cache["unsupported"][0]["command"], "sqlite.vacuum");
    assert_eq!(cache["warning"], "It takes a while.");
    let why: BTreeSet<&str> = keys["refused"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["why"].as_str().unwrap())
        .collect();
    assert_eq!(why, BTreeSet::from(["container", "protected"]));
    assert_eq!(
        (&keys["entries"], &keys["deep_left_out"]),
        (&Value::from(0), &Value::from(1))
    );
    assert!(folder.path().join("home/.app-1/cache/one").exists());
}

#[test]
fn its_fields_are_those_of_the_schema() {
    let folder = places();
    let report = json(&candor(folder.path(), &["--json", "--deep"]));
    assert!(paths(&report).contains("letter.bak"));
    let file = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../schemas/candor.cleanerml.1.schema.json"
    );
    let schema: Value = serde_json::from_slice(&fs::read(file).unwrap()).unwrap();
    let names = |value: &Value| -> BTreeSet<String> {
        value.as_object().unwrap().keys().cloned().collect()
    };
    let required = |definition: &str| -> BTreeSet<String> {
        let definition = &schema["$defs"][definition];
        let required: BTreeSet<String> =
            serde_json::from_value(definition["required"].clone()).unwrap();
        assert_eq!(required, names(&definition["properties"]));
        required
    };
    assert!(required("data").is_subset(&names(&report)));
    assert_eq!(required("option"), names(&report["options"][0]));
    assert_eq!(required("entry"), names(&report["entries"][0]));
    assert_eq!(required("kept_out"), names(&report["kept_out"][0]));
    let option = &schema["$defs"]["option"]["properties"];
    for (list, of) in [("unsupported", 0), ("refused", 1)] {
        let written = names(&report["options"][of][list][0]);
        assert_eq!(
            written,
            names(&option[list]["items"]["properties"]),
            "{list}"
        );
    }
}

#[test]
fn options_are_listed_and_chosen() {
    let folder = places();
    let listed = candor(folder.path(), &["--list"]);
    assert_eq!(listed.status.code(), Some(0));
    let text = String::from_utf8_lossy(&listed.stdout);
    for words in [
        "app.cache",
        "app.keys",
        "It takes a while.",
        "sqlite.vacuum",
    ] {
        assert!(text.contains(words), "{words}: {text}");
    }
    let one = json(&candor(folder.path(), &["--json", "--option", "app.keys"]));
    assert_eq!(one["options"].as_array().unwrap().len(), 1);
    let unknown = candor(folder.path(), &["--json", "--option", "app.sing,app"]);
    assert_eq!(unknown.status.code(), Some(2));
    let report = json(&unknown);
    assert_eq!(report["options"].as_array().unwrap().len(), 2);
    assert!(
        report["skipped"][0]["why"]["detail"]
            .as_str()
            .unwrap()
            .contains("app.sing")
    );
}

#[test]
fn what_anyone_can_change_or_nobody_can_read_is_said_and_not_used() {
    let folder = places();
    let rules = folder.path().join("rules");
    fs::set_permissions(rules.join("app.xml"), fs::Permissions::from_mode(0o666)).unwrap();
    fs::write(rules.join("broken.xml"), "<cleaner").unwrap();
    fs::write(
        rules.join("entities.xml"),
        "<!DOCTYPE a [<!ENTITY b \"c\">]><cleaner id='a'/>",
    )
    .unwrap();
    let output = candor(folder.path(), &["--json"]);
    assert_eq!(output.status.code(), Some(2));
    let report = json(&output);
    assert_eq!(paths(&report), BTreeSet::new());
    let skipped = report["skipped"].as_array().unwrap();
    let about = |name: &str| {
        let is_it = |it: &&Value| it["path"].as_str().unwrap().ends_with(name);
        skipped
            .iter()
            .find(is_it)
            .unwrap_or_else(|| panic!("{name}: {report}"))["why"]
            .to_string()
    };
    assert!(about("app.xml").contains("every user"));
    assert!(about("broken.xml").contains("damaged"));
    assert!(about("entities.xml").contains("DTD"));

    fs::set_permissions(&rules, fs::Permissions::from_mode(0o777)).unwrap();
    let report = json(&candor(folder.path(), &["--json"]));
    assert_eq!(report["files"], 0);
    assert!(
        report["skipped"][0]["why"]["detail"]
            .as_str()
            .unwrap()
            .contains("every user")
    );
}

#[test]
fn a_folder_that_is_not_there_is_told_with_a_way_out() {
    let folder = places();
    fs::remove_dir_all(folder.path().join("rules")).unwrap();
    let output = candor(folder.path(), &[]);
    assert_eq!(output.status.code(), Some(2));
    let words = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(words.contains("help: name the folder"), "{words}");
}
