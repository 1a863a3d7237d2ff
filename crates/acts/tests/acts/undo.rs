//! What was done is taken back: bytes, names, owner, mode, times and attributes.

use std::{
    ffi::OsString,
    fs,
    os::unix::{ffi::OsStringExt, fs::PermissionsExt, fs::symlink},
    path::PathBuf,
};

use acts::Act;
use rustix::fs::{XattrFlags, setxattr};

use crate::world::{World, assert_all_done, assert_refused, proposal, seen, set_mtime};

/// Two hundred odd things: names that are no text, links that lead nowhere, files of all modes, with attributes and access control lists, with several names, and folders of them.
fn odd_things(world: &World) -> Vec<PathBuf> {
    let odd = world.home.join("odd");
    fs::create_dir(&odd).unwrap();
    let mut things = Vec::new();
    let at = |bytes: &[u8]| odd.join(OsString::from_vec(bytes.to_vec()));
    for number in 0..150_u32 {
        let name = match number % 5 {
            0 => format!("plain {number}").into_bytes(),
            1 => format!("new\nline\t{number}").into_bytes(),
            2 => [b"\xff\xfe".as_slice(), number.to_string().as_bytes()].concat(),
            3 => format!("{:x<252}", "long").into_bytes(),
            _ => format!(".hidden.{number}.tar.gz").into_bytes(),
        };
        let mut name = name;
        name.extend_from_slice(format!("{number:03}").as_bytes());
        let path = at(&name);
        fs::write(&path, vec![number as u8; number as usize * 7]).unwrap();
        let value = format!("value {number}");
        setxattr(&path, "user.candor", value.as_bytes(), XattrFlags::empty()).unwrap();
        let mut was = seen(&path).is;
        was.mtime.0 -= i64::from(number) * 86_400_123_456_789;
        set_mtime(&path, &was);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o400 + (number & 0o377))).unwrap();
        things.push(path);
    }
    // An access control list with one more user: version 2, then tag, permissions, id.
    let mut list = vec![2, 0, 0, 0];
    for (tag, permissions, id) in [
        (1_u16, 6_u16, u32::MAX),
        (2, 4, 1000),
        (4, 4, u32::MAX),
        (0x10, 6, u32::MAX),
        (0x20, 0, u32::MAX),
    ] {
        list.extend_from_slice(&tag.to_le_bytes());
        list.extend_from_slice(&permissions.to_le_bytes());
        list.extend_from_slice(&id.to_le_bytes());
    }
    let path = at(b"listed");
    fs::write(&path, "x").unwrap();
    setxattr(&path, "system.posix_acl_access", &list, XattrFlags::empty()).unwrap();
    things.push(path);
    for number in 0..30 {
        let path = at(format!("link {number}").as_bytes());
        symlink(format!("nowhere/{number}"), &path).unwrap();
        things.push(path);
    }
    for number in 0..20 {
        let folder = at(format!("folder {number}").as_bytes());
        fs::create_dir_all(folder.join("a/b/empty")).unwrap();
        fs::write(folder.join("a/b/file"), number.to_string()).unwrap();
        symlink("a", folder.join("link")).unwrap();
        fs::set_permissions(folder.join("a"), fs::Permissions::from_mode(0o750)).unwrap();
        things.push(folder);
    }
    things
}

#[test]
fn two_hundred_odd_things_come_back_as_they_were() {
    for act in [Act::Trash, Act::Quarantine] {
        let world = World::new();
        let things = odd_things(&world);
        assert!(things.len() >= 200);
        let before = world.snapshot();
        let proposals = things.iter().map(|it| proposal(it, None)).collect();
        assert_all_done(&world.apply(&world.plan(act, proposals)));
        assert_eq!(fs::read_dir(world.home.join("odd")).unwrap().count(), 0);
        assert_all_done(&world.undo());
        let after = world.snapshot();
        for (was, is) in before.iter().zip(&after) {
            assert_eq!(was, is, "{act}");
        }
        assert_eq!(before.len(), after.len());
        // Nothing is left in the trash, notes included.
        for folder in [
            "share/Trash/files",
            "share/Trash/info",
            "state/candor/quarantine",
        ] {
            let left = fs::read_dir(world.home.join(".local").join(folder));
            assert_eq!(left.map_or(0, Iterator::count), 0, "{folder}");
        }
        assert!(
            world.undo().is_empty(),
            "what is undone is not undone again"
        );
    }
}

#[test]
fn a_linked_copy_becomes_a_file_of_its_own_again() {
    let world = World::new();
    let kept = world.file("kept", vec![7; 300_000]);
    let mut copies = Vec::new();
    for number in 0..3 {
        let copy = world.file(&format!("copy{number}"), vec![7; 300_000]);
        setxattr(&copy, "user.candor", b"x", XattrFlags::empty()).unwrap();
        let mut was = seen(&copy).is;
        was.mtime.0 -= (number + 1) * 86_400_000_000_001;
        set_mtime(&copy, &was);
        copies.push(copy);
    }
    setxattr(&kept, "user.candor", b"x", XattrFlags::empty()).unwrap();
    let before = world.snapshot();
    let steps = copies.iter().map(|it| proposal(it, Some(&kept))).collect();
    assert_all_done(&world.apply(&world.plan(Act::Hardlink, steps)));
    assert_ne!(world.snapshot(), before);
    assert_all_done(&world.undo());
    assert_eq!(world.snapshot(), before);
}

#[test]
fn a_link_whose_content_changed_since_is_not_taken_apart() {
    let world = World::new();
    let (copy, kept) = (world.file("copy", "equal"), world.file("kept", "equal"));
    let plan = world.plan(Act::Hardlink, vec![proposal(&copy, Some(&kept))]);
    assert_all_done(&world.apply(&plan));
    fs::write(&kept, "later").unwrap();
    assert_refused(&world.undo(), "its content changed");
    assert_eq!(fs::read(&copy).unwrap(), b"later");
}

#[test]
fn nothing_is_overwritten_by_undoing() {
    for act in [Act::Trash, Act::Quarantine] {
        let world = World::new();
        let file = world.file("file", "old");
        let plan = world.plan(act, vec![proposal(&file, None)]);
        assert_all_done(&world.apply(&plan));
        fs::write(&file, "new").unwrap();
        assert_refused(&world.undo(), "something else has its name by now");
        assert_eq!(fs::read(&file).unwrap(), b"new");
        // It can still be undone once the name is free.
        fs::remove_file(&file).unwrap();
        assert_all_done(&world.undo());
        assert_eq!(fs::read(&file).unwrap(), b"old");
    }
}

#[test]
fn what_was_removed_for_good_says_so() {
    let world = World::new();
    let file = world.file("file", "old");
    assert_all_done(&world.apply(&world.plan(Act::Remove, vec![proposal(&file, None)])));
    assert!(!Act::Remove.can_be_undone());
    assert_refused(&world.undo(), "removed for good");
}
