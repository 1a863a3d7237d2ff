//! The quarantine is emptied of what a run moved there, and of nothing else.

use std::{collections::HashSet, fs};

use acts::{
    Act,
    journal::{Journal, Record, SCHEMA},
};

use crate::world::{Came, World, assert_all_done, assert_refused, proposal};

fn purge(world: &World, run: &str) -> Came {
    let runs = world.runs();
    let of = &runs[0];
    let begin = Record::Begin {
        schema: SCHEMA.to_owned(),
        run: run.to_owned(),
        at: "then".to_owned(),
        what: "test".to_owned(),
        undoes: None,
        purges: Some(of.name.clone()),
        until: None,
    };
    let mut journal = Journal::begin(world.journal(), &begin).unwrap();
    let mut came = Vec::new();
    let mut tell = |done: &acts::Done| {
        came.push((done.step, done.refused.as_ref().map(ToString::to_string)));
    };
    acts::purge(of, &HashSet::new(), &mut journal, &mut tell).unwrap();
    came
}

#[test]
fn what_was_moved_to_the_quarantine_is_removed_and_nothing_else() {
    let world = World::new();
    for name in ["cache/a/b/file", "cache/a/other", "single", "trashed"] {
        world.file(name, name);
    }
    let all = ["cache", "single"].map(|name| proposal(&world.home.join(name), None));
    assert_all_done(&world.apply(&world.plan(Act::Quarantine, all.to_vec())));
    let quarantine = world.home.join(".local/state/candor/quarantine");
    fs::write(quarantine.join("not ours"), "x").unwrap();
    assert_all_done(&purge(&world, "run-purge"));
    let left: Vec<_> = fs::read_dir(&quarantine).unwrap().collect();
    assert_eq!(left.len(), 1, "{left:?}");
    assert!(quarantine.join("not ours").exists());
    assert!(world.home.join("trashed").exists());
}

#[test]
fn a_file_that_changed_in_the_quarantine_stays() {
    let world = World::new();
    let file = world.file("single", "one");
    assert_all_done(&world.apply(&world.plan(Act::Quarantine, vec![proposal(&file, None)])));
    let to = world.runs()[0].steps[0].before.to.clone().unwrap();
    fs::write(&to.0, "someone worked on it").unwrap();
    assert_refused(&purge(&world, "run-purge"), "its size changed");
    assert!(to.0.exists());
}

#[test]
fn the_trash_is_not_purged() {
    let world = World::new();
    let file = world.file("single", "one");
    assert_all_done(&world.apply(&world.plan(Act::Trash, vec![proposal(&file, None)])));
    assert_eq!(purge(&world, "run-purge"), []);
    assert!(world.home.join(".local/share/Trash/files/single").exists());
}

/// A purge that was cut off leaves what it had not removed yet where it is; the next one goes on.
#[test]
fn a_purge_that_was_cut_off_goes_on_later() {
    let world = World::new();
    world.file("cache/a", "1");
    world.file("cache/b", "2");
    let cache = world.home.join("cache");
    assert_all_done(&world.apply(&world.plan(Act::Quarantine, vec![proposal(&cache, None)])));
    let before = world.runs()[0].steps[0].before.clone();
    let to = before.to.clone().unwrap().0;
    let begin = Record::Begin {
        schema: SCHEMA.to_owned(),
        run: "run-cut".to_owned(),
        at: "then".to_owned(),
        what: "test".to_owned(),
        undoes: None,
        purges: Some(world.runs()[0].name.clone()),
        until: None,
    };
    let mut journal = Journal::begin(world.journal(), &begin).unwrap();
    let step = acts::journal::Before {
        act: Act::Remove,
        ..before
    };
    journal.write(&Record::Before(Box::new(step))).unwrap();
    fs::remove_file(to.join("a")).unwrap();
    drop(journal);
    let mut journal = Journal::resume(world.journal(), "run-cut").unwrap();
    let runs = world.runs();
    let cut = runs.iter().find(|it| it.name == "run-cut").unwrap();
    let recovered = acts::recover(cut, &mut journal).unwrap();
    let why = recovered[0].refused.clone().unwrap();
    assert!(why.contains("purge it again"), "{why}");
    drop(journal);
    assert!(
        to.join("b").exists() && !cache.exists(),
        "it does not come back in part"
    );
    assert_all_done(&purge(&world, "run-purge"));
    assert!(!to.exists());
}
