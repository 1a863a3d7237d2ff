//! Promise: the bytes that leave are the bytes that the person can see, and no other.

#![expect(clippy::unwrap_used, reason = "a test fails by it")]

use std::collections::BTreeSet;

use candor_promises::collection::{Device, HARMFUL, Operator};
use serde_json::Value;

#[test]
fn every_byte_at_the_relay_stands_in_the_outbox() {
    let operator = Operator::start();
    let device = Device::that_met(HARMFUL, &operator);
    let rounds = device.courier_until("withdrawable");

    let shown = device.says(&["outbox", "show", "1"]);
    let parcels = shown["parcels"].as_array().unwrap();
    let sealed: BTreeSet<Vec<u8>> = parcels.iter().map(|it| unhex(&it["sealed"])).collect();
    assert_eq!(
        sealed.len(),
        2,
        "one question to the randomness server, one report: {shown:#}"
    );

    let at_relay = operator.at_relay();
    for bytes in &sealed {
        let times = at_relay.iter().filter(|it| *it == bytes).count();
        assert_eq!(times, 1, "what is shown left once");
    }
    // What else came is the question for the status, which says nothing of anyone: it has one size, and came
    // once a round, with one for the growth of the log at most.
    let others: Vec<_> = at_relay.iter().filter(|it| !sealed.contains(*it)).collect();
    assert!(others.iter().all(|it| it.len() == 512));
    assert!(
        (rounds..=2 * rounds).contains(&others.len()),
        "{} in {rounds} rounds",
        others.len()
    );
    // What was asked directly, with an address: keys, and what everybody who agreed asks for. No report.
    let direct = operator.asked_directly();
    let asked: BTreeSet<&str> = direct.iter().map(|it| it.what.as_str()).collect();
    let expected = ["GET /v1/ohttp-keys", "POST /v1/enrol", "POST /v1/tokens"];
    assert_eq!(asked, BTreeSet::from(expected));
    let reports = parcels.iter().map(|it| unhex(&it["plain"]));
    for report in reports {
        assert!(direct.iter().all(|it| it.body != report));
    }

    // Inside the sealed report stands the report that was shown, and the operator has just that one.
    let report = &shown["records"][0]["report"];
    let inside = parcels.iter().filter(|it| it["kind"] == "report");
    assert!(inside.clone().count() == 1 && inside.clone().all(|it| it["plain"] == *report));
    let state = operator.admin(&["state"]);
    let rows = state["partitions"].as_array().unwrap().iter();
    assert_eq!(
        rows.filter_map(|it| it["rows"].as_u64()).sum::<u64>(),
        1,
        "{state:#}"
    );
}

fn unhex(value: &Value) -> Vec<u8> {
    let digits = value.as_str().unwrap();
    let byte = |at: usize| u8::from_str_radix(&digits[at..at + 2], 16).unwrap();
    (0..digits.len()).step_by(2).map(byte).collect()
}
