//! Moving a thing into a bin and back: one rename each way, never over anything.
//!
//! The name of a thing can come to mean another one between a look and a rename. So what was moved is
//! looked at where it came to lie, and goes back if it is not what the plan names.

use std::{collections::HashMap, ffi::OsStr, os::fd::OwnedFd, path::Path};

use rustix::{
    fs::{AtFlags, RenameFlags, renameat_with, unlinkat},
    io::Errno,
};
use tool::{EntryKind, Identity, Seen};

use crate::{
    below::{Below, open_below, visit_below},
    handle::{Entry, compare, compare_moved, identity, look_at},
    refusal::{Refusal, Result},
    undo::is_that_file,
};

/// Moves what the entry names to `name` in the folder `into`, if it is what was looked at.
///
/// # Errors
/// [`Refusal`]; the thing is then where it was, or the refusal says where it is.
pub(crate) fn put(
    entry: &Entry,
    is: &Identity,
    inside: &[Seen],
    into: &OwnedFd,
    name: &OsStr,
    at: &Path,
) -> Result<()> {
    compare(is, &entry.is()?)?;
    let is_folder = is.kind == EntryKind::Folder;
    if is_folder {
        holds_only(&entry.folder, &entry.name, &entry.path, inside)?;
    }
    rename(&entry.folder, &entry.name, into, name)?;
    let moved = look_at(into, name).and_then(|stat| compare_moved(is, &identity(&stat)));
    let moved = moved.and_then(|()| match is_folder {
        true => holds_only(into, name, &entry.path, inside),
        false => Ok(()),
    });
    moved.map_err(|refusal| match put_back(into, name, entry) {
        Ok(()) => refusal,
        Err(_) => Refusal::Stranded {
            at: at.join(name),
            why: Box::new(refusal),
        },
    })
}

/// Moves `name` in the folder `from` back to where the entry says.
pub(crate) fn put_back(from: &OwnedFd, name: &OsStr, entry: &Entry) -> Result<()> {
    rename(from, name, &entry.folder, &entry.name)
}

fn rename(from: &OwnedFd, name: &OsStr, into: &OwnedFd, new: &OsStr) -> Result<()> {
    let moved = renameat_with(from, name, into, new, RenameFlags::NOREPLACE);
    moved.map_err(|error| match error {
        Errno::NOENT => Refusal::Gone,
        Errno::EXIST => Refusal::Taken,
        Errno::XDEV => Refusal::Unsupported {
            what: "move it there: that is another file system, or another mount of it",
        },
        Errno::INVAL | Errno::NOSYS => Refusal::Unsupported {
            what: "move a file without overwriting another",
        },
        error => Refusal::of("move it")(error),
    })
}

/// Refuses a folder that holds anything but what is listed, each as it was looked at.
fn holds_only(holder: &OwnedFd, name: &OsStr, path: &Path, inside: &[Seen]) -> Result<()> {
    let mut listed: HashMap<&Path, &Identity> = inside
        .iter()
        .filter_map(|it| Some((it.path.0.strip_prefix(path).ok()?, &it.is)))
        .collect();
    visit_below(holder, name, &mut |found: &Below<'_>| {
        let seen = listed.remove(found.path).ok_or(Refusal::Changed {
            what: "something in it is not in the plan",
        })?;
        compare(seen, &found.is)
    })?;
    match listed.is_empty() {
        true => Ok(()),
        false => Err(Refusal::Changed {
            what: "something in it is gone",
        }),
    }
}

/// Removes what lies under `name` in a bin: of a folder, only what is listed, each as it was looked at.
///
/// # Errors
/// [`Refusal::Partly`] when some of it is gone by then.
pub(crate) fn remove(bin: &OwnedFd, name: &OsStr, is: &Identity, inside: &[Seen]) -> Result<()> {
    let failed = Refusal::of("remove it");
    if is.kind != EntryKind::Folder {
        return unlinkat(bin, name, AtFlags::empty()).map_err(failed);
    }
    let mut gone = 0;
    let emptied = remove_inside(bin, name, inside, &mut gone);
    let removed = emptied.and_then(|()| unlinkat(bin, name, AtFlags::REMOVEDIR).map_err(failed));
    removed.map_err(|why| match gone {
        0 => why,
        gone => Refusal::Partly {
            gone,
            of: inside.len(),
            why: Box::new(why),
        },
    })
}

/// Empties a folder that [`holds_only`] what is listed. A folder that holds more is not removed by the
/// system, and what took the place of something that is listed stays.
fn remove_inside(bin: &OwnedFd, name: &OsStr, inside: &[Seen], gone: &mut usize) -> Result<()> {
    let Some(top) = inside.first().and_then(|first| first.path.0.parent()) else {
        return Ok(());
    };
    // Each folder is listed before what it holds, so that from the end every one is empty.
    for seen in inside.iter().rev() {
        let below = seen
            .path
            .0
            .strip_prefix(top)
            .map_err(|_| Refusal::NotAPath)?;
        let mut folder = open_below(bin, name)?;
        let mut parts = below.iter().peekable();
        while let Some(part) = parts.next() {
            if parts.peek().is_some() {
                folder = open_below(&folder, part)?;
                continue;
            }
            let is = identity(&look_at(&folder, part)?);
            let flags = match seen.is.kind {
                // Its length and times changed when it was emptied.
                EntryKind::Folder => {
                    is_that_file(&seen.is, &is)?;
                    AtFlags::REMOVEDIR
                }
                _ => {
                    compare_moved(&seen.is, &is)?;
                    AtFlags::empty()
                }
            };
            unlinkat(&folder, part, flags).map_err(Refusal::of("remove it"))?;
            *gone += 1;
        }
    }
    Ok(())
}
