//! Promise: a file that is not exactly what you were shown stays, and nothing is changed without a plan.

#![expect(clippy::unwrap_used, reason = "a test fails by it")]

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use candor_promises::candor;

const ACTS: [&str; 4] = ["trash", "quarantine", "remove", "hardlink"];

struct Home(tempfile::TempDir);

impl Home {
    fn new() -> Self {
        let home = Self(tempfile::tempdir().unwrap());
        fs::create_dir(home.at("copies")).unwrap();
        for name in ["kept", "copies/one", "copies/two"] {
            fs::write(home.at(name), "the same").unwrap();
        }
        home
    }

    fn at(&self, name: &str) -> PathBuf {
        self.0.path().canonicalize().unwrap().join(name)
    }

    fn candor(&self, words: &[&str]) -> Output {
        let mut command = Command::new(candor());
        command.args(words).current_dir(self.0.path());
        command
            .env_clear()
            .env("HOME", self.0.path())
            .output()
            .unwrap()
    }

    /// Makes a plan in which both copies go.
    fn plan(&self, act: &str) {
        let prefer = self.at("kept");
        let prefer = prefer.to_str().unwrap();
        let run = self.candor(&[
            "dupes", ".", "--plan", "plan", "--act", act, "--prefer", prefer,
        ]);
        assert_eq!(run.status.code(), Some(1), "{run:?}");
        let plan = fs::read_to_string(self.at("plan")).unwrap();
        assert_eq!(plan.matches("\"number\":").count(), 2, "{plan}");
    }

    fn apply(&self) -> Output {
        self.candor(&["apply", "--yes", "plan"])
    }
}

#[track_caller]
fn assert_stays(run: &Output, path: &Path, content: &str) {
    assert_eq!(run.status.code(), Some(2), "{run:?}");
    let said = String::from_utf8_lossy(&run.stderr);
    let name = path.file_name().unwrap().to_str().unwrap();
    assert!(said.contains(&format!("{name}` stays as it is")), "{said}");
    assert_eq!(fs::read_to_string(path).unwrap(), content);
}

#[test]
fn a_file_with_new_content_and_its_old_time_stays() {
    for act in ACTS {
        let home = Home::new();
        home.plan(act);
        let changed = home.at("copies/one");
        let time = fs::metadata(&changed).unwrap().modified().unwrap();
        fs::write(&changed, "not same").unwrap();
        let file = fs::File::options().write(true).open(&changed).unwrap();
        file.set_modified(time).unwrap();
        drop(file);
        assert_stays(&home.apply(), &changed, "not same");
    }
}

#[test]
fn a_file_whose_folder_became_a_link_stays() {
    for act in ACTS {
        let home = Home::new();
        home.plan(act);
        fs::rename(home.at("copies"), home.at("elsewhere")).unwrap();
        std::os::unix::fs::symlink(home.at("elsewhere"), home.at("copies")).unwrap();
        assert_stays(&home.apply(), &home.at("copies/one"), "the same");
    }
}

#[test]
fn copies_stay_when_the_file_that_was_to_stay_is_gone() {
    for act in ACTS {
        let home = Home::new();
        home.plan(act);
        fs::remove_file(home.at("kept")).unwrap();
        let run = home.apply();
        for name in ["copies/one", "copies/two"] {
            assert_stays(&run, &home.at(name), "the same");
        }
    }
}

#[test]
fn without_a_plan_that_somebody_confirmed_nothing_changes() {
    let home = Home::new();
    home.plan("remove");
    // Nobody is there to be asked.
    let run = home.candor(&["apply", "plan"]);
    assert_eq!(run.status.code(), Some(2));
    for words in [
        &["dupes", "."][..],
        &["clean"],
        &["map"],
        &["checkup"],
        &["journal"],
    ] {
        home.candor(words);
    }
    for name in ["kept", "copies/one", "copies/two"] {
        assert_eq!(
            fs::read_to_string(home.at(name)).unwrap(),
            "the same",
            "{name}"
        );
    }
}
