//! Any bytes into every codec: nothing panics, and what is read is written as it was.

use std::fs;

use candor_wire::{fuzz, log::EntryProof};
use proptest::prelude::*;

/// A fuzz target: its name, and what it runs.
type Target = (&'static str, fn(&[u8]));

const TARGETS: &[Target] = &[
    ("log", fuzz::log),
    #[cfg(feature = "ohttp")]
    ("ohttp", fuzz::ohttp),
    ("randomness", fuzz::randomness),
    ("release", fuzz::release),
    ("report", fuzz::report),
    ("status", fuzz::status),
    ("token", fuzz::token),
];

/// The seeds of one fuzz target, in the order of their names.
fn seeds(target: &str) -> Vec<Vec<u8>> {
    let folder = format!("{}/../../fuzz/corpus/{target}", env!("CARGO_MANIFEST_DIR"));
    let entries = fs::read_dir(folder).expect("the seeds of the fuzz target");
    let mut paths: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    assert!(!paths.is_empty(), "{target} has no seed");
    paths.iter().map(|path| fs::read(path).unwrap()).collect()
}

#[test]
fn every_seed_goes_through_every_codec() {
    for (target, _) in TARGETS {
        for seed in seeds(target) {
            TARGETS.iter().for_each(|(_, run)| run(&seed));
        }
    }
}

#[test]
fn seeds_that_were_cut_or_changed_anywhere() {
    for (target, run) in TARGETS {
        for seed in seeds(target) {
            for at in 0..seed.len() {
                run(&seed[..at]);
                for mask in [0x01, 0x80, 0xff] {
                    let mut changed = seed.clone();
                    changed[at] ^= mask;
                    run(&changed);
                }
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes(bytes in proptest::collection::vec(any::<u8>(), 0..1200)) {
        TARGETS.iter().for_each(|(_, run)| run(&bytes));
    }

    #[test]
    fn any_text(text in "\\PC{0,400}") {
        TARGETS.iter().for_each(|(_, run)| run(text.as_bytes()));
    }

    #[test]
    fn any_report_head(mut bytes in proptest::collection::vec(any::<u8>(), 220..=220)) {
        // As close to a report as random bytes come: version, lane, share and length are right.
        bytes[0] = 1;
        bytes[9] = bytes[58] % 8;
        bytes[121] = 0;
        bytes[138] = 0;
        bytes[139] = 80;
        let report = candor_wire::Report::parse(&bytes).unwrap();
        prop_assert_eq!(report.to_bytes(), bytes);
    }

    #[test]
    fn any_proof(index: u64, size: u64, path in proptest::collection::vec(any::<[u8; 32]>(), 0..70)) {
        let path: Vec<_> = path.into_iter().map(candor_wire::log::Hash).collect();
        let checkpoint = candor_wire::log::Checkpoint {
            origin: "x".to_owned(),
            size,
            root: candor_wire::log::Hash([0; 32]),
        };
        let entry = EntryProof { index, leaf: String::new(), path };
        prop_assert!(entry.verify(&checkpoint).is_err());
    }
}
