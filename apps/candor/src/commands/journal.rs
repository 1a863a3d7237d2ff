//! `candor journal`: what was changed, run by run.

use acts::journal::Journals;

use super::acting::{BUSY, Earlier, named, recover, tell, words};
use crate::{
    cli::JournalAsked,
    failure::{Ending, Failure},
    machine, plans,
};

/// Shows the runs, or the steps of one; brings what was cut off to an end before.
pub(super) fn journal(asked: &JournalAsked) -> Result<Ending, Failure> {
    let machine = machine::here_and_now()?;
    let (recovered, acting) = match recover(&machine, !asked.unconfined)? {
        Earlier::Ended(recovered) => (recovered, false),
        Earlier::Acting => (Vec::new(), true),
    };
    let Journals {
        runs: known,
        damaged,
    } = plans::journals(&machine)?;
    let home = machine.people.first().map(|person| person.home.as_path());
    let shown = match &asked.run {
        None => known.iter().collect(),
        Some(name) => vec![named(&known, name)?],
    };
    match asked.json {
        true => super::print(words::journal_json(&shown, &known, &damaged).as_bytes())?,
        false => super::print(
            words::journal(&shown, &known, asked.run.is_some(), acting, home).as_bytes(),
        )?,
    };
    for cut_off in &recovered {
        eprintln!(
            "{}",
            words::cut_off(&cut_off.path, cut_off.refused.as_deref(), home)
        );
    }
    if acting {
        eprintln!("candor: {BUSY}; this is what was done so far");
    }
    tell(&damaged);
    Ok(
        match !acting && recovered.is_empty() && damaged.is_empty() {
            true => Ending::NothingFound,
            false => Ending::Incomplete,
        },
    )
}
