//! Files by handle: a path is walked once, component by component, and no link is ever followed.

use std::{
    ffi::OsStr,
    os::{fd::OwnedFd, unix::ffi::OsStrExt},
    path::{Component, Path, PathBuf},
};

use rustix::{
    fs::{AtFlags, CWD, FileType, Mode, OFlags, Stat, fstat, openat, statat},
    io::Errno,
};
use tool::{EntryKind, Identity, Stamp};

use crate::{
    kernel::{NO_ACCESS_TIME, WAY},
    refusal::{Refusal, Result},
};

/// A name in an open folder.
#[derive(Debug)]
pub(crate) struct Entry {
    /// The folder, as it was reached without following any link.
    pub(crate) folder: OwnedFd,
    /// The name in it.
    pub(crate) name: std::ffi::OsString,
    /// The whole path, for words.
    pub(crate) path: PathBuf,
}

impl Entry {
    /// Walks to the folder that holds the last name of `path`.
    pub(crate) fn of(path: &Path) -> Result<Self> {
        let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else {
            return Err(Refusal::NotAPath);
        };
        Ok(Self {
            folder: open_folder(folder)?,
            name: name.to_owned(),
            path: path.to_owned(),
        })
    }

    /// Returns a name in a folder that is open already; `path` is for words.
    pub(crate) fn within(folder: &OwnedFd, name: &OsStr, path: &Path) -> Result<Self> {
        Ok(Self {
            folder: folder.try_clone().map_err(|error| Refusal::System {
                call: "open its folder again",
                error,
            })?,
            name: name.to_owned(),
            path: path.to_owned(),
        })
    }

    /// Looks at what the name stands for now, not at what it links to.
    pub(crate) fn look(&self) -> Result<Stat> {
        look_at(&self.folder, &self.name)
    }

    /// Returns what the name stands for now.
    pub(crate) fn is(&self) -> Result<Identity> {
        self.look().map(|stat| identity(&stat))
    }

    /// Opens the regular file of this name for reading, if it still is the one that was looked at.
    ///
    /// A FIFO or device in its place is not opened: the look at the name comes first, and the look at
    /// the handle afterwards tells whether the name changed in between.
    pub(crate) fn open(&self, expected: &Identity) -> Result<OwnedFd> {
        compare(expected, &self.is()?)?;
        if expected.kind != EntryKind::File {
            return Err(Refusal::Senseless {
                why: "only a regular file has content to compare",
            });
        }
        let flags =
            OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
        let open = |more| openat(&self.folder, &*self.name, flags | more, Mode::empty());
        // Only the owner may ask for that.
        let file = open(NO_ACCESS_TIME).or_else(|error| match error {
            Errno::PERM => open(OFlags::empty()),
            error => Err(error),
        });
        let file = file.map_err(Refusal::of("open it for reading"))?;
        compare(expected, &of_open(&file)?)?;
        Ok(file)
    }
}

/// Opens a folder by its whole path, refusing every link on the way, the last component included.
pub(crate) fn open_folder(path: &Path) -> Result<OwnedFd> {
    let flags = WAY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let mut parts = path.components();
    if parts.next() != Some(Component::RootDir) {
        return Err(Refusal::NotAPath);
    }
    let mut at = openat(CWD, "/", flags, Mode::empty()).map_err(Refusal::of("open `/`"))?;
    let mut walked = PathBuf::from("/");
    for part in parts {
        let Component::Normal(name) = part else {
            return Err(Refusal::NotAPath);
        };
        walked.push(name);
        at = openat(&at, name, flags, Mode::empty()).map_err(|error| match error {
            Errno::NOENT => Refusal::Gone,
            Errno::LOOP | Errno::NOTDIR => Refusal::Way {
                folder: walked.clone(),
            },
            error => Refusal::of("open a folder on its way")(error),
        })?;
    }
    Ok(at)
}

/// Looks at a name in a folder, not at what it links to.
pub(crate) fn look_at(folder: &OwnedFd, name: &OsStr) -> Result<Stat> {
    statat(folder, name, AtFlags::SYMLINK_NOFOLLOW).map_err(|error| match error {
        Errno::NOENT | Errno::NOTDIR => Refusal::Gone,
        error => Refusal::of("look at it")(error),
    })
}

/// Returns what an open file is now.
pub(crate) fn of_open(file: &OwnedFd) -> Result<Identity> {
    let stat = fstat(file).map_err(Refusal::of("look at it"))?;
    Ok(identity(&stat))
}

/// Makes the answer of the system an identity.
#[allow(
    clippy::unnecessary_cast,
    clippy::cast_sign_loss,
    clippy::cast_lossless,
    reason = "the widths differ between systems; numbers of devices and sizes are never negative"
)]
pub(crate) fn identity(stat: &Stat) -> Identity {
    let stamp =
        |seconds: i64, rest: i64| Stamp(seconds.saturating_mul(1_000_000_000).saturating_add(rest));
    Identity {
        kind: match FileType::from_raw_mode(stat.st_mode) {
            FileType::RegularFile => EntryKind::File,
            FileType::Directory => EntryKind::Folder,
            FileType::Symlink => EntryKind::Link,
            _ => EntryKind::Special,
        },
        device: stat.st_dev as u64,
        inode: stat.st_ino as u64,
        size: stat.st_size as u64,
        mtime: stamp(stat.st_mtime as i64, stat.st_mtime_nsec as i64),
        ctime: stamp(stat.st_ctime as i64, stat.st_ctime_nsec as i64),
    }
}

/// Refuses what is not exactly what was looked at.
pub(crate) fn compare(expected: &Identity, found: &Identity) -> Result<()> {
    compare_moved(expected, found)?;
    if expected.ctime != found.ctime {
        return Err(Refusal::Changed {
            what: "its content, name or properties changed since",
        });
    }
    Ok(())
}

/// Refuses what is not what was looked at, apart from what moving a file itself changes.
pub(crate) fn compare_moved(expected: &Identity, found: &Identity) -> Result<()> {
    let what = if expected.kind != found.kind {
        "something of another kind stands there"
    } else if (expected.device, expected.inode) != (found.device, found.inode) {
        "another file stands there"
    } else if expected.size != found.size {
        "its size changed"
    } else if expected.mtime != found.mtime {
        "its content changed"
    } else {
        return Ok(());
    };
    Err(Refusal::Changed { what })
}

/// Returns whether a name is one component that a folder can hold.
pub(crate) fn is_plain(name: &OsStr) -> bool {
    let bytes = name.as_bytes();
    !bytes.is_empty() && !bytes.contains(&b'/') && bytes != b"." && bytes != b".."
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_beyond_the_limit_of_one_call_is_walked() {
        let disk = tempfile::tempdir().unwrap();
        let top = disk.path().canonicalize().unwrap();
        let name = "a-folder-with-a-name-of-some-length-".repeat(6);
        let mut path = top.clone();
        let mut at = open_folder(&top).unwrap();
        for _ in 0..24 {
            rustix::fs::mkdirat(&at, &*name, Mode::RWXU).unwrap();
            path.push(&name);
            at = openat(&at, &*name, WAY | OFlags::CLOEXEC, Mode::empty()).unwrap();
        }
        path.push("file");
        assert!(path.as_os_str().len() > 5_000);
        let flags = OFlags::CREATE | OFlags::WRONLY;
        drop(openat(&at, "file", flags, Mode::RUSR).unwrap());
        assert_eq!(
            Entry::of(&path).unwrap().is().unwrap().kind,
            EntryKind::File
        );
    }

    #[test]
    fn no_link_on_the_way_is_followed_and_it_is_named() {
        let disk = tempfile::tempdir().unwrap();
        let top = disk.path().canonicalize().unwrap();
        std::fs::create_dir_all(top.join("real/inner")).unwrap();
        std::fs::write(top.join("real/inner/file"), "x").unwrap();
        std::os::unix::fs::symlink(top.join("real"), top.join("link")).unwrap();
        assert!(
            Entry::of(&top.join("real/inner/file"))
                .unwrap()
                .is()
                .is_ok()
        );
        let refused = Entry::of(&top.join("link/inner/file"))
            .unwrap_err()
            .to_string();
        assert!(refused.contains("/link` on its way"), "{refused}");
        let refused = open_folder(&top.join("link")).unwrap_err();
        assert!(matches!(refused, Refusal::Way { .. }), "{refused}");
        for path in ["relative/file", "/", "/a/../b", "/.."] {
            assert!(Entry::of(Path::new(path)).is_err(), "{path}");
        }
    }

    #[test]
    fn a_fifo_in_the_place_of_a_file_is_not_opened() {
        let disk = tempfile::tempdir().unwrap();
        let top = disk.path().canonicalize().unwrap();
        let path = top.join("file");
        std::fs::write(&path, "x").unwrap();
        let entry = Entry::of(&path).unwrap();
        let seen = entry.is().unwrap();
        assert!(entry.open(&seen).is_ok());
        std::fs::remove_file(&path).unwrap();
        rustix::fs::mknodat(&entry.folder, "file", FileType::Fifo, Mode::RUSR, 0).unwrap();
        let refused = entry.open(&seen).unwrap_err().to_string();
        assert!(refused.contains("another kind"), "{refused}");
        let fifo = entry.is().unwrap();
        assert!(entry.open(&fifo).is_err());
    }
}
