//! Emptying the quarantine: what lay there long enough is removed for good.

use std::{collections::HashSet, io, path::Path};

use tool::{Bytes, EntryKind, PathText, Seen};

use crate::{
    apply::{Done, Ended},
    below::{Below, visit_below},
    bins::is_in_a_bin,
    handle::{Entry, compare_moved},
    journal::{Before, CameTo, Journal, Record, Run, StepRecord},
    plan::Act,
    put::remove,
    refusal::{Refusal, Result},
    together::TOGETHER,
    undo::is_that_file,
};

/// Removes from the quarantine what every step of `run` moved there, unless it is in `already`: taken back
/// or removed before.
///
/// A file that was changed since it came there stays, and is told: somebody used it.
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
    let steps: Vec<&Before> = run
        .steps
        .iter()
        .filter(is_there)
        .map(|it| &it.before)
        .collect();
    for (number, before) in steps.iter().copied().enumerate() {
        if number % TOGETHER == 0 {
            for before in steps.iter().skip(number).take(TOGETHER) {
                journal.write(&Record::Before(Box::new(Before {
                    act: Act::Remove,
                    ..Before::clone(before)
                })))?;
            }
            journal.sync()?;
        }
        let refused = take_away(before).err();
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

fn take_away(before: &Before) -> Result<()> {
    // A journal that somebody else wrote must not lead to any file.
    let to = before.to.as_ref().filter(|to| is_in_a_bin(&to.0));
    let Some(PathText(to)) = to else {
        return Err(Refusal::Senseless {
            why: "its journal names no place in a quarantine",
        });
    };
    let entry = Entry::of(to)?;
    let is = entry.is()?;
    let inside = match before.is.kind {
        // Its times and length are others if an earlier purge came to a halt in it.
        EntryKind::Folder => {
            is_that_file(&before.is, &is)?;
            everything_in(&entry, to)?
        }
        _ => {
            compare_moved(&before.is, &is)?;
            Vec::new()
        }
    };
    remove(&entry.folder, &entry.name, &before.is, &inside)
}

/// Returns what a folder holds, each folder before what is in it.
fn everything_in(entry: &Entry, at: &Path) -> Result<Vec<Seen>> {
    let mut all = Vec::new();
    visit_below(&entry.folder, &entry.name, &mut |found: &Below<'_>| {
        all.push(Seen {
            path: at.join(found.path).into(),
            is: found.is,
        });
        Ok(())
    })?;
    Ok(all)
}
