//! What is about to go is noted first, so that the log says what it was, also where the process ended or the log
//! failed in between.

use std::collections::BTreeSet;

use wire::log::{Event, Leaf};

use super::RetireError;
use crate::{
    intake::{Intake, epoch_key_name},
    log::LogError,
    store::Partition,
};

/// The setting that holds what is still to be said, a leaf a line.
const GOING: &str = "going";

impl Intake {
    /// Lets something go for good, and says it in the log. What cannot be said now, [`Intake::say_what_went`] says.
    ///
    /// # Errors
    /// [`RetireError`]. Where what goes could not be noted, nothing went.
    pub(crate) fn let_go(
        &self,
        going: Vec<Event>,
        now: u64,
        destroy: impl FnOnce() -> Result<(), RetireError>,
    ) -> Result<(), RetireError> {
        let mut all = self.going()?;
        // What was noted before a first try knows more: the key it names may be gone by now.
        let new: Vec<Event> = going
            .into_iter()
            .filter(|it| !all.iter().any(|known| is_same(known, it)))
            .collect();
        all.extend(new);
        self.note(&all, now)?;
        let destroyed = destroy();
        let said = self.say(all, now);
        destroyed.and(said)
    }

    /// Says what went and could not be said then.
    pub(super) fn say_what_went(&self, now: u64) -> Result<(), RetireError> {
        match self.going()? {
            going if going.is_empty() => Ok(()),
            going => self.say(going, now),
        }
    }

    fn say(&self, going: Vec<Event>, now: u64) -> Result<(), RetireError> {
        let there: BTreeSet<Partition> = self.store.partitions()?.into_iter().collect();
        let (mut gone, left): (Vec<Event>, Vec<Event>) =
            going.into_iter().partition(|it| self.is_gone(it, &there));
        gone.retain(|it| !self.is_said(it));
        if !gone.is_empty() {
            self.log.append(now, gone)?;
            self.status_changed();
        }
        self.note(&left, now)
    }

    fn going(&self) -> Result<Vec<Event>, RetireError> {
        let noted = self.meta.setting(GOING)?.unwrap_or_default();
        let leaves = noted.lines().map(|it| Leaf::parse(it.as_bytes()));
        // A line that is none says nothing; what is erased and not said is then seen from the log.
        Ok(leaves.flatten().map(|it| it.event).collect())
    }

    fn note(&self, going: &[Event], now: u64) -> Result<(), RetireError> {
        let mut noted = String::new();
        for (index, event) in (self.log.head().0..).zip(going) {
            let leaf = Leaf {
                at: now,
                event: event.clone(),
            };
            let line = leaf.to_bytes();
            let line = line.map_err(|source| LogError::Leaf { index, source })?;
            noted.push_str(&String::from_utf8_lossy(&line));
            noted.push('\n');
        }
        Ok(self.meta.set(GOING, &noted)?)
    }

    fn is_gone(&self, event: &Event, there: &BTreeSet<Partition>) -> bool {
        match event {
            Event::EpochKeyDestroyed { program, epoch, .. } => {
                let name = epoch_key_name(program.number().0, epoch.0);
                self.vault.get(&name).is_none()
            }
            Event::GatewayKeyDestroyed { keys } => !self.gateway.hashes().contains(keys),
            Event::PartitionErased { partition, .. } => !there.contains(&Partition {
                program: partition.program.number().0,
                epoch: partition.epoch.0,
                day: partition.day.0,
            }),
            _ => false,
        }
    }

    fn is_said(&self, event: &Event) -> bool {
        match event {
            Event::EpochKeyDestroyed { program, epoch, .. } => {
                let mut alive = self.log.undestroyed(*program).into_iter();
                alive.all(|(it, _)| it != *epoch)
            }
            Event::GatewayKeyDestroyed { keys } => self.log.gateway_destroyed(*keys),
            Event::PartitionErased { partition, .. } => {
                self.log.sealed(*partition).is_none() && self.log.erased(*partition).is_some()
            }
            _ => true,
        }
    }
}

/// Whether two events say the end of one thing.
fn is_same(one: &Event, other: &Event) -> bool {
    match (one, other) {
        (
            Event::EpochKeyDestroyed { program, epoch, .. },
            Event::EpochKeyDestroyed {
                program: of,
                epoch: at,
                ..
            },
        ) => (program, epoch) == (of, at),
        (
            Event::PartitionErased { partition, .. },
            Event::PartitionErased {
                partition: other, ..
            },
        ) => partition == other,
        _ => one == other,
    }
}
