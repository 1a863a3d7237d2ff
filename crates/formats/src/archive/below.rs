//! What lies in an archive inside another one, by names of both.

use std::io::Read;

use super::{Entry, EntryKind, Next, Visitor};

/// Shows entries as if they were below a folder.
pub(super) struct Below<'a> {
    /// With a stroke at its end; empty for none.
    pub(super) folder: Vec<u8>,
    pub(super) visitor: &'a mut dyn Visitor,
}

impl Below<'_> {
    fn below(&self, entry: &Entry) -> Entry {
        let mut below = entry.clone();
        let moved = |name: &[u8]| {
            // The folder itself keeps a name of its own.
            match name.strip_prefix(b"./") {
                Some(b"") if self.folder.is_empty() => name.to_vec(),
                inner => [&self.folder, inner.unwrap_or(name)].concat(),
            }
        };
        below.name = moved(&entry.name);
        if let EntryKind::Same(first) = &mut below.kind {
            *first = moved(first);
        }
        below
    }
}

impl Visitor for Below<'_> {
    fn wants(&mut self, entry: &Entry) -> bool {
        self.visitor.wants(&self.below(entry))
    }

    fn entry(&mut self, entry: &Entry, bytes: &mut dyn Read) -> Next {
        self.visitor.entry(&self.below(entry), bytes)
    }
}
