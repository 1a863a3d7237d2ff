//! The peers: which are here, and the command lines that make them do the same work.
//!
//! Fair means: hidden files too, no ignore files, every file from one byte up, nothing cached
//! between runs, no result printed that the others do not print. Each line is shown with the results.

use std::{
    env,
    ffi::OsString,
    path::{Path, PathBuf},
    process::{Command as Process, Stdio},
};

use crate::{run::Command, said::Reading, setting::Setting};

/// A program that does what a tool of Candor does.
pub(crate) struct Peer {
    pub(crate) name: &'static str,
    /// `None` when it is not on PATH.
    pub(crate) program: Option<PathBuf>,
}

/// The peers of the scenarios.
pub(crate) const NAMES: [&str; 13] = [
    "bleachbit",
    "czkawka_cli",
    "du",
    "dua",
    "duperemove",
    "fclones",
    "fdupes",
    "gdu",
    "jdupes",
    "pdu",
    "rdfind",
    "rmlint",
    "strace",
];

/// Looks for peers on PATH.
pub(crate) fn found(names: &[&'static str]) -> Vec<Peer> {
    let peer = |name: &&'static str| Peer {
        name,
        program: on_path(name),
    };
    names.iter().map(peer).collect()
}

/// Returns where a program is, if it is on PATH or where programs for the superuser are.
pub(crate) fn on_path(name: &str) -> Option<PathBuf> {
    let folders = env::var_os("PATH")?;
    let system = ["/usr/sbin", "/sbin"].map(PathBuf::from);
    env::split_paths(&folders)
        .chain(system)
        .map(|it| it.join(name))
        .find(|it| it.is_file())
}

/// Returns the version a program gives itself; empty when it does not say.
pub(crate) fn version(program: &Path) -> String {
    let mut process = Process::new(program);
    // 7-Zip knows no such option; called with nothing it names itself.
    if program.file_name().is_none_or(|name| name != "7zz") {
        process.arg("--version");
    }
    let Ok(output) = process.stdin(Stdio::null()).output() else {
        return String::new();
    };
    let text = [output.stdout, output.stderr].concat();
    let text = String::from_utf8_lossy(&text);
    let is_version = |word: &&str| {
        word.starts_with(|letter: char| letter.is_ascii_digit()) && word.contains('.')
    };
    // duperemove writes a `v` before it, zstd a comma after it.
    text.split_whitespace()
        .map(|word| word.trim_start_matches('v').trim_end_matches(','))
        .find(is_version)
        .unwrap_or_default()
        .to_owned()
}

impl Setting {
    /// Returns where a peer is, if it is here.
    pub(crate) fn peer(&self, name: &str) -> Option<&Path> {
        self.peers
            .iter()
            .find(|peer| peer.name == name)?
            .program
            .as_deref()
    }

    /// Returns a command of candor. It ends with 1 when it found something.
    pub(crate) fn candor<const N: usize>(&self, name: &str, words: [&str; N]) -> Command {
        Command::new(name, &self.candor).words(words).fine(&[0, 1])
    }

    pub(crate) fn candor_dupes(&self, tree: &Path) -> Command {
        let words = ["dupes", "--json", "--no-memory"];
        self.candor("candor", words)
            .path(tree)
            .read_as(Reading::CandorDupes)
    }

    pub(crate) fn floor(&self, tree: &Path) -> Command {
        Command::new("floor", &self.me).words(["floor"]).path(tree)
    }

    pub(crate) fn walk(&self, tree: &Path) -> Command {
        Command::new("walk", &self.me).words(["walk"]).path(tree)
    }

    /// Returns fclones by its own choice of threads, and with 2, 4 and 8.
    ///
    /// A `-t` without a name sets the pools of every device that has none of its own (`default`),
    /// and the walk. Source: fclones 0.35, src/config.rs and src/device.rs.
    pub(crate) fn fclones(&self, tree: &Path) -> Vec<Command> {
        let Some(program) = self.peer("fclones") else {
            return Vec::new();
        };
        let line = |name: &str, threads: Option<&str>| {
            let words = ["group", "--hidden", "--no-ignore", "-s", "1"];
            let mut command = Command::new(name, program).words(words);
            if let Some(threads) = threads {
                command = command.words(["-t", threads]);
            }
            command.path(tree).read_as(Reading::Fclones)
        };
        vec![
            line("fclones", None),
            line("fclones -t 2,2", Some("2,2")),
            line("fclones -t 4,4", Some("4,4")),
            line("fclones -t 8,8", Some("8,8")),
        ]
    }

    pub(crate) fn jdupes(&self, tree: &Path) -> Option<Command> {
        let command = Command::new("jdupes", self.peer("jdupes")?).words(["-r", "-q"]);
        Some(command.path(tree).read_as(Reading::Paragraphs))
    }

    /// `-o` alone also keeps rmlint from writing its script and its JSON.
    pub(crate) fn rmlint(&self, tree: &Path) -> Option<Command> {
        let words = ["-T", "df", "-r", "-o", "fdupes:stdout"];
        let command = Command::new("rmlint", self.peer("rmlint")?).words(words);
        Some(command.path(tree).read_as(Reading::Paragraphs))
    }

    pub(crate) fn czkawka(&self, tree: &Path) -> Option<Command> {
        let words = [
            "dup",
            "-m",
            "1",
            "--disable-cache",
            "--ignore-error-code-on-found",
            "-d",
        ];
        let command = Command::new("czkawka", self.peer("czkawka_cli")?).words(words);
        Some(command.path(tree).read_as(Reading::Czkawka))
    }

    /// Returns candor and every duplicate finder that is here.
    pub(crate) fn duplicate_finders(&self, tree: &Path) -> Vec<Command> {
        let mut all = vec![self.candor_dupes(tree)];
        all.extend(self.fclones(tree));
        all.extend(
            [self.jdupes(tree), self.rmlint(tree), self.czkawka(tree)]
                .into_iter()
                .flatten(),
        );
        all
    }

    /// Returns candor and every disk map that is here. pdu counts hard links as often as they are
    /// named unless it is asked not to, which costs it time: here it is not asked.
    pub(crate) fn disk_maps(&self, tree: &Path) -> Vec<Command> {
        let candor = self.candor("candor", ["map", "--json"]).path(tree);
        let mut all = vec![candor.read_as(Reading::CandorMap)];
        let mut add = |name: &str, words: &[&str], reading| {
            let Some(program) = self.peer(name) else {
                return;
            };
            let words = words.iter().map(OsString::from);
            all.push(
                Command::new(name, program)
                    .os_words(words)
                    .path(tree)
                    .read_as(reading),
            );
        };
        add(
            "dua",
            &["aggregate", "--format", "bytes"],
            Reading::FirstNumber,
        );
        add("pdu", &["--bytes-format", "plain"], Reading::Nothing);
        add("gdu", &["-n", "-p", "-c"], Reading::Nothing);
        add("du", &["-s", "--block-size=1"], Reading::FirstNumber);
        all
    }
}
