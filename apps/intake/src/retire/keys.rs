//! The keys of epochs: made, published, destroyed.

use wire::{Epoch, PublicKey, log::Event, randomness::EpochKey};

use super::RetireError;
use crate::{
    config::Role,
    intake::{Intake, epoch_key_name},
    meta::Remembered,
    programs::Taken,
    vault::Secret,
};

impl Intake {
    /// The key is in the vault before it is in the log, and in the log before it is used.
    pub(super) fn make_keys(&self, now: u64) -> Result<u64, RetireError> {
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

    pub(super) fn destroy_keys(&self, program: &Remembered, now: u64) -> Result<u64, RetireError> {
        let mut destroyed = 0;
        for (epoch, randomness) in self.log.undestroyed(program.hash) {
            let name = epoch_key_name(program.number, epoch.0);
            let is_here = self.vault.get(&name).is_some();
            if !is_here && self.may_be_elsewhere() {
                continue;
            }
            if !is_here && now < program.calendar.key_dies(epoch.0) {
                tracing::error!(
                    program = %program.id, epoch = epoch.0,
                    "the key of an epoch is lost: nothing of the epoch is taken any more; `candor-intake doctor` says until when"
                );
            }
            if !is_here || now >= program.calendar.key_dies(epoch.0) {
                self.destroy_key(program, epoch, randomness, now)?;
                destroyed += 1;
            }
        }
        Ok(destroyed)
    }

    /// Returns until when nothing of a program can be taken, where the key of its epoch is lost or destroyed: a
    /// second key for an epoch is never made. `None` where it can be taken.
    #[must_use]
    pub fn takes_nothing_until(&self, taken: &Taken) -> Option<u64> {
        let (hash, number) = (*taken.program.hash(), taken.program.number().0);
        let has_keys = self.has(Role::Randomness) && !self.may_be_elsewhere();
        let is_lost = |epoch: u32| {
            let is_gone = self.vault.get(&epoch_key_name(number, epoch)).is_none()
                && self.log.published_at(hash, Epoch(epoch)).is_some();
            self.log.is_over(hash, Epoch(epoch)) || (has_keys && is_gone)
        };
        let current = taken.calendar.epoch_of(self.clock.now());
        let mut next = current..u32::MAX;
        let epoch = next.find(|epoch| !is_lost(*epoch))?;
        (epoch > current).then(|| taken.calendar.opens(epoch))
    }

    fn destroy_key(
        &self,
        program: &Remembered,
        epoch: Epoch,
        randomness: PublicKey,
        now: u64,
    ) -> Result<(), RetireError> {
        let event = Event::EpochKeyDestroyed {
            program: program.hash,
            epoch,
            randomness,
        };
        self.let_go(vec![event], now, || {
            let name = epoch_key_name(program.number, epoch.0);
            self.vault.destroy(|key| key == name)?;
            self.drop_epoch_keys();
            Ok(())
        })
    }
}
