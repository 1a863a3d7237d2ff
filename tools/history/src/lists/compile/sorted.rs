//! Millions of keys, sorted where they lie.

use std::cmp::Ordering;

use crate::lists::keys::Sorted;

/// A key, by where it stands, with a number. Its beginning is kept beside it: that decides nearly every
/// comparison without a look at the key itself.
#[derive(Clone, Copy)]
pub(super) struct Keyed {
    head: u128,
    start: u32,
    length: u32,
    pub(super) row: u32,
}

impl Keyed {
    /// Returns the key that stands behind `from` in `bytes`.
    pub(super) fn new(bytes: &[u8], from: usize, row: u32) -> Self {
        let key = &bytes[from..];
        let mut head = [0; 16];
        let beginning = &key[..key.len().min(16)];
        head[..beginning.len()].copy_from_slice(beginning);
        Self {
            head: u128::from_be_bytes(head),
            start: u32::try_from(from).expect("bytes are fewer than 32 bits count"),
            length: u32::try_from(key.len()).expect("keys are short"),
            row,
        }
    }

    pub(super) fn with(self, row: u32) -> Self {
        Self { row, ..self }
    }

    pub(super) fn key<'b>(&self, bytes: &'b [u8]) -> &'b [u8] {
        &bytes[self.start as usize..][..self.length as usize]
    }

    fn cmp(&self, other: &Self, bytes: &[u8]) -> Ordering {
        // Keys hold no zero, so a shorter one comes before all it begins.
        let whole = |it: &Self| it.key(bytes);
        self.head
            .cmp(&other.head)
            .then_with(|| whole(self).cmp(whole(other)))
            .then_with(|| self.row.cmp(&other.row))
    }
}

pub(super) fn sort(keyed: &mut [Keyed], bytes: &[u8]) {
    keyed.sort_unstable_by(|a, b| a.cmp(b, bytes));
}

/// Keys in their order, each once, with the numbers of their sets.
pub(super) struct Entries<'b> {
    pub(super) bytes: &'b [u8],
    pub(super) entries: Vec<Keyed>,
}

impl Sorted for Entries<'_> {
    fn count(&self) -> usize {
        self.entries.len()
    }

    fn at(&self, index: usize) -> (&[u8], u32) {
        let entry = &self.entries[index];
        (entry.key(self.bytes), entry.row)
    }
}
