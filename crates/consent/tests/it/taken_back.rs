//! What is withdrawn, dropped, closed or forgotten, and what is left of it: nothing.

use std::fs;

use candor_consent::{How, Kind, LedgerError, OutboxError, Put, RecordState, Time};

use crate::world::{
    DAY, EPOCH, NOW, SEND, World, give, operated, program, record, record_of, take_to, token,
};

#[test]
fn nothing_departs_after_a_withdrawal_has_begun() {
    let world = World::new();
    let id = world.agree_and_put();
    let mut outbox = world.outbox();
    take_to(&mut outbox, id, RecordState::Ready);
    let parcel = outbox
        .add_parcel(id, Kind::Report, b"the report's bytes", b"sealed", NOW)
        .unwrap();
    // The process that withdraws ends between ledger and outbox: as if its transaction had not been.
    let before = fs::read(world.folder.outbox()).unwrap();
    let mut other = world.outbox();
    other
        .withdraw(&mut world.ledger(), &program(), How::Command, NOW)
        .unwrap();
    drop((outbox, other));
    fs::write(world.folder.outbox(), before).unwrap();

    let mut outbox = world.outbox();
    assert_eq!(outbox.row(id).unwrap().state, RecordState::Ready);
    assert!(matches!(
        outbox.departing(parcel, NOW),
        Err(OutboxError::NotGiven(_))
    ));
    assert!(outbox.due(NOW).unwrap().is_empty());
    assert_eq!(outbox.row(id).unwrap().state, RecordState::Dropped);
    assert!(!world.holds("evil-host.example"));
}

#[test]
fn a_withdrawal_that_was_cut_short_is_finished_with_what_was_sent() {
    let world = World::new();
    let id = world.agree_and_put();
    let mut outbox = world.outbox();
    take_to(&mut outbox, id, RecordState::Sent);
    let before = fs::read(world.folder.outbox()).unwrap();
    outbox
        .withdraw(&mut world.ledger(), &program(), How::Command, NOW)
        .unwrap();
    drop(outbox);
    fs::write(world.folder.outbox(), before).unwrap();
    // A new yes does not make the old one good again.
    world.agree();
    let mut outbox = world.outbox();
    outbox.settle(NOW).unwrap();
    outbox.settle(NOW).unwrap();
    let filed = outbox.withdrawals(NOW).unwrap();
    assert_eq!(filed.len(), 1);
    assert_eq!(filed[0].secret, b"withdrawal secret");
    assert_eq!(outbox.row(id).unwrap().state, RecordState::Dropped);
}

#[test]
fn withdrawing_empties_at_once_and_files_for_what_may_have_left() {
    for (state, files) in [
        (RecordState::Shown, 0),
        (RecordState::Randomised, 0),
        (RecordState::Ready, 0),
        (RecordState::Sent, 1),
        (RecordState::Withdrawable, 1),
    ] {
        let world = World::new();
        let id = world.agree_and_put();
        let mut outbox = world.outbox();
        outbox
            .keep_tokens(&program(), EPOCH, &[token(0), token(1)])
            .unwrap();
        take_to(&mut outbox, id, state);
        let (emptied, filed) = outbox
            .withdraw(&mut world.ledger(), &program(), How::Command, NOW)
            .unwrap();
        assert_eq!((emptied, filed), (1, files), "{state:?}");
        for gone in [
            "evil-host.example",
            "the report's bytes",
            "sealed report",
            "leaf 4711",
        ] {
            assert!(!world.holds(gone), "{state:?}: {gone} is still there");
        }
        assert_eq!(outbox.tokens(&program(), EPOCH).unwrap(), 0);
        let filed = outbox.withdrawals(NOW).unwrap();
        assert_eq!(filed.len(), files);
        for withdrawal in filed {
            assert_eq!(
                (withdrawal.epoch, withdrawal.program.clone()),
                (EPOCH, program())
            );
            assert!(!format!("{withdrawal:?}").contains("secret"));
            outbox
                .withdrawal_later(withdrawal.id, "no answer", NOW.plus(60))
                .unwrap();
            assert!(outbox.withdrawals(NOW).unwrap().is_empty());
            assert_eq!(outbox.withdrawals(NOW.plus(60)).unwrap()[0].tries, 1);
            outbox.withdrawal_delivered(withdrawal.id).unwrap();
        }
        assert_eq!(outbox.withdrawals_waiting().unwrap(), 0);
        assert!(!world.holds("withdrawal secret"), "{state:?}");
    }
}

#[test]
fn dropping_one_record_leaves_the_others() {
    let world = World::new();
    let id = world.agree_and_put();
    let mut outbox = world.outbox();
    let receipt = world.ledger().receipt(&operated(), SEND, NOW).unwrap();
    let Put::Stored(next) = outbox
        .put(&record_of("next.example", EPOCH + 1), &receipt, NOW)
        .unwrap()
    else {
        panic!("the next epoch has no record yet");
    };
    take_to(&mut outbox, id, RecordState::Withdrawable);
    assert!(outbox.drop_record(id, NOW).unwrap());
    assert!(!outbox.drop_record(id, NOW).unwrap(), "once is enough");
    assert_eq!(outbox.withdrawals_waiting().unwrap(), 1);
    assert!(!world.holds("evil-host.example") && world.holds("next.example"));
    assert!(!outbox.drop_record(next, NOW).unwrap());
    assert!(matches!(
        outbox.drop_record(99, NOW),
        Err(OutboxError::NoSuchRecord(99))
    ));
    // The consent itself stays.
    assert!(world.ledger().state().holds(&program(), receipt.id(), NOW));
}

#[test]
fn a_kill_switch_empties_the_queue_and_tells_the_person() {
    let world = World::new();
    let id = world.agree_and_put();
    let mut outbox = world.outbox();
    take_to(&mut outbox, id, RecordState::Ready);
    assert_eq!(
        outbox
            .close(&program(), "version 0.1 is closed", NOW)
            .unwrap(),
        1
    );
    assert!(!world.holds("evil-host.example") && !world.holds("the report's bytes"));
    let messages = outbox.take_messages().unwrap();
    assert_eq!(messages.len(), 1);
    assert!(
        messages[0].text.contains("version 0.1 is closed"),
        "{messages:?}"
    );
    assert!(messages[0].text.contains("1 waiting records were erased"));
    assert!(outbox.take_messages().unwrap().is_empty());
    assert_eq!(outbox.close(&program(), "again", NOW).unwrap(), 0);
    // What no server takes is dropped alone.
    let receipt = world.ledger().receipt(&operated(), SEND, NOW).unwrap();
    let put = outbox
        .put(&record_of("next.example", EPOCH + 1), &receipt, NOW)
        .unwrap();
    let Put::Stored(next) = put else {
        panic!("{put:?}")
    };
    outbox.give_up(next, "token-spent", NOW).unwrap();
    assert_eq!(outbox.row(next).unwrap().state, RecordState::Dropped);
    assert!(
        outbox
            .take_messages()
            .unwrap()
            .iter()
            .any(|it| it.text.contains("token-spent"))
    );
}

#[test]
fn an_expired_consent_sends_nothing_and_keeps_the_way_back() {
    let world = World::new();
    let mut ledger = world.ledger();
    // Agreed to long ago, so that it ends within the epoch.
    let then = Time(NOW.0 - 365 * DAY + 3600);
    let receipt = give(&mut ledger, &operated(), then).unwrap();
    let mut outbox = world.outbox();
    let Put::Stored(id) = outbox.put(&record(), &receipt, NOW).unwrap() else {
        panic!("it holds")
    };
    take_to(&mut outbox, id, RecordState::Withdrawable);
    let after = NOW.plus(3600);
    assert!(matches!(
        ledger.receipt(&operated(), SEND, after),
        Err(LedgerError::NotGiven { .. })
    ));
    outbox.settle(after).unwrap();
    // Nobody took the yes back: what was sent stays, and can still be withdrawn.
    assert_eq!(outbox.row(id).unwrap().state, RecordState::Withdrawable);
    assert!(outbox.drop_record(id, after).unwrap());
}

#[test]
fn forget_me_withdraws_first_and_then_forgets() {
    let world = World::new();
    candor_consent::InstallSecret::read_or_make(&world.folder).unwrap();
    let id = world.agree_and_put();
    let mut outbox = world.outbox();
    outbox.keep("status", b"signed").unwrap();
    take_to(&mut outbox, id, RecordState::Withdrawable);
    let secret = world.folder.path().join("install.secret");
    assert_eq!(
        outbox
            .forget_me(&mut world.ledger(), How::Command, NOW)
            .unwrap(),
        1
    );
    assert!(secret.exists(), "a withdrawal is still to be delivered");
    let withdrawal = outbox.withdrawals(NOW).unwrap().remove(0);
    outbox.withdrawal_delivered(withdrawal.id).unwrap();
    assert!(!secret.exists());
    assert_eq!(outbox.kept("status").unwrap(), None);
    assert!(!world.ledger().state().holds(&program(), "", NOW));
    // Nothing to withdraw: at once.
    let world = World::new();
    candor_consent::InstallSecret::read_or_make(&world.folder).unwrap();
    world.agree_and_put();
    let mut outbox = world.outbox();
    assert_eq!(
        outbox
            .forget_me(&mut world.ledger(), How::Command, NOW)
            .unwrap(),
        0
    );
    assert!(!world.folder.path().join("install.secret").exists());
}
