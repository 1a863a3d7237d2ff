//! Folders with a copy that stays: everything in them is held against its like in that copy.
//!
//! A plan names both, entry by entry. Nothing is taken from one about the other: before the folder is
//! moved every file is compared byte by byte with the one that stays, every link by where it leads; after
//! it was moved the copy is looked at once more.

use std::{os::fd::OwnedFd, path::Path};

use rustix::fs::{Mode, OFlags, fsync, openat, readlinkat};
use tool::{EntryKind, Seen};

use crate::{
    apply::quiet,
    handle::{Entry, compare},
    plan::{Step, is_below},
    refusal::{Refusal, Result},
    same::same_bytes,
};

/// Says what is wrong with a step about a folder with a copy, whatever is on the disk, if anything is.
pub(crate) fn senseless(step: &Step, survivor: &Seen) -> Option<&'static str> {
    let (goes, stays) = (&step.path.0, &survivor.path.0);
    let pairs = || step.inside.iter().zip(&step.mirror);
    let fits = |(one, other): (&Seen, &Seen)| {
        let below = is_below(&one.path.0, goes) && is_below(&other.path.0, stays);
        let (left, right) = (
            one.path.0.strip_prefix(goes),
            other.path.0.strip_prefix(stays),
        );
        let same_size = one.is.kind != EntryKind::File || one.is.size == other.is.size;
        below && left == right && one.is.kind == other.is.kind && same_size
    };
    if step.act.needs_survivor() {
        Some("a folder can be moved or removed, but not joined with another")
    } else if survivor.is.kind != EntryKind::Folder {
        Some("what is to stay is no folder")
    } else if goes.starts_with(stays) || stays.starts_with(goes) {
        Some("one of the two folders lies in the other")
    } else if (survivor.is.device, survivor.is.inode) == (step.is.device, step.is.inode) {
        Some("the copy that is to stay is the folder itself")
    } else if step.inside.len() != step.mirror.len() || !pairs().all(fits) {
        Some("the folder that is to stay does not hold the same")
    } else if step
        .inside
        .iter()
        .any(|it| it.is.kind == EntryKind::Special)
    {
        Some("a pipe, socket or device in it has no copy")
    } else {
        None
    }
}

/// Finds everything in a folder to be what the plan names, and equal to its like in the copy that stays,
/// which is then certain to be on the disk.
///
/// That nothing else is in the folder is found out when it is moved.
pub(crate) fn equals_its_copy(step: &Step, is_put_away: &dyn Fn(&Path) -> bool) -> Result<()> {
    let Some(survivor) = &step.survivor else {
        return Ok(());
    };
    if is_put_away(&survivor.path.0) {
        return Err(cannot_vouch(survivor)(Refusal::Senseless {
            why: "it is in the trash or the quarantine itself",
        }));
    }
    stands(survivor).map_err(cannot_vouch(survivor))?;
    for (goes, stays) in step.inside.iter().zip(&step.mirror) {
        equal(goes, stays)?;
    }
    Ok(())
}

fn equal(goes: &Seen, stays: &Seen) -> Result<()> {
    let within = |why| Refusal::Within {
        path: goes.path.0.clone(),
        why: Box::new(why),
    };
    match goes.is.kind {
        EntryKind::Folder => {
            stands(goes).map_err(within)?;
            let kept = stands(stays).and_then(|entry| keep(&entry));
            kept.map_err(cannot_vouch(stays))
        }
        EntryKind::Link => {
            let leads_to = |seen| stands(seen).and_then(|entry| target(&entry));
            let there = leads_to(stays).map_err(cannot_vouch(stays))?;
            match leads_to(goes).map_err(within)? == there {
                true => Ok(()),
                false => Err(within(Refusal::Differs)),
            }
        }
        EntryKind::File => {
            let file = open(goes).map_err(within)?;
            let copy = open(stays).map_err(cannot_vouch(stays))?;
            if (goes.is.device, goes.is.inode) == (stays.is.device, stays.is.inode) {
                return Err(within(Refusal::SameFile));
            }
            same_bytes((&file, &goes.is), (&copy, &stays.is)).map_err(within)?;
            let written = fsync(&copy).map_err(Refusal::of("write it to the disk"));
            written.map_err(cannot_vouch(stays))
        }
        EntryKind::Special => Err(within(Refusal::Senseless {
            why: "a pipe, socket or device has no copy",
        })),
    }
}

/// Makes sure, after a folder was moved, that the copy still stands, all of it.
pub(crate) fn still_vouched(step: &Step) -> Result<()> {
    let Some(survivor) = step
        .survivor
        .as_ref()
        .filter(|_| step.is.kind == EntryKind::Folder)
    else {
        return Ok(());
    };
    for seen in std::iter::once(survivor).chain(&step.mirror) {
        stands(seen).map_err(cannot_vouch(seen))?;
    }
    Ok(())
}

/// Finds a path to stand for what it stood for.
fn stands(seen: &Seen) -> Result<Entry> {
    let entry = Entry::of(&seen.path.0)?;
    compare(&seen.is, &entry.is()?)?;
    Ok(entry)
}

/// Opens a file that is what it was, and keeps writers away until it is closed.
fn open(seen: &Seen) -> Result<OwnedFd> {
    let file = Entry::of(&seen.path.0)?.open(&seen.is)?;
    quiet(&file)?;
    Ok(file)
}

fn target(link: &Entry) -> Result<Vec<u8>> {
    let target = readlinkat(&link.folder, &*link.name, Vec::new());
    Ok(target
        .map_err(Refusal::of("read where it leads"))?
        .into_bytes())
}

/// Lets the names in a folder be on the disk.
fn keep(folder: &Entry) -> Result<()> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let open = openat(&folder.folder, &*folder.name, flags, Mode::empty());
    // A file system that cannot is one whose order of changes has to do.
    let _ = fsync(open.map_err(Refusal::of("open it for reading"))?);
    Ok(())
}

fn cannot_vouch(seen: &Seen) -> impl Fn(Refusal) -> Refusal {
    let path = seen.path.0.clone();
    move |why| Refusal::Survivor {
        path: path.clone(),
        why: Box::new(why),
    }
}
