//! The machine that is looked at: a value, so that a mounted disk, a backup or a test's pretend
//! machine is handled like the one we run on.

use std::path::{Path, PathBuf};

use knowledge::{Base, Platform};
use serde::{Deserialize, Serialize};

use crate::Moment;

/// A machine: its system, where its `/` is, whose homes are on it, and what time it is there.
///
/// The running one is made by the app from the environment; any other by [`Machine::at_root`].
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Machine {
    /// Which system's rows apply.
    pub platform: Platform,
    /// `/`, or where the disk that is looked at is mounted.
    pub root: PathBuf,
    /// One set of folders per person. The running machine has one: the person who started Candor.
    pub people: Vec<Base>,
    /// The moment that ages are counted back from.
    pub now: Moment,
    /// True when this is the machine Candor runs on, so that processes and devices can be asked.
    pub live: bool,
}

/// Why a folder given as `--root` is not a machine.
#[derive(Debug, thiserror::Error)]
pub enum NotAMachine {
    /// The folder cannot be listed.
    #[error("cannot list `{path}`")]
    Unreadable {
        /// The folder.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// The folder holds none of the top folders of that system.
    #[error("`{path}` holds none of the folders a {platform} disk has ({expected})")]
    NoTopFolders {
        /// The folder.
        path: PathBuf,
        /// The system that was asked for.
        platform: Platform,
        /// The folders one of which was expected.
        expected: String,
    },
}

impl Machine {
    /// Returns the machine whose disk is mounted, or was copied, at `root`.
    ///
    /// Every folder below `home` (Linux, and `root`'s own home) or `Users` (macOS, without
    /// `Shared`) is a person's home.
    ///
    /// # Errors
    /// [`NotAMachine`] when `root` cannot be listed or holds none of the system's top folders.
    pub fn at_root(platform: Platform, root: &Path, now: Moment) -> Result<Self, NotAMachine> {
        let unreadable = |source| NotAMachine::Unreadable {
            path: root.to_owned(),
            source,
        };
        // "/mnt/x/.." or a relative path must name the same places as the sandbox will.
        let root = root.canonicalize().map_err(unreadable)?;
        std::fs::read_dir(&root).map_err(unreadable)?;
        let top: &[&str] = match platform {
            Platform::Linux => &["home", "root", "etc", "usr", "var", "sys"],
            Platform::Macos => &["Users", "System", "Library", "Applications", "private"],
        };
        if !top.iter().any(|name| root.join(name).is_dir()) {
            let expected = top.join(", ");
            return Err(NotAMachine::NoTopFolders {
                path: root,
                platform,
                expected,
            });
        }
        let mut homes = Vec::new();
        match platform {
            Platform::Linux => {
                homes.extend(folders_in(&root.join("home")));
                homes.extend(Some(root.join("root")).filter(|home| home.is_dir()));
            }
            Platform::Macos => {
                homes.extend(folders_in(&root.join("Users")));
                homes.retain(|home| !home.ends_with("Shared"));
            }
        }
        let people = homes
            .iter()
            .map(|home| Base::of_home(platform, &root, home))
            .collect();
        Ok(Self {
            platform,
            root,
            people,
            now,
            live: false,
        })
    }
}

/// Returns the folders directly inside `folder`, sorted, links left out; none if it cannot be listed.
fn folders_in(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return Vec::new();
    };
    let mut found: Vec<PathBuf> = entries
        .flatten()
        .filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()))
        .map(|entry| entry.path())
        .collect();
    found.sort();
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_that_is_no_machine_is_refused_by_name() {
        let folder = tempfile::tempdir().unwrap();
        let error = Machine::at_root(Platform::Macos, folder.path(), Moment(0)).unwrap_err();
        assert!(error.to_string().contains("Users, System"), "{error}");
        let missing = folder.path().join("missing");
        let error = Machine::at_root(Platform::Linux, &missing, Moment(0)).unwrap_err();
        assert!(error.to_string().contains("missing"), "{error}");
    }

    #[test]
    fn homes_on_a_mac_are_its_users() {
        let root = tempfile::tempdir().unwrap();
        for name in ["Users/ada", "Users/bob", "Users/Shared"] {
            std::fs::create_dir_all(root.path().join(name)).unwrap();
        }
        let machine = Machine::at_root(Platform::Macos, root.path(), Moment(0)).unwrap();
        let names: Vec<_> = machine
            .people
            .iter()
            .map(|p| p.home.file_name().unwrap())
            .collect();
        assert_eq!(names, ["ada", "bob"]);
    }
}
