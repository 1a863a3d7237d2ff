//! The trash as the FreeDesktop.org specification 1.0 has it.

use std::fs;

use acts::{Act, Bins, Use};

use crate::world::{World, assert_all_done, assert_refused, proposal};

#[test]
fn the_trash_of_the_home_notes_where_things_came_from() {
    let world = World::new();
    let (one, two) = (world.file("a/ü b.txt", "1"), world.file("b/ü b.txt", "2"));
    let steps = vec![proposal(&one, None), proposal(&two, None)];
    assert_all_done(&world.apply(&world.plan(Act::Trash, steps)));
    let trash = world.home.join(".local/share/Trash");
    assert_eq!(fs::read(trash.join("files/ü b.txt")).unwrap(), b"1");
    assert_eq!(fs::read(trash.join("files/ü b.2.txt")).unwrap(), b"2");
    let note = fs::read_to_string(trash.join("info/ü b.txt.trashinfo")).unwrap();
    let path = one.to_str().unwrap().replace("ü b", "%C3%BC%20b");
    let expected = format!("[Trash Info]\nPath={path}\nDeletionDate=2026-11-25T17:00:00\n");
    assert_eq!(note, expected);
}

#[test]
fn another_file_system_has_a_trash_at_its_top() {
    let far = World::below(std::path::Path::new("/dev/shm"));
    let here = World::new();
    let file = far.file("file", "x");
    let plan = here.plan(Act::Trash, vec![proposal(&file, None)]);
    let bins = Bins::make(&plan, &here.machine);
    let [bin] = &bins.0[..] else {
        panic!("{bins:?}");
    };
    let user = rustix::process::getuid().as_raw();
    let top = std::path::PathBuf::from(format!("/dev/shm/.Trash-{user}"));
    assert_eq!((bin.of, &bin.files.0), (Use::Trash, &top.join("files")));
    assert_all_done(&here.apply(&plan));
    let run = here.runs().pop().unwrap();
    let before = &run.steps[0].before;
    let note = fs::read_to_string(&before.info.as_ref().unwrap().0).unwrap();
    let from_top = file.strip_prefix("/dev/shm").unwrap().to_str().unwrap();
    assert!(note.contains(&format!("\nPath={from_top}\n")), "{note}");
    assert_all_done(&here.undo());
    assert_eq!(fs::read(&file).unwrap(), b"x");
    // Nobody else's things are in there.
    let _ = fs::remove_dir(top.join("files"));
    let _ = fs::remove_dir(top.join("info"));
    let _ = fs::remove_dir(top);
}

#[test]
fn a_trash_that_is_a_link_is_not_used() {
    let world = World::new();
    let file = world.file("file", "x");
    let elsewhere = world.home.join("elsewhere");
    fs::create_dir(&elsewhere).unwrap();
    fs::create_dir_all(world.home.join(".local/share")).unwrap();
    std::os::unix::fs::symlink(&elsewhere, world.home.join(".local/share/Trash")).unwrap();
    let plan = world.plan(Act::Trash, vec![proposal(&file, None)]);
    let bins = Bins::make(&plan, &world.machine);
    assert_eq!(bins, Bins::default());
    assert_refused(&world.apply(&plan), "there is no trash on its file system");
    assert!(file.exists());
}

#[test]
fn a_file_system_without_a_bin_says_so() {
    let world = World::new();
    let file = world.file("file", "x");
    let plan = world.plan(Act::Trash, vec![proposal(&file, None)]);
    let around = acts::Around {
        run: "none",
        at: "",
        bins: &Bins::default(),
        vouched: &|_| None,
        protected: &|_| None,
    };
    let mut came = Vec::new();
    let mut journal = world.begin("none", None);
    let mut tell = |done: &acts::Done| {
        came.push((done.step, done.refused.as_ref().map(ToString::to_string)));
    };
    acts::apply(&plan, &around, &mut journal, &mut tell).unwrap();
    assert_refused(&came, "there is no trash on its file system");
    assert!(file.exists());
}

#[test]
fn what_is_in_the_trash_is_not_trashed_again() {
    let world = World::new();
    let file = world.file("letter", "mine");
    assert_all_done(&world.apply(&world.plan(Act::Trash, vec![proposal(&file, None)])));
    let there = world.home.join(".local/share/Trash/files/letter");
    let came = world.apply(&world.plan(Act::Trash, vec![proposal(&there, None)]));
    assert_refused(&came, "in the trash or the quarantine already");
    assert!(there.exists());
    assert_all_done(&world.apply(&world.plan(Act::Remove, vec![proposal(&there, None)])));
    assert!(!there.exists());
}
