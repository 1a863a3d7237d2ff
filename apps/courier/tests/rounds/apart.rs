//! What is kept apart: an address from what is told, one thing from the next, one operator from another.

use consent::{How, RecordState, Time};

use crate::{
    HOST,
    device::{Device, NOW},
    operator::{Habit, Running, Seen},
    sent, troubles,
};

/// What a patient round asked directly, and what it told through the relay.
fn round_of(operator: &Running, device: &Device) -> (Vec<String>, Vec<String>) {
    let before = operator.seen(|seen| (seen.direct.len(), seen.messages.len()));
    device.patient_round();
    device.passes(3540);
    operator.lives_at(device.now.get());
    operator.seen(|seen| {
        let told = seen.messages[before.1..]
            .iter()
            .map(|(_, it)| it.path.clone());
        let told = told.filter(|it| it != "/v1/status" && !it.starts_with("/v1/consistency/"));
        (seen.direct[before.0..].to_vec(), told.collect())
    })
}

#[test]
fn a_round_shows_an_address_or_tells_one_thing() {
    let operator = Running::start(NOW);
    let device = Device::with_sighting(&operator, HOST);
    let (mut direct, mut told, mut last_asked) = (Vec::new(), Vec::new(), -9);
    let week = 7 * 24;
    for hour in 0..2 * week - 24 {
        if hour == week {
            // A new record, while one of last week is taken back.
            let now = Time(device.now.get());
            let id = device.puts(&operator, "worse-ads.example.org");
            device.outbox().was_shown(id, now).unwrap();
            device.outbox().drop_record(1, now).unwrap();
        }
        let (asked, said) = round_of(&operator, &device);
        assert!(asked.is_empty() || said.is_empty(), "{asked:?} {said:?}");
        assert!(said.len() <= 1, "{said:?}");
        if !asked.is_empty() {
            last_asked = hour;
        }
        // An hour of silence at least: in the round after an address was shown nothing is told.
        assert!(said.is_empty() || hour > last_asked + 1, "{hour}: {said:?}");
        direct.extend(asked);
        told.extend(said);
    }
    told.retain(|it| !it.starts_with("/v1/proof/"));
    told.sort_unstable();
    assert_eq!(
        told,
        [
            "/v1/randomness",
            "/v1/randomness",
            "/v1/report",
            "/v1/report",
            "/v1/withdraw"
        ]
    );
    // Keys and tokens once an epoch, and the enrolment once.
    direct.sort_unstable();
    assert_eq!(
        direct,
        [
            "/random/v1/ohttp-keys",
            "/random/v1/ohttp-keys",
            "/v1/enrol",
            "/v1/ohttp-keys",
            "/v1/ohttp-keys",
            "/v1/tokens",
            "/v1/tokens"
        ]
    );
}

#[test]
fn tokens_of_another_declaration_are_not_used() {
    let (first, second) = (Running::start(NOW), Running::another(NOW));
    let device = Device::of(&first);
    // Who agreed takes tokens, with or without a record.
    device.agrees(&first);
    device.round();
    assert_eq!(first.seen(|seen| seen.issued), 1);
    let file = device.home().join(".config/candor/operator.toml");
    std::fs::write(&file, second.file()).unwrap();
    device.agrees(&second);
    let id = device.puts(&second, HOST);
    device
        .outbox()
        .was_shown(id, Time(device.now.get()))
        .unwrap();
    sent(&device);
    second.seen(|seen| {
        assert_eq!(seen.issued, 1);
        assert!(second.redeems(&seen.reports[0]));
    });
}

#[test]
fn keys_that_are_vouched_for_no_more_are_fetched_later_and_nothing_is_told_before() {
    let operator = Running::start(NOW);
    let device = Device::with_sighting(&operator, HOST);
    sent(&device);
    let program = device.row(1).program;
    let mut ledger = device.ledger();
    let mut outbox = device.outbox();
    outbox
        .withdraw(&mut ledger, &program, How::Command, Time(NOW))
        .unwrap();
    drop(outbox);
    // The gateway has another key than the one that is kept here, and no leaf publishes it.
    operator.takes_to(Habit::OtherGatewayKey);
    let done = device.round();
    assert_eq!(done["withdrawn"], 0, "{done}");
    let done = device.round();
    assert!(
        troubles(&done).contains("does not name the gateway's key"),
        "{done}"
    );
    assert_eq!(operator.seen(|seen| seen.withdrawn), 0);
    operator.takes_to(Habit::Honest);
    let done = device.round();
    assert_eq!(done["withdrawn"], 1, "{done}");
}

/// How often keys were fetched, of both servers.
fn fetched(seen: &Seen) -> usize {
    let direct = seen.direct.iter();
    direct.filter(|it| it.ends_with("/v1/ohttp-keys")).count()
}

#[test]
fn a_key_that_opens_nothing_any_more_is_given_up_for_the_next_one() {
    // The intake's, which the status comes through; that of the randomness server alone, of which the status
    // has not heard.
    for habit in [Habit::NextGatewayKey, Habit::NextRandomnessGateway] {
        let operator = Running::start(NOW);
        let device = Device::of(&operator);
        device.agrees(&operator);
        // Keys and tokens are there, and nothing to tell.
        device.round();
        let before = operator.seen(fetched);
        assert_eq!(before, 2);
        let id = device.puts(&operator, HOST);
        let now = Time(device.now.get());
        device.outbox().was_shown(id, now).unwrap();
        operator.takes_to(habit);
        let done = device.round();
        assert!(troubles(&done).contains("400"), "{habit:?}: {done}");
        for _ in 0..6 {
            device.round();
        }
        assert_eq!(device.row(id).state, RecordState::Withdrawable, "{habit:?}");
        // With the intake's, both: neither opens any more.
        let again = operator.seen(fetched) - before;
        assert!((1..=2).contains(&again), "{habit:?}: {again}");
        operator.seen(|seen| assert!(operator.redeems(&seen.reports[0])));
    }
}

#[test]
fn what_is_taken_back_goes_to_whoever_got_it() {
    let (first, second) = (Running::start(NOW), Running::another(NOW));
    let device = Device::with_sighting(&first, HOST);
    sent(&device);
    let file = device.home().join(".config/candor/operator.toml");
    std::fs::write(&file, second.file()).unwrap();
    // Another operator is another recipient: it is agreed to anew, and gets the record of another week.
    device.passes(7 * 24 * 3600);
    first.lives_at(device.now.get());
    second.lives_at(device.now.get());
    device.agrees(&second);
    let id = device.puts(&second, "worse-ads.example.org");
    device
        .outbox()
        .was_shown(id, Time(device.now.get()))
        .unwrap();
    for _ in 0..3 {
        device.round();
    }
    assert_eq!(device.row(id).state, RecordState::Withdrawable);
    second.seen(|seen| {
        assert_eq!(seen.reports.len(), 1);
        assert!(second.redeems(&seen.reports[0]));
    });

    device
        .outbox()
        .drop_record(1, Time(device.now.get()))
        .unwrap();
    std::fs::remove_file(&file).unwrap();
    let done = device.round();
    assert_eq!(done["withdrawn"], 1, "{done}");
    assert_eq!(first.seen(|seen| seen.withdrawn), 1);
    assert_eq!(second.seen(|seen| seen.withdrawn), 0);

    // A broken file keeps nobody from taking back, and is still told.
    device
        .outbox()
        .drop_record(id, Time(device.now.get()))
        .unwrap();
    std::fs::write(&file, "schema = \"candor-operator/1\"\n").unwrap();
    let done = device.round();
    assert_eq!(done["withdrawn"], 1, "{done}");
    assert_eq!(second.seen(|seen| seen.withdrawn), 1);
}

#[test]
fn an_epoch_that_is_just_over_is_not_a_refusal() {
    let operator = Running::start(NOW);
    let device = Device::with_sighting(&operator, HOST);
    device.round();
    device.round();
    operator.takes_to(Habit::EpochOver);
    let done = device.round();
    assert!(troubles(&done).contains("epoch-closed"), "{done}");
    assert_eq!(device.state(), RecordState::Sent);
    operator.takes_to(Habit::Honest);
    device.round();
    assert_eq!(device.state(), RecordState::Withdrawable);
}

#[test]
fn an_issuer_that_forgot_or_wants_more_work_is_met() {
    let operator = Running::start(NOW);
    operator.takes_to(Habit::NobodyEnrolled);
    let device = Device::with_sighting(&operator, HOST);
    let done = device.round();
    assert!(troubles(&done).contains("not-enrolled"), "{done}");
    operator.takes_to(Habit::MoreWork);
    device.round();
    device.round();
    operator.seen(|seen| {
        let enrolments = seen.direct.iter().filter(|it| *it == "/v1/enrol");
        assert!(enrolments.count() >= 2);
        assert_eq!(seen.issued, 1);
    });
}
