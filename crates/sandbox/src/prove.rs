//! A place to try the walls on: files that a worker may and may not touch.

use std::{
    fs, io,
    os::unix::fs::{DirBuilderExt, symlink},
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use crate::{Rights, Status};

/// One thing that a confined worker tried and must not be able to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Probe {
    /// A short name: `udp-send`.
    pub name: String,
    /// What was tried, in words.
    pub tried: String,
    /// True when the kernel refused for want of permission. Any other failure counts as not
    /// denied, since it came after the walls.
    pub denied: bool,
    /// What the kernel answered.
    pub detail: String,
}

/// Attempts that are not refused to a process that may connect, write in a folder and lock there. What it
/// inherited is no socket and no file open for writing, so that they fail all the same.
const OPEN_TO_A_CLIENT: [&str; 8] = [
    "connect",
    "ftruncate",
    "lock",
    "record-lock",
    "recvmsg",
    "sendmsg",
    "sendto",
    "write-elsewhere",
];

/// The attempt that only a kernel refuses to such a process whose Landlock knows datagrams.
const DATAGRAM: &str = "udp-send";

impl Probe {
    /// Returns whether this attempt must be refused also to a process that may connect, write in a folder and
    /// lock there, on a system of this status.
    #[must_use]
    pub fn binds_a_client(&self, status: &Status) -> bool {
        let name = self.name.as_str();
        match name {
            DATAGRAM => status.holds_datagrams(),
            _ => !OPEN_TO_A_CLIENT.contains(&name),
        }
    }
}

/// A folder with files to try the walls on. It is removed when this value is dropped.
///
/// ```text
/// here/granted.txt      may be read
/// here/other.txt        in the same folder, may not
/// here/open/            may be read, with all beneath
/// here/open/inside.txt
/// here/open/way-out     a link to other.txt
/// here/closed/          may not even be listed
/// ```
#[derive(Debug, Serialize, Deserialize)]
pub struct Ground {
    here: PathBuf,
    #[serde(skip)]
    remove: bool,
}

impl Ground {
    /// Makes the folder, readable for this user only, inside `parent`.
    ///
    /// # Errors
    /// When `parent` cannot be written.
    pub fn make(parent: &Path) -> io::Result<Self> {
        // Symbolic links on the way would make the granted path differ from the one that is tried.
        let parent = parent.canonicalize()?;
        let own = std::process::id();
        let mut number = 0_u32;
        let here = loop {
            let here = parent.join(format!("confinement-{own}-{number}"));
            match fs::DirBuilder::new().mode(0o700).create(&here) {
                Ok(()) => break here,
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists && number < 1000 => {
                    number += 1;
                }
                Err(error) => return Err(error),
            }
        };
        let ground = Self { here, remove: true };
        fs::create_dir(ground.open())?;
        fs::create_dir(ground.closed())?;
        for file in [ground.granted(), ground.other(), ground.inside()] {
            fs::write(file, "a few words\n")?;
        }
        symlink(ground.other(), ground.way_out())?;
        Ok(ground)
    }

    /// Returns the same ground for a worker, which removes nothing when it is done.
    #[must_use]
    pub fn to_worker(&self) -> Self {
        Self {
            here: self.here.clone(),
            remove: false,
        }
    }

    /// Returns the rights under which [`probe`](crate::probe) expects to run.
    #[must_use]
    pub fn rights(&self) -> Rights {
        Rights {
            read: vec![self.granted(), self.open()],
            ..Rights::default()
        }
    }

    pub(crate) fn granted(&self) -> PathBuf {
        self.here.join("granted.txt")
    }

    pub(crate) fn other(&self) -> PathBuf {
        self.here.join("other.txt")
    }

    pub(crate) fn open(&self) -> PathBuf {
        self.here.join("open")
    }

    pub(crate) fn inside(&self) -> PathBuf {
        self.open().join("inside.txt")
    }

    pub(crate) fn way_out(&self) -> PathBuf {
        self.open().join("way-out")
    }

    pub(crate) fn closed(&self) -> PathBuf {
        self.here.join("closed")
    }
}

impl Drop for Ground {
    fn drop(&mut self) {
        if self.remove {
            // What is left behind is an empty folder's worth in the temporary folder.
            let _ = fs::remove_dir_all(&self.here);
        }
    }
}
