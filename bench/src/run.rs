//! Runs commands side by side and notes what each took.
//!
//! Every command runs once per round, and the rounds follow each other, so that whatever else the
//! machine does hits all alike. Each starts from a fresh small process: the kernel counts the memory
//! of the process that starts a program as that program's own.

use std::{
    ffi::OsString,
    fs::{self, File},
    path::{Path, PathBuf},
    process::{Command as Process, ExitCode, Stdio},
    time::Instant,
};

use serde::{Deserialize, Serialize};

use crate::{
    cli::Timed,
    failure::{Failure, Tried},
    said::{Reading, Said},
    setting::{Setting, empty_page_cache},
    usage,
};

/// Letters of a command line that are shown.
const LONGEST_LINE: usize = 200;

/// A command to measure.
#[derive(Clone, Debug)]
pub(crate) struct Command {
    pub(crate) name: String,
    program: PathBuf,
    words: Vec<OsString>,
    home: Option<PathBuf>,
    fresh: Option<PathBuf>,
    fine: &'static [i32],
    reading: Reading,
}

impl Command {
    pub(crate) fn new(name: &str, program: &Path) -> Self {
        Self {
            name: name.to_owned(),
            program: program.to_owned(),
            words: Vec::new(),
            home: None,
            fresh: None,
            fine: &[0],
            reading: Reading::Nothing,
        }
    }

    pub(crate) fn words<const N: usize>(self, words: [&str; N]) -> Self {
        self.os_words(words.map(OsString::from))
    }

    pub(crate) fn os_words(mut self, words: impl IntoIterator<Item = OsString>) -> Self {
        self.words.extend(words);
        self
    }

    pub(crate) fn path(self, path: &Path) -> Self {
        self.os_words([path.as_os_str().to_owned()])
    }

    /// Makes this folder the home of the command.
    pub(crate) fn home(mut self, home: &Path) -> Self {
        self.home = Some(home.to_owned());
        self
    }

    /// Has this folder made anew before each run, which is not timed.
    pub(crate) fn fresh(mut self, folder: &Path) -> Self {
        self.fresh = Some(folder.to_owned());
        self
    }

    /// Names the exit codes that mean that it did its work.
    pub(crate) fn fine(mut self, codes: &'static [i32]) -> Self {
        self.fine = codes;
        self
    }

    pub(crate) fn read_as(mut self, reading: Reading) -> Self {
        self.reading = reading;
        self
    }

    /// Returns the command under another program that starts it, such as strace.
    pub(crate) fn under(self, program: &Path, words: Vec<OsString>) -> Self {
        let own = std::iter::once(self.program.into_os_string()).chain(self.words);
        let words = words.into_iter().chain(own).collect();
        Self {
            program: program.to_owned(),
            words,
            ..self
        }
    }

    /// Returns the line as a person would type it, with the paths of this machine left out.
    fn line(&self, setting: &Setting) -> String {
        let program = self.program.file_name().unwrap_or_default();
        let ours = [setting.trees(), setting.outputs(), setting.archives()];
        let shown = |word: &OsString| {
            // 7-Zip takes a folder only in the same word as its option.
            let word = word.to_string_lossy().into_owned();
            ours.iter().fold(word, |word, it| {
                word.replace(&format!("{}/", it.display()), "")
            })
        };
        let words: Vec<String> = self.words.iter().map(shown).collect();
        let line = format!("{} {}", program.display(), words.join(" "));
        match line.char_indices().nth(LONGEST_LINE) {
            Some((end, _)) => format!("{} …", &line[..end]),
            None => line,
        }
    }

    fn file_stem(&self) -> String {
        self.name
            .replace(|letter: char| !letter.is_ascii_alphanumeric(), "-")
    }

    /// Returns where the command's output is after it ran.
    pub(crate) fn output(&self, setting: &Setting) -> PathBuf {
        setting.outputs().join(format!("{}.out", self.file_stem()))
    }
}

/// Whether files are in memory when a command begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cache {
    Warm,
    Cold,
}

/// What a command took, over all its runs.
#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct Row {
    pub(crate) name: String,
    pub(crate) line: String,
    /// Seconds, one per run.
    pub(crate) wall: Vec<f64>,
    /// Seconds of user and system time, one per run.
    pub(crate) cpu: Vec<f64>,
    /// Most bytes in memory of its largest process, one per run.
    pub(crate) peak: Vec<f64>,
    pub(crate) said: Option<Said>,
    /// Why there is nothing more, when it failed.
    pub(crate) failed: Option<String>,
}

/// What one run took, as the small process tells it.
#[derive(Debug, Serialize, Deserialize)]
struct Took {
    wall: f64,
    cpu: f64,
    peak: u64,
    /// `None` when a signal ended it.
    code: Option<i32>,
}

/// Runs all commands, `runs` times each, and first once untimed when the cache is to be warm.
///
/// # Errors
/// When the bench itself fails. A command that fails says so in its row and is not run again.
pub(crate) fn side_by_side(
    setting: &Setting,
    commands: &[Command],
    cache: Cache,
    runs: u32,
) -> Result<Vec<Row>, Failure> {
    let row = |it: &Command| Row {
        name: it.name.clone(),
        line: it.line(setting),
        ..Row::default()
    };
    let mut rows: Vec<Row> = commands.iter().map(row).collect();
    rustix::fs::sync();
    for round in 0..=runs {
        let is_timed = round > 0;
        if !is_timed && cache == Cache::Cold {
            continue;
        }
        for (command, row) in commands.iter().zip(&mut rows) {
            if row.failed.is_some() {
                continue;
            }
            eprintln!("  {}: {round} of {runs}", command.name);
            if cache == Cache::Cold {
                make_cold(command)?;
            }
            match once(setting, command) {
                Ok(took) if is_timed => {
                    row.wall.push(took.wall);
                    row.cpu.push(took.cpu);
                    row.peak.push(took.peak as f64);
                }
                Ok(_) => {}
                Err(failure) => row.failed = Some(crate::failure::chain(&failure)),
            }
        }
    }
    for (command, row) in commands.iter().zip(&mut rows) {
        if row.failed.is_none() {
            match command.reading.read(&command.output(setting)) {
                Ok(said) => row.said = said,
                Err(failure) => row.failed = Some(crate::failure::chain(&failure)),
            }
        }
    }
    Ok(rows)
}

/// Empties the page cache, then loads the program again: its own size is not what is compared.
fn make_cold(command: &Command) -> Result<(), Failure> {
    empty_page_cache().map_err(Failure::other)?;
    let quiet = || Stdio::null();
    let _ = Process::new(&command.program)
        .arg("--version")
        .stdin(quiet())
        .stdout(quiet())
        .stderr(quiet())
        .status();
    Ok(())
}

/// Runs a command once and leaves its output where [`Command::output`] says.
fn once(setting: &Setting, command: &Command) -> Result<Took, Failure> {
    let out = command.output(setting);
    let err = out.with_extension("err");
    for file in [&out, &err] {
        // A new file each time: to empty an old one makes ext4 write it to the disk when it closes.
        let _ = fs::remove_file(file);
    }
    if let Some(folder) = &command.fresh {
        made_anew(folder)?;
    }
    let mut process = Process::new(&setting.me);
    process
        .arg("timed")
        .arg("--out")
        .arg(&out)
        .arg("--err")
        .arg(&err)
        .arg("--");
    process.arg(&command.program).args(&command.words);
    let home = command.home.clone().unwrap_or_else(|| setting.home());
    bare(&mut process, &home).env("LC_ALL", "C");
    process
        .current_dir(setting.outputs())
        .stdin(Stdio::null())
        .stderr(Stdio::inherit());
    let output = process.output().tried("run", &setting.me)?;
    let took: Took = serde_json::from_slice(&output.stdout)
        .map_err(|_| Failure::other(format!("`{}` could not be started", command.name)))?;
    if took.code.is_some_and(|code| command.fine.contains(&code)) {
        return Ok(took);
    }
    let ended = took
        .code
        .map_or("by a signal".to_owned(), |code| format!("with {code}"));
    Err(Failure::other(format!(
        "ended {ended}: {}",
        last_words(&err)
    )))
}

/// Gives a program the environment of a person who has configured nothing.
pub(crate) fn bare<'a>(process: &'a mut Process, home: &Path) -> &'a mut Process {
    for name in [
        "XDG_CACHE_HOME",
        "XDG_CONFIG_HOME",
        "XDG_DATA_HOME",
        "XDG_STATE_HOME",
    ] {
        process.env_remove(name);
    }
    process.env("HOME", home).env("NO_COLOR", "1")
}

/// Makes an empty folder, in the place of one that stands.
pub(crate) fn made_anew(folder: &Path) -> Result<(), Failure> {
    if folder.exists() {
        fs::remove_dir_all(folder).tried("remove", folder)?;
    }
    fs::create_dir_all(folder).tried("make", folder)
}

fn last_words(file: &Path) -> String {
    let bytes = fs::read(file).unwrap_or_default();
    let text = String::from_utf8_lossy(&bytes);
    let lines: Vec<&str> = text
        .lines()
        .filter(|line| !line.trim().is_empty())
        .collect();
    let last = lines[lines.len().saturating_sub(2)..].join(" / ");
    last.chars()
        .filter(|letter| !letter.is_control())
        .take(300)
        .collect()
}

/// The small process: runs one command and prints what it took.
///
/// # Errors
/// When the command cannot be started, or its files cannot be made.
pub(crate) fn timed(asked: &Timed) -> Result<ExitCode, Failure> {
    let new = |path: &PathBuf| File::create_new(path).tried("make", path);
    let (out, err) = (new(&asked.out)?, new(&asked.err)?);
    let (program, words) = asked
        .command
        .split_first()
        .expect("the command line asks for one");
    let mut process = Process::new(program);
    process
        .args(words)
        .stdin(Stdio::null())
        .stdout(out)
        .stderr(err);
    let began = Instant::now();
    let child = process.spawn().tried("start", Path::new(program))?;
    let (status, usage) = usage::wait(child).tried("wait for", Path::new(program))?;
    let took = Took {
        wall: began.elapsed().as_secs_f64(),
        cpu: usage.cpu.as_secs_f64(),
        peak: usage.peak,
        code: status.code(),
    };
    println!(
        "{}",
        serde_json::to_string(&took).expect("numbers fit JSON")
    );
    Ok(ExitCode::SUCCESS)
}
