//! What earlier readings found, so that an unchanged file is not read twice in its life.
//!
//! A file is known by device, inode, size and both times to the nanosecond. No program can set the
//! change time back, so a changed file counts as new, unless the machine's clock was set back or the
//! file is written through a memory map made before. A file that changed within two seconds of the
//! look at it is not remembered: its next change might carry the same time. What is remembered
//! decides what is listed as equal, never what is removed.
//!
//! Layout, little endian: magic (8 bytes), number of slots (u64), XXH3-64 of the slots (u64), then
//! 32-byte slots of an open-addressing table: which file (u64, a hash of device and inode), in which
//! state (u64, a hash of size, mtime and ctime; its lowest bit says whether the verdict is a
//! session's), verdict (u128). An empty slot is all zeros. Anything else is not trusted and counts
//! as no memory at all.

use std::time::{Duration, SystemTime};

use twox_hash::XxHash3_64;

use super::forest::{FileRow, Forest};

/// Changes this recent are not remembered: coarse file system clocks tick every 4 to 10 ms (Linux)
/// or 2 s (FAT).
const SETTLED: Duration = Duration::from_secs(2);

const MAGIC: &[u8; 8] = b"candorM2";
const HEADER: usize = 24;
const SLOT: usize = 32;
/// 67 million slots are 2 GiB, more files than one home holds.
const MOST_SLOTS: u64 = 1 << 26;

/// What a reading found out about a file's content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// 0: `value` is the XXH3-128 of the whole content, comparable with any other. Otherwise the
    /// comparison it came from: only verdicts of one session can be compared.
    pub session: u64,
    /// Files of one size and session have equal content exactly when their values are equal.
    pub value: u128,
}

/// Verdicts of earlier readings, and those learned now.
#[derive(Debug, Default)]
pub struct Memory {
    table: Vec<u8>,
    slots: u64,
    learned: Vec<Slot>,
    now_ns: i64,
}

impl Memory {
    /// Takes what an earlier [`Memory::into_bytes`] gave; `None` if the bytes are anything else.
    #[must_use]
    pub fn from_bytes(bytes: Vec<u8>) -> Option<Self> {
        let slots = u64::from_le_bytes(bytes.get(8..16)?.try_into().ok()?);
        let sum = u64::from_le_bytes(bytes.get(16..24)?.try_into().ok()?);
        let length = usize::try_from(slots.checked_mul(SLOT as u64)?).ok()?;
        let fits = bytes.len() == HEADER.checked_add(length)? && slots <= MOST_SLOTS;
        let sound = bytes.starts_with(MAGIC) && fits && slots > 0;
        (sound && XxHash3_64::oneshot(&bytes[HEADER..]) == sum).then(|| Self {
            table: bytes,
            slots,
            ..Self::empty()
        })
    }

    /// Returns a memory that knows nothing yet.
    #[must_use]
    pub fn empty() -> Self {
        let since = SystemTime::now()
            .duration_since(SystemTime::UNIX_EPOCH)
            .unwrap_or_default();
        let now_ns = i64::try_from(since.saturating_sub(SETTLED).as_nanos()).unwrap_or(i64::MAX);
        Self {
            now_ns,
            ..Self::default()
        }
    }

    /// Lets a test remember files it wrote a moment ago.
    #[cfg(test)]
    pub(super) fn trust_everything(&mut self) {
        self.now_ns = i64::MAX;
    }

    /// Returns what is known of a file that has not changed since.
    #[must_use]
    pub fn recall(&self, forest: &Forest, row: &FileRow) -> Option<Verdict> {
        let key = key_of(forest, row);
        let mut at = home(key, self.slots);
        // The writer leaves every fourth slot free, so a run is short; the bound holds for any bytes.
        for _ in 0..self.slots {
            let slot = self.slot(at)?;
            if slot.key == key {
                return Some(slot.verdict);
            }
            at = (at + 1) % self.slots;
        }
        None
    }

    /// Remembers what was found of a file, unless it changed too recently to be sure.
    pub fn learn(&mut self, forest: &Forest, row: &FileRow, verdict: Verdict) {
        if row.ctime_ns < self.now_ns && row.size > 0 {
            self.learned.push(Slot {
                key: key_of(forest, row),
                verdict,
            });
        }
    }

    /// Returns whether there is anything to write down.
    #[must_use]
    pub fn has_news(&self) -> bool {
        !self.learned.is_empty()
    }

    /// Returns old and new verdicts as bytes to be kept; the new one wins for a file known before.
    #[must_use]
    pub fn into_bytes(self) -> Vec<u8> {
        let old = (0..self.slots).filter_map(|at| self.slot(at));
        let mut all: Vec<Slot> = self.learned.iter().copied().chain(old).collect();
        // Whatever else was known of a file is out of date. Sorted by file they also stand in the
        // order of their homes.
        all.sort_by_key(|slot| slot.key.file);
        all.dedup_by_key(|slot| slot.key.file);
        let slots = all.len() + all.len() / 3 + 8;
        let mut bytes = vec![0; HEADER + slots * SLOT];
        for slot in all {
            #[expect(clippy::cast_possible_truncation, reason = "below a usize")]
            let mut at = home(slot.key, slots as u64) as usize;
            while bytes[HEADER + at * SLOT..][..SLOT] != [0; SLOT] {
                at = (at + 1) % slots;
            }
            bytes[HEADER + at * SLOT..][..SLOT].copy_from_slice(&slot.to_bytes());
        }
        let sum = XxHash3_64::oneshot(&bytes[HEADER..]);
        bytes[..8].copy_from_slice(MAGIC);
        bytes[8..16].copy_from_slice(&(slots as u64).to_le_bytes());
        bytes[16..24].copy_from_slice(&sum.to_le_bytes());
        bytes
    }

    /// Returns what stands in a slot; `None` if nothing does.
    fn slot(&self, at: u64) -> Option<Slot> {
        let at = HEADER + usize::try_from(at).ok()? * SLOT;
        let bytes = self.table.get(at..at + SLOT)?;
        Slot::of_bytes(bytes.try_into().ok()?)
    }
}

/// What a file is known by: which one it is, and in which state.
///
/// Hashes of 64 bits each: that another state of the same file has the same one is as unlikely as
/// it is for their contents. Neither is 0, which marks an empty slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Key {
    file: u64,
    state: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Slot {
    key: Key,
    verdict: Verdict,
}

impl Slot {
    fn to_bytes(self) -> [u8; SLOT] {
        let Verdict { session, value } = self.verdict;
        let of_session = u64::from(session != 0);
        let kept = match session {
            0 => value,
            // Numbers within a session are counted, and fit.
            session => u128::from(session) << 64 | (value & u128::from(u64::MAX)),
        };
        let mut bytes = [0; SLOT];
        bytes[..8].copy_from_slice(&self.key.file.to_le_bytes());
        bytes[8..16].copy_from_slice(&(self.key.state | of_session).to_le_bytes());
        bytes[16..].copy_from_slice(&kept.to_le_bytes());
        bytes
    }

    /// Reads what [`Slot::to_bytes`] gave; `None` for an empty slot.
    #[expect(clippy::cast_possible_truncation, reason = "cut into its halves")]
    fn of_bytes(bytes: [u8; SLOT]) -> Option<Self> {
        let word = |at: usize| {
            let word = bytes[at..at + 8]
                .try_into()
                .expect("eight bytes were cut out");
            u64::from_le_bytes(word)
        };
        let (file, state) = (word(0), word(8));
        let kept = u128::from(word(16)) | u128::from(word(24)) << 64;
        let verdict = match state & 1 {
            0 => Verdict {
                session: 0,
                value: kept,
            },
            _ => Verdict {
                session: (kept >> 64) as u64,
                value: u128::from(kept as u64),
            },
        };
        let state = state & !1;
        (file != 0 && state != 0).then_some(Self {
            key: Key { file, state },
            verdict,
        })
    }
}

#[expect(clippy::cast_sign_loss, reason = "only equality matters")]
fn key_of(forest: &Forest, row: &FileRow) -> Key {
    let device = forest
        .devices
        .get(usize::from(row.device))
        .map_or(0, |device| device.number);
    Key {
        file: hash([device, row.inode, 0]).max(1),
        // The lowest bit is the verdict's.
        state: hash([row.size, row.mtime_ns as u64, row.ctime_ns as u64]).max(2) & !1,
    }
}

fn hash(words: [u64; 3]) -> u64 {
    let mut bytes = [0; 24];
    for (place, word) in bytes.chunks_exact_mut(8).zip(words) {
        place.copy_from_slice(&word.to_le_bytes());
    }
    XxHash3_64::oneshot(&bytes)
}

/// Returns where a key stands in a table of that many slots, or before: spread as its hash is, and in
/// its order.
fn home(key: Key, slots: u64) -> u64 {
    // Less than `slots`, since the hash is less than 2^64.
    ((u128::from(key.file) * u128::from(slots)) >> 64) as u64
}
