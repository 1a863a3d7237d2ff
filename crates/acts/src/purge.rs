//! Emptying the quarantine: what lay there long enough is removed for good.

use std::{collections::HashSet, io, path::Path};

use tool::{EntryKind, Seen, Stamp};

use crate::{
    below::{Below, visit_below},
    handle::{Entry, compare_moved},
    journal::{Before, CameTo, Journal, Record, Run, StepRecord},
    plan::Act,
    put::remove,
    recover::{FOREIGN, is_of_candor},
    refusal::{Refusal, Result},
    tally::{Done, Ended, Tally},
    together::TOGETHER,
    undo::is_that_file,
    unused::in_use,
};

/// Removes from the quarantine what every step of `run` moved there, unless it is in `already`: taken back
/// or removed before.
///
/// What was changed since it came there, or has something new in it, stays and is told: somebody used it.
///
/// # Errors
/// When the journal cannot be written: then nothing more is done.
pub fn purge(
    run: &Run,
    already: &HashSet<u64>,
    journal: &mut Journal,
    tell: &mut dyn FnMut(&Done),
) -> io::Result<Ended> {
    let mut tally = Tally::of(journal, tell);
    let is_there = |it: &&StepRecord| {
        let moved = it.before.act == Act::Quarantine && it.came_to == Some(CameTo::Done);
        moved && !already.contains(&it.before.step)
    };
    let steps: Vec<&StepRecord> = run.steps.iter().filter(is_there).collect();
    for together in steps.chunks(TOGETHER) {
        for StepRecord { before, .. } in together {
            tally.journal.write(&Record::Before(Box::new(Before {
                act: Act::Remove,
                ..before.clone()
            })))?;
        }
        tally.journal.sync()?;
        for step in together {
            let before = &step.before;
            let came_to = match is_of_candor(before, &run.name, &run.name) {
                true => take_away(step).map(|()| None),
                false => Err(Refusal::Senseless { why: FOREIGN }),
            };
            tally.came(before.step, came_to, before.frees)?;
        }
    }
    tally.end()
}

fn take_away(step: &StepRecord) -> Result<()> {
    let before = &step.before;
    let to = before.to.as_ref().ok_or(Refusal::Gone)?;
    let entry = Entry::of(&to.0)?;
    let is = entry.is()?;
    let inside = match before.is.kind {
        // Its times and length are others if an earlier purge came to a halt in it.
        EntryKind::Folder => {
            is_that_file(&before.is, &is)?;
            everything_in(&entry, &to.0, step.moved)?
        }
        _ => {
            compare_moved(&before.is, &is)?;
            Vec::new()
        }
    };
    in_use(&entry, &is)?;
    remove(&entry.folder, &entry.name, &before.is, &inside)
}

/// Returns what a folder holds, each folder before what is in it, if nothing came or changed since it was
/// moved: what does has a later time of change, which no program can set back.
fn everything_in(entry: &Entry, at: &Path, moved: Option<Stamp>) -> Result<Vec<Seen>> {
    let moved = moved.ok_or(Refusal::Senseless {
        why: "its journal does not say when it was moved; look through it, and remove it by hand",
    })?;
    let mut all = Vec::new();
    visit_below(&entry.folder, &entry.name, &mut |found: &Below<'_>| {
        // Of a folder the time changes when something in it is removed.
        if found.is.kind != EntryKind::Folder && found.is.ctime > moved {
            return Err(Refusal::Within {
                path: at.join(found.path),
                why: Box::new(Refusal::Changed {
                    what: "it came or changed since the folder was moved to the quarantine",
                }),
            });
        }
        all.push(Seen {
            path: at.join(found.path).into(),
            is: found.is,
        });
        Ok(())
    })?;
    Ok(all)
}
