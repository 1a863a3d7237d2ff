//! Runs one line of a way on a ground, and notes how it ended and what was said.

use std::{
    ffi::OsString,
    fs::File,
    path::{Path, PathBuf},
    process::{Command as Process, Stdio},
};

use super::{ground::Ground, ways::Way};
use crate::{
    failure::{Failure, Tried},
    peers,
    setting::Setting,
};

/// The longest a program may take, in seconds; each works on a few small files.
const LONGEST: &str = "60";

/// How a command ended.
#[derive(Clone, Debug, Default)]
pub(super) struct Ended {
    /// As a shell shows it: 128 and the signal's number when one ended it.
    pub(super) code: i32,
    /// Everything it wrote, both streams.
    pub(super) said: String,
}

/// The folders a way is told of.
#[derive(Clone, Debug)]
pub(super) struct Folders {
    pub(super) roots: Vec<PathBuf>,
    /// The one from which nothing may go, if there is one: the last root.
    pub(super) keep: Option<PathBuf>,
}

impl Folders {
    pub(super) fn of(roots: impl Into<Vec<PathBuf>>) -> Self {
        let (roots, keep) = (roots.into(), None);
        Self { roots, keep }
    }
}

impl Way {
    /// Returns whether the program is here.
    pub(super) fn is_here(&self, setting: &Setting) -> bool {
        program(setting, self.program).is_some()
    }

    /// Runs a line of this way, below `strace` with these words if any are given.
    ///
    /// # Errors
    /// When it cannot be started. How it ended is its own affair.
    pub(super) fn run(
        &self,
        line: &str,
        (setting, ground): (&Setting, &Ground),
        folders: &Folders,
        strace: &[OsString],
    ) -> Result<Ended, Failure> {
        let (line, stdin) = match line.split_once('<') {
            Some((line, file)) => (line, Some(filled(file.trim(), ground, folders))),
            None => (line, None),
        };
        let mut words = line.split_whitespace();
        let name = words.next().unwrap_or_default();
        let program = program(setting, name)
            .ok_or_else(|| Failure::other(format!("{name} is not on PATH")))?;
        let mut process = Process::new("timeout");
        process.args(["-k", "1", LONGEST]).args(strace).arg(program);
        for word in words {
            match word {
                "{roots}" => process.args(&folders.roots),
                word => process.args(filled(word, ground, folders)),
            };
        }
        let stdin = match stdin.and_then(|it| it.into_iter().next()) {
            Some(file) => Stdio::from(File::open(&file).tried("open", Path::new(&file))?),
            None => Stdio::null(),
        };
        let home = ground.home();
        process
            .current_dir(&home)
            .env_clear()
            .envs(std::env::var_os("PATH").map(|path| ("PATH", path)))
            .env("HOME", &home)
            .env("TMPDIR", &home)
            .env("XDG_RUNTIME_DIR", &home)
            .env("LC_ALL", "C.UTF-8")
            .env("NO_COLOR", "1");
        for (name, folder) in [
            ("XDG_CACHE_HOME", ".cache"),
            ("XDG_CONFIG_HOME", ".config"),
            ("XDG_DATA_HOME", ".local/share"),
            ("XDG_STATE_HOME", ".local/state"),
        ] {
            process.env(name, home.join(folder));
        }
        let output = process.stdin(stdin).output();
        let output = output.tried("run", Path::new("timeout"))?;
        // Complaints first: a table shows the first line that speaks of a file.
        let said = [output.stderr, output.stdout].concat();
        Ok(Ended {
            code: output.status.code().unwrap_or(-1),
            said: plain(&String::from_utf8_lossy(&said)),
        })
    }
}

/// Returns a word with paths in the place of their names; the folder that is kept can be missing.
fn filled(word: &str, ground: &Ground, folders: &Folders) -> Option<OsString> {
    let shown = |path: &Path| path.display().to_string();
    let word = word
        .replace("{found}", &shown(&ground.found()))
        .replace("{home}", &shown(&ground.home()))
        .replace("{root}", &shown(folders.roots.first()?));
    Some(match &folders.keep {
        Some(keep) => word.replace("{keep}", &shown(keep)).into(),
        None => word.into(),
    })
}

/// Returns a line as a table shows it: short, without a time of day before it or control characters.
pub(super) fn short(line: &str) -> String {
    let line = line.trim();
    let untimed = line
        .strip_prefix("[20")
        .and_then(|rest| rest.split_once("] "));
    let line = untimed.map_or(line, |(_, rest)| rest);
    let shown = line.chars().filter(|it| !it.is_control());
    shown.take(260).collect()
}

/// Returns text without the colours that some programs write whatever they are told: `ESC [ … m`.
fn plain(text: &str) -> String {
    let mut parts = text.split("\u{1b}[");
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        plain.push_str(part.split_once('m').map_or(part, |(_, rest)| rest));
    }
    plain
}

fn program(setting: &Setting, name: &str) -> Option<PathBuf> {
    match name {
        "candor" => Some(setting.candor.clone()),
        name => peers::on_path(name),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_and_times_of_day_are_left_out() {
        assert_eq!(
            plain("\u{1b}[1;34m[ 25%]\u{1b}[0m one\ntwo"),
            "[ 25%] one\ntwo"
        );
        assert_eq!(plain("none"), "none");
        assert_eq!(
            short(" [2026-11-25 23:03:13.831] warn: it\tis "),
            "warn: itis"
        );
    }
}
