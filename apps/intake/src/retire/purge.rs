//! A record with everything it holds, erased at once.

use std::sync::PoisonError;

use wire::{
    Epoch, ProgramHash, PublicKey,
    log::{Erasure, Event, Hash},
};

use super::{RetireError, Retired, in_kept_room, name_of};
use crate::{
    closing::acted,
    intake::{Intake, epoch_key_name},
    meta::Remembered,
    store::Partition,
};

impl Intake {
    /// Erases everything of a program: keys first, then reports, then what was revealed. It takes
    /// nothing more until its declaration changes.
    ///
    /// # Errors
    /// [`RetireError`] for the first step that failed; calling it again does the rest.
    pub fn purge(&self, program: &Remembered, by: &str) -> Result<Retired, RetireError> {
        let purged = in_kept_room(&self.reserve, || self.purge_once(program, by));
        if let Err(error) = self.reserve.keep() {
            tracing::error!(why = %error, "no room is kept for erasure");
        }
        purged
    }

    fn purge_once(&self, program: &Remembered, by: &str) -> Result<Retired, RetireError> {
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
            let rows = self.held(name_of(program, partition), partition);
            self.store.erase(partition)?;
            self.proven.forget(partition);
            let event = Event::PartitionErased {
                partition: name_of(program, partition),
                key_id,
                rows,
                reason: Erasure::Purge,
            };
            self.log.append(now, vec![event])?;
            done.erased += 1;
        }
        done.counts = self.meta.purge(program.number)? as u64;
        let acted = acted("purge", by, &format!("purged {}", program.id));
        self.log.append(now, vec![acted])?;
        self.remember_log()?;
        self.status_changed();
        Ok(done)
    }
}

/// Returns the setting under which it stands that a program was purged.
#[must_use]
pub fn purged(program: ProgramHash) -> String {
    format!("purged {program}")
}
