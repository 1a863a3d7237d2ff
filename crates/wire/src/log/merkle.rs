//! The Merkle tree of RFC 6962, section 2.1.

use std::fmt;

use base64::{Engine, engine::general_purpose::STANDARD};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// A node of a Merkle tree; as text, base64.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Hash(pub [u8; 32]);

impl Hash {
    /// Reads standard base64 of 32 bytes; `None` for anything else.
    #[must_use]
    pub fn from_base64(text: &str) -> Option<Self> {
        STANDARD.decode(text).ok()?.try_into().ok().map(Self)
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&STANDARD.encode(self.0))
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Hash({self})")
    }
}

impl From<Hash> for String {
    fn from(hash: Hash) -> Self {
        hash.to_string()
    }
}

impl TryFrom<String> for Hash {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        Self::from_base64(&text).ok_or_else(|| format!("`{text}` is not 32 bytes in base64"))
    }
}

/// Why a proof does not hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProofError {
    /// The leaf is not in a tree of this size, or the older tree is the larger one.
    #[error("the proof is about a leaf or a tree outside the tree")]
    Range,
    /// The proof has more or fewer hashes than a tree of this size.
    #[error("the proof has the wrong number of hashes")]
    Length,
    /// The hashes give another root.
    #[error("the proof gives another root")]
    Root,
}

/// Returns the hash of a leaf.
#[must_use]
pub fn leaf_hash(bytes: &[u8]) -> Hash {
    Hash(
        Sha256::new()
            .chain_update([0])
            .chain_update(bytes)
            .finalize()
            .into(),
    )
}

/// Returns the hash of an inner node.
#[must_use]
pub fn node_hash(left: &Hash, right: &Hash) -> Hash {
    let digest = Sha256::new()
        .chain_update([1])
        .chain_update(left.0)
        .chain_update(right.0);
    Hash(digest.finalize().into())
}

/// A tree that grows by one leaf after another and remembers only what its root needs: at most 64
/// hashes, whatever its size.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tree {
    size: u64,
    /// Roots of the full subtrees, largest first.
    peaks: Vec<Hash>,
}

impl Tree {
    /// Returns how many leaves there are.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Appends a leaf, by its hash.
    pub fn push(&mut self, leaf: Hash) {
        let mut node = leaf;
        // Each trailing one of the old size is a full subtree that the new leaf completes.
        for _ in 0..self.size.trailing_ones() {
            let left = self.peaks.pop().expect("one peak for each one in the size");
            node = node_hash(&left, &node);
        }
        self.peaks.push(node);
        self.size += 1;
    }

    /// Returns the root; of no leaves, the hash of nothing.
    #[must_use]
    pub fn root(&self) -> Hash {
        let mut peaks = self.peaks.iter().rev();
        let Some(last) = peaks.next() else {
            return Hash(Sha256::digest([]).into());
        };
        peaks.fold(*last, |right, left| node_hash(left, &right))
    }
}

impl Extend<Hash> for Tree {
    fn extend<I: IntoIterator<Item = Hash>>(&mut self, leaves: I) {
        leaves.into_iter().for_each(|leaf| self.push(leaf));
    }
}

/// Returns the root over leaves in this order. Memory does not grow with their number.
#[must_use]
pub fn root(leaves: impl IntoIterator<Item = Hash>) -> Hash {
    let mut tree = Tree::default();
    tree.extend(leaves);
    tree.root()
}

/// Returns the proof that the leaf at `index` is in the tree over the first `size` leaves, lowest
/// first; `None` where there are not so many leaves. One pass; memory does not grow with `size`.
#[must_use]
pub fn inclusion_proof(
    leaves: impl IntoIterator<Item = Hash>,
    index: u64,
    size: u64,
) -> Option<Vec<Hash>> {
    if index >= size {
        return None;
    }
    let mut path = Vec::new();
    path_below(&mut leaves.into_iter(), index, size, &mut path)?;
    Some(path)
}

/// Reads `size` leaves; writes the siblings from the leaf upwards.
fn path_below(
    leaves: &mut impl Iterator<Item = Hash>,
    index: u64,
    size: u64,
    path: &mut Vec<Hash>,
) -> Option<()> {
    if size == 1 {
        leaves.next()?;
        return Some(());
    }
    let left = largest_power_below(size);
    if index < left {
        path_below(leaves, index, left, path)?;
        path.push(root_of_next(leaves, size - left)?);
    } else {
        let sibling = root_of_next(leaves, left)?;
        path_below(leaves, index - left, size - left, path)?;
        path.push(sibling);
    }
    Some(())
}

/// The root over the next `size` leaves, which must be there.
fn root_of_next(leaves: &mut impl Iterator<Item = Hash>, size: u64) -> Option<Hash> {
    let mut tree = Tree::default();
    for _ in 0..size {
        tree.push(leaves.next()?);
    }
    Some(tree.root())
}

/// Returns the proof that the tree over the first `old` leaves is the beginning of the tree over
/// all of them; `None` where `old` is 0 or more than there are.
#[must_use]
pub fn consistency_proof(leaves: &[Hash], old: u64) -> Option<Vec<Hash>> {
    let old = usize::try_from(old).ok()?;
    if old == 0 || old > leaves.len() {
        return None;
    }
    let mut proof = Vec::new();
    consistency_below(leaves, old, true, &mut proof);
    Some(proof)
}

/// `whole`: the old tree is still a full subtree of the old root, so its hash is known.
fn consistency_below(leaves: &[Hash], old: usize, whole: bool, proof: &mut Vec<Hash>) {
    if old == leaves.len() {
        if !whole {
            proof.push(root(leaves.iter().copied()));
        }
        return;
    }
    let left = usize::try_from(largest_power_below(leaves.len() as u64))
        .expect("it is below a length in memory");
    if old <= left {
        consistency_below(&leaves[..left], old, whole, proof);
        proof.push(root(leaves[left..].iter().copied()));
    } else {
        consistency_below(&leaves[left..], old - left, false, proof);
        proof.push(root(leaves[..left].iter().copied()));
    }
}

/// The largest power of two below `size`, which is at least 2.
fn largest_power_below(size: u64) -> u64 {
    1 << (size - 1).ilog2()
}

/// Checks that a leaf is at `index` in the tree of this size and root.
///
/// Source: RFC 9162, section 2.1.3.2.
///
/// # Errors
/// [`ProofError`].
pub fn verify_inclusion(
    leaf: &Hash,
    index: u64,
    size: u64,
    proof: &[Hash],
    root: &Hash,
) -> Result<(), ProofError> {
    if index >= size {
        return Err(ProofError::Range);
    }
    let (mut at, mut last) = (index, size - 1);
    let mut node = *leaf;
    for sibling in proof {
        if last == 0 {
            return Err(ProofError::Length);
        }
        if at & 1 == 1 || at == last {
            node = node_hash(sibling, &node);
            while at & 1 == 0 && at != 0 {
                (at, last) = (at >> 1, last >> 1);
            }
        } else {
            node = node_hash(&node, sibling);
        }
        (at, last) = (at >> 1, last >> 1);
    }
    match (last, node == *root) {
        (0, true) => Ok(()),
        (0, false) => Err(ProofError::Root),
        _ => Err(ProofError::Length),
    }
}

/// Checks that the older tree is the beginning of the newer one. An empty older tree is the
/// beginning of every tree, and needs no proof.
///
/// Source: RFC 9162, section 2.1.4.2.
///
/// # Errors
/// [`ProofError`].
pub fn verify_consistency(
    old_size: u64,
    old_root: &Hash,
    new_size: u64,
    new_root: &Hash,
    proof: &[Hash],
) -> Result<(), ProofError> {
    if old_size > new_size {
        return Err(ProofError::Range);
    }
    if old_size == 0 || old_size == new_size {
        let same = old_size == 0 || old_root == new_root;
        return match (proof.is_empty(), same) {
            (true, true) => Ok(()),
            (true, false) => Err(ProofError::Root),
            (false, _) => Err(ProofError::Length),
        };
    }
    let mut hashes = proof.iter();
    let first = match old_size.is_power_of_two() {
        true => *old_root,
        false => *hashes.next().ok_or(ProofError::Length)?,
    };
    let (mut at, mut last) = (old_size - 1, new_size - 1);
    while at & 1 == 1 {
        (at, last) = (at >> 1, last >> 1);
    }
    let (mut old_node, mut new_node) = (first, first);
    for hash in hashes {
        if last == 0 {
            return Err(ProofError::Length);
        }
        if at & 1 == 1 || at == last {
            old_node = node_hash(hash, &old_node);
            new_node = node_hash(hash, &new_node);
            while at & 1 == 0 && at != 0 {
                (at, last) = (at >> 1, last >> 1);
            }
        } else {
            new_node = node_hash(&new_node, hash);
        }
        (at, last) = (at >> 1, last >> 1);
    }
    match (last, old_node == *old_root && new_node == *new_root) {
        (0, true) => Ok(()),
        (0, false) => Err(ProofError::Root),
        _ => Err(ProofError::Length),
    }
}
