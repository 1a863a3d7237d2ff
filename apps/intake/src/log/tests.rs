use super::*;

fn signer() -> Signer {
    Signer::new("example.org/log", &[7; 32]).unwrap()
}

fn acted(act: u32) -> Event {
    Event::AdminActed {
        scope: "close".to_owned(),
        act: format!("act {act}"),
    }
}

#[test]
fn what_was_appended_is_there_after_a_restart_and_verifies() {
    let folder = tempfile::tempdir().unwrap();
    let log = Log::begin(folder.path(), signer()).unwrap();
    for act in 0..300 {
        log.append(act.into(), vec![acted(act)]).unwrap();
    }
    let head = log.head();
    let (proof, checkpoint) = log.proof(255).unwrap();
    drop(log);
    let log = Log::open(folder.path(), signer()).unwrap();
    assert_eq!(log.head(), head);
    assert_eq!(log.checkpoint(), checkpoint);
    assert_eq!(
        verify(folder.path(), &signer().verifier()).unwrap().len(),
        300
    );
    let checkpoint = Checkpoint::open(&checkpoint, &signer().verifier()).unwrap();
    let leaf = leaf_hash(proof.leaf.as_bytes());
    wire::log::verify_inclusion(&leaf, 255, 300, &proof.path, &checkpoint.root).unwrap();
    assert!(log.file("tile/0/000").is_some());
    assert!(log.file("tile/entries/001.p/44").is_some());
}

#[test]
fn what_lies_beyond_the_checkpoint_is_written_over() {
    let folder = tempfile::tempdir().unwrap();
    let log = Log::begin(folder.path(), signer()).unwrap();
    log.append(1, vec![acted(1)]).unwrap();
    let checkpoint = log.checkpoint();
    log.append(2, vec![acted(2)]).unwrap();
    drop(log);
    // As after a cut between the tiles and the checkpoint.
    std::fs::write(folder.path().join("checkpoint"), &checkpoint).unwrap();
    let log = Log::open(folder.path(), signer()).unwrap();
    assert_eq!(log.head().0, 1);
    log.append(3, vec![acted(3)]).unwrap();
    drop(log);
    let leaves = verify(folder.path(), &signer().verifier()).unwrap();
    assert_eq!(leaves.iter().map(|it| it.at).collect::<Vec<_>>(), [1, 3]);
}

#[test]
fn a_changed_file_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let log = Log::begin(folder.path(), signer()).unwrap();
    log.append(1, (0..3).map(acted).collect()).unwrap();
    drop(log);
    for file in ["tile/0/000.p/3", "tile/entries/000.p/3", "checkpoint"] {
        let path = folder.path().join(file);
        let whole = std::fs::read(&path).unwrap();
        // The last byte, which a leaf needs to be one, and one within that it does not.
        let within = whole.windows(5).position(|it| it == b"act 1");
        for at in [Some(whole.len() - 1), within.map(|it| it + 4)]
            .into_iter()
            .flatten()
        {
            let mut changed = whole.clone();
            changed[at] ^= 1;
            std::fs::write(&path, &changed).unwrap();
            let error = verify(folder.path(), &signer().verifier()).unwrap_err();
            assert!(error.to_string().contains(file), "{file}: {error}");
            assert!(Log::open(folder.path(), signer()).is_err(), "{file}");
        }
        std::fs::write(&path, whole).unwrap();
    }
    let other = Signer::new("example.org/log", &[8; 32]).unwrap();
    assert!(matches!(
        Log::open(folder.path(), other),
        Err(LogError::Checkpoint { .. })
    ));
}

#[test]
fn only_files_of_the_log_are_given_out() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("vault"), "secret").unwrap();
    let inner = folder.path().join("log");
    let log = Log::begin(&inner, signer()).unwrap();
    for path in [
        "tile/../../vault",
        "../vault",
        "tile//../vault",
        "tile/0/",
        "checkpoint",
        "tile/x/0",
    ] {
        assert_eq!(log.file(path), None, "{path}");
    }
}

#[test]
fn a_log_that_was_begun_is_not_begun_again() {
    let folder = tempfile::tempdir().unwrap();
    assert!(matches!(
        Log::open(folder.path(), signer()),
        Err(LogError::Missing { .. })
    ));
    let log = Log::begin(folder.path(), signer()).unwrap();
    log.append(1, vec![acted(1)]).unwrap();
    drop(log);
    for gone in ["checkpoint", "tile/0/000.p/1"] {
        drop(std::fs::remove_file(folder.path().join(gone)));
        let begun = Log::begin(folder.path(), signer()).map(drop);
        assert!(matches!(begun, Err(LogError::Missing { .. })), "{begun:?}");
    }
}

#[test]
fn an_older_log_does_not_begin_with_a_newer_one() {
    let folder = tempfile::tempdir().unwrap();
    let log = Log::begin(folder.path(), signer()).unwrap();
    let mut heads = vec![log.head()];
    for act in 0..3 {
        log.append(1, vec![acted(act)]).unwrap();
        heads.push(log.head());
    }
    for (size, root) in heads {
        assert!(log.begins_with(size, root), "{size}");
        assert!(!log.begins_with(size + 1, root), "{size}");
    }
}

#[test]
fn an_epoch_of_which_anything_was_destroyed_is_over() {
    let folder = tempfile::tempdir().unwrap();
    let log = Log::begin(folder.path(), signer()).unwrap();
    let program = ProgramHash::from_hex(&"ab".repeat(32)).unwrap();
    let partition = wire::log::Partition {
        program,
        epoch: Epoch(7),
        day: wire::Day(50),
    };
    let erased = Event::PartitionErased {
        partition,
        key_id: Hash([0; 32]),
        rows: 0,
        reason: wire::log::Erasure::Retention,
    };
    log.append(1, vec![erased]).unwrap();
    drop(log);
    let log = Log::open(folder.path(), signer()).unwrap();
    assert!(log.is_over(program, Epoch(7)));
    assert!(!log.is_over(program, Epoch(8)));
}
