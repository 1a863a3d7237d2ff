//! Whole rounds: the real courier against an operator on this machine, honest or not.

#![expect(clippy::unwrap_used, reason = "a test fails by it")]

#[path = "rounds/apart.rs"]
mod apart;
#[path = "rounds/device.rs"]
mod device;
#[path = "rounds/operator.rs"]
mod operator;

use consent::{How, RecordState, Time};
use device::{Device, NOW};
use operator::{Habit, Running};
use serde_json::Value;
use wire::{Report, ohttp::UNIT};

const HOST: &str = "evil-ads.example.com";

fn troubles(done: &Value) -> String {
    done["troubles"].to_string()
}

/// Three rounds bring a record from shown to sent: randomness, report, sending.
fn sent(device: &Device) {
    for expected in [
        RecordState::Randomised,
        RecordState::Ready,
        RecordState::Withdrawable,
    ] {
        let done = device.round();
        assert_eq!(device.state(), expected, "{done}");
    }
}

#[test]
fn what_was_agreed_to_and_shown_arrives_as_it_was_shown() {
    let operator = Running::start(NOW);
    let device = Device::with_sighting(&operator, HOST);
    sent(&device);
    let row = device.row(1);
    let shown = row.report.expect("the bytes can be seen");
    let parcels = device.outbox().parcels(1).unwrap();
    operator.seen(|seen| {
        let arrived: Vec<&Report> = seen.reports.iter().collect();
        assert_eq!(arrived.len(), 1);
        assert_eq!(arrived[0].to_bytes(), shown);
        assert!(operator.redeems(arrived[0]));
        // Every sealed message of the record, byte by byte.
        let at_relay = |parcel: &consent::Parcel| {
            seen.messages
                .iter()
                .any(|(sealed, inner)| *sealed == parcel.sealed && inner.body == parcel.plain)
        };
        assert_eq!(parcels.len(), 2);
        assert!(parcels.iter().all(at_relay));
        assert!(seen.messages.iter().all(|(sealed, _)| sealed.len() == UNIT));
    });
    // The host is in none of the bytes that left.
    let left = operator.seen(|seen| {
        let inner = seen
            .messages
            .iter()
            .map(|(_, request)| request.body.clone());
        inner.flatten().collect::<Vec<u8>>()
    });
    assert!(!left.windows(HOST.len()).any(|it| it == HOST.as_bytes()));
}

#[test]
fn requests_say_nothing_of_the_machine() {
    let operator = Running::start(NOW);
    let device = Device::with_sighting(&operator, HOST);
    sent(&device);
    let mut headers = operator.seen(|seen| seen.headers.clone());
    headers.sort_unstable();
    headers.dedup();
    assert_eq!(
        headers,
        ["content-length", "content-type", "host", "user-agent"]
    );
}

#[test]
fn without_consent_operator_or_record_nobody_is_asked() {
    let operator = Running::start(NOW);
    let nobody_asked = Device::of(&operator);
    assert!(nobody_asked.round()["nothing_to_do"].is_string());

    let refused = Device::of(&operator);
    refused
        .ledger()
        .refused(
            &operator.declaration(),
            "threat-sighting",
            How::Command,
            Time(NOW),
        )
        .unwrap();
    assert!(refused.round()["nothing_to_do"].is_string());

    let without_operator = Device::with_sighting(&operator, HOST);
    std::fs::remove_file(without_operator.home().join(".config/candor/operator.toml")).unwrap();
    assert!(without_operator.round()["nothing_to_do"].is_string());

    assert_eq!(operator.seen(|seen| seen.headers.len()), 0);
}

#[test]
fn what_was_not_shown_does_not_leave() {
    let operator = Running::start(NOW);
    let device = Device::of(&operator);
    device.agrees(&operator);
    device.puts(&operator, HOST);
    for _ in 0..3 {
        device.round();
    }
    assert_eq!(device.state(), RecordState::Draft);
    operator.seen(|seen| {
        // Who agreed takes tokens, reports or not.
        assert_eq!(seen.issued, 1);
        let asked: Vec<&str> = seen
            .messages
            .iter()
            .map(|(_, it)| it.path.as_str())
            .collect();
        assert!(asked.iter().all(|it| *it == "/v1/status"), "{asked:?}");
    });
}

#[test]
fn steps_are_hours_apart() {
    let operator = Running::start(NOW);
    let device = Device::with_sighting(&operator, HOST);
    let mut hours = 0;
    while device.state() != RecordState::Withdrawable && hours < 100 {
        device.patient_round();
        device.passes(3600);
        operator.lives_at(device.now.get());
        hours += 1;
    }
    // One to six hours, twice; before that up to a day until the tokens are taken, and silence after it.
    assert!((3..=50).contains(&hours), "{hours} hours");
    let row = device.row(1);
    assert_eq!(row.state, RecordState::Withdrawable);
}

#[test]
fn a_closed_version_empties_the_outbox() {
    let operator = Running::start(NOW);
    for (habit, rounds) in [
        (Habit::VersionClosed, 1),
        (Habit::ProgramClosed, 1),
        (Habit::AllClosed, 1),
        (Habit::ReportsGone, 3),
    ] {
        operator.takes_to(habit);
        let device = Device::with_sighting(&operator, HOST);
        for _ in 0..rounds {
            device.round();
        }
        let row = device.row(1);
        assert_eq!(row.state, RecordState::Dropped, "{habit:?}");
        assert!(row.fields.is_empty() && row.report.is_none());
        let told = device.outbox().take_messages().unwrap();
        assert!(
            told.iter().any(|it| it.text.contains("no longer takes")),
            "{habit:?}: {told:?}"
        );
        assert_eq!(operator.seen(|seen| seen.reports.len()), 0);
    }
}

#[test]
fn a_withdrawn_consent_erases_what_was_sent() {
    let operator = Running::start(NOW);
    let device = Device::with_sighting(&operator, HOST);
    sent(&device);
    let program = device.row(1).program;
    let mut ledger = device.ledger();
    device
        .outbox()
        .withdraw(&mut ledger, &program, How::Command, Time(NOW))
        .unwrap();
    assert_eq!(device.state(), RecordState::Dropped);
    let done = device.round();
    assert_eq!(done["withdrawn"], 1, "{done}");
    assert_eq!(operator.seen(|seen| seen.withdrawn), 1);
    assert!(device.round()["nothing_to_do"].is_string());
}

#[test]
fn a_lost_answer_is_followed_by_the_same_bytes() {
    let operator = Running::start(NOW);
    operator.takes_to(Habit::AnswerLost);
    let device = Device::with_sighting(&operator, HOST);
    for _ in 0..3 {
        device.round();
    }
    assert_eq!(device.state(), RecordState::Sent);
    operator.takes_to(Habit::Honest);
    device.round();
    assert_eq!(device.state(), RecordState::Withdrawable);
    operator.seen(|seen| {
        assert_eq!(seen.reports.len(), 2);
        assert_eq!(seen.reports[0].to_bytes(), seen.reports[1].to_bytes());
    });
}

#[test]
fn damage_stops_the_round_and_names_the_way_out() {
    for (file, words) in [
        (
            "ledger.jsonl",
            "the ledger of consents is damaged at line 1",
        ),
        ("outbox.db", "outbox.db` cannot be used"),
    ] {
        let operator = Running::start(NOW);
        let device = Device::with_sighting(&operator, HOST);
        std::fs::write(device.folder().path().join(file), vec![b'x'; 5000]).unwrap();
        let output = device.output(&["send", "--at-once"]);
        assert_eq!(output.status.code(), Some(2), "{file}");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(said.contains(words), "{file}: {said}");
        assert!(
            said.contains("help: run `candor consent`"),
            "{file}: {said}"
        );
        let seen = operator.seen(|seen| (seen.messages.len(), seen.direct.len()));
        assert_eq!(seen, (0, 0), "{file}");
    }
}

#[test]
fn attack_10_an_operator_that_lies_gets_nothing() {
    let operator = Running::start(NOW);
    for (habit, words) in [
        (Habit::StatusOfAnother, "not signed as it must be"),
        (Habit::OldStatus, "holds from"),
        (Habit::OtherGatewayKey, "does not name the gateway's key"),
        (Habit::KeyNotInLog, "not in the log"),
        (Habit::OtherRandomnessKey, "cannot be believed"),
        (
            Habit::OtherRandomnessGateway,
            "does not name the gateway's key",
        ),
        (Habit::OtherIssuerKey, "did not use the key it published"),
        (Habit::Flood, "more than"),
    ] {
        operator.takes_to(habit);
        let device = Device::with_sighting(&operator, HOST);
        let done = device.round();
        assert!(troubles(&done).contains(words), "{habit:?}: {done}");
        device.round();
        device.round();
        assert!(
            device.state() < RecordState::Ready,
            "{habit:?}: {:?}",
            device.state()
        );
        assert_eq!(operator.seen(|seen| seen.reports.len()), 0, "{habit:?}");
    }
}

#[test]
fn a_status_from_before_the_last_one_stops_everything() {
    let operator = Running::start(NOW);
    let device = Device::with_sighting(&operator, HOST);
    device.round();
    assert_eq!(device.state(), RecordState::Randomised);
    operator.takes_to(Habit::EarlierStatus);
    let done = device.round();
    assert!(troubles(&done).contains("older than the last"), "{done}");
    assert_eq!(device.state(), RecordState::Randomised);
    operator.takes_to(Habit::Honest);
    device.round();
    assert_eq!(device.state(), RecordState::Ready);
}

#[test]
fn a_log_that_changes_its_story_stops_everything() {
    let operator = Running::start(NOW);
    for habit in [Habit::LogShrinks, Habit::LogForks] {
        operator.takes_to(Habit::Honest);
        operator.lives_at(NOW);
        let device = Device::with_sighting(&operator, HOST);
        device.round();
        assert_eq!(device.state(), RecordState::Randomised);
        device.passes(7200);
        operator.lives_at(device.now.get());
        operator.takes_to(habit);
        let before = operator.seen(|seen| seen.reports.len());
        for _ in 0..3 {
            let done = device.round();
            assert!(
                troubles(&done).contains("another story"),
                "{habit:?}: {done}"
            );
        }
        assert_eq!(operator.seen(|seen| seen.reports.len()), before);
        // An honest log that grew is believed.
        operator.takes_to(Habit::Honest);
        device.passes(3600);
        operator.lives_at(device.now.get());
        device.round();
        assert_eq!(device.state(), RecordState::Ready);
    }
}

#[test]
fn a_busy_operator_is_asked_again_and_one_that_refuses_is_not() {
    let operator = Running::start(NOW);
    let device = Device::with_sighting(&operator, HOST);
    device.round();
    device.round();
    operator.takes_to(Habit::Busy);
    let done = device.round();
    assert!(troubles(&done).contains("overloaded"), "{done}");
    assert_eq!(device.state(), RecordState::Sent);
    operator.takes_to(Habit::Honest);
    device.round();
    assert_eq!(device.state(), RecordState::Withdrawable);

    let other = Device::with_sighting(&operator, HOST);
    other.round();
    other.round();
    operator.takes_to(Habit::ReportsRefused);
    other.round();
    assert_eq!(other.state(), RecordState::Dropped);
    let told = other.outbox().take_messages().unwrap();
    assert!(told[0].text.contains("wrong-lane"), "{told:?}");
}

#[test]
fn nobody_there_is_a_trouble_and_loses_nothing() {
    let operator = Running::start(NOW);
    let device = Device::with_sighting(&operator, HOST);
    let file = device.home().join(".config/candor/operator.toml");
    // A port of this machine where nobody listens: the one of a listener that is gone.
    let gone = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = gone.local_addr().unwrap().port().to_string();
    drop(gone);
    let text = std::fs::read_to_string(&file).unwrap();
    let keys = text.replace(&operator.port().to_string(), &port);
    std::fs::write(&file, keys).unwrap();
    let done = device.round();
    // Another address is another recipient: nothing was agreed with it.
    assert_eq!(device.state(), RecordState::Shown, "{done}");
    std::fs::write(&file, text).unwrap();
    device.round();
    assert_eq!(device.state(), RecordState::Randomised);
}
