//! Every class of loss that was met in other programs: here each leaves every file where it was, and
//! the file that changed is named.

use std::{fs, os::unix::fs::symlink};

use acts::Act;

use crate::world::{World, assert_all_done, assert_refused, proposal, seen, set_mtime};

const ACTS: [Act; 5] = [
    Act::Trash,
    Act::Quarantine,
    Act::Remove,
    Act::Hardlink,
    Act::Reflink,
];

/// A file is replaced after it was looked at by another of the same size with an older time.
/// fclones 0.35 `remove` and `dedupe` (L1, L3, fclones#293).
#[test]
fn fclones_293_replaced_by_same_size_and_older_time() {
    for act in ACTS {
        let world = World::new();
        let (copy, kept) = (world.file("copy", "equal"), world.file("kept", "equal"));
        let plan = world.plan(act, vec![proposal(&copy, Some(&kept))]);
        let was = seen(&copy).is;
        fs::remove_file(&copy).unwrap();
        fs::write(&copy, "OTHER").unwrap();
        set_mtime(&copy, &was);
        assert_refused(&world.apply(&plan), "it is not what was looked at");
        assert_eq!(fs::read(&copy).unwrap(), b"OTHER", "{act}");
        assert_eq!(fs::read(&kept).unwrap(), b"equal", "{act}");
    }
}

/// Content is changed in place and the time put back, so that a stale memory would still hold.
/// fclones `--cache` (L2).
#[test]
fn fclones_cache_stale_after_a_restored_time() {
    for act in ACTS {
        for changed in ["copy", "kept"] {
            let world = World::new();
            let (copy, kept) = (world.file("copy", "equal"), world.file("kept", "equal"));
            let plan = world.plan(act, vec![proposal(&copy, Some(&kept))]);
            let path = world.home.join(changed);
            let was = seen(&path).is;
            fs::write(&path, "OTHER").unwrap();
            set_mtime(&path, &was);
            let came = world.apply(&plan);
            assert_refused(&came, "its content, name or properties changed since");
            let names_the_survivor = came[0].1.as_ref().unwrap().contains("kept`");
            assert_eq!(names_the_survivor, changed == "kept", "{came:?}");
            let other = if changed == "copy" { &kept } else { &copy };
            assert_eq!(fs::read(&path).unwrap(), b"OTHER", "{act}");
            assert_eq!(fs::read(other).unwrap(), b"equal", "{act}");
        }
    }
}

/// A plan says that two files are equal, and every time in it is right, but they are not: nothing but
/// the bytes tells. rmlint 2.9.0 (L6), rmlint#672, rmlint#689.
#[test]
fn rmlint_672_no_evidence_is_not_equality() {
    for act in ACTS {
        let world = World::new();
        let (copy, kept) = (world.file("copy", "eQual"), world.file("kept", "equal"));
        let came = world.apply(&world.plan(act, vec![proposal(&copy, Some(&kept))]));
        let expected = match act {
            // The file system of the tests may not share bytes at all.
            Act::Reflink => "",
            _ => "its content differs",
        };
        assert_refused(&came, expected);
        assert_eq!(fs::read(&copy).unwrap(), b"eQual", "{act}");
        assert_eq!(fs::read(&kept).unwrap(), b"equal", "{act}");
    }
}

/// The folder of a copy becomes a link after it was looked at, and leads out of what was looked at, or
/// to the folder of the file that was to stay. fclones 0.35 `remove` (L5), rmlint 2.9.0 script (L7).
#[test]
fn rmlint_l7_parent_swapped_for_a_link() {
    for act in ACTS {
        let world = World::new();
        let copy = world.file("copies/photo", "equal");
        let kept = world.file("originals/photo", "equal");
        let plan = world.plan(act, vec![proposal(&copy, Some(&kept))]);
        fs::rename(world.home.join("copies"), world.home.join("moved")).unwrap();
        symlink(world.home.join("originals"), world.home.join("copies")).unwrap();
        assert_refused(
            &world.apply(&plan),
            "copies` on its way is no folder, or a link",
        );
        assert_eq!(fs::read(&kept).unwrap(), b"equal", "{act}");
        assert_eq!(fs::read(world.home.join("moved/photo")).unwrap(), b"equal");
    }
}

/// A folder that is to go has become a link by the time of the act, or something above it has:
/// `~/.cache` as a link. BleachBit 4.4.2 (L9), bleachbit#385, bleachbit#1389, bleachbit#1889.
#[test]
fn bleachbit_385_a_cache_that_is_a_link() {
    for act in [Act::Trash, Act::Quarantine, Act::Remove] {
        let world = World::new();
        let cached = world.file(".cache/thumbnails/a.png", "x");
        let folder = cached.parent().unwrap();
        let plan = world.plan(act, vec![proposal(folder, None)]);
        fs::rename(world.home.join(".cache"), world.home.join("elsewhere")).unwrap();
        symlink(world.home.join("elsewhere"), world.home.join(".cache")).unwrap();
        assert_refused(
            &world.apply(&plan),
            ".cache` on its way is no folder, or a link",
        );
        let inner = world.home.join("elsewhere/thumbnails");
        assert!(inner.join("a.png").exists(), "{act}");
        // The link itself in the place of the folder.
        let plan = world.plan(act, vec![proposal(&inner, None)]);
        fs::rename(&inner, world.home.join("thumbs")).unwrap();
        symlink(world.home.join("thumbs"), &inner).unwrap();
        assert_refused(&world.apply(&plan), "another kind stands there");
        assert!(world.home.join("thumbs/a.png").exists(), "{act}");
    }
}

/// A link that is junk itself goes, and what it leads to stays. bleachbit#385.
#[test]
fn bleachbit_385_a_link_goes_and_its_target_stays() {
    let world = World::new();
    let target = world.file("documents/letter", "dear");
    let link = world.home.join("link");
    symlink(world.home.join("documents"), &link).unwrap();
    assert_all_done(&world.apply(&world.plan(Act::Remove, vec![proposal(&link, None)])));
    assert!(fs::symlink_metadata(&link).is_err());
    assert_eq!(fs::read(target).unwrap(), b"dear");
}

/// The plan is carried out a second time, when other files have the names. rmlint: a script that is
/// run later.
#[test]
fn rmlint_a_script_that_is_run_again_later() {
    for act in [Act::Trash, Act::Quarantine, Act::Remove] {
        let world = World::new();
        let (copy, kept) = (world.file("copy", "equal"), world.file("kept", "equal"));
        let plan = world.plan(act, vec![proposal(&copy, Some(&kept))]);
        assert_all_done(&world.apply(&plan));
        assert_refused(&world.apply(&plan), "it is not there any more");
        fs::write(&copy, "equal").unwrap();
        assert_refused(&world.apply(&plan), "it is not what was looked at");
        assert!(copy.exists() && kept.exists(), "{act}");
    }
}

/// A hard link across devices is refused, and no other kind of link is made instead. fclones#196,
/// czkawka#1188, czkawka#1498.
#[test]
fn fclones_196_a_link_across_devices_is_refused() {
    let other = std::path::Path::new("/dev/shm");
    let world = World::new();
    let far = World::below(other);
    let (copy, kept) = (world.file("copy", "equal"), far.file("kept", "equal"));
    assert_ne!(seen(&copy).is.device, seen(&kept).is.device);
    let plan = world.plan(Act::Hardlink, vec![proposal(&copy, Some(&kept))]);
    assert_refused(&world.apply(&plan), "on another device");
    assert!(fs::symlink_metadata(&copy).unwrap().is_file());
    assert_eq!(fs::read(&copy).unwrap(), b"equal");
    assert_eq!(fs::read_dir(&world.home).unwrap().count(), 2);
}

/// Whatever a plan says, one verified copy stays: two files that vouch for each other, and one file
/// under two names. czkawka#385, czkawka#317, czkawka#1314, fclones#97, rmlint#141.
#[test]
fn czkawka_385_all_copies_at_once() {
    for act in [Act::Trash, Act::Quarantine, Act::Remove] {
        let world = World::new();
        let (one, two) = (world.file("one", "equal"), world.file("two", "equal"));
        let both = vec![proposal(&one, Some(&two)), proposal(&two, Some(&one))];
        let came = world.apply(&world.plan(act, both));
        assert_eq!(came[0], (1, None));
        let why = came[1].1.as_ref().unwrap();
        assert!(
            why.contains("cannot vouch for it: it is not there any more"),
            "{why}"
        );
        assert_eq!(fs::read(&two).unwrap(), b"equal", "{act}");

        let name = world.home.join("name");
        fs::hard_link(&two, &name).unwrap();
        let plan = world.plan(act, vec![proposal(&two, Some(&name))]);
        assert_refused(&world.apply(&plan), "the same file");
        // What lies in the trash vouches for nothing.
        let put = match act {
            Act::Trash => Some(world.home.join(".local/share/Trash/files/one")),
            _ => None,
        };
        if let Some(put) = put {
            // Whether the plan uses that trash or not.
            for act in [act, Act::Remove, Act::Hardlink] {
                let plan = world.plan(act, vec![proposal(&two, Some(&put))]);
                assert_refused(&world.apply(&plan), "in the trash or the quarantine itself");
            }
        }
    }
}

/// A folder goes that holds the copy another step relies on: whichever of the two comes first, a copy
/// stays.
#[test]
fn czkawka_385_a_folder_with_the_copy_that_stays() {
    for act in [Act::Trash, Act::Quarantine, Act::Remove] {
        let world = World::new();
        let (copy, kept) = (
            world.file("copy", "equal"),
            world.file("folder/kept", "equal"),
        );
        let folder = proposal(&world.home.join("folder"), None);
        let steps = vec![folder, proposal(&copy, Some(&kept))];
        let came = world.apply(&world.plan(act, steps));
        assert_eq!(came[0], (1, None));
        assert!(came[1].1.is_some(), "{act}: {came:?}");
        assert_eq!(fs::read(&copy).unwrap(), b"equal");
    }
}

/// A number no disk holds ends no run half way, and no plan promises more than its files hold.
#[test]
fn sums_of_a_plan_that_was_edited_do_not_overflow() {
    let world = World::new();
    let steps = ["one", "two"].map(|name| {
        let mut it = proposal(&world.file(name, name), None);
        it.frees = tool::Bytes(u64::MAX);
        it
    });
    let plan = world.plan(Act::Trash, steps.into());
    let (came, ended) = world.apply_protecting(&plan, &|_| None);
    assert_all_done(&came);
    assert!(ended.freed.0 < 1 << 22, "{}", ended.freed);
}

/// A group of three becomes one file, though each link changes the time of the one that stays.
/// jdupes#25, jdupes#153: links lost in triangles.
#[test]
fn jdupes_25_a_group_of_several_becomes_one_file() {
    let world = World::new();
    let kept = world.file("kept", "equal");
    let copies: Vec<_> = (0..40)
        .map(|n| world.file(&format!("copy{n}"), "equal"))
        .collect();
    let steps = copies
        .iter()
        .map(|copy| proposal(copy, Some(&kept)))
        .collect();
    assert_all_done(&world.apply(&world.plan(Act::Hardlink, steps)));
    let inode = seen(&kept).is.inode;
    assert!(copies.iter().all(|copy| seen(copy).is.inode == inode));
    assert_eq!(fs::read_dir(&world.home).unwrap().count(), 42);
    // Forty names of it cannot be mistaken for forty copies.
    let again = copies
        .iter()
        .map(|copy| proposal(copy, Some(&kept)))
        .collect();
    let came = world.apply(&world.plan(Act::Remove, again));
    assert!(
        came.iter()
            .all(|(_, why)| why.as_ref().is_some_and(|it| it.contains("same file")))
    );
}

/// A folder that got something after it was looked at stays whole, and so does what it holds; a
/// descendant that is to be kept cannot go with it. bleachbit#1702, Mole#243.
#[test]
fn bleachbit_1702_nothing_goes_that_was_not_shown() {
    for act in [Act::Trash, Act::Quarantine, Act::Remove] {
        let world = World::new();
        world.file("cache/deep/old", "x");
        let folder = world.home.join("cache");
        let plan = world.plan(act, vec![proposal(&folder, None)]);
        let new = world.file("cache/deep/thesis", "years");
        assert_refused(&world.apply(&plan), "it is not what was looked at");
        assert_eq!(fs::read(&new).unwrap(), b"years", "{act}");
        fs::remove_file(&new).unwrap();
        fs::remove_file(world.home.join("cache/deep/old")).unwrap();
        assert_refused(&world.apply(&plan), "it is not what was looked at");
        let plan = world.plan(act, vec![proposal(&folder, None)]);
        assert_all_done(&world.apply(&plan));
        assert!(!folder.exists(), "{act}");
    }
}

/// A file that a program is writing to stays, and nobody is told that it went. Mole#1390: an open
/// database.
#[test]
fn mole_1390_a_file_that_is_being_written_stays() {
    for act in [Act::Trash, Act::Remove, Act::Hardlink] {
        let world = World::new();
        let (copy, kept) = (world.file("copy", "equal"), world.file("kept", "equal"));
        let plan = world.plan(act, vec![proposal(&copy, Some(&kept))]);
        for open in [&copy, &kept] {
            let writer = fs::File::options().append(true).open(open).unwrap();
            assert_refused(
                &world.apply(&plan),
                "another program has it open for writing",
            );
            drop(writer);
        }
        assert_all_done(&world.apply(&plan));
    }
}

/// A link would give a file another owner or other permissions: it stays as it is.
#[test]
fn a_link_takes_no_properties_away() {
    use std::os::unix::fs::PermissionsExt;
    let world = World::new();
    let (copy, kept) = (world.file("copy", "equal"), world.file("kept", "equal"));
    fs::set_permissions(&copy, fs::Permissions::from_mode(0o600)).unwrap();
    fs::set_permissions(&kept, fs::Permissions::from_mode(0o644)).unwrap();
    let plan = world.plan(Act::Hardlink, vec![proposal(&copy, Some(&kept))]);
    assert_refused(&world.apply(&plan), "its permissions differ");
    assert_eq!(
        fs::metadata(&copy).unwrap().permissions().mode() & 0o777,
        0o600
    );
}

/// What is protected stays, whatever a plan says. Mole#823, Mole#993.
#[test]
fn mole_823_what_is_protected_stays() {
    let world = World::new();
    let key = world.file(".ssh/id_ed25519", "secret");
    let plan = world.plan(Act::Remove, vec![proposal(&key, None)]);
    let protected = |path: &std::path::Path| {
        path.ends_with(".ssh/id_ed25519")
            .then(|| "a key".to_owned())
    };
    let (came, _) = world.apply_protecting(&plan, &protected);
    assert_refused(&came, "it is protected: a key");
    assert!(key.exists());
}
