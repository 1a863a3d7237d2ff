//! What earlier readings found, so that an unchanged file is not read twice in its life.
//!
//! A file is known by device, inode, size and both times to the nanosecond. No program can set the
//! change time back, so a changed file counts as new, unless the machine's clock was set back or the
//! file is written through a memory map made before. A file that changed within two seconds of the
//! look at it is not remembered: its next change might carry the same time. What is remembered
//! decides what is listed as equal, never what is removed.
//!
//! Layout, little endian: magic (8 bytes), number of slots (u64), XXH3-64 of the slots (u64), then
//! 64-byte slots of an open-addressing table: device, inode, size, mtime, ctime, session (u64
//! each), verdict (u128). An empty slot has size 0. Anything else is not trusted and counts as no
//! memory at all.

use std::time::{Duration, SystemTime};

use twox_hash::XxHash3_64;

use super::forest::{FileRow, Forest};

/// Changes this recent are not remembered: coarse file system clocks tick every 4 to 10 ms (Linux)
/// or 2 s (FAT).
const SETTLED: Duration = Duration::from_secs(2);

const MAGIC: &[u8; 8] = b"candorM1";
const HEADER: usize = 24;
const SLOT: usize = 64;
/// 67 million slots are 4 GiB, more files than one home holds.
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

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Slot {
    key: [u64; 5],
    verdict: Verdict,
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
        let sound = bytes.starts_with(MAGIC) && fits && slots.is_power_of_two();
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
        let mut at = home(&key) & self.slots.checked_sub(1)?;
        // The writer leaves every second slot free, so a run is short; the bound holds for any bytes.
        for _ in 0..self.slots {
            let slot = self.slot(at)?;
            if slot.key[2] == 0 {
                return None;
            }
            if slot.key == key {
                return Some(slot.verdict);
            }
            at = (at + 1) & (self.slots - 1);
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
        let old = (0..self.slots)
            .filter_map(|at| self.slot(at))
            .filter(|slot| slot.key[2] != 0);
        let mut all: Vec<Slot> = self.learned.iter().copied().chain(old).collect();
        // A file is one device and inode: whatever else was known of that pair is out of date.
        all.sort_by_key(|slot| (slot.key[0], slot.key[1]));
        all.dedup_by_key(|slot| (slot.key[0], slot.key[1]));
        let slots = (all.len().max(8) * 2).next_power_of_two();
        let mut bytes = vec![0; HEADER + slots * SLOT];
        for slot in all {
            let mut at = home(&slot.key) as usize & (slots - 1);
            while bytes[HEADER + at * SLOT + 16..][..8] != [0; 8] {
                at = (at + 1) & (slots - 1);
            }
            let place = &mut bytes[HEADER + at * SLOT..][..SLOT];
            for (word, value) in place.chunks_exact_mut(8).zip(slot.key) {
                word.copy_from_slice(&value.to_le_bytes());
            }
            place[40..48].copy_from_slice(&slot.verdict.session.to_le_bytes());
            place[48..].copy_from_slice(&slot.verdict.value.to_le_bytes());
        }
        let sum = XxHash3_64::oneshot(&bytes[HEADER..]);
        bytes[..8].copy_from_slice(MAGIC);
        bytes[8..16].copy_from_slice(&(slots as u64).to_le_bytes());
        bytes[16..24].copy_from_slice(&sum.to_le_bytes());
        bytes
    }

    fn slot(&self, at: u64) -> Option<Slot> {
        let bytes = self
            .table
            .get(HEADER + usize::try_from(at).ok()? * SLOT..)?
            .get(..SLOT)?;
        let word = |n: usize| {
            let word = bytes[n * 8..][..8]
                .try_into()
                .expect("eight bytes were cut out");
            u64::from_le_bytes(word)
        };
        let value = u128::from(word(6)) | u128::from(word(7)) << 64;
        let key = std::array::from_fn(word);
        Some(Slot {
            key,
            verdict: Verdict {
                session: word(5),
                value,
            },
        })
    }
}

#[expect(clippy::cast_sign_loss, reason = "only equality matters")]
fn key_of(forest: &Forest, row: &FileRow) -> [u64; 5] {
    let device = forest
        .devices
        .get(usize::from(row.device))
        .map_or(0, |device| device.number);
    [
        device,
        row.inode,
        row.size,
        row.mtime_ns as u64,
        row.ctime_ns as u64,
    ]
}

fn home(key: &[u64; 5]) -> u64 {
    let mut bytes = [0; 16];
    bytes[..8].copy_from_slice(&key[0].to_le_bytes());
    bytes[8..].copy_from_slice(&key[1].to_le_bytes());
    XxHash3_64::oneshot(&bytes)
}
