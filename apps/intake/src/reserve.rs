//! Room that is kept for erasure: a file of nothing, given up when the disk is full.
//!
//! To destroy a key the vault is written anew, and what was done is said in the log. Both take room, and a
//! disk that others filled has none: what has to go would stay.

use std::{
    error::Error,
    fs::{self, OpenOptions},
    io::{self, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use rustix::{fs::FallocateFlags, io::Errno};

use crate::store::{StoreError, is_full};

/// How much is kept: many times what a vault and the leaves of a day take.
const SIZE: u64 = 4 << 20;
/// With less than this a disk counts as full, whatever the error says.
const SHORT: u64 = 1 << 20;

/// The file.
#[derive(Debug)]
pub struct Reserve {
    path: PathBuf,
}

impl Reserve {
    /// Returns the reserve of a folder, as yet neither made nor looked at.
    #[must_use]
    pub fn of(folder: &Path) -> Self {
        Self {
            path: folder.join("reserve"),
        }
    }

    /// Returns whether it is there.
    #[must_use]
    pub fn is_kept(&self) -> bool {
        fs::metadata(&self.path).is_ok_and(|about| about.len() == SIZE)
    }

    /// Makes it where it is not there.
    ///
    /// # Errors
    /// What the system says, as a rule that there is no room.
    pub fn keep(&self) -> io::Result<()> {
        if self.is_kept() {
            return Ok(());
        }
        let new = self.path.with_extension("new");
        let made = filled(&new).and_then(|()| fs::rename(&new, &self.path));
        if made.is_err() {
            // Half a reserve is room that nobody has.
            drop(fs::remove_file(&new));
        }
        made
    }

    /// Gives it up. Returns whether there was any.
    pub fn give(&self) -> bool {
        fs::remove_file(&self.path).is_ok()
    }

    /// Returns whether something failed for want of room.
    #[must_use]
    pub fn would_help(&self, error: &(dyn Error + 'static)) -> bool {
        self.is_short() || is_for_want_of_room(error)
    }

    /// Returns whether the disk has next to nothing left.
    #[must_use]
    pub fn is_short(&self) -> bool {
        let folder = self.path.parent().unwrap_or(Path::new("."));
        rustix::fs::statvfs(folder)
            .is_ok_and(|about| about.f_bavail.saturating_mul(about.f_frsize) < SHORT)
    }
}

fn filled(path: &Path) -> io::Result<()> {
    let mut file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(path)?;
    match rustix::fs::fallocate(&file, FallocateFlags::empty(), 0, SIZE) {
        // A file system that cannot set room aside takes zeros, and may keep none of them.
        Err(Errno::OPNOTSUPP) => file.write_all(&vec![0; SIZE as usize])?,
        outcome => outcome?,
    }
    file.sync_all()
}

/// Returns whether an error, or what it came from, is that there is no room.
fn is_for_want_of_room(error: &(dyn Error + 'static)) -> bool {
    let mut next = Some(error);
    while let Some(error) = next {
        let io = error.downcast_ref::<io::Error>().map(io::Error::kind);
        if matches!(
            io,
            Some(io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
        ) || error.downcast_ref().is_some_and(is_full)
            || matches!(error.downcast_ref(), Some(StoreError::Full { .. }))
        {
            return true;
        }
        next = error.source();
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_takes_room_until_it_is_given_up() {
        let folder = tempfile::tempdir().unwrap();
        let reserve = Reserve::of(folder.path());
        assert!(!reserve.give());
        reserve.keep().unwrap();
        reserve.keep().unwrap();
        assert!(reserve.is_kept());
        assert!(reserve.give());
        assert!(!reserve.is_kept());
    }

    #[test]
    fn want_of_room_is_told_from_other_failures() {
        let full = StoreError::File {
            act: "make",
            path: "x".into(),
            source: io::ErrorKind::StorageFull.into(),
        };
        let other = StoreError::File {
            act: "make",
            path: "x".into(),
            source: io::ErrorKind::PermissionDenied.into(),
        };
        assert!(is_for_want_of_room(&full));
        assert!(is_for_want_of_room(&StoreError::Full { path: "x".into() }));
        assert!(!is_for_want_of_room(&other));
    }
}
