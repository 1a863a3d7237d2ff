//! Emptying the quarantine: what lay there long enough is removed for good.

use std::{collections::HashSet, io, path::Path};

use tool::{Bytes, EntryKind, Seen, Stamp};

use crate::{
    apply::{Done, Ended},
    below::{Below, visit_below},
    handle::{Entry, compare_moved},
    journal::{Before, CameTo, Journal, Record, Run, StepRecord},
    plan::Act,
    put::remove,
    recover::is_of_candor,
    refusal::{Refusal, Result},
    together::TOGETHER,
    undo::{FOREIGN, is_that_file},
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
    let mut ended = Ended::default();
    let is_there = |it: &&StepRecord| {
        let moved = it.before.act == Act::Quarantine && it.came_to == Some(CameTo::Done);
        moved && !already.contains(&it.before.step)
    };
    let steps: Vec<&StepRecord> = run.steps.iter().filter(is_there).collect();
    for (number, step) in steps.iter().copied().enumerate() {
        let before = &step.before;
        if number % TOGETHER == 0 {
            for StepRecord { before, .. } in steps.iter().skip(number).take(TOGETHER) {
                journal.write(&Record::Before(Box::new(Before {
                    act: Act::Remove,
                    ..before.clone()
                })))?;
            }
            journal.sync()?;
        }
        let refused = match is_of_candor(before, &run.name, &run.name) {
            true => take_away(step).err(),
            false => Some(FOREIGN),
        };
        let freed = match refused {
            None => before.frees,
            Some(_) => Bytes(0),
        };
        ended.done += u64::from(refused.is_none());
        ended.refused += u64::from(refused.is_some());
        ended.freed.0 = ended.freed.0.saturating_add(freed.0);
        journal.write(&Record::After {
            step: before.step,
            refused: refused.as_ref().map(ToString::to_string),
            moved: None,
        })?;
        tell(&Done {
            step: before.step,
            refused,
            freed,
        });
    }
    journal.write(&Record::End)?;
    journal.sync()?;
    Ok(ended)
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
