//! The trees of the cases, and what changes on them between the look and the act.

use std::{os::unix::fs::symlink, path::PathBuf};

use super::{
    ground::{Ground, Number},
    runs::Folders,
};
use crate::failure::{Failure, Tried};

const PHOTO: &str = "photo.jpg";

/// Two pairs of equal files, each file in a folder of its own.
pub(super) fn pairs(ground: &mut Ground) -> Result<Folders, Failure> {
    let tree = ground.tree();
    for (pair, number) in [("one", 10), ("two", 20)] {
        for side in ["left", "right"] {
            ground.file(&tree.join(pair).join(side).join(PHOTO), number, 10)?;
        }
    }
    Ok(Folders::of([tree]))
}

/// Of one pair the right file changes, of the other the left one: whichever a program would remove, of
/// one pair it is the file that changed, of the other its copy.
fn both_sides(ground: &Ground) -> [(PathBuf, Number); 2] {
    let tree = ground.tree();
    [(tree.join("one/right"), 11), (tree.join("two/left"), 21)]
}

/// The names that were changed.
pub(super) type Changed = Result<Vec<PathBuf>, Failure>;

pub(super) fn replaced(ground: &mut Ground) -> Changed {
    let sides = both_sides(ground).map(|(folder, number)| (folder.join(PHOTO), number));
    for (path, number) in &sides {
        ground.replace(path, *number)?;
    }
    Ok(sides.map(|(path, _)| path).into())
}

pub(super) fn edited(ground: &mut Ground) -> Changed {
    edit(ground, false)
}

pub(super) fn edited_and_set_back(ground: &mut Ground) -> Changed {
    edit(ground, true)
}

fn edit(ground: &mut Ground, restore: bool) -> Changed {
    let sides = both_sides(ground).map(|(folder, number)| (folder.join(PHOTO), number));
    for (path, number) in &sides {
        ground.edit(path, *number, restore)?;
    }
    Ok(sides.map(|(path, _)| path).into())
}

pub(super) fn linked_elsewhere(ground: &mut Ground) -> Changed {
    let sides = both_sides(ground);
    for (folder, number) in &sides {
        let private = ground.outside().join(number.to_string());
        ground.file(&private.join(PHOTO), *number, 400)?;
        ground.swap(folder, &private)?;
    }
    Ok(sides.map(|(path, _)| path).into())
}

pub(super) fn linked_to_the_other(ground: &mut Ground) -> Changed {
    let sides = both_sides(ground);
    for (folder, _) in &sides {
        let other = match folder.ends_with("right") {
            true => folder.with_file_name("left"),
            false => folder.with_file_name("right"),
        };
        ground.swap(folder, &other)?;
    }
    Ok(sides.map(|(path, _)| path).into())
}

pub(super) fn on_two_devices(ground: &mut Ground) -> Result<Folders, Failure> {
    let other = ground
        .other
        .clone()
        .ok_or_else(|| Failure::other("there is one device only"))?;
    let here = ground.tree();
    for folder in [&here, &other] {
        ground.file(&folder.join("one").join(PHOTO), 10, 10)?;
        ground.file(&folder.join("two").join(PHOTO), 20, 10)?;
    }
    Ok(Folders::of([here, other]))
}

/// One pair, and a file that has no copy.
fn with_a_file_alone(ground: &mut Ground) -> Result<PathBuf, Failure> {
    let tree = ground.tree();
    ground.file(&tree.join("one/left").join(PHOTO), 10, 10)?;
    ground.file(&tree.join("one/right").join(PHOTO), 10, 10)?;
    ground.file(&tree.join("one/alone").join(PHOTO), 20, 10)?;
    Ok(tree)
}

pub(super) fn twice(ground: &mut Ground) -> Result<Folders, Failure> {
    let tree = with_a_file_alone(ground)?;
    Ok(Folders::of([tree.clone(), tree]))
}

pub(super) fn nested(ground: &mut Ground) -> Result<Folders, Failure> {
    let tree = with_a_file_alone(ground)?;
    Ok(Folders::of([tree.clone(), tree.join("one")]))
}

pub(super) fn by_a_link(ground: &mut Ground) -> Result<Folders, Failure> {
    let tree = with_a_file_alone(ground)?;
    let link = ground.home().join("link");
    symlink(&tree, &link).tried("link", &link)?;
    Ok(Folders::of([tree, link]))
}

/// The shape of fclones#97.
pub(super) fn isolated(ground: &mut Ground) -> Result<Folders, Failure> {
    let folders = ["left", "right"].map(|side| ground.tree().join(side));
    for folder in &folders {
        ground.file(&folder.join("a").join(PHOTO), 10, 10)?;
        ground.file(&folder.join("b").join(PHOTO), 10, 10)?;
    }
    Ok(Folders::of(folders))
}

/// The shape of rmlint#141: the folder that is to be kept holds two equal folders itself.
pub(super) fn kept(ground: &mut Ground) -> Result<Folders, Failure> {
    let [other, keep] = ["other", "keep"].map(|side| ground.tree().join(side));
    for folder in [&other, &keep.join("folder"), &keep.join("same")] {
        ground.file(&folder.join("sub").join(PHOTO), 10, 10)?;
    }
    Ok(Folders {
        roots: vec![other, keep.clone()],
        keep: Some(keep),
    })
}
