//! How many system calls a comparison takes, counted by strace: the same on any machine.
#![expect(clippy::unwrap_used, reason = "in a test, also in what it calls")]

use std::{fs, path::Path, process::Command};

/// The tree of 622 files: 200 of sizes of their own, 200 of one size and different content, 100
/// pairs of 50 KB, 10 hard links, 4 pairs of 1 MiB, 4 of 1 MiB that differ at byte 500,000.
fn tree(folder: &Path) {
    let at = |name: String| folder.join(name);
    for sub in ["a", "a/b"] {
        fs::create_dir(folder.join(sub)).unwrap();
    }
    let bytes = |seed: u64, size: usize| {
        let mut content = fixture::Content::new(seed);
        content.bytes(size)
    };
    for i in 0..200 {
        fs::write(at(format!("a/unique{i}")), bytes(i, 1000 + i as usize * 37)).unwrap();
        fs::write(at(format!("a/same-size{i}")), bytes(1000 + i, 40_000)).unwrap();
    }
    for i in 0..100 {
        let content = bytes(2000 + i, 50_000);
        fs::write(at(format!("a/pair{i}")), &content).unwrap();
        fs::write(at(format!("a/b/pair{i}")), &content).unwrap();
    }
    for i in 0..10 {
        fs::hard_link(at(format!("a/unique{i}")), at(format!("a/b/link{i}"))).unwrap();
    }
    for i in 0..4 {
        let mut content = bytes(3000 + i, 1 << 20);
        fs::write(at(format!("large{i}")), &content).unwrap();
        fs::write(at(format!("a/large{i}")), &content).unwrap();
        content = bytes(4000, 1 << 20);
        content[500_000] = i as u8;
        fs::write(at(format!("differs{i}")), &content).unwrap();
    }
}

#[test]
fn a_comparison_takes_at_most_3_6_calls_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("tree");
    fs::create_dir(&root).unwrap();
    tree(&root);
    let counts = folder.path().join("counts");
    // Two threads, whatever the machine: each further one takes calls to start.
    let run = Command::new("strace")
        .args(["-f", "-c", "-o"])
        .arg(&counts)
        .arg(env!("CARGO_BIN_EXE_candor"))
        .args(["dupes", "--threads", "2", "--no-memory", "--json"])
        .arg(&root)
        .env_clear()
        .env("HOME", folder.path())
        .output();
    let Ok(run) = run else {
        assert!(
            std::env::var_os("CANDOR_REQUIRE_PEERS").is_none(),
            "strace is not installed"
        );
        eprintln!("strace is not installed: calls were not counted");
        return;
    };
    let found: serde_json::Value = serde_json::from_slice(&run.stdout).unwrap();
    assert_eq!(found["groups"].as_array().unwrap().len(), 104);
    assert_eq!(found["files_opened"], 412);
    let counts = fs::read_to_string(counts).unwrap();
    // A line is `5.60 0.004782 10 442 close`, the last one `100.00 0.194136 87 2208 15 total`.
    let calls = |name: &str| -> f64 {
        let line = counts
            .lines()
            .find(|line| line.split_whitespace().last() == Some(name));
        line.map_or(0.0, |line| {
            line.split_whitespace().nth(3).unwrap().parse().unwrap()
        })
    };
    // In builds with debug assertions the standard library asks of each descriptor, before it
    // closes it, whether it is open: one fcntl each that a released Candor does not make.
    let asserted = if cfg!(debug_assertions) {
        calls("fcntl")
    } else {
        0.0
    };
    let total = calls("total") - asserted;
    assert!(
        total / 622.0 <= 3.6,
        "{total} calls for 622 files\n{counts}"
    );
}

#[test]
fn a_checkup_opens_each_file_at_most_once() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("home");
    fs::create_dir(&root).unwrap();
    tree(&root);
    let trace = folder.path().join("trace");
    let run = Command::new("strace")
        .args(["-f", "-y", "-e", "trace=openat,open,openat2", "-o"])
        .arg(&trace)
        .arg(env!("CARGO_BIN_EXE_candor"))
        .args(["checkup", "--no-memory", "--json"])
        .env_clear()
        .env("HOME", &root)
        .output();
    if run.is_err() {
        assert!(
            std::env::var_os("CANDOR_REQUIRE_PEERS").is_none(),
            "strace is not installed"
        );
        eprintln!("strace is not installed: opens were not counted");
        return;
    }
    let trace = fs::read_to_string(trace).unwrap();
    let root = root.canonicalize().unwrap();
    let mut opened: Vec<&str> = trace
        .lines()
        // What was opened stands behind the descriptor that came back: `= 5</home/x/a/pair1>`.
        .filter_map(|line| {
            line.rsplit_once("= ")?
                .1
                .split_once('<')?
                .1
                .strip_suffix('>')
        })
        .filter(|path| Path::new(path).starts_with(&root) && Path::new(path).is_file())
        .collect();
    let all = opened.len();
    opened.sort_unstable();
    opened.dedup();
    assert_eq!(all, opened.len(), "a file was opened twice");
    assert_eq!(all, 412);
}
