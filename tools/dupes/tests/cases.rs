//! What `dupes` says about pretend machines.

use candor_dupes::{Options, look};
use tool::{
    Machine, Outcome,
    pass::{Scope, Watch, walk},
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
    fixture::whole(|lists| look(&forest, |_| true, &Options::default(), None, &watch, lists))
}

#[test]
fn cases() {
    for case in fixture::cases!("tests/cases") {
        let pretend = case.pretend();
        let outcome = outcome(&pretend.machine);
        case.check(&pretend.without_root(&fixture::data(&outcome).to_string()));
    }
}

#[test]
fn it_keeps_what_every_tool_keeps() {
    fixture::suite(outcome);
}
