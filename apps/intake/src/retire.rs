//! What is due: keys made, published and destroyed, days sealed, reports and counts erased.
//!
//! All of it follows from the declaration and the clock. Each step can be cut short and done again:
//! what was done is read from the log and the disk, what is missing is done, what was done but not
//! said is said. A step that fails keeps no other from being done: what has to go goes, and what could
//! not be done is told by name. A step that fails for want of room is done again in the room that is kept
//! for it. `serve` looks once a minute; `candor-intake retire` looks once.

mod forgotten;
mod going;
mod keys;
mod partitions;
mod purge;

use std::{error::Error, sync::PoisonError};

use serde::Serialize;
use wire::{
    Epoch, ProgramHash,
    log::{self, Erasure},
};

pub use self::purge::purged;
use crate::{
    config::Role,
    gateway::GatewayError,
    intake::Intake,
    log::LogError,
    meta::{MetaError, Remembered},
    refusal::chain,
    reserve::Reserve,
    reveal::RevealError,
    store::{Partition, StoreError},
    vault::VaultError,
};

/// What was done.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Retired {
    /// Keys of epochs that were made and published.
    pub keys_made: u64,
    /// Keys of epochs that were destroyed, and keys that nothing needed any more.
    pub keys_destroyed: u64,
    /// Keys of the gateway that were made and published.
    pub gateway_keys_made: u64,
    /// Keys of the gateway that were destroyed.
    pub gateway_keys_destroyed: u64,
    /// Partitions that were sealed.
    pub sealed: u64,
    /// Partitions that were erased.
    pub erased: u64,
    /// Epochs whose counts were erased.
    pub counts: u64,
}

/// One thing that was due and could not be done. It is tried again the next time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct NotDone {
    /// What: `seal the partition 4f2a/2951/20650`.
    pub what: String,
    /// Why.
    pub why: String,
    /// Whether the disk has no room for it.
    pub for_want_of_room: bool,
}

/// Not everything that was due could be done.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{} of what is due could not be done: {}", not_done.len(), told(not_done))]
pub struct Incomplete {
    /// What was done.
    pub done: Retired,
    /// What was not.
    pub not_done: Vec<NotDone>,
}

fn told(not_done: &[NotDone]) -> String {
    let each = not_done
        .iter()
        .map(|it| format!("cannot {}: {}", it.what, it.why));
    each.collect::<Vec<_>>().join("; ")
}

/// Why a step could not be done.
#[derive(Debug, thiserror::Error)]
pub enum RetireError {
    /// The log.
    #[error(transparent)]
    Log(#[from] LogError),
    /// The keys.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// The gateway's keys.
    #[error(transparent)]
    Gateway(#[from] GatewayError),
    /// The reports.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// What is kept beside them.
    #[error(transparent)]
    Meta(#[from] MetaError),
    /// What has enough reports could not be revealed.
    #[error(transparent)]
    Reveal(#[from] RevealError),
    /// What was purged stays closed.
    #[error("`{0}` was purged: it takes nothing more until its declaration changes")]
    Purged(ProgramHash),
}

impl RetireError {
    /// What failed, whose kind this only names.
    fn inner(&self) -> &(dyn Error + 'static) {
        match self {
            Self::Store(inner) | Self::Reveal(RevealError::Store(inner)) => inner,
            other => other,
        }
    }
}

impl Intake {
    /// Does what is due now.
    ///
    /// # Errors
    /// [`Incomplete`] with each step that failed; all others were done, and those are tried again the
    /// next time.
    pub fn retire(&self) -> Result<Retired, Incomplete> {
        let _alone = self.at_work.lock().unwrap_or_else(PoisonError::into_inner);
        let mut not_done = Vec::new();
        let done = self.retire_all(self.clock.now(), &mut not_done);
        if let Err(error) = self.reserve.keep() {
            not_done.push(NotDone {
                what: "keep room for erasure".to_owned(),
                why: error.to_string(),
                for_want_of_room: self.reserve.would_help(&error),
            });
        }
        *self.not_done.lock().unwrap_or_else(PoisonError::into_inner) = not_done.clone();
        match not_done.is_empty() {
            true => Ok(done),
            false => Err(Incomplete { done, not_done }),
        }
    }

    /// Returns what could not be done when it was last looked at what is due.
    #[must_use]
    pub fn not_done(&self) -> Vec<NotDone> {
        let not_done = self.not_done.lock();
        not_done.unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn retire_all(&self, now: u64, not_done: &mut Vec<NotDone>) -> Retired {
        let mut done = Retired::default();
        let mut attempts = Attempts {
            not_done,
            reserve: &self.reserve,
        };
        attempts.of("say in the log what went", || self.say_what_went(now));
        if self.has(Role::Randomness) {
            let made = attempts.of("make the keys of epochs", || self.make_keys(now));
            done.keys_made = made.unwrap_or_default();
        }
        let turned = attempts.of("renew the gateway's key", || self.turn_gateway_keys(now));
        (done.gateway_keys_made, done.gateway_keys_destroyed) = turned.unwrap_or_default();
        let remembered = attempts.of("read what is known of programs", || {
            Ok(self.meta.remembered()?)
        });
        // Without their calendars nothing is known to be due.
        let Some(remembered) = remembered else {
            return done;
        };
        for program in &remembered {
            let what = format!("destroy the keys of {}", program.id);
            let destroyed = attempts.of(&what, || self.destroy_keys(program, now));
            done.keys_destroyed += destroyed.unwrap_or_default();
            let what = format!("finish the purge of {}", program.id);
            let purged = attempts.of(&what, || self.finish_purge(program, now));
            let purged = purged.unwrap_or_default();
            done.keys_destroyed += purged.keys_destroyed;
            done.erased += purged.erased;
            done.counts += purged.counts;
        }
        let there = attempts.of("list the partitions", || Ok(self.store.partitions()?));
        for partition in &there.unwrap_or_default() {
            let of = |it: &&Remembered| it.number == partition.program;
            let Some(program) = remembered.iter().find(of) else {
                let what = format!("erase the partition {partition}");
                let erased = attempts.of(&what, || self.erase_forgotten(*partition, now));
                done.erased += u64::from(erased == Some(true));
                continue;
            };
            let dies = program.calendar.reports_die(*partition);
            // Sealed before it is erased, so that the log says what it held.
            let is_over = now >= program.calendar.seals(*partition).min(dies);
            if is_over {
                let what = format!("seal the partition {partition}");
                let sealed = attempts.of(&what, || self.seal(program, *partition, now));
                done.sealed += u64::from(sealed == Some(true));
            }
            if now >= dies {
                // The last chance for what has enough reports. If it fails, they go all the same.
                let (number, epoch) = (partition.program, partition.epoch);
                let what = format!("reveal what has enough reports of {number:04x}/{epoch}");
                attempts.of(&what, || Ok(self.reveal_epoch(number, epoch)?));
                let what = format!("erase the partition {partition}");
                let erased = attempts.of(&what, || {
                    let named = name_of(program, *partition);
                    self.erase(named, *partition, Erasure::Retention, now)
                });
                done.erased += u64::from(erased.is_some());
            }
        }
        let forgotten = attempts.of("destroy keys that outlived their use", || {
            self.destroy_forgotten_keys(&remembered, now)
        });
        done.keys_destroyed += forgotten.unwrap_or_default();
        attempts.of("say in the log what is erased", || {
            self.say_what_is_gone(&remembered, now)
        });
        let revealed = attempts.of("list what was revealed", || {
            Ok(self.meta.revealed_epochs()?)
        });
        for (number, epoch) in revealed.unwrap_or_default() {
            let program = remembered.iter().find(|it| it.number == number);
            // Counts of a program nobody remembers have no date, so they go now.
            if program.is_none_or(|it| now >= it.calendar.counts_die(epoch)) {
                let what = format!("erase the counts of {number:04x}/{epoch}");
                let erased = attempts.of(&what, || Ok(self.meta.forget(number, epoch)?));
                done.counts += u64::from(erased.is_some());
            }
        }
        let is_over = |number: u16, epoch: u32| {
            let program = remembered.iter().find(|it| it.number == number);
            program.is_none_or(|it| now >= it.calendar.key_dies(epoch))
        };
        attempts.of("forget who had tokens", || {
            Ok(self.meta.forget_tokens(is_over, now)?)
        });
        attempts.of("keep how far the log has come", || Ok(self.remember_log()?));
        done
    }
}

/// Steps that are each tried, whatever became of the others.
struct Attempts<'a> {
    not_done: &'a mut Vec<NotDone>,
    reserve: &'a Reserve,
}

impl Attempts<'_> {
    fn of<T>(&mut self, what: &str, act: impl Fn() -> Result<T, RetireError>) -> Option<T> {
        let outcome = in_kept_room(self.reserve, act);
        outcome
            .inspect_err(|error| {
                self.not_done.push(NotDone {
                    what: what.to_owned(),
                    why: chain(error),
                    for_want_of_room: self.reserve.would_help(error.inner()),
                });
            })
            .ok()
    }
}

/// Does something, and once more in the room that is kept where there was too little.
fn in_kept_room<T>(
    reserve: &Reserve,
    act: impl Fn() -> Result<T, RetireError>,
) -> Result<T, RetireError> {
    match act() {
        Err(error) if reserve.would_help(error.inner()) && reserve.give() => act(),
        outcome => outcome,
    }
}

/// Returns the name of a partition in the log.
#[must_use]
pub fn name_of(program: &Remembered, partition: Partition) -> log::Partition {
    log::Partition {
        program: program.hash,
        epoch: Epoch(partition.epoch),
        day: wire::Day(partition.day),
    }
}
