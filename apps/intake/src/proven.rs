//! That a report is in its sealed partition, proven without reading the whole partition for each question.
//!
//! Of a sealed partition so much is kept as finding a leaf and its path takes: of each block of 1024
//! leaves the first, and the root. RFC 6962 splits a tree at powers of two, so that the path to a leaf
//! is its path within the block, and then the path of the block among blocks.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

use wire::log::{Hash, inclusion_proof, root};

use crate::store::{Digest, Partition, Store, StoreError};

/// Leaves of a block; a power of two.
const BLOCK: usize = 1024;
/// Partitions whose blocks are kept: 64 bytes for each 1024 reports.
const KEPT: usize = 256;
/// Questions that are worked on at once; the others are refused.
const AT_ONCE: usize = 2;

/// The blocks of partitions that were asked about.
pub struct Proven {
    blocks: Mutex<BTreeMap<Partition, Arc<Blocks>>>,
    /// Held while a question is worked on.
    pub turns: tokio::sync::Semaphore,
}

/// The leaves of a sealed partition, in short.
struct Blocks {
    size: u64,
    /// The first leaf of each block, in order.
    firsts: Vec<Digest>,
    roots: Vec<Hash>,
}

/// Where a leaf is in its partition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// How many leaves stand before it.
    pub index: u64,
    /// Its path to the root.
    pub path: Vec<Hash>,
}

impl Default for Proven {
    fn default() -> Self {
        Self {
            blocks: Mutex::default(),
            turns: tokio::sync::Semaphore::new(AT_ONCE),
        }
    }
}

impl Proven {
    /// Returns the place of a leaf in a sealed partition; `None` where it is not, or is not sealed.
    ///
    /// # Errors
    /// [`StoreError`] when the partition cannot be read.
    pub fn place(
        &self,
        store: &dyn Store,
        partition: Partition,
        leaf: &Digest,
    ) -> Result<Option<Place>, StoreError> {
        // First whether it is there at all: for most questions it is elsewhere, or nowhere.
        let next = store.leaves_from(partition, leaf, 1)?;
        if next.as_deref() != Some(&[*leaf]) {
            return Ok(None);
        }
        let Some(blocks) = self.blocks(store, partition)? else {
            return Ok(None);
        };
        let after = blocks.firsts.partition_point(|first| first <= leaf);
        let Some(at) = after.checked_sub(1) else {
            return Ok(None);
        };
        let block = store.leaves_from(partition, &blocks.firsts[at], BLOCK)?;
        let block = block.unwrap_or_default();
        let Ok(within) = block.binary_search(leaf) else {
            return Ok(None);
        };
        let hashes = block.iter().map(|leaf| Hash(*leaf));
        let path = inclusion_proof(hashes, within as u64, block.len() as u64);
        let blocks_above = blocks.roots.iter().copied();
        let above = inclusion_proof(blocks_above, at as u64, blocks.roots.len() as u64);
        let (Some(mut path), Some(above)) = (path, above) else {
            return Ok(None);
        };
        path.extend(above);
        let index = (at * BLOCK + within) as u64;
        Ok((index < blocks.size).then_some(Place { index, path }))
    }

    /// Forgets a partition that was erased.
    pub fn forget(&self, partition: Partition) {
        let mut kept = self.blocks.lock().unwrap_or_else(PoisonError::into_inner);
        kept.remove(&partition);
    }

    fn blocks(
        &self,
        store: &dyn Store,
        partition: Partition,
    ) -> Result<Option<Arc<Blocks>>, StoreError> {
        let kept = self.blocks.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(blocks) = kept.get(&partition) {
            return Ok(Some(Arc::clone(blocks)));
        }
        // Read without holding the others up.
        drop(kept);
        let Some(blocks) = read(store, partition)? else {
            return Ok(None);
        };
        let blocks = Arc::new(blocks);
        let mut kept = self.blocks.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= KEPT {
            kept.pop_first();
        }
        kept.insert(partition, Arc::clone(&blocks));
        Ok(Some(blocks))
    }
}

fn read(store: &dyn Store, partition: Partition) -> Result<Option<Blocks>, StoreError> {
    let mut blocks = Blocks {
        size: 0,
        firsts: Vec::new(),
        roots: Vec::new(),
    };
    let mut from = [0; 32];
    loop {
        // One more than a block: the first of the next.
        let Some(mut leaves) = store.leaves_from(partition, &from, BLOCK + 1)? else {
            return Ok(None);
        };
        let next = (leaves.len() > BLOCK).then(|| leaves.pop()).flatten();
        if let Some(first) = leaves.first() {
            blocks.firsts.push(*first);
            blocks.size += leaves.len() as u64;
            blocks.roots.push(root(leaves.into_iter().map(Hash)));
        }
        match next {
            Some(first) => from = first,
            None => return Ok(Some(blocks)),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::{
        store::{Arrival, Options, SqliteStore, put_and_wait},
        vault::Vault,
    };

    const DAY: Partition = Partition {
        program: 1,
        epoch: 2,
        day: 3,
    };

    fn arrival(number: u32) -> Arrival {
        let digest = |use_for: u8| {
            use sha2::{Digest as _, Sha256};
            Sha256::digest([&[use_for][..], &number.to_be_bytes()].concat()).into()
        };
        Arrival {
            partition: DAY,
            tag: digest(0),
            x: digest(1),
            nonce: digest(2),
            wc: digest(3)[..16].try_into().unwrap(),
            leaf: digest(4),
            sealed: vec![0; 96],
        }
    }

    /// Every place is the one that the whole tree gives, below, at and beyond a block.
    #[test]
    fn a_path_by_blocks_is_the_path_of_the_whole_tree() {
        let folder = tempfile::tempdir().unwrap();
        let vault = Arc::new(Vault::open(&folder.path().join("keys")).unwrap());
        let store = SqliteStore::open(folder.path(), vault, Options::default()).unwrap();
        let proven = Proven::default();
        let reports = 2 * BLOCK as u32 + 77;
        for number in 0..reports {
            put_and_wait(&store, arrival(number)).unwrap();
        }
        let place = |leaf: &Digest| proven.place(&store, DAY, leaf).unwrap();
        assert_eq!(place(&arrival(0).leaf), None, "not sealed yet");
        store.seal(DAY).unwrap();
        let leaves = store.leaves(DAY).unwrap().unwrap();
        assert_eq!(leaves.len(), reports as usize);
        for index in [0, 1, 1023, 1024, 1025, 2047, 2048, 2100, leaves.len() - 1] {
            let hashes = leaves.iter().map(|leaf| Hash(*leaf));
            let path = inclusion_proof(hashes, index as u64, leaves.len() as u64).unwrap();
            let expected = Place {
                index: index as u64,
                path,
            };
            assert_eq!(place(&leaves[index]), Some(expected), "{index}");
        }
        assert_eq!(place(&[0; 32]), None);
        assert_eq!(place(&[0xff; 32]), None);
    }
}
