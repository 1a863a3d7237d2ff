//! What every engine of the store must keep to. An engine's own tests call [`check`].
#![expect(
    clippy::unwrap_used,
    reason = "tests: they say what they expect by failing"
)]

use std::sync::{Arc, mpsc};

use super::{
    Arrival, Digest, Partition, Put, Row, Store, StoreError, Tally, Withdrawn, put_and_wait as put,
};

/// A place where an engine keeps its bytes.
pub trait Ground {
    /// Opens what lies there. Nothing else has it open.
    fn open(&self) -> Arc<dyn Store>;

    /// Returns a copy of what would be there if the power were cut now, while a store has it open.
    fn cut(&self) -> Box<dyn Ground>;

    /// Loses every key, as a backup without the vault does.
    fn lose_keys(&self);
}

/// One thing that must hold, on a ground of its own.
type Case = fn(&dyn Ground);

/// Runs every case, each on a ground of its own.
///
/// # Panics
/// When the engine does not keep to the contract, with the name of the case.
pub fn check(ground: &dyn Fn() -> Box<dyn Ground>) {
    let cases: [(&str, Case); 12] = [
        ("what is answered is there again", what_is_stored_is_there),
        ("the same bytes count once", the_same_bytes_count_once),
        ("a token is good for one report", a_token_is_good_once),
        ("a withdrawn report is gone", a_withdrawn_report_is_gone),
        ("a withdrawal waits for its report", a_withdrawal_waits),
        ("a withdrawal may be repeated", a_withdrawal_repeats),
        ("tags come in order over all days", tags_come_in_order),
        ("epochs and programs do not touch", epochs_do_not_touch),
        (
            "a sealed partition takes nothing",
            a_sealed_one_takes_nothing,
        ),
        ("an erased partition is gone", an_erased_one_is_gone),
        ("without keys nothing opens", without_keys_nothing_opens),
        (
            "a cut leaves what was answered",
            a_cut_leaves_what_was_answered,
        ),
    ];
    for (name, case) in cases {
        eprintln!("store: {name}");
        case(&*ground());
    }
}

/// Program 7, epoch 3, some day.
const TODAY: Partition = Partition {
    program: 7,
    epoch: 3,
    day: 24,
};

const TOMORROW: Partition = Partition { day: 25, ..TODAY };

/// Makes up a report: everything follows from its tag and who sent it.
#[must_use]
pub fn arrival(partition: Partition, tag: u8, sender: u32) -> Arrival {
    let mark = |kind: u8| {
        let mut bytes = [kind; 32];
        bytes[0] = tag;
        bytes[1..5].copy_from_slice(&sender.to_be_bytes());
        bytes
    };
    let mut wc = [9; 16];
    wc[0] = tag;
    wc[1..5].copy_from_slice(&sender.to_be_bytes());
    Arrival {
        partition,
        tag: [tag; 32],
        x: mark(1),
        nonce: mark(2),
        wc,
        leaf: mark(3),
        sealed: mark(4).repeat(3),
    }
}

/// Withdraws a report and waits for the answer.
///
/// # Errors
/// What the store answered.
pub fn withdraw(
    store: &dyn Store,
    today: Partition,
    wc: [u8; 16],
) -> Result<Withdrawn, StoreError> {
    let (send, answer) = mpsc::sync_channel(1);
    let done = Box::new(move |outcome| drop(send.send(outcome)));
    store.withdraw(today, wc, done);
    answer.recv().unwrap_or(Err(StoreError::Closed))
}

fn stored(store: &dyn Store, arrival: Arrival) {
    assert_eq!(put(store, arrival).unwrap(), Put::Stored);
}

fn tags(store: &dyn Store, like: Partition, at_least: u64) -> Vec<(u8, u64)> {
    let mut found = Vec::new();
    let mut tell = |tag: Digest, number| found.push((tag[0], number));
    store
        .tags(like.program, like.epoch, at_least, &mut tell)
        .unwrap();
    found
}

fn shares(store: &dyn Store, like: Partition, tag: u8) -> Result<Vec<Row>, StoreError> {
    let mut found = Vec::new();
    store.shares(like.program, like.epoch, &[tag; 32], &mut |row| {
        found.push(row);
    })?;
    Ok(found)
}

fn what_is_stored_is_there(ground: &dyn Ground) {
    let store = ground.open();
    let sent = arrival(TODAY, 5, 1);
    stored(&*store, sent.clone());
    let expected = Row {
        tag: sent.tag,
        x: sent.x,
        nonce: sent.nonce,
        wc: sent.wc,
        opened: sent.sealed,
    };
    assert_eq!(
        shares(&*store, TODAY, 5).unwrap(),
        std::slice::from_ref(&expected)
    );
    drop(store);
    let store = ground.open();
    assert_eq!(shares(&*store, TODAY, 5).unwrap(), [expected]);
    assert_eq!(store.partitions().unwrap(), [TODAY]);
    assert_eq!(store.tally(TODAY).unwrap().rows, 1);
    assert_eq!(store.waiting(), 0);
    assert_eq!(store.broken(), None);
}

fn the_same_bytes_count_once(ground: &dyn Ground) {
    let store = ground.open();
    stored(&*store, arrival(TODAY, 5, 1));
    for partition in [TODAY, TOMORROW] {
        let again = put(&*store, arrival(partition, 5, 1)).unwrap();
        assert_eq!(again, Put::Duplicate, "{partition}");
    }
    drop(store);
    let store = ground.open();
    let after_restart = put(&*store, arrival(TOMORROW, 5, 1)).unwrap();
    assert_eq!(after_restart, Put::Duplicate);
    assert_eq!(tags(&*store, TODAY, 1), [(5, 1)]);
}

fn a_token_is_good_once(ground: &dyn Ground) {
    let store = ground.open();
    let first = arrival(TODAY, 5, 1);
    stored(&*store, first.clone());
    for partition in [TODAY, TOMORROW] {
        let mut other = arrival(partition, 6, 1);
        other.nonce = first.nonce;
        assert_eq!(put(&*store, other).unwrap(), Put::TokenSpent);
        let mut altered = arrival(partition, 5, 1);
        altered.leaf = [0; 32];
        assert_eq!(put(&*store, altered).unwrap(), Put::TokenSpent);
    }
    let mut same_place = arrival(TODAY, 5, 2);
    same_place.x = first.x;
    assert_eq!(put(&*store, same_place).unwrap(), Put::TokenSpent);
    assert_eq!(tags(&*store, TODAY, 1), [(5, 1)]);
}

fn a_withdrawn_report_is_gone(ground: &dyn Ground) {
    let store = ground.open();
    let sent = arrival(TODAY, 5, 1);
    stored(&*store, sent.clone());
    stored(&*store, arrival(TODAY, 5, 2));
    let answer = withdraw(&*store, TOMORROW, sent.wc).unwrap();
    assert_eq!(answer, Withdrawn::Erased);
    assert_eq!(tags(&*store, TODAY, 1), [(5, 1)]);
    assert_eq!(shares(&*store, TODAY, 5).unwrap().len(), 1);
    assert_eq!(put(&*store, sent.clone()).unwrap(), Put::Withdrawn);
    // Its token stays spent, also for a report under another commitment.
    let mut other = arrival(TODAY, 6, 1);
    other.nonce = sent.nonce;
    other.wc = [77; 16];
    assert_eq!(put(&*store, other).unwrap(), Put::TokenSpent);
    assert_eq!(
        store.tally(TODAY).unwrap(),
        Tally {
            rows: 1,
            withdrawn: 0
        }
    );
    assert_eq!(
        store.tally(TOMORROW).unwrap(),
        Tally {
            rows: 0,
            withdrawn: 1
        }
    );
    assert_eq!(store.withdrawals(TOMORROW).unwrap(), [sent.leaf]);
}

fn a_withdrawal_waits(ground: &dyn Ground) {
    let store = ground.open();
    let late = arrival(TOMORROW, 5, 1);
    let answer = withdraw(&*store, TODAY, late.wc).unwrap();
    assert_eq!(answer, Withdrawn::Waiting);
    assert!(store.withdrawals(TODAY).unwrap().is_empty());
    drop(store);
    let store = ground.open();
    assert_eq!(put(&*store, late).unwrap(), Put::Withdrawn);
    assert_eq!(tags(&*store, TODAY, 1), []);
}

fn a_withdrawal_repeats(ground: &dyn Ground) {
    let store = ground.open();
    let sent = arrival(TODAY, 5, 1);
    stored(&*store, sent.clone());
    let answer = withdraw(&*store, TODAY, sent.wc).unwrap();
    assert_eq!(answer, Withdrawn::Erased);
    for today in [TODAY, TOMORROW] {
        let again = withdraw(&*store, today, sent.wc).unwrap();
        assert_eq!(again, Withdrawn::Again);
    }
    assert_eq!(store.withdrawals(TODAY).unwrap().len(), 1);
    // A guess erases nothing.
    stored(&*store, arrival(TODAY, 5, 2));
    let guess = withdraw(&*store, TODAY, [0xee; 16]).unwrap();
    assert_eq!(guess, Withdrawn::Waiting);
    assert_eq!(tags(&*store, TODAY, 1), [(5, 1)]);
}

fn tags_come_in_order(ground: &dyn Ground) {
    let store = ground.open();
    for sender in 0..30 {
        let day = TODAY.day + sender % 3;
        let partition = Partition { day, ..TODAY };
        stored(&*store, arrival(partition, 200, sender));
        if sender < 20 {
            stored(&*store, arrival(partition, 3, 100 + sender));
        }
        if sender < 19 {
            stored(&*store, arrival(partition, 90, 200 + sender));
        }
    }
    assert_eq!(tags(&*store, TODAY, 1), [(3, 20), (90, 19), (200, 30)]);
    assert_eq!(tags(&*store, TODAY, 20), [(3, 20), (200, 30)]);
    assert_eq!(shares(&*store, TODAY, 200).unwrap().len(), 30);
}

fn epochs_do_not_touch(ground: &dyn Ground) {
    let store = ground.open();
    let other_epoch = Partition { epoch: 4, ..TODAY };
    let other_program = Partition {
        program: 8,
        ..TODAY
    };
    for partition in [TODAY, other_epoch, other_program] {
        stored(&*store, arrival(partition, 5, 1));
    }
    let wc = arrival(TODAY, 5, 1).wc;
    let answer = withdraw(&*store, other_epoch, wc).unwrap();
    assert_eq!(answer, Withdrawn::Erased);
    assert_eq!(tags(&*store, TODAY, 1), [(5, 1)]);
    assert_eq!(tags(&*store, other_program, 1), [(5, 1)]);
    assert_eq!(tags(&*store, other_epoch, 1), []);
}

fn a_sealed_one_takes_nothing(ground: &dyn Ground) {
    let store = ground.open();
    let first = arrival(TODAY, 9, 1);
    stored(&*store, first.clone());
    stored(&*store, arrival(TODAY, 5, 2));
    assert_eq!(store.leaves(TODAY).unwrap(), None);
    let tally = store.seal(TODAY).unwrap();
    assert_eq!(tally.rows, 2);
    assert_eq!(store.seal(TODAY).unwrap(), tally);
    let refused = put(&*store, arrival(TODAY, 5, 3));
    assert!(matches!(refused, Err(StoreError::Sealed { .. })));
    assert_eq!(put(&*store, first.clone()).unwrap(), Put::Duplicate);
    let mut expected = vec![first.leaf, arrival(TODAY, 5, 2).leaf];
    expected.sort_unstable();
    assert_eq!(store.leaves(TODAY).unwrap(), Some(expected.clone()));
    // Withdrawn later, it still is part of the tree that was made known.
    assert_eq!(
        withdraw(&*store, TOMORROW, first.wc).unwrap(),
        Withdrawn::Erased
    );
    drop(store);
    let store = ground.open();
    assert_eq!(store.leaves(TODAY).unwrap(), Some(expected));
    assert_eq!(tags(&*store, TODAY, 1), [(5, 1)]);
    let nothing_there = Partition { day: 99, ..TODAY };
    assert_eq!(store.seal(nothing_there).unwrap(), Tally::default());
    assert_eq!(store.partitions().unwrap(), [TODAY, TOMORROW]);
}

fn an_erased_one_is_gone(ground: &dyn Ground) {
    let store = ground.open();
    stored(&*store, arrival(TODAY, 5, 1));
    stored(&*store, arrival(TOMORROW, 5, 2));
    assert_eq!(store.erase(TODAY).unwrap().rows, 1);
    assert_eq!(store.erase(TODAY).unwrap().rows, 0);
    assert_eq!(store.partitions().unwrap(), [TOMORROW]);
    assert_eq!(tags(&*store, TODAY, 1), [(5, 1)]);
    drop(store);
    let store = ground.open();
    assert_eq!(store.partitions().unwrap(), [TOMORROW]);
    // A partition of that day begins anew, under another key.
    stored(&*store, arrival(TODAY, 6, 3));
    assert_eq!(shares(&*store, TODAY, 6).unwrap().len(), 1);
}

fn without_keys_nothing_opens(ground: &dyn Ground) {
    let store = ground.open();
    stored(&*store, arrival(TODAY, 5, 1));
    drop(store);
    ground.lose_keys();
    let store = ground.open();
    assert_eq!(tags(&*store, TODAY, 1), [(5, 1)]);
    let refused = shares(&*store, TODAY, 5);
    assert!(matches!(refused, Err(StoreError::Unopened { .. })));
}

fn a_cut_leaves_what_was_answered(ground: &dyn Ground) {
    let store = ground.open();
    let gone = arrival(TODAY, 5, 900);
    stored(&*store, gone.clone());
    withdraw(&*store, TOMORROW, gone.wc).unwrap();
    for sender in 0..50 {
        stored(&*store, arrival(TODAY, 5, sender));
        if sender % 10 == 9 {
            let cut = ground.cut();
            let after = cut.open();
            let there = shares(&*after, TODAY, 5).unwrap().len();
            assert_eq!(there, sender as usize + 1);
            assert_eq!(put(&*after, gone.clone()).unwrap(), Put::Withdrawn);
        }
    }
}
