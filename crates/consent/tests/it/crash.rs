//! Killed at any moment, and used by several processes at once.

use std::{
    env,
    io::{BufRead, BufReader},
    process::{Command, Stdio},
    thread,
};

use candor_consent::{
    Folder, How, Kind, Ledger, LedgerError, Outbox, OutboxError, Put, RecordState, Time,
};

use crate::world::{DAY, NOW, SEND, World, give, operated, program, record_of, take_to};

/// Under this name the child finds its folder.
const FOLDER: &str = "CANDOR_TEST_CRASH_FOLDER";

/// The child: goes through the whole life of records, again and again, and says after each step that it
/// is done. As a test of its own it does nothing: it runs only when the parent names a folder.
#[test]
fn a_child_that_works_until_it_is_killed() {
    let Some(folder) = env::var_os(FOLDER) else {
        return;
    };
    let folder = Folder::at(folder.as_ref());
    let mut ledger = Ledger::open(&folder, NOW).unwrap().ledger;
    let mut outbox = Outbox::open(&folder).unwrap();
    let taken = outbox
        .rows()
        .unwrap()
        .into_iter()
        .map(|row| row.epoch)
        .max();
    let first = taken.unwrap_or((NOW.0 / (7 * DAY)) as u32);
    for epoch in first + 1.. {
        give(&mut ledger, &operated(), NOW).unwrap();
        println!("given");
        let receipt = ledger.receipt(&operated(), SEND, NOW).unwrap();
        let record = record_of("evil-host.example", epoch);
        let Put::Stored(id) = outbox.put(&record, &receipt, NOW).unwrap() else {
            panic!("epoch {epoch} is new");
        };
        println!("put");
        take_to(&mut outbox, id, RecordState::Withdrawable);
        println!("sent");
        outbox
            .withdraw(&mut ledger, &program(), How::Command, NOW)
            .unwrap();
        println!("withdrawn");
    }
}

#[test]
fn killed_at_any_step_it_is_whole_and_says_what_is_so() {
    let world = World::new();
    world.agree();
    let mut seen = 0;
    for kill in 0..24_usize {
        let mut child = Command::new(env::current_exe().unwrap())
            .args([
                "--exact",
                "crash::a_child_that_works_until_it_is_killed",
                "--nocapture",
            ])
            .env(FOLDER, world.folder.path())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        // So many steps are seen, then it is killed somewhere in the next one.
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let steps = lines.map_while(Result::ok).filter(|line| {
            ["given", "put", "sent", "withdrawn"]
                .iter()
                .any(|step| line.ends_with(step))
        });
        let last = steps.take(1 + kill % 7).last();
        child.kill().unwrap();
        child.wait().unwrap();
        seen += usize::from(last.is_some());

        let opened = Ledger::open(&world.folder, NOW).unwrap();
        assert_eq!(opened.damage, None, "kill {kill}");
        let mut outbox = Outbox::open(&world.folder).unwrap();
        outbox.settle(NOW).unwrap();
        let rows = outbox.rows().unwrap();
        // Unsent under a consent that holds, sent, or gone: nothing else.
        for row in &rows {
            let holds = opened.ledger.state().holds(&program(), &row.receipt, NOW);
            assert!(holds || !row.state.is_waiting(), "kill {kill}: {row:?}");
        }
        if rows.iter().all(|row| row.state == RecordState::Dropped) {
            assert!(!world.holds("evil-host.example"), "kill {kill}");
        }
        let whole: String = rusqlite::Connection::open(world.folder.outbox())
            .unwrap()
            .query_row("PRAGMA integrity_check", [], |row| row.get(0))
            .unwrap();
        assert_eq!(whole, "ok");
    }
    assert_eq!(seen, 24, "each child came to its step");
}

#[test]
fn person_and_courier_at_once_lose_nothing_and_send_nothing_withdrawn() {
    let world = World::new();
    let receipt = world.agree();
    let folder = &world.folder;
    let epochs: Vec<u32> = (0..12).map(|n| (NOW.0 / (7 * DAY)) as u32 + n).collect();
    thread::scope(|scope| {
        let putting = scope.spawn(|| {
            let mut outbox = Outbox::open(folder).unwrap();
            let mut stored = 0;
            for epoch in &epochs {
                // Twice each: the second never enters.
                for _ in 0..2 {
                    match outbox.put(&record_of("evil-host.example", *epoch), &receipt, NOW) {
                        Ok(Put::Stored(id)) => {
                            outbox.was_shown(id, NOW).unwrap();
                            stored += 1;
                        }
                        Ok(Put::OneAlready) => {}
                        other => panic!("{other:?}"),
                    }
                }
            }
            stored
        });
        let courier = scope.spawn(|| {
            let mut outbox = Outbox::open(folder).unwrap();
            for _ in 0..20 {
                for due in outbox.due(NOW).unwrap() {
                    let parcel = outbox.add_parcel(due.id, Kind::Randomness, b"x", b"y", NOW);
                    outbox.departing(parcel.unwrap(), NOW).unwrap();
                    outbox
                        .randomised(due.id, &[1; 64], Time(u64::MAX / 4))
                        .unwrap();
                }
            }
        });
        courier.join().unwrap();
        assert_eq!(putting.join().unwrap(), 12);
    });
    let mut outbox = world.outbox();
    assert_eq!(outbox.rows().unwrap().len(), 12);
    // While the courier is at it, the consent is withdrawn: afterwards nothing departs.
    for row in outbox.rows().unwrap() {
        if row.state == RecordState::Shown {
            outbox.randomised(row.id, &[1; 64], NOW).unwrap();
        }
        outbox.ready(row.id, b"report", b"w", NOW).unwrap();
    }
    let departed = thread::scope(|scope| {
        let courier = scope.spawn(|| {
            let mut outbox = Outbox::open(folder).unwrap();
            let mut departed = 0;
            loop {
                let due = match outbox.due(NOW) {
                    Ok(due) if due.is_empty() => return departed,
                    Ok(due) => due,
                    Err(error) => panic!("{error:?}"),
                };
                for due in due {
                    let sent = outbox
                        .add_parcel(due.id, Kind::Report, b"report", b"sealed", NOW)
                        .and_then(|parcel| outbox.departing(parcel, NOW))
                        .and_then(|()| outbox.acknowledged(due.id, b"ack", NOW.plus(9 * DAY)));
                    match sent {
                        Ok(()) => departed += 1,
                        Err(OutboxError::State { .. } | OutboxError::NotGiven(_)) => {}
                        Err(OutboxError::TakenBack) => {}
                        Err(error) => panic!("{error:?}"),
                    }
                }
            }
        });
        let mut outbox = Outbox::open(folder).unwrap();
        outbox
            .withdraw(&mut world.ledger(), &program(), How::Command, NOW)
            .unwrap();
        courier.join().unwrap()
    });
    assert!(outbox.withdrawals_waiting().unwrap() >= departed);
    assert!(
        outbox
            .rows()
            .unwrap()
            .iter()
            .all(|row| row.state == RecordState::Dropped)
    );
}

#[test]
fn a_full_disk_takes_no_event_half() {
    // A folder stands where the head would be written: like a disk that fills up between the two.
    let world = World::new();
    world.agree();
    std::fs::create_dir(world.folder.path().join("ledger.new")).unwrap();
    let error = world
        .ledger()
        .refused(&operated(), SEND, How::Question, NOW)
        .unwrap_err();
    assert!(matches!(error, LedgerError::Folder(_)), "{error:?}");
    std::fs::remove_dir(world.folder.path().join("ledger.new")).unwrap();
    // What was reported as not done is not there.
    let ledger = world.ledger();
    assert_eq!(ledger.events().len(), 1);
}
