//! The status: what it closes, what it proves, what it refuses to be.

use candor_wire::{
    Epoch, ProgramHash, PublicKey, Version,
    log::{Checkpoint, EntryProof, Event, Hash, Leaf, inclusion_proof, leaf_hash, root},
    note::Signer,
    status::{Disabled, EpochKeys, Role, Standing, Status, StatusError},
};

use crate::made::program;

const NOW: u64 = 1_764_000_000;

pub(crate) fn log_signer() -> Signer {
    Signer::new("intake.example/log", &[1; 32]).unwrap()
}

pub(crate) fn signer() -> Signer {
    Signer::new("intake.example/status", &[2; 32]).unwrap()
}

/// A status over a log of five leaves, with the keys of two epochs.
pub(crate) fn made() -> Status {
    let program = *program().hash();
    let published = |epoch: u32| Leaf {
        at: NOW - 10,
        event: Event::EpochKeyPublished {
            program,
            epoch: Epoch(epoch),
            randomness: PublicKey([u8::try_from(epoch % 256).unwrap(); 32]),
            issuer: PublicKey([9; 32]),
        },
    };
    let acted = |at: u64| Leaf {
        at,
        event: Event::AdminActed {
            scope: "config".to_owned(),
            act: "looked".to_owned(),
        },
    };
    let gateway = Leaf {
        at: 2,
        event: Event::GatewayKeyPublished {
            keys: leaf_hash(b"keys"),
        },
    };
    let leaves = [
        acted(1),
        published(2900),
        gateway,
        published(2901),
        acted(3),
    ];
    let bytes = leaves.map(|leaf| leaf.to_bytes().unwrap());
    let hashes: Vec<Hash> = bytes.iter().map(|it| leaf_hash(it)).collect();
    let entry = |index: u64| EntryProof {
        index,
        leaf: String::from_utf8(bytes[usize::try_from(index).unwrap()].clone()).unwrap(),
        path: inclusion_proof(hashes.iter().copied(), index, 5).unwrap(),
    };
    let checkpoint = Checkpoint {
        origin: "intake.example/log".to_owned(),
        size: 5,
        root: root(hashes.iter().copied()),
    };
    Status {
        issued: NOW,
        until: NOW + 86_400,
        roles: vec![Role::Receive, Role::Issuer],
        least: Version { major: 0, minor: 2 },
        programs: vec![program],
        disabled: vec![
            Disabled {
                program: None,
                version: Some(Version { major: 0, minor: 4 }),
            },
            Disabled {
                program: Some(program),
                version: Some(Version { major: 0, minor: 3 }),
            },
        ],
        gateway: vec![leaf_hash(b"keys")],
        epochs: vec![entry(1), entry(2), entry(3)],
        checkpoint: checkpoint.sign(&log_signer()).unwrap(),
    }
}

#[test]
fn a_status_comes_back_as_it_was_signed() {
    let status = made();
    let note = status.sign(&signer()).unwrap();
    assert_eq!(Status::open(&note, &signer().verifier(), NOW), Ok(status));
    assert!(note.len() < 4096, "{} bytes", note.len());
}

#[test]
fn a_version_is_open_or_closed() {
    let (status, program) = (made(), program());
    let standing = |minor: u8| status.standing(&program, Version { major: 0, minor });
    assert_eq!(standing(1), Standing::Disabled, "older than the oldest");
    assert_eq!(standing(2), Standing::Open);
    assert_eq!(standing(3), Standing::Disabled, "closed for this program");
    assert_eq!(standing(4), Standing::Disabled, "closed for all");
    assert_eq!(standing(5), Standing::Open);
    let elsewhere = Status {
        programs: vec![ProgramHash([0; 32])],
        ..status.clone()
    };
    let version = Version { major: 0, minor: 2 };
    assert_eq!(
        elsewhere.standing(&program, version),
        Standing::UnknownProgram
    );
    // A whole program, or everything: closed also where the program is not listed any more.
    for closed in [Some(*program.hash()), None] {
        for listed in [status.clone(), elsewhere.clone()] {
            let all = Status {
                disabled: vec![Disabled {
                    program: closed,
                    version: None,
                }],
                ..listed
            };
            assert_eq!(all.standing(&program, version), Standing::Disabled);
        }
    }
}

#[test]
fn keys_count_only_when_they_are_in_the_log() {
    let (status, log) = (made(), log_signer().verifier());
    let program = *program().hash();
    let keys = status.keys(&program, Epoch(2900), &log).unwrap();
    let expected = EpochKeys {
        randomness: PublicKey([84; 32]),
        issuer: PublicKey([9; 32]),
    };
    assert_eq!(keys, expected);
    let missing = status.keys(&program, Epoch(2902), &log);
    assert_eq!(missing, Err(StatusError::Epoch(Epoch(2902))));
    let other = status.keys(&ProgramHash([0; 32]), Epoch(2900), &log);
    assert_eq!(other, Err(StatusError::Epoch(Epoch(2900))));
    // A key for one device alone: the leaf that names it is not in the log.
    let mut lying = status.clone();
    lying.epochs[0].leaf = lying.epochs[0].leaf.replace("5454", "5455");
    assert!(matches!(
        lying.keys(&program, Epoch(2900), &log),
        Err(StatusError::Path(_))
    ));
    let stranger = signer().verifier();
    let foreign = status.keys(&program, Epoch(2900), &stranger);
    assert!(matches!(foreign, Err(StatusError::Checkpoint(_))));
}

#[test]
fn a_gateway_key_counts_only_when_it_is_in_the_log() {
    let (status, log) = (made(), log_signer().verifier());
    assert_eq!(
        status.vouches_for_gateway(&leaf_hash(b"keys"), &log),
        Ok(())
    );
    let alone = leaf_hash(b"a key for one device");
    assert_eq!(
        status.vouches_for_gateway(&alone, &log),
        Err(StatusError::Gateway)
    );
    // Named, and even with a leaf: it is not in the log.
    let mut lying = status.clone();
    lying.gateway.push(alone);
    assert_eq!(
        lying.vouches_for_gateway(&alone, &log),
        Err(StatusError::Gateway)
    );
    let keys = leaf_hash(b"keys").to_string();
    lying.epochs[1].leaf = lying.epochs[1].leaf.replace(&keys, &alone.to_string());
    assert!(matches!(
        lying.vouches_for_gateway(&alone, &log),
        Err(StatusError::Path(_))
    ));
    // So many that they could tell devices apart.
    let mut many = status;
    many.gateway.resize(4, alone);
    assert_eq!(many.vouches_for_gateway(&leaf_hash(b"keys"), &log), Ok(()));
    many.gateway.push(alone);
    assert_eq!(
        many.vouches_for_gateway(&leaf_hash(b"keys"), &log),
        Err(StatusError::Gateways(5))
    );
}

#[test]
fn a_status_that_is_not_as_signed_is_refused() {
    let (status, key) = (made(), signer().verifier());
    let note = status.sign(&signer()).unwrap();
    let time = |now| Status::open(&note, &key, now).unwrap_err();
    let (issued, until) = (NOW, NOW + 86_400);
    for now in [NOW - 3601, NOW + 86_400] {
        assert_eq!(time(now), StatusError::Time { issued, until, now });
    }
    assert!(
        Status::open(&note, &key, NOW - 3600).is_ok(),
        "a clock an hour behind"
    );
    let changed = note.replace("\"least\":\"0.2\"", "\"least\":\"0.0\"");
    assert_ne!(changed, note);
    assert!(matches!(
        Status::open(&changed, &key, NOW),
        Err(StatusError::Note(_))
    ));
    let stranger = log_signer().verifier();
    assert!(matches!(
        Status::open(&note, &stranger, NOW),
        Err(StatusError::Note(_))
    ));
    // Signed, but not in the one form.
    let text = key.open(&note).unwrap();
    for wrong in [
        text.replace("\"least\":", "\"least\": "),
        text.replace("intake.example/status\n", "intake.example/log\n"),
        text.replace("{\"issued\"", "{\"more\":1,\"issued\""),
        "intake.example/status\n".to_owned(),
        "intake.example/status\n{}\n".to_owned(),
        format!("intake.example/status\n{}\n", "[".repeat(10_000)),
    ] {
        let note = signer().sign(&wrong).unwrap();
        assert_eq!(
            Status::open(&note, &key, NOW),
            Err(StatusError::Form),
            "{wrong}"
        );
    }
    let long = format!("intake.example/status\n{}\n", "a".repeat(70_000));
    let long = signer().sign(&long).unwrap();
    assert!(matches!(
        Status::open(&long, &key, NOW),
        Err(StatusError::Long(_))
    ));
    let mut twice = status.clone();
    twice.roles = vec![Role::Issuer, Role::Receive];
    assert_eq!(twice.sign(&signer()), Err(StatusError::Form));
}
