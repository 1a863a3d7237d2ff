//! Signed notes, checkpoints, leaves, and what a device can show with them.

use candor_wire::{
    Day, Epoch, ProgramHash, PublicKey, Version,
    log::{
        Checkpoint, CheckpointError, EntryProof, Erasure, Event, Hash, Leaf, LeafError, Partition,
        Proof, ProofDocumentError, inclusion_proof, leaf_hash, root,
    },
    note::{NoteError, Signer, Verifier},
};

use crate::tree::leaves;

const ORIGIN: &str = "intake.example/log";

#[test]
fn the_published_example_of_a_signed_note_holds() {
    // From the documentation of golang.org/x/mod/sumdb/note, read 2026-11.
    let key = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
    let note = "If you think cryptography is the answer to your problem,\n\
        then you don't know what your problem is.\n\
        \n\
        — PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";
    let verifier: Verifier = key.parse().unwrap();
    assert_eq!(verifier.to_string(), key);
    assert!(verifier.open(note).unwrap().ends_with("problem is.\n"));
    let changed = note.replace("answer", "solution");
    assert_eq!(
        verifier.open(&changed),
        Err(NoteError::Signature("PeterNeumann".to_owned()))
    );
}

#[test]
fn a_note_is_taken_only_as_it_was_signed() {
    let (signer, other) = (signer(1), Signer::new("witness.example", &[2; 32]).unwrap());
    let note = signer.sign("a\nb\n").unwrap();
    let verifier = signer.verifier();
    assert_eq!(verifier.open(&note), Ok("a\nb\n"));
    // A second signature, by somebody else, disturbs nobody.
    let (_, line) = other
        .sign("a\nb\n")
        .unwrap()
        .split_once("\n\n")
        .map(|(a, b)| (a.len(), b.to_owned()))
        .unwrap();
    let both = format!("{note}{line}");
    assert_eq!(verifier.open(&both), Ok("a\nb\n"));
    assert_eq!(other.verifier().open(&both), Ok("a\nb\n"));
    let unsigned = other.verifier().open(&note);
    assert_eq!(
        unsigned,
        Err(NoteError::Unsigned("witness.example".to_owned()))
    );
    for wrong in [
        "",
        "a\n",
        "a\n\n",
        "a\n\nb\n",
        "a\n\n— x y\n",
        &note[..note.len() - 1],
    ] {
        assert!(
            matches!(verifier.open(wrong), Err(NoteError::Form(_))),
            "{wrong:?}"
        );
    }
    for wrong in ["a", "a\tb\n", "a\r\n"] {
        assert!(
            matches!(signer.sign(wrong), Err(NoteError::Form(_))),
            "{wrong:?}"
        );
    }
    for wrong in ["", "a b", "a+b", "a\nb"] {
        assert!(
            matches!(Signer::new(wrong, &[0; 32]), Err(NoteError::Name(_))),
            "{wrong:?}"
        );
    }
    for wrong in [
        "",
        "a",
        "a+00000000+AA",
        "PeterNeumann+c74f20a4+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
    ] {
        assert!(wrong.parse::<Verifier>().is_err(), "{wrong:?}");
    }
}

fn signer(seed: u8) -> Signer {
    Signer::new(ORIGIN, &[seed; 32]).unwrap()
}

#[test]
fn a_checkpoint_is_of_its_log() {
    let checkpoint = Checkpoint {
        origin: ORIGIN.to_owned(),
        size: 12,
        root: leaf_hash(b"root"),
    };
    let note = checkpoint.sign(&signer(1)).unwrap();
    let key = signer(1).verifier();
    assert_eq!(Checkpoint::open(&note, &key), Ok(checkpoint.clone()));
    let other = signer(2).verifier();
    assert!(matches!(
        Checkpoint::open(&note, &other),
        Err(CheckpointError::Note(_))
    ));
    let foreign = Checkpoint {
        origin: "other.example/log".to_owned(),
        ..checkpoint.clone()
    };
    let foreign = foreign.sign(&signer(1)).unwrap();
    assert!(matches!(
        Checkpoint::open(&foreign, &key),
        Err(CheckpointError::Origin(_))
    ));
    let extended = format!("{}extension\n", checkpoint.text());
    let extended = signer(1).sign(&extended).unwrap();
    assert_eq!(Checkpoint::open(&extended, &key), Ok(checkpoint.clone()));
    for wrong in ["x\n", "x\n1\n", "x\n01\nAA\n", "x\n-1\n\n"] {
        let note = signer(1).sign(wrong).unwrap();
        assert!(Checkpoint::open(&note, &key).is_err(), "{wrong:?}");
    }
}

/// A log of three leaves: keys published, a partition of 50 reports sealed, then erased.
struct Story {
    reports: Vec<Hash>,
    log: Vec<Leaf>,
}

impl Story {
    fn new() -> Self {
        let mut reports = leaves(50);
        reports.sort_unstable();
        let (program, epoch) = (ProgramHash([7; 32]), Epoch(2900));
        let partition = Partition {
            program,
            epoch,
            day: Day(20_300),
        };
        let key_id = leaf_hash(b"key");
        let published = Event::EpochKeyPublished {
            program,
            epoch,
            randomness: PublicKey([1; 32]),
            issuer: PublicKey([2; 32]),
        };
        let sealed = Event::PartitionSealed {
            partition,
            key_id,
            rows: 50,
            root: root(reports.iter().copied()),
        };
        let erased = Event::PartitionErased {
            partition,
            key_id,
            rows: 50,
            reason: Erasure::Retention,
        };
        let log = [(100, published), (200, sealed), (300, erased)];
        Self {
            reports,
            log: log
                .into_iter()
                .map(|(at, event)| Leaf { at, event })
                .collect(),
        }
    }

    fn hashes(&self) -> Vec<Hash> {
        self.log
            .iter()
            .map(|leaf| leaf_hash(&leaf.to_bytes().unwrap()))
            .collect()
    }

    fn entry(&self, index: u64) -> EntryProof {
        let leaf = self.log[usize::try_from(index).unwrap()]
            .to_bytes()
            .unwrap();
        let path = inclusion_proof(self.hashes(), index, self.log.len() as u64).unwrap();
        EntryProof {
            index,
            leaf: String::from_utf8(leaf).unwrap(),
            path,
        }
    }

    fn proof(&self, report: u64) -> Proof {
        let checkpoint = Checkpoint {
            origin: ORIGIN.to_owned(),
            size: self.log.len() as u64,
            root: root(self.hashes()),
        };
        Proof {
            index: report,
            path: inclusion_proof(self.reports.iter().copied(), report, 50).unwrap(),
            sealed: self.entry(1),
            erased: Some(self.entry(2)),
            checkpoint: checkpoint.sign(&signer(1)).unwrap(),
        }
    }
}

#[test]
fn a_device_shows_offline_that_its_report_was_kept_and_erased() {
    let story = Story::new();
    let key = signer(1).verifier();
    let proof = Proof::parse(&story.proof(13).to_json()).unwrap();
    let proven = proof.check(&story.reports[13], &key).unwrap();
    assert_eq!(
        (proven.partition.day, proven.rows, proven.sealed_at),
        (Day(20_300), 50, 200)
    );
    assert_eq!(proven.erased, Some((300, Erasure::Retention)));
    let kept = Proof {
        erased: None,
        ..proof.clone()
    };
    assert_eq!(kept.check(&story.reports[13], &key).unwrap().erased, None);
}

#[test]
fn a_proof_that_lies_is_refused_by_what_is_wrong() {
    let story = Story::new();
    let key = signer(1).verifier();
    let good = story.proof(13);
    let refused = |proof: &Proof| proof.check(&story.reports[13], &key).unwrap_err();
    let path = |error: ProofDocumentError| match error {
        ProofDocumentError::Path { what, .. } => what,
        other => panic!("{other}"),
    };
    assert_eq!(
        path(good.check(&story.reports[14], &key).unwrap_err()),
        "path of the report"
    );
    let other = signer(2).verifier();
    let unsigned = good.check(&story.reports[13], &other).unwrap_err();
    assert!(matches!(unsigned, ProofDocumentError::Checkpoint(_)));
    let mut changed = good.clone();
    changed.index = 14;
    assert_eq!(path(refused(&changed)), "path of the report");
    changed = good.clone();
    changed.sealed.leaf = changed.sealed.leaf.replace("\"rows\":50", "\"rows\":51");
    assert_eq!(path(refused(&changed)), "path of the sealing");
    changed = good.clone();
    changed.sealed = story.entry(0);
    assert!(matches!(
        refused(&changed),
        ProofDocumentError::Event("sealing")
    ));
    changed = good.clone();
    changed.erased = Some(story.entry(1));
    assert!(matches!(
        refused(&changed),
        ProofDocumentError::Event("erasure")
    ));
    // Erased was another day's partition.
    let mut elsewhere = Story::new();
    if let Event::PartitionErased { partition, .. } = &mut elsewhere.log[2].event {
        partition.day = Day(20_301);
    }
    let refused = elsewhere
        .proof(13)
        .check(&story.reports[13], &key)
        .unwrap_err();
    assert!(matches!(refused, ProofDocumentError::Event("erasure")));
    for wrong in [
        "",
        "{}",
        "[]",
        "null",
        &"[".repeat(10_000),
        &" ".repeat(70_000),
    ] {
        assert!(matches!(
            Proof::parse(wrong),
            Err(ProofDocumentError::Form(_))
        ));
    }
}

#[test]
fn every_event_is_one_line_of_json_in_one_form() {
    let mut all = Story::new().log;
    let (program, epoch) = (ProgramHash([7; 32]), Epoch(2900));
    all.extend(
        [
            Event::GatewayKeyPublished {
                keys: leaf_hash(b"keys"),
            },
            Event::GatewayKeyDestroyed {
                keys: leaf_hash(b"keys"),
            },
            Event::EpochKeyDestroyed {
                program,
                epoch,
                randomness: PublicKey([1; 32]),
            },
            Event::WithdrawnBatch {
                program,
                epoch,
                rows: 2,
                root: leaf_hash(b"x"),
            },
            Event::VersionDisabled {
                program: None,
                version: Version { major: 0, minor: 1 },
                reason: "sent too much".to_owned(),
            },
            Event::ConfigChanged {
                what: "retention".to_owned(),
                config: leaf_hash(b"y"),
            },
            Event::AdminActed {
                scope: "purge".to_owned(),
                act: "purged a program".to_owned(),
            },
        ]
        .map(|event| Leaf { at: 1, event }),
    );
    for leaf in &all {
        let bytes = leaf.to_bytes().unwrap();
        assert_eq!(Leaf::parse(&bytes).as_ref(), Ok(leaf));
        let text = String::from_utf8(bytes.clone()).unwrap();
        assert!(!text.contains('\n'), "{text}");
        let spaced = text.replacen(':', ": ", 1);
        assert_eq!(Leaf::parse(spaced.as_bytes()), Err(LeafError::Form));
        let more = text.replacen('{', "{\"more\":1,", 1);
        assert_eq!(Leaf::parse(more.as_bytes()), Err(LeafError::Form));
        assert_eq!(Leaf::parse(&bytes[..bytes.len() - 1]), Err(LeafError::Form));
    }
    let sealed = String::from_utf8(all[1].to_bytes().unwrap()).unwrap();
    assert!(
        sealed.starts_with("{\"at\":200,\"event\":{\"kind\":\"partition-sealed\","),
        "{sealed}"
    );
    let long = Event::AdminActed {
        scope: String::new(),
        act: "a".repeat(5000),
    };
    assert!(matches!(
        Leaf { at: 0, event: long }.to_bytes(),
        Err(LeafError::Long(_))
    ));
}
