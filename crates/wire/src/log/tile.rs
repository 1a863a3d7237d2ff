//! Tiles: how a log is laid out in files.
//!
//! A tile holds up to 256 hashes of one level; its hashes at level 0 are leaf hashes, at level 1
//! the roots of full tiles of level 0, and so on. A bundle holds the leaves themselves.
//!
//! Source: C2SP tlog-tiles v1.0.0, <https://c2sp.org/tlog-tiles>, read 2026-11.

use super::{Hash, root};

/// Hashes in a full tile.
pub const TILE: u64 = 256;
/// Bytes of the longest leaf a bundle holds.
const LONGEST_ENTRY: usize = 0xffff;

/// One tile of hashes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tile {
    /// How far above the leaves: each level is eight of the tree.
    pub level: u8,
    /// Which one on its level.
    pub index: u64,
    /// How many hashes it holds, 1 to 256.
    pub width: u16,
}

impl Tile {
    /// Returns its path below the log's address: `tile/0/x001/067.p/4`.
    #[must_use]
    pub fn path(&self) -> String {
        format!(
            "tile/{}/{}{}",
            self.level,
            grouped(self.index),
            partial(self.width)
        )
    }

    /// Returns its bytes, out of all leaf hashes of the log; `None` where the log is too small.
    #[must_use]
    pub fn bytes(&self, leaves: &[Hash]) -> Option<Vec<u8>> {
        let span = TILE.checked_pow(u32::from(self.level))?;
        let first = self.index.checked_mul(TILE)?;
        let mut bytes = Vec::with_capacity(usize::from(self.width) * 32);
        for at in first..first.checked_add(u64::from(self.width))? {
            let from = usize::try_from(at.checked_mul(span)?).ok()?;
            let to = from.checked_add(usize::try_from(span).ok()?)?;
            bytes.extend_from_slice(&root(leaves.get(from..to)?.iter().copied()).0);
        }
        Some(bytes)
    }
}

/// Returns the tiles that change when a log grows from one size to another, lowest level first.
/// A partial tile is written beside its predecessors, which readers of older checkpoints may ask
/// for.
#[must_use]
pub fn tiles_between(old: u64, new: u64) -> Vec<Tile> {
    let mut tiles = Vec::new();
    let (mut from, mut to) = (old, new);
    for level in 0..8 {
        if from >= to {
            break;
        }
        for index in from / TILE..=(to - 1) / TILE {
            let width = (to - index * TILE).min(TILE);
            let width = u16::try_from(width).expect("at most 256");
            tiles.push(Tile {
                level,
                index,
                width,
            });
        }
        (from, to) = (from / TILE, to / TILE);
    }
    tiles
}

/// A run of up to 256 leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Bundle {
    /// Which one: it begins with leaf `index` × 256.
    pub index: u64,
    /// How many leaves it holds, 1 to 256.
    pub width: u16,
}

impl Bundle {
    /// Returns its path below the log's address: `tile/entries/x001/067.p/4`.
    #[must_use]
    pub fn path(&self) -> String {
        format!(
            "tile/entries/{}{}",
            grouped(self.index),
            partial(self.width)
        )
    }

    /// Writes leaves: each with its length before it, in two bytes; `None` where one is longer.
    #[must_use]
    pub fn bytes<'a>(leaves: impl IntoIterator<Item = &'a [u8]>) -> Option<Vec<u8>> {
        let mut bytes = Vec::new();
        for leaf in leaves {
            bytes.extend_from_slice(&u16::try_from(leaf.len()).ok()?.to_be_bytes());
            bytes.extend_from_slice(leaf);
        }
        Some(bytes)
    }

    /// Reads what [`Self::bytes`] wrote; `None` for anything else, and for more than 256 leaves.
    #[must_use]
    pub fn read(mut bytes: &[u8]) -> Option<Vec<&[u8]>> {
        let mut leaves = Vec::new();
        while !bytes.is_empty() {
            let (length, rest) = bytes.split_first_chunk()?;
            let (leaf, rest) = rest.split_at_checked(usize::from(u16::from_be_bytes(*length)))?;
            leaves.push(leaf);
            bytes = rest;
        }
        let fits = leaves.len() as u64 <= TILE && leaves.iter().all(|it| it.len() <= LONGEST_ENTRY);
        fits.then_some(leaves)
    }
}

/// Three digits a folder; all but the last begin with `x`.
fn grouped(index: u64) -> String {
    let mut path = format!("{:03}", index % 1000);
    let mut rest = index / 1000;
    while rest > 0 {
        path = format!("x{:03}/{path}", rest % 1000);
        rest /= 1000;
    }
    path
}

fn partial(width: u16) -> String {
    match u64::from(width) {
        TILE => String::new(),
        _ => format!(".p/{width}"),
    }
}
