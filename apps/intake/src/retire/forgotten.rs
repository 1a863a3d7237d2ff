//! What no remembered program accounts for: of it nothing is known but a number. It dies by the latest dates
//! that any declaration can give.

use std::collections::BTreeSet;

use wire::{
    Epoch, ProgramHash,
    log::{self, Erasure, Event},
};

use super::RetireError;
use crate::{
    calendar::{key_dies_at_latest, reports_die_at_latest},
    intake::Intake,
    meta::Remembered,
    store::Partition,
};

impl Intake {
    /// Erases a partition of a program that nobody remembers, once no declaration could keep it any longer.
    /// Returns whether it did.
    pub(super) fn erase_forgotten(
        &self,
        partition: Partition,
        now: u64,
    ) -> Result<bool, RetireError> {
        if now < reports_die_at_latest(partition) {
            return Ok(false);
        }
        match self.log.program_numbered(partition.program) {
            Some(program) => {
                let named = log::Partition {
                    program,
                    epoch: Epoch(partition.epoch),
                    day: wire::Day(partition.day),
                };
                self.erase(named, partition, Erasure::Retention, now)?;
            }
            // Nothing was ever said of it, so nobody can be told.
            None => {
                self.store.erase(partition)?;
                self.proven.forget(partition);
            }
        }
        Ok(true)
    }

    /// Destroys keys that outlived what they are for: of programs nobody remembers, of files that somebody
    /// removed, of epochs whose key was never published. Returns how many.
    pub(super) fn destroy_forgotten_keys(
        &self,
        remembered: &[Remembered],
        now: u64,
    ) -> Result<u64, RetireError> {
        // A partition is there before its key is: looked for in this order, none is missed.
        let names = self.vault.names();
        let there: BTreeSet<Partition> = self.store.partitions()?.into_iter().collect();
        let mut destroyed = 0;
        for name in names {
            let number = name.split('/').nth(1).map(|it| u16::from_str_radix(it, 16));
            let Some(Ok(number)) = number else { continue };
            let program = remembered.iter().find(|it| it.number == number);
            if let Some(partition) = name.strip_prefix("partition/").and_then(Partition::parse) {
                let dies = match program {
                    Some(program) => program.calendar.reports_die(partition),
                    None => reports_die_at_latest(partition),
                };
                if now >= dies && !there.contains(&partition) {
                    destroyed += self.vault.destroy(|it| it == name)? as u64;
                }
                continue;
            }
            let epoch = name
                .strip_prefix("epoch/")
                .and_then(|it| it.split_once('/'));
            let Some(Ok(epoch)) = epoch.map(|(_, epoch)| epoch.parse()) else {
                continue;
            };
            let hash = match program {
                Some(program) => Some(program.hash),
                None => self.log.program_numbered(number),
            };
            destroyed += self.destroy_if_over(&name, hash, program, Epoch(epoch), now)?;
        }
        Ok(destroyed)
    }

    fn destroy_if_over(
        &self,
        name: &str,
        hash: Option<ProgramHash>,
        program: Option<&Remembered>,
        epoch: Epoch,
        now: u64,
    ) -> Result<u64, RetireError> {
        let alive = hash.and_then(|hash| {
            let mut alive = self.log.undestroyed(hash).into_iter();
            Some((hash, alive.find(|(it, _)| *it == epoch)?.1))
        });
        let dies = match (program, alive) {
            (Some(program), _) => program.calendar.key_dies(epoch.0),
            (None, Some((hash, _))) => {
                let at = self.log.published_at(hash, epoch);
                let leaf = at.and_then(|at| self.log.at(at));
                leaf.map_or(0, key_dies_at_latest)
            }
            // Nobody was ever told of it.
            (None, None) => 0,
        };
        if now < dies {
            return Ok(0);
        }
        let destroyed = alive.map(|(program, randomness)| Event::EpochKeyDestroyed {
            program,
            epoch,
            randomness,
        });
        let mut gone = 0;
        self.let_go(destroyed.into_iter().collect(), now, || {
            gone = self.vault.destroy(|it| it == name)? as u64;
            self.drop_epoch_keys();
            Ok(())
        })?;
        Ok(gone)
    }
}
