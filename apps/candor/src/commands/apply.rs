//! `candor apply`: a plan, shown, agreed to and carried out.

use acts::{Bins, PlanFile};
use tool::Machine;

use super::acting::{Refused, agreed, refuse, run, words};
use crate::{
    actor::Work,
    cli::{Apply, Sure},
    failure::{Ending, Failure},
    machine, plans,
    vouch::Grounds,
};

/// Shows a plan, asks, and carries it out.
pub(super) fn apply(asked: &Apply) -> Result<Ending, Failure> {
    let plan = plans::read(&asked.plan)?;
    let what = format!("apply {}", tool::path_text::shown(asked.plan.as_os_str()));
    let carried_out = carry_out(plan, what, asked.keep_days, &asked.sure)?;
    Ok(carried_out.unwrap_or_else(|| {
        eprintln!("Nothing was done.");
        Ending::NothingFound
    }))
}

/// The same with a plan that was not read from a file; `what` is what the journal calls it. `None` if the
/// person did not agree.
pub(super) fn carry_out(
    PlanFile { plan, unread }: PlanFile,
    what: String,
    keep_days: u16,
    sure: &Sure,
) -> Result<Option<Ending>, Failure> {
    let refused: Vec<Refused> = unread.into_iter().map(Refused::from).collect();
    let machine = machine::here_and_now()?;
    let home = machine.people.first().map(|person| person.home.clone());
    if plan.steps.is_empty() && !refused.is_empty() {
        return refuse(sure, refused, home.as_deref()).map(Some);
    }
    if !sure.json {
        super::print(words::plan(&plan, home.as_deref()).as_bytes())?;
        // Whoever agrees should know it.
        eprint!("{}", words::left_out(refused.len()));
    }
    if plan.steps.is_empty() {
        return Ok(Some(Ending::NothingFound));
    }
    if !agreed(
        sure,
        &format!("Carry out {}?", words::steps(plan.steps.len())),
    )? {
        return Ok(None);
    }
    let steps = plan
        .steps
        .iter()
        .map(|it| (it.number, (it.path.clone(), it.act)));
    let steps = steps.collect();
    let bins = Bins::make(&plan, &machine);
    let by_rule = plan.steps.iter().any(|step| step.rule.is_some());
    let work = Work::Apply {
        plan: Box::new(plan),
        bins,
        grounds: grounds(&machine, by_rule)?,
        until: plans::in_days(keep_days.into()),
    };
    run(&machine, sure, what, work, (steps, refused)).map(Some)
}

/// What is true of this machine now, which the steps of a plan are judged by.
fn grounds(machine: &Machine, by_rule: bool) -> Result<Grounds, Failure> {
    let grounds = Grounds {
        bases: machine.people.clone(),
        own: Grounds::own_folders(&machine.people),
        ..Grounds::default()
    };
    #[cfg(feature = "uninstall")]
    let grounds = match by_rule {
        true => {
            let programs = crate::running::programs(machine.platform);
            let own = programs.programs.into_iter().filter(|it| it.own);
            let named = own.flat_map(|it| {
                let process = it.process;
                let names = it.names.into_iter();
                names.map(move |name| (name.to_lowercase(), (name, process)))
            });
            Grounds {
                running: named.collect(),
                hidden: programs.hidden,
                ..grounds
            }
        }
        // Copies are compared whatever runs.
        false => grounds,
    };
    #[cfg(feature = "clean")]
    let grounds = Grounds {
        keep: crate::keep::lines(machine)?,
        held: match by_rule {
            true => clean::held(machine, &crate::running::running(machine.platform)),
            // Copies are compared whatever runs.
            false => Default::default(),
        },
        ..grounds
    };
    #[cfg(not(any(feature = "clean", feature = "uninstall")))]
    let _no_rule_is_known = by_rule;
    Ok(grounds)
}
