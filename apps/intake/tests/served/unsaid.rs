//! What went while the log could not be written is said when it can be, as what it was.

use std::{collections::BTreeMap, time::Duration};

use intake::{inner::arrival, intake::Intake, meta::Remembered, store::put_and_wait};
use sha2::{Digest as _, Sha256};
use wire::{
    Epoch,
    log::{Erasure, Event, Hash, Partition},
};

use crate::device::{Device, Ground, sighting};

const DAY: u64 = 86_400;

fn stored(intake: &Intake, number: u64) {
    let epoch = sighting(intake).calendar.epoch_of(intake.clock.now());
    let sent = Device::new(number).report_of(intake, epoch, "one.example");
    put_and_wait(&*intake.store, arrival(&sent.report, intake.clock.today())).unwrap();
}

fn program(intake: &Intake) -> Remembered {
    let known = intake.meta.remembered().unwrap();
    let hash = *sighting(intake).program.hash();
    known.into_iter().find(|it| it.hash == hash).unwrap()
}

/// The end of partitions and of keys of epochs, as the log says it, each with how often.
type Said = (Vec<(Partition, Hash, u64, Erasure)>, Vec<Epoch>);

fn said(intake: &Intake) -> Said {
    let of = program(intake).hash;
    let mut said = Said::default();
    for (_, leaf) in intake.log.newest(usize::MAX) {
        match leaf.event {
            Event::PartitionErased {
                partition,
                key_id,
                rows,
                reason,
            } => said.0.push((partition, key_id, rows, reason)),
            Event::EpochKeyDestroyed { program, epoch, .. } if program == of => said.1.push(epoch),
            _ => {}
        }
    }
    said.0.sort_unstable_by_key(|it| it.0);
    said
}

/// The names of the keys that partitions have now.
fn key_ids(intake: &Intake) -> BTreeMap<u32, Hash> {
    let partitions = intake.store.partitions().unwrap();
    let each = partitions.iter().map(|partition| {
        let mut hash = Sha256::new();
        hash.update(b"candor-intake key id\0");
        hash.update(partition.to_string());
        hash.update(intake.vault.get(&partition.key_name()).unwrap().bytes());
        (partition.day, Hash(hash.finalize().into()))
    });
    each.collect()
}

#[test]
fn a_purge_that_the_log_did_not_hear_of_is_said_with_its_keys_and_its_reason() {
    for again in ["purge", "retire", "restart"] {
        let ground = Ground::new();
        let mut intake = ground.intake();
        intake.retire().unwrap();
        stored(&intake, 1);
        // One day that is sealed, and one that is not.
        intake.clock.pass(Duration::from_secs(DAY));
        intake.retire().unwrap();
        stored(&intake, 2);
        stored(&intake, 3);
        let names = key_ids(&intake);
        assert_eq!(names.len(), 2);
        let program = program(&intake);
        let keys = intake.log.undestroyed(program.hash);
        // It is noted that it is purged, and everything goes while the log hears of nothing.
        let setting = intake::retire::purged(program.hash);
        intake.meta.set(&setting, "1").unwrap();
        ground.without_log(|| intake.retire()).unwrap_err();
        assert_eq!(said(&intake), Said::default());
        assert!(
            intake.store.partitions().unwrap().is_empty(),
            "they are gone"
        );
        match again {
            "purge" => drop(intake.purge(&program, "ada").unwrap()),
            "retire" => drop(intake.retire().unwrap()),
            _ => {
                drop(intake);
                intake = ground.intake();
                intake.retire().unwrap();
            }
        }
        let (erased, mut destroyed) = said(&intake);
        let erased: Vec<_> = erased
            .iter()
            .map(|(partition, name, rows, reason)| {
                assert_eq!(names[&partition.day.0], *name, "{again}");
                (*rows, *reason)
            })
            .collect();
        assert_eq!(
            erased,
            [(1, Erasure::Purge), (2, Erasure::Purge)],
            "{again}"
        );
        destroyed.sort_unstable();
        let mut expected: Vec<Epoch> = keys.iter().map(|(epoch, _)| *epoch).collect();
        expected.sort_unstable();
        assert_eq!(destroyed, expected, "{again}: each once");
        // And not a second time.
        intake.retire().unwrap();
        assert_eq!(said(&intake).0.len(), 2, "{again}");
    }
}

#[test]
fn a_purge_that_was_cut_off_is_finished_without_being_asked_again() {
    let ground = Ground::new();
    let intake = ground.intake();
    intake.retire().unwrap();
    stored(&intake, 1);
    let program = program(&intake);
    // All that was done of it.
    let setting = intake::retire::purged(program.hash);
    intake.meta.set(&setting, "1").unwrap();
    let done = intake.retire().unwrap();
    assert_eq!(done.erased, 1, "{done:?}");
    assert!(intake.store.partitions().unwrap().is_empty());
    assert_eq!(said(&intake).0[0].3, Erasure::Purge);
    let prefix = format!("/{:04x}/", program.number);
    let names = intake.vault.names();
    assert!(!names.iter().any(|it| it.contains(&prefix)), "{names:?}");
}

#[test]
fn the_end_of_a_key_and_of_its_reports_is_said_though_the_log_failed_meanwhile() {
    let ground = Ground::new();
    let intake = ground.intake();
    intake.retire().unwrap();
    stored(&intake, 1);
    let program = program(&intake);
    let epoch = program.calendar.epoch_of(intake.clock.now());
    let dies = program.calendar.key_dies(epoch);
    let wait = |until: u64| {
        let now = intake.clock.now();
        intake.clock.pass(Duration::from_secs(until - now));
    };
    wait(dies);
    ground.without_log(|| intake.retire()).unwrap_err();
    let name = format!("epoch/{:04x}/{epoch}", program.number);
    assert!(intake.vault.get(&name).is_none(), "it is gone in time");
    assert_eq!(said(&intake).1, []);
    intake.retire().unwrap();
    assert_eq!(said(&intake).1, [Epoch(epoch)]);

    let partition = intake.store.partitions().unwrap()[0];
    wait(program.calendar.reports_die(partition));
    ground.without_log(|| intake.retire()).unwrap_err();
    assert!(intake.store.partitions().unwrap().is_empty());
    intake.retire().unwrap();
    let erased = said(&intake).0;
    assert_eq!((erased[0].2, erased[0].3), (1, Erasure::Retention));
    assert_eq!(erased.len(), 1);
}
