use std::{
    collections::BTreeMap,
    fs,
    os::unix::fs::{FileExt, MetadataExt},
    path::{Path, PathBuf},
};

use super::*;
use crate::{
    Why,
    pass::{Scope, walk},
};

fn forest(root: &Path) -> Forest {
    walk(
        &Scope {
            roots: vec![root.to_owned()],
            ..Scope::default()
        },
        &Watch::new(&|_| {}),
    )
}

fn compared(forest: &Forest, memory: &mut Memory) -> Compared {
    compare(forest, |_| true, Some(memory), None, &Watch::new(&|_| {}))
}

/// Classes as sorted lists of inode numbers, for comparing with an oracle.
fn inodes(forest: &Forest, compared: &Compared) -> Vec<Vec<u64>> {
    let class = |class: &Class| {
        let mut inodes: Vec<u64> = class
            .inodes
            .iter()
            .map(|inode| forest.file(inode.names[0]).inode)
            .collect();
        inodes.sort_unstable();
        inodes
    };
    let mut classes: Vec<_> = compared.classes.iter().map(class).collect();
    classes.sort();
    classes
}

/// The same by reading everything.
fn oracle(forest: &Forest) -> Vec<Vec<u64>> {
    let mut by_content: BTreeMap<Vec<u8>, Vec<u64>> = BTreeMap::new();
    for (id, row) in forest
        .files()
        .filter(|(_, row)| row.kind == Kind::File && row.size > 0)
    {
        by_content
            .entry(fs::read(forest.path(id)).unwrap())
            .or_default()
            .push(row.inode);
    }
    let mut classes: Vec<Vec<u64>> = by_content.into_values().collect();
    for class in &mut classes {
        class.sort_unstable();
        class.dedup();
    }
    classes.retain(|class| class.len() > 1);
    classes.sort();
    classes
}

#[test]
fn random_trees_agree_with_reading_everything() {
    for seed in 0..8 {
        let folder = tempfile::tempdir().unwrap();
        fixture::random_tree(seed, folder.path()).unwrap();
        let forest = forest(folder.path());
        let found = compared(&forest, &mut Memory::empty());
        assert_eq!(inodes(&forest, &found), oracle(&forest), "seed {seed}");
        assert_eq!(found.skipped, []);
    }
}

/// Writes files of one size that are zero but for one byte each; `None` for zero throughout.
fn files_with_one_byte(folder: &Path, size: u64, at: &[Option<u64>]) {
    for (number, at) in at.iter().enumerate() {
        let file = fs::File::create(folder.join(format!("f{number:03}"))).unwrap();
        let zeros = vec![0; 1 << 20];
        let mut left = size;
        while left > 0 {
            let step = left.min(zeros.len() as u64) as usize;
            file.write_all_at(&zeros[..step], size - left).unwrap();
            left -= step as u64;
        }
        if let Some(at) = at {
            file.write_all_at(b"x", *at).unwrap();
        }
    }
}

#[test]
fn one_byte_anywhere_tells_files_apart() {
    let size = 9_000_001;
    let (half, last) = (size / 2, size - 1);
    let edges = [
        0,
        SMALL - 1,
        SMALL,
        1 << 19,
        (1 << 20) - 1,
        3 << 20,
        half,
        6 << 20,
        last,
    ];
    let folder = tempfile::tempdir().unwrap();
    let mut bytes: Vec<Option<u64>> = edges.iter().map(|at| Some(*at)).collect();
    bytes.extend([None, None, Some(half), Some(last)]);
    files_with_one_byte(folder.path(), size, &bytes);
    let forest = forest(folder.path());
    for threads in [1, 2, 5] {
        let found = compare(&forest, |_| true, None, Some(threads), &Watch::new(&|_| {}));
        assert_eq!(
            inodes(&forest, &found),
            oracle(&forest),
            "{threads} threads"
        );
        assert_eq!(found.classes.len(), 3);
    }
}

#[test]
fn nothing_is_read_past_the_first_difference() {
    let folder = tempfile::tempdir().unwrap();
    let size = 32 << 20;
    // Apart at a place no probe looks at, in the third step from the start.
    files_with_one_byte(folder.path(), size, &[Some(1 << 20), Some((1 << 20) + 1)]);
    let found = compared(&forest(folder.path()), &mut Memory::empty());
    assert_eq!(found.classes, []);
    assert!(found.cost.read < 2 * (2 << 20), "{:?}", found.cost);
    assert_eq!(found.cost.opened, 2);
}

#[test]
fn holes_are_equal_to_zeros_and_cost_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let size = 64 << 20;
    for name in ["hole1", "hole2", "island1", "island2"] {
        let file = fs::File::create(folder.path().join(name)).unwrap();
        file.set_len(size).unwrap();
        if name.starts_with("island") {
            file.write_all_at(b"land", 40 << 20).unwrap();
        }
    }
    let forest = forest(folder.path());
    let found = compared(&forest, &mut Memory::empty());
    assert_eq!(inodes(&forest, &found), oracle(&forest));
    assert_eq!(found.classes.len(), 2);
    let small_enough = found.cost.read < 8 << 20;
    let no_holes_here = forest.files().any(|(_, row)| row.allocated >= row.size);
    assert!(small_enough || no_holes_here, "{:?}", found.cost);
}

#[test]
fn many_files_of_one_large_size_are_split_without_being_held_open() {
    let folder = tempfile::tempdir().unwrap();
    for number in 0..150_u64 {
        let mut bytes = vec![7; SMALL as usize + 50_000];
        // 50 that differ at the start, 50 at the end, 50 equal.
        match number % 3 {
            0 => bytes[..8].copy_from_slice(&number.to_le_bytes()),
            1 => bytes[SMALL as usize + 40_000..][..8].copy_from_slice(&number.to_le_bytes()),
            _ => {}
        }
        fs::write(folder.path().join(number.to_string()), bytes).unwrap();
    }
    let forest = forest(folder.path());
    let found = compared(&forest, &mut Memory::empty());
    assert_eq!(inodes(&forest, &found), oracle(&forest));
    assert_eq!(found.classes[0].inodes.len(), 50);
}

#[test]
fn names_of_one_inode_are_no_duplicates_of_each_other() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    fs::write(at("a"), vec![1; 100_000]).unwrap();
    fs::hard_link(at("a"), at("b")).unwrap();
    let found = compared(&forest(folder.path()), &mut Memory::empty());
    assert_eq!((found.classes.len(), found.cost.opened), (0, 0));
    fs::write(at("c"), vec![1; 100_000]).unwrap();
    let forest = forest(folder.path());
    let found = compared(&forest, &mut Memory::empty());
    let names = |inode: &Inode| -> Vec<PathBuf> {
        inode
            .names
            .iter()
            .map(|id| forest.path(*id).file_name().unwrap().into())
            .collect()
    };
    let inodes = &found.classes[0].inodes;
    assert_eq!(
        inodes.iter().map(names).collect::<Vec<_>>(),
        [vec!["a", "b"], vec!["c"]].map(|v| v.into_iter().map(PathBuf::from).collect::<Vec<_>>())
    );
    assert_eq!(found.cost.opened, 2);
}

#[test]
fn an_inode_with_a_name_elsewhere_frees_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let inside = folder.path().join("inside");
    fs::create_dir(&inside).unwrap();
    for name in ["a", "b"] {
        fs::write(inside.join(name), vec![1; 100_000]).unwrap();
    }
    fs::hard_link(inside.join("b"), folder.path().join("elsewhere")).unwrap();
    let found = compared(&forest(&inside), &mut Memory::empty());
    let own: Vec<u64> = found.classes[0]
        .inodes
        .iter()
        .map(|inode| inode.own)
        .collect();
    assert_eq!(
        own,
        [fs::metadata(inside.join("a")).unwrap().blocks() * 512, 0]
    );
}

#[test]
fn files_that_change_between_walk_and_reading_are_said_not_compared() {
    for size in [50_000, 5_000_000] {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        for name in [
            "shorter", "longer", "gone", "fifo", "link", "same1", "same2",
        ] {
            fs::write(at(name), vec![1; size]).unwrap();
        }
        let forest = forest(folder.path());
        fs::File::options()
            .write(true)
            .open(at("shorter"))
            .unwrap()
            .set_len(10)
            .unwrap();
        fs::File::options()
            .write(true)
            .open(at("longer"))
            .unwrap()
            .set_len(9_000_000)
            .unwrap();
        for name in ["gone", "fifo", "link"] {
            fs::remove_file(at(name)).unwrap();
        }
        let made = std::process::Command::new("mkfifo")
            .arg(at("fifo"))
            .status()
            .unwrap();
        assert!(made.success());
        std::os::unix::fs::symlink(at("same1"), at("link")).unwrap();
        let found = compared(&forest, &mut Memory::empty());
        let skipped: Vec<(String, Why)> = found
            .skipped
            .iter()
            .map(|it| {
                (
                    it.path.0.file_name().unwrap().to_str().unwrap().to_owned(),
                    it.why.clone(),
                )
            })
            .collect();
        let expected = [
            ("fifo", Why::Changed),
            ("gone", Why::Gone),
            ("link", Why::Changed),
            ("longer", Why::Changed),
            ("shorter", Why::Changed),
        ];
        assert_eq!(
            skipped,
            expected.map(|(name, why)| (name.to_owned(), why)),
            "size {size}"
        );
        assert_eq!(found.classes.len(), 1);
        assert_eq!(found.classes[0].inodes.len(), 2);
    }
}

/// A memory that takes files written a moment ago for settled.
fn remembering() -> Memory {
    let mut memory = Memory::empty();
    memory.trust_everything();
    memory
}

#[test]
fn an_unchanged_disk_is_not_read_again() {
    let folder = tempfile::tempdir().unwrap();
    fixture::random_tree(5, folder.path()).unwrap();
    files_with_one_byte(folder.path(), 6_000_000, &[None, None, Some(5_000_000)]);
    let walked = forest(folder.path());
    let mut memory = remembering();
    let first = compared(&walked, &mut memory);
    assert!(first.cost.opened > 0 && memory.has_news());
    let bytes = memory.into_bytes();
    let mut memory = Memory::from_bytes(bytes.clone()).unwrap();
    let again = forest(folder.path());
    let second = compared(&again, &mut memory);
    assert_eq!((second.cost.opened, second.cost.read), (0, 0));
    assert_eq!(second.cost.remembered, second.cost.candidates);
    assert!(!memory.has_news());
    assert_eq!(inodes(&again, &second), inodes(&walked, &first));
    // A change of one byte that keeps size and modification time is seen by its change time.
    let changed = folder.path().join("f001");
    let before = fs::metadata(&changed).unwrap();
    let file = fs::File::options().write(true).open(&changed).unwrap();
    file.write_all_at(b"y", 1).unwrap();
    file.set_modified(before.modified().unwrap()).unwrap();
    drop(file);
    assert_eq!(
        fs::metadata(&changed).unwrap().mtime_nsec(),
        before.mtime_nsec()
    );
    let now = forest(folder.path());
    let third = compared(&now, &mut Memory::from_bytes(bytes).unwrap());
    assert_eq!(inodes(&now, &third), oracle(&now));
    assert_eq!(
        third.cost.opened, 3,
        "only the files of that size are opened"
    );
}

#[test]
fn what_changed_a_moment_ago_is_not_remembered() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["a", "b"] {
        fs::write(folder.path().join(name), "just written").unwrap();
    }
    let mut memory = Memory::empty();
    compared(&forest(folder.path()), &mut memory);
    assert!(!memory.has_news());
}

proptest::proptest! {
    #[test]
    fn a_damaged_memory_is_no_memory_and_no_panic(
        flips in proptest::collection::vec((0_usize..2000, 0_u8..), 1..4),
        cut in 0_usize..3000,
    ) {
        let folder = tempfile::tempdir().unwrap();
        for name in ["a", "b", "c"] {
            fs::write(folder.path().join(name), "content").unwrap();
        }
        let forest = forest(folder.path());
        let mut memory = remembering();
        compared(&forest, &mut memory);
        let whole = memory.into_bytes();
        let mut bytes = whole.clone();
        for (at, value) in flips {
            let at = at % bytes.len();
            bytes[at] = value;
        }
        bytes.truncate(cut.max(1));
        proptest::prop_assert!(Memory::from_bytes(bytes.clone()).is_none() || bytes == whole);
    }
}
