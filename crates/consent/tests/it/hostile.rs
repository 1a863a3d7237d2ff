//! A ledger that somebody or something changed: found, kept aside, and nothing in it agreed to.

use std::fs;

use candor_consent::{How, Ledger, LedgerError, Outbox, OutboxError, Standing};

use crate::world::{NOW, SEND, World, give, operated, program, record};

fn is_found(world: &World, what: &str) {
    let error = Ledger::read(&world.folder).unwrap_err();
    assert!(
        matches!(error, LedgerError::Damaged(_)),
        "{what}: {error:?}"
    );
    let before = fs::read(world.folder.ledger()).ok();
    let opened = Ledger::open(&world.folder, NOW).unwrap();
    let damage = opened
        .damage
        .unwrap_or_else(|| panic!("{what} went unnoticed"));
    let kept = damage.kept.unwrap();
    assert_eq!(fs::read(&kept).ok(), before, "{what}");
    let material = operated().material_hash();
    let standing = opened.ledger.state().standing(&program(), &material, NOW);
    assert_eq!(standing, Standing::Unknown, "{what}");
}

#[test]
fn each_byte_that_is_tampered_with_is_found() {
    let world = World::new();
    world
        .ledger()
        .asked(&operated(), SEND, How::Question, NOW)
        .unwrap();
    world.agree();
    let whole = fs::read(world.folder.ledger()).unwrap();
    for at in 0..whole.len() {
        let change = [1_u8, 0x20, 0x80][at % 3];
        let mut tampered = whole.clone();
        tampered[at] ^= change;
        fs::write(world.folder.ledger(), &tampered).unwrap();
        let found = Ledger::read(&world.folder);
        assert!(
            matches!(found, Err(LedgerError::Damaged(_))),
            "byte {at} of {} was changed by {change:#x}",
            whole.len()
        );
    }
    fs::write(world.folder.ledger(), &whole).unwrap();
    Ledger::read(&world.folder).unwrap();
}

/// What somebody or something does to the bytes of a ledger.
type Change = fn(&[u8]) -> Vec<u8>;

#[test]
fn what_is_cut_off_added_moved_or_replaced_is_found() {
    let made = || {
        let world = World::new();
        world.agree();
        world
            .outbox()
            .withdraw(&mut world.ledger(), &program(), How::Command, NOW)
            .unwrap();
        world
    };
    let changes: [(&str, Change); 6] = [
        // Without its withdrawal the yes would hold again.
        ("the last event is gone", |whole| {
            let end = whole[..whole.len() - 1]
                .iter()
                .rposition(|it| *it == b'\n')
                .unwrap();
            whole[..=end].to_vec()
        }),
        ("it ends in the middle", |whole| {
            whole[..whole.len() - 7].to_vec()
        }),
        ("the line break at its end is gone", |whole| {
            whole[..whole.len() - 1].to_vec()
        }),
        ("it is empty", |_| Vec::new()),
        ("an event stands twice", |whole| [whole, whole].concat()),
        ("zeros, as a full disk leaves them", |whole| {
            vec![0; whole.len()]
        }),
    ];
    for (what, change) in changes {
        let world = made();
        let whole = fs::read(world.folder.ledger()).unwrap();
        fs::write(world.folder.ledger(), change(&whole)).unwrap();
        is_found(&world, what);
    }
    let world = made();
    fs::remove_file(world.folder.ledger()).unwrap();
    let error = Ledger::read(&world.folder).unwrap_err().to_string();
    assert!(error.contains("the file is missing"), "{error}");
    // Another machine's ledger is signed with another key.
    let (world, other) = (made(), made());
    fs::copy(other.folder.ledger(), world.folder.ledger()).unwrap();
    fs::copy(
        other.folder.path().join("ledger.head"),
        world.folder.path().join("ledger.head"),
    )
    .unwrap();
    is_found(&world, "another machine's ledger");
}

/// Whoever lost the end of a ledger may have lost its head with it: a yes must not hold again for that.
#[test]
fn a_ledger_without_its_head_is_damaged() {
    let world = World::new();
    world.agree();
    let first = fs::read(world.folder.ledger()).unwrap();
    world
        .outbox()
        .withdraw(&mut world.ledger(), &program(), How::Command, NOW)
        .unwrap();
    fs::remove_file(head_of(&world)).unwrap();
    fs::write(world.folder.ledger(), &first).unwrap();
    is_found(&world, "the yes without its withdrawal, and no head");
}

/// What a power cut leaves: the head before the first event, and the head one behind.
#[test]
fn a_head_that_is_one_behind_is_none_the_worse() {
    let world = World::new();
    world.agree();
    let head = head_of(&world);
    let second = fs::read(&head).unwrap();
    let beginning = format!("0 {}\n", "0".repeat(64));
    fs::write(&head, &beginning).unwrap();
    assert_eq!(Ledger::read(&world.folder).unwrap().events().len(), 1);
    fs::remove_file(world.folder.ledger()).unwrap();
    assert_eq!(Ledger::read(&world.folder).unwrap().events().len(), 0);
    // The one after the next one is not there: more than one behind is lost, not late.
    fs::write(&head, second).unwrap();
    is_found(&world, "a ledger that is gone");

    let world = World::new();
    world.agree();
    world.agree();
    fs::write(head_of(&world), beginning).unwrap();
    is_found(&world, "two events and the head before the first");
}

fn head_of(world: &World) -> std::path::PathBuf {
    world.folder.path().join("ledger.head")
}

#[test]
fn damage_is_told_until_it_is_moved_away_and_answers_are_known_beside_it() {
    let world = World::new();
    world.agree();
    let text = fs::read_to_string(world.folder.ledger()).unwrap();
    fs::write(world.folder.ledger(), text.replace("given", "givem")).unwrap();
    let opened = || Ledger::open(&world.folder, NOW).unwrap();
    let damage = opened().damage.unwrap();
    assert_eq!(opened().damage.as_ref(), Some(&damage), "and again");
    // To be asked is no answer.
    let mut ledger = opened().ledger;
    ledger.asked(&operated(), SEND, How::Question, NOW).unwrap();
    assert!(!opened().ledger.has_answer(&program()));
    ledger
        .refused(&operated(), SEND, How::Command, NOW)
        .unwrap();
    assert!(opened().ledger.has_answer(&program()));
    let other = candor_consent::ProgramId::of("another", SEND);
    assert!(!opened().ledger.has_answer(&other));
    // It names what is to be moved away: the ledger and its head.
    assert_eq!(opened().damage.as_ref(), Some(&damage));
    let files = damage.files();
    assert_eq!(files.len(), 2, "{files:?}");
    for file in files {
        fs::remove_file(file).unwrap();
    }
    assert_eq!(opened().damage, None);
}

#[test]
fn what_is_no_file_or_no_key_is_set_aside_as_damage() {
    for name in ["ledger.jsonl", "ledger.head", "install.key"] {
        for is_folder in [true, false] {
            let world = World::new();
            world.agree();
            let path = world.folder.path().join(name);
            fs::remove_file(&path).unwrap();
            match is_folder {
                true => fs::create_dir(&path).unwrap(),
                false => fs::write(&path, b"").unwrap(),
            }
            let mode = std::os::unix::fs::PermissionsExt::from_mode(0o700);
            fs::set_permissions(&path, mode).unwrap();
            let error = Ledger::read(&world.folder).unwrap_err();
            assert!(matches!(error, LedgerError::Damaged(_)), "{error:?}");
            let opened = Ledger::open(&world.folder, NOW).unwrap();
            let damage = opened.damage.unwrap();
            if is_folder {
                assert!(damage.why.ends_with("is no file"), "{damage}");
            }
            let files = damage.files();
            let is_key = name == "install.key";
            assert_eq!(files.len(), if is_key { 3 } else { 2 }, "{name}: {files:?}");
            // The next one is written beside it, with a key that is one.
            let mut ledger = opened.ledger;
            give(&mut ledger, &operated(), NOW).unwrap();
            assert_eq!(Ledger::read(&world.folder).unwrap().events().len(), 1);
            let told = Ledger::open(&world.folder, NOW).unwrap().damage.unwrap();
            assert_eq!((&told.why, told.files()), (&damage.why, files), "{name}");
        }
    }
}

#[test]
fn an_outbox_that_is_damaged_is_set_aside_whole() {
    let world = World::new();
    world.agree_and_put();
    let torn = vec![b'x'; 5000];
    fs::write(world.folder.outbox(), &torn).unwrap();
    let error = Outbox::open(&world.folder).unwrap_err();
    assert!(error.is_of_damage(), "{error:?}");
    let kept = Outbox::set_aside(&world.folder, NOW).unwrap().unwrap();
    assert_eq!(fs::read(&kept).unwrap(), torn);
    assert_eq!(world.outbox().rows().unwrap(), []);
    assert_eq!(
        Outbox::kept_aside(&world.folder).unwrap(),
        std::slice::from_ref(&kept)
    );
    // The new one is whole: who saw the damage before leaves it where it is.
    assert_eq!(Outbox::set_aside(&world.folder, NOW).unwrap(), None);
    assert!(world.folder.outbox().exists());
    // A second one of the same second has a name of its own.
    fs::write(world.folder.outbox(), &torn).unwrap();
    let second = Outbox::set_aside(&world.folder, NOW).unwrap();
    assert_ne!(second.unwrap(), kept);
    assert_eq!(fs::read(&kept).unwrap(), torn);
}

#[test]
fn a_damaged_ledger_lets_nothing_in_or_out() {
    let world = World::new();
    let id = world.agree_and_put();
    let receipt = world.ledger().receipt(&operated(), SEND, NOW).unwrap();
    let mut outbox = world.outbox();
    outbox.was_shown(id, NOW).unwrap();
    let whole = fs::read(world.folder.ledger()).unwrap();
    fs::write(world.folder.ledger(), &whole[..whole.len() - 1]).unwrap();
    assert!(matches!(
        outbox.put(&record(), &receipt, NOW),
        Err(OutboxError::Ledger(_))
    ));
    assert!(matches!(outbox.due(NOW), Err(OutboxError::Ledger(_))));
    // What waited under it is emptied: its yes cannot be shown any more.
    assert!(outbox.row(id).unwrap().fields.is_empty());
    assert!(!world.holds("evil-host.example"));
    // A receipt from before the damage opens nothing in the new ledger.
    Ledger::open(&world.folder, NOW).unwrap();
    assert!(matches!(
        outbox.put(&record(), &receipt, NOW),
        Err(OutboxError::NotGiven(_))
    ));
    // Two damaged ledgers of one second are both kept.
    let mut ledger = Ledger::open(&world.folder, NOW).unwrap().ledger;
    give(&mut ledger, &operated(), NOW).unwrap();
    fs::write(world.folder.ledger(), b"no event\n").unwrap();
    is_found(&world, "no event");
    let kept = fs::read_dir(world.folder.path()).unwrap();
    let kept = kept.filter(|it| {
        let name = it.as_ref().unwrap().file_name().into_string().unwrap();
        name.starts_with("ledger.damaged-") && !name.ends_with(".head")
    });
    assert_eq!(kept.count(), 2);
}

#[test]
fn an_outbox_that_is_none_is_refused_by_name() {
    let world = World::new();
    world.agree_and_put();
    fs::write(
        world.folder.outbox(),
        b"this is no database, and long enough to see that it is none",
    )
    .unwrap();
    let error = Outbox::open(&world.folder).unwrap_err();
    assert!(error.to_string().contains("outbox.db"), "{error}");
    let database = rusqlite::Connection::open(world.folder.path().join("other.db")).unwrap();
    database
        .execute_batch("PRAGMA user_version = 77; CREATE TABLE x(y)")
        .unwrap();
    drop(database);
    fs::rename(world.folder.path().join("other.db"), world.folder.outbox()).unwrap();
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o600);
    fs::set_permissions(world.folder.outbox(), mode).unwrap();
    let error = Outbox::open(&world.folder).unwrap_err();
    assert!(
        matches!(error, OutboxError::Form { found: 77, .. }),
        "{error:?}"
    );
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(64))]
    #[test]
    fn no_bytes_make_it_panic(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..300), cut in 0_usize..2000) {
        let world = World::new();
        world.agree();
        let whole = fs::read(world.folder.ledger()).unwrap();
        let mut text = whole[..cut.min(whole.len())].to_vec();
        text.extend(&bytes);
        fs::write(world.folder.ledger(), &text).unwrap();
        let read = Ledger::read(&world.folder);
        proptest::prop_assert!(read.is_err() || text == whole);
        fs::write(world.folder.path().join("ledger.head"), &bytes).unwrap();
        fs::write(world.folder.ledger(), &whole).unwrap();
        proptest::prop_assert!(Ledger::read(&world.folder).is_err());
    }
}
