//! Making one file of two: a hard link in the place of a copy, and back again; shared bytes.
//!
//! The new name is made beside the old one and exchanged with it, so that at every moment the path
//! holds the old content or the verified new one. What was there is looked at again after the
//! exchange, under the other name, before it goes.

use std::{ffi::OsStr, os::fd::OwnedFd};

use rustix::{
    fs::{AtFlags, Mode, OFlags, RenameFlags, fsync, linkat, openat, renameat_with, unlinkat},
    io::Errno,
};
use tool::{Identity, Stamp};

use crate::{
    copy::{Properties, copy_bytes, set_times},
    handle::{Entry, compare_moved, identity, look_at, of_open},
    kernel::{self, CHUNK, Shared},
    refusal::{Refusal, Result},
    same::same_bytes,
};

/// An entry and the open file it named when it was checked.
#[derive(Debug)]
pub(crate) struct Held<'s> {
    pub(crate) entry: &'s Entry,
    pub(crate) file: &'s OwnedFd,
    pub(crate) is: Identity,
}

/// Makes the name of a file one more name of another with the same bytes.
///
/// `aside` is a name nothing has, in the same folder; nothing has it afterwards either, unless the
/// process ends in between.
pub(crate) fn hardlink(victim: &Held<'_>, survivor: &Held<'_>, aside: &OsStr) -> Result<()> {
    if victim.is.device != survivor.is.device {
        return Err(Refusal::OtherDevice);
    }
    let properties = Properties::of(victim.file)?;
    if let Some(what) = properties.differ(&Properties::of(survivor.file)?) {
        return Err(Refusal::Properties { what });
    }
    if !properties.can_be_given_back() {
        return Err(Refusal::Senseless {
            why: "its owner or group is not this user's, so that undoing could not give it back",
        });
    }
    let (folder, from) = (&victim.entry.folder, survivor.entry);
    linkat(&from.folder, &*from.name, folder, aside, AtFlags::empty()).map_err(
        |error| match error {
            Errno::XDEV => Refusal::OtherDevice,
            Errno::NOENT => Refusal::Gone,
            error => Refusal::of("make a hard link")(error),
        },
    )?;
    let exchanged = look_at(folder, aside)
        // The survivor's name may have come to mean another file.
        .and_then(|stat| compare_moved(&survivor.is, &identity(&stat)))
        .and_then(|()| exchange(folder, aside, &victim.entry.name));
    if let Err(why) = exchanged {
        // One more name of a file that has others: nothing is lost with it.
        return Err(match unlinkat(folder, aside, AtFlags::empty()) {
            Ok(()) | Err(Errno::NOENT) => why,
            Err(_) => Refusal::LinkLeft {
                at: victim.entry.path.with_file_name(aside),
                why: Box::new(why),
            },
        });
    }
    let replaced = look_at(folder, aside)
        .and_then(|stat| compare_moved(&victim.is, &identity(&stat)))
        .and_then(|()| same_after(victim, survivor));
    let replaced = replaced.and_then(|()| {
        unlinkat(folder, aside, AtFlags::empty()).map_err(Refusal::of("remove the copy"))
    });
    replaced.map_err(|refusal| exchange_back(victim, survivor, aside, refusal))
}

/// Both files still have the sizes and times at which their bytes were compared.
fn same_after(victim: &Held<'_>, survivor: &Held<'_>) -> Result<()> {
    for held in [victim, survivor] {
        compare_moved(&held.is, &of_open(held.file)?)?;
    }
    Ok(())
}

pub(crate) fn exchange(folder: &OwnedFd, one: &OsStr, other: &OsStr) -> Result<()> {
    let exchanged = renameat_with(folder, one, folder, other, RenameFlags::EXCHANGE);
    exchanged.map_err(|error| match error {
        Errno::NOENT => Refusal::Gone,
        Errno::INVAL | Errno::NOSYS => Refusal::Unsupported {
            what: "exchange two names in one step",
        },
        error => Refusal::of("exchange it with the link")(error),
    })
}

/// Puts back what was exchanged, because of `why`, and takes the link away. What comes back is `why`, and
/// where the file is if it could not be put back.
fn exchange_back(victim: &Held<'_>, survivor: &Held<'_>, aside: &OsStr, why: Refusal) -> Refusal {
    let folder = &victim.entry.folder;
    // Only the link that was made may go.
    let is_link = || {
        look_at(folder, aside)
            .is_ok_and(|stat| compare_moved(&survivor.is, &identity(&stat)).is_ok())
    };
    let back = exchange(folder, aside, &victim.entry.name).is_ok() && is_link();
    if back && unlinkat(folder, aside, AtFlags::empty()).is_ok() {
        return why;
    }
    let (at, why) = (victim.entry.path.with_file_name(aside), Box::new(why));
    match back {
        true => Refusal::LinkLeft { at, why },
        false => Refusal::Stranded { at, why },
    }
}

/// Lets a file share the bytes of another on the disk. The kernel compares them itself.
pub(crate) fn reflink(victim: &Held<'_>, survivor: &Held<'_>) -> Result<()> {
    if victim.is.device != survivor.is.device {
        return Err(Refusal::OtherDevice);
    }
    let size = victim.is.size;
    let mut at = 0;
    while at < size {
        let length = CHUNK.min(size - at);
        let shared = kernel::share(survivor.file, victim.file, at, length);
        at += match shared.map_err(not_shared)? {
            Shared::Differs => return Err(Refusal::Differs),
            Shared::Bytes(0) => {
                return Err(Refusal::Unsupported {
                    what: "share these bytes",
                });
            }
            Shared::Bytes(bytes) => bytes,
        };
    }
    Ok(())
}

fn not_shared(error: Errno) -> Refusal {
    match error {
        Errno::OPNOTSUPP | Errno::INVAL | Errno::NOTTY => Refusal::Unsupported {
            what: "let files share their bytes",
        },
        Errno::XDEV => Refusal::OtherDevice,
        error => Refusal::of("share its bytes")(error),
    }
}

/// Makes a file of its own again of a name that was linked: the same bytes and properties, and the
/// times it had.
///
/// `linked` is what the name stands for now, `aside` a name nothing has.
pub(crate) fn separate(
    entry: &Entry,
    linked: (&OwnedFd, &Identity),
    aside: &OsStr,
    times: (Stamp, Stamp),
) -> Result<()> {
    let flags = OFlags::RDWR | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let copy = openat(&entry.folder, aside, flags, Mode::RUSR | Mode::WUSR)
        .map_err(Refusal::of("make a copy of it"))?;
    let made = || -> Result<()> {
        copy_bytes(linked.0, &copy)?;
        Properties::of(linked.0)?.give(&copy)?;
        let is = of_open(&copy)?;
        same_bytes(linked, (&copy, &is))?;
        // Last: reading it leaves a time as well.
        set_times(&copy, times.0, times.1)?;
        fsync(&copy).map_err(Refusal::of("write a copy of it"))?;
        exchange(&entry.folder, aside, &entry.name)
    };
    let made = made();
    let away = |expected: &Identity| -> Result<()> {
        // What goes is the copy that failed, or one more name of a file that has others.
        let found = identity(&look_at(&entry.folder, aside)?);
        compare_moved(expected, &found)?;
        unlinkat(&entry.folder, aside, AtFlags::empty()).map_err(Refusal::of("remove the link"))
    };
    match made {
        Ok(()) => away(linked.1).or_else(|refusal| {
            exchange(&entry.folder, aside, &entry.name)?;
            away(&of_open(&copy)?)?;
            Err(refusal)
        }),
        Err(refusal) => {
            let _ = of_open(&copy).and_then(|is| away(&is));
            Err(refusal)
        }
    }
}
