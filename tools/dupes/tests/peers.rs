//! Groups beside those of jdupes, on random trees.
#![expect(clippy::unwrap_used, reason = "in a test, also in what it calls")]

use std::{
    collections::BTreeSet,
    ffi::OsStr,
    fs,
    os::unix::{ffi::OsStrExt, fs::MetadataExt},
    path::{Path, PathBuf},
    process::Command,
};

use candor_dupes::{Options, look};
use tool::pass::{Scope, Watch, walk};

type Groups = BTreeSet<Vec<(u64, u64)>>;

fn ours(root: &Path) -> Groups {
    let watch = Watch::new(&|_| {});
    let forest = walk(
        &Scope {
            roots: vec![root.to_owned()],
            ..Scope::default()
        },
        &watch,
    );
    let outcome =
        fixture::whole(|lists| look(&forest, |_| true, &Options::default(), None, &watch, lists));
    assert_eq!(outcome.skipped, []);
    let data = fixture::data(&outcome);
    let groups = data["groups"].as_array().unwrap().iter().map(|group| {
        let paths = group["paths"].as_array().unwrap().iter();
        let path = |path| serde_json::from_value::<tool::PathText>(path).unwrap().0;
        identities(paths.map(|it| path(it.clone())))
    });
    groups.collect()
}

/// `jdupes -r -0` ends each path with a zero byte, and each group with another; hard links are left
/// out.
fn theirs(root: &Path) -> Groups {
    let words = ["-r", "-q", "-0"];
    let output = Command::new("jdupes")
        .args(words)
        .arg(root)
        .output()
        .expect("jdupes runs");
    let mut groups = Groups::new();
    let mut group = Vec::new();
    for path in output.stdout.split(|byte| *byte == 0) {
        if path.is_empty() {
            if group.len() > 1 {
                groups.insert(identities(group.drain(..)));
            }
            group.clear();
        } else {
            group.push(PathBuf::from(OsStr::from_bytes(path)));
        }
    }
    groups
}

fn identities(paths: impl Iterator<Item = PathBuf>) -> Vec<(u64, u64)> {
    let identity = |path: PathBuf| {
        let found = fs::metadata(&path).expect("a path of a group exists");
        (found.dev(), found.ino())
    };
    let mut all: Vec<(u64, u64)> = paths.map(identity).collect();
    all.sort_unstable();
    all.dedup();
    all
}

#[test]
fn groups_equal_those_of_jdupes_on_20_random_trees() {
    if Command::new("jdupes").arg("-v").output().is_err() {
        assert!(
            std::env::var_os("CANDOR_REQUIRE_PEERS").is_none(),
            "jdupes is not installed"
        );
        eprintln!("jdupes is not installed: not compared with it");
        return;
    }
    let mut groups = 0;
    for seed in 100..120 {
        let folder = tempfile::tempdir().unwrap();
        fixture::random_tree(seed, folder.path()).unwrap();
        let found = ours(folder.path());
        assert_eq!(found, theirs(folder.path()), "seed {seed}");
        groups += found.len();
    }
    assert!(
        groups > 50,
        "the trees hold too few duplicates to prove anything: {groups}"
    );
}
