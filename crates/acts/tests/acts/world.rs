//! A pretend home with a journal and bins, and plans about what is in it.

use std::{
    fs,
    io::Read as _,
    os::unix::fs::{FileTypeExt, MetadataExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

use acts::{
    Act, Around, Bins, Ended, Plan,
    journal::{Journal, Record, Run, journals},
};
use tool::{Bytes, EntryKind, Identity, Machine, Moment, Proposal, Seen, Stamp};

pub(crate) struct World {
    _disk: tempfile::TempDir,
    pub(crate) home: PathBuf,
    pub(crate) machine: Machine,
    journal: PathBuf,
    runs: std::cell::Cell<u32>,
}

/// What came of each step: its number, and why it was refused.
pub(crate) type Came = Vec<(u64, Option<String>)>;

impl World {
    pub(crate) fn new() -> Self {
        Self::below(&std::env::temp_dir())
    }

    /// A world on another file system.
    pub(crate) fn below(folder: &Path) -> Self {
        let disk = tempfile::tempdir_in(folder).unwrap();
        let root = disk.path().canonicalize().unwrap();
        let home = root.join("home/ada");
        let journal = root.join("home/ada/.local/state/candor/journal");
        fs::create_dir_all(&journal).unwrap();
        // Knowledge is not below this crate; its platforms have names.
        let linux = serde_json::from_str("\"linux\"").unwrap();
        let machine = Machine::at_root(linux, &root, Moment(0)).unwrap();
        Self {
            _disk: disk,
            home,
            machine,
            journal,
            runs: 0.into(),
        }
    }

    /// Writes a file of the home, and the folders above it.
    pub(crate) fn file(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.home.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, content).unwrap();
        path
    }

    pub(crate) fn plan(&self, act: Act, proposals: Vec<Proposal>) -> Plan {
        let text = str::to_owned;
        Plan::of(act, proposals, text("then"), text("test"), text("here"))
    }

    pub(crate) fn apply(&self, plan: &Plan) -> Came {
        self.apply_protecting(plan, &|_| None).0
    }

    pub(crate) fn apply_protecting(
        &self,
        plan: &Plan,
        protected: &dyn Fn(&Path) -> Option<String>,
    ) -> (Came, Ended) {
        let run = self.next_run();
        let around = Around {
            run: &run,
            at: "2026-11-25T17:00:00",
            bins: &Bins::make(plan, &self.machine),
            vouched: &|_| None,
            protected,
        };
        let mut journal = self.begin(&run, None);
        let mut came = Vec::new();
        let mut tell = |done: &acts::Done| {
            came.push((done.step, done.refused.as_ref().map(ToString::to_string)));
        };
        let ended = acts::apply(plan, &around, &mut journal, &mut tell).unwrap();
        (came, ended)
    }

    /// Undoes the last run that undid nothing itself.
    pub(crate) fn undo(&self) -> Came {
        let runs = self.runs();
        let of = runs.iter().rev().find(|it| it.undoes.is_none()).unwrap();
        let undone = runs
            .iter()
            .filter(|it| it.undoes.as_ref() == Some(&of.name));
        let undone = undone.flat_map(|it| &it.steps);
        let already = undone
            .filter(|it| it.came_to == Some(acts::journal::CameTo::Done))
            .map(|it| it.before.step)
            .collect();
        let name = self.next_run();
        let mut journal = self.begin(&name, Some(of.name.clone()));
        let mut came = Vec::new();
        let mut tell = |done: &acts::Done| {
            came.push((done.step, done.refused.as_ref().map(ToString::to_string)));
        };
        acts::undo(of, &already, &name, &mut journal, &mut tell).unwrap();
        came
    }

    pub(crate) fn runs(&self) -> Vec<Run> {
        journals(&self.journal).unwrap().runs
    }

    pub(crate) fn journal(&self) -> &Path {
        &self.journal
    }

    fn next_run(&self) -> String {
        self.runs.set(self.runs.get() + 1);
        format!("run-{:04}", self.runs.get())
    }

    pub(crate) fn begin(&self, run: &str, undoes: Option<String>) -> Journal {
        let begin = Record::Begin {
            schema: acts::journal::SCHEMA.to_owned(),
            run: run.to_owned(),
            at: "then".to_owned(),
            what: "test".to_owned(),
            undoes,
            purges: None,
            until: None,
        };
        Journal::begin(&self.journal, &begin).unwrap()
    }

    /// Everything below the home but Candor's own state, with content, mode and times of change.
    pub(crate) fn snapshot(&self) -> Vec<(PathBuf, String)> {
        let mut all = Vec::new();
        let mut waiting = vec![self.home.clone()];
        while let Some(folder) = waiting.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.starts_with(self.home.join(".local")) {
                    continue;
                }
                let meta = fs::symlink_metadata(&path).unwrap();
                let kind = meta.file_type();
                let content = match () {
                    () if kind.is_file() => format!("{:?}", read_quietly(&path)),
                    () if kind.is_symlink() => format!("-> {:?}", fs::read_link(&path).unwrap()),
                    () => format!("{kind:?}"),
                };
                let attributes = attributes(&path);
                let mut times = String::new();
                // A folder tells when its list of names changed, and it did.
                if !kind.is_dir() {
                    times = format!("{}.{}", meta.mtime(), meta.mtime_nsec());
                }
                // Looking where a link leads leaves a time, too.
                if !kind.is_dir() && !kind.is_symlink() {
                    times += &format!(" {}.{}", meta.atime(), meta.atime_nsec());
                }
                let owner = (meta.uid(), meta.gid(), meta.nlink());
                let line = format!(
                    "{:o} {owner:?} {times} {attributes:?} {content}",
                    meta.mode()
                );
                all.push((path.clone(), line));
                if kind.is_dir() {
                    waiting.push(path);
                }
            }
        }
        all.sort();
        all
    }
}

/// Reads a file without a note of that in its access time.
fn read_quietly(path: &Path) -> Vec<u8> {
    let quiet = rustix::fs::OFlags::NOATIME.bits();
    let mut file = fs::File::options()
        .read(true)
        .custom_flags(quiet.cast_signed())
        .open(path)
        .unwrap();
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes).unwrap();
    bytes
}

fn attributes(path: &Path) -> Vec<(String, Vec<u8>)> {
    let mut names = vec![0; 4096];
    let length = rustix::fs::llistxattr(path, &mut names[..]).unwrap_or(0);
    let names = names[..length]
        .split(|it| *it == 0)
        .filter(|it| !it.is_empty());
    let value = |name: &[u8]| {
        let mut value = vec![0; 4096];
        let length = rustix::fs::lgetxattr(path, name, &mut value[..]).unwrap();
        value.truncate(length);
        (String::from_utf8_lossy(name).into_owned(), value)
    };
    names.map(value).collect()
}

/// What stands at a path now, asked of the standard library.
pub(crate) fn seen(path: &Path) -> Seen {
    let meta = fs::symlink_metadata(path).unwrap();
    let kind = meta.file_type();
    let stamp = |seconds: i64, rest: i64| Stamp(seconds * 1_000_000_000 + rest);
    Seen {
        path: path.into(),
        is: Identity {
            kind: match () {
                () if kind.is_file() => EntryKind::File,
                () if kind.is_dir() => EntryKind::Folder,
                () if kind.is_symlink() => EntryKind::Link,
                () => {
                    assert!(kind.is_fifo() || kind.is_socket());
                    EntryKind::Special
                }
            },
            device: meta.dev(),
            inode: meta.ino(),
            size: meta.size(),
            mtime: stamp(meta.mtime(), meta.mtime_nsec()),
            ctime: stamp(meta.ctime(), meta.ctime_nsec()),
        },
    }
}

/// A proposal about a path, with everything inside if it is a folder.
pub(crate) fn proposal(path: &Path, survivor: Option<&Path>) -> Proposal {
    let Seen { path, is } = seen(path);
    let mut inside = Vec::new();
    let mut waiting = match is.kind {
        EntryKind::Folder => vec![path.0.clone()],
        _ => Vec::new(),
    };
    while let Some(folder) = waiting.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let seen = seen(&entry.unwrap().path());
            if seen.is.kind == EntryKind::Folder {
                waiting.push(seen.path.0.clone());
            }
            inside.push(seen);
        }
    }
    Proposal {
        mirror: match survivor.filter(|_| !inside.is_empty()) {
            Some(survivor) => inside
                .iter()
                .map(|it| seen(&survivor.join(it.path.0.strip_prefix(&path.0).unwrap())))
                .collect(),
            None => Vec::new(),
        },
        survivor: survivor.map(seen),
        path,
        is,
        reason: "a test says so".to_owned(),
        rule: None,
        frees: Bytes(is.size),
        inside,
    }
}

/// Asserts that the only step of a run was refused for a reason that holds these words.
#[track_caller]
pub(crate) fn assert_refused(came: &Came, words: &str) {
    let [(1, Some(why))] = &came[..] else {
        panic!("not refused: {came:?}");
    };
    assert!(why.contains(words), "{why}");
}

#[track_caller]
pub(crate) fn assert_all_done(came: &Came) {
    assert!(!came.is_empty());
    assert!(came.iter().all(|(_, why)| why.is_none()), "{came:?}");
}

/// Sets when a file was last changed, as a person's program can.
pub(crate) fn set_mtime(path: &Path, of: &Identity) {
    let nanoseconds = of.mtime.0 as u64;
    let time = std::time::UNIX_EPOCH + std::time::Duration::from_nanos(nanoseconds);
    let file = fs::File::options().write(true).open(path).unwrap();
    file.set_modified(time).unwrap();
}
