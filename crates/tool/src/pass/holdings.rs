//! How many bytes a file holds that nobody else does.
//!
//! On most file systems that is what it takes on disk. Where files can share their bytes (btrfs,
//! XFS, bcachefs, OCFS2) the file system has to be asked, file by file.

use std::collections::HashMap;

use rustix::fd::AsFd;

use super::{
    FileId, Forest, Kind,
    extents::{Extent, extents},
    opener::Opener,
};

/// What the file system said of one file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    /// Bytes no other file and no snapshot refers to. 0 if the file could not be asked: nothing is
    /// promised for it.
    pub own: u64,
    /// Where its bytes are on the device.
    pub placed: Vec<Extent>,
}

/// Asks the file system of each file in turn. The files are opened, not read.
#[must_use]
pub fn ask(forest: &Forest, mut files: Vec<FileId>) -> HashMap<FileId, Held> {
    files.sort_unstable_by_key(|id| id.on_the_way());
    let mut opener = Opener::new(forest);
    let mut answer = |id: FileId| {
        let row = forest.file(id);
        let found = opener
            .open(id)
            .and_then(|open| extents(open.as_fd(), row.size))
            .ok();
        let found = found.unwrap_or_default();
        Held {
            own: found.own.min(row.allocated),
            placed: found.placed,
        }
    };
    files.into_iter().map(|id| (id, answer(id))).collect()
}

/// What every file of a forest holds alone.
#[derive(Debug, Default)]
pub struct Holdings {
    asked: HashMap<FileId, Held>,
}

impl Holdings {
    /// Asks for each file of at least `from` bytes that lies where bytes can be shared; no file is
    /// opened elsewhere.
    #[must_use]
    pub fn of(forest: &Forest, from: u64) -> Self {
        let worth_asking = forest.files().filter(|(_, row)| {
            row.kind == Kind::File && row.allocated >= from.max(1) && forest.shares(row)
        });
        Self {
            asked: ask(forest, worth_asking.map(|(id, _)| id).collect()),
        }
    }

    /// Returns the bytes that no other file refers to; what a file takes on disk if it was not asked.
    #[must_use]
    pub fn own(&self, forest: &Forest, id: FileId) -> u64 {
        // Most disks share nothing: then no file of millions need be looked for.
        let asked = match self.asked.is_empty() {
            true => None,
            false => self.asked.get(&id),
        };
        asked.map_or_else(|| forest.file(id).allocated, |held| held.own)
    }

    /// Returns how many bytes are counted more than once when the files' sizes on disk are added up.
    #[must_use]
    pub fn counted_twice(&self, forest: &Forest) -> u64 {
        let mut seen = std::collections::HashSet::new();
        let mut runs: Vec<(u16, u64, u64)> = Vec::new();
        for (id, held) in &self.asked {
            let row = forest.file(*id);
            if seen.insert((row.device, row.inode)) {
                runs.extend(
                    held.placed
                        .iter()
                        .map(|e| (row.device, e.physical, e.length)),
                );
            }
        }
        runs.sort_unstable();
        let (mut twice, mut device, mut end) = (0_u64, u16::MAX, 0_u64);
        for (on, start, length) in runs {
            if on != device {
                (device, end) = (on, 0);
            }
            let run_end = start.saturating_add(length);
            twice = twice.saturating_add(end.min(run_end).saturating_sub(start));
            end = end.max(run_end);
        }
        twice
    }

    /// Returns whether any file had to be asked, so that figures about sharing are of interest.
    #[must_use]
    pub fn any_asked(&self) -> bool {
        !self.asked.is_empty()
    }
}
