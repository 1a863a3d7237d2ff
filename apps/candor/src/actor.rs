//! The actor: this program started again to carry out, undo or recover, confined to the folders of one
//! plan, their trash and the journal.
//!
//! What it needs to know is worked out here, on the broker's side; the work itself is `acts`.

use std::{
    collections::BTreeSet,
    io::{self, Write},
    path::{Path, PathBuf},
};

use acts::{
    Act, Around, Bins, Done, Plan, Recovered, Refusal, apply,
    journal::{Before, CameTo, Journal, NoJournal, Record, Run, SCHEMA, journals},
    purge, recover, undo,
};
use sandbox::Rights;
use serde::{Deserialize, Serialize};
use tool::PathText;

use crate::{
    frames::{self, Kind},
    vouch::{Grounds, Judge},
};

/// What an actor is asked to do.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Acting {
    /// The folder of the journals.
    pub(crate) journal: PathText,
    /// The name of the run that is begun.
    pub(crate) run: String,
    /// When, RFC 3339, and as the notes of a trash have it.
    pub(crate) at: (String, String),
    /// What a person ran, for the journal.
    pub(crate) what: String,
    pub(crate) work: Work,
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum Work {
    /// Carries out a plan.
    Apply {
        plan: Box<Plan>,
        bins: Bins,
        grounds: Grounds,
        /// Until when the quarantine keeps what is moved there, RFC 3339.
        until: String,
    },
    /// Takes back the steps of a run that were done, but for those that were taken back already.
    Undo { run: String, already: Vec<u64> },
    /// Removes from the quarantine what a run moved there, but for the steps that are settled already.
    Purge { run: String, already: Vec<u64> },
    /// Brings runs that were cut off to their end.
    Recover { runs: Vec<String> },
}

/// One thing an actor says.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum Said {
    /// What came of a step.
    Step {
        step: u64,
        refused: Option<String>,
        /// What a program has open, if that is why.
        open: Option<PathText>,
        freed: u64,
    },
    /// What came of a step that was cut off.
    Recovered {
        run: String,
        step: u64,
        path: PathText,
        refused: Option<String>,
    },
    /// Nothing more could be done.
    Stopped {
        why: String,
        help: String,
        /// Whether another run acts at this moment.
        busy: bool,
    },
}

/// Returns the folders that an actor may change, and those it reads from.
pub(crate) fn rights(work: &Work, journal: &Path, known: &[Run]) -> Rights {
    let mut write = BTreeSet::from([journal.to_owned()]);
    let mut read = BTreeSet::new();
    let mut of_run = |run: &Run| {
        for step in &run.steps {
            write.extend(folders_of(&step.before));
        }
    };
    match work {
        Work::Apply { plan, bins, .. } => {
            write.extend(bins.folders().map(Path::to_owned));
            for step in &plan.steps {
                write.extend(step.path.0.parent().map(Path::to_owned));
                let survivor = step.survivor.as_ref().and_then(|it| it.path.0.parent());
                // A link is made where it came from and where it goes.
                match step.act {
                    Act::Hardlink => write.extend(survivor.map(Path::to_owned)),
                    _ => read.extend(survivor.map(Path::to_owned)),
                }
            }
        }
        Work::Undo { run, .. } | Work::Purge { run, .. } => known
            .iter()
            .filter(|it| it.name == *run)
            .for_each(&mut of_run),
        Work::Recover { runs } => {
            known
                .iter()
                .filter(|it| runs.contains(&it.name))
                .for_each(&mut of_run);
        }
    }
    // Only folders as they are: what is reached through a link by now is refused by the act as well.
    let real = |path: &PathBuf| path.canonicalize().is_ok_and(|real| real == *path);
    let write: Vec<PathBuf> = write.into_iter().filter(real).collect();
    let covered = |path: &PathBuf| write.iter().any(|folder| path.starts_with(folder));
    let read = read
        .into_iter()
        .filter(|it| real(it) && !covered(it))
        .collect();
    Rights {
        read,
        write: topmost(write),
        act: true,
        ..Rights::default()
    }
}

fn folders_of(before: &Before) -> Vec<PathBuf> {
    let survivor = before.survivor.as_ref().map(|it| &it.path);
    [
        Some(&before.path),
        before.to.as_ref(),
        before.info.as_ref(),
        survivor,
    ]
    .into_iter()
    .flatten()
    .filter_map(|path| path.0.parent().map(Path::to_owned))
    .collect()
}

/// Leaves out what lies below another one: a right holds for everything below.
fn topmost(mut sorted: Vec<PathBuf>) -> Vec<PathBuf> {
    sorted.dedup_by(|below, above| below.starts_with(above));
    sorted
}

/// Does the work, inside the actor.
pub(crate) fn act(acting: &Acting, out: &mut impl Write) -> io::Result<()> {
    let stopped = match attempt(acting, out) {
        Ok(()) => return Ok(()),
        Err(Stopped::Pipe(error)) => return Err(error),
        Err(Stopped::Journal(error)) => error,
    };
    let because = std::error::Error::source(&stopped).map(|error| format!(": {error}"));
    let busy = matches!(stopped, NoJournal::Busy);
    let help = match stopped {
        NoJournal::Busy => "wait until it has ended and run this again",
        NoJournal::Io { .. } => {
            "nothing more was done. Free some room, or make the folder writable, and run \
             `candor journal`: it brings what was begun to an end"
        }
    };
    let why = format!("{stopped}{}", because.unwrap_or_default());
    say(
        out,
        &Said::Stopped {
            why,
            help: help.to_owned(),
            busy,
        },
    )
}

/// What the first line of a journal says beside its run.
#[derive(Default)]
struct Of<'o> {
    undoes: Option<&'o String>,
    purges: Option<&'o String>,
    until: Option<&'o String>,
}

enum Stopped {
    Pipe(io::Error),
    Journal(NoJournal),
}

impl From<NoJournal> for Stopped {
    fn from(error: NoJournal) -> Self {
        Self::Journal(error)
    }
}

fn attempt(acting: &Acting, out: &mut impl Write) -> Result<(), Stopped> {
    let folder = &acting.journal.0;
    let begin = |of: Of<'_>| {
        let record = Record::Begin {
            schema: SCHEMA.to_owned(),
            run: acting.run.clone(),
            at: acting.at.0.clone(),
            what: acting.what.clone(),
            undoes: of.undoes.cloned(),
            purges: of.purges.cloned(),
            until: of.until.cloned(),
        };
        Journal::begin(folder, &record)
    };
    let failed = |source| NoJournal::Io {
        path: folder.clone(),
        source,
    };
    let mut said = Ok(());
    let mut tell = |done: &Done| {
        let step = Said::Step {
            step: done.step,
            refused: done.refused.as_ref().map(ToString::to_string),
            open: match &done.refused {
                Some(Refusal::InUse { path }) => Some(path.clone().into()),
                _ => None,
            },
            freed: done.freed.0,
        };
        let told = say(out, &step).and_then(|()| out.flush());
        said = std::mem::replace(&mut said, Ok(())).and(told);
    };
    match &acting.work {
        Work::Apply {
            plan,
            bins,
            grounds,
            until,
        } => {
            let judge = Judge::of(grounds, plan);
            let protected = |path: &Path| {
                let of_candor = of_candor(path, folder, bins).map(str::to_owned);
                of_candor.or_else(|| judge.protects(path))
            };
            let around = Around {
                run: &acting.run,
                at: &acting.at.1,
                bins,
                vouched: &|step| judge.refuses(step),
                protected: &protected,
            };
            let of = Of {
                until: Some(until),
                ..Of::default()
            };
            apply(plan, &around, &mut begin(of)?, &mut tell).map_err(failed)?;
        }
        Work::Undo { run, already } => {
            let known = journals(folder).map_err(failed)?.runs;
            if let Some(of) = known.iter().find(|it| it.name == *run) {
                let already = already.iter().copied().collect();
                let of_run = Of {
                    undoes: Some(run),
                    ..Of::default()
                };
                let mut journal = begin(of_run)?;
                undo(of, &already, &acting.run, &mut journal, &mut tell).map_err(failed)?;
            }
        }
        Work::Purge { run, already } => {
            let known = journals(folder).map_err(failed)?.runs;
            if let Some(of) = known.iter().find(|it| it.name == *run) {
                let already = already.iter().copied().collect();
                let of_run = Of {
                    purges: Some(run),
                    ..Of::default()
                };
                purge(of, &already, &mut begin(of_run)?, &mut tell).map_err(failed)?;
            }
        }
        Work::Recover { runs: names } => {
            for name in names {
                let mut journal = Journal::resume(folder, name)?;
                // Read while nobody else can act.
                let known = journals(folder).map_err(failed)?.runs;
                let Some(run) = known.iter().find(|it| it.name == *name && !it.ended) else {
                    continue;
                };
                for Recovered {
                    step,
                    path,
                    refused,
                } in recover(run, &mut journal).map_err(failed)?
                {
                    let run = run.name.clone();
                    let recovered = Said::Recovered {
                        run,
                        step,
                        path,
                        refused,
                    };
                    say(out, &recovered).map_err(Stopped::Pipe)?;
                }
            }
        }
    }
    said.map_err(Stopped::Pipe)
}

/// Says why a path is one that Candor itself needs while it acts, or to undo what it did.
fn of_candor(path: &Path, journal: &Path, bins: &Bins) -> Option<&'static str> {
    if path.starts_with(journal) || journal.starts_with(path) {
        return Some("the journal: without it nothing could be undone");
    }
    let holds_bin = bins.folders().any(|bin| bin.starts_with(path));
    holds_bin.then_some("the trash or the quarantine itself: what is moved goes there")
}

fn say(out: &mut impl Write, said: &Said) -> io::Result<()> {
    frames::write(out, Kind::Said, said)
}

/// Returns the steps of a run that were taken back already.
pub(crate) fn taken_back(run: &str, known: &[Run]) -> Vec<u64> {
    done_in(known.iter().filter(|it| it.undoes.as_deref() == Some(run)))
}

/// Returns the steps of a run whose things were removed from the quarantine already.
pub(crate) fn purged(run: &str, known: &[Run]) -> Vec<u64> {
    done_in(known.iter().filter(|it| it.purges.as_deref() == Some(run)))
}

/// Returns the steps of a run that nothing can be done about any more.
pub(crate) fn settled(run: &str, known: &[Run]) -> Vec<u64> {
    let mut steps = taken_back(run, known);
    steps.append(&mut purged(run, known));
    steps
}

fn done_in<'r>(runs: impl Iterator<Item = &'r Run>) -> Vec<u64> {
    let steps = runs.flat_map(|it| &it.steps);
    let done = steps.filter(|it| it.came_to == Some(CameTo::Done));
    done.map(|it| it.before.step).collect()
}
