//! Thousands of broken files, always the same ones: no reader panics, none hangs.

use std::{
    fs::{self, File},
    path::Path,
    time::{Duration, Instant, SystemTime},
};

use candor_formats::fuzz;

use crate::{
    mac,
    made::{self, beside},
    old, sit,
};

/// Mutations of each kind of file. `CANDOR_MUTATIONS` asks for another number.
const COUNT: u64 = 1500;
/// A reader that takes longer on a file of some ten kilobytes hangs.
const LONGEST: Duration = Duration::from_secs(5);

/// Marsaglia's xorshift64.
struct Chance(u64);

impl Chance {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % bound.max(1) as u64) as usize
    }

    fn mutate_one(&mut self, seeds: &[Vec<u8>]) -> Vec<u8> {
        let which = self.below(seeds.len());
        self.mutate(&seeds[which])
    }

    /// Changes, cuts, doubles or overwrites some of the bytes.
    fn mutate(&mut self, bytes: &[u8]) -> Vec<u8> {
        let mut bytes = bytes.to_vec();
        for _ in 0..=self.below(4) {
            let at = self.below(bytes.len());
            let end = (at + 1 + self.below(64)).min(bytes.len());
            match self.below(8) {
                0 => bytes.truncate(at),
                1 if end > at => bytes.extend_from_within(at..end),
                2 => bytes[at..end].fill([0, 0xff, 0x7f, 0x80][self.below(4)]),
                3 => {
                    // Headers are where the numbers are.
                    let at = self.below(bytes.len().min(128));
                    if let Some(byte) = bytes.get_mut(at) {
                        *byte = self.below(256) as u8;
                    }
                }
                _ => {
                    if let Some(byte) = bytes.get_mut(at) {
                        *byte ^= 1 << self.below(8);
                    }
                }
            }
        }
        bytes
    }
}

fn count() -> u64 {
    std::env::var("CANDOR_MUTATIONS")
        .ok()
        .and_then(|it| it.parse().ok())
        .unwrap_or(COUNT)
}

fn repeat(seed: u64, mut once: impl FnMut(&mut Chance)) {
    let mut chance = Chance(seed);
    let mut slowest = Duration::ZERO;
    for round in 0..count() {
        let start = Instant::now();
        once(&mut chance);
        let took = start.elapsed();
        assert!(took < LONGEST, "round {round} took {took:?}");
        slowest = slowest.max(took);
    }
    println!("slowest of {}: {slowest:?}", count());
}

/// Database, log and journal as they are on disk.
fn files(mode: &str, page_size: u32) -> [Vec<u8>; 3] {
    let (made, connection) = made::database(page_size, mode, 60);
    made::spill(&connection, 60);
    ["", "-wal", "-journal"].map(|it| fs::read(beside(&made.path, it)).unwrap_or_default())
}

fn write(path: &Path, files: &[Vec<u8>; 3]) {
    for (ending, bytes) in ["", "-wal", "-journal"].iter().zip(files) {
        fs::write(beside(path, ending), bytes).unwrap();
    }
    // An old file: the reader waits when one was written just now.
    let long_ago = SystemTime::UNIX_EPOCH + Duration::from_secs(1);
    File::options()
        .write(true)
        .open(path)
        .unwrap()
        .set_modified(long_ago)
        .unwrap();
}

fn databases(which: usize, seed: u64) {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("db");
    let kinds = [
        files("delete", 512),
        files("wal", 512),
        files("delete", 4096),
        files("wal", 4096),
    ];
    repeat(seed, |chance| {
        let mut files = kinds[chance.below(kinds.len())].clone();
        let mutated = if files[which].is_empty() { 0 } else { which };
        files[mutated] = chance.mutate(&files[mutated]);
        write(&path, &files);
        fuzz::sqlite(&path);
    });
}

#[test]
fn broken_databases() {
    databases(0, 0x9e37_79b9_7f4a_7c15);
}

#[test]
fn broken_logs() {
    databases(1, 0xbf58_476d_1ce4_e5b9);
}

#[test]
fn broken_journals() {
    databases(2, 0x94d0_49bb_1331_11eb);
}

#[test]
fn broken_lists() {
    let seeds = format!("{}/../../fuzz/corpus", env!("CARGO_MANIFEST_DIR"));
    let of = |name: &str| files_of(Path::new(&format!("{seeds}/{name}")));
    let (plists, inis, states) = (of("plist"), of("ini"), of("local_state"));
    let (properties, headers) = (of("properties"), of("rpm"));
    repeat(0x2545_f491_4f6c_dd1d, |chance| {
        fuzz::plist(&chance.mutate_one(&plists));
        fuzz::ini(&chance.mutate_one(&inis));
        fuzz::properties(&chance.mutate_one(&properties));
        fuzz::rpm(&chance.mutate_one(&headers));
        fuzz::local_state(&chance.mutate_one(&states));
    });
}

/// Returns what each file of a folder holds, in the order of their names.
fn files_of(folder: &Path) -> Vec<Vec<u8>> {
    let folder = fs::read_dir(folder).expect("a folder of seeds");
    let mut paths: Vec<_> = folder.map(|entry| entry.unwrap().path()).collect();
    paths.retain(|it| it.is_file());
    paths.sort();
    paths.iter().map(|path| fs::read(path).unwrap()).collect()
}

#[test]
fn broken_archives() {
    let seeds = format!("{}/tests/archives", env!("CARGO_MANIFEST_DIR"));
    let mut seeds = files_of(Path::new(&seeds));
    assert!(seeds.len() > 60);
    seeds.extend(old::seeds());
    seeds.extend(mac::seeds());
    seeds.push(sit::whole());
    repeat(0x1234_5678_9abc_def1, |chance| {
        fuzz::archive(&chance.mutate_one(&seeds));
    });
}
