//! Promise: to withdraw erases the report at the operator, and nobody has to say who asks.

#![expect(clippy::unwrap_used, reason = "a test fails by it")]

use std::{fs, path::Path};

use candor_promises::collection::{Device, HARMFUL, Operator, SIGHTING};

fn stored(operator: &Operator) -> u64 {
    let state = operator.admin(&["state"]);
    let partitions = state["partitions"].as_array().unwrap().iter();
    partitions.filter_map(|it| it["rows"].as_u64()).sum()
}

/// Returns every file below a folder that holds these bytes.
fn holding(folder: &Path, needle: &[u8]) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(holding(&path, needle));
        } else if fs::read(&path)
            .unwrap_or_default()
            .windows(needle.len())
            .any(|it| it == needle)
        {
            found.push(path.display().to_string());
        }
    }
    found
}

#[test]
fn the_row_is_gone_from_every_file_and_the_request_names_nobody() {
    let operator = Operator::start();
    let device = Device::that_met(HARMFUL, &operator);
    device.courier_until("withdrawable");
    assert_eq!(stored(&operator), 1);
    let report = unhex(device.records()[0]["report"].as_str().unwrap());
    // Its tag stands in the clear in the operator's file: 32 bytes from the 58th on.
    let tag = &report[58..90];
    assert!(
        !holding(operator.folder(), tag).is_empty(),
        "the report is there"
    );

    let withdrawn = device.says(&["consent", "withdraw", SIGHTING]);
    assert_eq!(withdrawn["withdrawals"], 1, "{withdrawn:#}");
    let before = operator.at_relay().len();
    let done = device.courier();
    assert_eq!(done["withdrawn"], 1, "{done:#}");

    assert_eq!(stored(&operator), 0);
    assert_eq!(holding(operator.folder(), tag), Vec::<String>::new());
    // It came through the relay like everything else: sealed, and of the size that all have.
    let after = operator.at_relay();
    assert!(after.len() > before && after[before..].iter().all(|it| it.len() == 512));
}

fn unhex(digits: &str) -> Vec<u8> {
    let byte = |at: usize| u8::from_str_radix(&digits[at..at + 2], 16).unwrap();
    (0..digits.len()).step_by(2).map(byte).collect()
}
