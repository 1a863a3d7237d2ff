//! Which program an entry starts, and whether it is still there.

use std::{
    fs,
    path::{Path, PathBuf},
};

use tool::Machine;

use crate::disk;

/// What became of the program an entry starts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Program {
    /// It is there; a link was followed to it.
    Lives {
        /// The path as the entry has it, below the machine's root.
        named: PathBuf,
        /// Where it is.
        real: PathBuf,
    },
    /// It is not there, and its disk is.
    Gone(PathBuf),
    /// Nobody can tell: it may be on a disk that is not mounted, or in a folder that nobody listed.
    Unknown,
}

/// Folders that other disks are mounted in.
const OTHER_DISKS: [&str; 6] = ["/media", "/mnt", "/run", "/net", "/Volumes", "/tmp/.mount_"];

/// Returns what became of the program that a command line begins with, as `Exec` of a desktop entry and
/// `ExecStart` of a unit have it.
///
/// Source: Desktop Entry Specification 1.5, 2020-04-27, The Exec key.
pub(crate) fn program(line: &str, machine: &Machine, folders: &[PathBuf]) -> Program {
    // systemd puts marks before a path: `-`, `@`, `:`, `+`, `!`.
    let line = line.trim_start_matches(['-', '@', ':', '+', '!']);
    match first_word(line) {
        Some(word) => of_path(Path::new(&word), machine, folders),
        None => Program::Unknown,
    }
}

/// The same, of a word that is a path or a name.
pub(crate) fn of_path(word: &Path, machine: &Machine, folders: &[PathBuf]) -> Program {
    if !word.is_absolute() {
        let mut found = folders.iter().map(|folder| folder.join(word));
        let found = found.find_map(|named| {
            let real = disk::follow(&machine.root, &named)?;
            Some(Program::Lives { named, real })
        });
        return found.unwrap_or(Program::Unknown);
    }
    let named = disk::at(&machine.root, word);
    if let Some(real) = disk::follow(&machine.root, &named) {
        return Program::Lives { named, real };
    }
    let elsewhere = OTHER_DISKS.iter().any(|disk| {
        let text = word.as_os_str().as_encoded_bytes();
        text.starts_with(disk.as_bytes())
    });
    match elsewhere || !disk_is_there(&named) {
        true => Program::Unknown,
        false => Program::Gone(named),
    }
}

/// Returns whether what a path would lie in holds something, so that no disk is missing there: where one is
/// mounted that is not there now, an empty folder stands. A link to nowhere is missing itself.
fn disk_is_there(path: &Path) -> bool {
    if fs::symlink_metadata(path).is_ok() {
        return false;
    }
    for above in path.ancestors().skip(1) {
        match fs::symlink_metadata(above) {
            Ok(it) if it.is_dir() => {
                return fs::read_dir(above).is_ok_and(|mut entries| entries.next().is_some());
            }
            Ok(_) => return false,
            Err(error) if disk::is_missing(&error) => {}
            Err(_) => return false,
        }
    }
    false
}

/// Returns the first word that is a program: after `env` and what is set for it.
fn first_word(line: &str) -> Option<String> {
    let words = words(line)?;
    let mut words = words.into_iter().peekable();
    let is_env = |word: &String| word == "env" || word.ends_with("/env");
    if words.peek().is_some_and(is_env) {
        words.next();
        while let Some(word) = words.next_if(|it| it.starts_with('-') || it.contains('=')) {
            // These two are about the word behind them.
            if word == "-u" || word == "-C" {
                words.next();
            }
        }
    }
    words.next().filter(|word| !word.is_empty())
}

/// Takes a command line apart; `None` if its quotes do not close.
fn words(line: &str) -> Option<Vec<String>> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut letters = line.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '"' => {
                let word = word.get_or_insert_default();
                loop {
                    match letters.next()? {
                        '"' => break,
                        '\\' => word.push(letters.next()?),
                        other => word.push(other),
                    }
                }
            }
            '\\' => word.get_or_insert_default().push(letters.next()?),
            ' ' | '\t' => words.extend(word.take()),
            other => word.get_or_insert_default().push(other),
        }
    }
    words.extend(word);
    Some(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_program_is_told_from_what_is_set_for_it() {
        for (line, expected) in [
            ("gimp-2.10 %U", Some("gimp-2.10")),
            (
                "\"/home/ada/My Apps/Tool\" --x",
                Some("/home/ada/My Apps/Tool"),
            ),
            ("env A=1 B=2 /opt/x/y %f", Some("/opt/x/y")),
            ("/usr/bin/env -u A /opt/x", Some("/opt/x")),
            ("/opt/My\\ App/run", Some("/opt/My App/run")),
            ("env A=1", None),
            ("", None),
            ("\"/opt/open", None),
        ] {
            assert_eq!(first_word(line).as_deref(), expected, "{line}");
        }
    }
}
