//! What enters, what moves, what leaves, and what is gone afterwards.

use std::{collections::BTreeMap, fs};

use candor_consent::{
    How, Kind, Outbox, OutboxError, Put, Record, RecordError, RecordState, Step, Value,
};

use crate::world::{
    DAY, EPOCH, NOW, OPERATOR, SEND, World, epoch_ends, fields, give, operated, operated_by,
    program, record, record_of, take_to, token,
};

#[test]
fn nothing_enters_without_a_receipt_that_holds() {
    let world = World::new();
    let receipt = world.agree();
    let mut outbox = world.outbox();

    // For another record, or another declaration of this one.
    let other = operated_by(&OPERATOR.replace("\"DE\"", "\"FR\""));
    let other = Record::of(&other, SEND, fields("evil-host.example"), NOW).unwrap();
    assert!(matches!(
        outbox.put(&other, &receipt, NOW),
        Err(OutboxError::OtherDeclaration(_))
    ));
    let suite = include_str!("../../../../apps/candor/declaration.toml");
    let suite = declare::Declaration::parse(suite)
        .unwrap()
        .operated_by(&declare::Operator::parse(OPERATOR).unwrap());
    let words = suite.sends()[0].fields.iter();
    let words = words.map(|field| (field.name.clone(), Value::Text("0".to_owned())));
    let usage = Record::of(&suite, "usage-count", words.collect(), NOW).unwrap();
    assert!(matches!(
        outbox.put(&usage, &receipt, NOW),
        Err(OutboxError::OtherReceipt { .. })
    ));

    // After its time, after a no, after a withdrawal.
    let late = NOW.plus(365 * DAY);
    assert!(matches!(
        outbox.put(&record(), &receipt, late),
        Err(OutboxError::NotGiven(_))
    ));
    outbox
        .withdraw(&mut world.ledger(), &program(), How::Command, NOW)
        .unwrap();
    assert!(matches!(
        outbox.put(&record(), &receipt, NOW),
        Err(OutboxError::NotGiven(_))
    ));
    // An old receipt is none, even when there is a new yes.
    let new = world.agree();
    assert!(matches!(
        outbox.put(&record(), &receipt, NOW),
        Err(OutboxError::NotGiven(_))
    ));
    assert_eq!(outbox.rows().unwrap(), []);
    assert!(!world.holds("evil-host.example"));
    assert!(matches!(
        outbox.put(&record(), &new, NOW),
        Ok(Put::Stored(_))
    ));
}

#[test]
fn a_yes_said_again_keeps_what_waits_and_a_yes_to_something_else_does_not() {
    let world = World::new();
    let id = world.agree_and_put();
    world.agree();
    let mut outbox = world.outbox();
    outbox.was_shown(id, NOW).unwrap();
    assert_eq!(outbox.due(NOW).unwrap().len(), 1);
    let other = operated_by(&OPERATOR.replace("\"DE\"", "\"FR\""));
    let mut ledger = world.ledger();
    give(&mut ledger, &other, NOW).unwrap();
    assert!(outbox.due(NOW).unwrap().is_empty());
    assert_eq!(outbox.row(id).unwrap().state, RecordState::Dropped);
}

#[test]
fn another_machines_receipt_opens_nothing() {
    let (mine, other) = (World::new(), World::new());
    mine.agree();
    let receipt = other.agree();
    let put = mine.outbox().put(&record(), &receipt, NOW);
    assert!(matches!(put, Err(OutboxError::NotGiven(_))), "{put:?}");
}

#[test]
fn a_record_is_exactly_what_is_declared() {
    let of = |change: &dyn Fn(&mut BTreeMap<String, Value>)| {
        let mut fields = fields("evil-host.example");
        change(&mut fields);
        Record::of(&operated(), SEND, fields, NOW).map(drop)
    };
    let text = |words: &str| Value::Text(words.to_owned());
    of(&|_| ()).unwrap();
    of(&|fields| drop(fields.insert("host".to_owned(), text("evil.example/a/b.html")))).unwrap();
    let is_none = |change: &dyn Fn(&mut BTreeMap<String, Value>)| {
        let error = of(change).unwrap_err();
        assert!(matches!(error, RecordError::Fields { .. }), "{error:?}");
    };
    is_none(&|fields| drop(fields.remove("tier")));
    is_none(&|fields| drop(fields.insert("when".to_owned(), text("now"))));
    for (name, value) in [
        ("kind", text("other words")),
        ("kind", Value::Integer(1)),
        ("host", Value::Boolean(true)),
        ("host", text("")),
        ("host", text(&format!("{}.example", "a".repeat(126)))),
        ("host", text("a\nb.example")),
        // What no declaration lets out, whoever makes the record.
        ("host", text("https://evil.example")),
        ("host", text("ada@evil.example")),
        ("host", text("evil.example:8080")),
        ("host", text("evil.example/x?session=1")),
        ("host", text("evil.example/x#part")),
        ("host", text("intranet")),
        ("host", text("192.168.1.1")),
        ("host", text("printer.local")),
        ("host", text("Evil.example")),
    ] {
        is_none(&|fields| drop(fields.insert(name.to_owned(), value.clone())));
    }
    let none = Record::of(&operated(), "other", BTreeMap::new(), NOW);
    assert!(matches!(none, Err(RecordError::Program(_))));
}

#[test]
fn what_was_agreed_to_comes_back_as_it_was_shown() {
    let world = World::new();
    world.agree();
    let agreed = world.ledger().agreed(NOW).unwrap();
    assert_eq!(agreed.len(), 1);
    assert_eq!(agreed[0].program, program());
    assert_eq!(
        agreed[0].declaration.material_hash(),
        operated().material_hash()
    );
    let operator = agreed[0].declaration.operator().unwrap();
    assert_eq!(operator.gateway(), "https://intake.example.org");
    assert!(
        world
            .ledger()
            .agreed(NOW.plus(365 * DAY))
            .unwrap()
            .is_empty()
    );
    // Not what its name says: then nobody knows what was agreed to.
    let material = operated().material_hash();
    let path = world
        .folder
        .path()
        .join(format!("declared-{material}.json"));
    let kept = fs::read_to_string(&path).unwrap();
    fs::write(
        &path,
        kept.replace("intake.example.org", "elsewhere.example.org"),
    )
    .unwrap();
    assert!(world.ledger().agreed(NOW).unwrap().is_empty());
    fs::write(&path, "no JSON").unwrap();
    assert!(world.ledger().declared(&material).unwrap().is_none());
    assert!(
        world
            .ledger()
            .declared("../../etc/passwd")
            .unwrap()
            .is_none()
    );
}

#[test]
fn one_record_of_a_program_an_epoch_whatever_happens_in_between() {
    let world = World::new();
    let id = world.agree_and_put();
    let mut outbox = world.outbox();
    let again = |outbox: &mut Outbox, host: &str, epoch: u32| {
        let receipt = world.ledger().receipt(&operated(), SEND, NOW).unwrap();
        outbox.put(&record_of(host, epoch), &receipt, NOW).unwrap()
    };
    assert_eq!(again(&mut outbox, "other.example", EPOCH), Put::OneAlready);
    // Dropped, withdrawn, agreed anew: the place stays taken.
    outbox.drop_record(id, NOW).unwrap();
    assert_eq!(again(&mut outbox, "other.example", EPOCH), Put::OneAlready);
    outbox
        .withdraw(&mut world.ledger(), &program(), How::Command, NOW)
        .unwrap();
    world.agree();
    assert_eq!(again(&mut outbox, "other.example", EPOCH), Put::OneAlready);
    assert!(!world.holds("other.example"));
    assert!(matches!(
        again(&mut outbox, "other.example", EPOCH + 1),
        Put::Stored(_)
    ));
    assert_eq!(again(&mut outbox, "late.example", EPOCH - 1), Put::TooLate);
}

#[test]
fn what_was_not_shown_is_not_due() {
    let world = World::new();
    let id = world.agree_and_put();
    let mut outbox = world.outbox();
    assert!(outbox.due(NOW).unwrap().is_empty());
    assert!(matches!(
        outbox.add_parcel(id, Kind::Randomness, b"x", b"y", NOW),
        Err(OutboxError::State {
            state: RecordState::Draft,
            ..
        })
    ));
    assert_eq!(outbox.was_shown(id, NOW).unwrap(), RecordState::Shown);
    let due = outbox.due(NOW).unwrap();
    assert!(matches!(due[..], [ref it] if it.id == id && matches!(it.step, Step::Ask)));
    assert_eq!(due[0].fields, fields("evil-host.example"));
    // Shown twice is shown once, and never takes a record back.
    take_to(&mut outbox, id, RecordState::Ready);
    assert_eq!(
        outbox.was_shown(id, NOW.plus(5)).unwrap(),
        RecordState::Ready
    );
    assert_eq!(outbox.row(id).unwrap().shown, Some(NOW));
}

#[test]
fn the_way_of_a_record_goes_one_way() {
    let world = World::new();
    let id = world.agree_and_put();
    let mut outbox = world.outbox();
    outbox.was_shown(id, NOW).unwrap();
    let parcel = outbox
        .add_parcel(id, Kind::Randomness, b"blinded", b"sealed question", NOW)
        .unwrap();
    outbox.departing(parcel, NOW).unwrap();
    outbox.randomised(id, &[9; 64], NOW.plus(3600)).unwrap();
    assert!(outbox.due(NOW).unwrap().is_empty(), "not before its time");
    let due = outbox.due(NOW.plus(3600)).unwrap();
    assert!(matches!(&due[0].step, Step::Seal(output) if ***output == [9; 64]));
    assert!(
        !format!("{:?}", due[0]).contains("9, 9"),
        "a secret is silent"
    );
    assert!(matches!(
        outbox.randomised(id, &[8; 64], NOW),
        Err(OutboxError::State { .. })
    ));

    outbox.ready(id, b"report", b"w", NOW.plus(7200)).unwrap();
    assert!(matches!(
        outbox.ready(id, b"other", b"w", NOW),
        Err(OutboxError::State { .. })
    ));
    assert!(matches!(
        outbox.add_parcel(id, Kind::Report, b"other", b"sealed", NOW),
        Err(OutboxError::State { .. })
    ));
    assert!(matches!(
        outbox.acknowledged(id, b"ack", NOW),
        Err(OutboxError::State { .. })
    ));

    let now = NOW.plus(7200);
    let parcel = outbox
        .add_parcel(id, Kind::Report, b"report", b"sealed once", now)
        .unwrap();
    outbox.departing(parcel, now).unwrap();
    // No answer: the same report in a new envelope.
    outbox.try_later(id, "no answer", now.plus(60)).unwrap();
    let due = outbox.due(now.plus(60)).unwrap();
    assert!(matches!(&due[0].step, Step::Send(report) if report == b"report"));
    assert_eq!(due[0].tries, 1);
    let parcel = outbox
        .add_parcel(id, Kind::Report, b"report", b"sealed twice", now)
        .unwrap();
    outbox.departing(parcel, now.plus(60)).unwrap();
    outbox
        .acknowledged(id, b"leaf 1", now.plus(9 * DAY))
        .unwrap();
    assert!(outbox.due(now.plus(60)).unwrap().is_empty());

    let sealed: Vec<_> = outbox
        .parcels(id)
        .unwrap()
        .into_iter()
        .map(|it| (it.sealed, it.departed))
        .collect();
    assert_eq!(
        sealed,
        [
            (b"sealed question".to_vec(), Some(NOW)),
            (b"sealed once".to_vec(), Some(now)),
            (b"sealed twice".to_vec(), Some(now.plus(60))),
        ]
    );
    assert_eq!(outbox.bytes_since(NOW).unwrap(), 15 + 11 + 12);
    assert_eq!(outbox.bytes_since(now).unwrap(), 11 + 12);
    // The server's time for it is over: nothing is left but that there was one.
    outbox.settle(now.plus(9 * DAY)).unwrap();
    let row = outbox.row(id).unwrap();
    assert_eq!(
        (row.state, row.report, row.fields.len()),
        (RecordState::Forgotten, None, 0)
    );
    assert!(!world.holds("evil-host.example") && !world.holds("sealed twice"));
    outbox.settle(now.plus(120 * DAY)).unwrap();
    assert!(outbox.rows().unwrap().is_empty());
}

#[test]
fn an_epoch_that_is_over_takes_what_did_not_leave_with_it() {
    let world = World::new();
    let id = world.agree_and_put();
    let mut outbox = world.outbox();
    take_to(&mut outbox, id, RecordState::Ready);
    assert!(outbox.due(epoch_ends()).unwrap().is_empty());
    assert_eq!(outbox.row(id).unwrap().state, RecordState::Dropped);
    assert!(!world.holds("evil-host.example"));
}

#[test]
fn a_token_belongs_to_one_record_for_good() {
    let world = World::new();
    let id = world.agree_and_put();
    let mut outbox = world.outbox();
    outbox
        .keep_tokens(&program(), EPOCH, &[token(0), token(1)])
        .unwrap();
    // A second batch for the same epoch changes nothing.
    let mut other = token(0);
    other.bytes = vec![0xFF; 64];
    outbox.keep_tokens(&program(), EPOCH, &[other]).unwrap();
    assert_eq!(outbox.tokens(&program(), EPOCH).unwrap(), 2);
    assert_eq!(outbox.token_for(id, 0).unwrap(), Some(token(0)));
    assert_eq!(
        outbox.token_for(id, 0).unwrap(),
        Some(token(0)),
        "asked again"
    );
    assert_eq!(outbox.token_for(id, 5).unwrap(), None);
    assert_eq!(format!("{:?}", token(1)), "Token(lane 1, …)");
    outbox.drop_record(id, NOW).unwrap();
    assert!(
        !world.bytes().windows(32).any(|it| it == [0xA0; 32]),
        "the spent token is erased"
    );
}

#[test]
fn a_value_is_kept_under_its_name() {
    let world = World::new();
    let mut outbox = world.outbox();
    assert_eq!(outbox.kept("status").unwrap(), None);
    outbox.keep("status", b"one").unwrap();
    outbox.keep("status", b"two").unwrap();
    assert_eq!(outbox.kept("status").unwrap().as_deref(), Some(&b"two"[..]));
    assert!(
        Outbox::open_existing(&World::new().folder)
            .unwrap()
            .is_none()
    );
}

/// On some systems `/home` is a link, and so are folders that a person keeps elsewhere.
#[test]
fn a_state_folder_behind_a_link_is_used() {
    let place = tempfile::tempdir().unwrap();
    fs::create_dir(place.path().join("really")).unwrap();
    let link = place.path().join("state");
    std::os::unix::fs::symlink("really", &link).unwrap();
    let folder = candor_consent::Folder::in_state(&link);
    Outbox::open(&folder).unwrap().keep("status", b"x").unwrap();
    let kept = Outbox::open(&folder).unwrap().kept("status").unwrap();
    assert_eq!(kept.as_deref(), Some(&b"x"[..]));
}
