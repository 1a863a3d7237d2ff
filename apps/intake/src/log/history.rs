//! The log as memory: which keys and partitions there are, read from what was said of them.

use wire::{
    Epoch, ProgramHash, PublicKey,
    log::{Erasure, Event, Hash, Leaf, Partition, consistency_proof},
};

use super::Log;

impl Log {
    /// Returns the place of the leaf that published the key of an epoch.
    #[must_use]
    pub fn published_at(&self, program: ProgramHash, epoch: Epoch) -> Option<u64> {
        self.last(|leaf| match &leaf.event {
            Event::EpochKeyPublished {
                program: of,
                epoch: at,
                ..
            } => ((*of, *at) == (program, epoch)).then_some(()),
            _ => None,
        })
        .map(|(index, ())| index)
    }

    /// Returns the program that was last named with this number on the wire.
    #[must_use]
    pub fn program_numbered(&self, number: u16) -> Option<ProgramHash> {
        let number = format!("{number:04x}");
        self.last(|leaf| {
            match &leaf.event {
                Event::EpochKeyPublished { program, .. } => Some(*program),
                Event::PartitionSealed { partition, .. } => Some(partition.program),
                _ => None,
            }
            .filter(|it| it.to_string().starts_with(&number))
        })
        .map(|(_, program)| program)
    }

    /// Returns the time of a leaf.
    #[must_use]
    pub fn at(&self, index: u64) -> Option<u64> {
        let index = usize::try_from(index).ok()?;
        self.lock().leaves.get(index).map(|leaf| leaf.at)
    }

    /// Returns whether an epoch is over for good: its key was destroyed, or reports of it erased. A clock that was
    /// set back does not bring it back.
    #[must_use]
    pub fn is_over(&self, program: ProgramHash, epoch: Epoch) -> bool {
        self.lock().over.contains(&(program, epoch))
    }

    /// Returns the key of the randomness server that was published for an epoch.
    #[must_use]
    pub fn published(&self, program: ProgramHash, epoch: Epoch) -> Option<PublicKey> {
        self.last(|leaf| match &leaf.event {
            Event::EpochKeyPublished {
                program: of,
                epoch: at,
                randomness,
                ..
            } => ((*of, *at) == (program, epoch)).then_some(*randomness),
            _ => None,
        })
        .map(|(_, key)| key)
    }

    /// Returns the place of the leaf that published a key configuration of a gateway, and when it did.
    #[must_use]
    pub fn gateway_published(&self, keys: Hash) -> Option<(u64, u64)> {
        let published = Event::GatewayKeyPublished { keys };
        self.last(|leaf| (leaf.event == published).then_some(leaf.at))
    }

    /// Returns whether a key configuration of the gateway was destroyed.
    #[must_use]
    pub fn gateway_destroyed(&self, keys: Hash) -> bool {
        let destroyed = Event::GatewayKeyDestroyed { keys };
        self.last(|leaf| (leaf.event == destroyed).then_some(()))
            .is_some()
    }

    /// Returns every epoch of a program whose key was published and is not destroyed.
    #[must_use]
    pub fn undestroyed(&self, program: ProgramHash) -> Vec<(Epoch, PublicKey)> {
        let mut alive = Vec::new();
        for leaf in &self.lock().leaves {
            match &leaf.event {
                Event::EpochKeyPublished {
                    program: of,
                    epoch,
                    randomness,
                    ..
                } if *of == program => alive.push((*epoch, *randomness)),
                Event::EpochKeyDestroyed {
                    program: of, epoch, ..
                } if *of == program => alive.retain(|(it, _)| it != epoch),
                _ => {}
            }
        }
        alive
    }

    /// Returns the leaf that sealed a partition and was not erased since: its place, the name of its
    /// key, and how many reports it held.
    #[must_use]
    pub fn sealed(&self, partition: Partition) -> Option<(u64, Hash, u64)> {
        let (index, sealed) = self.last(|leaf| match &leaf.event {
            Event::PartitionSealed {
                partition: of,
                key_id,
                rows,
                ..
            } if *of == partition => Some(Some((*key_id, *rows))),
            Event::PartitionErased { partition: of, .. } if *of == partition => Some(None),
            _ => None,
        })?;
        sealed.map(|(key, rows)| (index, key, rows))
    }

    /// Returns the places of the leaves that sealed a partition and erased it, if both are there.
    #[must_use]
    pub fn sealed_and_erased(&self, partition: Partition) -> Option<(u64, u64)> {
        let (sealed, ()) = self.last(|leaf| match &leaf.event {
            Event::PartitionSealed { partition: of, .. } => (*of == partition).then_some(()),
            _ => None,
        })?;
        let (erased, ..) = self.erased(partition)?;
        (sealed < erased).then_some((sealed, erased))
    }

    /// Returns when a partition was erased and why, and the place of the leaf that says so.
    #[must_use]
    pub fn erased(&self, partition: Partition) -> Option<(u64, u64, Erasure)> {
        self.last(|leaf| match &leaf.event {
            Event::PartitionErased {
                partition: of,
                reason,
                ..
            } => (*of == partition).then_some((leaf.at, *reason)),
            _ => None,
        })
        .map(|(index, (at, reason))| (index, at, reason))
    }

    /// Returns every partition that was sealed and not erased, with the name of its key and how many
    /// reports it held.
    #[must_use]
    pub fn unerased(&self) -> Vec<(Partition, Hash, u64)> {
        let mut there: Vec<(Partition, Hash, u64)> = Vec::new();
        for leaf in &self.lock().leaves {
            match &leaf.event {
                Event::PartitionSealed {
                    partition,
                    key_id,
                    rows,
                    ..
                } => there.push((*partition, *key_id, *rows)),
                Event::PartitionErased { partition, .. } => {
                    there.retain(|(it, ..)| it != partition);
                }
                _ => {}
            }
        }
        there
    }

    /// Returns the last configuration that is in the log.
    #[must_use]
    pub fn config(&self) -> Option<Hash> {
        self.last(|leaf| match &leaf.event {
            Event::ConfigChanged { config, .. } => Some(*config),
            _ => None,
        })
        .map(|(_, config)| config)
    }

    /// Returns the proof that the log of `new` leaves begins with that of `old`; `None` where it
    /// never had so many.
    #[must_use]
    pub fn consistency(&self, old: u64, new: u64) -> Option<Vec<Hash>> {
        let state = self.lock();
        let new = usize::try_from(new).ok()?;
        consistency_proof(state.hashes.get(..new)?, old)
    }

    fn last<T>(&self, find: impl Fn(&Leaf) -> Option<T>) -> Option<(u64, T)> {
        let state = self.lock();
        let mut numbered = state.leaves.iter().enumerate().rev();
        numbered.find_map(|(index, leaf)| Some((index as u64, find(leaf)?)))
    }
}
