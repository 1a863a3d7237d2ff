//! What enough devices reported becomes readable; everything else stays closed.
//!
//! Tags are taken in order. One with at least K reports is tried, and tried again only when its number
//! of reports has changed. Of a tag with more than 512 reports a sample is decoded; then each report is
//! checked by itself, so that one pass more is all it takes, and no more than one row is in memory.

use std::sync::PoisonError;

use serde::Serialize;
use wire::{
    Epoch, Tag,
    rand_core::OsRng,
    reveal::{Closed, Pool, Revealed, Row as Share, Tally},
};

use crate::{
    intake::Intake,
    meta::{Count, Finding, MetaError},
    programs::Taken,
    refusal::chain,
    store::{Row, StoreError},
};

/// What came of a try.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Tried {
    /// Tags with enough reports that were tried.
    pub tags: u64,
    /// Texts that were revealed.
    pub revealed: u64,
    /// Tags that stay closed because too many of their shares are bad; more reports may open them.
    pub poisoned: u64,
    /// Reports whose share was bad.
    pub bad_shares: u64,
    /// Reports whose body was bad.
    pub bad_bodies: u64,
    /// Reports that do not open: they were changed on the disk. The others count.
    pub damaged: u64,
    /// Epochs that could not be read, and why. The others were.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unread: Vec<String>,
}

/// What could not be done.
#[derive(Debug, thiserror::Error)]
pub enum RevealError {
    /// The reports.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// What is kept beside them.
    #[error(transparent)]
    Meta(#[from] MetaError),
}

impl Intake {
    /// Reveals what has enough reports, in every epoch there is.
    ///
    /// # Errors
    /// [`RevealError`] when it cannot be told which epochs there are. One that cannot be read is named in
    /// what comes back.
    pub fn reveal(&self) -> Result<Tried, RevealError> {
        let mut epochs: Vec<(u16, u32)> = self
            .store
            .partitions()?
            .iter()
            .map(|it| (it.program, it.epoch))
            .collect();
        epochs.dedup();
        let mut all = Tried::default();
        for (program, epoch) in epochs {
            let tried = match self.reveal_epoch(program, epoch) {
                Ok(tried) => tried,
                Err(error) => {
                    all.unread
                        .push(format!("{program:04x}/{epoch}: {}", chain(&error)));
                    continue;
                }
            };
            all.damaged += tried.damaged;
            all.tags += tried.tags;
            all.revealed += tried.revealed;
            all.poisoned += tried.poisoned;
            all.bad_shares += tried.bad_shares;
            all.bad_bodies += tried.bad_bodies;
        }
        Ok(all)
    }

    /// Reveals what has enough reports in one epoch. Of a program that is not taken any more nothing
    /// is revealed.
    ///
    /// # Errors
    /// [`RevealError`].
    pub fn reveal_epoch(&self, program: u16, epoch: u32) -> Result<Tried, RevealError> {
        let mut tried = Tried::default();
        let _alone = self
            .revealing
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let Some(taken) = self.programs.numbered(program) else {
            return Ok(tried);
        };
        let mut enough = Vec::new();
        let threshold = u64::from(taken.program.threshold());
        self.store
            .tags(program, epoch, threshold, &mut |tag, number| {
                enough.push((tag, number));
            })?;
        for (tag, number) in enough {
            if self.was_tried(program, epoch, tag, number) {
                continue;
            }
            tried.tags += 1;
            let (outcome, damaged) = self.reveal_tag(taken, epoch, tag)?;
            tried.damaged += damaged;
            match outcome {
                Ok(revealed) => {
                    tried.revealed += 1;
                    tried.bad_shares += revealed.bad_shares;
                    tried.bad_bodies += revealed.bad_bodies;
                    self.meta.keep(&finding(taken, epoch, &revealed))?;
                }
                Err(Closed::TooFew { .. }) => {}
                Err(Closed::Poisoned { .. } | Closed::NoText) => tried.poisoned += 1,
            }
            self.note_try(program, epoch, tag, number);
        }
        Ok(tried)
    }

    fn reveal_tag(
        &self,
        taken: &Taken,
        epoch: u32,
        tag: [u8; 32],
    ) -> Result<(Result<Revealed, Closed>, u64), StoreError> {
        let program = &taken.program;
        let number = program.number().0;
        let mut pool = Pool::of(program);
        let damaged = self.store.shares(number, epoch, &tag, &mut |row| {
            if let Some(share) = share_of(row) {
                pool.offer(&share.x, &share.y, &mut OsRng);
            }
        })?;
        let opened = match pool.open(&mut OsRng) {
            Ok(opened) => opened,
            Err(closed) => return Ok((Err(closed), damaged)),
        };
        let mut tally = Tally::of(program, Epoch(epoch), &Tag(tag), &opened);
        self.store.shares(number, epoch, &tag, &mut |row| {
            if let Some(share) = share_of(row) {
                tally.count(&share);
            }
        })?;
        Ok((tally.finish(), damaged))
    }

    fn was_tried(&self, program: u16, epoch: u32, tag: [u8; 32], number: u64) -> bool {
        let tried = self.tried.lock().unwrap_or_else(PoisonError::into_inner);
        tried.get(&(program, epoch, tag)) == Some(&number)
    }

    fn note_try(&self, program: u16, epoch: u32, tag: [u8; 32], number: u64) {
        let mut tried = self.tried.lock().unwrap_or_else(PoisonError::into_inner);
        // Forgotten when it grows large: a tag is then tried once more than needed.
        if tried.len() >= 1 << 20 {
            tried.clear();
        }
        tried.insert((program, epoch, tag), number);
    }
}

fn share_of(row: Row) -> Option<Share> {
    let (y, body) = row.opened.split_first_chunk::<32>()?;
    Some(Share {
        x: row.x,
        y: *y,
        body: body.to_vec(),
    })
}

fn finding(taken: &Taken, epoch: u32, revealed: &Revealed) -> Finding {
    let counts = revealed.counts.iter().filter_map(|(aux, number)| {
        let values = taken.program.decode(&revealed.text, *aux).ok()?;
        Some(Count {
            values,
            number: *number,
        })
    });
    Finding {
        program: taken.program.number().0,
        epoch,
        text: revealed.text.clone(),
        number: revealed.good,
        counts: counts.collect(),
    }
}
