//! What is junk on pretend machines, and what is not.
#![expect(clippy::unwrap_used, reason = "in a test, also in what it calls")]

use std::{fs, path::Path};

use candor_clean::{Scope, holdings, junk, places_outside_home};
use tool::{
    Machine, Outcome,
    pass::{self, Watch, walk},
};

fn outcome(machine: &Machine) -> Outcome {
    let roots = machine
        .people
        .iter()
        .map(|person| person.home.clone())
        .collect();
    let also = places_outside_home(machine);
    let scope = pass::Scope {
        roots,
        also,
        threads: None,
    };
    let forest = walk(&scope, &Watch::new(&|_| {}));
    let holdings = holdings(&forest, false);
    junk(&Scope {
        forest: &forest,
        holdings: &holdings,
        machine,
    })
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

/// Makes every folder as old as the file in it: a folder that just got a file counts as touched.
fn grow_old(folder: &Path, days: u32) {
    for entry in fs::read_dir(folder)
        .unwrap()
        .flatten()
        .filter(|it| it.path().is_dir())
    {
        grow_old(&entry.path(), days);
    }
    let now = std::time::UNIX_EPOCH + std::time::Duration::from_secs(1_795_435_200);
    let then = now - std::time::Duration::from_secs(u64::from(days) * 86_400);
    fs::File::open(folder).unwrap().set_modified(then).unwrap();
}

/// Every row finds its own example on a machine that holds nothing else.
#[test]
fn every_kind_is_found_where_its_example_says() {
    for platform in [knowledge::Platform::Linux, knowledge::Platform::Macos] {
        let rows = knowledge::junk::rows(platform);
        for row in rows.iter().filter(|row| row.anywhere.is_none()) {
            let old = row.min_age_days + 1;
            let tree = format!(
                "platform {platform}\nnow 2026-11-23T12:00:00Z\n-- tree\nhome/ada/\nUsers/ada/\n\"{}\" size=9000 age={old}d\n",
                row.example.trim_start_matches('/').replace('"', "\\\"")
            );
            let pretend = fixture::Pretend::new(&tree);
            grow_old(&pretend.machine.root, old);
            let found = outcome(&pretend.machine);
            let rules: Vec<&str> = found.findings.iter().map(|it| it.rule.as_str()).collect();
            assert_eq!(rules, [format!("clean.{}", row.id)], "{}", row.example);
            assert!(found.findings[0].bytes.unwrap().0 >= 9000, "{}", row.id);
        }
    }
}
