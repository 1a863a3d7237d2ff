//! Cases in which something changes between the look and the act, or the folders are unusual: the tree,
//! what is done to it, and what came of the act.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

use super::{
    came::{Came, Cell},
    changes::{
        Changed, by_a_link, edited, edited_and_set_back, isolated, kept, linked_elsewhere,
        linked_to_the_other, nested, on_two_devices, pairs, replaced, twice,
    },
    ground::{Ground, Is, Number},
    runs::{Folders, short},
    ways::{Kind, Way},
};
use crate::{failure::Failure, setting::Setting};

/// A case.
pub(super) struct Case {
    /// Names it in the overview.
    pub(super) name: &'static str,
    /// What happens, in plain words.
    pub(super) words: &'static str,
    pub(super) kind: Kind,
    pub(super) stands_on: Device,
    make: fn(&mut Ground) -> Result<Folders, Failure>,
    /// Changes the ground after the look, and returns the names that changed; `None`: nothing changes.
    change: Option<fn(&mut Ground) -> Changed>,
}

/// The file system a case needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Device {
    Any,
    /// Two of them, one for each copy.
    Two,
    Xfs,
    Btrfs,
}

/// Every case, in the order of the report.
pub(super) const CASES: [Case; 14] = [
    Case {
        name: "replaced after the look",
        words: "Another file of the same size, with an older time, is put in the place of one.",
        kind: Kind::Remove,
        stands_on: Device::Any,
        make: pairs,
        change: Some(replaced),
    },
    Case {
        name: "edited before the script runs",
        words: "A file gets another content of the same size, in the ordinary way, and then the \
                script, report or plan is carried out.",
        kind: Kind::Remove,
        stands_on: Device::Any,
        make: pairs,
        change: Some(edited),
    },
    Case {
        name: "changed below a memory",
        words: "A file gets another content of the same size and its old time back; then a second \
                look that trusts what the first remembered, and the act.",
        kind: Kind::Remember,
        stands_on: Device::Any,
        make: pairs,
        change: Some(edited_and_set_back),
    },
    Case {
        name: "folder swapped for a link elsewhere",
        words: "The folder of one copy becomes a link to a folder nobody was asked about, with a \
                file of that name.",
        kind: Kind::Remove,
        stands_on: Device::Any,
        make: pairs,
        change: Some(linked_elsewhere),
    },
    Case {
        name: "folder swapped for a link to the other copy",
        words: "The folder of one copy becomes a link to the folder of the other: only one file \
                is left, under two paths.",
        kind: Kind::Remove,
        stands_on: Device::Any,
        make: pairs,
        change: Some(linked_to_the_other),
    },
    Case {
        name: "replaced before it is linked",
        words: "As the first case, but copies are replaced by hard links.",
        kind: Kind::Hardlink,
        stands_on: Device::Any,
        make: pairs,
        change: Some(replaced),
    },
    Case {
        name: "replaced before it shares bytes, XFS",
        words: "As the first case, but copies are to share their bytes on the disk.",
        kind: Kind::Share,
        stands_on: Device::Xfs,
        make: pairs,
        change: Some(replaced),
    },
    Case {
        name: "replaced before it shares bytes, Btrfs",
        words: "The same on the other file system that can.",
        kind: Kind::Share,
        stands_on: Device::Btrfs,
        make: pairs,
        change: Some(replaced),
    },
    Case {
        name: "copies on two devices",
        words: "Copies are to become hard links, and no hard link leads to another device.",
        kind: Kind::Hardlink,
        stands_on: Device::Two,
        make: on_two_devices,
        change: None,
    },
    Case {
        name: "one folder named twice",
        words: "The same folder is named twice. It holds one pair and a file without a copy.",
        kind: Kind::Remove,
        stands_on: Device::Any,
        make: twice,
        change: None,
    },
    Case {
        name: "a folder and one inside it",
        words: "A folder is named, and a folder below it.",
        kind: Kind::Remove,
        stands_on: Device::Any,
        make: nested,
        change: None,
    },
    Case {
        name: "a folder and a link to it",
        words: "A folder is named, and a symbolic link that leads to it.",
        kind: Kind::Remove,
        stands_on: Device::Any,
        make: by_a_link,
        change: None,
    },
    Case {
        name: "isolated folders",
        words: "Two folders with two equal files each; copies below one folder are no copies of \
                each other.",
        kind: Kind::Isolate,
        stands_on: Device::Any,
        make: isolated,
        change: None,
    },
    Case {
        name: "a folder that is to be kept",
        words: "One folder is named as the one from which nothing may go. It holds two equal folders, and \
                the other one is equal to them.",
        kind: Kind::Keep,
        stands_on: Device::Any,
        make: kept,
        change: None,
    },
];

/// Runs one way through a case.
///
/// # Errors
/// When the ground cannot be made or looked at.
pub(super) fn came(
    case: &Case,
    way: &Way,
    setting: &Setting,
    mut ground: Ground,
) -> Result<Cell, Failure> {
    if !way.is_here(setting) {
        return Ok(Cell::NotInstalled);
    }
    if case.change.is_some() && way.look.is_empty() {
        return Ok(Cell::OneStep);
    }
    let folders = (case.make)(&mut ground)?;
    let look = |ground: &Ground| match way.look {
        "" => Ok(()),
        line => way.run(line, (setting, ground), &folders, &[]).map(drop),
    };
    look(&ground)?;
    let changed = match case.change {
        Some(change) => change(&mut ground)?,
        None => Vec::new(),
    };
    if way.kind == Kind::Remember {
        look(&ground)?;
    }
    let before = (ground.contents()?, names_of_tree(&ground)?);
    let ended = way.run(way.act, (setting, &ground), &folders, &[])?;
    let lost: BTreeSet<Number> = &before.0 - &ground.contents()?;
    let mut remarks = Vec::new();
    let after = names_of_tree(&ground)?;
    // A name that was to be replaced by a link, or to be kept, must still be one.
    let must_stay = |path: &Path| match way.kind {
        Kind::Hardlink | Kind::Softlink | Kind::Share => true,
        _ => folders
            .keep
            .as_ref()
            .is_some_and(|keep| path.starts_with(keep)),
    };
    let gone = before
        .1
        .keys()
        .filter(|it| must_stay(it) && !after.contains_key(*it));
    let gone = gone.count();
    if gone > 0 {
        remarks.push(format!("{gone} names that were to stay are gone"));
    }
    let became =
        |path: &&PathBuf| before.1.get(*path) == Some(&Is::File) && after[*path] == Is::Link;
    if way.kind == Kind::Hardlink
        && after
            .keys()
            .filter(|it| before.1.contains_key(*it))
            .any(|it| became(&it))
    {
        remarks.push("a symbolic link was made instead".to_owned());
    }
    let touched = |root: &&PathBuf| {
        let mut below = before.1.keys().filter(|path| path.starts_with(root));
        below.any(|path| !after.contains_key(path))
    };
    if way.kind == Kind::Isolate && folders.roots.iter().filter(touched).count() > 1 {
        remarks.push("copies went from both folders".to_owned());
    }
    // Pairs are told apart by the tens of their numbers.
    let spoken_of = |path: &&PathBuf| {
        let pair = if path.iter().any(|it| it == "one") {
            1
        } else {
            2
        };
        let shown = path
            .strip_prefix(ground.tree())
            .unwrap_or(path)
            .display()
            .to_string();
        ended.said.contains(&shown) && !lost.iter().any(|number| number / 10 == pair)
    };
    Ok(Cell::Came(Came {
        lost: lost.len() + if way.kind == Kind::Keep { gone } else { 0 },
        named: changed.iter().filter(spoken_of).count(),
        changed: changed.len(),
        code: ended.code,
        said: telling(&ended.said, &changed, &ground),
        remarks,
    }))
}

/// Returns the names below the folders that programs are told of.
fn names_of_tree(ground: &Ground) -> Result<std::collections::BTreeMap<PathBuf, Is>, Failure> {
    let mut names = ground.names()?;
    let tree = ground.tree();
    names.retain(|path, _| {
        path.starts_with(&tree) || ground.other.as_ref().is_some_and(|it| path.starts_with(it))
    });
    Ok(names)
}

/// Returns the line that speaks of what changed, or else the last one, without this machine's paths.
fn telling(said: &str, changed: &[PathBuf], ground: &Ground) -> String {
    let said = said.replace(&format!("{}/", ground.top().display()), "");
    let home = format!("{}/", ground.top().display());
    let changed: Vec<String> = changed
        .iter()
        .map(|path| path.display().to_string().replace(&home, ""))
        .collect();
    let lines: Vec<&str> = said
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .collect();
    let speaks = |line: &&str| changed.iter().any(|it| line.contains(it));
    let about = lines.iter().position(speaks);
    let first = about.unwrap_or(lines.len().saturating_sub(1));
    let mut words = lines.get(first).copied().unwrap_or_default().to_owned();
    // The script of rmlint says in the next line what is wrong with the file of this one.
    if let Some(more) = lines.get(first + 1).filter(|line| line.contains("^^^^")) {
        words.push(' ');
        words.push_str(more);
    }
    short(&words)
}
