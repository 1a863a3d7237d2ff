//! Promise: a version that the operator closed sends nothing any more, and its outbox is emptied.

#![expect(clippy::unwrap_used, reason = "a test fails by it")]

use candor_promises::collection::{Device, HARMFUL, Operator};

const VERSION: &str = concat!(
    env!("CARGO_PKG_VERSION_MAJOR"),
    ".",
    env!("CARGO_PKG_VERSION_MINOR")
);

fn stored(operator: &Operator) -> u64 {
    let state = operator.admin(&["state"]);
    let partitions = state["partitions"].as_array().unwrap().iter();
    partitions.filter_map(|it| it["rows"].as_u64()).sum()
}

#[test]
fn a_closed_version_empties_its_outbox_and_an_open_one_goes_on() {
    is_obeyed(&["--version", VERSION]);
}

#[test]
fn so_does_a_closed_kind_of_record_and_the_closing_of_everything() {
    is_obeyed(&["--program", "org.candor.history/threat-sighting"]);
    is_obeyed(&[]);
}

fn is_obeyed(what: &[&str]) {
    let operator = Operator::start();
    let device = Device::that_met(HARMFUL, &operator);
    device.courier_until("ready");

    let told = |act, more: &[&str]| operator.admin(&[&[act], what, more].concat());
    let _ = told("close", &["--reason", "it read too much"]);
    let done = device.courier();
    assert_eq!(done["closed"][0]["erased"], 1, "{done:#}");
    assert_eq!(device.records()[0]["state"], "dropped");
    assert_eq!(stored(&operator), 0);
    assert!(device.records()[0]["report"].is_null());
    assert!(
        device.records()[0]["fields"]
            .as_object()
            .unwrap()
            .is_empty()
    );

    // The closing is in the public log, with its reason.
    let state = operator.admin(&["state"]);
    assert!(
        state["newest"].to_string().contains("it read too much"),
        "{state:#}"
    );

    // One that comes back to an open server is taken.
    let _ = told("open", &[]);
    let other = Device::that_met(HARMFUL, &operator);
    other.courier_until("withdrawable");
    assert_eq!(stored(&operator), 1);
    assert_eq!(device.records()[0]["state"], "dropped");
}
