//! What was cut off in the middle of an end is done once, and counts nothing twice.

use std::time::Duration;

use intake::{
    inner::arrival,
    intake::Intake,
    store::{Partition, put_and_wait},
};
use wire::log::Event;

use crate::device::{Device, Ground, sighting};

const DAY: u64 = 86_400;

fn stored(intake: &Intake, many: u64) -> Partition {
    let epoch = sighting(intake).calendar.epoch_of(intake.clock.now());
    for number in 0..many {
        let sent = Device::new(number).report_of(intake, epoch, "often.example");
        let arrival = arrival(&sent.report, intake.clock.today());
        put_and_wait(&*intake.store, arrival).unwrap();
    }
    intake.store.partitions().unwrap()[0]
}

/// How often the log says that something was sealed, and erased with how many reports.
fn said(intake: &Intake) -> (usize, Vec<u64>) {
    let leaves = intake.log.newest(usize::MAX);
    let sealed = leaves
        .iter()
        .filter(|(_, leaf)| matches!(leaf.event, Event::PartitionSealed { .. }));
    let erased = leaves.iter().filter_map(|(_, leaf)| match leaf.event {
        Event::PartitionErased { rows, .. } => Some(rows),
        _ => None,
    });
    (sealed.count(), erased.collect())
}

#[test]
fn attack_16_what_was_cut_off_between_erasing_and_saying_so_is_erased_and_said_once() {
    // The key is gone and the file is not; the file is gone and the log does not say so.
    for file_too in [false, true] {
        let ground = Ground::new();
        let intake = ground.intake();
        let partition = stored(&intake, 3);
        let sealed_at = sighting(&intake).calendar.seals(partition);
        let now = intake.clock.now();
        intake.clock.pass(Duration::from_secs(sealed_at - now));
        intake.retire().unwrap();
        assert_eq!(said(&intake), (1, Vec::new()));
        let name = partition.key_name();
        intake.vault.destroy(|it| it == name).unwrap();
        drop(intake);
        let file = ground
            .folder
            .path()
            .join(format!("server/p/{partition}.db"));
        if file_too {
            for end in ["", "-wal", "-shm"] {
                let path = format!("{}{end}", file.display());
                drop(std::fs::remove_file(path));
            }
        }
        let intake = Intake::open(ground.config(), ground.clock.clone()).unwrap();
        intake.clock.pass(Duration::from_secs(10 * DAY));
        for _ in 0..2 {
            intake.retire().unwrap();
            assert_eq!(said(&intake), (1, vec![3]), "file gone: {file_too}");
            assert!(!file.exists());
        }
    }
}

#[test]
fn attack_16_what_was_revealed_and_not_noted_counts_no_report_twice() {
    let ground = Ground::new();
    let intake = ground.intake();
    stored(&intake, 20);
    assert_eq!(intake.reveal().unwrap().revealed, 1);
    let found = intake.meta.findings(9).unwrap();
    // That it was tried is in memory alone: after a restart all of it is looked at again.
    drop(intake);
    let intake = ground.intake();
    intake.reveal().unwrap();
    let again = intake.meta.findings(9).unwrap();
    assert_eq!(again.len(), 1);
    assert_eq!(again[0].number, 20);
    assert_eq!(again[0].counts.len(), found[0].counts.len());
    let numbers = again[0].counts.iter().map(|it| it.number);
    assert_eq!(numbers.sum::<u64>(), 20);
}
