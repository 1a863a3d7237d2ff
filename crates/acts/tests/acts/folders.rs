//! Folders with a copy that stays: whatever differs from what was looked at, both stay as they are.

use std::{
    fs,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
};

use acts::{Act, Plan};

use crate::world::{World, assert_all_done, assert_refused, proposal, seen, set_mtime};

const ACTS: [Act; 3] = [Act::Trash, Act::Quarantine, Act::Remove];

/// Two equal folders, `goes` and `stays`, and a plan.
fn scene(act: Act) -> (World, Plan) {
    let world = World::new();
    for name in ["goes", "stays"] {
        world.file(&format!("{name}/letter"), "dear");
        world.file(&format!("{name}/in/photo"), "x".repeat(300_000));
        world.file(&format!("{name}/in/empty"), "");
        fs::create_dir(world.home.join(name).join("nothing")).unwrap();
        symlink("in/photo", world.home.join(name).join("link")).unwrap();
    }
    let (goes, stays) = (world.home.join("goes"), world.home.join("stays"));
    let plan = world.plan(act, vec![proposal(&goes, Some(&stays))]);
    (world, plan)
}

/// Changes something, and asserts that the step is refused and nothing else changed.
#[track_caller]
fn refused(words: &str, change: &dyn Fn(&Path)) {
    for act in ACTS {
        let (world, plan) = scene(act);
        change(&world.home);
        let before = world.snapshot();
        assert_refused(&world.apply(&plan), words);
        assert_eq!(world.snapshot(), before, "{act}");
    }
}

#[test]
fn a_folder_goes_when_all_of_it_stays_elsewhere_and_comes_back() {
    for act in ACTS {
        let (world, plan) = scene(act);
        let before = world.snapshot();
        let stays: Vec<_> = before
            .iter()
            .filter(|(path, _)| !path.starts_with(world.home.join("goes")))
            .cloned()
            .collect();
        assert_all_done(&world.apply(&plan));
        assert_eq!(world.snapshot(), stays, "{act}");
        if act.can_be_undone() {
            assert_all_done(&world.undo());
            assert_eq!(world.snapshot(), before, "{act}");
        }
    }
}

#[test]
fn a_file_in_it_that_changed_keeps_it() {
    refused("its size changed", &|home| {
        fs::write(home.join("goes/letter"), "dearest").unwrap()
    });
    refused("properties changed since", &|home| {
        let letter = home.join("goes/letter");
        let was = seen(&letter).is;
        fs::write(&letter, "DEAR").unwrap();
        set_mtime(&letter, &was);
    });
}

/// Everything a plan says is true, but for the content. rmlint#672.
#[test]
fn rmlint_672_a_folder_whose_content_nobody_compared_stays() {
    for act in ACTS {
        for (name, content) in [("goes/letter", "deaR"), ("stays/letter", "Dear")] {
            let (world, plan) = scene(act);
            fs::write(world.home.join(name), content).unwrap();
            let goes = world.home.join("goes");
            let again = world.plan(act, vec![proposal(&goes, Some(&world.home.join("stays")))]);
            assert_ne!(plan, again);
            let before = world.snapshot();
            assert_refused(&world.apply(&again), "letter` in it: its content differs");
            assert_eq!(world.snapshot(), before, "{act}");
        }
    }
}

#[test]
fn a_link_that_leads_elsewhere_keeps_it() {
    for act in ACTS {
        let (world, _) = scene(act);
        let link = world.home.join("goes/link");
        fs::remove_file(&link).unwrap();
        symlink("letter", &link).unwrap();
        let goes = world.home.join("goes");
        let plan = world.plan(act, vec![proposal(&goes, Some(&world.home.join("stays")))]);
        assert_refused(&world.apply(&plan), "link` in it: its content differs");
        assert!(goes.join("in/photo").exists(), "{act}");
    }
}

#[test]
fn something_new_in_it_keeps_it() {
    refused("it is not what was looked at", &|home| {
        fs::write(home.join("goes/in/new"), "new").unwrap()
    });
    // The times of all folders are as they were in the plan, but it lists one thing too few.
    for act in ACTS {
        let (world, _) = scene(act);
        let goes = world.home.join("goes");
        let mut it = proposal(&goes, Some(&world.home.join("stays")));
        let at = it
            .inside
            .iter()
            .position(|it| it.path.0.ends_with("letter"))
            .unwrap();
        it.inside.remove(at);
        it.mirror.remove(at);
        assert_refused(
            &world.apply(&world.plan(act, vec![it])),
            "something in it is not in the plan",
        );
        assert_eq!(fs::read(goes.join("letter")).unwrap(), b"dear", "{act}");
    }
}

#[test]
fn a_copy_that_changed_vouches_for_nothing() {
    let copy = "the copy that was to stay, ";
    refused(copy, &|home| {
        fs::write(home.join("stays/letter"), "DEAR").unwrap()
    });
    refused(copy, &|home| {
        fs::remove_file(home.join("stays/in/empty")).unwrap()
    });
    refused(copy, &|home| fs::write(home.join("stays/new"), "").unwrap());
    refused(copy, &|home| {
        fs::rename(home.join("stays"), home.join("moved")).unwrap()
    });
    refused(copy, &|home| {
        fs::rename(home.join("stays/in"), home.join("in")).unwrap();
        symlink(home.join("goes/in"), home.join("stays/in")).unwrap();
    });
}

#[test]
fn a_file_that_is_written_to_keeps_it() {
    for act in ACTS {
        for name in ["goes", "stays"] {
            let (world, plan) = scene(act);
            let path = world.home.join(name).join("in/photo");
            let writer = fs::File::options().append(true).open(path).unwrap();
            assert_refused(&world.apply(&plan), "has it open for writing");
            drop(writer);
            assert!(world.home.join("goes/in/photo").exists(), "{act}");
        }
    }
}

#[test]
fn a_file_of_two_names_is_not_its_own_copy() {
    for act in ACTS {
        let (world, _) = scene(act);
        let (goes, stays) = (world.home.join("goes"), world.home.join("stays"));
        fs::remove_file(goes.join("letter")).unwrap();
        fs::hard_link(stays.join("letter"), goes.join("letter")).unwrap();
        let plan = world.plan(act, vec![proposal(&goes, Some(&stays))]);
        assert_refused(&world.apply(&plan), "it is the same file as the copy");
    }
}

/// rmlint#586: a folder is removed for the sake of a part of itself.
#[test]
fn rmlint_586_a_copy_in_the_folder_itself_vouches_for_nothing() {
    for act in ACTS {
        let (world, _) = scene(act);
        fs::rename(world.home.join("stays"), world.home.join("goes/stays")).unwrap();
        let (goes, stays) = (world.home.join("goes"), world.home.join("goes/stays"));
        for (one, other) in [(&goes, &stays), (&stays, &goes)] {
            let mut it = proposal(one, None);
            let [copy, like]: [PathBuf; 2] = [other.clone(), other.join("letter")];
            it.inside.retain(|it| it.path.0 == one.join("letter"));
            (it.survivor, it.mirror) = (Some(seen(&copy)), vec![seen(&like)]);
            assert_refused(
                &world.apply(&world.plan(act, vec![it])),
                "lies in the other",
            );
        }
        assert!(stays.join("in/photo").exists(), "{act}");
    }
}

#[test]
fn a_folder_whose_copy_goes_in_the_same_plan_stays() {
    for act in ACTS {
        let (world, _) = scene(act);
        let (goes, stays) = (world.home.join("goes"), world.home.join("stays"));
        let both = vec![proposal(&goes, Some(&stays)), proposal(&stays, Some(&goes))];
        let came = world.apply(&world.plan(act, both));
        assert!(came[0].1.is_none() && came[1].1.is_some(), "{came:?}");
        assert!(stays.join("in/photo").exists(), "{act}");
        // A file of the copy that goes first takes the folder's voucher away.
        let (world, plan) = scene(act);
        let kept = world.file("kept", "dear");
        let letter = world.home.join("stays/letter");
        let mut plan = Plan {
            steps: plan.steps,
            ..world.plan(act, vec![proposal(&letter, Some(&kept))])
        };
        let mut first = world.plan(act, vec![proposal(&letter, Some(&kept))]).steps;
        plan.steps[0].number = 2;
        first.append(&mut plan.steps);
        plan.steps = first;
        let came = world.apply(&plan);
        assert!(came[0].1.is_none() && came[1].1.is_some(), "{came:?}");
        assert_eq!(
            fs::read(world.home.join("goes/letter")).unwrap(),
            b"dear",
            "{act}"
        );
    }
}

#[test]
fn folders_are_not_joined_and_a_mirror_must_fit() {
    for act in [Act::Hardlink, Act::Reflink] {
        let (world, plan) = scene(act);
        assert_refused(&world.apply(&plan), "not joined with another");
    }
    let (world, plan) = scene(Act::Trash);
    let edits: [&dyn Fn(&mut acts::Step); 5] = [
        &|step| step.mirror.clear(),
        &|step| step.mirror.swap(0, 1),
        &|step| step.survivor.as_mut().unwrap().is.kind = tool::EntryKind::File,
        &|step| step.survivor = None,
        &|step| drop(step.mirror.pop()),
    ];
    for (number, edit) in edits.iter().enumerate() {
        let mut plan = plan.clone();
        edit(&mut plan.steps[0]);
        assert_refused(&world.apply(&plan), "");
        assert!(world.home.join("goes/letter").exists(), "{number}");
    }
}

#[test]
fn a_folder_in_which_another_is_mounted_stays() {
    for act in ACTS {
        let (world, _) = scene(act);
        let own = world.file("own/photo", "x".repeat(300_000));
        let inner = world.home.join("goes/in");
        fs::remove_file(inner.join("photo")).unwrap();
        fs::remove_file(inner.join("empty")).unwrap();
        fs::write(own.with_file_name("empty"), "").unwrap();
        let Some(mounted) = fixture::Disk::again(own.parent().unwrap(), &inner) else {
            return;
        };
        let goes = world.home.join("goes");
        let plan = world.plan(act, vec![proposal(&goes, Some(&world.home.join("stays")))]);
        assert_refused(&world.apply(&plan), "something else is mounted in it");
        drop(mounted);
        assert!(own.exists() && inner.exists(), "{act}");
    }
}
