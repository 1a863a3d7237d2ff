//! What nobody vouches for goes only if no program has it open.

use std::{
    fs::{self, File},
    os::unix::net::UnixListener,
    path::PathBuf,
};

use acts::{Act, Around, Bins};
use rustix::fs::{CWD, FileType, Mode, mknodat};

use crate::world::{Came, World, assert_all_done, assert_refused, proposal};

const ACTS: [Act; 3] = [Act::Trash, Act::Quarantine, Act::Remove];

#[test]
fn mole_1390_an_open_database_stays_with_the_folder_it_lies_in() {
    for act in ACTS {
        let world = World::new();
        let database = world.file("cache/deep/index.sqlite-wal", "pages");
        world.file("cache/data", "more");
        let cache = world.home.join("cache");
        let plan = world.plan(act, vec![proposal(&cache, None)]);
        for open in [
            File::open(&database).unwrap(),
            File::options().append(true).open(&database).unwrap(),
        ] {
            let came = world.apply(&plan);
            assert_refused(&came, "a program has `");
            assert_refused(&came, "index.sqlite-wal` open");
            assert!(database.exists(), "{act}");
            drop(open);
        }
        assert_all_done(&world.apply(&plan));
        assert!(!cache.exists(), "{act}");
    }
}

#[test]
fn a_file_that_is_open_stays() {
    let world = World::new();
    let file = world.file("log", "lines");
    let plan = world.plan(Act::Trash, vec![proposal(&file, None)]);
    let open = File::open(&file).unwrap();
    assert_refused(&world.apply(&plan), "log` open");
    drop(open);
    assert_all_done(&world.apply(&plan));
}

#[test]
fn sockets_and_pipes_stay_since_nobody_can_tell() {
    let world = World::new();
    let socket = world.file("cache/data", "x").with_file_name("s");
    drop(UnixListener::bind(&socket).unwrap());
    let fifo = world.home.join("fifo");
    mknodat(CWD, &fifo, FileType::Fifo, Mode::RUSR, 0).unwrap();
    for thing in [world.home.join("cache"), fifo] {
        let plan = world.plan(Act::Trash, vec![proposal(&thing, None)]);
        assert_refused(&world.apply(&plan), "cannot be found out");
        assert!(thing.symlink_metadata().is_ok());
    }
}

/// More folders side by side than a process may have files open.
#[test]
fn a_folder_of_two_thousand_folders_goes_and_comes_back() {
    let world = World::new();
    for number in 0..2_000 {
        world.file(&format!("cache/{number}/file"), number.to_string());
    }
    let before = world.snapshot();
    let cache = world.home.join("cache");
    assert_all_done(&world.apply(&world.plan(Act::Quarantine, vec![proposal(&cache, None)])));
    assert!(!cache.exists());
    assert_all_done(&world.undo());
    assert_eq!(world.snapshot(), before);
}

#[test]
fn a_step_that_nothing_vouches_for_is_not_done() {
    let world = World::new();
    let file = world.file("precious", "one");
    let plan = world.plan(Act::Trash, vec![proposal(&file, None)]);
    let came = apply_with(&world, &plan, &|step| {
        assert_eq!(step.path.0, file);
        Some("no rule says so".to_owned())
    });
    assert_refused(&came, "no rule says so");
    assert!(file.exists());
}

fn apply_with(
    world: &World,
    plan: &acts::Plan,
    vouched: &dyn Fn(&acts::Step) -> Option<String>,
) -> Came {
    let around = Around {
        run: "run-alone",
        at: "2026-11-25T17:00:00",
        bins: &Bins::make(plan, &world.machine),
        vouched,
        protected: &|_: &std::path::Path| None,
    };
    let mut journal = world.begin("run-alone", None);
    let mut came = Vec::new();
    let mut tell = |done: &acts::Done| {
        came.push((done.step, done.refused.as_ref().map(ToString::to_string)));
    };
    acts::apply(plan, &around, &mut journal, &mut tell).unwrap();
    came
}

/// Its own handles must not count: a run that looks at many files keeps none of them open.
#[test]
fn many_files_in_one_run_do_not_keep_each_other() {
    let world = World::new();
    let files: Vec<PathBuf> = (0..100)
        .map(|number| world.file(&format!("logs/{number}.log"), "x"))
        .collect();
    let steps = files.iter().map(|it| proposal(it, None)).collect();
    assert_all_done(&world.apply(&world.plan(Act::Trash, steps)));
    assert_eq!(fs::read_dir(world.home.join("logs")).unwrap().count(), 0);
}

/// A folder of documents that is mounted inside a cache is no part of it, though it is on the same device.
#[test]
fn what_is_mounted_inside_junk_stays() {
    for act in ACTS {
        let world = World::new();
        let thesis = world.file("Documents/thesis", "years of work");
        world.file("cache/data", "x");
        let inner = world.home.join("cache/bind");
        fs::create_dir(&inner).unwrap();
        let Some(mounted) = fixture::Disk::again(thesis.parent().unwrap(), &inner) else {
            return;
        };
        for folder in ["cache", "cache/bind"] {
            let plan = world.plan(act, vec![proposal(&world.home.join(folder), None)]);
            assert_refused(&world.apply(&plan), "something else is mounted in it");
            assert!(
                thesis.exists() && inner.join("thesis").exists(),
                "{act}: {folder}"
            );
        }
        drop(mounted);
        assert!(thesis.exists(), "{act}");
    }
}
