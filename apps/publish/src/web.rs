//! The folder that a web server gives out.
//!
//! ```text
//! release          the newest release
//! past/VERSION     those before it, out of which deltas are made
//! z/SHA256         everything that belongs to them
//! ```

use std::{
    collections::BTreeSet,
    fs::{self, File},
    io::{self, Write},
    path::{Path, PathBuf},
};

use sha2::{Digest as _, Sha256};
use wire::{
    Digest,
    note::Verifier,
    release::{Blob, RELEASE, Release},
};

use crate::Failure;

pub(crate) struct Web {
    folder: PathBuf,
}

impl Web {
    /// Makes the folder where it is missing.
    ///
    /// # Errors
    /// When the system does not let us.
    pub(crate) fn at(folder: &Path) -> Result<Self, Failure> {
        for inner in ["z", "past"] {
            let inner = folder.join(inner);
            fs::create_dir_all(&inner).map_err(|error| failed("make", &inner, error))?;
        }
        Ok(Self {
            folder: folder.to_owned(),
        })
    }

    /// Returns the newest release; `None` if there is none yet.
    ///
    /// # Errors
    /// When there is one that this publisher did not sign.
    pub(crate) fn newest(&self, publisher: &Verifier) -> Result<Option<Release>, Failure> {
        self.read(&self.folder.join(RELEASE), publisher)
    }

    /// Returns the releases of the past, the newest first.
    ///
    /// # Errors
    /// As [`Web::newest`].
    pub(crate) fn past(&self, publisher: &Verifier) -> Result<Vec<Release>, Failure> {
        let folder = self.folder.join("past");
        let listed = fs::read_dir(&folder).map_err(|error| failed("list", &folder, error))?;
        let mut all = Vec::new();
        for entry in listed {
            let entry = entry.map_err(|error| failed("list", &folder, error))?;
            all.extend(self.read(&entry.path(), publisher)?);
        }
        all.sort_by_key(|it| std::cmp::Reverse(it.version));
        Ok(all)
    }

    fn read(&self, path: &Path, publisher: &Verifier) -> Result<Option<Release>, Failure> {
        let note = match fs::read_to_string(path) {
            Ok(note) => note,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(failed("read", path, error)),
        };
        let release = Release::open(&note, publisher).map_err(|error| {
            let what = format!(
                "`{}` is no release of `{}`",
                path.display(),
                publisher.name()
            );
            let help = "name the folder of this publisher, or move the file away";
            Failure::new(what, help).because(error)
        })?;
        Ok(Some(release))
    }

    /// Returns the bytes of a blob, which are held against its hash.
    ///
    /// # Errors
    /// When it is not there or another one.
    pub(crate) fn blob(&self, blob: &Blob) -> Result<Vec<u8>, Failure> {
        let path = self.folder.join(blob.path());
        let bytes = fs::read(&path).map_err(|error| failed("read", &path, error))?;
        match blob_of(&bytes) == *blob {
            true => Ok(bytes),
            false => {
                let what = format!("`{}` was changed", path.display());
                let help = "remove it, and make the release anew under the next version";
                Err(Failure::new(what, help))
            }
        }
    }

    /// Puts a blob where devices find it.
    ///
    /// # Errors
    /// When it cannot be written.
    pub(crate) fn put(&self, bytes: &[u8]) -> Result<Blob, Failure> {
        let blob = blob_of(bytes);
        let path = self.folder.join(blob.path());
        let is_there = fs::read(&path).is_ok_and(|it| it == bytes);
        if !is_there {
            replace(&path, bytes)?;
        }
        Ok(blob)
    }

    /// Takes a release: from here on it is the one that is given out.
    ///
    /// # Errors
    /// When it cannot be written. Then the one before still is.
    pub(crate) fn take(&self, release: &Release, note: &str) -> Result<(), Failure> {
        let past = self.folder.join("past").join(release.version.to_string());
        replace(&past, note.as_bytes())?;
        replace(&self.folder.join(RELEASE), note.as_bytes())
    }

    /// Removes what belongs to none of these releases; returns how many files that were.
    ///
    /// # Errors
    /// When one cannot be removed.
    pub(crate) fn sweep(&self, kept: &[&Release]) -> Result<usize, Failure> {
        let blobs = kept.iter().flat_map(|it| it.blobs());
        let blobs: BTreeSet<String> = blobs.map(|it| it.sha256.to_string()).collect();
        let versions: BTreeSet<String> = kept.iter().map(|it| it.version.to_string()).collect();
        let mut gone = 0;
        for (folder, keep) in [("z", blobs), ("past", versions)] {
            let folder = self.folder.join(folder);
            let listed = fs::read_dir(&folder).map_err(|error| failed("list", &folder, error))?;
            for entry in listed {
                let entry = entry.map_err(|error| failed("list", &folder, error))?;
                let name = entry.file_name();
                if name.to_str().is_none_or(|it| !keep.contains(it)) {
                    let path = entry.path();
                    fs::remove_file(&path).map_err(|error| failed("remove", &path, error))?;
                    gone += 1;
                }
            }
        }
        Ok(gone)
    }
}

/// Returns what names these bytes.
pub(crate) fn blob_of(bytes: &[u8]) -> Blob {
    Blob {
        sha256: Digest(Sha256::digest(bytes).into()),
        bytes: bytes.len() as u64,
    }
}

fn replace(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let new = path.with_added_extension("new");
    let written = (|| {
        let mut file = File::create(&new)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&new, path)
    })();
    written.map_err(|error| failed("write", path, error))
}

pub(crate) fn failed(act: &str, path: &Path, error: io::Error) -> Failure {
    let what = format!("cannot {act} `{}`", path.display());
    Failure::new(what, "free some room, or name a folder of yours").because(error)
}
