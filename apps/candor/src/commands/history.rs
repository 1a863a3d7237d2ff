//! The browser check of `candor history` and `candor checkup`.

use std::{fs, os::unix::fs::MetadataExt, path::PathBuf};

use sandbox::Rights;

use super::{Failure, Session};
use crate::{
    job::Job,
    lists::{self, Files},
};

/// How often a check is made before what it missed is told instead.
const TRIES: u32 = 5;
/// When updates of lists fail for so many days, what is looked up in is old, and a check says so.
const OLD: i64 = 7;

impl Session {
    /// Starts a worker that reads the histories.
    ///
    /// A worker's rights hold for the files that stood there when it was confined, not for their
    /// names: it may not open what a browser has put in their place since. Chromium does that with
    /// `Local State` every few seconds while it is used. What was missed for this reason only is
    /// read by another worker.
    pub(super) fn history(&mut self, window_hours: u32) -> Result<(), Failure> {
        if let Some(files) = Files::of(&self.machine) {
            self.complaints.extend(files.failing(self.machine.now, OLD));
        }
        let before = (self.outcomes.len(), self.in_force.len());
        for tries in 1.. {
            let discovered = history::discover(&self.machine);
            let files = discovered.reads().files;
            let identities = identities(&files);
            // Folders were listed here; the worker opens exactly these files and no folder.
            let mut rights = Rights {
                read: files,
                ..Rights::default()
            };
            // Candor's own file is none of the person's, and stands in no declaration.
            let shelf = lists::shelf(&self.machine)?;
            rights.read.extend(shelf.compiled.clone());
            let own: Vec<PathBuf> = shelf.compiled.iter().cloned().collect();
            let job = Job::History {
                machine: self.machine.clone(),
                discovered,
                window_hours,
                shelf,
            };
            self.work(&["history"], job, rights, &own)?;
            let missed = self.outcomes[before.0..]
                .iter()
                .any(|outcome| !outcome.skipped.is_empty());
            if !missed || tries == TRIES || identities == self.identities_now() {
                break;
            }
            self.outcomes.truncate(before.0);
            self.in_force.truncate(before.1);
        }
        Ok(())
    }

    fn identities_now(&self) -> Vec<(PathBuf, u64, u64)> {
        identities(&history::reads(&self.machine).files)
    }
}

/// Returns which file stands under each name: device and inode.
fn identities(files: &[PathBuf]) -> Vec<(PathBuf, u64, u64)> {
    let identity = |path: &PathBuf| {
        let metadata = fs::symlink_metadata(path).ok()?;
        Some((path.clone(), metadata.dev(), metadata.ino()))
    };
    files.iter().filter_map(identity).collect()
}
