//! What `apply`, `undo` and `journal` share: to ask, to start an actor, and to say what came of it.

pub(super) mod words;

use std::{
    collections::BTreeMap,
    io::{BufRead, IsTerminal, Write, stderr, stdin},
    path::Path,
};

use acts::journal::{Damaged, Journals, Run};
use serde::Serialize;
use tool::{Bytes, Machine, PathText};

use crate::{
    actor::{self, Acting, Said, Work},
    broker,
    cli::Sure,
    failure::{Ending, Failure},
    job::{Job, Order},
    plans,
};

/// What `apply` and `undo` say in JSON, as `schemas/candor.apply.1.schema.json` has it.
#[derive(Debug, Serialize)]
struct Acted {
    schema: &'static str,
    /// The name of the run in the journal; `None` when no step could be begun.
    #[serde(skip_serializing_if = "Option::is_none")]
    run: Option<String>,
    done: u64,
    refused: u64,
    freed: Bytes,
    steps: Vec<Came>,
    /// What was brought to an end of earlier runs that were cut off.
    recovered: Vec<CutOff>,
    /// Why it stopped before its end, if it did.
    #[serde(skip_serializing_if = "Option::is_none")]
    stopped: Option<String>,
}

#[derive(Debug, Serialize)]
struct Came {
    step: u64,
    /// What a step that cannot be read does not tell is missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    path: Option<PathText>,
    #[serde(skip_serializing_if = "Option::is_none")]
    act: Option<acts::Act>,
    done: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    refused: Option<String>,
    freed: Bytes,
}

#[derive(Debug, Serialize)]
pub(super) struct CutOff {
    run: String,
    step: u64,
    pub(super) path: PathText,
    done: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) refused: Option<String>,
}

/// Path and act of each step that is asked for, by its number.
pub(super) type Steps = BTreeMap<u64, (PathText, acts::Act)>;

/// A step that was refused before anything was begun.
#[derive(Debug)]
pub(super) struct Refused(Came);

impl From<acts::Unread> for Refused {
    fn from(it: acts::Unread) -> Self {
        Self(Came {
            step: it.number,
            path: it.path,
            act: it.act,
            done: false,
            refused: Some(it.why),
            freed: Bytes(0),
        })
    }
}

/// Says of each step why nothing was done.
pub(super) fn refuse(
    sure: &Sure,
    refused: Vec<Refused>,
    home: Option<&Path>,
) -> Result<Ending, Failure> {
    let acted = Acted::begun(None, refused, Vec::new());
    acted.say(sure.json, home, None)?;
    if !sure.json {
        eprintln!("help: nothing was done; {}", plans::MAKE);
    }
    Ok(Ending::Incomplete)
}

/// Says in JSON that there was no step to do.
pub(super) fn say_nothing_done() -> Result<(), Failure> {
    Acted::begun(None, Vec::new(), Vec::new()).say(true, None, None)
}

/// Another run acts at this moment.
pub(super) const BUSY: &str = "another run of Candor is acting at this moment";

fn busy() -> Failure {
    Failure::new(BUSY).help("nothing was done; wait until it has ended and run this again")
}

/// What came of bringing earlier runs to their end.
pub(super) enum Earlier {
    /// They ended, with these steps.
    Ended(Vec<CutOff>),
    /// Another run acts: which one was cut off cannot be told now.
    Acting,
}

impl Acted {
    /// A run of which only the refused steps are known.
    fn begun(run: Option<String>, refused: Vec<Refused>, recovered: Vec<CutOff>) -> Self {
        Self {
            schema: "candor/apply/1",
            run,
            done: 0,
            refused: refused.len() as u64,
            freed: Bytes(0),
            steps: refused.into_iter().map(|it| it.0).collect(),
            recovered,
            stopped: None,
        }
    }

    /// Prints it; `back` is the run, if it can be taken back.
    fn say(&self, json: bool, home: Option<&Path>, back: Option<&str>) -> Result<(), Failure> {
        if json {
            let text = serde_json::to_string(self).expect("steps fit JSON") + "\n";
            return super::print(text.as_bytes()).map(drop);
        }
        for cut_off in &self.recovered {
            eprintln!(
                "{}",
                words::cut_off(&cut_off.path, cut_off.refused.as_deref(), home)
            );
        }
        for step in &self.steps {
            if let Some(why) = &step.refused {
                eprintln!("{}", words::refused(step, why, home));
            }
        }
        super::print(words::ended(&self.steps, self.freed, back).as_bytes()).map(drop)
    }
}

/// Starts an actor, and says what came of each step, the refused ones first.
pub(super) fn run(
    machine: &Machine,
    sure: &Sure,
    what: String,
    work: Work,
    (steps, refused): (Steps, Vec<Refused>),
) -> Result<Ending, Failure> {
    let Earlier::Ended(recovered) = recover(machine, !sure.unconfined)? else {
        return Err(busy());
    };
    let undoes = matches!(work, Work::Undo { .. });
    let (name, at) = plans::new_run();
    let said = start(machine, !sure.unconfined, (name.clone(), at), what, work)?;
    let mut acted = Acted::begun(Some(name.clone()), refused, recovered);
    let mut help = None;
    for said in said {
        match said {
            Said::Step {
                step,
                refused,
                open,
                freed,
            } => {
                let Some((path, act)) = steps.get(&step) else {
                    return Err(Failure::new(
                        "an actor spoke of a step that nobody asked for",
                    ));
                };
                acted.done += u64::from(refused.is_none());
                acted.refused += u64::from(refused.is_some());
                acted.freed.0 = acted.freed.0.saturating_add(freed);
                acted.steps.push(Came {
                    step,
                    path: Some(path.clone()),
                    act: Some(*act),
                    done: refused.is_none(),
                    refused: refused.map(|why| why + &by_whom(open)),
                    freed: Bytes(freed),
                });
            }
            Said::Stopped { busy: true, .. } => return Err(busy()),
            Said::Stopped {
                why, help: hint, ..
            } => (acted.stopped, help) = (Some(why), Some(hint)),
            Said::Recovered { .. } => {}
        }
    }
    let home = machine.people.first().map(|person| person.home.as_path());
    acted.say(sure.json, home, (!undoes).then_some(name.as_str()))?;
    if let Some(why) = acted.stopped {
        return Err(Failure::new(format!("the run stopped: {why}")).help(help.unwrap_or_default()));
    }
    Ok(match acted.refused == 0 && acted.recovered.is_empty() {
        true => Ending::NothingFound,
        false => Ending::Incomplete,
    })
}

/// Says which programs have a file open, as far as this user may know.
fn by_whom(open: Option<PathText>) -> String {
    let holders = open.map_or_else(Vec::new, |path| crate::running::holders(&path.0));
    match holders.is_empty() {
        true => String::new(),
        false => format!(" ({})", holders.join(", ")),
    }
}

/// Brings earlier runs that were cut off to their end.
pub(super) fn recover(machine: &Machine, confined: bool) -> Result<Earlier, Failure> {
    let known = plans::journals(machine)?.runs;
    let cut_off: Vec<String> = known
        .iter()
        .filter(|it| !it.ended)
        .map(|it| it.name.clone())
        .collect();
    if cut_off.is_empty() {
        return Ok(Earlier::Ended(Vec::new()));
    }
    let what = "recover".to_owned();
    let said = start(
        machine,
        confined,
        plans::new_run(),
        what,
        Work::Recover { runs: cut_off },
    )?;
    let mut recovered = Vec::new();
    for said in said {
        match said {
            Said::Recovered {
                run,
                step,
                path,
                refused,
            } => recovered.push(CutOff {
                run,
                step,
                path,
                done: refused.is_none(),
                refused,
            }),
            Said::Stopped { busy: true, .. } => return Ok(Earlier::Acting),
            Said::Stopped { why, help, .. } => {
                let what =
                    format!("an earlier run was cut off and could not be looked into: {why}");
                return Err(Failure::new(what).help(help));
            }
            Said::Step { .. } => {}
        }
    }
    Ok(Earlier::Ended(recovered))
}

fn start(
    machine: &Machine,
    confined: bool,
    (name, at): (String, (String, String)),
    what: String,
    work: Work,
) -> Result<Vec<Said>, Failure> {
    let folder = plans::journal_folder(machine)?;
    let known = plans::journals(machine)?.runs;
    let rights = actor::rights(&work, &folder, &known);
    let acting = Acting {
        journal: folder.into(),
        run: name,
        at,
        what,
        work,
    };
    let order = Order {
        rights,
        confined,
        lists: false,
        job: Job::Act(Box::new(acting)),
    };
    let done = broker::run(&order, None).map_err(|failure| {
        failure.or_help(
            "what was begun is in the journal: `candor journal` brings it to an end and lists it, \
             `candor undo` takes it back",
        )
    });
    Ok(done?.said)
}

/// Reads every run, and tells which journals cannot be read.
pub(super) fn told_runs(machine: &Machine) -> Result<Vec<Run>, Failure> {
    let Journals { runs, damaged } = plans::journals(machine)?;
    tell(&damaged);
    Ok(runs)
}

/// Returns the run of this name.
pub(super) fn named<'r>(known: &'r [Run], name: &str) -> Result<&'r Run, Failure> {
    let found = known.iter().find(|it| it.name == name);
    found.ok_or_else(|| {
        Failure::new(format!("there is no run `{name}`")).help("`candor journal` lists every run")
    })
}

/// Says which journals cannot be read, and so what cannot be undone.
pub(super) fn tell(damaged: &[Damaged]) {
    for journal in damaged {
        let path = tool::path_text::shown(journal.path.0.as_os_str());
        let what = tool::path_text::shown(journal.what.as_ref());
        let failure = Failure::new(format!("the journal `{path}` is damaged: {what}"));
        eprint!(
            "{}",
            failure.help(
                "what it moved is in the trash or the quarantine; move the file away if nothing of it is needed"
            )
        );
    }
}

/// Asks on the terminal; a script says `--yes`.
pub(super) fn agreed(sure: &Sure, question: &str) -> Result<bool, Failure> {
    if sure.yes {
        return Ok(true);
    }
    if !stdin().is_terminal() || !stderr().is_terminal() {
        return Err(Failure::new("nobody is there to be asked").help(
            "nothing was done; look at the plan, and add --yes to carry it out in a script",
        ));
    }
    eprint!("{question} [y/N] ");
    let _ = stderr().flush();
    let mut answer = String::new();
    let read = stdin().lock().read_line(&mut answer);
    read.map_err(|error| Failure::new("cannot read the answer").because(&error))?;
    Ok(matches!(answer.trim(), "y" | "Y" | "yes"))
}
