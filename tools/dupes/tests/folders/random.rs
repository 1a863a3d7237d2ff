//! Random trees of few names, kinds and contents, so that many folders are the same.

use std::{collections::BTreeSet, fs, os::unix::fs::symlink, path::Path};

use candor_dupes::Wishes;
use serde_json::Value;

use super::{
    super::{folders, told},
    reference::{equal_folders, told_once},
    world::World,
};

#[test]
fn folders_equal_those_of_a_plain_reference_on_60_random_trees() {
    let mut groups = 0;
    for seed in 0..60 {
        let world = World::new();
        grow(&mut fixture::Content::new(seed), &world.root, 4);
        let expected = told_once(&equal_folders(&world.root));
        assert_eq!(told(&world), expected, "seed {seed}");
        groups += expected.len();
    }
    assert!(
        groups > 100,
        "the trees hold too few to prove anything: {groups}"
    );
}

/// Names that are no text, holes, hard links and large files: a copy of a tree of all kinds is one.
#[test]
fn a_copy_of_a_tree_of_all_kinds_is_the_same() {
    let world = World::new();
    for (name, seed) in [("a", 5), ("deep/er/b", 5), ("c", 6)] {
        let folder = world.root.join(name);
        fs::create_dir_all(&folder).unwrap();
        fixture::random_tree(seed, &folder).unwrap();
    }
    // Links in them lead to where they are told to, and these places differ.
    let expected = told_once(&equal_folders(&world.root));
    assert_eq!(told(&world), expected);
}

/// Whatever a person wishes, one file of each content stays, and nothing vouches that goes itself.
#[test]
fn one_file_of_each_content_always_stays() {
    let mut whole = 0;
    for seed in 0..60 {
        let world = World::new();
        let mut random = fixture::Content::new(seed);
        grow(&mut random, &world.root, 4);
        let mut chance = |of: u64| random.below(of) == 0;
        let folder = |name: &str| world.root.join(name).into();
        let wishes = Wishes {
            at_least: 1 + usize::from(chance(4)),
            keep: if chance(4) {
                vec!["b".into()]
            } else {
                Vec::new()
            },
            prefer: if chance(3) {
                vec![folder("c")]
            } else {
                Vec::new()
            },
            lock: if chance(4) {
                vec![folder("a/a")]
            } else {
                Vec::new()
            },
            rules: if chance(2) {
                vec![candor_dupes::Rule::Deepest]
            } else {
                Vec::new()
            },
            ..folders(true)
        };
        let at_least = wishes.at_least;
        let data = world.look(Some(wishes));
        let mut gone = BTreeSet::new();
        let mut vouch = BTreeSet::new();
        for it in data["proposals"].as_array().unwrap() {
            whole += u32::from(it["is"]["kind"] == "folder");
            let note = |set: &mut BTreeSet<String>, path: &Value| {
                let name = world.name(path);
                assert!(set.insert(name.clone()), "{name} stands twice, seed {seed}");
            };
            note(&mut gone, &it["path"]);
            let list = |name: &str| it[name].as_array().cloned().unwrap_or_default();
            list("inside")
                .iter()
                .for_each(|it| note(&mut gone, &it["path"]));
            vouch.insert(world.name(&it["survivor"]["path"]));
            vouch.extend(list("mirror").iter().map(|it| world.name(&it["path"])));
        }
        assert!(gone.is_disjoint(&vouch), "seed {seed}");
        for group in data["groups"].as_array().unwrap() {
            let paths = group["paths"].as_array().unwrap();
            let stay = paths
                .iter()
                .filter(|path| !gone.contains(&world.name(path)));
            let stay = stay.count();
            assert!(
                stay >= at_least.min(paths.len()),
                "{paths:?} but for {gone:?}, seed {seed}"
            );
        }
    }
    assert!(whole > 30, "too few folders go to prove anything: {whole}");
}

/// Fills a folder with few names, kinds and contents, so that many folders are the same.
fn grow(random: &mut fixture::Content, folder: &Path, height: u64) {
    let names = if height > 2 {
        &["a", "b", "c", "d", "e"][..]
    } else {
        &["a", "b"]
    };
    for name in names {
        let path = folder.join(name);
        match random.below(12) {
            0 => {}
            1..=7 if height > 0 => {
                fs::create_dir(&path).unwrap();
                grow(random, &path, height - 1);
            }
            8 => symlink(["x", "y"][random.below(2) as usize], &path).unwrap(),
            9 if random.below(4) == 0 => {
                let mode = rustix::fs::Mode::RUSR;
                let kind = rustix::fs::FileType::Fifo;
                rustix::fs::mknodat(rustix::fs::CWD, &path, kind, mode, 0).unwrap();
            }
            10 => fs::write(&path, "").unwrap(),
            _ => {
                let content = ["one", "one", "one", "two", "other"][random.below(5) as usize];
                fs::write(&path, content).unwrap();
            }
        }
    }
}
