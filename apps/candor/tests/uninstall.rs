//! An application and what it left: found by a confined worker, written into a plan.
#![cfg(feature = "uninstall")]
#![expect(clippy::unwrap_used, reason = "in a test, also in what it calls")]

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use serde_json::Value;

/// A home with an application in one file, its entry and its settings, and a look-alike of them.
fn home() -> tempfile::TempDir {
    let home = tempfile::tempdir().unwrap();
    let image = home.path().join("Applications/Pretend-Tool-1.0.AppImage");
    let entry = format!(
        "[Desktop Entry]\nType=Application\nName=Pretend Tool\nExec=\"{}\" %U\nStartupWMClass=PretendTool\n",
        image.display()
    );
    for (path, text) in [
        ("Applications/Pretend-Tool-1.0.AppImage", "ELF"),
        (".local/share/applications/pretend-tool.desktop", &*entry),
        (".config/PretendTool/settings", "x"),
        (".config/PretendTool2/settings", "x"),
        ("Documents/PretendTool/letter", "x"),
    ] {
        let path = home.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    home
}

fn candor(home: &Path, words: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_candor"))
        .args(words)
        .current_dir(home)
        .env_clear()
        .env("HOME", home)
        .output()
        .unwrap()
}

fn json(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {output:?}"))
}

#[test]
fn a_plan_names_what_is_sure_and_nothing_else() {
    let home = home();
    let words = [
        "uninstall",
        "pretend tool",
        "--plan",
        "plan.json",
        "--act",
        "trash",
        "--json",
    ];
    let output = candor(home.path(), &words);
    let report = json(&output);
    assert_eq!(report["schema"], "candor/uninstall/1");
    assert_eq!(report["confined"]["in_force"], true);
    assert_eq!(report["application"]["kind"], "appimage");
    assert!(report.get("proposals").is_none(), "they are for the plan");
    let plan: Value =
        serde_json::from_slice(&fs::read(home.path().join("plan.json")).unwrap()).unwrap();
    let root = home.path().canonicalize().unwrap();
    let path = |step: &Value| {
        let path = PathBuf::from(step["path"].as_str().unwrap());
        path.strip_prefix(&root).unwrap().display().to_string()
    };
    let steps = plan["steps"].as_array().unwrap();
    let paths: BTreeSet<String> = steps.iter().map(path).collect();
    let expected = [
        ".config/PretendTool",
        ".local/share/applications/pretend-tool.desktop",
        "Applications/Pretend-Tool-1.0.AppImage",
    ];
    assert_eq!(
        paths.iter().map(String::as_str).collect::<Vec<_>>(),
        expected
    );
    let folder = steps
        .iter()
        .find(|step| path(step) == ".config/PretendTool")
        .unwrap();
    assert_eq!(folder["inside"].as_array().unwrap().len(), 1);
    // Nothing was touched, and the plan is not written over.
    assert!(root.join(".config/PretendTool/settings").exists());
    let again = candor(home.path(), &words);
    assert_eq!(again.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&again.stderr).contains("already"));
}

#[test]
fn a_plan_is_carried_out_and_taken_back() {
    let home = home();
    let at = |path: &str| home.path().join(path);
    let gone = [
        ".config/PretendTool/settings",
        ".local/share/applications/pretend-tool.desktop",
        "Applications/Pretend-Tool-1.0.AppImage",
    ];
    let there = || gone.map(|path| at(path).exists());
    let words = [
        "uninstall",
        "Pretend Tool",
        "--plan",
        "plan.json",
        "--act",
        "trash",
    ];
    candor(home.path(), &words);
    // A step that was edited to name what others share is refused; the rest goes on.
    let plan = fs::read_to_string(at("plan.json")).unwrap();
    let mut edited: Value = serde_json::from_str(&plan).unwrap();
    let steps = edited["steps"].as_array_mut().unwrap();
    let mut more = steps[0].clone();
    more["number"] = 99.into();
    more["path"] = at("Documents")
        .canonicalize()
        .unwrap()
        .to_str()
        .unwrap()
        .into();
    more["inside"] = Value::Array(Vec::new());
    steps.push(more);
    fs::write(at("plan.json"), edited.to_string()).unwrap();
    let applied = candor(home.path(), &["apply", "plan.json", "--yes"]);
    assert_eq!(applied.status.code(), Some(2), "{applied:?}");
    assert_eq!(there(), [false; 3], "{applied:?}");
    assert!(at("Documents/PretendTool/letter").exists());
    assert!(at(".config/PretendTool2/settings").exists());
    let undone = candor(home.path(), &["undo", "--yes"]);
    assert_eq!(there(), [true; 3], "{undone:?}");
}

#[test]
fn what_an_application_left_stays_while_it_runs() {
    let home = home();
    let at = |path: &str| home.path().join(path);
    // By another program, so that no process forked here holds it open for writing when it starts.
    let copied = Command::new("cp")
        .arg("/bin/sleep")
        .arg(at("prETENDTool"))
        .status();
    assert!(copied.unwrap().success());
    let words = [
        "uninstall",
        "Pretend Tool",
        "--plan",
        "plan.json",
        "--act",
        "trash",
    ];
    candor(home.path(), &words);
    let mut program = Command::new(at("prETENDTool")).arg("600").spawn().unwrap();
    let applied = candor(home.path(), &["apply", "plan.json", "--yes"]);
    let process = program.id();
    program.kill().unwrap();
    program.wait().unwrap();
    assert_eq!(applied.status.code(), Some(2), "{applied:?}");
    let said = String::from_utf8_lossy(&applied.stderr);
    let held = format!(
        "PretendTool` stays as it is: prETENDTool is running (process {process}); close it first"
    );
    assert!(said.contains(&held), "{said}");
    assert!(at(".config/PretendTool/settings").exists());
    candor(home.path(), &["apply", "plan.json", "--yes"]);
    assert!(!at(".config/PretendTool/settings").exists());
}

#[test]
fn orphans_heed_no_option_about_junk() {
    let home = home();
    for more in [
        &["--also", "empty-folders"][..],
        &["--choose"],
        &["--never", "*"],
    ] {
        let words = [&["clean", "--orphans"], more].concat();
        let output = candor(home.path(), &words);
        assert_eq!(output.status.code(), Some(2), "{output:?}");
        assert!(String::from_utf8_lossy(&output.stderr).contains("cannot be used with"));
    }
}

#[test]
fn what_it_says_is_as_its_schema_describes() {
    let home = home();
    let schema = format!(
        "{}/../../schemas/candor.uninstall.1.schema.json",
        env!("CARGO_MANIFEST_DIR")
    );
    let schema: Value = serde_json::from_slice(&fs::read(schema).unwrap()).unwrap();
    let described = |value: &Value, name: &str| {
        let definition = &schema["$defs"][name];
        for key in definition["required"].as_array().unwrap() {
            assert!(
                value.get(key.as_str().unwrap()).is_some(),
                "{name} lacks {key}"
            );
        }
        let known = definition["properties"].as_object().unwrap();
        for key in value.as_object().unwrap().keys().filter(|_| name != "data") {
            assert!(known.contains_key(key), "{name} has {key}");
        }
    };
    for words in [
        &["uninstall", "Pretend Tool", "--json"][..],
        &["clean", "--orphans", "--json"],
    ] {
        let report = json(&candor(home.path(), words));
        described(&report, "data");
        for item in report["items"].as_array().unwrap() {
            described(item, "item");
        }
        if words[0] == "uninstall" {
            described(&report["application"], "named");
        }
    }
}

#[test]
fn a_name_that_means_none_is_told() {
    let home = home();
    let output = candor(home.path(), &["uninstall", "pretend"]);
    assert_eq!(output.status.code(), Some(2));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(
        said.contains("no installed application is called just `pretend`"),
        "{said}"
    );
    assert!(said.contains("appimage:"), "{said}");
}

#[test]
fn orphans_of_another_disk_are_found_by_a_confined_worker() {
    let disk = tempfile::tempdir().unwrap();
    for path in [
        "Applications/Bar.app/Contents/Info.plist",
        "Users/ada/Library/Containers/com.gone.Gone/Data/x",
        "Users/ada/Library/Preferences/com.gone.Gone.plist",
    ] {
        let path = disk.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(
            path,
            "<plist version=\"1.0\"><dict><key>CFBundleIdentifier</key><string>org.bar.Bar</string></dict></plist>",
        )
        .unwrap();
    }
    let root = disk.path().to_str().unwrap();
    let words = [
        "clean",
        "--orphans",
        "--root",
        root,
        "--platform",
        "macos",
        "--now",
        "2030-01-01T00:00:00Z",
        "--json",
    ];
    let output = candor(disk.path(), &words);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let report = json(&output);
    assert_eq!(report["confined"]["in_force"], true);
    let selected = report["items"].as_array().unwrap().iter();
    assert_eq!(
        selected.filter(|it| it["selected"] == true).count(),
        2,
        "{report}"
    );
}
