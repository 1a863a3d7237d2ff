//! A home of its own, and Candor run in it.

use std::{
    fs,
    path::PathBuf,
    process::{Command, Output},
    time::{Duration, SystemTime},
};

use serde_json::Value;

/// A home with three equal photos and one that is alone.
pub(crate) struct Home {
    pub(crate) folder: tempfile::TempDir,
}

impl Home {
    pub(crate) fn new() -> Self {
        let home = Self {
            folder: tempfile::tempdir().unwrap(),
        };
        for (name, content) in [
            ("photos/cat.jpg", "meow"),
            ("backup/cat.jpg", "meow"),
            ("backup/old/cat copy.jpg", "meow"),
            ("photos/dog.jpg", "bark"),
        ] {
            let path = home.at(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, content).unwrap();
            // The longer its path, the newer it is.
            let age = Duration::from_secs(100_000 - 100 * name.len() as u64);
            let file = fs::File::options().write(true).open(path).unwrap();
            file.set_modified(SystemTime::now() - age).unwrap();
        }
        home
    }

    pub(crate) fn at(&self, name: &str) -> PathBuf {
        self.folder.path().canonicalize().unwrap().join(name)
    }

    pub(crate) fn candor(&self, words: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_candor"))
            .args(words)
            .current_dir(self.folder.path())
            .env_clear()
            .env("HOME", self.folder.path())
            .output()
            .unwrap()
    }

    /// Runs a command that must end with this code, and returns its JSON.
    #[track_caller]
    pub(crate) fn json(&self, words: &[&str], code: i32) -> Value {
        let run = self.candor(words);
        assert_eq!(run.status.code(), Some(code), "{run:?}");
        serde_json::from_slice(&run.stdout).unwrap()
    }
}
