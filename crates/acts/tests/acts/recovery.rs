//! Runs that were cut off: whatever moment it was, the next start brings order.

use std::{fs, io::Write as _};

use acts::{
    Act, Bins, Plan, Step,
    journal::{Before, CameTo, Journal, Record, journals},
    recover,
};
use rustix::fs::{FileType, Mode};
use tool::{PathText, Stamp};

use crate::world::{World, proposal};

/// What a run writes down before a step.
fn before(world: &World, plan: &Plan, step: &Step) -> Before {
    let bins = Bins::make(plan, &world.machine);
    let (to, info) = match step.act {
        Act::Hardlink => (Some(step.path.0.with_file_name(".candor-cut-1")), None),
        Act::Reflink => (None, None),
        _ => {
            let bin = &bins.0[0];
            let info = bin.info.as_ref().map(|it| it.0.join("file.trashinfo"));
            // In a quarantine names do not matter: they are the run's and the step's.
            let name = if info.is_some() { "file" } else { "cut.1" };
            (Some(bin.files.0.join(name)), info)
        }
    };
    Before {
        step: step.number,
        act: step.act,
        path: step.path.clone(),
        is: step.is,
        read: Stamp(0),
        frees: step.frees,
        survivor: step.survivor.clone(),
        to: to.map(PathText),
        info: info.map(PathText),
    }
}

/// Writes the journal of a run that was cut off after `Before`, and recovers it.
fn recovered(world: &World, before: &Before) -> Option<String> {
    let mut journal = world.begin("cut", None);
    journal
        .write(&Record::Before(Box::new(before.clone())))
        .unwrap();
    drop(journal);
    // The power failed within a line.
    let file = world.journal().join("cut.jsonl");
    let mut file = fs::File::options().append(true).open(file).unwrap();
    file.write_all(b"{\"record\":\"aft").unwrap();
    let run = world.runs().pop().unwrap();
    assert!(!run.ended);
    let mut journal = Journal::resume(world.journal(), "cut").unwrap();
    let found = recover(&run, &mut journal).unwrap();
    let run = world.runs().pop().unwrap();
    assert!(run.ended);
    let [one] = &found[..] else {
        panic!("{found:?}");
    };
    let came = run.steps[0].came_to.as_ref().unwrap();
    assert_eq!(*came == CameTo::Done, one.refused.is_none());
    one.refused.clone()
}

fn world_with(act: Act) -> (World, Before) {
    let world = World::new();
    let (copy, kept) = (world.file("file", "equal"), world.file("kept", "equal"));
    let plan = world.plan(act, vec![proposal(&copy, Some(&kept))]);
    let before = before(&world, &plan, &plan.steps[0]);
    (world, before)
}

#[test]
fn cut_off_before_anything_was_done() {
    for act in [
        Act::Trash,
        Act::Quarantine,
        Act::Remove,
        Act::Hardlink,
        Act::Reflink,
    ] {
        let (world, before) = world_with(act);
        if let Some(info) = &before.info {
            fs::write(&info.0, "a note").unwrap();
        }
        let refused = recovered(&world, &before).unwrap();
        assert_eq!(refused, "the run was cut off before it was done");
        assert_eq!(fs::read(&before.path.0).unwrap(), b"equal");
        assert!(
            before.info.is_none_or(|it| !it.0.exists()),
            "a note about nothing is left"
        );
    }
}

#[test]
fn cut_off_after_it_was_moved() {
    for act in [Act::Trash, Act::Quarantine] {
        let (world, before) = world_with(act);
        let to = before.to.clone().unwrap();
        fs::rename(&before.path.0, &to.0).unwrap();
        assert_eq!(recovered(&world, &before), None);
        assert!(to.0.exists());
    }
    // What was to be removed for good comes home: it may not have been looked at again.
    let (world, before) = world_with(Act::Remove);
    fs::rename(&before.path.0, &before.to.clone().unwrap().0).unwrap();
    assert!(recovered(&world, &before).is_some());
    assert_eq!(fs::read(&before.path.0).unwrap(), b"equal");
    let (world, before) = world_with(Act::Remove);
    fs::remove_file(&before.path.0).unwrap();
    assert_eq!(recovered(&world, &before), None);
}

#[test]
fn cut_off_after_another_file_was_moved() {
    for act in [Act::Trash, Act::Quarantine, Act::Remove] {
        let (world, before) = world_with(act);
        let to = before.to.clone().unwrap();
        fs::remove_file(&before.path.0).unwrap();
        fs::write(&to.0, "precious").unwrap();
        assert!(recovered(&world, &before).is_some());
        // In a trash the name may be anyone's by now.
        let stays = if act == Act::Trash {
            &to.0
        } else {
            &before.path.0
        };
        assert_eq!(fs::read(stays).unwrap(), b"precious", "{act}");
    }
}

/// Its folder was moved, or its disk is away: what is in the trash is done, and can be undone later.
#[test]
fn cut_off_and_looked_into_while_its_folder_is_away() {
    let world = World::new();
    let (copy, kept) = (world.file("f/file", "equal"), world.file("kept", "equal"));
    let plan = world.plan(Act::Trash, vec![proposal(&copy, Some(&kept))]);
    let before = before(&world, &plan, &plan.steps[0]);
    fs::rename(&copy, &before.to.clone().unwrap().0).unwrap();
    fs::rename(world.home.join("f"), world.home.join("g")).unwrap();
    assert_eq!(recovered(&world, &before), None);
}

/// A journal that somebody wrote or changed leads to no file.
#[test]
fn a_journal_that_names_other_places_touches_nothing() {
    for edit in 0..5 {
        let act = if edit < 3 { Act::Hardlink } else { Act::Trash };
        let (world, mut before) = world_with(act);
        let only = world.file("only", "precious");
        let is = crate::world::seen(&only);
        let gone = world.home.join("gone");
        match edit {
            0 => before.to = Some(only.clone().into()),
            1 => {
                before.survivor = Some(is);
                before.to = Some(only.clone().into());
                before.path = gone.into();
            }
            // The right name, but the last one of a file.
            2 => {
                let aside = before.to.clone().unwrap().0;
                fs::rename(&only, &aside).unwrap();
                before.survivor = Some(crate::world::seen(&aside));
            }
            3 => before.info = Some(only.clone().into()),
            _ => {
                before.to = Some(only.clone().into());
                before.path = gone.into();
            }
        }
        assert!(recovered(&world, &before).is_some());
        let stands = if edit == 2 {
            before.to.unwrap().0
        } else {
            only
        };
        assert_eq!(fs::read(stands).unwrap(), b"precious", "{edit}");
    }
}

/// czkawka#1991: a file keeps the name of a moment.
#[test]
fn czkawka_1991_cut_off_between_link_and_exchange() {
    let (world, before) = world_with(Act::Hardlink);
    let aside = before.to.clone().unwrap().0;
    fs::hard_link(&before.survivor.as_ref().unwrap().path.0, &aside).unwrap();
    assert!(recovered(&world, &before).is_some());
    assert!(!aside.exists());
    assert_eq!(fs::read(&before.path.0).unwrap(), b"equal");
}

#[test]
fn cut_off_after_the_exchange() {
    for content in ["equal", "other"] {
        let (world, before) = world_with(Act::Hardlink);
        let aside = before.to.clone().unwrap().0;
        // What was exchanged may not have been the copy's content any more.
        fs::write(&before.path.0, content).unwrap();
        fs::rename(&before.path.0, &aside).unwrap();
        fs::hard_link(&before.survivor.as_ref().unwrap().path.0, &before.path.0).unwrap();
        let refused = recovered(&world, &before);
        assert_eq!(refused.is_none(), content == "equal", "{refused:?}");
        assert!(!aside.exists());
        assert_eq!(fs::read_to_string(&before.path.0).unwrap(), content);
        assert_eq!(fs::read(world.home.join("kept")).unwrap(), b"equal");
    }
}

#[test]
fn two_runs_cannot_act_at_once() {
    let world = World::new();
    let _first = world.begin("first", None);
    let busy = Journal::resume(world.journal(), "first").unwrap_err();
    assert!(busy.to_string().contains("another run"), "{busy}");
}

/// What cannot be read is named, and the rest is read.
#[test]
fn a_damaged_journal_is_told() {
    let world = World::new();
    let files = ["one", "two"].map(|name| world.file(name, name));
    let steps = files.iter().map(|it| proposal(it, None)).collect();
    crate::world::assert_all_done(&world.apply(&world.plan(Act::Trash, steps)));
    let told = || -> Vec<String> {
        let found = journals(world.journal()).unwrap();
        found.damaged.into_iter().map(|it| it.what).collect()
    };
    assert!(told().is_empty());
    let path = world.journal().join("run-0001.jsonl");
    let whole = fs::read_to_string(&path).unwrap();
    let lines: Vec<&str> = whole.lines().collect();
    // begin, before, before, after, after, end
    assert_eq!(lines.len(), 6);
    let write = |lines: &[&str]| fs::write(&path, lines.join("\n")).unwrap();
    write(&[
        lines[0],
        "{\"record\":\"bef",
        lines[2],
        lines[3],
        lines[4],
        lines[5],
    ]);
    assert_eq!(told(), ["line 2 is no record; what it said is not known"]);
    assert_eq!(world.runs()[0].steps.len(), 1);
    write(&["damage", lines[1]]);
    assert!(told()[0].contains("does not begin"), "{:?}", told());
    // A line that was cut off, at the end or before a run was taken up again, is none.
    write(&[lines[0], lines[1], "{\"record\":\"bef"]);
    assert!(told().is_empty());
    write(&[
        lines[0],
        lines[1],
        "{\"rec",
        "{\"record\":\"resumed\"}",
        lines[5],
    ]);
    assert!(told().is_empty() && world.runs()[0].ended);
    write(&lines);
    // What is no journal, though it is named like one.
    fs::create_dir(world.journal().join("folder.jsonl")).unwrap();
    let fifo = world.journal().join("fifo.jsonl");
    rustix::fs::mknodat(rustix::fs::CWD, &fifo, FileType::Fifo, Mode::RUSR, 0).unwrap();
    fs::write(world.journal().join("other.jsonl"), &whole).unwrap();
    let expected = [
        "it cannot be read: it is no regular file",
        "it cannot be read: it is no regular file",
        "it bears another run's name",
    ];
    assert_eq!(told(), expected);
    assert_eq!(world.runs().len(), 1);
}

#[test]
fn a_refused_step_is_in_the_journal() {
    let world = World::new();
    let (copy, kept) = (world.file("copy", "equal"), world.file("kept", "other"));
    let plan = world.plan(Act::Trash, vec![proposal(&copy, Some(&kept))]);
    world.apply(&plan);
    let step = &world.runs()[0].steps[0];
    let CameTo::Refused(why) = step.came_to.as_ref().unwrap() else {
        panic!("{step:?}");
    };
    assert!(why.contains("differs"), "{why}");
    assert!(step.before.to.is_none());
}

#[test]
fn a_journal_of_another_version_is_left_alone() {
    let world = World::new();
    fs::write(world.journal().join("x.jsonl"), "{\"record\":\"begin\",\"schema\":\"candor/journal-file/9\",\"run\":\"x\",\"at\":\"\",\"what\":\"\"}\n").unwrap();
    fs::write(world.journal().join("y.jsonl"), [0; 64]).unwrap();
    fs::write(world.journal().join("z.txt"), "").unwrap();
    assert!(world.runs().is_empty());
}
