//! A folder to unpack in, and everything around it, where nothing may change.

use std::{
    collections::BTreeMap,
    fs,
    os::unix::fs::{FileTypeExt, MetadataExt},
    path::{Path, PathBuf},
    process::{Command, Output},
};

use candor_promises::candor;
use fixture::terminal::Terminal;
use serde_json::Value;

/// Where names that begin at the root lead.
pub(crate) const AT_THE_ROOT: &str = "/tmp/candor-was-here";

/// What lies somewhere: its kind, mode and time, and its bytes or where it leads.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Seen {
    pub(crate) kind: &'static str,
    pub(crate) mode: u32,
    modified: (i64, i64),
    pub(crate) bytes: Vec<u8>,
}

pub(crate) type Tree = BTreeMap<PathBuf, Seen>;

/// A home folder, a folder `inside` where commands run, and one `outside` with something in it.
pub(crate) struct Ground(tempfile::TempDir);

impl Ground {
    pub(crate) fn new() -> Self {
        let ground = Self(tempfile::tempdir().unwrap());
        for folder in ["home", "outside", "inside"] {
            fs::create_dir(ground.at(folder)).unwrap();
        }
        fs::write(ground.at("outside/victim"), "as it was").unwrap();
        ground
    }

    pub(crate) fn with(archive: &[u8]) -> Self {
        let ground = Self::new();
        fs::write(ground.at("archive"), archive).unwrap();
        ground
    }

    pub(crate) fn at(&self, name: &str) -> PathBuf {
        self.0.path().canonicalize().unwrap().join(name)
    }

    pub(crate) fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(candor());
        command.args(words).current_dir(self.at("inside"));
        command.env_clear().env("HOME", self.at("home"));
        command
    }

    pub(crate) fn unpack(&self) -> Output {
        let command = self.command(&["unpack", "../archive"]).output();
        command.unwrap()
    }

    /// Unpacks, and returns what is said in JSON.
    pub(crate) fn unpack_told(&self, what: &str) -> Told {
        let words = ["unpack", "--json", "../archive"];
        let output = self.command(&words).output().unwrap();
        Told::of(what, &output)
    }

    /// Runs a command in a terminal, and returns all that was written to it.
    pub(crate) fn on_a_terminal(&self, words: &[&str]) -> String {
        let mut command = self.command(words);
        command.env("TERM", "xterm-256color");
        let (status, written) = Terminal::start(command).end();
        assert!(
            matches!(status.code(), Some(0 | 2)),
            "{words:?}: {written:?}"
        );
        written
    }

    /// Everything but what is in `inside`.
    pub(crate) fn around(&self) -> Tree {
        let mut tree = tree(&self.at(""), &|it| it != self.at("inside"));
        // Whatever is made in it changes its time.
        tree.remove(&self.at("inside"));
        tree
    }

    pub(crate) fn inside(&self) -> Tree {
        tree(&self.at("inside"), &|_| true)
    }

    /// Nothing changed around, and nothing inside leads out, is special or has rights of its owner.
    #[track_caller]
    pub(crate) fn assert_held(&self, what: &str, before: &Tree) {
        assert_eq!(self.around(), *before, "{what}");
        assert!(!Path::new(AT_THE_ROOT).exists(), "{what}");
        let inside = self.at("inside");
        for (path, seen) in self.inside() {
            assert_ne!(seen.kind, "special", "{what}: {path:?}");
            assert_eq!(seen.mode & 0o7000, 0, "{what}: {path:?}");
            // Also where nothing is yet, it would lead out one day.
            if let Some(leads) = leads(&path, &seen) {
                assert!(
                    leads.starts_with(&inside),
                    "{what}: {path:?} leads to {leads:?}"
                );
            }
            let name = path.file_name().unwrap().to_str().unwrap();
            assert_eq!(raw(name), None, "{what}: {name:?}");
        }
    }
}

/// Where a link leads, as far as there is something; none of what is no link.
fn leads(path: &Path, seen: &Seen) -> Option<PathBuf> {
    if seen.kind != "link" {
        return None;
    }
    let to = Path::new(std::str::from_utf8(&seen.bytes).unwrap());
    let mut here = path.parent()?.canonicalize().unwrap();
    for part in to {
        match part.to_str().unwrap() {
            ".." => drop(here.pop()),
            part => here.push(part),
        }
        here = here.canonicalize().unwrap_or(here);
    }
    Some(here)
}

/// Everything below a folder; only of folders that are wanted what is in them.
fn tree(folder: &Path, is_wanted: &dyn Fn(&Path) -> bool) -> Tree {
    let mut tree = Tree::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let metadata = path.symlink_metadata().unwrap();
            let (kind, bytes) = match metadata.file_type() {
                it if it.is_symlink() => {
                    let to = fs::read_link(&path).unwrap();
                    ("link", to.into_os_string().into_encoded_bytes())
                }
                it if it.is_dir() => ("folder", Vec::new()),
                it if it.is_file() => ("file", fs::read(&path).unwrap()),
                it => {
                    assert!(
                        it.is_fifo()
                            || it.is_char_device()
                            || it.is_block_device()
                            || it.is_socket()
                    );
                    ("special", Vec::new())
                }
            };
            if kind == "folder" && is_wanted(&path) {
                folders.push(path.clone());
            }
            let seen = Seen {
                kind,
                mode: metadata.mode() & 0o7777,
                modified: (metadata.mtime(), metadata.mtime_nsec()),
                bytes,
            };
            tree.insert(path, seen);
        }
    }
    tree
}

/// Returns what would write to a terminal, or turn the direction of what is read there.
pub(crate) fn raw(text: &str) -> Option<char> {
    let turns = |it: char| matches!(it, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    text.chars().find(|it| it.is_control() || turns(*it))
}

/// What a command said in JSON.
#[derive(Debug)]
pub(crate) struct Told {
    pub(crate) code: i32,
    pub(crate) json: Value,
}

impl Told {
    #[track_caller]
    pub(crate) fn of(what: &str, output: &Output) -> Self {
        let json = serde_json::from_slice(&output.stdout);
        let json = json.unwrap_or_else(|error| panic!("{what}: {error}: {output:?}"));
        let code = output.status.code().unwrap();
        Self { code, json }
    }

    pub(crate) fn archive(&self) -> &Value {
        &self.json["archives"][0]
    }

    pub(crate) fn entries(&self) -> &[Value] {
        self.json["entries"].as_array().map_or(&[], Vec::as_slice)
    }

    pub(crate) fn skipped(&self) -> &[Value] {
        self.json["skipped"].as_array().map_or(&[], Vec::as_slice)
    }

    /// One line for each entry: its name, where it lies, what was changed, why it is not there.
    pub(crate) fn lines(&self) -> Vec<String> {
        let entries = self.entries().iter().map(|it| {
            let name = it["name"].as_str().unwrap().escape_debug();
            let lies = match it["path"].as_str() {
                Some(path) => format!("at {}", path.escape_debug()),
                None if it["problem"].is_null() => "is the folder".to_owned(),
                None => format!("not: {}", it["problem"]["kind"].as_str().unwrap()),
            };
            let changes = it["changes"].as_array().unwrap();
            let changes = changes.iter().map(|it| it.as_str().unwrap());
            let said = [name.to_string(), lies].into_iter();
            let said: Vec<_> = said.chain(changes.map(str::to_owned)).collect();
            said.join(" ")
        });
        let archive = self.skipped().iter().filter(|it| {
            let path = it["path"].as_str().unwrap_or_default();
            path.ends_with("/archive")
        });
        let archive =
            archive.map(|it| format!("all of it: {}", it["why"]["kind"].as_str().unwrap()));
        entries.chain(archive).collect()
    }
}
