//! Folders that hold the same: beside a plain reference on random trees, and in the cases other programs
//! get wrong.
#![expect(clippy::unwrap_used, reason = "in a test, also in what it calls")]

mod folders {
    mod random;
    pub(super) mod reference;
    pub(super) mod world;
}

use std::{collections::BTreeSet, fs, os::unix::fs::symlink};

use candor_dupes::Wishes;
use folders::{reference::Groups, world::World};
use serde_json::Value;

fn told(world: &World) -> Groups {
    let data = world.look(None);
    let groups = data["folders"].as_array().unwrap().iter();
    groups.map(|group| world.paths(&group["paths"])).collect()
}

fn folders(folders: bool) -> Wishes {
    Wishes {
        folders,
        ..Wishes::default()
    }
}

/// Says what goes by a plan.
fn goes(world: &World, data: &Value) -> Vec<String> {
    let proposals = data["proposals"].as_array().unwrap().iter();
    let goes = proposals.map(|it| world.name(&it["path"]));
    goes.collect()
}

/// The folder that was named first stays, and everything in it. rmlint#141: tagged originals go.
#[test]
fn rmlint_141_what_lies_in_the_preferred_folder_stays() {
    let world = World::new();
    for copy in ["originals/2019", "backup/2019"] {
        world.files(&[(&format!("{copy}/a"), "aa"), (&format!("{copy}/b"), "bb")]);
    }
    world.files(&[("backup/2019 again/a", "aa")]);
    let wishes = Wishes {
        prefer: vec![world.root.join("originals").into()],
        ..folders(true)
    };
    let data = world.look(Some(wishes));
    assert_eq!(goes(&world, &data), ["backup/2019", "backup/2019 again/a"]);
    let whole = &data["proposals"][0];
    assert_eq!(world.name(&whole["survivor"]["path"]), "originals/2019");
    assert_eq!(whole["inside"].as_array().unwrap().len(), 2);
    let mirror: Vec<String> = whole["mirror"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| world.name(&it["path"]))
        .collect();
    assert_eq!(mirror, ["originals/2019/a", "originals/2019/b"]);
}

/// What a link leads to is not in the folder. rmlint#225: `-D` follows links and finds a folder twice.
#[test]
fn rmlint_225_a_link_to_a_folder_is_no_copy_of_it() {
    let world = World::new();
    world.files(&[("real/a", "aa"), ("real/b", "bb")]);
    symlink("real", world.root.join("link")).unwrap();
    fs::create_dir(world.root.join("of links")).unwrap();
    for name in ["a", "b"] {
        let to = world.root.join("real").join(name);
        symlink(to, world.root.join("of links").join(name)).unwrap();
    }
    assert_eq!(told(&world), Groups::new());
    assert_eq!(
        world.look(Some(folders(true)))["proposals"],
        serde_json::json!([])
    );
}

/// Links count by where they lead. rmlint#564.
#[test]
fn rmlint_564_links_that_lead_elsewhere_set_folders_apart() {
    let world = World::new();
    for (name, target) in [("one", "x"), ("two", "x"), ("three", "y")] {
        world.files(&[(&format!("{name}/a"), "aa")]);
        symlink(target, world.root.join(name).join("link")).unwrap();
    }
    assert_eq!(told(&world), world.groups(&[&["one", "two"]]));
}

/// A folder and one in it. rmlint#586, rmlint#620: a folder is removed for the sake of its own part.
#[test]
fn rmlint_586_a_folder_and_its_own_part_are_never_held_against_each_other() {
    let world = World::new();
    world.files(&[
        ("top/a", "aa"),
        ("top/top/a", "aa"),
        ("top/top/top/a", "aa"),
    ]);
    assert_eq!(told(&world), Groups::new());
    // Beside each other they are the same, and one stays.
    world.files(&[("other/a", "aa")]);
    assert_eq!(told(&world), world.groups(&[&["other", "top/top/top"]]));
    let data = world.look(Some(folders(true)));
    let goes = goes(&world, &data);
    assert_eq!(goes.len(), 2, "{goes:?}");
    let stays: BTreeSet<&str> = BTreeSet::from(["top/a", "top/top/a", "top/top/top", "other"]);
    assert!(
        goes.iter().all(|it| stays.contains(it.as_str())),
        "{goes:?}"
    );
}

/// Roots that hold each other, and one that is named twice. rmlint#620.
#[test]
fn rmlint_620_roots_that_overlap_are_looked_at_once() {
    let world = World::new();
    world.files(&[
        ("a/in/x", "xx"),
        ("a/in/y", "yy"),
        ("b/in/x", "xx"),
        ("b/in/y", "yy"),
    ]);
    let roots = ["", "a", "a/in", "b", "b"].map(|it| world.root.join(it));
    let data = world.look_at(&roots, Some(folders(true)));
    let paths = world.paths(&data["folders"][0]["paths"]);
    assert_eq!(data["folders"].as_array().unwrap().len(), 1);
    assert_eq!(paths, BTreeSet::from(["a".into(), "b".into()]));
    assert_eq!(goes(&world, &data).len(), 1);
}

/// The same files in another layout are not the same folder. rmlint#742.
#[test]
fn rmlint_742_layout_counts() {
    let world = World::new();
    world.files(&[("one/a", "aa"), ("one/in/b", "bb")]);
    world.files(&[("two/a", "aa"), ("two/b", "bb")]);
    world.files(&[("three/in/a", "aa"), ("three/b", "bb")]);
    world.files(&[("four/other name", "aa"), ("four/in/b", "bb")]);
    let told = told(&world);
    assert_eq!(told, world.groups(&[&["four/in", "one/in"]]));
    // They are told as almost the same instead, and never proposed.
    let data = world.look(Some(folders(true)));
    let near = data["near_folders"].as_array().unwrap();
    assert!(near.iter().any(|it| it["percent"] == 100), "{near:?}");
    let all = goes(&world, &data);
    assert!(
        all.iter()
            .all(|it| !["one", "two", "three", "four"].contains(&it.as_str())),
        "{all:?}"
    );
}

/// Empty files and folders count, too. rmlint#751.
#[test]
fn rmlint_751_empty_files_and_folders_count() {
    let world = World::new();
    for name in ["one", "two", "three", "four"] {
        world.files(&[(&format!("{name}/a"), "aa")]);
    }
    world.files(&[("one/empty", ""), ("two/empty", "")]);
    fs::create_dir(world.root.join("three/empty")).unwrap();
    assert_eq!(told(&world), world.groups(&[&["one", "two"]]));
    // Folders without a byte free nothing and are not told.
    world.files(&[("five/empty", ""), ("six/empty", "")]);
    assert_eq!(told(&world), world.groups(&[&["one", "two"]]));
}

/// Folders are told, with what is in them told once. fclones#51.
#[test]
fn fclones_51_only_the_topmost_of_equal_folders_are_told() {
    let world = World::new();
    for copy in ["a", "deep/er/b"] {
        world.files(&[
            (&format!("{copy}/1/x"), "xx"),
            (&format!("{copy}/1/in/z"), "zzz"),
            (&format!("{copy}/2/y"), "yyyy"),
        ]);
    }
    let data = world.look(None);
    assert_eq!(told(&world), world.groups(&[&["a", "deep/er/b"]]));
    let group = &data["folders"][0];
    assert_eq!((&group["size"], &group["files"]), (&9.into(), &3.into()));
    assert_eq!(
        data["groups"].as_array().unwrap().len(),
        3,
        "files stay among the groups"
    );
    // One of them again elsewhere is told beside the first.
    world.files(&[("c/x", "xx"), ("c/in/z", "zzz")]);
    assert_eq!(
        told(&world),
        world.groups(&[&["a", "deep/er/b"], &["a/1", "c"]])
    );
    let data = world.look(Some(folders(true)));
    assert_eq!(
        goes(&world, &data).len(),
        2,
        "no file goes that went with a folder"
    );
    // Without the wish every file is asked about alone.
    let data = world.look(Some(folders(false)));
    assert_eq!(goes(&world, &data).len(), 5);
}

#[test]
fn what_could_not_be_looked_at_is_no_copy() {
    let world = World::new();
    for copy in ["a", "b"] {
        world.files(&[
            (&format!("{copy}/x"), "xx"),
            (&format!("{copy}/secret/y"), "yy"),
        ]);
        world.files(&[(&format!("{copy}/open/z"), "zz")]);
    }
    let secret = [world.root.join("a/secret"), world.root.join("b/secret")];
    let data = world.look_but_for(&secret, Some(folders(true)));
    let all = data["folders"].as_array().unwrap();
    let paths: Vec<_> = all.iter().map(|it| world.paths(&it["paths"])).collect();
    assert_eq!(paths, [BTreeSet::from(["a/open".into(), "b/open".into()])]);
    // A limit of sizes leaves files out, too.
    let data = world.look_from(3);
    assert_eq!(data["folders"], serde_json::json!([]));
}

#[test]
fn folders_that_share_files_are_told_and_not_proposed() {
    let world = World::new();
    world.files(&[("a/x", "xx"), ("b/y", "z")]);
    fs::create_dir(world.root.join("linked")).unwrap();
    fs::hard_link(world.root.join("a/x"), world.root.join("linked/x")).unwrap();
    let data = world.look(Some(folders(true)));
    assert_eq!(data["folders"][0]["frees"], 0);
    assert_eq!(told(&world), world.groups(&[&["a", "linked"]]));
    assert_eq!(goes(&world, &data), [""; 0]);
}

#[test]
fn a_bundle_is_one_thing() {
    let world = World::new();
    for library in ["Photos.photoslibrary", "old/Photos.photoslibrary"] {
        world.files(&[
            (&format!("{library}/originals/1.jpg"), "first picture"),
            (&format!("{library}/database"), "names"),
        ]);
    }
    world.files(&[
        ("Downloads/1.jpg", "first picture"),
        ("Other.app/Contents/1.jpg", "first picture"),
    ]);
    let data = world.look(Some(folders(false)));
    assert_eq!(goes(&world, &data), ["Downloads/1.jpg"]);
    assert_eq!(data["folders"][0]["bundle"], "a library of Photos");
    assert_eq!(
        told(&world),
        world.groups(&[&["Photos.photoslibrary", "old/Photos.photoslibrary"]])
    );
    let data = world.look(Some(folders(true)));
    let goes = goes(&world, &data);
    assert_eq!(goes.len(), 2, "{goes:?}");
    assert!(goes[0].ends_with(".photoslibrary"), "{goes:?}");
}

#[test]
fn wishes_hold_for_folders() {
    let world = World::new();
    for copy in ["a", "b", "c"] {
        world.files(&[
            (&format!("{copy}/keep/x"), "xx"),
            (&format!("{copy}/y"), "yy"),
        ]);
    }
    let count = |wishes: Wishes| {
        let data = world.look(Some(Wishes {
            folders: true,
            ..wishes
        }));
        let proposals = data["proposals"].as_array().unwrap().clone();
        proposals
            .iter()
            .filter(|it| it["is"]["kind"] == "folder")
            .count()
    };
    assert_eq!(count(Wishes::default()), 2);
    assert_eq!(
        count(Wishes {
            at_least: 2,
            ..Wishes::default()
        }),
        1
    );
    assert_eq!(
        count(Wishes {
            keep: vec!["**/keep/x".into()],
            ..Wishes::default()
        }),
        0
    );
    assert_eq!(
        count(Wishes {
            only: vec!["**/b/**".into()],
            ..Wishes::default()
        }),
        1
    );
    assert_eq!(
        count(Wishes {
            joined: true,
            ..Wishes::default()
        }),
        0
    );
    let lock = vec![world.root.join("c/keep").into()];
    assert_eq!(
        count(Wishes {
            lock,
            ..Wishes::default()
        }),
        0
    );
}

#[test]
fn folders_that_are_almost_the_same_are_told_with_how_much() {
    let world = World::new();
    let big = |n: usize| "x".repeat(100) + &n.to_string();
    for n in 0..10 {
        world.files(&[
            (&format!("photos/{n}"), &big(n)),
            (&format!("backup/2019/{n} copy"), &big(n)),
        ]);
    }
    world.files(&[
        ("photos/one more", &"y".repeat(200)),
        ("backup/2019/text", "z"),
    ]);
    let data = world.look(None);
    assert_eq!(data["folders"], serde_json::json!([]));
    let near = data["near_folders"].as_array().unwrap();
    assert_eq!(near.len(), 1, "{near:?}");
    let pair = &near[0];
    let paths: Vec<String> = (0..2)
        .map(|at| world.name(&pair["folders"][at]["path"]))
        .collect();
    assert_eq!(paths, ["backup/2019", "photos"]);
    let figures =
        ["shared", "shared_files", "percent", "percent_files"].map(|it| pair[it].as_u64().unwrap());
    assert_eq!(figures, [1010, 10, 83, 90]);
    // What is told as the same is not told again of the folder above it.
    world.files(&[
        ("up/backup/z", "zz"),
        ("down/backup/z", "zz"),
        ("up/one more", "q"),
    ]);
    world.files(&[("up/backup/y", "yy"), ("down/backup/y", "yy")]);
    let data = world.look(None);
    let near = data["near_folders"].as_array().unwrap();
    let name = |at: usize| world.name(&near[1]["folders"][at]["path"]);
    assert_eq!(
        (near.len(), name(0), name(1)),
        (2, "down".to_owned(), "up".to_owned())
    );
    // Less than half is not told.
    world.files(&[("photos/film", &"f".repeat(2000))]);
    let data = world.look(None);
    let near = data["near_folders"].as_array().unwrap();
    assert_eq!(near.len(), 1, "{near:?}");
}

#[test]
fn a_folder_that_is_reached_through_two_mounts_is_one() {
    let world = World::new();
    world.files(&[("a/x", "xx"), ("a/in/y", "yy")]);
    fs::create_dir(world.root.join("b")).unwrap();
    let Some(_mounted) = fixture::Disk::again(&world.root.join("a"), &world.root.join("b")) else {
        return;
    };
    let data = world.look(Some(folders(true)));
    let empty = serde_json::json!([]);
    assert_eq!(
        (&data["folders"], &data["proposals"], &data["near_folders"]),
        (&empty, &empty, &empty)
    );
    // A real copy beside them is one.
    world.files(&[("c/x", "xx"), ("c/in/y", "yy")]);
    let data = world.look(Some(folders(true)));
    assert_eq!(data["folders"][0]["paths"].as_array().unwrap().len(), 2);
}
