//! A cache folder that is a link to a folder of documents: what a cleaner lists, and what it removes.

use std::os::unix::fs::symlink;

use super::{
    came::{Came, Cell},
    ground::Ground,
    runs::Folders,
    ways::{Kind, Way},
};
use crate::{
    failure::{Failure, Tried},
    setting::Setting,
};

/// A cleaner and what it is asked for: the contents of the cache folder.
pub(super) const CLEANERS: [Way; 2] = [
    Way {
        kind: Kind::Remove,
        name: "candor",
        program: "candor",
        look: "candor clean {home}",
        // There is no act yet: what is listed is all there is.
        act: "candor clean --json {home}",
        mend: "",
    },
    Way {
        kind: Kind::Remove,
        name: "bleachbit",
        program: "bleachbit",
        look: "bleachbit --preview system.cache",
        act: "bleachbit --clean system.cache",
        mend: "",
    },
];

/// Runs a cleaner on a home whose cache folder is a link to documents.
///
/// # Errors
/// When the ground cannot be made.
pub(super) fn came(way: &Way, setting: &Setting, mut ground: Ground) -> Result<Cell, Failure> {
    if !way.is_here(setting) {
        return Ok(Cell::NotInstalled);
    }
    let documents = ground.home().join("Documents");
    for (name, number) in [("letter.odt", 10), ("thumbnails/normal/plan.png", 20)] {
        ground.file(&documents.join(name), number, 100)?;
    }
    let cache = ground.home().join(".cache");
    symlink("Documents", &cache).tried("link", &cache)?;
    let before = ground.contents()?;
    let folders = Folders::of([ground.home()]);
    let listed = way.run(way.look, (setting, &ground), &folders, &[])?;
    let ended = way.run(way.act, (setting, &ground), &folders, &[])?;
    let mut lost = (&before - &ground.contents()?).len();
    // A document is listed by its own name, or with the folder it is in.
    let names = ["letter.odt", "thumbnails/normal"];
    let listed = names.iter().filter(|name| listed.said.contains(**name));
    let listed = listed.count();
    let mut remarks = vec![format!(
        "{listed} of 2 documents listed as junk by the preview"
    )];
    if way.name == "candor" {
        remarks.push("a plan would take what is listed, so that counts as lost".to_owned());
        lost = listed;
    }
    Ok(Cell::Came(Came {
        lost,
        code: ended.code,
        remarks,
        ..Came::default()
    }))
}
