//! Raw lists on the disk. A file has its whole content or is not there, whatever is cut short.
//!
//! ```text
//! raw/release       the note of the publisher, as it was signed
//! raw/lists.toml    its description: put there when all its files are
//! raw/f/SHA256      its files
//! raw/part/SHA256   what is being fetched; gone on with the next time
//! raw/own/ID        lists that the person adds
//! ```

use std::{
    collections::BTreeSet,
    ffi::OsString,
    fs::{self, DirBuilder, File, OpenOptions},
    io::{self, Read, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

use sha2::{Digest as _, Sha256};
use wire::{Digest, note::LONGEST, release::Blob};

use super::{Done, plan::Plan};
use crate::failure::Failure;

/// The folder of raw lists.
#[derive(Debug)]
pub(crate) struct Store {
    raw: PathBuf,
}

impl Store {
    /// Makes the folders where they are missing.
    ///
    /// # Errors
    /// When the system does not let us.
    pub(crate) fn at(raw: &Path) -> Result<Self, Failure> {
        for folder in ["f", "part", "own"] {
            let folder = raw.join(folder);
            let made = DirBuilder::new()
                .recursive(true)
                .mode(0o700)
                .create(&folder);
            made.map_err(|error| {
                Failure::with_help(
                    format!("cannot make the folder `{}`: {error}", folder.display()),
                    "free some room, or give this folder to the person who runs this",
                )
            })?;
        }
        Ok(Self {
            raw: raw.to_owned(),
        })
    }

    /// Returns the note of the release that is here; `None` if there is none that can be read.
    pub(crate) fn release(&self) -> Option<String> {
        let mut text = String::new();
        let file = File::open(self.raw.join("release")).ok()?;
        file.take(LONGEST as u64)
            .read_to_string(&mut text)
            .ok()
            .map(|_| text)
    }

    /// Returns whether a raw list is here, whole.
    pub(crate) fn has(&self, file: &Blob) -> bool {
        sum(&self.file(file.sha256)).is_ok_and(|found| found == *file)
    }

    /// Returns whether the description that is here is this one.
    pub(crate) fn describes(&self, description: &Blob) -> bool {
        sum(&self.raw.join("lists.toml")).is_ok_and(|found| found == *description)
    }

    /// Returns where a raw list lies.
    pub(crate) fn file(&self, sha256: Digest) -> PathBuf {
        self.raw.join("f").join(sha256.to_string())
    }

    /// Returns where what is being fetched lies.
    pub(crate) fn part(&self, blob: &Blob) -> PathBuf {
        self.raw.join("part").join(blob.sha256.to_string())
    }

    /// Returns where a list of the person's lies.
    pub(crate) fn own(&self, id: &str) -> PathBuf {
        self.raw.join("own").join(id)
    }

    /// Takes a release: its description, then its note. From here on it is the one that is compiled.
    ///
    /// # Errors
    /// What the system says. Then the one before is still there.
    pub(crate) fn take(&self, description: &[u8], note: &str) -> io::Result<()> {
        put(&self.raw.join("lists.toml"), description)?;
        put(&self.raw.join("release"), note.as_bytes())
    }

    /// Removes what belongs to no list any more. What cannot be removed is said.
    pub(crate) fn sweep(&self, plan: &Plan, done: &mut Done) {
        let own = plan.own.iter().map(|it| OsString::from(&it.id)).collect();
        let mut left = vec![("own", own)];
        // While a release is not whole, its parts and the files before it are still needed.
        if let (Some(brought), true) = (&done.publisher, done.troubles.is_empty()) {
            let files = brought.files.iter().map(|it| it.to_string().into());
            left.push(("f", files.collect()));
            left.push(("part", BTreeSet::new()));
        }
        for (folder, keep) in left {
            if let Err(error) = self.sweep_folder(folder, &keep) {
                done.trouble(&format!("removing old files in `{folder}`"), &error);
            }
        }
    }

    fn sweep_folder(&self, folder: &str, keep: &BTreeSet<OsString>) -> io::Result<()> {
        for entry in fs::read_dir(self.raw.join(folder))? {
            let entry = entry?;
            if !keep.contains(&entry.file_name()) {
                fs::remove_file(entry.path())?;
            }
        }
        Ok(())
    }
}

/// Puts a file in place whole.
pub(crate) fn put(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let new = path.with_added_extension("new");
    let mut file = create(&new)?;
    file.write_all(bytes)?;
    settle(file, &new, path)
}

/// Makes an empty file for its owner alone.
pub(crate) fn create(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true).mode(0o600);
    options.open(path)
}

/// Gives a file its name, once its bytes are on the disk.
pub(crate) fn settle(file: File, new: &Path, path: &Path) -> io::Result<()> {
    file.sync_all()?;
    fs::rename(new, path)?;
    let folder = path.parent().unwrap_or(Path::new("/"));
    File::open(folder)?.sync_all()
}

/// Returns hash and length of a file.
pub(crate) fn sum(path: &Path) -> io::Result<Blob> {
    let mut file = File::open(path)?;
    let mut hash = Sha256::new();
    let bytes = io::copy(&mut file, &mut hash)?;
    Ok(Blob {
        sha256: Digest(hash.finalize().into()),
        bytes,
    })
}
