//! `candor purge`: the quarantine, emptied of what lay there long enough.

use acts::{
    Act,
    journal::{CameTo, Run, StepRecord},
};
use tool::Bytes;

use super::acting::{agreed, named, run, say_nothing_done, told_runs, words};
use crate::{
    actor::{self, Work},
    cli::Purge,
    failure::{Ending, Failure},
    machine, plans,
};

/// Removes for good what earlier runs moved to the quarantine, run by run.
pub(super) fn purge(asked: &Purge) -> Result<Ending, Failure> {
    let machine = machine::here_and_now()?;
    let known = told_runs(&machine)?;
    let due: Vec<&Run> = match &asked.run {
        Some(name) => vec![named(&known, name)?],
        None => {
            let has_come = |run: &&Run| plans::has_come(run.until.as_deref());
            known.iter().filter(has_come).collect()
        }
    };
    let due: Vec<(&Run, Vec<&StepRecord>)> = due
        .into_iter()
        .map(|run| (run, left(run, &known)))
        .filter(|(_, steps)| !steps.is_empty())
        .collect();
    if due.is_empty() {
        let waiting = known.iter().map(|run| left(run, &known).len()).sum();
        match asked.sure.json {
            true => say_nothing_done()?,
            false => {
                super::print(nothing_due(waiting, asked.run.as_deref()).as_bytes()).map(drop)?
            }
        }
        return Ok(Ending::NothingFound);
    }
    let steps = due.iter().flat_map(|(_, steps)| steps);
    let bytes: Bytes = steps.clone().map(|it| it.before.frees).sum();
    let question = format!(
        "Remove {} from the quarantine for good? It frees {bytes} and CANNOT be undone.",
        words::things(steps.count())
    );
    if !agreed(&asked.sure, &question)? {
        eprintln!("Nothing was done.");
        return Ok(Ending::NothingFound);
    }
    let mut ending = Ending::NothingFound;
    for (of, steps) in due {
        let steps = steps
            .iter()
            .map(|it| (it.before.step, (it.before.path.clone(), Act::Remove)));
        let work = Work::Purge {
            run: of.name.clone(),
            already: actor::settled(&of.name, &known),
        };
        let what = format!("purge {}", of.name);
        let steps = (steps.collect(), Vec::new());
        let ended = run(&machine, &asked.sure, what, work, steps)?;
        if ended == Ending::Incomplete {
            ending = ended;
        }
    }
    Ok(ending)
}

/// Returns what of a run lies in the quarantine.
fn left<'r>(run: &'r Run, known: &[Run]) -> Vec<&'r StepRecord> {
    let settled = actor::settled(&run.name, known);
    let moved = |it: &&StepRecord| {
        it.before.act == Act::Quarantine
            && it.came_to == Some(CameTo::Done)
            && !settled.contains(&it.before.step)
    };
    match run.undoes.is_none() && run.purges.is_none() {
        true => run.steps.iter().filter(moved).collect(),
        false => Vec::new(),
    }
}

fn nothing_due(waiting: usize, run: Option<&str>) -> String {
    match (waiting, run) {
        (_, Some(run)) => format!("Nothing of the run `{run}` lies in the quarantine.\n"),
        (0, None) => "The quarantine holds nothing that Candor moved there.\n".to_owned(),
        (waiting, None) => format!(
            "{} in the quarantine, none of it long enough. `candor journal` tells the runs; `candor purge \
             RUN` does not wait.\n",
            words::things(waiting)
        ),
    }
}
