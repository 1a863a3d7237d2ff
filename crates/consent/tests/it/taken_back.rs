//! What is withdrawn, dropped, closed or forgotten, and what is left of it: nothing.

use std::fs;

use candor_consent::{How, Kind, LedgerError, Outbox, OutboxError, PUBLIC, Put, RecordState, Time};

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
            outbox.withdrawal_delivered(withdrawal.id, NOW).unwrap();
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
    let keys = format!("{PUBLIC}keys of the operator");
    outbox.keep(&keys, b"for everyone").unwrap();
    assert_eq!(
        outbox
            .forget_me(&mut world.ledger(), How::Command, NOW)
            .unwrap(),
        1
    );
    // What the machine could be known by goes at once; what a withdrawal needs is the operator's.
    assert!(!secret.exists());
    assert_eq!(outbox.kept("status").unwrap(), None);
    assert!(outbox.kept(&keys).unwrap().is_some());
    let withdrawal = outbox.withdrawals(NOW).unwrap().remove(0);
    outbox.withdrawal_delivered(withdrawal.id, NOW).unwrap();
    assert_eq!(outbox.kept(&keys).unwrap(), None);
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

#[test]
fn to_be_forgotten_ends_with_the_last_withdrawal_and_not_after_a_new_yes() {
    // Nobody delivers it: when it is void, the rest goes all the same.
    let keys = format!("{PUBLIC}keys of the operator");
    let world = World::new();
    let id = world.agree_and_put();
    let mut outbox = world.outbox();
    take_to(&mut outbox, id, RecordState::Withdrawable);
    outbox
        .forget_me(&mut world.ledger(), How::Command, NOW)
        .unwrap();
    outbox.keep(&keys, b"for everyone").unwrap();
    outbox.settle(NOW.plus(100 * DAY)).unwrap();
    assert_eq!(outbox.withdrawals_waiting().unwrap(), 0);
    assert_eq!(outbox.kept(&keys).unwrap(), None);

    // A yes that came after it has tokens and keys of its own, and they stay.
    let world = World::new();
    let id = world.agree_and_put();
    let mut outbox = world.outbox();
    take_to(&mut outbox, id, RecordState::Withdrawable);
    outbox
        .forget_me(&mut world.ledger(), How::Command, NOW)
        .unwrap();
    world.agree();
    outbox.keep("issuer-key", b"a new one").unwrap();
    outbox
        .keep_tokens(&program(), EPOCH + 1, &[token(0)])
        .unwrap();
    let withdrawal = outbox.withdrawals(NOW).unwrap().remove(0);
    outbox.withdrawal_delivered(withdrawal.id, NOW).unwrap();
    assert!(outbox.kept("issuer-key").unwrap().is_some());
    assert_eq!(outbox.tokens(&program(), EPOCH + 1).unwrap(), 1);
}

#[test]
fn what_may_have_arrived_is_taken_back_when_it_is_given_up_or_closed() {
    type End = fn(&mut Outbox, i64);
    let ends: [(End, &str); 2] = [
        (
            |outbox, id| outbox.give_up(id, "wrong-lane", NOW).unwrap(),
            "its withdrawal waits",
        ),
        (
            |outbox, _| {
                assert_eq!(outbox.close(&program(), "closed", NOW).unwrap(), 1);
            },
            "their withdrawals wait",
        ),
    ];
    for (end, words) in ends {
        let world = World::new();
        let id = world.agree_and_put();
        let mut outbox = world.outbox();
        take_to(&mut outbox, id, RecordState::Sent);
        end(&mut outbox, id);
        assert_eq!(outbox.row(id).unwrap().state, RecordState::Dropped);
        let filed = outbox.withdrawals(NOW).unwrap();
        assert_eq!(filed.len(), 1);
        assert_eq!(filed[0].secret, b"withdrawal secret");
        let told = outbox.take_messages().unwrap();
        assert!(told[0].text.contains(words), "{told:?}");
    }
}

#[test]
fn a_row_that_cannot_be_read_keeps_nobody_from_taking_back() {
    for damage in [
        "fields = '{'",
        "state = 'nowhere'",
        "tries = 'many'",
        "shown = 'never'",
    ] {
        let world = World::new();
        let id = world.agree_and_put();
        let mut outbox = world.outbox();
        let receipt = world.ledger().receipt(&operated(), SEND, NOW).unwrap();
        let next = record_of("next.example", EPOCH + 1);
        assert!(matches!(
            outbox.put(&next, &receipt, NOW).unwrap(),
            Put::Stored(_)
        ));
        take_to(&mut outbox, id, RecordState::Sent);
        rusqlite::Connection::open(world.folder.outbox())
            .unwrap()
            .execute(&format!("UPDATE records SET {damage} WHERE id = {id}"), [])
            .unwrap();
        assert_eq!(outbox.damaged().unwrap(), [id], "{damage}");
        assert_eq!(outbox.rows().unwrap().len(), 1);
        // It is not sent, and does not keep the others from it.
        assert!(outbox.due(NOW).unwrap().iter().all(|due| due.id != id));
        assert!(outbox.drop_record(id, NOW).unwrap(), "{damage}");
        assert_eq!(outbox.withdrawals_waiting().unwrap(), 1);
        assert!(outbox.damaged().unwrap().is_empty(), "{damage}");
        let (emptied, _) = outbox
            .withdraw(&mut world.ledger(), &program(), How::Command, NOW)
            .unwrap();
        assert_eq!(emptied, 1);
    }
}

#[test]
fn a_message_of_a_record_that_was_dropped_does_not_depart() {
    let world = World::new();
    let id = world.agree_and_put();
    let mut outbox = world.outbox();
    take_to(&mut outbox, id, RecordState::Ready);
    let parcel = outbox
        .add_parcel(id, Kind::Report, b"the report's bytes", b"sealed", NOW)
        .unwrap();
    assert!(matches!(
        outbox.add_parcel(id, Kind::Report, b"other bytes", b"sealed", NOW),
        Err(OutboxError::State { .. })
    ));
    outbox.drop_record(id, NOW).unwrap();
    assert!(matches!(
        outbox.departing(parcel, NOW),
        Err(OutboxError::TakenBack)
    ));
}
