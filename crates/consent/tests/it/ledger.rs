//! What the ledger notes, and what holds afterwards.

use std::os::unix::fs::PermissionsExt;

use candor_consent::{
    Folder, FolderError, How, Ledger, LedgerError, ProgramId, Standing, Time, What,
};
use declare::{Declaration, Operator};

use crate::world::{
    DAY, DECLARATION, NOW, OPERATOR, SEND, World, give, operated, operated_by, program, shipped,
};

fn standing(world: &World, declaration: &Declaration, now: Time) -> Standing {
    let ledger = world.ledger();
    let material = declaration.material_hash();
    ledger.state().standing(&program(), &material, now)
}

#[test]
fn nothing_is_on_by_default_and_looking_writes_nothing() {
    let world = World::new();
    assert_eq!(standing(&world, &operated(), NOW), Standing::Unknown);
    assert!(matches!(
        world.ledger().receipt(&operated(), SEND, NOW),
        Err(LedgerError::NotGiven { .. })
    ));
    assert!(!world.folder.exists());
}

#[test]
fn an_answer_is_one_event_whether_it_is_yes_or_no() {
    let (yes, no) = (World::new(), World::new());
    yes.agree();
    no.ledger()
        .refused(&operated(), SEND, How::Question, NOW)
        .unwrap();
    assert_eq!(yes.ledger().events().len(), no.ledger().events().len());
    assert!(standing(&yes, &operated(), NOW).is_given());
    assert_eq!(standing(&no, &operated(), NOW), Standing::Refused);
    // Who refused is not asked again, not even after a change.
    let other = operated_by(&OPERATOR.replace("\"DE\"", "\"FR\""));
    assert!(!standing(&no, &other, NOW.plus(900 * DAY)).is_to_ask());
}

#[test]
fn being_asked_changes_no_answer() {
    let world = World::new();
    world
        .ledger()
        .asked(&operated(), SEND, How::Question, NOW)
        .unwrap();
    assert_eq!(standing(&world, &operated(), NOW), Standing::Asked);
    let receipt = world.agree();
    world
        .ledger()
        .asked(&operated(), SEND, How::Question, NOW)
        .unwrap();
    assert!(world.ledger().state().holds(&program(), receipt.id(), NOW));
    world
        .ledger()
        .refused(&operated(), SEND, How::Question, NOW)
        .unwrap();
    world
        .ledger()
        .asked(&operated(), SEND, How::Question, NOW)
        .unwrap();
    assert_eq!(standing(&world, &operated(), NOW), Standing::Refused);
}

#[test]
fn nobody_can_agree_while_nobody_receives() {
    let world = World::new();
    let refused = give(&mut world.ledger(), &shipped(), NOW).unwrap_err();
    assert!(
        matches!(refused, LedgerError::NobodyReceives(_)),
        "{refused}"
    );
    assert_eq!(standing(&world, &shipped(), NOW), Standing::Unknown);
    assert!(world.ledger().events().is_empty());
}

#[test]
fn a_yes_holds_for_its_time_and_for_its_declaration() {
    let world = World::new();
    world.agree();
    assert!(standing(&world, &operated(), NOW.plus(365 * DAY - 1)).is_given());
    assert_eq!(
        standing(&world, &operated(), NOW.plus(365 * DAY)),
        Standing::Expired
    );
    let other = operated_by(&OPERATOR.replace("\"Example e.V.\"", "\"Buyer Ltd\""));
    assert_eq!(standing(&world, &other, NOW), Standing::Invalidated);
    // What was not noted yet is noted once.
    let mut ledger = world.ledger();
    let noted = ledger.notice(&other, NOW).unwrap();
    assert_eq!(noted, [(program(), What::Invalidated)]);
    assert_eq!(ledger.notice(&other, NOW).unwrap(), []);
    // Going back to the old operator is no yes to it: it was said to be over.
    assert_eq!(standing(&world, &operated(), NOW), Standing::Invalidated);
    assert!(standing(&world, &operated(), NOW).is_to_ask());
}

#[test]
fn other_words_are_logged_and_not_asked() {
    let world = World::new();
    let receipt = world.agree();
    let reworded = DECLARATION.replace("So that others are warned", "To warn others");
    assert_ne!(reworded, DECLARATION);
    let operator = Operator::parse(OPERATOR).unwrap();
    let reworded = Declaration::parse(&reworded)
        .unwrap()
        .operated_by(&operator);
    let mut ledger = world.ledger();
    assert_eq!(
        ledger.notice(&reworded, NOW).unwrap(),
        [(program(), What::Reworded)]
    );
    assert_eq!(ledger.notice(&reworded, NOW).unwrap(), []);
    assert!(world.ledger().state().holds(&program(), receipt.id(), NOW));
    assert!(standing(&world, &reworded, NOW).is_given());
    // The receipt still says what was agreed to, in the words of then.
    let receipt = world.ledger().receipt(&reworded, SEND, NOW).unwrap();
    assert!(receipt.text().contains("So that others are warned"));
}

#[test]
fn two_consents_are_apart() {
    let world = World::new();
    world.agree();
    let suite = include_str!("../../../../apps/candor/declaration.toml");
    let suite = Declaration::parse(suite)
        .unwrap()
        .operated_by(&Operator::parse(OPERATOR).unwrap());
    let ledger = world.ledger();
    let other = ProgramId::of("org.candor.suite", "usage-count");
    let standing = ledger.state().standing(&other, &suite.material_hash(), NOW);
    assert_eq!(standing, Standing::Unknown);
    assert!(ledger.receipt(&suite, "usage-count", NOW).is_err());
}

#[test]
fn what_is_kept_is_this_persons_alone() {
    let world = World::new();
    world.agree_and_put();
    candor_consent::InstallSecret::read_or_make(&world.folder).unwrap();
    let mode = |path: &std::path::Path| path.metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(world.folder.path()), 0o700);
    let mut seen = 0;
    for entry in std::fs::read_dir(world.folder.path()).unwrap() {
        let path = entry.unwrap().path();
        assert_eq!(mode(&path), 0o600, "{}", path.display());
        seen += 1;
    }
    assert!(seen >= 6, "{seen}");
    // One that others may read is refused, with the way out.
    let key = world.folder.path().join("install.key");
    std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o644)).unwrap();
    let error = Ledger::read(&world.folder).unwrap_err();
    assert!(
        matches!(&error, LedgerError::Folder(FolderError::OpenToOthers { path }) if *path == key),
        "{error:?}"
    );
}

#[test]
fn two_processes_keep_one_chain() {
    let world = World::new();
    let mut first = world.ledger();
    let mut second = world.ledger();
    first.asked(&operated(), SEND, How::Question, NOW).unwrap();
    second
        .refused(&operated(), SEND, How::Question, NOW)
        .unwrap();
    first.asked(&operated(), SEND, How::Question, NOW).unwrap();
    assert_eq!(world.ledger().events().len(), 3);
    let threads: Vec<_> = (0..4)
        .map(|_| {
            let folder: Folder = world.folder.clone();
            std::thread::spawn(move || {
                let mut ledger = Ledger::open(&folder, NOW).unwrap().ledger;
                for _ in 0..5 {
                    ledger.asked(&operated(), SEND, How::Question, NOW).unwrap();
                }
            })
        })
        .collect();
    for thread in threads {
        thread.join().unwrap();
    }
    assert_eq!(world.ledger().events().len(), 23);
}

#[test]
fn the_secret_is_random_kept_and_silent() {
    use candor_consent::InstallSecret;
    let (one, other) = (World::new(), World::new());
    let bytes = |world: &World| {
        let secret = InstallSecret::read_or_make(&world.folder).unwrap();
        assert_eq!(format!("{secret:?}"), "InstallSecret(…)");
        *secret.as_bytes()
    };
    assert_eq!(bytes(&one), bytes(&one));
    assert_ne!(bytes(&one), bytes(&other));
}
