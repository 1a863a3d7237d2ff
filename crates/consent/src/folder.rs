//! The one folder of consent: which files are in it, and how they are written.
//!
//! Folder 0700, files 0600. A file is replaced as a whole (new file, fsync, rename, fsync of the
//! folder), or grows at its end under the lock.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Read, Write},
    os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

/// Longest file that is read here; a ledger of years stays far below it.
const LONGEST: u64 = 16 << 20;

/// Where ledger, keys and outbox of one person lie.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Folder {
    path: PathBuf,
}

/// A file of the folder that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    /// It cannot be made.
    #[error("cannot make the folder `{path}`")]
    Make {
        /// The folder.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// It cannot be read.
    #[error("cannot read `{path}`")]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// It cannot be written.
    #[error("cannot write `{path}`")]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// Others may read or change what is this person's alone.
    #[error(
        "`{path}` is open to other users: run `chmod go= '{path}'`, and ask yourself who did that"
    )]
    OpenToOthers {
        /// The file.
        path: PathBuf,
    },
    /// It is longer or shorter than it can be.
    #[error("`{path}` is not what Candor wrote there: move it away, and Candor begins anew")]
    Length {
        /// The file.
        path: PathBuf,
    },
    /// It is a folder, a device or the like.
    #[error("`{path}` is no file, where Candor keeps one: move it away")]
    NoFile {
        /// What lies there.
        path: PathBuf,
    },
    /// The kernel gave no random bytes.
    #[error("the kernel gives no random bytes: {0}")]
    Random(String),
}

impl Folder {
    /// Returns the folder `candor/consent` below a person's state folder. Nothing is made or read yet.
    #[must_use]
    pub fn in_state(state: &Path) -> Self {
        Self::at(&state.join("candor/consent"))
    }

    /// Returns this very folder.
    #[must_use]
    pub fn at(path: &Path) -> Self {
        Self {
            path: path.to_owned(),
        }
    }

    /// Returns the folder. Whoever is confined to it can use ledger and outbox.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Returns the file of the outbox, a SQLite database.
    #[must_use]
    pub fn outbox(&self) -> PathBuf {
        self.path.join("outbox.db")
    }

    /// Returns the file of the ledger, one JSON value a line.
    #[must_use]
    pub fn ledger(&self) -> PathBuf {
        self.path.join("ledger.jsonl")
    }

    pub(crate) fn head(&self) -> PathBuf {
        self.path.join("ledger.head")
    }

    pub(crate) fn install_key(&self) -> PathBuf {
        self.path.join("install.key")
    }

    pub(crate) fn install_secret(&self) -> PathBuf {
        self.path.join("install.secret")
    }

    /// Returns whether anything was ever written here.
    #[must_use]
    pub fn exists(&self) -> bool {
        self.path.is_dir()
    }

    /// Makes the folder if it is not there, and waits until nobody else changes what is in it.
    pub(crate) fn lock(&self) -> Result<Lock, FolderError> {
        self.make()?;
        let path = self.path.join("lock");
        let failed = |source| FolderError::Write {
            path: path.clone(),
            source,
        };
        let file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .mode(0o600)
            .open(&path)
            .map_err(failed)?;
        file.lock().map_err(failed)?;
        Ok(Lock { _file: file })
    }

    fn make(&self) -> Result<(), FolderError> {
        fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&self.path)
            .map_err(|source| FolderError::Make {
                path: self.path.clone(),
                source,
            })?;
        let metadata = fs::metadata(&self.path).map_err(|source| FolderError::Read {
            path: self.path.clone(),
            source,
        })?;
        match metadata.mode() & 0o022 {
            0 => Ok(()),
            _ => Err(FolderError::OpenToOthers {
                path: self.path.clone(),
            }),
        }
    }

    /// Makes what was renamed or made in the folder outlast a power cut.
    pub(crate) fn settle(&self) -> io::Result<()> {
        File::open(&self.path)?.sync_all()
    }

    /// Puts a file of mode 0600 in the place of the old one; at no moment is there half a file.
    ///
    /// # Errors
    /// [`FolderError::Write`]; the old file is then still there, whole.
    pub fn replace(&self, path: &Path, bytes: &[u8]) -> Result<(), FolderError> {
        let new = path.with_extension("new");
        let attempt = || -> io::Result<()> {
            let _ = fs::remove_file(&new);
            let mut out = OpenOptions::new()
                .write(true)
                .create_new(true)
                .mode(0o600)
                .open(&new)?;
            out.write_all(bytes)?;
            out.sync_all()?;
            fs::rename(&new, path)?;
            self.settle()
        };
        attempt().map_err(|source| {
            let _ = fs::remove_file(&new);
            FolderError::Write {
                path: path.to_owned(),
                source,
            }
        })
    }
}

/// Holds off every other process that would change the folder, until it is dropped.
#[derive(Debug)]
pub(crate) struct Lock {
    _file: File,
}

/// Reads a file that only this person may read; `None` if there is none.
pub(crate) fn read_private(path: &Path) -> Result<Option<Vec<u8>>, FolderError> {
    let failed = |source| FolderError::Read {
        path: path.to_owned(),
        source,
    };
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(failed(error)),
    };
    let metadata = file.metadata().map_err(failed)?;
    if !metadata.is_file() {
        return Err(FolderError::NoFile {
            path: path.to_owned(),
        });
    }
    if metadata.mode() & 0o077 != 0 {
        return Err(FolderError::OpenToOthers {
            path: path.to_owned(),
        });
    }
    let mut bytes = Vec::new();
    file.take(LONGEST + 1)
        .read_to_end(&mut bytes)
        .map_err(failed)?;
    match bytes.len() as u64 {
        length if length > LONGEST => Err(FolderError::Length {
            path: path.to_owned(),
        }),
        _ => Ok(Some(bytes)),
    }
}

/// Overwrites a file of ours and removes it; one that is not there is fine.
///
/// On media that move blocks around the old bytes can still lie below.
pub(crate) fn remove(path: &Path) -> Result<(), FolderError> {
    let attempt = || -> io::Result<()> {
        let mut file = OpenOptions::new().write(true).open(path)?;
        let length = file.metadata()?.len().min(LONGEST);
        io::copy(&mut io::repeat(0).take(length), &mut file)?;
        file.sync_all()?;
        fs::remove_file(path)
    };
    match attempt() {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(FolderError::Write {
            path: path.to_owned(),
            source: error,
        }),
        _ => Ok(()),
    }
}
