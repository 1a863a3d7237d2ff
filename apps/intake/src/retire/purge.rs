//! A record with everything it holds, erased at once.

use std::sync::PoisonError;

use wire::{
    Epoch, ProgramHash, PublicKey,
    log::{Erasure, Event},
};

use super::{RetireError, Retired, in_kept_room, name_of};
use crate::{
    closing::acted,
    intake::{Intake, epoch_key_name},
    meta::Remembered,
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
        let done = self.empty(program, now)?;
        let acted = acted("purge", by, &format!("purged {}", program.id));
        self.log.append(now, vec![acted])?;
        self.remember_log()?;
        self.status_changed();
        Ok(done)
    }

    /// Does what is left of a purge that was cut off.
    pub(super) fn finish_purge(
        &self,
        program: &Remembered,
        now: u64,
    ) -> Result<Retired, RetireError> {
        let is_purged = self.meta.setting(&purged(program.hash))?.is_some();
        let number = program.number;
        let is_left = is_purged
            && (self.vault.names().iter().any(|it| is_of(number, it))
                || self
                    .store
                    .partitions()?
                    .iter()
                    .any(|it| it.program == number)
                || self.meta.revealed_epochs()?.iter().any(|it| it.0 == number));
        match is_left {
            true => self.empty(program, now),
            false => Ok(Retired::default()),
        }
    }

    /// Erases everything of a program, and says it in the log.
    fn empty(&self, program: &Remembered, now: u64) -> Result<Retired, RetireError> {
        let mut partitions = self.store.partitions()?;
        partitions.retain(|it| it.program == program.number);
        // Of a key that somebody else has it cannot be said that it was destroyed.
        let ours = |(epoch, _): &(Epoch, PublicKey)| {
            let name = epoch_key_name(program.number, epoch.0);
            !self.may_be_elsewhere() || self.vault.get(&name).is_some()
        };
        let mut keys = self.log.undestroyed(program.hash);
        keys.retain(ours);
        let mut done = Retired {
            keys_destroyed: keys.len() as u64,
            erased: partitions.len() as u64,
            ..Retired::default()
        };
        let keys = keys.into_iter();
        let keys = keys.map(|(epoch, randomness)| Event::EpochKeyDestroyed {
            program: program.hash,
            epoch,
            randomness,
        });
        let erased = partitions.iter().map(|partition| {
            let named = name_of(program, *partition);
            self.erased(named, *partition, Erasure::Purge)
        });
        self.let_go(keys.chain(erased).collect(), now, || {
            self.vault.destroy(|name| is_of(program.number, name))?;
            self.drop_epoch_keys();
            for partition in &partitions {
                self.store.erase(*partition)?;
                self.proven.forget(*partition);
            }
            Ok(())
        })?;
        done.counts = self.meta.purge(program.number)? as u64;
        Ok(done)
    }
}

/// Whether a key is one of a program's epochs or partitions.
fn is_of(number: u16, name: &str) -> bool {
    let mut parts = name.split('/');
    let kind = parts.next();
    matches!(kind, Some("epoch" | "partition")) && parts.next() == Some(&format!("{number:04x}"))
}

/// Returns the setting under which it stands that a program was purged.
#[must_use]
pub fn purged(program: ProgramHash) -> String {
    format!("purged {program}")
}
