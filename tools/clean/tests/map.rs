//! The map beside `du`, and what it says would be freed.
#![expect(clippy::unwrap_used, reason = "in a test, also in what it calls")]

use std::{
    cmp::Reverse,
    collections::BTreeMap,
    fs,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    process::Command,
};

use tool::{
    Machine, Moment,
    pass::{Forest, Scope, Watch, walk},
};

fn forest(roots: &[&Path]) -> Forest {
    let roots = roots.iter().map(|root| root.to_path_buf()).collect();
    walk(
        &Scope {
            roots,
            ..Scope::default()
        },
        &Watch::new(&|_| {}),
    )
}

fn map(root: &Path) -> serde_json::Value {
    let forest = forest(&[root]);
    let machine = Machine {
        platform: knowledge::Platform::Linux,
        root: "/".into(),
        people: Vec::new(),
        now: Moment(1_800_000_000_000_000),
        live: true,
    };
    let holdings = candor_clean::holdings(&forest, true);
    serde_json::from_str(candor_clean::map(&forest, &holdings, &machine).data.get()).unwrap()
}

/// `du -s --block-size=1`, which every Linux has.
fn du(folder: &Path) -> u64 {
    let output = Command::new("du")
        .args(["-s", "--block-size=1"])
        .arg(folder)
        .output()
        .expect("du runs");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    text.split_whitespace()
        .next()
        .and_then(|n| n.parse().ok())
        .expect("du prints a number")
}

#[test]
fn totals_equal_du_to_the_byte() {
    for seed in 200..220 {
        let folder = tempfile::tempdir().unwrap();
        fixture::random_tree(seed, folder.path()).unwrap();
        let map = map(folder.path());
        assert_eq!(
            map["roots"][0]["allocated"],
            du(folder.path()),
            "seed {seed}"
        );
    }
}

#[test]
fn totals_equal_du_for_every_folder_without_hard_links() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["a/b/c", "a/d", "e"] {
        fs::create_dir_all(folder.path().join(name)).unwrap();
        fs::write(folder.path().join(name).join("file"), vec![1; 50_000]).unwrap();
    }
    let map = map(folder.path());
    let folders = map["largest_folders"].as_array().unwrap();
    assert_eq!(
        folders.len(),
        4,
        "`a/b` is little more than `a/b/c` and left out"
    );
    for line in folders {
        let path = line["path"].as_str().unwrap();
        assert_eq!(line["allocated"], du(Path::new(path)), "{path}");
    }
}

#[test]
fn a_hard_link_outside_keeps_a_folder_from_freeing_it() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    for name in ["inside/deep", "elsewhere"] {
        fs::create_dir_all(at(name)).unwrap();
    }
    fs::write(at("inside/deep/one"), vec![1; 100_000]).unwrap();
    fs::hard_link(at("inside/deep/one"), at("inside/two")).unwrap();
    fs::write(at("inside/linked"), vec![1; 200_000]).unwrap();
    fs::hard_link(at("inside/linked"), at("elsewhere/linked")).unwrap();
    let blocks = |name: &str| fs::metadata(at(name)).unwrap().blocks() * 512;
    let folders_alone = blocks("inside") + blocks("inside/deep");
    let both_names_inside = blocks("inside/two");
    let outside = map(&at("inside"));
    assert_eq!(
        outside["roots"][0]["exclusive"],
        folders_alone + both_names_inside
    );
    assert_eq!(outside["roots"][0]["allocated"], du(&at("inside")));
    // Seen whole, nothing is elsewhere.
    let whole = map(folder.path());
    assert_eq!(
        whole["roots"][0]["exclusive"],
        whole["roots"][0]["allocated"]
    );
}

/// The case every disk map gets wrong: one file, four reflinks and a hard link.
#[test]
fn copies_that_share_their_blocks_free_nothing() {
    let Some(disk) = fixture::Disk::xfs() else {
        return;
    };
    let at = |name: &str| disk.at.join(name);
    fs::write(at("file"), vec![7; 20_000_000]).unwrap();
    for name in ["copy1", "copy2", "copy3", "copy4"] {
        let copy = Command::new("cp")
            .arg("--reflink=always")
            .args([at("file"), at(name)])
            .status();
        assert!(copy.unwrap().success());
    }
    fs::hard_link(at("file"), at("link")).unwrap();
    assert!(
        Command::new("sync")
            .arg("-f")
            .arg(&disk.at)
            .status()
            .unwrap()
            .success()
    );
    let map = map(&disk.at);
    let root = &map["roots"][0];
    let own_folder = fs::metadata(&disk.at).unwrap().blocks() * 512;
    assert_eq!(root["files"], 6);
    assert_eq!(root["allocated"], du(&disk.at));
    assert_eq!(root["exclusive"], own_folder);
    let shared = map["shared_between_files"].as_u64().unwrap();
    let used = root["allocated"].as_u64().unwrap() - shared - own_folder;
    assert!((20_000_000..20_200_000).contains(&used), "{used}");
    // The duplicates are seen without reading a byte, and free nothing either.
    let watch = Watch::new(&|_| {});
    let forest = forest(&[&disk.at]);
    let found = tool::pass::compare::compare(&forest, |_| true, None, None, &watch);
    assert_eq!((found.classes.len(), found.classes[0].inodes.len()), (1, 5));
    assert_eq!(found.cost.read, 0);
    assert!(found.classes[0].inodes.iter().all(|inode| inode.own == 0));
}

/// Beside sorting all inodes: many files of one size, hard links among them, and some too large or
/// too small to be doubted.
#[test]
fn the_largest_files_are_those_that_sorting_all_gives() {
    let disk = tempfile::tempdir().unwrap();
    let root = disk.path().canonicalize().unwrap();
    for number in 0..90_u64 {
        let folder = root.join(format!("{}", number * 7 % 10));
        fs::create_dir_all(&folder).unwrap();
        let blocks = [3, 1, 40, 3, 2, 3, 7][number as usize % 7];
        let file = folder.join(format!("{number:02}"));
        fs::write(&file, vec![1; blocks * 4096]).unwrap();
        if number % 9 == 0 {
            fs::hard_link(&file, folder.join(format!("a{number}"))).unwrap();
        }
    }
    let mut all: BTreeMap<u64, (Reverse<u64>, PathBuf)> = BTreeMap::new();
    for folder in fs::read_dir(&root).unwrap().flatten() {
        for file in fs::read_dir(folder.path()).unwrap().flatten() {
            let found = file.metadata().unwrap();
            let line = (Reverse(found.blocks() * 512), file.path());
            let known = all.entry(found.ino()).or_insert_with(|| line.clone());
            *known = line.min(known.clone());
        }
    }
    let mut expected: Vec<_> = all.into_values().collect();
    expected.sort();
    let expected = expected.iter().take(25);
    let expected: Vec<_> = expected.map(|(_, path)| path.to_str().unwrap()).collect();
    let seen = map(&root);
    let lines = seen["largest_files"].as_array().unwrap().iter();
    let seen: Vec<_> = lines.map(|it| it["path"].as_str().unwrap()).collect();
    assert_eq!(seen, expected);
}
