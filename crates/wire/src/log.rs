//! The public log: what the server did with keys and data, where it cannot be unsaid.
//!
//! An append-only list of [`Leaf`]s under a Merkle tree (RFC 6962), served as tiles
//! (C2SP tlog-tiles) and signed as checkpoints. A device checks offline that its report was in a
//! partition and that the server stated to have erased it: [`Proof`]. It proves the statement, and
//! that everyone is told the same; it does not prove what a disk holds.

mod checkpoint;
mod leaf;
mod merkle;
mod proof;
mod tile;

pub use self::{
    checkpoint::{Checkpoint, CheckpointError},
    leaf::{Erasure, Event, Leaf, LeafError, Partition},
    merkle::{
        Hash, ProofError, Tree, consistency_proof, inclusion_proof, leaf_hash, node_hash, root,
        verify_consistency, verify_inclusion,
    },
    proof::{EntryProof, Erased, Proof, ProofDocumentError, Proven},
    tile::{Bundle, TILE, Tile, tiles_between},
};
