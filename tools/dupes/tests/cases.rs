//! What `dupes` says about pretend machines.

use candor_dupes::{Options, look};
use tool::{
    Machine, Outcome,
    pass::{Scope, Watch, remember::Memory, walk},
};

fn outcome(machine: &Machine) -> Outcome {
    let watch = Watch::new(&|_| {});
    let roots = machine
        .people
        .iter()
        .map(|person| person.home.clone())
        .collect();
    let forest = walk(
        &Scope {
            roots,
            ..Scope::default()
        },
        &watch,
    );
    look(
        &forest,
        |_| true,
        &Options::default(),
        &mut Memory::empty(),
        &watch,
    )
}

#[test]
fn cases() {
    for case in fixture::cases!("tests/cases") {
        let pretend = case.pretend();
        let outcome = outcome(&pretend.machine);
        case.check(&pretend.without_root(outcome.data.get()));
    }
}

#[test]
fn it_keeps_what_every_tool_keeps() {
    fixture::suite(outcome);
}
