//! The append-only log on the disk: tiles, bundles of leaves, and a signed checkpoint over all.
//!
//! What is written first is what the checkpoint will be over; the checkpoint comes last, whole. So
//! after a cut the log is what its checkpoint says, and what lies beyond is written over.
//!
//! The log is also the memory of the server: which keys were published and destroyed, which
//! partitions sealed and erased, is read from it and nowhere else.

mod history;

use std::{
    collections::BTreeSet,
    io,
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, PoisonError},
};

use wire::{
    Epoch, ProgramHash,
    log::{
        Bundle, Checkpoint, CheckpointError, EntryProof, Event, Hash, Leaf, LeafError, TILE,
        inclusion_proof, leaf_hash, root, tiles_between,
    },
    note::{NoteError, Signer, Verifier},
};

use crate::place;

/// A log in a folder of its own.
pub struct Log {
    folder: PathBuf,
    signer: Signer,
    state: Mutex<State>,
}

struct State {
    leaves: Vec<Leaf>,
    bytes: Vec<Vec<u8>>,
    hashes: Vec<Hash>,
    root: Hash,
    checkpoint: String,
    /// Epochs of which a key was destroyed or a partition erased.
    over: BTreeSet<(ProgramHash, Epoch)>,
}

impl Default for State {
    fn default() -> Self {
        Self {
            leaves: Vec::new(),
            bytes: Vec::new(),
            hashes: Vec::new(),
            root: root([]),
            checkpoint: String::new(),
            over: BTreeSet::new(),
        }
    }
}

impl State {
    fn note(&mut self, leaf: Leaf) {
        match &leaf.event {
            Event::EpochKeyDestroyed { program, epoch, .. } => {
                self.over.insert((*program, *epoch));
            }
            Event::PartitionErased { partition, .. } => {
                self.over.insert((partition.program, partition.epoch));
            }
            _ => {}
        }
        self.leaves.push(leaf);
    }
}

/// What is wrong with a log.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// A file could not be used.
    #[error("cannot {act} `{path}` of the log")]
    File {
        /// What was tried.
        act: &'static str,
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// There is no log, though one was begun under this key.
    #[error(
        "`{path}` is missing, and its log was begun: a second log under one key would tell another story. Bring \
         the folder `log` back as it was; docs/operate-intake.md, \"Backup and restore\", says what to do without it"
    )]
    Missing {
        /// The file.
        path: PathBuf,
    },
    /// The log is not the one that was signed before, or shorter.
    #[error(
        "the log of {size} leaves does not begin with the {known} that were signed before: it is an older copy. \
         Bring the newest back; docs/operate-intake.md, \"Backup and restore\", says what to do without it"
    )]
    Older {
        /// How many leaves it has.
        size: u64,
        /// How many it had.
        known: u64,
    },
    /// The checkpoint is not signed by this key, or is none.
    #[error("the checkpoint `{path}` is not accepted")]
    Checkpoint {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: CheckpointError,
    },
    /// A checkpoint could not be signed.
    #[error("the checkpoint cannot be signed")]
    Sign(#[from] NoteError),
    /// A leaf is none, or too long.
    #[error("leaf {index} of the log is none")]
    Leaf {
        /// Which one.
        index: u64,
        /// Why.
        #[source]
        source: LeafError,
    },
    /// The files are not what the checkpoint was signed over.
    #[error(
        "`{path}` is not what the checkpoint of {size} leaves was signed over: bring it back from a copy of the log"
    )]
    Differs {
        /// The file.
        path: PathBuf,
        /// How many leaves the checkpoint has.
        size: u64,
    },
}

impl Log {
    /// Opens the log in a folder and checks every leaf against its checkpoint.
    ///
    /// # Errors
    /// [`LogError`]; nothing is changed then.
    pub fn open(folder: &Path, signer: Signer) -> Result<Self, LogError> {
        let path = folder.join("checkpoint");
        if !path.exists() {
            return Err(LogError::Missing { path });
        }
        Ok(Self {
            state: Mutex::new(verified(folder, &signer.verifier())?),
            folder: folder.to_owned(),
            signer,
        })
    }

    /// Begins a log in a folder where there is none.
    ///
    /// # Errors
    /// [`LogError::Missing`] where one was begun; [`LogError`] when it cannot be written.
    pub fn begin(folder: &Path, signer: Signer) -> Result<Self, LogError> {
        let path = folder.join("checkpoint");
        if path.exists() || folder.join("tile").exists() {
            return Err(LogError::Missing { path });
        }
        let log = Self {
            folder: folder.to_owned(),
            signer,
            state: Mutex::default(),
        };
        log.append(0, Vec::new())?;
        Ok(log)
    }

    /// Appends what happened. When it returns, a checkpoint that holds it is on the disk.
    ///
    /// # Errors
    /// [`LogError`]; the log is then as it was.
    pub fn append(&self, at: u64, events: Vec<Event>) -> Result<(), LogError> {
        let mut state = self.lock();
        let old = state.leaves.len() as u64;
        let (mut bytes, mut hashes) = (state.bytes.clone(), state.hashes.clone());
        let mut leaves = Vec::with_capacity(events.len());
        for (event, index) in events.into_iter().zip(old..) {
            let leaf = Leaf { at, event };
            let written = leaf
                .to_bytes()
                .map_err(|source| LogError::Leaf { index, source })?;
            hashes.push(leaf_hash(&written));
            bytes.push(written);
            leaves.push(leaf);
        }
        let new = hashes.len() as u64;
        for tile in tiles_between(old, new) {
            if tile.level == 0 {
                let bundle = Bundle {
                    index: tile.index,
                    width: tile.width,
                };
                self.put(
                    &bundle.path(),
                    &bundle_bytes(bundle, &bytes).unwrap_or_default(),
                )?;
            }
            self.put(&tile.path(), &tile.bytes(&hashes).unwrap_or_default())?;
        }
        let checkpoint = Checkpoint {
            origin: self.signer.verifier().name().to_owned(),
            size: new,
            root: root(hashes.iter().copied()),
        };
        let note = checkpoint.sign(&self.signer)?;
        self.put("checkpoint", note.as_bytes())?;
        for leaf in leaves {
            state.note(leaf);
        }
        state.root = checkpoint.root;
        state.bytes = bytes;
        state.hashes = hashes;
        state.checkpoint = note;
        Ok(())
    }

    /// Returns the signed checkpoint over everything.
    #[must_use]
    pub fn checkpoint(&self) -> String {
        self.lock().checkpoint.clone()
    }

    /// Returns what checks its checkpoints.
    #[must_use]
    pub fn verifier(&self) -> Verifier {
        self.signer.verifier()
    }

    /// Returns how many leaves there are, and their root.
    #[must_use]
    pub fn head(&self) -> (u64, Hash) {
        let state = self.lock();
        (state.hashes.len() as u64, state.root)
    }

    /// Returns whether it begins with a log of so many leaves and this root.
    #[must_use]
    pub fn begins_with(&self, size: u64, of: Hash) -> bool {
        let state = self.lock();
        let first = usize::try_from(size)
            .ok()
            .and_then(|it| state.hashes.get(..it));
        first.is_some_and(|first| root(first.iter().copied()) == of)
    }

    /// Returns the last leaves, the newest first.
    #[must_use]
    pub fn newest(&self, many: usize) -> Vec<(u64, Leaf)> {
        let state = self.lock();
        let numbered = (0..).zip(state.leaves.iter().cloned());
        let mut newest: Vec<_> = numbered
            .skip(state.leaves.len().saturating_sub(many))
            .collect();
        newest.reverse();
        newest
    }

    /// Returns a leaf with its proof, and the checkpoint it is under.
    #[must_use]
    pub fn proof(&self, index: u64) -> Option<(EntryProof, String)> {
        let ([proof], checkpoint) = self.proofs([index])?;
        Some((proof, checkpoint))
    }

    /// Returns leaves with their proofs, and the one checkpoint they are under.
    #[must_use]
    pub fn proofs<const N: usize>(&self, indexes: [u64; N]) -> Option<([EntryProof; N], String)> {
        let state = self.lock();
        let size = state.hashes.len() as u64;
        let proofs = indexes.iter().map(|index| {
            let at = usize::try_from(*index).ok()?;
            Some(EntryProof {
                index: *index,
                leaf: String::from_utf8(state.bytes.get(at)?.clone()).ok()?,
                path: inclusion_proof(state.hashes.iter().copied(), *index, size)?,
            })
        });
        let proofs: Vec<EntryProof> = proofs.collect::<Option<_>>()?;
        Some((proofs.try_into().ok()?, state.checkpoint.clone()))
    }

    /// Returns the bytes of a file that readers of the log may ask for; `None` for any other path.
    #[must_use]
    pub fn file(&self, path: &str) -> Option<Vec<u8>> {
        let part_is_plain = |part: &str| {
            let part = part.strip_prefix('x').unwrap_or(part);
            let part = part.strip_suffix(".p").unwrap_or(part);
            !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit())
        };
        let rest = path.strip_prefix("tile/")?;
        let numbers = rest.strip_prefix("entries/").unwrap_or(rest);
        if path.len() > 100 || !numbers.split('/').all(part_is_plain) {
            return None;
        }
        std::fs::read(self.folder.join(path)).ok()
    }

    fn put(&self, name: &str, bytes: &[u8]) -> Result<(), LogError> {
        let path = self.folder.join(name);
        place::put(&path, bytes, 0o644).map_err(|source| LogError::File {
            act: "write",
            path,
            source,
        })
    }

    /// Whoever panicked with the lock had not changed the state: it is changed last, all at once.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Checks a log that lies in a folder against its checkpoint, leaf by leaf and tile by tile.
///
/// # Errors
/// [`LogError`] names the first file that is not what was signed.
pub fn verify(folder: &Path, verifier: &Verifier) -> Result<Vec<Leaf>, LogError> {
    verified(folder, verifier).map(|state| state.leaves)
}

fn verified(folder: &Path, verifier: &Verifier) -> Result<State, LogError> {
    let path = folder.join("checkpoint");
    let note = read(&path)?;
    let note = String::from_utf8_lossy(&note).into_owned();
    let checkpoint = Checkpoint::open(&note, verifier)
        .map_err(|source| LogError::Checkpoint { path, source })?;
    let size = checkpoint.size;
    let mut state = State::default();
    for index in 0..size.div_ceil(TILE) {
        let width = (size - index * TILE).min(TILE);
        let width = u16::try_from(width).expect("at most 256");
        let path = folder.join(Bundle { index, width }.path());
        let bytes = read(&path)?;
        let held = Bundle::read(&bytes).unwrap_or_default();
        if held.len() != usize::from(width) {
            return Err(LogError::Differs { path, size });
        }
        for leaf in held {
            let Ok(read) = Leaf::parse(leaf) else {
                return Err(LogError::Differs { path, size });
            };
            state.note(read);
            state.hashes.push(leaf_hash(leaf));
            state.bytes.push(leaf.to_vec());
        }
    }
    state.root = root(state.hashes.iter().copied());
    if state.root != checkpoint.root {
        let path = folder.join(differing(folder, &state.hashes));
        return Err(LogError::Differs { path, size });
    }
    for tile in tiles_between(0, size) {
        let path = folder.join(tile.path());
        if Some(read(&path)?) != tile.bytes(&state.hashes) {
            return Err(LogError::Differs { path, size });
        }
    }
    state.checkpoint = note;
    Ok(state)
}

/// Returns the bundle whose leaves are not those of its tile; the checkpoint where there is none such.
fn differing(folder: &Path, hashes: &[Hash]) -> String {
    let tiles = tiles_between(0, hashes.len() as u64);
    let mut tiles = tiles.into_iter().filter(|tile| tile.level == 0);
    let other = tiles.find(|tile| read(&folder.join(tile.path())).ok() != tile.bytes(hashes));
    other.map_or_else(
        || "checkpoint".to_owned(),
        |tile| {
            let (index, width) = (tile.index, tile.width);
            Bundle { index, width }.path()
        },
    )
}

fn bundle_bytes(bundle: Bundle, leaves: &[Vec<u8>]) -> Option<Vec<u8>> {
    let first = usize::try_from(bundle.index * TILE).ok()?;
    let held = leaves.get(first..first + usize::from(bundle.width))?;
    Bundle::bytes(held.iter().map(Vec::as_slice))
}

fn read(path: &Path) -> Result<Vec<u8>, LogError> {
    std::fs::read(path).map_err(|source| LogError::File {
        act: "read",
        path: path.to_owned(),
        source,
    })
}

#[cfg(test)]
mod tests;
