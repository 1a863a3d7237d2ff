//! The gateway's key is renewed and the old one destroyed, while devices go on.

use std::{sync::Arc, time::Duration};

use intake::{
    gateway::{HANDED_OUT, KEPT},
    intake::Intake,
    vault::Vault,
};
use wire::{
    log::{Event, Hash},
    ohttp::{self, Method, OhttpError, Request},
    status::Status,
};

use crate::device::{Ground, ask, get, post};

const DAY: u64 = 86_400;

/// What a device that was given these keys sends.
fn sealed(keys: &[u8]) -> Vec<u8> {
    let request = Request {
        method: Method::Get,
        path: "/v1/status".to_owned(),
        body: Vec::new(),
    };
    ohttp::seal(keys, &request).unwrap().0
}

/// What the log says of keys of the gateway, the oldest first: when, which, and whether it was published.
fn said(intake: &Intake) -> Vec<(u64, Hash, bool)> {
    let mut leaves = intake.log.newest(usize::MAX);
    leaves.reverse();
    let of_keys = leaves.into_iter().filter_map(|(_, leaf)| match leaf.event {
        Event::GatewayKeyPublished { keys } => Some((leaf.at, keys, true)),
        Event::GatewayKeyDestroyed { keys } => Some((leaf.at, keys, false)),
        _ => None,
    });
    of_keys.collect()
}

#[test]
fn a_key_is_handed_out_for_four_weeks_and_opens_for_two_more() {
    let ground = Ground::new();
    let intake = ground.intake();
    let begun = intake.clock.now();
    let mut given: Vec<(u64, Vec<u8>)> = Vec::new();
    for day in 0..200 {
        intake.retire().unwrap();
        let now = intake.clock.now();
        let newest = intake.gateway.keys();
        if given.last().is_none_or(|(_, keys)| *keys != newest) {
            given.push((now, newest));
        }
        // What was handed out opens for six weeks from the day it was new, and the status vouches for it.
        let status = Status::open(
            &intake.signed_status().unwrap(),
            &intake.status_verifier(),
            now,
        );
        let status = status.unwrap();
        let mut open = 0;
        for (since, keys) in &given {
            let opens = now < since + HANDED_OUT + KEPT;
            let hash = ohttp::keys_hash(keys);
            let vouched = status.vouches_for_gateway(&hash, &intake.log.verifier());
            let opened = intake.gateway.open_request(&sealed(keys)).map(drop);
            match opens {
                true => {
                    assert_eq!(opened, Ok(()), "day {day}");
                    vouched.unwrap();
                    open += 1;
                }
                false => {
                    assert_eq!(opened, Err(OhttpError::Key), "day {day}");
                    assert!(vouched.is_err(), "day {day}");
                }
            }
        }
        let names = intake.vault.names();
        let held = names.iter().filter(|it| it.starts_with("ohttp/")).count();
        assert_eq!(held, open, "day {day}: {names:?}");
        intake.clock.pass(Duration::from_secs(DAY));
    }
    let days: Vec<u64> = given.iter().map(|(at, _)| (at - begun) / DAY).collect();
    assert_eq!(days, [0, 28, 56, 84, 112, 140, 168, 196]);
    let hash = |at: usize| ohttp::keys_hash(&given[at].1);
    let story = said(&intake);
    let days: Vec<(u64, Hash, bool)> = story
        .iter()
        .map(|(at, keys, published)| ((at - begun) / DAY, *keys, *published))
        .collect();
    assert_eq!(
        days[..5],
        [
            (0, hash(0), true),
            (28, hash(1), true),
            (42, hash(0), false),
            (56, hash(2), true),
            (70, hash(1), false),
        ]
    );
}

#[test]
fn a_server_that_was_off_for_months_hands_out_a_new_key_and_keeps_the_old_one_for_a_while() {
    let ground = Ground::new();
    let intake = ground.intake();
    let old = intake.gateway.keys();
    intake.clock.pass(Duration::from_secs(300 * DAY));
    let done = intake.retire().unwrap();
    assert_eq!(
        (done.gateway_keys_made, done.gateway_keys_destroyed),
        (1, 0)
    );
    assert_ne!(intake.gateway.keys(), old);
    intake.gateway.open_request(&sealed(&old)).unwrap();
    intake.clock.pass(Duration::from_secs(KEPT));
    let done = intake.retire().unwrap();
    assert_eq!(
        (done.gateway_keys_made, done.gateway_keys_destroyed),
        (0, 1)
    );
    // The same after a restart.
    let now = intake.gateway.keys();
    drop(intake);
    let intake = ground.intake();
    assert_eq!(intake.gateway.keys(), now);
    assert_eq!(intake.gateway.hashes().len(), 1);
}

#[test]
fn a_destroyed_key_that_is_back_from_a_copy_opens_nothing() {
    let ground = Ground::new();
    let intake = ground.intake();
    let old = intake.gateway.keys();
    let seed = intake.vault.get("ohttp/1").unwrap();
    for seconds in [HANDED_OUT, KEPT] {
        intake.clock.pass(Duration::from_secs(seconds));
        intake.retire().unwrap();
    }
    let story = said(&intake);
    let path = intake.config.folder.join("vault");
    drop(intake);
    Vault::open(&path).unwrap().put("ohttp/1", seed).unwrap();
    let intake = ground.intake();
    let refused = intake.gateway.open_request(&sealed(&old)).map(drop);
    assert_eq!(refused, Err(OhttpError::Key));
    assert!(intake.vault.get("ohttp/1").is_none());
    assert_eq!(said(&intake), story);
}

#[test]
fn what_was_cut_off_between_destroying_and_saying_so_is_said() {
    let ground = Ground::new();
    let intake = ground.intake();
    let old = intake.gateway.hash();
    intake.clock.pass(Duration::from_secs(HANDED_OUT));
    intake.retire().unwrap();
    intake.clock.pass(Duration::from_secs(KEPT));
    ground.without_log(|| intake.retire()).unwrap_err();
    assert!(intake.vault.get("ohttp/1").is_none());
    assert!(!intake.log.gateway_destroyed(old));
    drop(intake);
    let intake = ground.intake();
    let (_, keys, published) = *said(&intake).last().unwrap();
    assert_eq!((keys, published), (old, false));
    let leaves = intake.log.head().0;
    intake.retire().unwrap();
    assert_eq!(intake.log.head().0, leaves, "once");
}

#[test]
fn a_key_that_was_lost_is_not_said_to_be_destroyed() {
    let ground = Ground::new();
    let intake = ground.intake();
    let lost = intake.gateway.hash();
    intake.vault.destroy(|it| it == "ohttp/1").unwrap();
    drop(intake);
    let intake = ground.intake();
    assert_ne!(intake.gateway.hash(), lost);
    assert!(!intake.log.gateway_destroyed(lost));
}

#[test]
fn a_device_hears_of_it_through_the_relay() {
    let ground = Ground::new();
    let server = ground.serve();
    let (_relay_ground, relay) = crate::slow::relay_to(server.address);
    let old = server.intake.gateway.keys();
    let turn = |intake: &Arc<Intake>, seconds: u64| {
        intake.clock.pass(Duration::from_secs(seconds));
        intake.retire().unwrap();
    };
    turn(&server.intake, HANDED_OUT);
    let asked = |keys: &[u8]| {
        let answer = ask(
            relay.address,
            "/relay/main",
            keys,
            Method::Get,
            "/v1/status",
            &[],
        );
        answer.status
    };
    assert_eq!(asked(&old), 200);
    turn(&server.intake, KEPT);
    let kind = "message/ohttp-req";
    let refused = post(relay.address, "/relay/main", kind, &sealed(&old));
    assert_eq!(
        (refused.status, refused.code()),
        (400, "gateway-key".to_owned())
    );
    let direct = post(server.address, "/v1/gateway", kind, &sealed(&old));
    assert_eq!(
        (direct.status, direct.code()),
        (401, "ohttp-key".to_owned())
    );
    assert_eq!(asked(&get(server.address, "/v1/ohttp-keys").body), 200);
}
