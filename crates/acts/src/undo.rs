//! Taking a run back: what was moved goes home, what was linked becomes a file of its own again.

use std::{collections::HashSet, ffi::OsString, io};

use tool::{Bytes, EntryKind, Identity};

use crate::{
    apply::aside,
    handle::{Entry, compare_moved},
    journal::{Before, CameTo, Journal, Record, Run, StepRecord},
    link::separate,
    plan::Act,
    put::put_back,
    recover::{FOREIGN, is_of_candor, take_note_away},
    refusal::{Refusal, Result},
    tally::{Done, Ended, Tally},
    together::TOGETHER,
};

/// Takes back every step of `run` that was done and is not in `already`, the last one first. `name` is
/// that of the new run, whose journal this writes.
///
/// # Errors
/// When the journal cannot be written: then nothing more is done.
pub fn undo(
    run: &Run,
    already: &HashSet<u64>,
    name: &str,
    journal: &mut Journal,
    tell: &mut dyn FnMut(&Done),
) -> io::Result<Ended> {
    let mut tally = Tally::of(journal, tell);
    let done =
        |it: &&StepRecord| it.came_to == Some(CameTo::Done) && !already.contains(&it.before.step);
    let steps: Vec<&Before> = run.steps.iter().filter(done).map(|it| &it.before).collect();
    // No step needs what another one puts back.
    for together in steps.rchunks(TOGETHER) {
        for before in together.iter().rev().copied() {
            let to = match before.act {
                Act::Hardlink => {
                    let aside = aside(name, before.step);
                    Some(before.path.0.with_file_name(aside).into())
                }
                _ => before.to.clone(),
            };
            tally.journal.write(&Record::Before(Box::new(Before {
                to,
                ..before.clone()
            })))?;
        }
        tally.journal.sync()?;
        for before in together.iter().rev().copied() {
            let came_to = match is_of_candor(before, &run.name, &run.name) {
                true => back(before, &aside(name, before.step)).map(|()| None),
                false => Err(Refusal::Senseless { why: FOREIGN }),
            };
            tally.came(before.step, came_to, Bytes(0))?;
        }
    }
    tally.end()
}

fn back(before: &Before, aside: &OsString) -> Result<()> {
    match (before.act, &before.to) {
        (Act::Trash | Act::Quarantine, Some(to)) => {
            let (from, home) = (Entry::of(&to.0)?, Entry::of(&before.path.0)?);
            is_that_file(&before.is, &from.is()?)?;
            put_back(&from.folder, &from.name, &home)?;
            take_note_away(before)
        }
        (Act::Hardlink, _) => own_file_again(before, aside),
        // Its content, name and properties are what they were.
        (Act::Reflink, _) => Ok(()),
        (Act::Remove | Act::Trash | Act::Quarantine, _) => Err(Refusal::Senseless {
            why: "it was removed for good, as was said before",
        }),
    }
}

/// What lies in a bin may have been changed there, and goes home all the same; but not another file.
pub(crate) fn is_that_file(was: &Identity, is: &Identity) -> Result<()> {
    match (was.kind, was.device, was.inode) == (is.kind, is.device, is.inode) {
        true => Ok(()),
        false => Err(Refusal::Changed {
            what: "another file stands there",
        }),
    }
}

fn own_file_again(before: &Before, aside: &OsString) -> Result<()> {
    let Some(survivor) = &before.survivor else {
        return Err(Refusal::Gone);
    };
    let home = Entry::of(&before.path.0)?;
    let is = home.is()?;
    if is.kind != EntryKind::File {
        return Err(Refusal::Taken);
    }
    // If the shared content was changed since, a copy would not be what was there.
    compare_moved(&survivor.is, &is)?;
    let linked = home.open(&is)?;
    separate(&home, (&linked, &is), aside, (before.read, before.is.mtime))
}
