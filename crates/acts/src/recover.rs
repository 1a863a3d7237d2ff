//! Bringing a run that was cut off to an end: each step that was begun is found out, finished if all
//! that was left is to take away what it replaced, and taken back otherwise.

use std::io;

use rustix::fs::{AtFlags, unlinkat};
use tool::Identity;

use crate::{
    apply::aside,
    bins::{is_place_in_a_bin, note_name, put_away_name},
    copy::Properties,
    handle::{Entry, compare_moved, of_open},
    journal::{Before, Journal, Record, Run, StepRecord},
    link::exchange,
    plan::Act,
    put::put_back,
    refusal::{Refusal, Result},
    same::same_bytes,
};

/// What became of a step that was cut off.
#[derive(Debug)]
pub struct Recovered {
    /// The step's number.
    pub step: u64,
    /// What it was about.
    pub path: tool::PathText,
    /// Whether it is done now, and why not if it is not.
    pub refused: Option<String>,
}

/// How far a step came.
enum Came {
    /// To its end.
    Through,
    /// Nowhere, or it was taken back.
    Nowhere,
    /// Somewhere that cannot be told; nothing was touched.
    Unclear(&'static str),
}

/// Why nothing is done about a step whose journal was written, or changed, by another.
pub(crate) const FOREIGN: &str =
    "its journal names places that Candor would not have used; nothing was touched";

/// Why a link stays under the name of a moment.
const LAST_NAME: &str = "the name it used for a moment is the only one left of that file";

/// Brings a run that did not end to its end, and writes down what was found.
///
/// `run` is to be read once `journal` was taken up again: until then another process may be at it.
///
/// # Errors
/// When the journal cannot be written.
pub fn recover(run: &Run, journal: &mut Journal) -> io::Result<Vec<Recovered>> {
    let mut recovered = Vec::new();
    let of = run.undoes.as_ref().or(run.purges.as_ref());
    let of = of.unwrap_or(&run.name);
    for StepRecord {
        before, came_to, ..
    } in &run.steps
    {
        if came_to.is_some() {
            continue;
        }
        let found = match &run.undoes {
            _ if !is_of_candor(before, &run.name, of) => Ok(Came::Unclear(FOREIGN)),
            _ if run.purges.is_some() => purged(before),
            None => forward(before),
            Some(_) => backward(before),
        };
        let refused = match found {
            Ok(Came::Through) => None,
            Ok(Came::Nowhere) => Some("the run was cut off before it was done".to_owned()),
            Ok(Came::Unclear(what)) => Some(format!("the run was cut off, and {what}")),
            Err(refusal) => Some(format!(
                "the run was cut off, and it cannot be told how far it came: {refusal}"
            )),
        };
        journal.write(&Record::After {
            step: before.step,
            moved: match refused {
                None => before.to.as_ref().and_then(|to| changed(&to.0)),
                Some(_) => None,
            },
            refused: refused.clone(),
        })?;
        recovered.push(Recovered {
            step: before.step,
            path: before.path.clone(),
            refused,
        });
    }
    journal.write(&Record::End)?;
    journal.sync()?;
    Ok(recovered)
}

fn changed(path: &std::path::Path) -> Option<tool::Stamp> {
    let entry = Entry::of(path).ok()?;
    Some(entry.is().ok()?.ctime)
}

/// Returns whether the places in a journal are of the kind that a run uses: a journal that somebody else
/// wrote, or changed, must not lead to any file.
///
/// `run` wrote the journal; `of` is the run that moved things, the same unless `run` takes it back.
pub(crate) fn is_of_candor(before: &Before, run: &str, of: &str) -> bool {
    let Some(to) = before.to.as_ref().map(|it| &it.0) else {
        return before.info.is_none();
    };
    if before.act == Act::Hardlink {
        let expected = before.path.0.with_file_name(aside(run, before.step));
        return *to == expected && before.info.is_none();
    }
    let name = put_away_name(of, before.step);
    let in_trash = before.info.is_some() || before.act == Act::Trash;
    if !in_trash && to.file_name() != Some(&name) {
        return false;
    }
    let note = || {
        let trash = to.parent()?.parent()?;
        Some(trash.join("info").join(note_name(to.file_name()?)))
    };
    let info = before.info.as_ref().map(|it| &it.0);
    is_place_in_a_bin(to) && info.is_none_or(|info| note().is_some_and(|note| note == *info))
}

/// Finds out what a step came to that acts on a file.
fn forward(before: &Before) -> Result<Came> {
    match (&before.act, &before.to) {
        (Act::Trash | Act::Quarantine | Act::Remove, Some(to)) => {
            let there = Entry::of(&to.0)?;
            // Where it came from may be away by now: a folder that was moved, a disk.
            let is_there =
                standing(&there)?.is_some_and(|is| compare_moved(&before.is, &is).is_ok());
            if is_there && before.act != Act::Remove {
                return Ok(Came::Through);
            }
            let came = moved(before, &Entry::of(&before.path.0)?, &there);
            if matches!(came, Ok(Came::Nowhere)) {
                take_note_away(before)?;
            }
            came
        }
        (Act::Hardlink, Some(to)) => linked(before, &Entry::of(&to.0)?),
        // Whatever was shared is equal; nothing else was changed.
        _ => Ok(Came::Nowhere),
    }
}

fn moved(before: &Before, here: &Entry, there: &Entry) -> Result<Came> {
    let same_file = |is: &Identity| (is.device, is.inode) == (before.is.device, before.is.inode);
    match (standing(here)?, standing(there)?) {
        (_, Some(is)) if same_file(&is) && before.act == Act::Remove => {
            // Asked for, but not certain to have been looked at after it was moved.
            back(there, here)
        }
        (_, Some(is)) if compare_moved(&before.is, &is).is_ok() => Ok(Came::Through),
        (Some(is), None) if same_file(&is) => Ok(Came::Nowhere),
        // Another file was moved, and not put back any more. In a trash, that name may be anyone's.
        (None, Some(_)) if before.info.is_none() => back(there, here),
        (None, Some(_)) => Ok(Came::Unclear(
            "another file has the name in the trash it was to get; look there for it",
        )),
        (_, Some(_)) => Ok(Came::Unclear(
            "another file took its place; what was moved is where the journal says",
        )),
        (_, None) if before.act == Act::Remove => Ok(Came::Through),
        (_, None) => Ok(Came::Unclear(
            "it is neither where it was nor where it was moved to",
        )),
    }
}

fn back(there: &Entry, here: &Entry) -> Result<Came> {
    put_back(&there.folder, &there.name, here).map(|()| Came::Nowhere)
}

fn linked(before: &Before, aside: &Entry) -> Result<Came> {
    let here = Entry::of(&before.path.0)?;
    let Some(survivor) = &before.survivor else {
        return Ok(Came::Nowhere);
    };
    let is_file = |is: &Identity, of: &Identity| (is.device, is.inode) == (of.device, of.inode);
    let away = || {
        unlinkat(&aside.folder, &*aside.name, AtFlags::empty())
            .map_err(Refusal::of("remove what was replaced"))
    };
    match (standing(&here)?, standing(aside)?) {
        (Some(is), None) if is_file(&is, &survivor.is) => Ok(Came::Through),
        (_, None) => Ok(Came::Nowhere),
        // The link was made, and not exchanged yet, or exchanged back.
        (_, Some(is)) if is_file(&is, &survivor.is) => match aside.look()?.st_nlink > 1 {
            true => away().map(|()| Came::Nowhere),
            false => Ok(Came::Unclear(LAST_NAME)),
        },
        (Some(at), Some(is)) if is_file(&at, &survivor.is) && is_file(&is, &before.is) => {
            let (link, old) = (here.open(&at)?, aside.open(&is)?);
            let equal = same_bytes((&link, &at), (&old, &is))
                .and_then(|()| Ok(Properties::of(&link)? == Properties::of(&old)?));
            if matches!(equal, Ok(true)) {
                return away().map(|()| Came::Through);
            }
            exchange(&here.folder, &aside.name, &here.name)?;
            compare_moved(&of_open(&link)?, &aside.is()?)?;
            away().map(|()| Came::Nowhere)
        }
        (_, Some(_)) => Ok(Came::Unclear(
            "another file took its place; what was there is where the journal says",
        )),
    }
}

/// Finds out what a step came to that removes something from the quarantine. Of a folder, part of it may
/// be gone; nothing brings that back, and what is left stays where it is.
fn purged(before: &Before) -> Result<Came> {
    let Some(to) = &before.to else {
        return Ok(Came::Nowhere);
    };
    Ok(match standing(&Entry::of(&to.0)?)? {
        None => Came::Through,
        Some(_) => Came::Unclear("what is left of it is in the quarantine; purge it again"),
    })
}

/// Finds out what a step came to that puts something back.
fn backward(before: &Before) -> Result<Came> {
    let Some(to) = &before.to else {
        return Ok(Came::Through);
    };
    let (here, there) = (Entry::of(&before.path.0)?, Entry::of(&to.0)?);
    let (at, aside) = (standing(&here)?, standing(&there)?);
    if before.act != Act::Hardlink {
        let is_back = at.is_some_and(|is| is.inode == before.is.inode) && aside.is_none();
        if is_back {
            take_note_away(before)?;
        }
        return Ok(if is_back {
            Came::Through
        } else {
            Came::Nowhere
        });
    }
    let Some(survivor) = &before.survivor else {
        return Ok(Came::Nowhere);
    };
    let is_link = |is: &Identity| (is.device, is.inode) == (survivor.is.device, survivor.is.inode);
    let came = match (at, aside) {
        (Some(at), None) if is_link(&at) => return Ok(Came::Nowhere),
        (_, None) => return Ok(Came::Through),
        // Exchanged: what is aside is one more name of a file that has others.
        (_, Some(aside)) if is_link(&aside) && there.look()?.st_nlink > 1 => Came::Through,
        (_, Some(aside)) if is_link(&aside) => return Ok(Came::Unclear(LAST_NAME)),
        // A copy that was not finished.
        (Some(at), Some(_)) if is_link(&at) => Came::Nowhere,
        _ => {
            return Ok(Came::Unclear(
                "another file took its place; its copy is where the journal says",
            ));
        }
    };
    unlinkat(&there.folder, &*there.name, AtFlags::empty())
        .map_err(Refusal::of("remove what was replaced"))?;
    Ok(came)
}

/// Returns what an entry names; `None` if nothing.
fn standing(entry: &Entry) -> Result<Option<Identity>> {
    match entry.is() {
        Ok(is) => Ok(Some(is)),
        Err(Refusal::Gone) => Ok(None),
        Err(refusal) => Err(refusal),
    }
}

/// Takes the note about a thing out of the trash that is not there, or not any more.
pub(crate) fn take_note_away(before: &Before) -> Result<()> {
    let Some(info) = &before.info else {
        return Ok(());
    };
    let note = Entry::of(&info.0)?;
    match unlinkat(&note.folder, &*note.name, AtFlags::empty()) {
        Ok(()) | Err(rustix::io::Errno::NOENT) => Ok(()),
        Err(error) => Err(Refusal::of("remove its note in the trash")(error)),
    }
}
