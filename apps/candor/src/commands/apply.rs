//! `candor apply`, `candor undo` and `candor journal`: the commands that change something, and what
//! they wrote down.

mod words;

use std::io::{BufRead, IsTerminal, Write, stderr, stdin};

use acts::{
    Bins, Plan,
    journal::{CameTo, Damaged, Journals, Run},
};
use serde::Serialize;
use tool::{Bytes, Machine, PathText};

use crate::{
    actor::{self, Acting, Said, Work},
    broker,
    cli::{Apply, JournalAsked, Sure, Undo},
    failure::{Ending, Failure},
    job::{Job, Order},
    machine, plans,
};

/// What `apply` and `undo` say in JSON, as `schemas/candor.apply.1.schema.json` has it.
#[derive(Debug, Serialize)]
struct Acted {
    schema: &'static str,
    /// The name of the run in the journal.
    run: String,
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
    path: PathText,
    act: acts::Act,
    done: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    refused: Option<String>,
    freed: Bytes,
}

#[derive(Debug, Serialize)]
struct CutOff {
    run: String,
    step: u64,
    path: PathText,
    done: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    refused: Option<String>,
}

/// Shows a plan, asks, and carries it out.
pub(super) fn apply(asked: &Apply) -> Result<Ending, Failure> {
    let plan = plans::read(&asked.plan)?;
    let machine = machine::here_and_now()?;
    let home = machine.people.first().map(|person| person.home.clone());
    if !asked.sure.json {
        super::print(words::plan(&plan, home.as_deref()).as_bytes())?;
    }
    if plan.steps.is_empty() {
        return Ok(Ending::NothingFound);
    }
    if !agreed(
        &asked.sure,
        &format!("Carry out {}?", words::steps(plan.steps.len())),
    )? {
        eprintln!("Nothing was done.");
        return Ok(Ending::NothingFound);
    }
    let steps = plan
        .steps
        .iter()
        .map(|it| (it.number, (it.path.clone(), it.act)));
    let steps = steps.collect();
    let bins = Bins::make(&plan, &machine);
    let what = format!("apply {}", tool::path_text::shown(asked.plan.as_os_str()));
    let work = Work::Apply {
        plan: Box::new(plan),
        bins,
        bases: machine.people.clone(),
    };
    run(&machine, &asked.sure, what, work, steps)
}

/// Takes back the steps of a run.
pub(super) fn undo(asked: &Undo) -> Result<Ending, Failure> {
    let machine = machine::here_and_now()?;
    let Journals {
        runs: known,
        damaged,
    } = plans::journals(&machine)?;
    tell(&damaged);
    let has_steps = |run: &&Run| {
        let already = actor::taken_back(&run.name, &known);
        let done = |it: &&acts::journal::StepRecord| {
            it.came_to == Some(CameTo::Done) && it.before.act.can_be_undone()
        };
        let left = |it: &&acts::journal::StepRecord| !already.contains(&it.before.step);
        run.undoes.is_none() && run.steps.iter().filter(done).any(|it| left(&it))
    };
    let found = match &asked.run {
        Some(name) => known.iter().find(|it| it.name == *name),
        None => known.iter().rev().find(has_steps),
    };
    let Some(run_to_undo) = found else {
        return Err(Failure::new(match &asked.run {
            Some(name) => format!("there is no run `{name}`"),
            None => "there is nothing to undo".to_owned(),
        })
        .help("`candor journal` lists every run"));
    };
    if run_to_undo.undoes.is_some() {
        let what = format!("the run `{}` took another one back", run_to_undo.name);
        return Err(Failure::new(what).help("make a new plan, and carry that out"));
    }
    let already = actor::taken_back(&run_to_undo.name, &known);
    let left: Vec<_> = run_to_undo
        .steps
        .iter()
        .filter(|it| it.came_to == Some(CameTo::Done) && !already.contains(&it.before.step))
        .collect();
    if left.is_empty() {
        return Err(Failure::new(format!(
            "nothing of the run `{}` is left to undo",
            run_to_undo.name
        ))
        .help("`candor journal` lists every run"));
    }
    let question = format!(
        "Undo {} of the run of {} ({})?",
        words::steps(left.len()),
        run_to_undo.at,
        run_to_undo.what
    );
    if !agreed(&asked.sure, &question)? {
        eprintln!("Nothing was done.");
        return Ok(Ending::NothingFound);
    }
    let steps = left
        .iter()
        .map(|it| (it.before.step, (it.before.path.clone(), it.before.act)));
    let steps = steps.collect();
    let what = format!("undo {}", run_to_undo.name);
    let work = Work::Undo {
        run: run_to_undo.name.clone(),
        already,
    };
    run(&machine, &asked.sure, what, work, steps)
}

/// Shows the runs, or the steps of one; brings what was cut off to an end before.
pub(super) fn journal(asked: &JournalAsked) -> Result<Ending, Failure> {
    let machine = machine::here_and_now()?;
    let recovered = recover(&machine, !asked.unconfined)?;
    let Journals {
        runs: known,
        damaged,
    } = plans::journals(&machine)?;
    let home = machine.people.first().map(|person| person.home.as_path());
    let shown = match &asked.run {
        None => known.iter().collect(),
        Some(name) => {
            let found = known.iter().find(|it| it.name == *name);
            let missing = || {
                Failure::new(format!("there is no run `{name}`"))
                    .help("`candor journal` lists every run")
            };
            vec![found.ok_or_else(missing)?]
        }
    };
    match asked.json {
        true => super::print(words::journal_json(&shown, &known, &damaged).as_bytes())?,
        false => {
            super::print(words::journal(&shown, &known, asked.run.is_some(), home).as_bytes())?
        }
    };
    for cut_off in &recovered {
        eprintln!(
            "{}",
            words::cut_off(&cut_off.path, cut_off.refused.as_deref(), home)
        );
    }
    tell(&damaged);
    Ok(match recovered.is_empty() && damaged.is_empty() {
        true => Ending::NothingFound,
        false => Ending::Incomplete,
    })
}

type Steps = std::collections::BTreeMap<u64, (PathText, acts::Act)>;

/// Starts an actor, and says what came of each step.
fn run(
    machine: &Machine,
    sure: &Sure,
    what: String,
    work: Work,
    steps: Steps,
) -> Result<Ending, Failure> {
    let recovered = recover(machine, !sure.unconfined)?;
    let undoes = matches!(work, Work::Undo { .. });
    let (name, at) = plans::new_run();
    let said = start(machine, !sure.unconfined, (name.clone(), at), what, work)?;
    let mut acted = Acted {
        schema: "candor/apply/1",
        run: name,
        done: 0,
        refused: 0,
        freed: Bytes(0),
        steps: Vec::new(),
        recovered,
        stopped: None,
    };
    let mut help = None;
    for said in said {
        match said {
            Said::Step {
                step,
                refused,
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
                    path: path.clone(),
                    act: *act,
                    done: refused.is_none(),
                    refused,
                    freed: Bytes(freed),
                });
            }
            Said::Stopped { why, help: hint } => (acted.stopped, help) = (Some(why), Some(hint)),
            Said::Recovered { .. } => {}
        }
    }
    let home = machine.people.first().map(|person| person.home.as_path());
    if sure.json {
        let text = serde_json::to_string(&acted).expect("steps fit JSON") + "\n";
        super::print(text.as_bytes())?;
    } else {
        for cut_off in &acted.recovered {
            eprintln!(
                "{}",
                words::cut_off(&cut_off.path, cut_off.refused.as_deref(), home)
            );
        }
        for step in &acted.steps {
            if let Some(why) = &step.refused {
                eprintln!("{}", words::refused(&step.path, why, home));
            }
        }
        let back = (!undoes).then_some(acted.run.as_str());
        super::print(words::ended(&acted.steps, acted.freed, back).as_bytes())?;
    }
    if let Some(why) = acted.stopped {
        return Err(Failure::new(format!("the run stopped: {why}")).help(help.unwrap_or_default()));
    }
    Ok(match acted.refused == 0 && acted.recovered.is_empty() {
        true => Ending::NothingFound,
        false => Ending::Incomplete,
    })
}

/// Brings earlier runs that were cut off to their end.
fn recover(machine: &Machine, confined: bool) -> Result<Vec<CutOff>, Failure> {
    let known = plans::journals(machine)?.runs;
    let cut_off: Vec<String> = known
        .iter()
        .filter(|it| !it.ended)
        .map(|it| it.name.clone())
        .collect();
    if cut_off.is_empty() {
        return Ok(Vec::new());
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
            Said::Stopped { why, help } => {
                let what =
                    format!("an earlier run was cut off and could not be looked into: {why}");
                return Err(Failure::new(what).help(help));
            }
            Said::Step { .. } => {}
        }
    }
    Ok(recovered)
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
        job: Job::Act(acting),
    };
    let done = broker::run(&order, None).map_err(|failure| {
        failure.or_help(
            "what was begun is in the journal: `candor journal` brings it to an end and lists it, \
             `candor undo` takes it back",
        )
    });
    Ok(done?.said)
}

/// Says which journals cannot be read, and so what cannot be undone.
fn tell(damaged: &[Damaged]) {
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
fn agreed(sure: &Sure, question: &str) -> Result<bool, Failure> {
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

/// Says what was written, and how to go on.
pub(super) fn written(plan: &Plan, file: &std::path::Path) -> String {
    words::written(plan, file)
}
