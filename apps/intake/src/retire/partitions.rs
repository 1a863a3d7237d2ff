//! Partitions: sealed, erased, and both said in the log.

use std::collections::BTreeSet;

use sha2::{Digest as _, Sha256};
use wire::log::{self, Erasure, Event, Hash, root};

use super::{RetireError, name_of};
use crate::{intake::Intake, meta::Remembered, store::Partition};

impl Intake {
    /// Returns whether it was not sealed before.
    pub(super) fn seal(
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

    pub(super) fn erase(
        &self,
        named: log::Partition,
        partition: Partition,
        reason: Erasure,
        now: u64,
    ) -> Result<(), RetireError> {
        let erased = self.erased(named, partition, reason);
        self.let_go(vec![erased], now, || {
            self.store.erase(partition)?;
            self.proven.forget(partition);
            Ok(())
        })
    }

    /// Returns what the log is to say of a partition that is about to be erased.
    pub(super) fn erased(
        &self,
        named: log::Partition,
        partition: Partition,
        reason: Erasure,
    ) -> Event {
        let key_id = match self.log.sealed(named) {
            Some((_, key_id, _)) => key_id,
            None => self.key_id(partition),
        };
        Event::PartitionErased {
            partition: named,
            key_id,
            rows: self.held(named, partition),
            reason,
        }
    }

    /// How many reports a partition holds. Of a file that cannot be read any more it is known what it held when
    /// it was sealed.
    fn held(&self, named: log::Partition, partition: Partition) -> u64 {
        match self.store.tally(partition) {
            Ok(tally) => tally.rows,
            Err(_) => self.log.sealed(named).map_or(0, |(_, _, rows)| rows),
        }
    }

    /// A partition that is sealed in the log and not on the disk is gone, though nobody noted that it would go:
    /// somebody removed the file.
    pub(super) fn say_what_is_gone(
        &self,
        remembered: &[Remembered],
        now: u64,
    ) -> Result<(), RetireError> {
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
