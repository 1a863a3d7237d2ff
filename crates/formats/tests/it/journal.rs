//! What a hot `-journal` gives back, whole or broken.

use std::fs;

use candor_formats::sqlite::{Error, rusqlite::Connection};

use crate::made::{self, Made, beside, same_as_recovery};

const MAGIC: [u8; 8] = [0xd9, 0xd5, 0x05, 0xf9, 0x20, 0xa1, 0x63, 0xd7];

/// A database of 2,000 rows in the middle of a transaction that changes all and adds as many.
fn hot(page_size: u32, synchronous: &str) -> Made {
    let (made, connection) = made::database(page_size, "delete", 2000);
    connection
        .execute_batch(&format!("pragma synchronous = {synchronous}"))
        .unwrap();
    made::spill(&connection, 2000);
    let frozen = made::frozen(&made.path);
    connection.execute_batch("rollback").unwrap();
    frozen
}

fn raw_rows(made: &Made) -> Option<Vec<made::Row>> {
    made::rows(&Connection::open(&made.path).unwrap()).ok()
}

#[test]
fn a_hot_journal_is_rolled_back() {
    for page_size in [512, 4096, 65536] {
        let made = hot(page_size, "full");
        let journal = fs::read(beside(&made.path, "-journal")).unwrap();
        let headers = journal.windows(8).filter(|eight| *eight == MAGIC).count();
        let (rows, cost) = same_as_recovery(&made);
        assert_eq!(rows.len(), 2000);
        assert!(rows.iter().all(|(_, url, _)| url.starts_with("https")));
        assert!(cost.journal_pages > 3, "{cost:?}");
        // Few pages of the largest size need no second header.
        assert!(
            headers > 1 || page_size == 65536,
            "one header with page size {page_size}"
        );
        let now = fs::metadata(&made.path).unwrap().len() / u64::from(page_size);
        assert!(
            cost.pages_total < now,
            "the transaction did not make the file longer"
        );
    }
}

#[test]
fn a_journal_without_a_count_goes_to_its_end() {
    let made = hot(4096, "off");
    assert_eq!(
        fs::read(beside(&made.path, "-journal")).unwrap()[8..12],
        [0xff; 4]
    );
    assert_eq!(same_as_recovery(&made).0.len(), 2000);
}

#[test]
fn a_zeroed_header_means_the_database_is_whole() {
    let (made, connection) = made::database(4096, "persist", 500);
    made::add(&connection, 500);
    let frozen = made::frozen(&made.path);
    let journal = fs::read(beside(&frozen.path, "-journal")).unwrap();
    assert!(journal.len() > 4096 && journal[..8] == [0; 8]);
    let (rows, cost) = same_as_recovery(&frozen);
    assert_eq!((rows.len(), cost.journal_pages), (1000, 0));
}

#[test]
fn an_emptied_journal_means_the_database_is_whole() {
    let (made, _connection) = made::database(4096, "truncate", 500);
    let frozen = made::frozen(&made.path);
    assert_eq!(
        fs::metadata(beside(&frozen.path, "-journal"))
            .unwrap()
            .len(),
        0
    );
    assert_eq!(same_as_recovery(&frozen).0.len(), 500);
}

#[test]
fn a_broken_journal_gives_back_what_recovery_gives_back() {
    let whole = hot(1024, "full");
    let length = fs::metadata(beside(&whole.path, "-journal")).unwrap().len() as usize;
    let cuts = [
        27,
        28,
        511,
        512,
        600,
        5000,
        length / 3,
        length / 2,
        length - 9,
        length - 1,
    ];
    for cut in cuts {
        let made = made::frozen(&whole.path);
        made::patch(&beside(&made.path, "-journal"), |journal| {
            journal.truncate(cut)
        });
        compare_with_recovery(&made, &format!("cut at {cut}"));
    }
    for at in [
        9,
        13,
        19,
        21,
        25,
        512,
        515,
        512 + 4 + 1024 - 200,
        4000,
        length / 2,
    ] {
        let made = made::frozen(&whole.path);
        made::patch(&beside(&made.path, "-journal"), |journal| {
            journal[at] ^= 0x41
        });
        compare_with_recovery(&made, &format!("bit changed at {at}"));
    }
}

/// Both give the same rows, or both find damage.
fn compare_with_recovery(made: &Made, what: &str) {
    let recovered = raw_rows(&made::frozen(&made.path));
    let ours = candor_formats::sqlite::read(&made.path, made::rows);
    match (ours, recovered) {
        (Ok((ours, _)), Some(recovered)) => assert!(ours == recovered, "{what}: other rows"),
        (Err(Error::Damaged { .. } | Error::Truncated { .. } | Error::NotSqlite { .. }), _) => {}
        (ours, recovered) => {
            let (ours, recovered) = (ours.map(|it| it.0.len()), recovered.map(|it| it.len()));
            panic!("{what}: {ours:?} instead of {recovered:?}");
        }
    }
}

#[test]
fn a_transaction_over_several_databases_is_left_alone() {
    let made = hot(4096, "full");
    made::patch(&beside(&made.path, "-journal"), |journal| {
        let name = b"/elsewhere/super-journal";
        journal.extend_from_slice(name);
        journal.extend_from_slice(&(name.len() as u32).to_be_bytes());
        let sum: u32 = name.iter().map(|&it| u32::from(it)).sum();
        journal.extend_from_slice(&sum.to_be_bytes());
        journal.extend_from_slice(&MAGIC);
    });
    let error = made::read(&made.path).unwrap_err();
    assert!(error.to_string().contains("several databases"), "{error}");
}
