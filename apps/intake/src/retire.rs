//! What is due: keys made, published and destroyed, days sealed, reports and counts erased.
//!
//! All of it follows from the declaration and the clock. Each step can be cut short and done again:
//! what was done is read from the log and the disk, what is missing is done, what was done but not
//! said is said. A step that fails keeps no other from being done: what has to go goes, and what could
//! not be done is told by name. `serve` looks once a minute; `candor-intake retire` looks once.

use std::{collections::BTreeSet, sync::PoisonError};

use serde::Serialize;
use sha2::{Digest as _, Sha256};
use wire::{
    Epoch, ProgramHash, PublicKey,
    log::{self, Erasure, Event, Hash, root},
    randomness::EpochKey,
};

use crate::{
    closing::acted,
    config::Role,
    gateway::GatewayError,
    intake::{Intake, epoch_key_name},
    log::LogError,
    meta::{MetaError, Remembered},
    refusal::chain,
    store::{Partition, StoreError},
    vault::{Secret, VaultError},
};

/// What was done.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Retired {
    /// Keys of epochs that were made and published.
    pub keys_made: u64,
    /// Keys of epochs that were destroyed.
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
    /// What was purged stays closed.
    #[error("`{0}` was purged: it takes nothing more until its declaration changes")]
    Purged(ProgramHash),
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
        let mut attempts = Attempts { not_done };
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
        }
        let there = attempts.of("list the partitions", || Ok(self.store.partitions()?));
        for partition in &there.unwrap_or_default() {
            let of = |it: &&Remembered| it.number == partition.program;
            // Of a program nobody remembers nothing is known but its number: it is left, and doctor
            // tells of it.
            let Some(program) = remembered.iter().find(of) else {
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
                drop(self.reveal_epoch(partition.program, partition.epoch));
                let what = format!("erase the partition {partition}");
                let retention = Erasure::Retention;
                let erased = attempts.of(&what, || self.erase(program, *partition, retention, now));
                done.erased += u64::from(erased.is_some());
            }
        }
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
        done
    }

    /// The key is in the vault before it is in the log, and in the log before it is used.
    fn make_keys(&self, now: u64) -> Result<u64, RetireError> {
        let mut published = Vec::new();
        for taken in self.programs.all() {
            let hash = *taken.program.hash();
            let is_closed = |it: &crate::meta::Closed| {
                it.version.is_none() && it.program.is_none_or(|closed| closed == hash)
            };
            if self.closed().iter().any(is_closed) {
                continue;
            }
            let current = taken.calendar.epoch_of(now);
            for epoch in taken.calendar.live(now) {
                // An epoch that is over gets no key any more, though reports of it may still come.
                if epoch < current {
                    continue;
                }
                if self.log.published_at(hash, Epoch(epoch)).is_some() {
                    continue;
                }
                let name = epoch_key_name(taken.program.number().0, epoch);
                let seed = self.vault.get_or_make(&name, Secret::random)?;
                let Some(seed) = seed.key() else {
                    continue;
                };
                let randomness = EpochKey::of(&seed, &hash, Epoch(epoch)).public();
                published.push(Event::EpochKeyPublished {
                    program: hash,
                    epoch: Epoch(epoch),
                    randomness,
                    issuer: self.issuer.public(),
                });
            }
        }
        let made = published.len() as u64;
        if made > 0 {
            self.log.append(now, published)?;
            self.status_changed();
        }
        Ok(made)
    }

    fn destroy_keys(&self, program: &Remembered, now: u64) -> Result<u64, RetireError> {
        let mut destroyed = 0;
        for (epoch, randomness) in self.log.undestroyed(program.hash) {
            let name = epoch_key_name(program.number, epoch.0);
            let is_here = self.vault.get(&name).is_some();
            if !is_here && self.may_be_elsewhere() {
                continue;
            }
            if !is_here || now >= program.calendar.key_dies(epoch.0) {
                self.destroy_key(program, epoch, randomness, now)?;
                destroyed += 1;
            }
        }
        Ok(destroyed)
    }

    fn destroy_key(
        &self,
        program: &Remembered,
        epoch: Epoch,
        randomness: PublicKey,
        now: u64,
    ) -> Result<(), RetireError> {
        let name = epoch_key_name(program.number, epoch.0);
        self.vault.destroy(|key| key == name)?;
        self.drop_epoch_keys();
        let event = Event::EpochKeyDestroyed {
            program: program.hash,
            epoch,
            randomness,
        };
        self.log.append(now, vec![event])?;
        self.status_changed();
        Ok(())
    }

    /// Returns whether it was not sealed before.
    fn seal(
        &self,
        program: &Remembered,
        partition: Partition,
        now: u64,
    ) -> Result<bool, RetireError> {
        let named = name_of(program, partition);
        if self.log.sealed(named).is_some() {
            return Ok(false);
        }
        self.store.seal(partition)?;
        let leaves = self.store.leaves(partition)?.unwrap_or_default();
        let mut events = vec![Event::PartitionSealed {
            partition: named,
            key_id: self.key_id(partition),
            rows: leaves.len() as u64,
            root: root(leaves.into_iter().map(Hash)),
        }];
        let withdrawn = self.store.withdrawals(partition)?;
        if !withdrawn.is_empty() {
            events.push(Event::WithdrawnBatch {
                program: program.hash,
                epoch: named.epoch,
                rows: withdrawn.len() as u64,
                root: root(withdrawn.into_iter().map(Hash)),
            });
        }
        self.log.append(now, events)?;
        Ok(true)
    }

    fn erase(
        &self,
        program: &Remembered,
        partition: Partition,
        reason: Erasure,
        now: u64,
    ) -> Result<(), RetireError> {
        let named = name_of(program, partition);
        let key_id = match self.log.sealed(named) {
            Some((_, key_id, _)) => key_id,
            None => self.key_id(partition),
        };
        let tally = self.store.erase(partition)?;
        self.proven.forget(partition);
        let event = Event::PartitionErased {
            partition: named,
            key_id,
            rows: tally.rows,
            reason,
        };
        self.log.append(now, vec![event])?;
        Ok(())
    }

    /// A partition that is sealed in the log and not on the disk was erased, and the process ended
    /// before it could say so.
    fn say_what_is_gone(&self, remembered: &[Remembered], now: u64) -> Result<(), RetireError> {
        let there: BTreeSet<Partition> = self.store.partitions()?.into_iter().collect();
        let mut gone = Vec::new();
        for (named, key_id, rows) in self.log.unerased() {
            let Some(program) = remembered.iter().find(|it| it.hash == named.program) else {
                continue;
            };
            let partition = Partition {
                program: program.number,
                epoch: named.epoch.0,
                day: named.day.0,
            };
            if !there.contains(&partition) {
                gone.push(Event::PartitionErased {
                    partition: named,
                    key_id,
                    rows,
                    reason: Erasure::Retention,
                });
            }
        }
        if !gone.is_empty() {
            self.log.append(now, gone)?;
        }
        Ok(())
    }

    /// Erases everything of a program: keys first, then reports, then what was revealed. It takes
    /// nothing more until its declaration changes.
    ///
    /// # Errors
    /// [`RetireError`] for the first step that failed; calling it again does the rest.
    pub fn purge(&self, program: &Remembered, by: &str) -> Result<Retired, RetireError> {
        self.meta.set(&purged(program.hash), "1")?;
        self.close(Some(program.hash), None, "purged", by)?;
        let _alone = self.at_work.lock().unwrap_or_else(PoisonError::into_inner);
        // What was let in before it was closed is on the disk when this returns, and erased below.
        drop(self.letting_in.blocking_write());
        // Nothing is revealed meanwhile: it would be kept after the counts are gone.
        let _nothing_revealed = self
            .revealing
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let now = self.clock.now();
        let mut done = Retired::default();
        let prefixes = [
            format!("epoch/{:04x}/", program.number),
            format!("partition/{:04x}/", program.number),
        ];
        let key_ids: Vec<(Partition, Hash)> = self
            .store
            .partitions()?
            .into_iter()
            .filter(|it| it.program == program.number)
            .map(|partition| (partition, self.key_id(partition)))
            .collect();
        // Of a key that somebody else has it cannot be said that it was destroyed.
        let ours = |(epoch, _): &(Epoch, PublicKey)| {
            let name = epoch_key_name(program.number, epoch.0);
            !self.may_be_elsewhere() || self.vault.get(&name).is_some()
        };
        let mut keys = self.log.undestroyed(program.hash);
        keys.retain(ours);
        self.vault
            .destroy(|name| prefixes.iter().any(|it| name.starts_with(it)))?;
        self.drop_epoch_keys();
        for (epoch, randomness) in keys {
            self.destroy_key(program, epoch, randomness, now)?;
            done.keys_destroyed += 1;
        }
        for (partition, key_id) in key_ids {
            let tally = self.store.erase(partition)?;
            self.proven.forget(partition);
            let event = Event::PartitionErased {
                partition: name_of(program, partition),
                key_id,
                rows: tally.rows,
                reason: Erasure::Purge,
            };
            self.log.append(now, vec![event])?;
            done.erased += 1;
        }
        done.counts = self.meta.purge(program.number)? as u64;
        let acted = acted("purge", by, &format!("purged {}", program.id));
        self.log.append(now, vec![acted])?;
        self.status_changed();
        Ok(done)
    }

    /// Returns the name of the key of a partition: a hash that opens nothing.
    fn key_id(&self, partition: Partition) -> Hash {
        let key = self.vault.get(&partition.key_name());
        let mut hash = Sha256::new();
        hash.update(b"candor-intake key id\0");
        hash.update(partition.to_string());
        if let Some(key) = &key {
            hash.update(key.bytes());
        }
        Hash(hash.finalize().into())
    }
}

/// Steps that are each tried, whatever became of the others.
struct Attempts<'a> {
    not_done: &'a mut Vec<NotDone>,
}

impl Attempts<'_> {
    fn of<T>(&mut self, what: &str, act: impl FnOnce() -> Result<T, RetireError>) -> Option<T> {
        act()
            .inspect_err(|error| {
                self.not_done.push(NotDone {
                    what: what.to_owned(),
                    why: chain(error),
                });
            })
            .ok()
    }
}

/// Returns the setting under which it stands that a program was purged.
#[must_use]
pub fn purged(program: ProgramHash) -> String {
    format!("purged {program}")
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
