//! `candor undo`: a run, taken back.

use acts::journal::{CameTo, Run};

use super::acting::{agreed, named, run, told_runs, words};
use crate::{
    actor::{self, Work},
    cli::Undo,
    failure::{Ending, Failure},
    machine,
};

/// Takes back the steps of a run.
pub(super) fn undo(asked: &Undo) -> Result<Ending, Failure> {
    let machine = machine::here_and_now()?;
    let known = told_runs(&machine)?;
    let has_steps = |run: &&Run| {
        let already = actor::settled(&run.name, &known);
        let done = |it: &&acts::journal::StepRecord| {
            it.came_to == Some(CameTo::Done) && it.before.act.can_be_undone()
        };
        let left = |it: &&acts::journal::StepRecord| !already.contains(&it.before.step);
        run.undoes.is_none()
            && run.purges.is_none()
            && run.steps.iter().filter(done).any(|it| left(&it))
    };
    let nothing =
        || Failure::new("there is nothing to undo").help("`candor journal` lists every run");
    let run_to_undo = match &asked.run {
        Some(name) => named(&known, name)?,
        None => known.iter().rev().find(has_steps).ok_or_else(nothing)?,
    };
    if run_to_undo.undoes.is_some() {
        let what = format!("the run `{}` took another one back", run_to_undo.name);
        return Err(Failure::new(what).help("make a new plan, and carry that out"));
    }
    if run_to_undo.purges.is_some() {
        let what = format!("the run `{}` emptied the quarantine", run_to_undo.name);
        return Err(Failure::new(what).help("what was removed from there cannot come back"));
    }
    let already = actor::settled(&run_to_undo.name, &known);
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
    run(&machine, &asked.sure, what, work, (steps, Vec::new()))
}
