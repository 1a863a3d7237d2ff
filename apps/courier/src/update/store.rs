//! Raw lists on the disk. A file has its whole content or is not there, whatever is cut short.
//!
//! ```text
//! raw/release       the note of the publisher, as it was signed
//! raw/lists.toml    its description: put there when all its files are
//! raw/f/SHA256      its files
//! raw/part/SHA256   what is being fetched; of an earlier run it is of no use
//! raw/lock          held while an update runs
//! raw/own/ID        lists that the person adds
//! ```

use std::{
    collections::BTreeSet,
    ffi::OsString,
    fs::{self, DirBuilder, File, OpenOptions, TryLockError},
    io::{self, Read, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

use sha2::{Digest as _, Sha256};
use wire::{Digest, note::LONGEST, release::Blob};

use super::{Done, plan::Plan};
use crate::failure::{Failure, with_causes};

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

    /// Keeps other updates out, and clears away what an earlier one left when it was cut off. To be called once
    /// the process is confined, for that closes what is open.
    ///
    /// # Errors
    /// When another one is running, or something cannot be removed.
    pub(crate) fn locked(&self) -> Result<Lock, Failure> {
        let lock = locked(&self.raw.join("lock"))?;
        for left in [
            self.sweep_folder("part", &BTreeSet::new()),
            self.sweep_new(),
        ] {
            left.map_err(|error| {
                Failure::with_help(
                    with_causes(&error),
                    "remove it, or give it to the person who runs this",
                )
            })?;
        }
        Ok(lock)
    }

    /// Returns the note of the release that is here, `None` if there is none. What is no text comes back as text
    /// that no key signed.
    ///
    /// # Errors
    /// What the system says.
    pub(crate) fn release(&self) -> io::Result<Option<String>> {
        let mut bytes = Vec::new();
        match File::open(self.raw.join("release")) {
            Ok(file) => file.take(LONGEST as u64 + 1).read_to_end(&mut bytes)?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        Ok(Some(String::from_utf8_lossy(&bytes).into_owned()))
    }

    /// Returns where the note lies.
    pub(crate) fn note(&self) -> PathBuf {
        self.raw.join("release")
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
    /// What the system says. Then the one before is still there, or the new description beside the old note;
    /// the next run takes it anew.
    pub(crate) fn take(&self, description: &[u8], note: &str) -> io::Result<()> {
        put(&self.raw.join("lists.toml"), description)?;
        put(&self.note(), note.as_bytes())
    }

    /// Removes what belongs to no list any more. What cannot be removed is said.
    pub(crate) fn sweep(&self, plan: &Plan, done: &mut Done) {
        let own = plan.own.iter().map(|it| OsString::from(&it.id)).collect();
        let mut left = vec![("own", own)];
        // While a release is not whole, the files before it are still needed.
        if let Some(brought) = &done.publisher {
            let files = brought.files.iter().map(|it| it.to_string().into());
            left.push(("f", files.collect()));
            left.push(("part", BTreeSet::new()));
        }
        // The lists of somebody who is not named any more; the description of files that a person put there
        // has no note beside it.
        if plan.publisher.is_none() && self.note().exists() {
            for name in ["lists.toml", "release"] {
                if let Err(error) = remove(&self.raw.join(name)) {
                    done.trouble("clearing up", &error);
                    return;
                }
            }
            left.push(("f", BTreeSet::new()));
        }
        for (folder, keep) in left {
            if let Err(error) = self.sweep_folder(folder, &keep) {
                done.trouble("clearing up", &error);
            }
        }
    }

    fn sweep_folder(&self, folder: &str, keep: &BTreeSet<OsString>) -> Result<(), NotRemoved> {
        let folder = self.raw.join(folder);
        let unread = |source| NotRemoved {
            path: folder.clone(),
            source,
        };
        for entry in fs::read_dir(&folder).map_err(unread)? {
            let entry = entry.map_err(unread)?;
            if !keep.contains(&entry.file_name()) {
                remove(&entry.path())?;
            }
        }
        Ok(())
    }

    /// Removes files that were being written when a run was cut off.
    fn sweep_new(&self) -> Result<(), NotRemoved> {
        for folder in ["", "f", "own"] {
            let folder = self.raw.join(folder);
            let unread = |source| NotRemoved {
                path: folder.clone(),
                source,
            };
            for entry in fs::read_dir(&folder).map_err(unread)? {
                let path = entry.map_err(unread)?.path();
                if path.extension().is_some_and(|it| it == "new") {
                    remove(&path)?;
                }
            }
        }
        Ok(())
    }
}

/// Something that is in the way.
#[derive(Debug, thiserror::Error)]
#[error("cannot remove `{path}`")]
struct NotRemoved {
    path: PathBuf,
    #[source]
    source: io::Error,
}

fn remove(path: &Path) -> Result<(), NotRemoved> {
    match fs::remove_file(path) {
        Err(source) if source.kind() != io::ErrorKind::NotFound => Err(NotRemoved {
            path: path.to_owned(),
            source,
        }),
        _ => Ok(()),
    }
}

/// Keeps other updates out until it is dropped.
#[derive(Debug)]
pub(crate) struct Lock {
    _file: File,
}

fn locked(path: &Path) -> Result<Lock, Failure> {
    let failed = |error: io::Error| {
        Failure::with_help(
            format!("cannot use `{}`: {error}", path.display()),
            "free some room, or give this file to the person who runs this",
        )
    };
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(false).mode(0o600);
    let file = options.open(path).map_err(failed)?;
    match file.try_lock() {
        Ok(()) => Ok(Lock { _file: file }),
        Err(TryLockError::WouldBlock) => Err(Failure::with_help(
            "another update is running",
            "wait until it has ended",
        )),
        Err(TryLockError::Error(error)) => Err(failed(error)),
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
