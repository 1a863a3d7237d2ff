//! Promise: what was sent is gone by its date: reports 48 hours after their week, counts before day 91.
//!
//! The server's own code, on the shipped declaration, with a clock that the test moves day by day.

#![expect(clippy::unwrap_used, reason = "a test fails by it")]

use std::{collections::BTreeMap, fs, path::Path, time::Duration};

use candor_promises::{
    collection::{HARMFUL, SIGHTING, operator_file},
    workspace,
};
use intake::{
    clock::Clock,
    config::{Config, Role},
    inner::arrival,
    intake::Intake,
    store::put_and_wait,
};
use wire::{
    Epoch, Value, Version, enrol::InstallKey, rand_core::OsRng, randomness, share::Prepared, token,
    withdraw,
};

const DAY: u64 = 86_400;
/// A Thursday, the first day of an epoch of weeks.
const NOW: u64 = 2950 * 7 * DAY + 3600;

fn started(folder: &Path) -> Intake {
    let operator = folder.join("operator.toml");
    fs::write(&operator, operator_file(1, 2, "example.org/log", None)).unwrap();
    let config = Config {
        folder: folder.join("intake"),
        roles: vec![Role::Receive, Role::Randomness, Role::Issuer],
        declarations: vec![workspace().join("tools/history/declaration.toml")],
        operator: Some(operator),
        ..Config::default()
    };
    Intake::open(config, Clock::at(NOW)).unwrap()
}

/// One device's report of the host, without a network.
fn report(intake: &Intake, epoch: u32, number: u8) -> wire::Report {
    let taken = intake
        .programs
        .all()
        .find(|it| it.program.id().ends_with(SIGHTING))
        .unwrap();
    let program = &taken.program;
    let install = InstallKey::from_bytes(&[number; 32]);
    let asked = token::ask(program, Epoch(epoch), &install, &mut OsRng);
    let request = token::Request::parse(asked.request()).unwrap();
    let issued = intake.issuer.issue(program, &request, &mut OsRng).unwrap();
    let tokens = asked.finish(&intake.issuer.public(), &issued).unwrap();
    let word = |name: &str, word: &str| (name.to_owned(), Value::Text(word.to_owned()));
    let values = BTreeMap::from([
        word("host", HARMFUL),
        word("kind", "scam"),
        word("tier", "red"),
        word("came_by", "link"),
    ]);
    let record = program.encode(&values).unwrap();
    let (asked, request) = randomness::ask(program, Epoch(epoch), &[&record], &mut OsRng).unwrap();
    let request = randomness::Request::parse(&request).unwrap();
    let key = intake.epoch_key(taken, epoch).unwrap();
    let answer = key.answer(&request, &mut OsRng);
    let randomness = asked.finish(&key.public(), &answer).unwrap();
    let prepared = Prepared::of(program, Epoch(epoch), &record, &randomness[0]).unwrap();
    let lane = prepared.lane();
    let token = tokens.into_iter().find(|it| it.lane() == lane).unwrap();
    let secret =
        withdraw::Secret::derive(&[number; 32], program.hash(), Epoch(epoch), token.nonce());
    let version = Version { major: 0, minor: 1 };
    prepared.report(version, token, &secret).unwrap()
}

/// Returns whether some bytes stand in any file below a folder.
fn is_below(folder: &Path, needle: &[u8]) -> bool {
    fs::read_dir(folder).unwrap().any(|entry| {
        let path = entry.unwrap().path();
        if path.is_dir() {
            return is_below(&path, needle);
        }
        let bytes = fs::read(&path).unwrap_or_default();
        bytes.windows(needle.len()).any(|it| it == needle)
    })
}

#[test]
fn reports_live_nine_days_and_counts_less_than_ninety_one() {
    let folder = tempfile::tempdir().unwrap();
    let intake = started(folder.path());
    intake.retire().unwrap();
    let taken = intake
        .programs
        .all()
        .find(|it| it.program.id().ends_with(SIGHTING))
        .unwrap();
    let (calendar, epoch) = (taken.calendar, taken.calendar.epoch_of(NOW));
    let mut tag = Vec::new();
    for number in 0..20 {
        let sent = report(&intake, epoch, number);
        tag = sent.tag().as_bytes().to_vec();
        put_and_wait(&*intake.store, arrival(&sent, intake.clock.today())).unwrap();
    }
    assert_eq!(intake.reveal().unwrap().revealed, 1);
    assert!(is_below(folder.path(), &tag) && is_below(folder.path(), HARMFUL.as_bytes()));

    let (mut last_report, mut last_count) = (0, 0);
    for day in 1..=400 {
        intake.clock.pass(Duration::from_secs(DAY));
        intake.retire().unwrap();
        if is_below(folder.path(), &tag) {
            last_report = day;
        }
        if is_below(folder.path(), HARMFUL.as_bytes()) {
            last_count = day;
        }
    }
    let closes = (calendar.closes(epoch) - NOW) / DAY;
    assert!(
        last_report >= 1 && last_report <= closes + 2,
        "reports lived {last_report} days"
    );
    assert!(
        (10..91).contains(&last_count),
        "counts lived {last_count} days"
    );
}
