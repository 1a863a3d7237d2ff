use std::{collections::BTreeSet, fs, os::unix::fs::MetadataExt};

use super::*;
use crate::Skipped;

fn walked(roots: &[&Path], threads: Option<usize>) -> Forest {
    let roots = roots.iter().map(|root| root.to_path_buf()).collect();
    walk(
        &Scope {
            roots,
            also: Vec::new(),
            threads,
        },
        &Watch::new(&|_| {}),
    )
}

/// Everything below a folder, the way the standard library sees it.
fn listed(folder: &Path, into: &mut BTreeSet<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        into.insert(entry.path());
        if entry.file_type().unwrap().is_dir() {
            listed(&entry.path(), into);
        }
    }
}

fn seen(forest: &Forest) -> Vec<PathBuf> {
    let files = forest.files().map(|(id, _)| forest.path(id));
    let folders = forest.folders().filter(|(_, row)| row.depth > 0);
    let mut all: Vec<PathBuf> = files
        .chain(folders.map(|(id, _)| forest.folder_path(id)))
        .collect();
    all.sort();
    all
}

#[test]
fn every_entry_is_seen_once_whatever_the_threads() {
    for seed in 0..8 {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap();
        fixture::random_tree(seed, &root).unwrap();
        let mut expected = BTreeSet::new();
        listed(&root, &mut expected);
        let expected: Vec<PathBuf> = expected.into_iter().collect();
        for threads in [Some(1), Some(2), Some(7), None] {
            let forest = walked(&[&root], threads);
            assert_eq!(seen(&forest), expected, "seed {seed}, {threads:?} threads");
            assert_eq!(forest.skipped, []);
        }
    }
}

#[test]
fn rows_say_what_the_system_says() {
    let folder = tempfile::tempdir().unwrap();
    fixture::random_tree(3, folder.path()).unwrap();
    let forest = walked(&[folder.path()], None);
    for (id, row) in forest.files() {
        let found = fs::symlink_metadata(forest.path(id)).unwrap();
        assert_eq!(
            (row.size, row.allocated),
            (found.size(), found.blocks() * 512)
        );
        assert_eq!(
            (row.inode, u64::from(row.nlink)),
            (found.ino(), found.nlink())
        );
        assert_eq!(
            row.mtime_ns,
            found.mtime() * 1_000_000_000 + found.mtime_nsec()
        );
        assert_eq!(row.kind == Kind::File, found.is_file());
        assert_eq!(row.kind == Kind::Link, found.is_symlink());
    }
    for (folder, _) in forest.folders() {
        for (id, row) in forest.files_in(folder) {
            assert_eq!(row.folder, folder);
            assert_eq!(forest.file(id).inode, row.inode);
        }
    }
}

#[test]
fn a_path_of_more_than_4096_bytes_is_walked() {
    let folder = tempfile::tempdir().unwrap();
    let name = "d".repeat(250);
    let mut at = rustix::fs::open(
        folder.path(),
        OFlags::RDONLY | OFlags::DIRECTORY,
        rustix::fs::Mode::empty(),
    )
    .unwrap();
    for _ in 0..20 {
        rustix::fs::mkdirat(&at, &name, 0o700.into()).unwrap();
        at = rustix::fs::openat(&at, &name, OFlags::DIRECTORY, rustix::fs::Mode::empty()).unwrap();
    }
    let flags = OFlags::CREATE | OFlags::WRONLY;
    let file = rustix::fs::openat(&at, "deep", flags, 0o600.into()).unwrap();
    rustix::io::write(&file, b"found").unwrap();
    let forest = walked(&[folder.path()], None);
    let (id, row) = forest.files().next().unwrap();
    assert_eq!(row.size, 5);
    assert!(forest.path(id).as_os_str().len() > 5000);
    assert_eq!(forest.skipped, []);
    assert_eq!(forest.counts(), (1, 21));
}

#[test]
fn a_root_inside_a_root_is_walked_once() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().canonicalize().unwrap();
    fs::create_dir(root.join("inner")).unwrap();
    fs::write(root.join("inner/file"), "x").unwrap();
    for roots in [
        vec![root.clone(), root.join("inner")],
        vec![root.join("inner"), root.clone()],
        vec![root.clone(), root.clone()],
    ] {
        let scope = Scope {
            roots,
            ..Scope::default()
        };
        let forest = walk(&scope, &Watch::new(&|_| {}));
        assert_eq!(forest.counts().0, 1);
        assert_eq!(forest.roots().len(), 1);
    }
}

#[test]
fn a_root_may_be_a_file_and_stands_alone() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("one"), "x").unwrap();
    fs::write(folder.path().join("two"), "x").unwrap();
    let root = folder.path().canonicalize().unwrap().join("one");
    let forest = walked(&[&root], None);
    let paths: Vec<PathBuf> = forest.files().map(|(id, _)| forest.path(id)).collect();
    assert_eq!(paths, [root]);
}

#[test]
fn places_for_some_tools_only_are_marked_and_never_swallow_a_root() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().canonicalize().unwrap();
    for name in ["home/mine", "cache/theirs"] {
        fs::create_dir_all(root.join(name).parent().unwrap()).unwrap();
        fs::write(root.join(name), "x").unwrap();
    }
    let scope = Scope {
        roots: vec![root.join("home")],
        also: vec![
            root.join("cache"),
            root.clone(),
            root.join("home/mine"),
            root.join("none"),
        ],
        threads: None,
    };
    let forest = walk(&scope, &Watch::new(&|_| {}));
    let mut seen: Vec<(PathBuf, bool)> = forest
        .files()
        .map(|(id, _)| (forest.path(id), forest.is_main(id)))
        .collect();
    seen.sort();
    assert_eq!(
        seen,
        [
            (root.join("cache/theirs"), false),
            (root.join("home/mine"), true)
        ]
    );
    assert_eq!(forest.skipped, []);
}

#[test]
fn what_cannot_be_looked_at_is_said_with_its_path() {
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("missing");
    let forest = walked(&[&missing, folder.path()], None);
    assert_eq!(forest.skipped, [Skipped::new(missing, Why::Gone)]);
    // Interfaces to the kernel are named, not walked; a root that was asked for is.
    let forest = walked(&[Path::new("/proc/self/fdinfo")], None);
    assert!(forest.counts().0 > 0);
}

#[test]
fn progress_is_told_from_the_first_quarter_second_on() {
    let told = Mutex::new(Vec::new());
    let tell = |progress: &super::super::Progress| told.lock().unwrap().push(progress.clone());
    let watch = Watch::new(&tell);
    watch.add(1, 10, || "first".into());
    assert!(told.lock().unwrap().is_empty(), "short work is silent");
    std::thread::sleep(std::time::Duration::from_millis(260));
    watch.add(2, 20, || "second".into());
    watch.add(3, 30, || "third".into());
    let told = told.lock().unwrap();
    assert_eq!(told.len(), 1);
    assert_eq!((told[0].files, told[0].bytes.0), (3, 30));
    assert_eq!(told[0].current.0, Path::new("second"));
}
