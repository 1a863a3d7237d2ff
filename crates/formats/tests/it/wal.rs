//! The last committed state of a `-wal` file, whole or broken.

use std::fs;

use crate::made::{self, Made, beside, same_as_recovery};

const PAGE: usize = 4096;
const FRAME: usize = PAGE + 24;

/// A database whose rows are partly in the log: 20 before, 400 in several commits.
fn logged() -> Made {
    let (made, connection) = made::database(PAGE as u32, "wal", 20);
    for _ in 0..8 {
        made::add(&connection, 50);
    }
    made::frozen(&made.path)
}

#[test]
fn committed_frames_are_read() {
    let (rows, cost) = same_as_recovery(&logged());
    assert_eq!(rows.len(), 420);
    assert!(cost.wal_frames > 20, "{cost:?}");
    assert_eq!(cost.tries, 1);
}

#[test]
fn frames_after_the_last_commit_are_left_out() {
    let (made, connection) = made::database(PAGE as u32, "wal", 500);
    made::spill(&connection, 500);
    let frozen = made::frozen(&made.path);
    let frames = (fs::metadata(beside(&frozen.path, "-wal")).unwrap().len() - 32) / FRAME as u64;
    let (rows, cost) = same_as_recovery(&frozen);
    assert_eq!(rows.len(), 500);
    assert!(cost.wal_frames < frames, "nothing was spilled: {cost:?}");
}

#[test]
fn a_wrong_checksum_ends_the_log() {
    let whole = made::read(&logged().path).unwrap().1.wal_frames;
    for frame in [0, 1, 5, 11, 17] {
        let made = logged();
        made::patch(&beside(&made.path, "-wal"), |wal| {
            wal[32 + frame * FRAME + 100] ^= 1
        });
        let oracle = made::frozen(&made.path);
        let recovered = rusqlite_rows(&oracle);
        match made::read(&made.path) {
            Ok((rows, cost)) => {
                assert_eq!(Some(rows), recovered);
                assert!(
                    cost.wal_frames <= frame as u64 && cost.wal_frames < whole,
                    "{cost:?}"
                );
            }
            // The log began before the table did.
            Err(_) => assert_eq!(recovered, None, "frame {frame}"),
        }
    }
}

#[test]
fn a_log_cut_short_ends_at_its_last_whole_commit() {
    let length = fs::metadata(beside(&logged().path, "-wal")).unwrap().len();
    for cut in [
        1,
        24,
        31,
        FRAME as u64 - 1,
        FRAME as u64,
        5 * FRAME as u64 + 7,
        length - 40,
    ] {
        let made = logged();
        made::patch(&beside(&made.path, "-wal"), |wal| {
            wal.truncate((length - cut) as usize)
        });
        let recovered = rusqlite_rows(&made::frozen(&made.path));
        assert_eq!(
            made::read(&made.path).ok().map(|(rows, _)| rows),
            recovered,
            "cut {cut}"
        );
    }
}

#[test]
fn frames_of_an_older_life_are_left_out() {
    let (made, connection) = made::database(PAGE as u32, "wal", 20);
    made::add(&connection, 3000);
    connection
        .query_row("pragma wal_checkpoint(restart)", [], |_| Ok(()))
        .unwrap();
    made::add(&connection, 1);
    let frozen = made::frozen(&made.path);
    let frames = (fs::metadata(beside(&frozen.path, "-wal")).unwrap().len() - 32) / FRAME as u64;
    let (rows, cost) = same_as_recovery(&frozen);
    assert_eq!(rows.len(), 3021);
    assert!(
        cost.wal_frames < 10 && frames > 50,
        "{cost:?}, {frames} frames in the file"
    );
}

#[test]
fn a_log_that_is_in_the_database_already_changes_nothing() {
    let (made, connection) = made::database(PAGE as u32, "wal", 300);
    connection
        .query_row("pragma wal_checkpoint(passive)", [], |_| Ok(()))
        .unwrap();
    let frozen = made::frozen(&made.path);
    assert_eq!(same_as_recovery(&frozen).0.len(), 300);

    fs::remove_file(beside(&frozen.path, "-wal")).unwrap();
    let (rows, cost) = same_as_recovery(&frozen);
    assert_eq!((rows.len(), cost.wal_frames), (300, 0));
}

#[test]
fn the_last_commit_tells_the_size() {
    let (made, connection) = made::database(PAGE as u32, "wal", 2000);
    connection
        .query_row("pragma wal_checkpoint(truncate)", [], |_| Ok(()))
        .unwrap();
    connection
        .execute_batch("delete from visits where id > 5; vacuum;")
        .unwrap();
    let frozen = made::frozen(&made.path);
    let in_file = fs::metadata(&frozen.path).unwrap().len() / PAGE as u64;
    let (rows, cost) = same_as_recovery(&frozen);
    assert_eq!(rows.len(), 5);
    assert!(
        cost.pages_total < 10 && in_file > 50,
        "{cost:?}, {in_file} pages in the file"
    );
}

#[test]
fn every_page_size_is_read() {
    for size in [512, 1024, 2048, 4096, 8192, 16384, 32768, 65536] {
        let (made, connection) = made::database(size, "wal", 200);
        assert_eq!(
            same_as_recovery(&made::frozen(&made.path)).0.len(),
            200,
            "page size {size}"
        );
        connection
            .query_row("pragma wal_checkpoint(truncate)", [], |_| Ok(()))
            .unwrap();
        let (rows, cost) = same_as_recovery(&made::frozen(&made.path));
        assert_eq!((rows.len(), cost.wal_frames), (200, 0), "page size {size}");
    }
}

#[test]
fn a_log_with_the_other_byte_order_is_read() {
    let made = logged();
    let before = made::read(&made.path).unwrap();
    made::patch(&beside(&made.path, "-wal"), |wal| {
        wal[3] = 0x83;
        let mut sum = sum_of(&wal[..24], (0, 0));
        wal[24..28].copy_from_slice(&sum.0.to_be_bytes());
        wal[28..32].copy_from_slice(&sum.1.to_be_bytes());
        for frame in wal[32..].chunks_mut(FRAME) {
            sum = sum_of(&frame[24..], sum_of(&frame[..8], sum));
            frame[16..20].copy_from_slice(&sum.0.to_be_bytes());
            frame[20..24].copy_from_slice(&sum.1.to_be_bytes());
        }
    });
    let after = same_as_recovery(&made);
    assert_eq!(after.0, before.0);
    assert_eq!(after.1.wal_frames, before.1.wal_frames);
}

#[test]
fn a_log_of_another_page_size_is_a_contradiction() {
    let made = logged();
    let (other, connection) = made::database(1024, "wal", 20);
    connection
        .query_row("pragma wal_checkpoint(truncate)", [], |_| Ok(()))
        .unwrap();
    connection
        .execute("update visits set time = 0 where id = 7", [])
        .unwrap();
    fs::copy(beside(&other.path, "-wal"), beside(&made.path, "-wal")).unwrap();
    let error = made::read(&made.path).unwrap_err();
    assert!(error.to_string().contains("size of a page"), "{error}");
}

fn rusqlite_rows(made: &Made) -> Option<Vec<made::Row>> {
    made::rows(&candor_formats::sqlite::rusqlite::Connection::open(&made.path).unwrap()).ok()
}

fn sum_of(bytes: &[u8], (mut one, mut two): (u32, u32)) -> (u32, u32) {
    for pair in bytes.chunks(8) {
        one = one
            .wrapping_add(u32::from_be_bytes(pair[..4].try_into().unwrap()))
            .wrapping_add(two);
        two = two
            .wrapping_add(u32::from_be_bytes(pair[4..].try_into().unwrap()))
            .wrapping_add(one);
    }
    (one, two)
}
