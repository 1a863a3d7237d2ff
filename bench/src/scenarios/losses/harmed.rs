//! A run that is cut off before one of its calls, and one whose calls fail: by strace, at every call
//! that touches the tree or what the program keeps beside it.
//!
//! Each of the two names must lead to its content, and no name may stay that was not there before and that
//! nobody spoke of: where nothing can be removed, one has to. The process that makes the call is ended; a
//! shell that started it goes on.

use std::{collections::BTreeMap, ffi::OsString, fs, path::Path};

use super::{
    ground::Ground,
    runs::{Folders, short},
    ways::{Kind, Way},
};
use crate::{
    failure::{Failure, Tried},
    setting::Setting,
};

/// Errors that a file system gives when it cannot link, has no room, or is going to pieces.
const ERRORS: [&str; 6] = ["EPERM", "EXDEV", "EMLINK", "ENOSPC", "EROFS", "EIO"];

/// The calls that make a link, put a name in the place of another, or share bytes. `?`: an architecture
/// may lack it.
const STEPS: [(&str, &str); 4] = [
    ("link", "?link,linkat,?symlink,symlinkat"),
    ("rename", "?rename,?renameat,renameat2"),
    ("unlink", "?unlink,unlinkat"),
    (SHARE, "ioctl,?copy_file_range"),
];
const SHARE: &str = "share";

/// What came of many runs.
#[derive(Clone, Debug, Default)]
pub(super) struct Harmed {
    /// Runs in which the harm was done.
    pub(super) runs: usize,
    /// Of them: a name leads to nothing, or to something else.
    pub(super) broken: usize,
    /// Of them: a name stays that was not there before and was not spoken of.
    pub(super) stray: usize,
    /// Of them: it ended with 0, although the files were not made one.
    pub(super) silent: usize,
    /// Calls after or at which something was wrong.
    pub(super) at: BTreeMap<String, usize>,
    /// Of the first run that failed, what it said.
    pub(super) said: String,
}

impl Harmed {
    /// Returns the calls at which something went wrong, in words.
    pub(super) fn places(&self) -> String {
        let places = self
            .at
            .iter()
            .map(|(call, count)| format!("{call} ×{count}"));
        places.collect::<Vec<_>>().join(", ")
    }
}

/// Ends a way's act before every `stride`-th call that touches the ground.
///
/// # Errors
/// When strace cannot be run, or the ground cannot be made.
pub(super) fn killed(
    way: &Way,
    setting: &Setting,
    top: &Path,
    stride: usize,
) -> Result<Harmed, Failure> {
    let mut harmed = Harmed::default();
    for call in calls(way, setting, top)?.iter().step_by(stride) {
        let inject = format!("inject={}:signal=SIGKILL:when={}", call.name, call.number);
        let scene = Scene::new(way, setting, top)?;
        let run = scene.act(&inject)?;
        if !run.log.contains("+++ killed by SIGKILL") {
            continue;
        }
        // At the moment it was cut off, and after what a person does then.
        let broken = scene.broken();
        scene.mend()?;
        let stray = !scene.stray()?.is_empty();
        harmed.add(&call.name, broken || scene.broken(), stray);
    }
    Ok(harmed)
}

/// Lets every call of one sort fail in every run, for each sort and each error.
///
/// # Errors
/// As [`killed`].
pub(super) fn failing(way: &Way, setting: &Setting, top: &Path) -> Result<Harmed, Failure> {
    let mut harmed = Harmed::default();
    let shares = way.kind == Kind::Share;
    for (step, calls) in STEPS.iter().filter(|it| shares || it.0 != SHARE) {
        for error in ERRORS {
            let scene = Scene::new(way, setting, top)?;
            let run = scene.act(&format!("inject={calls}:error={error}"))?;
            if !run.log.contains("(INJECTED)") {
                continue;
            }
            let broken = scene.broken();
            let untold = |name: &String| !run.said.contains(name);
            let stray = scene.stray()?.iter().any(untold);
            // Whether bytes are shared shows only where no call that shares them could succeed.
            let done = if shares {
                *step != SHARE
            } else {
                scene.is_done()
            };
            harmed.silent += usize::from(run.code == 0 && !done);
            harmed.add(step, broken, stray);
            if harmed.said.is_empty() {
                harmed.said = scene.telling(&run.said);
            }
        }
    }
    Ok(harmed)
}

impl Harmed {
    fn add(&mut self, at: &str, broken: bool, stray: bool) {
        self.runs += 1;
        self.broken += usize::from(broken);
        self.stray += usize::from(stray);
        if broken || stray {
            *self.at.entry(at.to_owned()).or_default() += 1;
        }
    }
}

/// The number-th call of that name, in the process that makes it.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Call {
    name: String,
    number: usize,
}

struct Run {
    code: i32,
    said: String,
    log: String,
}

/// One pair of equal files that a way was told of, and has looked at.
struct Scene<'s> {
    way: &'s Way,
    setting: &'s Setting,
    ground: Ground,
    folders: Folders,
}

const NUMBER: u64 = 10;
const NAMES: [&str; 2] = ["left/photo.jpg", "right/photo.jpg"];

impl<'s> Scene<'s> {
    fn new(way: &'s Way, setting: &'s Setting, top: &Path) -> Result<Self, Failure> {
        let mut ground = Ground::new(top)?;
        for name in NAMES {
            let path = ground.tree().join(name);
            ground.file(&path, NUMBER, 10)?;
        }
        let folders = Folders::of([ground.tree()]);
        let scene = Self {
            way,
            setting,
            ground,
            folders,
        };
        if !way.look.is_empty() {
            way.run(way.look, (setting, &scene.ground), &scene.folders, &[])?;
        }
        Ok(scene)
    }

    /// Acts below strace.
    fn act(&self, expression: &str) -> Result<Run, Failure> {
        let strace = self
            .setting
            .peer("strace")
            .ok_or_else(|| Failure::other("strace is not on PATH"))?;
        let log = self.ground.outside().join("calls");
        let mut words: Vec<OsString> = vec![strace.into(), "-f".into(), "-y".into(), "-o".into()];
        words.extend([
            log.as_os_str().to_owned(),
            "-e".into(),
            expression.into(),
            "--".into(),
        ]);
        let ended = self.way.run(
            self.way.act,
            (self.setting, &self.ground),
            &self.folders,
            &words,
        )?;
        let bytes = fs::read(&log).tried("read", &log)?;
        Ok(Run {
            code: ended.code,
            said: ended.said,
            log: String::from_utf8_lossy(&bytes).into_owned(),
        })
    }

    fn mend(&self) -> Result<(), Failure> {
        match self.way.mend {
            "" => Ok(()),
            line => self
                .way
                .run(line, (self.setting, &self.ground), &self.folders, &[])
                .map(drop),
        }
    }

    /// Returns whether a name does not lead to its content.
    fn broken(&self) -> bool {
        !NAMES
            .iter()
            .all(|name| self.ground.holds(&self.ground.tree().join(name), NUMBER))
    }

    /// Returns the names that were not there before.
    fn stray(&self) -> Result<Vec<String>, Failure> {
        let tree = self.ground.tree();
        let names = self.ground.names()?;
        let is_known = |path: &Path| NAMES.iter().any(|name| tree.join(name) == path);
        let stray = names
            .keys()
            .filter(|path| path.starts_with(&tree) && !is_known(path));
        let name = |path: &std::path::PathBuf| path.file_name().map(|it| it.display().to_string());
        Ok(stray.filter_map(name).collect())
    }

    /// Returns whether one name is a link to the other by now, of either sort.
    fn is_done(&self) -> bool {
        use std::os::unix::fs::MetadataExt;
        let inode = |name: &&str| {
            fs::metadata(self.ground.tree().join(name))
                .ok()
                .map(|it| it.ino())
        };
        let inodes: Vec<_> = NAMES.iter().map(|name| inode(name)).collect();
        inodes[0].is_some() && inodes[0] == inodes[1]
    }

    /// Returns the line that names a file, without this machine's paths.
    fn telling(&self, said: &str) -> String {
        let text = said.replace(&format!("{}/", self.ground.top().display()), "");
        let line = text
            .lines()
            .find(|line| line.contains("photo.jpg"))
            .unwrap_or_default();
        short(line)
    }
}

/// Returns every call of an undisturbed act that touches the ground, each once.
fn calls(way: &Way, setting: &Setting, top: &Path) -> Result<Vec<Call>, Failure> {
    let scene = Scene::new(way, setting, top)?;
    let log = scene.act("trace=all")?.log;
    Ok(touching(&log, scene.ground.top()))
}

/// Lines are `123 openat(3</tree>, "a", O_RDONLY) = 4</tree/a>`; a call that another process interrupts
/// has two, of which the second begins with `<...`.
fn touching(log: &str, top: &Path) -> Vec<Call> {
    let top = top.display().to_string();
    let mut seen: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    let mut all = std::collections::BTreeSet::new();
    for line in log.lines() {
        let Some((process, rest)) = line.split_once(' ') else {
            continue;
        };
        let Some((name, _)) = rest.trim_start().split_once('(') else {
            continue;
        };
        if !name
            .bytes()
            .all(|it| it.is_ascii_alphanumeric() || it == b'_')
        {
            continue;
        }
        let number = seen.entry((process, name)).or_default();
        *number += 1;
        // Where the program stands says nothing of what it touches.
        let about = match rest.split_once("AT_FDCWD<") {
            Some((_, after)) => after.split_once('>').map_or("", |it| it.1),
            None => rest,
        };
        if about.contains(&top) {
            let (name, number) = (name.to_owned(), *number);
            all.insert(Call { name, number });
        }
    }
    all.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_are_counted_by_process_and_kept_when_they_touch_the_ground() {
        let log = "7 openat(AT_FDCWD</>, \"/lib/x\", O_RDONLY) = 3</lib/x>\n\
            7 openat(AT_FDCWD</>, \"/tree/a\", O_RDONLY <unfinished ...>\n\
            8 openat(AT_FDCWD</tree/home>, \"/lib/y\", O_RDONLY) = 3</lib/y>\n\
            8 openat(AT_FDCWD</tree/home>, \"/tree/b\", O_RDONLY) = 3</tree/b>\n\
            7 <... openat resumed>) = 4</tree/a>\n\
            7 --- SIGCHLD {si_signo=SIGCHLD} ---\n\
            7 renameat2(5</tree>, \"a\", 5</tree>, \"b\", 0) = 0\n\
            7 +++ exited with 0 +++\n";
        let call = |name: &str, number| Call {
            name: name.to_owned(),
            number,
        };
        let expected = [call("openat", 2), call("renameat2", 1)];
        assert_eq!(touching(log, Path::new("/tree")), expected);
    }
}
