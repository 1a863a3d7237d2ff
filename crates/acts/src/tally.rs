//! What came of the steps of a run: told, counted and written down, whatever the run does.

use std::io;

use tool::{Bytes, Stamp};

use crate::{
    journal::{Journal, Record},
    refusal::{Refusal, Result},
};

/// What came of a step.
#[derive(Debug)]
pub struct Done {
    /// The step's number.
    pub step: u64,
    /// Why it was not done, if it was not.
    pub refused: Option<Refusal>,
    /// What the disk gained.
    pub freed: Bytes,
}

/// How a run ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ended {
    /// Steps that were done.
    pub done: u64,
    /// Steps that were refused.
    pub refused: u64,
    /// What the disk gained.
    pub freed: Bytes,
}

/// A run that goes on: its journal, and who is told.
pub(crate) struct Tally<'t> {
    pub(crate) journal: &'t mut Journal,
    tell: &'t mut dyn FnMut(&Done),
    ended: Ended,
}

impl<'t> Tally<'t> {
    pub(crate) fn of(journal: &'t mut Journal, tell: &'t mut dyn FnMut(&Done)) -> Self {
        Self {
            journal,
            tell,
            ended: Ended::default(),
        }
    }

    /// Notes what came of a step: done, with the time of change it had where it was moved to, or not; and
    /// what the disk gains if it was done.
    pub(crate) fn came(
        &mut self,
        step: u64,
        came_to: Result<Option<Stamp>>,
        frees: Bytes,
    ) -> io::Result<()> {
        let (moved, refused) = match came_to {
            Ok(moved) => (moved, None),
            Err(refusal) => (None, Some(refusal)),
        };
        let freed = match refused {
            None => frees,
            Some(_) => Bytes(0),
        };
        self.ended.done += u64::from(refused.is_none());
        self.ended.refused += u64::from(refused.is_some());
        self.ended.freed.0 = self.ended.freed.0.saturating_add(freed.0);
        self.journal.write(&Record::After {
            step,
            refused: refused.as_ref().map(ToString::to_string),
            moved,
        })?;
        (self.tell)(&Done {
            step,
            refused,
            freed,
        });
        Ok(())
    }

    /// Ends the run.
    pub(crate) fn end(self) -> io::Result<Ended> {
        self.journal.write(&Record::End)?;
        self.journal.sync()?;
        Ok(self.ended)
    }
}
