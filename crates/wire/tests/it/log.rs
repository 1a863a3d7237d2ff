//! The log: its tree, its files, its checkpoints, and what a device can show with them.

use candor_wire::{
    Day, Epoch, ProgramHash, PublicKey, Version,
    log::{
        Bundle, Checkpoint, CheckpointError, EntryProof, Erasure, Event, Hash, Leaf, LeafError,
        Partition, Proof, ProofDocumentError, ProofError, Tile, Tree, consistency_proof,
        inclusion_proof, leaf_hash, node_hash, root, tiles_between, verify_consistency,
        verify_inclusion,
    },
    note::{NoteError, Signer, Verifier},
};

const ORIGIN: &str = "intake.example/log";

fn leaves(count: u64) -> Vec<Hash> {
    (0..count).map(|at| leaf_hash(&at.to_be_bytes())).collect()
}

/// RFC 6962, section 2.1, as it is written there.
fn root_as_defined(leaves: &[Hash]) -> Hash {
    match leaves.len() {
        0 => root([]),
        1 => leaves[0],
        n => {
            let left = 1 << (n - 1).ilog2();
            node_hash(
                &root_as_defined(&leaves[..left]),
                &root_as_defined(&leaves[left..]),
            )
        }
    }
}

#[test]
fn the_root_is_that_of_rfc_6962() {
    // Of certificate-transparency's reference tests: no leaf, and the eight leaves.
    let hex = |text: &str| Hash(*PublicKey::from_hex(text).unwrap().as_bytes());
    let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    assert_eq!(root([]), hex(empty));
    let inputs: [&[u8]; 8] = [
        b"",
        b"\x00",
        b"\x10",
        b"\x20\x21",
        b"\x30\x31",
        b"\x40\x41\x42\x43",
        b"\x50\x51\x52\x53\x54\x55\x56\x57",
        b"\x60\x61\x62\x63\x64\x65\x66\x67\x68\x69\x6a\x6b\x6c\x6d\x6e\x6f",
    ];
    let roots = [
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    ];
    for (count, expected) in (1..=8).zip(roots) {
        assert_eq!(
            root(inputs[..count].iter().map(|it| leaf_hash(it))),
            hex(expected),
            "{count}"
        );
    }
}

#[test]
fn every_leaf_of_every_small_tree_is_proven_and_nothing_else() {
    for size in 1..=40_u64 {
        let all = leaves(size);
        let whole = root(all.iter().copied());
        assert_eq!(whole, root_as_defined(&all));
        for index in 0..size {
            let path = inclusion_proof(all.iter().copied(), index, size).unwrap();
            let leaf = all[usize::try_from(index).unwrap()];
            assert_eq!(verify_inclusion(&leaf, index, size, &path, &whole), Ok(()));
            let other = leaf_hash(b"other");
            assert!(verify_inclusion(&other, index, size, &path, &whole).is_err());
            for wrong in (0..size).filter(|wrong| *wrong != index) {
                assert!(verify_inclusion(&leaf, wrong, size, &path, &whole).is_err());
            }
            let longer = [&path[..], &[other]].concat();
            assert!(verify_inclusion(&leaf, index, size, &longer, &whole).is_err());
            if let Some((_, shorter)) = path.split_last() {
                assert!(verify_inclusion(&leaf, index, size, shorter, &whole).is_err());
            }
        }
        let beyond = verify_inclusion(&all[0], size, size, &[], &whole);
        assert_eq!(beyond, Err(ProofError::Range));
        assert_eq!(inclusion_proof(all.iter().copied(), size, size), None);
        assert_eq!(
            inclusion_proof(all.iter().copied(), 0, size + 1),
            None,
            "a leaf is missing"
        );
    }
}

#[test]
fn every_small_tree_begins_every_larger_one() {
    for new in 1..=33_u64 {
        let all = leaves(new);
        let new_root = root(all.iter().copied());
        for old in 1..=new {
            let beginning = &all[..usize::try_from(old).unwrap()];
            let old_root = root(beginning.iter().copied());
            let proof = consistency_proof(&all, old).unwrap();
            let check = |old_root: &Hash, new_root: &Hash, proof: &[Hash]| {
                verify_consistency(old, old_root, new, new_root, proof)
            };
            assert_eq!(
                check(&old_root, &new_root, &proof),
                Ok(()),
                "{old} of {new}"
            );
            let other = leaf_hash(b"other");
            assert!(check(&other, &new_root, &proof).is_err(), "{old} of {new}");
            assert!(check(&old_root, &other, &proof).is_err(), "{old} of {new}");
            let longer = [&proof[..], &[other]].concat();
            assert!(
                check(&old_root, &new_root, &longer).is_err(),
                "{old} of {new}"
            );
            if let Some((_, shorter)) = proof.split_last() {
                assert!(
                    check(&old_root, &new_root, shorter).is_err(),
                    "{old} of {new}"
                );
            }
        }
        assert_eq!(consistency_proof(&all, 0), None);
        assert_eq!(consistency_proof(&all, new + 1), None);
        let shrunk = verify_consistency(new + 1, &new_root, new, &new_root, &[]);
        assert_eq!(shrunk, Err(ProofError::Range));
        assert_eq!(
            verify_consistency(0, &new_root, new, &new_root, &[]),
            Ok(())
        );
    }
}

#[test]
fn a_tree_that_grows_has_the_root_of_its_leaves() {
    let all = leaves(600);
    let mut tree = Tree::default();
    for (at, leaf) in all.iter().enumerate() {
        assert_eq!(tree.root(), root(all[..at].iter().copied()));
        tree.push(*leaf);
        assert_eq!(tree.size(), at as u64 + 1);
    }
}

#[test]
fn tiles_lie_where_the_specification_says() {
    let tile = |level, index, width| Tile {
        level,
        index,
        width,
    };
    assert_eq!(tile(0, 1_234_067, 256).path(), "tile/0/x001/x234/067");
    assert_eq!(tile(1, 0, 5).path(), "tile/1/000.p/5");
    let bundle = Bundle {
        index: 999,
        width: 1,
    };
    assert_eq!(bundle.path(), "tile/entries/999.p/1");
    // The specification's own example: a log of 70,000 leaves.
    let tiles = tiles_between(0, 70_000);
    let partial: Vec<_> = tiles.iter().filter(|it| it.width < 256).copied().collect();
    assert_eq!(partial, [tile(0, 273, 112), tile(1, 1, 17), tile(2, 0, 1)]);
    assert_eq!(tiles.len(), 274 + 2 + 1);
    assert_eq!(
        tiles_between(255, 257),
        [tile(0, 0, 256), tile(0, 1, 1), tile(1, 0, 1)]
    );
    assert_eq!(tiles_between(7, 7), []);
}

#[test]
fn tiles_hold_the_hashes_of_the_tree() {
    let all = leaves(600);
    let level_0 = Tile {
        level: 0,
        index: 2,
        width: 88,
    }
    .bytes(&all)
    .unwrap();
    assert_eq!(level_0.len(), 88 * 32);
    assert_eq!(level_0[..32], all[512].0);
    let level_1 = Tile {
        level: 1,
        index: 0,
        width: 2,
    }
    .bytes(&all)
    .unwrap();
    assert_eq!(level_1[..32], root(all[..256].iter().copied()).0);
    assert_eq!(level_1[32..], root(all[256..512].iter().copied()).0);
    assert_eq!(
        Tile {
            level: 1,
            index: 0,
            width: 3
        }
        .bytes(&all),
        None
    );
    assert_eq!(
        Tile {
            level: 200,
            index: u64::MAX,
            width: 3
        }
        .bytes(&all),
        None
    );
    let entries: [&[u8]; 3] = [b"one", b"", b"three"];
    let bytes = Bundle::bytes(entries).unwrap();
    assert_eq!(bytes, b"\0\x03one\0\0\0\x05three");
    assert_eq!(Bundle::read(&bytes).unwrap(), entries);
    assert_eq!(Bundle::read(&bytes[..bytes.len() - 1]), None);
    assert_eq!(Bundle::bytes([&[0; 0x10000][..]]), None);
    assert_eq!(Bundle::read(&[0; 2 * 257]), None, "257 leaves");
}

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
