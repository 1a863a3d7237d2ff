//! What was done, written down before and after, so that it can be undone and no run stays half done.
//!
//! Each run has a file of its own, `RUN.jsonl`: one JSON record a line, only ever added to. Lines that
//! are no record, at the end or before [`Record::Resumed`], are where a machine lost its power; what
//! stands before them holds. Anywhere else they are damage, which is told.

use std::{
    fs::{File, OpenOptions},
    io::{self, BufRead, BufReader, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use rustix::fs::{FlockOperation, OFlags, flock};
use serde::{Deserialize, Serialize};
use tool::{Bytes, Identity, PathText, Seen, Stamp};

use crate::plan::Act;

/// The schema of journals this version writes and reads.
pub const SCHEMA: &str = "candor/journal-file/1";

/// One line of a journal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "record", rename_all = "lowercase")]
pub enum Record {
    /// The first line.
    Begin {
        /// Always [`SCHEMA`].
        schema: String,
        /// Names the run; sorts by time.
        run: String,
        /// When it began, RFC 3339.
        at: String,
        /// What was run: `apply plan.json`, `undo 2026…`.
        what: String,
        /// The run it undoes, if it does.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        undoes: Option<String>,
        /// The run whose quarantine it empties, if it does.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        purges: Option<String>,
        /// Until when what it moves to the quarantine stays there, RFC 3339.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        until: Option<String>,
    },
    /// A step is about to be done.
    Before(Box<Before>),
    /// What came of a step.
    After {
        /// The step.
        step: u64,
        /// Why it was not done; `None` if it was.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        refused: Option<String>,
        /// Of what was moved to a bin: its time of change there, by the clock of its file system. What
        /// changes in it later bears a later one.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        moved: Option<Stamp>,
    },
    /// The run was cut off; what follows brings it to its end.
    Resumed,
    /// The run ended by itself.
    End,
}

/// A step that is about to be done: all that is needed to undo it, or to find out how far it came.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Before {
    /// The number of the step in its plan.
    pub step: u64,
    /// What is done.
    pub act: Act,
    /// To what.
    pub path: PathText,
    /// What stands there.
    pub is: Identity,
    /// When it was last read, to be put back with the rest.
    pub read: Stamp,
    /// What the disk gains.
    pub frees: Bytes,
    /// The file of the same content that stays.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub survivor: Option<Seen>,
    /// Where it is moved to; of a link, the name that is used for a moment.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub to: Option<PathText>,
    /// The file that tells the trash where it came from.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub info: Option<PathText>,
}

/// A run, as its journal has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    /// Its name.
    pub name: String,
    /// When it began, RFC 3339.
    pub at: String,
    /// What was run.
    pub what: String,
    /// The run it undoes, if it does.
    pub undoes: Option<String>,
    /// The run whose quarantine it empties, if it does.
    pub purges: Option<String>,
    /// Until when what it moved to the quarantine stays there, RFC 3339.
    pub until: Option<String>,
    /// Its steps, in the order they were done.
    pub steps: Vec<StepRecord>,
    /// Whether it ended by itself, or was brought to its end later.
    pub ended: bool,
}

/// A step, as its journal has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StepRecord {
    /// What was about to be done.
    pub before: Before,
    /// What came of it; `None` when the run was cut off.
    pub came_to: Option<CameTo>,
    /// Of what was moved to a bin: its time of change there.
    pub moved: Option<Stamp>,
}

/// What came of a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CameTo {
    /// It was done.
    Done,
    /// It was not, and why.
    Refused(String),
}

/// A journal that is being written. While it is there, no other run can begin.
#[derive(Debug)]
pub struct Journal {
    file: File,
    _lock: File,
}

/// Why a run cannot begin.
#[derive(Debug, thiserror::Error)]
pub enum NoJournal {
    /// Another run holds the journal.
    #[error("another run of Candor is acting at this moment")]
    Busy,
    /// The journal cannot be written; nothing was done.
    #[error("the journal `{}` cannot be written", .path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
}

impl Journal {
    /// Begins the journal of a run in a folder that is there.
    ///
    /// # Errors
    /// [`NoJournal`] when another run is acting, or the file cannot be made.
    pub fn begin(folder: &Path, begin: &Record) -> Result<Self, NoJournal> {
        let Record::Begin { run, .. } = begin else {
            unreachable!("the callers begin with a beginning");
        };
        let path = folder.join(format!("{run}.jsonl"));
        let failed = |source| NoJournal::Io {
            path: path.clone(),
            source,
        };
        let lock = lock(folder)?;
        let mut options = OpenOptions::new();
        let file = options.append(true).create_new(true).mode(0o600);
        let mut journal = Self {
            file: file.open(&path).map_err(failed)?,
            _lock: lock,
        };
        let written = journal.write(begin).and_then(|()| journal.sync());
        // The name of the file must be as certain as its content.
        let named = written.and_then(|()| File::open(folder)?.sync_all());
        named.map(|()| journal).map_err(failed)
    }

    /// Goes on with the journal of a run that was cut off.
    ///
    /// # Errors
    /// As [`Journal::begin`].
    pub fn resume(folder: &Path, run: &str) -> Result<Self, NoJournal> {
        let path = folder.join(format!("{run}.jsonl"));
        let failed = |source| NoJournal::Io {
            path: path.clone(),
            source,
        };
        let lock = lock(folder)?;
        let mut file = OpenOptions::new()
            .append(true)
            .open(&path)
            .map_err(failed)?;
        // Whatever line was cut off ends here.
        file.write_all(b"\n").map_err(failed)?;
        let mut journal = Self { file, _lock: lock };
        journal.write(&Record::Resumed).map_err(failed)?;
        Ok(journal)
    }

    /// Adds a record.
    ///
    /// # Errors
    /// What the system said.
    pub fn write(&mut self, record: &Record) -> io::Result<()> {
        let mut line = serde_json::to_vec(record).map_err(io::Error::other)?;
        line.push(b'\n');
        self.file.write_all(&line)
    }

    /// Returns when everything that was added will still be there after the power fails.
    ///
    /// # Errors
    /// What the system said.
    pub fn sync(&mut self) -> io::Result<()> {
        self.file.sync_data()
    }
}

fn lock(folder: &Path) -> Result<File, NoJournal> {
    let path = folder.join("lock");
    let failed = |source| NoJournal::Io {
        path: path.clone(),
        source,
    };
    let mut options = OpenOptions::new();
    let file = options.write(true).create(true).truncate(false).mode(0o600);
    let file = file.open(&path).map_err(failed)?;
    match flock(&file, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => Ok(file),
        Err(rustix::io::Errno::WOULDBLOCK) => Err(NoJournal::Busy),
        Err(error) => Err(failed(error.into())),
    }
}

/// What a journal folder holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Journals {
    /// Every run that can be read, the oldest first.
    pub runs: Vec<Run>,
    /// What could not be read, or in part.
    pub damaged: Vec<Damaged>,
}

/// A journal that is not as a run left it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Damaged {
    /// The file.
    pub path: PathText,
    /// What is wrong with it, and what follows.
    pub what: String,
}

/// Reads every journal in a folder; one that is not there holds no run.
///
/// # Errors
/// When the folder cannot be listed.
pub fn journals(folder: &Path) -> io::Result<Journals> {
    let mut found = Journals::default();
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(found),
        Err(error) => return Err(error),
    };
    for entry in entries {
        let path = entry?.path();
        if path.extension().is_none_or(|it| it != "jsonl") {
            continue;
        }
        let (run, damage) = match open(&path).and_then(|file| read(BufReader::new(file))) {
            Ok(Read {
                run: Some(run),
                bad,
            }) if path.file_stem() == Some(run.name.as_ref()) => {
                let damage =
                    bad.map(|line| format!("line {line} is no record; what it said is not known"));
                (Some(run), damage)
            }
            Ok(Read { run: Some(_), .. }) => (None, Some("it bears another run's name".to_owned())),
            Ok(Read { run: None, .. }) => {
                let what =
                    "it does not begin as a journal of this version; what it did cannot be undone";
                (None, Some(what.to_owned()))
            }
            Err(error) => (None, Some(format!("it cannot be read: {error}"))),
        };
        found.runs.extend(run);
        found.damaged.extend(damage.map(|what| Damaged {
            path: path.into(),
            what,
        }));
    }
    found.runs.sort_by(|one, other| one.name.cmp(&other.name));
    found.damaged.sort();
    Ok(found)
}

/// Opens a regular file; anything else is never waited for.
fn open(path: &Path) -> io::Result<File> {
    let file = OpenOptions::new()
        .read(true)
        .custom_flags((OFlags::NONBLOCK | OFlags::NOFOLLOW).bits().cast_signed())
        .open(path)?;
    match file.metadata()?.is_file() {
        true => Ok(file),
        false => Err(io::Error::other("it is no regular file")),
    }
}

/// What was read of one file.
struct Read {
    /// `None` if it does not begin as a journal of this version does.
    run: Option<Run>,
    /// The first line that is damaged.
    bad: Option<usize>,
}

fn read(lines: impl BufRead) -> io::Result<Read> {
    let mut run: Option<Run> = None;
    let (mut bad, mut cut_off) = (None, None);
    for (number, line) in (1..).zip(lines.split(b'\n')) {
        let line = line?;
        let Ok(record) = serde_json::from_slice::<Record>(&line) else {
            if !line.is_empty() && cut_off.is_none() {
                cut_off = Some(number);
            }
            continue;
        };
        // A run that was cut off within a line goes on with this record, and with no other.
        let cut_off = cut_off.take().filter(|_| record != Record::Resumed);
        bad = bad.or(cut_off);
        match (record, &mut run) {
            (
                Record::Begin {
                    schema,
                    run: name,
                    at,
                    what,
                    undoes,
                    purges,
                    until,
                },
                None,
            ) if schema == SCHEMA && number == 1 => {
                run = Some(Run {
                    name,
                    at,
                    what,
                    undoes,
                    purges,
                    until,
                    steps: Vec::new(),
                    ended: false,
                });
            }
            (_, None) => break,
            (Record::Begin { .. } | Record::Resumed, Some(_)) => {}
            (Record::Before(before), Some(run)) => run.steps.push(StepRecord {
                before: *before,
                came_to: None,
                moved: None,
            }),
            (
                Record::After {
                    step,
                    refused,
                    moved,
                },
                Some(run),
            ) => {
                let of_step = |it: &&mut StepRecord| it.before.step == step;
                if let Some(of_step) = run.steps.iter_mut().rev().find(of_step) {
                    of_step.came_to = Some(refused.map_or(CameTo::Done, CameTo::Refused));
                    of_step.moved = moved;
                }
            }
            (Record::End, Some(run)) => run.ended = true,
        }
    }
    Ok(Read { run, bad })
}
