//! `candor apply`: a plan, shown, agreed to and carried out.

use acts::{Bins, PlanFile};

use super::acting::{Refused, agreed, refuse, run, words};
use crate::{
    actor::Work,
    cli::Apply,
    failure::{Ending, Failure},
    machine, plans,
};

/// Shows a plan, asks, and carries it out.
pub(super) fn apply(asked: &Apply) -> Result<Ending, Failure> {
    let PlanFile { plan, unread } = plans::read(&asked.plan)?;
    let refused: Vec<Refused> = unread.into_iter().map(Refused::from).collect();
    let machine = machine::here_and_now()?;
    let home = machine.people.first().map(|person| person.home.clone());
    if plan.steps.is_empty() && !refused.is_empty() {
        return refuse(&asked.sure, refused, home.as_deref());
    }
    if !asked.sure.json {
        super::print(words::plan(&plan, home.as_deref()).as_bytes())?;
        // Whoever agrees should know it.
        eprint!("{}", words::left_out(refused.len()));
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
    run(&machine, &asked.sure, what, work, (steps, refused))
}
