//! What is damaged, purged or no longer declared keeps nothing else from its end.

use std::{fs, path::PathBuf, sync::Arc, time::Duration};

use intake::{
    inner::{answer, arrival},
    intake::Intake,
    overview::Overview,
    pages,
    programs::ProgramsError,
    retire::RetireError,
    store::{Partition, Put, put_and_wait},
};
use wire::ohttp::{Method, Request, Response};

use crate::device::{Device, Ground, Sent, code_of, declaration, sighting};

const DAY: u64 = 86_400;

fn stored(intake: &Intake, number: u64, host: &str) -> Sent {
    let epoch = sighting(intake).calendar.epoch_of(intake.clock.now());
    let sent = Device::new(number).report_of(intake, epoch, host);
    let arrival = arrival(&sent.report, intake.clock.today());
    assert_eq!(put_and_wait(&*intake.store, arrival).unwrap(), Put::Stored);
    sent
}

fn file_of(ground: &Ground, partition: Partition) -> PathBuf {
    ground
        .folder
        .path()
        .join(format!("server/p/{partition}.db"))
}

fn asked(intake: &Arc<Intake>, method: Method, path: &str, body: &[u8]) -> Response {
    let request = Request {
        method,
        path: path.to_owned(),
        body: body.to_vec(),
    };
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(answer(intake, request))
}

#[test]
fn a_day_that_cannot_be_read_keeps_no_other_from_being_erased() {
    let ground = Ground::new();
    let intake = ground.intake();
    stored(&intake, 1, "one.example");
    intake.clock.pass(Duration::from_secs(DAY));
    stored(&intake, 2, "two.example");
    let partitions = intake.store.partitions().unwrap();
    assert_eq!(partitions.len(), 2);
    drop(intake);
    let damaged = file_of(&ground, partitions[0]);
    for end in ["-wal", "-shm"] {
        let beside = PathBuf::from(format!("{}{end}", damaged.display()));
        drop(fs::remove_file(beside));
    }
    fs::write(&damaged, vec![b'x'; 20_000]).unwrap();

    let intake = Arc::new(Intake::open(ground.config(), ground.clock.clone()).unwrap());
    let incomplete = intake.retire().unwrap_err();
    let what = format!("seal the partition {}", partitions[0]);
    assert_eq!(incomplete.not_done.len(), 1, "{incomplete}");
    assert_eq!(incomplete.not_done[0].what, what);
    assert_eq!(intake.not_done(), incomplete.not_done);
    // It is one file: the server goes on, and says of that epoch what is so.
    assert_eq!(intake.store.broken(), None);
    let epoch = sighting(&intake).calendar.epoch_of(intake.clock.now());
    let sent = Device::new(3).report_of(&intake, epoch, "three.example");
    let refused = asked(&intake, Method::Post, "/v1/report", &sent.report.to_bytes());
    assert_eq!(
        (refused.status, code_of(&refused.body).as_str()),
        (503, "epoch-damaged")
    );

    // When their time has come both go, and so do the keys.
    intake.clock.pass(Duration::from_secs(20 * DAY));
    let done = match intake.retire() {
        Ok(done) => done,
        Err(incomplete) => incomplete.done,
    };
    assert_eq!(done.erased, 2);
    assert!(intake.store.partitions().unwrap().is_empty());
    assert!(!damaged.exists());
    let names = intake.vault.names();
    assert!(
        names.iter().all(|it| !it.starts_with("partition/")),
        "{names:?}"
    );
    intake.retire().unwrap();
    assert!(intake.not_done().is_empty());
}

#[test]
fn a_day_that_cannot_be_read_hides_none_of_the_others_from_the_operator() {
    let ground = Ground::new();
    let intake = ground.intake();
    stored(&intake, 1, "one.example");
    intake.clock.pass(Duration::from_secs(86_400));
    stored(&intake, 2, "two.example");
    let days = intake.store.partitions().unwrap();
    assert_eq!(days.len(), 2);
    drop(intake);
    fs::write(file_of(&ground, days[0]), vec![b'x'; 8192]).unwrap();
    let intake = Intake::open(ground.config(), ground.clock.clone()).unwrap();
    let page = pages::operator(&Overview::of(&intake).unwrap()).unwrap();
    let seen = Overview::of(&intake).unwrap().partitions;
    let unread: Vec<bool> = seen.iter().map(|it| it.unread.is_some()).collect();
    assert_eq!(unread, [true, false]);
    assert_eq!(seen[1].rows, 1);
    assert!(page.contains("cannot be read"), "{page}");
}

#[test]
fn a_row_that_was_changed_is_left_out_and_counted() {
    let ground = Ground::new();
    let intake = ground.intake();
    for number in 0..21 {
        stored(&intake, number, "many.example");
    }
    let partition = intake.store.partitions().unwrap()[0];
    drop(intake);
    let database = rusqlite::Connection::open(file_of(&ground, partition)).unwrap();
    let changed = database.execute(
        "UPDATE r SET sealed = zeroblob(length(sealed)) WHERE x = (SELECT min(x) FROM r)",
        [],
    );
    assert_eq!(changed.unwrap(), 1);
    drop(database);
    let intake = ground.intake();
    let tried = intake.reveal().unwrap();
    assert_eq!((tried.revealed, tried.damaged), (1, 1), "{tried:?}");
    assert_eq!(intake.meta.findings(9).unwrap()[0].number, 20);
}

#[test]
fn what_was_purged_stays_closed_and_a_report_under_way_does_not_stay() {
    let ground = Ground::new();
    let intake = ground.intake();
    let sent = stored(&intake, 1, "one.example");
    let known = intake.meta.remembered().unwrap();
    let hash = *sighting(&intake).program.hash();
    let program = known.iter().find(|it| it.hash == hash).unwrap();
    intake.purge(program, "ada").unwrap();
    assert!(intake.store.partitions().unwrap().is_empty());
    let refused = asked(&intake, Method::Post, "/v1/report", &sent.report.to_bytes());
    assert_eq!(refused.status, 410);
    let opened = intake.reopen(Some(hash), None, "ada");
    assert!(matches!(opened, Err(RetireError::Purged(_))), "{opened:?}");
    assert!(intake.closed().iter().any(|it| it.program == Some(hash)));
}

#[test]
fn what_came_in_under_a_declaration_that_is_gone_is_taken_back_all_the_same() {
    let ground = Ground::new();
    let intake = ground.intake();
    let sent = stored(&intake, 1, "one.example");
    let stays = stored(&intake, 2, "two.example");
    drop(intake);
    let mut config = ground.config();
    config.declarations.clear();
    let intake = Arc::new(Intake::open(config, ground.clock.clone()).unwrap());
    let back = asked(&intake, Method::Post, "/v1/withdraw", &sent.withdrawal);
    assert_eq!(back.status, 200, "{}", String::from_utf8_lossy(&back.body));
    let partition = intake.store.partitions().unwrap()[0];
    assert_eq!(intake.store.tally(partition).unwrap().rows, 1);

    intake.clock.pass(Duration::from_secs(DAY));
    intake.retire().unwrap();
    let leaf = wire::Tag(stays.report.leaf().0);
    let proof = asked(&intake, Method::Get, &format!("/v1/proof/{leaf}"), &[]);
    assert_eq!(
        proof.status,
        200,
        "{}",
        String::from_utf8_lossy(&proof.body)
    );
    intake.clock.pass(Duration::from_secs(20 * DAY));
    intake.retire().unwrap();
    let erasure = format!("/v1/erasure/{partition}");
    let erased = asked(&intake, Method::Get, &erasure, &[]);
    assert_eq!(
        erased.status,
        200,
        "{}",
        String::from_utf8_lossy(&erased.body)
    );
}

#[test]
fn reports_of_another_program_of_the_same_number_are_not_taken_over() {
    let ground = Ground::new();
    let intake = ground.intake();
    stored(&intake, 1, "one.example");
    let mut other = intake.meta.remembered().unwrap().remove(0);
    other.hash = wire::ProgramHash([7; 32]);
    other.id = "org.example.other/sighting".to_owned();
    intake.meta.remember(&other).unwrap();
    drop(intake);
    let open = || Intake::open(ground.config(), ground.clock.clone());
    let refused = open().err().unwrap().to_string();
    assert!(refused.contains("org.example.other/sighting"), "{refused}");
    let left = ground.folder.path().join("server/p");
    fs::remove_dir_all(left).unwrap();
    // Nothing of it is left: the number is free.
    assert!(open().is_ok());
}

#[test]
fn a_retention_that_would_let_a_report_come_back_is_refused() {
    let ground = Ground::new();
    let text = fs::read_to_string(declaration()).unwrap();
    let short = ground.folder.path().join("short.toml");
    fs::write(
        &short,
        text.replace("retention = \"90d\"", "retention = \"2d\""),
    )
    .unwrap();
    let mut config = ground.config();
    config.declarations = vec![short];
    let opened = Intake::open(config, ground.clock.clone()).map(drop);
    let error = opened.unwrap_err();
    let intake::intake::OpenError::Programs(error) = error else {
        panic!("{error:?}");
    };
    assert!(
        matches!(error, ProgramsError::KeptTooShort { kept: 48, .. }),
        "{error}"
    );
}
