use std::sync::atomic::AtomicBool;

use tempfile::TempDir;

use super::*;
use crate::store::{
    put_and_wait,
    suite::{self, Ground},
};

struct Folder(TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn vault(&self) -> PathBuf {
        self.0.path().join("vault")
    }

    fn with(&self, options: Options) -> SqliteStore {
        let vault = Arc::new(Vault::open(&self.vault()).unwrap());
        SqliteStore::open(&self.0.path().join("p"), vault, options).unwrap()
    }
}

impl Ground for Folder {
    fn open(&self) -> Arc<dyn Store> {
        Arc::new(self.with(Options::default()))
    }

    fn cut(&self) -> Box<dyn Ground> {
        let copy = Self::new();
        let status = std::process::Command::new("cp")
            .args(["-a", "--"])
            .arg(self.0.path().join("."))
            .arg(copy.0.path())
            .status();
        assert!(status.unwrap().success());
        Box::new(copy)
    }

    fn lose_keys(&self) {
        std::fs::remove_file(self.vault()).unwrap();
    }
}

const TODAY: Partition = Partition {
    program: 7,
    epoch: 3,
    day: 24,
};

#[test]
fn the_engine_keeps_to_the_contract() {
    suite::check(&|| Box::new(Folder::new()));
}

#[test]
fn what_is_stored_stands_nowhere_in_the_clear() {
    let folder = Folder::new();
    let store = folder.with(Options::default());
    let mut sent = suite::arrival(TODAY, 5, 1);
    sent.sealed = b"canary-canary-canary".to_vec();
    put_and_wait(&store, sent).unwrap();
    for end in ["", "-wal"] {
        let path = folder.0.path().join(format!("p/{TODAY}.db{end}"));
        let bytes = std::fs::read(path).unwrap();
        assert!(!bytes.windows(6).any(|it| it == b"canary"), "{end}");
    }
}

#[test]
fn a_withdrawn_row_leaves_no_bytes_in_the_file() {
    let folder = Folder::new();
    let store = folder.with(Options::default());
    let sent = suite::arrival(TODAY, 5, 1);
    put_and_wait(&store, sent.clone()).unwrap();
    suite::withdraw(&store, TODAY, sent.wc).unwrap();
    // At once, in the file and in its write-ahead log; and when both are closed.
    let nothing_is_left = || {
        for end in ["", "-wal"] {
            let path = folder.0.path().join(format!("p/{TODAY}.db{end}"));
            let bytes = std::fs::read(path).unwrap_or_default();
            // Its leaf is what the log speaks of, its nonce stays spent.
            for gone in [sent.tag, sent.x] {
                assert!(!bytes.windows(32).any(|it| it == gone), "{end}");
            }
        }
    };
    nothing_is_left();
    drop(store);
    nothing_is_left();
}

#[test]
fn a_full_partition_says_so_and_keeps_what_it_acknowledged() {
    let folder = Folder::new();
    let options = Options {
        pages: 40,
        ..Options::default()
    };
    let store = folder.with(options.clone());
    let mut acknowledged = Vec::new();
    let full = (0..10_000).find_map(|sender| {
        let sent = suite::arrival(TODAY, 5, sender);
        match put_and_wait(&store, sent.clone()) {
            Ok(put) => {
                assert_eq!(put, Put::Stored);
                acknowledged.push(sent.x);
                None
            }
            Err(error) => Some(error),
        }
    });
    assert!(matches!(full, Some(StoreError::Full { .. })), "{full:?}");
    assert!(store.broken().is_none(), "a full disk passes");
    // Withdrawing still works, and makes room.
    let first = suite::arrival(TODAY, 5, 0);
    assert_eq!(
        suite::withdraw(&store, TODAY, first.wc).unwrap(),
        Withdrawn::Erased
    );
    drop(store);
    let store = folder.with(Options::default());
    let mut there = Vec::new();
    store
        .shares(7, 3, &[5; 32], &mut |row| there.push(row.x))
        .unwrap();
    assert_eq!(there, acknowledged[1..]);
}

static DISK_FAILS: AtomicBool = AtomicBool::new(false);

#[test]
fn after_the_disk_failed_once_nothing_is_acknowledged_until_it_is_opened_anew() {
    let folder = Folder::new();
    let options = Options {
        after_commit: |_| match DISK_FAILS.load(Ordering::Relaxed) {
            true => Err(std::io::Error::from_raw_os_error(5)),
            false => Ok(()),
        },
        ..Options::default()
    };
    let store = folder.with(options);
    put_and_wait(&store, suite::arrival(TODAY, 5, 1)).unwrap();
    DISK_FAILS.store(true, Ordering::Relaxed);
    let failed = put_and_wait(&store, suite::arrival(TODAY, 5, 2));
    assert!(
        matches!(failed, Err(StoreError::Broken { .. })),
        "{failed:?}"
    );
    DISK_FAILS.store(false, Ordering::Relaxed);
    let after = put_and_wait(&store, suite::arrival(TODAY, 5, 3));
    assert!(matches!(after, Err(StoreError::Broken { .. })), "{after:?}");
    assert!(store.broken().is_some_and(|why| why.contains("24.db")));
    assert!(matches!(store.seal(TODAY), Err(StoreError::Broken { .. })));
    drop(store);
    let store = folder.with(Options::default());
    assert_eq!(
        put_and_wait(&store, suite::arrival(TODAY, 5, 1)).unwrap(),
        Put::Duplicate
    );
    put_and_wait(&store, suite::arrival(TODAY, 5, 3)).unwrap();
}

#[test]
fn as_many_wait_as_may_wait() {
    let folder = Folder::new();
    let store = folder.with(Options {
        waiting: 1,
        ..Options::default()
    });
    let (send, answers) = mpsc::channel();
    for sender in 0..500 {
        let send = send.clone();
        store.put(
            suite::arrival(TODAY, 5, sender),
            Box::new(move |outcome| drop(send.send(outcome))),
        );
    }
    drop(send);
    let answers: Vec<_> = answers.iter().collect();
    assert_eq!(answers.len(), 500, "each is answered once");
    let stored = answers.iter().filter(|it| it.is_ok()).count();
    assert!(
        answers
            .iter()
            .all(|it| matches!(it, Ok(Put::Stored) | Err(StoreError::Overloaded)))
    );
    assert_eq!(store.tally(TODAY).unwrap().rows, stored as u64);
}

#[test]
fn withdrawals_that_wait_are_bounded() {
    let folder = Folder::new();
    let store = folder.with(Options {
        withdrawals: 2,
        ..Options::default()
    });
    put_and_wait(&store, suite::arrival(TODAY, 5, 1)).unwrap();
    for guess in 0..2 {
        suite::withdraw(&store, TODAY, [guess; 16]).unwrap();
    }
    let refused = suite::withdraw(&store, TODAY, [9; 16]);
    assert!(matches!(
        refused,
        Err(StoreError::TooManyWithdrawals { .. })
    ));
    // Whoever's report is there is not kept out by guesses.
    let wc = suite::arrival(TODAY, 5, 1).wc;
    assert_eq!(
        suite::withdraw(&store, TODAY, wc).unwrap(),
        Withdrawn::Erased
    );
}

#[test]
fn a_row_moved_under_another_tag_does_not_open() {
    let folder = Folder::new();
    let store = folder.with(Options::default());
    put_and_wait(&store, suite::arrival(TODAY, 5, 1)).unwrap();
    drop(store);
    let path = folder.0.path().join(format!("p/{TODAY}.db"));
    let changed = rusqlite::Connection::open(path)
        .unwrap()
        .execute("UPDATE r SET tag = ?1", [[6_u8; 32]])
        .unwrap();
    assert_eq!(changed, 1);
    let store = folder.with(Options::default());
    let mut told = 0;
    let damaged = store.shares(7, 3, &[6; 32], &mut |_| told += 1);
    assert_eq!((damaged.unwrap(), told), (1, 0));
}

#[test]
fn a_million_rows_of_one_tag_are_told_one_at_a_time() {
    // A smaller number in the same shape: the counts come from the merge, the rows from a cursor.
    let folder = Folder::new();
    let store = folder.with(Options::default());
    let (send, answers) = mpsc::channel();
    for sender in 0..3000 {
        let send = send.clone();
        let day = TODAY.day + sender % 4;
        store.put(
            suite::arrival(Partition { day, ..TODAY }, 5, sender),
            Box::new(move |outcome| drop(send.send(outcome))),
        );
        // Every one of a thousand is waited for, so that the queue never refuses one.
        if sender % 1000 == 999 {
            answers.iter().take(1000).for_each(|it| {
                it.unwrap();
            });
        }
    }
    let mut told = 0;
    store.shares(7, 3, &[5; 32], &mut |_| told += 1).unwrap();
    assert_eq!(told, 3000);
    let mut counted = Vec::new();
    store
        .tags(7, 3, 20, &mut |_, number| counted.push(number))
        .unwrap();
    assert_eq!(counted, [3000]);
}

#[test]
fn a_damaged_file_fails_its_epoch_alone() {
    let folder = Folder::new();
    let store = folder.with(Options::default());
    put_and_wait(&store, suite::arrival(TODAY, 5, 1)).unwrap();
    drop(store);
    for end in ["-wal", "-shm"] {
        drop(std::fs::remove_file(
            folder.0.path().join(format!("p/{TODAY}.db{end}")),
        ));
    }
    std::fs::write(
        folder.0.path().join(format!("p/{TODAY}.db")),
        [b'x'; 20_000],
    )
    .unwrap();
    let store = folder.with(Options::default());
    let other = Partition { epoch: 4, ..TODAY };
    let (send, answers) = mpsc::channel();
    for sender in 0..200 {
        let partition = if sender % 2 == 0 { TODAY } else { other };
        let send = send.clone();
        let told = move |outcome| drop(send.send((partition, outcome)));
        store.put(suite::arrival(partition, 5, sender), Box::new(told));
    }
    drop(send);
    for (partition, outcome) in answers {
        match partition == other {
            true => assert_eq!(outcome.unwrap(), Put::Stored),
            false => assert!(matches!(outcome, Err(StoreError::Corrupt { .. }))),
        }
    }
}

#[test]
fn the_files_of_a_partition_are_for_their_owner_alone() {
    use std::os::unix::fs::MetadataExt;
    let folder = Folder::new();
    let store = folder.with(Options::default());
    put_and_wait(&store, suite::arrival(TODAY, 5, 1)).unwrap();
    for end in ["", "-wal", "-shm"] {
        let path = folder.0.path().join(format!("p/{TODAY}.db{end}"));
        assert_eq!(
            std::fs::metadata(path).unwrap().mode() & 0o777,
            0o600,
            "{end}"
        );
    }
}
