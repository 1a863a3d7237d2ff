//! What ledger and outbox could not do, each with its name and the way out.

use std::{
    error::Error,
    io, iter,
    path::{Path, PathBuf},
};

use consent::{Damage, FolderError, LedgerError, OutboxError};

use crate::failure::Failure;

/// Says what ledger or outbox could not do.
pub(crate) fn cannot(error: &(dyn Error + 'static)) -> Failure {
    if let Some(OutboxError::NoSuchRecord(id)) = error.downcast_ref() {
        return Failure::new(format!("there is no record {id} in the outbox"))
            .help("`candor outbox list` shows what there is");
    }
    if let Some(OutboxError::Damaged { id }) = error.downcast_ref() {
        return Failure::new(format!(
            "record {id} of the outbox is not what Candor wrote"
        ))
        .help(format!(
            "nothing of it is sent; `candor outbox drop {id}` removes it"
        ));
    }
    let failure = Failure::new(error.to_string());
    let failure = match error.source() {
        Some(cause) => failure.because(cause),
        None => failure,
    };
    failure.help(way_out(error))
}

fn way_out(error: &(dyn Error + 'static)) -> &'static str {
    let causes = || {
        iter::successors(Some(error), |error: &&(dyn Error + 'static)| {
            (*error).source()
        })
    };
    let is_full = causes().any(|it| {
        let io = it.downcast_ref::<io::Error>();
        io.is_some_and(|it| it.kind() == io::ErrorKind::StorageFull)
            || it.to_string().contains("database or disk is full")
    });
    if is_full && causes().any(|it| it.is::<LedgerError>()) {
        return "the disk is full: nothing was noted, and your answers stand as before; free some room and run this \
                again";
    }
    if is_full {
        return "the disk is full: free some room and run this again; nothing is sent meanwhile";
    }
    for cause in causes() {
        if let Some(
            FolderError::Make { .. } | FolderError::Read { .. } | FolderError::Write { .. },
        ) = cause.downcast_ref()
        {
            return "see that it is yours to read and write, and run this again; nothing is sent meanwhile";
        }
        match cause.downcast_ref() {
            Some(error @ OutboxError::Database { .. }) if error.is_of_damage() => {
                return "move it away, and Candor begins an empty one; nothing is sent meanwhile";
            }
            Some(OutboxError::Database { .. }) => {
                return "another Candor may be using it: run this again; nothing is sent meanwhile";
            }
            Some(OutboxError::State { .. }) => {
                return "`candor outbox list` shows where each record stands";
            }
            _ => {}
        }
    }
    "nothing is sent meanwhile; `candor consent` shows what holds"
}

/// Says that a ledger was damaged, and what still can be done.
pub(super) fn damaged(damage: &Damage) -> Failure {
    let shown = |path: PathBuf| format!("`{}`", tool::path_text::shown(path.as_os_str()));
    let files: Vec<String> = damage.files().into_iter().map(shown).collect();
    let files = files.join(" and ");
    Failure::new("what you agreed to cannot be read any more, so nothing counts as agreed to")
        .because(damage)
        .help(format!(
            "what is left of it is kept as {files}; what may have been sent is taken back by `candor consent withdraw \
             NAME`; this is said until you answered each anew, or moved all of it away"
        ))
}

/// Says that an outbox was damaged.
pub(super) fn set_aside(kept: &Path) -> Failure {
    let kept = tool::path_text::shown(kept.as_os_str());
    Failure::new("the outbox cannot be read any more, so nothing of it is sent").help(format!(
        "it is kept as `{kept}`; what left through it cannot be taken back from here any more, and is erased by \
         the operator when its time is over; this is said until you move that file away, or `candor consent \
         forget` removes it"
    ))
}

/// Says that an outbox that was damaged is gone.
pub(super) fn forgotten() -> Failure {
    Failure::new("an outbox that could not be read any more is removed").help(
        "what left through it cannot be taken back from here, and is erased by the operator when its time is over",
    )
}
