//! A randomness server that somebody else runs: its keys are published here, and devices ask it.

use std::{sync::Arc, time::Duration};

use intake::{
    config::{Config, Elsewhere, Role},
    elsewhere::{ElsewhereError, Told, Verifiers},
    gateway::{HANDED_OUT, KEPT},
    inner::arrival,
    intake::{Intake, make_folder},
    log::Log,
    store::{Put, put_and_wait},
    vault::Vault,
};
use wire::{
    Epoch, log::Event, note::Signer, ohttp::Method, rand_core::OsRng, randomness, share::Prepared,
    status::Status,
};

use crate::{
    attacks::{EPOCH, inner},
    device::{Device, Ground, Sent, Server, said, sighting, values},
};

const DAY: u64 = 86_400;

fn randomness_server(ground: &Ground) -> Config {
    let mut config = ground.config();
    config.roles = vec![Role::Randomness];
    config.log_name = "randomness.example.net/log".to_owned();
    config
}

/// The settings of who receives, with the keys that the randomness server tells.
fn receiver(ground: &Ground, url: String, other: &Intake) -> Config {
    let mut config = ground.config();
    config.roles = vec![Role::Receive, Role::Issuer];
    config.randomness = Some(Elsewhere {
        url,
        log: other.log.verifier().to_string(),
        status: other.status_verifier().key().to_string(),
        vouchers: None,
    });
    config
}

/// Two servers of two operators, by one clock.
fn two() -> (Ground, Server, Ground, Server) {
    let (there, mut here) = (Ground::new(), Ground::new());
    here.clock = there.clock.clone();
    let randomness = there.serve_as(randomness_server(&there));
    let url = format!("http://{}", randomness.address);
    let config = receiver(&here, url, &randomness.intake);
    let receiver = here.serve_as(config);
    (there, randomness, here, receiver)
}

/// Makes a report as a device does: tokens here, randomness there.
fn report(number: u64, randomness: &Server, receiver: &Server) -> Sent {
    let taken = sighting(&receiver.intake);
    let program = &taken.program;
    let device = Device::new(number);
    let tokens = device.tokens(receiver, program, EPOCH);
    let record = program.encode(&values("often.example")).unwrap();
    let (asked, request) = randomness::ask(program, Epoch(EPOCH), &[&record], &mut OsRng).unwrap();
    let answer = randomness.ask(Method::Post, "/v1/randomness", &request);
    assert_eq!(answer.status, 200);
    // The key is the one that the receiver's log has.
    let key = receiver.intake.log.published(*program.hash(), Epoch(EPOCH));
    let values = asked.finish(&key.unwrap(), &answer.body).unwrap();
    let prepared = Prepared::of(program, Epoch(EPOCH), &record, &values[0]).unwrap();
    device.finished(program, EPOCH, &prepared, tokens)
}

#[test]
fn its_keys_are_published_and_vouched_for_here_and_twenty_reports_reveal() {
    let (_there, randomness, _here, receiver) = two();
    let program = sighting(&receiver.intake).program.clone();
    let own = randomness
        .intake
        .epoch_key(sighting(&randomness.intake), EPOCH)
        .unwrap();
    let published = receiver.intake.log.published(*program.hash(), Epoch(EPOCH));
    assert_eq!(published, Some(own.public()));
    assert!(
        receiver
            .intake
            .epoch_key(sighting(&receiver.intake), EPOCH)
            .is_none()
    );

    let note = receiver.intake.signed_status().unwrap();
    let now = receiver.intake.clock.now();
    let verifier = receiver.intake.status_verifier();
    let status = Status::open(&note, &verifier, now).unwrap();
    let log = receiver.intake.log.verifier();
    for server in [&receiver, &randomness] {
        let keys = server.intake.gateway.hash();
        status.vouches_for_gateway(&keys, &log).unwrap();
    }
    let keys = status.keys(program.hash(), Epoch(EPOCH), &log).unwrap();
    assert_eq!(keys.issuer, receiver.intake.issuer.public());

    // Who receives answers no question for randomness, and reveals all the same.
    let refused = inner(&receiver.intake, Method::Post, "/v1/randomness", &[0; 80]);
    assert_eq!(said(&refused), (404, "other-role".to_owned()));
    for number in 0..20 {
        let sent = report(number, &randomness, &receiver);
        let today = receiver.intake.clock.today();
        let put = put_and_wait(&*receiver.intake.store, arrival(&sent.report, today));
        assert_eq!(put.unwrap(), Put::Stored);
        let revealed = receiver.intake.reveal().unwrap().revealed;
        assert_eq!(revealed, u64::from(number == 19), "{number}");
    }
}

#[test]
fn keys_of_the_next_epoch_come_when_its_log_has_grown() {
    let (there, randomness, here, receiver) = two();
    let program = *sighting(&receiver.intake).program.hash();
    let published = |server: &Server| server.intake.log.published(program, Epoch(EPOCH + 1));
    assert_eq!(published(&receiver), None);
    // A day before it begins.
    there.clock.pass(Duration::from_secs(2 * DAY));
    randomness.intake.retire().unwrap();
    let config = receiver.intake.config.clone();
    drop(receiver);
    let receiver = here.serve_as(config);
    assert!(published(&receiver).is_some());
    assert_eq!(published(&receiver), published(&randomness));
}

#[test]
fn of_the_end_of_its_keys_its_own_log_tells() {
    let (there, randomness, _here, receiver) = two();
    there.clock.pass(Duration::from_secs(9 * DAY));
    randomness.intake.retire().unwrap();
    receiver.intake.retire().unwrap();
    let known = receiver.intake.meta.remembered().unwrap();
    for program in &known {
        receiver.intake.purge(program, "test").unwrap();
    }
    let destroyed = |intake: &Intake| {
        let leaves = intake.log.newest(usize::MAX).into_iter();
        let is = |event: &Event| matches!(event, Event::EpochKeyDestroyed { .. });
        leaves.filter(|(_, leaf)| is(&leaf.event)).count()
    };
    assert!(destroyed(&randomness.intake) > 0);
    assert_eq!(destroyed(&receiver.intake), 0);
}

#[test]
fn another_story_than_before_is_refused() {
    let (_there, randomness, here, receiver) = two();
    let verifiers = Verifiers::of(receiver.intake.config.randomness.as_ref().unwrap()).unwrap();
    let told = |other: &Arc<Intake>| told(&receiver.intake, other);
    let taken = |other: &Arc<Intake>| receiver.intake.take_keys(&verifiers, &told(other));
    let leaves = receiver.intake.log.head();
    assert_eq!(taken(&randomness.intake).unwrap(), 0, "each once");

    let second = twin(&here, &randomness.intake);
    // Its log is shorter than what was seen of it; then longer, and another one.
    let close = |intake: &Intake, number: u64| {
        let reason = number.to_string();
        intake.close(None, None, &reason, "test").unwrap();
    };
    (0..5).for_each(|number| close(&randomness.intake, number));
    assert_eq!(taken(&randomness.intake).unwrap(), 0);
    assert!(matches!(taken(&second), Err(ElsewhereError::Story { .. })));
    (0..10).for_each(|number| close(&second, number));
    let refused = taken(&second);
    assert!(
        matches!(refused, Err(ElsewhereError::Story { .. })),
        "{:?}",
        refused.map_err(|error| error.to_string())
    );
    // Keys that its log does not publish, and a status of somebody else.
    let mut stolen = told(&randomness.intake);
    stolen.keys = receiver.intake.gateway.keys();
    let mut own = told(&randomness.intake);
    own.note = receiver.intake.signed_status().unwrap();
    for told in [stolen, own] {
        let refused = receiver.intake.take_keys(&verifiers, &told);
        assert!(matches!(refused, Err(ElsewhereError::Status(_))));
    }
    assert_eq!(receiver.intake.log.head(), leaves, "nothing was published");
}

/// What the other server tells.
fn told(receiver: &Intake, other: &Intake) -> Told {
    let verifiers = Verifiers::of(receiver.config.randomness.as_ref().unwrap()).unwrap();
    let note = other.signed_status().unwrap();
    let growth = receiver.growth_of(&verifiers, &note).unwrap();
    let growth = growth.map_or_else(Vec::new, |(old, new)| {
        other.log.consistency(old, new).unwrap()
    });
    let keys = other.gateway.keys();
    Told { keys, note, growth }
}

#[test]
fn its_next_gateway_key_is_vouched_for_beside_the_one_before_it() {
    let (there, randomness, _here, receiver) = two();
    let (randomness, receiver) = (&randomness.intake, &receiver.intake);
    let verifiers = Verifiers::of(receiver.config.randomness.as_ref().unwrap()).unwrap();
    let first = randomness.gateway.hash();
    let mut days = 0;
    for (seconds, own, keys_there) in [(HANDED_OUT, 2, 2), (KEPT, 1, 1)] {
        there.clock.pass(Duration::from_secs(seconds));
        days += seconds / DAY;
        randomness.retire().unwrap();
        receiver.retire().unwrap();
        receiver
            .take_keys(&verifiers, &told(receiver, randomness))
            .unwrap();
        assert_eq!(randomness.gateway.hashes().len(), keys_there, "day {days}");
        let note = receiver.signed_status().unwrap();
        let now = receiver.clock.now();
        let status = Status::open(&note, &receiver.status_verifier(), now).unwrap();
        assert_eq!(status.gateway.len(), own + keys_there, "day {days}");
        let log = receiver.log.verifier();
        for keys in [randomness.gateway.hashes(), receiver.gateway.hashes()].concat() {
            status.vouches_for_gateway(&keys, &log).unwrap();
        }
    }
    // Who destroyed it says so, and nobody else.
    assert!(randomness.log.gateway_destroyed(first));
    assert!(!receiver.log.gateway_destroyed(first));
}

/// A receiver that lost what it had seen of the other's log still knows which keys it published.
#[test]
fn another_key_of_an_epoch_is_refused() {
    let (_there, randomness, here, receiver) = two();
    let verifiers = Verifiers::of(receiver.intake.config.randomness.as_ref().unwrap()).unwrap();
    receiver
        .intake
        .meta
        .set("randomness checkpoint", "")
        .unwrap();
    let second = twin(&here, &randomness.intake);
    let told = Told {
        keys: second.gateway.keys(),
        note: second.signed_status().unwrap(),
        growth: Vec::new(),
    };
    let refused = receiver.intake.take_keys(&verifiers, &told);
    assert!(matches!(refused, Err(ElsewhereError::Another { .. })));
}

/// The same operator, with keys of epochs that nobody else is told.
fn twin(here: &Ground, randomness: &Intake) -> Arc<Intake> {
    let ground = Ground {
        clock: here.clock.clone(),
        ..Ground::new()
    };
    let config = randomness_server(&ground);
    make_folder(&config.folder).unwrap();
    let vault = Vault::open(&config.folder.join("vault")).unwrap();
    for name in ["log", "status", "ohttp/1"] {
        vault
            .put(name, randomness.vault.get(name).unwrap())
            .unwrap();
    }
    let key = vault.get("log").and_then(|it| it.key()).unwrap();
    let signer = Signer::new(&config.log_name, &key).unwrap();
    // No server begins a second log under one key by itself.
    Log::begin(&config.folder.join("log"), signer).unwrap();
    drop(vault);
    let twin = Intake::open(config, ground.clock.clone()).unwrap();
    twin.retire().unwrap();
    Arc::new(twin)
}
