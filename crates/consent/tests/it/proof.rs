//! What became of a report is checked offline, and a proof that does not hold is none.

use candor_consent::{NoProof, OutboxError, Proven, RecordState, Time};
use wire::{
    Day, Epoch, ProgramHash,
    log::{
        Checkpoint, EntryProof, Erasure, Event, Hash, Leaf, Partition, Proof, inclusion_proof,
        leaf_hash, root,
    },
    note::Signer,
};

use crate::world::{DAY, NOW, World, take_to};

fn signer() -> Signer {
    Signer::new("example.org/log", &[1; 32]).unwrap()
}

/// A log in which a day with three reports was sealed and erased; the proof is of the second.
fn proof(reports: &[Hash; 3]) -> Proof {
    let partition = Partition {
        program: ProgramHash([7; 32]),
        epoch: Epoch(2968),
        day: Day(20_783),
    };
    let key_id = leaf_hash(b"key");
    let sealed = Event::PartitionSealed {
        partition,
        key_id,
        rows: 3,
        root: root(*reports),
    };
    let erased = Event::PartitionErased {
        partition,
        key_id,
        rows: 3,
        reason: Erasure::Retention,
    };
    let log = [(200, sealed), (300, erased)];
    let log = log.map(|(at, event)| Leaf { at, event }.to_bytes().unwrap());
    let hashes = || log.iter().map(|leaf| leaf_hash(leaf));
    let entry = |index: usize| EntryProof {
        index: index as u64,
        leaf: String::from_utf8(log[index].clone()).unwrap(),
        path: inclusion_proof(hashes(), index as u64, 2).unwrap(),
    };
    let checkpoint = Checkpoint {
        origin: "example.org/log".to_owned(),
        size: 2,
        root: root(hashes()),
    };
    Proof {
        index: 1,
        path: inclusion_proof(*reports, 1, 3).unwrap(),
        sealed: entry(0),
        erased: Some(entry(1)),
        checkpoint: checkpoint.sign(&signer()).unwrap(),
    }
}

#[test]
fn a_proof_is_checked_here_and_goes_with_its_record() {
    let world = World::new();
    let id = world.agree_and_put();
    let mut outbox = world.outbox();
    take_to(&mut outbox, id, RecordState::Withdrawable);
    let key = signer().verifier().to_string();
    let reports = [b"a", b"b", b"c"].map(|report| leaf_hash(report));
    assert!(matches!(outbox.proof(id, &key), Err(NoProof::NotYet(1))));
    assert!(matches!(
        outbox.proof(9, &key),
        Err(NoProof::Outbox(OutboxError::NoSuchRecord(9)))
    ));
    outbox.keep("leaf 1", &reports[1].0).unwrap();
    let text = proof(&reports).to_json();
    outbox.keep("proof 1", text.as_bytes()).unwrap();
    let proven = outbox.proof(id, &key).unwrap();
    assert_eq!(
        proven,
        Proven {
            sealed_at: Time(200),
            reports: 3,
            erased_at: Some(Time(300)),
            by_retention: true,
        }
    );
    // Another log's key, another report, another number in it.
    let other = Signer::new("example.org/log", &[2; 32]).unwrap();
    let other = other.verifier().to_string();
    assert!(matches!(
        outbox.proof(id, &other),
        Err(NoProof::Wrong { .. })
    ));
    assert!(matches!(outbox.proof(id, "no key"), Err(NoProof::Key(_))));
    outbox.keep("leaf 1", &reports[2].0).unwrap();
    assert!(matches!(outbox.proof(id, &key), Err(NoProof::Wrong { .. })));
    outbox.keep("leaf 1", &reports[1].0).unwrap();
    outbox
        .keep(
            "proof 1",
            text.replace("\\\"rows\\\":3", "\\\"rows\\\":4").as_bytes(),
        )
        .unwrap();
    assert!(matches!(outbox.proof(id, &key), Err(NoProof::Wrong { .. })));
    outbox.keep("proof 1", b"no proof").unwrap();
    assert!(matches!(outbox.proof(id, &key), Err(NoProof::Wrong { .. })));
    outbox.keep("proof 1", text.as_bytes()).unwrap();

    // It outlives the report, and not the wish to have it gone.
    outbox.settle(NOW.plus(9 * DAY)).unwrap();
    assert_eq!(outbox.row(id).unwrap().state, RecordState::Forgotten);
    assert_eq!(outbox.proof(id, &key).unwrap(), proven);
    outbox.settle(NOW.plus(200 * DAY)).unwrap();
    assert_eq!(outbox.kept("leaf 1").unwrap(), None);
    assert_eq!(outbox.kept("proof 1").unwrap(), None);
}

#[test]
fn a_dropped_record_leaves_no_leaf_behind() {
    let world = World::new();
    let id = world.agree_and_put();
    let mut outbox = world.outbox();
    take_to(&mut outbox, id, RecordState::Withdrawable);
    outbox.keep("leaf 1", b"the leaf of the report").unwrap();
    outbox.keep("status", b"stays").unwrap();
    outbox.drop_record(id, NOW).unwrap();
    assert!(!world.holds("the leaf of the report"));
    assert!(outbox.kept("status").unwrap().is_some());
}
