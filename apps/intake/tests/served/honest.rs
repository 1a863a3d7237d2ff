//! What a device that keeps to the protocol gets, all of it sealed and over the network.

use intake::inner::ErasureAnswer;
use wire::{
    Epoch,
    log::{Checkpoint, Event, Proof},
    ohttp::Method,
    status::{Standing, Status},
};

use crate::device::{Device, Ground, NOW, VERSION, get, leaf_of, said, sighting};

const EPOCH: u32 = 2950;

#[test]
fn nineteen_reports_reveal_nothing_and_the_twentieth_does() {
    let ground = Ground::new();
    let server = ground.serve();
    for number in 0..20 {
        let sent = Device::new(number).report(&server, EPOCH, "planted.example");
        let answer = server.ask(Method::Post, "/v1/report", &sent.report.to_bytes());
        assert_eq!(said(&answer), (200, "stored".to_owned()));
        let tried = server.intake.reveal().unwrap();
        let findings = server.intake.meta.findings(10).unwrap();
        if number < 19 {
            assert_eq!((tried.tags, findings.len()), (0, 0), "after {}", number + 1);
        } else {
            assert_eq!(findings.len(), 1);
            assert_eq!(findings[0].text, "planted.example");
            assert_eq!(findings[0].number, 20);
            assert_eq!(findings[0].counts.len(), 1);
        }
    }
    let page = get(server.address, "/transparency");
    assert_eq!(page.status, 200);
    assert!(
        !page.text().contains("planted"),
        "results are for the operator"
    );
}

#[test]
fn the_status_is_one_for_everyone_and_leads_to_keys_in_the_log() {
    let ground = Ground::new();
    let server = ground.serve();
    let first = server.ask(Method::Get, "/v1/status", b"");
    let second = server.ask(Method::Get, "/v1/status", b"");
    assert_eq!(first.body, second.body);
    let note = String::from_utf8(first.body).unwrap();
    let status = Status::open(&note, &server.intake.status_verifier(), NOW).unwrap();
    let taken = sighting(&server.intake);
    assert_eq!(status.standing(&taken.program, VERSION), Standing::Open);
    let log = server.intake.log.verifier();
    let keys = status
        .keys(taken.program.hash(), Epoch(EPOCH), &log)
        .unwrap();
    let key = server.intake.epoch_key(taken, EPOCH).unwrap();
    assert_eq!(keys.randomness, key.public());
    assert_eq!(keys.issuer, server.intake.issuer.public());
    assert_eq!(status.gateway, server.intake.gateway.hashes());
    let checkpoint = get(server.address, "/log/checkpoint").text();
    let checkpoint = Checkpoint::open(&checkpoint, &log).unwrap();
    assert_eq!(status.checkpoint(&log).unwrap(), checkpoint);
}

#[test]
fn a_report_is_proven_to_be_in_its_sealed_day() {
    let ground = Ground::new();
    let server = ground.serve();
    let sent: Vec<_> = (0..5)
        .map(|number| Device::new(number).report_of(&server.intake, EPOCH, "one.example"))
        .collect();
    for it in &sent {
        server.ask(Method::Post, "/v1/report", &it.report.to_bytes());
    }
    let leaf = leaf_of(&sent[3]);
    let path = format!("/v1/proof/{}", wire::Tag(leaf.0));
    let early = server.ask(Method::Get, &path, b"");
    assert_eq!(said(&early), (404, "not-here".to_owned()));
    ground.clock.pass(std::time::Duration::from_secs(86_400));
    server.intake.retire().unwrap();
    let answer = server.ask(Method::Get, &path, b"");
    assert_eq!(answer.status, 200);
    let proof = Proof::parse(&String::from_utf8(answer.body).unwrap()).unwrap();
    let proven = proof.check(&leaf, &server.intake.log.verifier()).unwrap();
    assert_eq!((proven.rows, proven.erased), (5, None));
    // When the day is erased its leaves are gone; what the device kept, the log completes.
    ground
        .clock
        .pass(std::time::Duration::from_secs(8 * 86_400));
    server.intake.retire().unwrap();
    assert_eq!(said(&server.ask(Method::Get, &path, b"")).0, 404);
    let partition = proven.partition;
    let number = sighting(&server.intake).program.number();
    let path = format!("/v1/erasure/{number}/{}/{}", partition.epoch, partition.day);
    let answer = server.ask(Method::Get, &path, b"");
    let answer: ErasureAnswer = serde_json::from_slice(&answer.body).unwrap();
    let whole = Proof {
        sealed: answer.sealed,
        erased: Some(answer.erased),
        checkpoint: answer.checkpoint,
        ..proof.clone()
    };
    let proven = whole.check(&leaf, &server.intake.log.verifier()).unwrap();
    assert!(proven.erased.is_some());
    let never = format!(
        "/v1/erasure/{number}/{}/{}",
        partition.epoch,
        partition.day.0 + 1
    );
    let answer = server.ask(Method::Get, &never, b"");
    assert_eq!(said(&answer), (404, "not-erased".to_owned()));
    let ground = Ground::new();
    let server = ground.serve();
    let other = leaf_of(&Device::new(99).report_of(&server.intake, EPOCH, "one.example"));
    assert!(whole.check(&other, &server.intake.log.verifier()).is_err());
}

#[test]
fn a_withdrawn_report_does_not_count() {
    let ground = Ground::new();
    let server = ground.serve();
    let sent: Vec<_> = (0..20)
        .map(|number| Device::new(number).report_of(&server.intake, EPOCH, "one.example"))
        .collect();
    for it in &sent {
        server.ask(Method::Post, "/v1/report", &it.report.to_bytes());
    }
    for _ in 0..2 {
        let answer = server.ask(Method::Post, "/v1/withdraw", &sent[7].withdrawal);
        assert_eq!(said(&answer), (200, "withdrawn".to_owned()));
    }
    assert_eq!(server.intake.reveal().unwrap().tags, 0);
    let again = server.ask(Method::Post, "/v1/report", &sent[7].report.to_bytes());
    assert_eq!(said(&again), (409, "withdrawn".to_owned()));
    let other = Device::new(21).report_of(&server.intake, EPOCH, "one.example");
    server.ask(Method::Post, "/v1/report", &other.report.to_bytes());
    assert_eq!(server.intake.reveal().unwrap().revealed, 1);
    // After the revealing: erased all the same, and the count names nobody.
    let late = server.ask(Method::Post, "/v1/withdraw", &sent[8].withdrawal);
    assert_eq!(said(&late), (200, "withdrawn".to_owned()));
    assert_eq!(server.intake.meta.findings(9).unwrap()[0].number, 20);
}

#[test]
fn each_withdrawal_of_a_stored_report_is_counted_in_the_log() {
    let ground = Ground::new();
    let server = ground.serve();
    let sent: Vec<_> = (0..3)
        .map(|number| Device::new(number).report_of(&server.intake, EPOCH, "one.example"))
        .collect();
    for it in &sent[..2] {
        server.ask(Method::Post, "/v1/report", &it.report.to_bytes());
    }
    server.ask(Method::Post, "/v1/withdraw", &sent[0].withdrawal);
    // One that never came is no report that was erased.
    server.ask(Method::Post, "/v1/withdraw", &sent[2].withdrawal);
    // One in the last hour before everything of the epoch is erased.
    let closes = sighting(&server.intake).calendar.closes(EPOCH);
    let hour = std::time::Duration::from_secs(3600);
    ground
        .clock
        .pass(std::time::Duration::from_secs(closes - NOW) + 47 * hour);
    server.intake.retire().unwrap();
    server.ask(Method::Post, "/v1/withdraw", &sent[1].withdrawal);
    ground.clock.pass(hour);
    server.intake.retire().unwrap();
    assert!(server.intake.store.partitions().unwrap().is_empty());
    let events = server.intake.log.newest(usize::MAX).into_iter();
    let counted = events.filter_map(|(_, leaf)| match leaf.event {
        Event::WithdrawnBatch { rows, .. } => Some(rows),
        _ => None,
    });
    assert_eq!(counted.collect::<Vec<_>>(), [1, 1]);
}
