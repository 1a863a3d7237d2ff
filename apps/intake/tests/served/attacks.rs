//! The attacks of the threat model on what arrives, each by its number there.

use std::sync::Arc;

use intake::{
    calendar::HOUR,
    inner::arrival,
    intake::Intake,
    store::{Put, put_and_wait},
};
use wire::{
    Epoch, Report,
    ohttp::{Method, Request, Response},
    rand_core::{OsRng, RngCore},
    randomness,
};

use crate::device::{Device, Ground, NOW, code_of, get, post, raw, said, sighting};

pub(crate) const EPOCH: u32 = 2950;

/// Asks without the sealing, which has its own tests.
pub(crate) fn inner(intake: &Arc<Intake>, method: Method, path: &str, body: &[u8]) -> Response {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    let request = Request {
        method,
        path: path.to_owned(),
        body: body.to_vec(),
    };
    runtime.block_on(intake::inner::answer(intake, request))
}

pub(crate) fn report(intake: &Arc<Intake>, report: &Report) -> (u16, String) {
    said(&inner(
        intake,
        Method::Post,
        "/v1/report",
        &report.to_bytes(),
    ))
}

#[test]
fn attack_1_malformed_bytes_are_refused_with_a_stable_code() {
    let ground = Ground::new();
    let intake = ground.intake();
    let good = Device::new(1)
        .report_of(&intake, EPOCH, "one.example")
        .report
        .to_bytes();
    let record = sighting(&intake)
        .program
        .encode(&crate::device::values("one.example"))
        .unwrap();
    let (_, question) = randomness::ask(
        &sighting(&intake).program,
        Epoch(EPOCH),
        &[&record],
        &mut OsRng,
    )
    .unwrap();
    for (path, whole) in [("/v1/report", &good), ("/v1/randomness", &question)] {
        for length in (0..whole.len()).step_by(7) {
            let answer = inner(&intake, Method::Post, path, &whole[..length]);
            assert!(
                (400..500).contains(&answer.status),
                "{path}, {length} bytes"
            );
        }
        let longer = [whole, &[0_u8][..]].concat();
        assert_eq!(inner(&intake, Method::Post, path, &longer).status, 400);
    }
    // Every byte of the head and of the body, changed: refused, or its token does not hold.
    for at in 0..good.len() {
        let mut changed = good.clone();
        changed[at] ^= 0x41;
        let answer = inner(&intake, Method::Post, "/v1/report", &changed);
        assert!(
            (400..500).contains(&answer.status),
            "byte {at}: {}",
            answer.status
        );
        assert!(!code_of(&answer.body).is_empty());
    }
    // Scalars and points that are none, or in another form.
    let mut share = good.clone();
    share[90..122].fill(0xff);
    let answer = inner(&intake, Method::Post, "/v1/report", &share);
    assert_eq!(said(&answer), (400, "report-share".to_owned()));
    for point in [[0_u8; 32], [0xff; 32]] {
        let mut changed = question.clone();
        changed[7..39].copy_from_slice(&point);
        let answer = inner(&intake, Method::Post, "/v1/randomness", &changed);
        assert_eq!(said(&answer), (400, "randomness-point".to_owned()));
    }
    let mut random = vec![0; 300];
    for _ in 0..500 {
        OsRng.fill_bytes(&mut random);
        for path in ["/v1/report", "/v1/randomness", "/v1/withdraw"] {
            assert_eq!(inner(&intake, Method::Post, path, &random).status, 400);
        }
    }
    assert!(
        intake.store.partitions().unwrap().is_empty(),
        "nothing was stored"
    );
}

#[test]
fn attack_2_what_is_too_large_or_compressed_is_not_taken_in() {
    let ground = Ground::new();
    let server = ground.serve();
    let large = post(
        server.address,
        "/v1/gateway",
        "message/ohttp-req",
        &vec![0; 5000],
    );
    assert_eq!(
        (large.status, large.code()),
        (413, "body-too-large".to_owned())
    );
    let said_large = b"POST /v1/gateway HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: 4294967295\r\n\r\n";
    assert_eq!(raw(server.address, said_large).status, 413);
    let mut chunked = b"POST /v1/gateway HTTP/1.1\r\nhost: x\r\nconnection: close\r\ntransfer-encoding: chunked\r\n\r\n".to_vec();
    for _ in 0..10 {
        chunked.extend_from_slice(b"400\r\n");
        chunked.extend_from_slice(&[b'x'; 1024]);
        chunked.extend_from_slice(b"\r\n");
    }
    assert_eq!(raw(server.address, &chunked).status, 413);
    let head = format!(
        "GET /livez HTTP/1.1\r\nhost: x\r\nx: {}\r\n\r\n",
        "y".repeat(9000)
    );
    assert_eq!(raw(server.address, head.as_bytes()).status, 431);
    let gzip = b"POST /v1/gateway HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-encoding: gzip\r\ncontent-length: 3\r\n\r\nabc";
    assert_eq!(raw(server.address, gzip).status, 415);
    let wrong_size = post(
        server.address,
        "/v1/gateway",
        "message/ohttp-req",
        &[0; 511],
    );
    assert_eq!(
        (wrong_size.status, wrong_size.code()),
        (400, "ohttp-size".to_owned())
    );
    let other_type = post(server.address, "/v1/gateway", "text/plain", &[0; 512]);
    assert_eq!(other_type.status, 415);
}

#[test]
fn attack_3_a_replay_counts_once_also_after_a_restart() {
    let ground = Ground::new();
    let intake = ground.intake();
    let sent = Device::new(1)
        .report_of(&intake, EPOCH, "one.example")
        .report;
    assert_eq!(report(&intake, &sent), (200, "stored".to_owned()));
    assert_eq!(report(&intake, &sent), (200, "duplicate".to_owned()));
    drop(intake);
    ground.clock.pass(std::time::Duration::from_secs(86_400));
    let intake = ground.intake();
    assert_eq!(report(&intake, &sent), (200, "duplicate".to_owned()));
    let rows: u64 = intake
        .store
        .partitions()
        .unwrap()
        .into_iter()
        .map(|it| intake.store.tally(it).unwrap().rows)
        .sum();
    assert_eq!(rows, 1);
}

#[test]
fn attack_4_a_token_is_good_for_one_report() {
    let ground = Ground::new();
    let intake = ground.intake();
    let device = Device::new(1);
    let first = device.report_of(&intake, EPOCH, "one.example").report;
    assert_eq!(report(&intake, &first).0, 200);
    let mut spent = arrival(&first, intake.clock.today() + 1);
    spent.tag[5] ^= 1;
    spent.leaf[0] ^= 1;
    assert_eq!(
        put_and_wait(&*intake.store, spent).unwrap(),
        Put::TokenSpent
    );
    // Another lane than that of the tag is refused before anything is looked at.
    let mut other_lane = first.to_bytes();
    other_lane[9] = (other_lane[9] + 1) % 8;
    let answer = inner(&intake, Method::Post, "/v1/report", &other_lane);
    assert_eq!(said(&answer), (400, "wrong-lane".to_owned()));
}

#[test]
fn attack_4_an_installation_gets_its_tokens_of_an_epoch_once() {
    let ground = Ground::new();
    let server = ground.serve();
    let program = &sighting(&server.intake).program;
    let device = Device::new(1);
    assert_eq!(device.tokens(&server, program, EPOCH).len(), 8);
    for _ in 0..2 {
        let asked = device.ask_for_tokens(program, EPOCH);
        let kind = "application/octet-stream";
        let answer = post(server.address, "/v1/tokens", kind, asked.request());
        assert_eq!(
            (answer.status, answer.code()),
            (409, "tokens-issued".to_owned())
        );
    }
}

#[test]
fn attack_5_a_relay_cannot_change_a_report_or_steal_its_token() {
    let ground = Ground::new();
    let intake = ground.intake();
    let mine = Device::new(1)
        .report_of(&intake, EPOCH, "one.example")
        .report
        .to_bytes();
    let theirs = Device::new(2)
        .report_of(&intake, EPOCH, "one.example")
        .report
        .to_bytes();
    // Nonce and mac of one report in another of the same lane.
    let mut stolen = mine.clone();
    stolen[10..58].copy_from_slice(&theirs[10..58]);
    let answer = inner(&intake, Method::Post, "/v1/report", &stolen);
    assert_eq!(said(&answer), (403, "token-invalid".to_owned()));
    // Another commitment, so that somebody else could withdraw it.
    let mut taken_over = mine.clone();
    taken_over[122] ^= 1;
    let answer = inner(&intake, Method::Post, "/v1/report", &taken_over);
    assert_eq!(said(&answer), (403, "token-invalid".to_owned()));
    assert_eq!(intake.meters.rejects()["token-invalid"], 2);
}

#[test]
fn attack_6_other_epochs_programs_and_keys_are_refused() {
    let ground = Ground::new();
    let intake = ground.intake();
    let sent = Device::new(1)
        .report_of(&intake, EPOCH, "one.example")
        .report;
    // One second before the key dies it is let in, at that second it is not.
    let dies = sighting(&intake).calendar.key_dies(EPOCH);
    let late = Device::new(2)
        .report_of(&intake, EPOCH, "one.example")
        .report;
    intake
        .clock
        .pass(std::time::Duration::from_secs(dies - 1 - NOW));
    assert_eq!(report(&intake, &sent), (200, "stored".to_owned()));
    intake.clock.pass(std::time::Duration::from_secs(1));
    assert_eq!(report(&intake, &late), (422, "epoch-closed".to_owned()));
    drop(intake);

    // A clock that is a day early: the epoch that comes is refused until it begins.
    let early = Ground::new();
    early
        .clock
        .pass(std::time::Duration::from_secs(7 * 86_400 - 101 * HOUR));
    let intake = early.intake();
    let next = Device::new(3)
        .report_of(&intake, EPOCH + 1, "one.example")
        .report;
    assert_eq!(report(&intake, &next), (422, "epoch-not-open".to_owned()));
    intake.clock.pass(std::time::Duration::from_secs(HOUR));
    assert_eq!(report(&intake, &next), (200, "stored".to_owned()));

    let mut unknown = next.to_bytes();
    unknown[1] ^= 0x55;
    let answer = inner(&intake, Method::Post, "/v1/report", &unknown);
    assert_eq!(said(&answer), (409, "unknown-program".to_owned()));

    // Tokens of another issuer.
    let elsewhere = Ground::new().intake();
    let foreign = Device::new(4)
        .report_of(&elsewhere, EPOCH, "one.example")
        .report;
    let fresh = Ground::new().intake();
    assert_eq!(report(&fresh, &foreign), (403, "token-invalid".to_owned()));
    assert_eq!(fresh.meters.rejects()["token-invalid"], 1);
}

#[test]
fn attack_11_everyone_gets_the_same_status_and_log() {
    let ground = Ground::new();
    let server = ground.serve();
    let statuses: Vec<_> = (0..3)
        .map(|_| server.ask(Method::Get, "/v1/status", b"").body)
        .collect();
    assert!(statuses.windows(2).all(|it| it[0] == it[1]));
    let logs: Vec<_> = (0..3)
        .map(|_| get(server.address, "/log/checkpoint").body)
        .collect();
    assert!(logs.windows(2).all(|it| it[0] == it[1]));
}

#[test]
fn attack_12_a_server_that_lowers_the_threshold_gets_no_report() {
    let ground = Ground::new();
    let text = std::fs::read_to_string(crate::device::declaration()).unwrap();
    let lowered = ground.folder.path().join("lowered.toml");
    std::fs::write(&lowered, text.replace("k=20", "k=10")).unwrap();
    let mut config = ground.config();
    config.declarations = vec![lowered];
    let intake = Arc::new(Intake::open(config, ground.clock.clone()).unwrap());
    intake.retire().unwrap();
    let honest = Ground::new().intake();
    assert_ne!(
        sighting(&intake).program.hash(),
        sighting(&honest).program.hash(),
        "the threshold is in the hash that every derivation begins with"
    );
    let sent = Device::new(1)
        .report_of(&honest, EPOCH, "one.example")
        .report;
    assert_eq!(report(&intake, &sent), (409, "unknown-program".to_owned()));
    assert!(intake.store.partitions().unwrap().is_empty());
}

#[test]
fn attack_13_withdrawals_are_guessed_repeated_and_early() {
    let ground = Ground::new();
    let intake = ground.intake();
    let sent = Device::new(1).report_of(&intake, EPOCH, "one.example");
    let ask = |body: &[u8]| said(&inner(&intake, Method::Post, "/v1/withdraw", body));
    // Before it arrives: the withdrawal waits, and the report is not stored.
    assert_eq!(ask(&sent.withdrawal), (200, "withdrawn".to_owned()));
    assert_eq!(report(&intake, &sent.report), (409, "withdrawn".to_owned()));
    // A guess is answered like any other, and erases nothing.
    let other = Device::new(2).report_of(&intake, EPOCH, "one.example");
    assert_eq!(report(&intake, &other.report).0, 200);
    let mut guess = other.withdrawal.clone();
    guess[38] ^= 1;
    assert_eq!(ask(&guess), (200, "withdrawn".to_owned()));
    assert_eq!(
        report(&intake, &other.report),
        (200, "duplicate".to_owned())
    );
    // For another epoch than its own it erases nothing either.
    let mut elsewhere = other.withdrawal.clone();
    elsewhere[6] -= 1;
    ask(&elsewhere);
    assert_eq!(
        report(&intake, &other.report),
        (200, "duplicate".to_owned())
    );
    for _ in 0..2 {
        assert_eq!(ask(&other.withdrawal), (200, "withdrawn".to_owned()));
    }
    assert_eq!(
        report(&intake, &other.report),
        (409, "withdrawn".to_owned())
    );
    let mut future = other.withdrawal.clone();
    future[5] += 1;
    assert_eq!(ask(&future), (422, "epoch-not-open".to_owned()));
    // When its time is over there is nothing to erase, and it says so.
    intake
        .clock
        .pass(std::time::Duration::from_secs(14 * 86_400));
    assert_eq!(ask(&other.withdrawal), (200, "anonymous".to_owned()));
}

#[test]
fn attack_18_a_duplicate_is_written_to_the_disk_like_a_new_report() {
    let ground = Ground::new();
    let intake = ground.intake();
    let sent = Device::new(1).report_of(&intake, EPOCH, "one.example");
    assert_eq!(report(&intake, &sent.report), (200, "stored".to_owned()));
    let log = ground.folder.path().join(format!(
        "server/p/{}.db-wal",
        arrival(&sent.report, intake.clock.today()).partition
    ));
    let length = || std::fs::metadata(&log).unwrap().len();
    let before = length();
    assert_eq!(report(&intake, &sent.report), (200, "duplicate".to_owned()));
    let after_duplicate = length();
    assert!(
        after_duplicate > before,
        "it was committed, and waited for the disk"
    );
    let mut spent = sent.report.to_bytes();
    spent[122] ^= 1;
    let answer = inner(&intake, Method::Post, "/v1/report", &spent);
    assert_eq!(
        said(&answer).0,
        403,
        "whoever has no token learns nothing by time"
    );
}

#[test]
fn who_asks_for_a_proof_while_others_do_waits_in_no_place() {
    let ground = Ground::new();
    let server = ground.serve();
    let path = format!("/v1/proof/{}", "00".repeat(32));
    assert_eq!(said(&server.ask(Method::Get, &path, b"")).0, 404);
    let turns = server.intake.proven.turns.available_permits() as u32;
    let held = server.intake.proven.turns.try_acquire_many(turns).unwrap();
    let refused = server.ask(Method::Get, &path, b"");
    assert_eq!(said(&refused), (429, "too-many-questions".to_owned()));
    drop(held);
    assert_eq!(said(&server.ask(Method::Get, &path, b"")).0, 404);
}
