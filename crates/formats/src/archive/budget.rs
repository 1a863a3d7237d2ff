//! What may come out of an archive and everything in it. It is shared by all layers, counted on bytes that really came
//! out, and never begun anew.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// How much may come out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of the archive; 0 where nobody knows. What is read again makes no more of them.
    pub packed: u64,
    /// Bytes of all entries together, and of all that is unpacked on the way.
    pub bytes: u64,
    /// Entries.
    pub entries: u64,
    /// Layers around entries: a tar in a gzip has one.
    pub depth: usize,
    /// How many times the bytes that were read may come out, once more than [`Limits::BEFORE_RATIO`] did.
    pub ratio: u64,
    /// Memory that a format may ask for to unpack, in KiB.
    pub memory_kib: u32,
    /// The longest name, in bytes.
    pub name: usize,
}

impl Limits {
    /// So many bytes come out before it is asked how many times the archive they are: a short text of zeros is no bomb.
    pub const BEFORE_RATIO: u64 = 64 << 20;

    /// Returns the limits for an archive of so many bytes, if a person says nothing: 200 times as much, and 8 GiB at
    /// least.
    #[must_use]
    pub fn for_archive(bytes: u64) -> Self {
        Self {
            packed: bytes,
            bytes: bytes.saturating_mul(200).max(8 << 30),
            entries: 2_000_000,
            depth: 8,
            ratio: 1000,
            memory_kib: 256 << 10,
            name: 4 << 10,
        }
    }
}

/// What came out so far, held against [`Limits`].
#[derive(Debug)]
pub struct Budget {
    limits: Limits,
    read: AtomicU64,
    decoded: AtomicU64,
    given: AtomicU64,
    entries: AtomicU64,
}

/// More came out than may.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Exceeded {
    /// Bytes.
    #[error("more than {0} bytes came out")]
    Bytes(u64),
    /// Entries.
    #[error("there are more than {0} entries")]
    Entries(u64),
    /// Layers.
    #[error("there are more than {0} layers around what is in it")]
    Depth(usize),
    /// Bytes for each byte that was read.
    #[error("more than {0} times the bytes of the archive came out")]
    Ratio(u64),
    /// Memory.
    #[error("more than {0} KiB of memory would be needed")]
    Memory(u32),
    /// Entries that share bytes of the archive.
    #[error("entries share bytes of the archive")]
    Overlap,
    /// A name.
    #[error("a name has more than {0} bytes")]
    Name(usize),
}

impl Budget {
    /// Returns a budget that nothing was taken from.
    #[must_use]
    pub fn new(limits: Limits) -> Self {
        Self {
            limits,
            read: AtomicU64::new(0),
            decoded: AtomicU64::new(0),
            given: AtomicU64::new(0),
            entries: AtomicU64::new(0),
        }
    }

    /// Returns the limits.
    #[must_use]
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Returns how many bytes of entries came out.
    #[must_use]
    pub fn given(&self) -> u64 {
        self.given.load(Relaxed)
    }

    /// Returns how many bytes of the archive were read.
    #[must_use]
    pub fn read(&self) -> u64 {
        self.read.load(Relaxed)
    }

    pub(super) fn deeper(&self, depth: usize) -> Result<(), Exceeded> {
        match depth <= self.limits.depth {
            true => Ok(()),
            false => Err(Exceeded::Depth(self.limits.depth)),
        }
    }

    pub(super) fn one_more(&self) -> Result<(), Exceeded> {
        match self.entries.fetch_add(1, Relaxed) < self.limits.entries {
            true => Ok(()),
            false => Err(Exceeded::Entries(self.limits.entries)),
        }
    }

    pub(super) fn named(&self, name: &[u8]) -> Result<(), Exceeded> {
        match name.len() <= self.limits.name {
            true => Ok(()),
            false => Err(Exceeded::Name(self.limits.name)),
        }
    }

    pub(super) fn was_read(&self, bytes: usize) {
        self.read.fetch_add(bytes as u64, Relaxed);
    }

    /// Counts bytes that a layer unpacked.
    pub(super) fn was_decoded(&self, bytes: usize) -> Result<(), Exceeded> {
        self.came_out(&self.decoded, bytes)
    }

    /// Counts bytes of an entry.
    pub(super) fn was_given(&self, bytes: usize) -> Result<(), Exceeded> {
        self.came_out(&self.given, bytes)
    }

    fn came_out(&self, counter: &AtomicU64, bytes: usize) -> Result<(), Exceeded> {
        let bytes = bytes as u64;
        let all = counter.fetch_add(bytes, Relaxed).saturating_add(bytes);
        let Limits {
            packed,
            bytes,
            ratio,
            ..
        } = self.limits;
        // Files that lie in one place are read as often as they are named.
        let read = match packed {
            0 => self.read(),
            packed => self.read().min(packed),
        };
        if all > bytes {
            return Err(Exceeded::Bytes(bytes));
        }
        match all > Limits::BEFORE_RATIO && all / ratio > read {
            true => Err(Exceeded::Ratio(ratio)),
            false => Ok(()),
        }
    }
}
