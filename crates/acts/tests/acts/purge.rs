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

/// What somebody put into a folder of the quarantine was planned by nobody.
#[test]
fn what_came_into_the_quarantine_later_stays() {
    let world = World::new();
    world.file("cache/a/b/file", "old");
    let cache = world.home.join("cache");
    assert_all_done(&world.apply(&world.plan(Act::Quarantine, vec![proposal(&cache, None)])));
    let to = world.runs()[0].steps[0].before.to.clone().unwrap().0;
    let moved = world.runs()[0].steps[0].moved.unwrap();
    // The clock of the file system ticks in milliseconds.
    let later = (0..1_000_000).any(|_| {
        fs::write(to.join("a/new"), "mine").unwrap();
        crate::world::seen(&to.join("a/new")).is.ctime > moved
    });
    assert!(later);
    let came = purge(&world, "run-purge");
    assert_refused(&came, "it came or changed since the folder was moved");
    assert!(to.join("a/new").exists() && to.join("a/b/file").exists());
    fs::remove_file(to.join("a/new")).unwrap();
    let open = fs::File::open(to.join("a/b/file")).unwrap();
    assert_refused(&purge(&world, "run-purge-2"), "a/b/file` open");
    drop(open);
    assert_all_done(&purge(&world, "run-purge-3"));
    assert!(!to.exists());
}

/// A journal that was edited leads to no other file.
#[test]
fn an_edited_journal_leads_nowhere() {
    let world = World::new();
    for name in ["single", ".ssh/key", "mine/.Trash-old/precious"] {
        world.file(name, "one");
    }
    let file = world.home.join("single");
    assert_all_done(&world.apply(&world.plan(Act::Quarantine, vec![proposal(&file, None)])));
    let run = world.runs().remove(0);
    let moved = run.steps[0].before.to.clone().unwrap().0;
    for (to, of) in [
        (world.home.join(".ssh/key"), None),
        (world.home.join("mine/.Trash-old"), None),
        (world.home.join("mine/.Trash-old/precious"), None),
        (moved.with_file_name("another.1"), Some(&moved)),
    ] {
        if let Some(of) = of {
            fs::copy(of, &to).unwrap();
        }
        let mut edited = run.clone();
        edited.steps[0].before.is = crate::world::seen(&to).is;
        edited.steps[0].before.to = Some(to.clone().into());
        let mut came = Vec::new();
        for name in ["run-purge", "run-undo"] {
            let mut journal =
                world.begin(&format!("{name}-{}", to.display().to_string().len()), None);
            let mut tell = |done: &acts::Done| {
                came.push((done.step, done.refused.as_ref().map(ToString::to_string)));
            };
            match name {
                "run-purge" => acts::purge(&edited, &HashSet::new(), &mut journal, &mut tell),
                _ => acts::undo(&edited, &HashSet::new(), name, &mut journal, &mut tell),
            }
            .unwrap();
        }
        assert_eq!(came.len(), 2);
        for (_, why) in came {
            let why = why.expect("it was carried out");
            assert!(
                why.contains("places that Candor would not have used"),
                "{why}"
            );
        }
        assert!(to.exists());
    }
}
