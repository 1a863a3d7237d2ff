//! The memory of earlier comparisons, one file in the cache folder; and how files of Candor's own are
//! replaced.

use std::{
    fs,
    io::{self, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

use tool::Machine;

use crate::{cli::Disk, failure::Failure};

/// Candor's folder in the person's cache, config and state folders: the only one it makes there.
pub(crate) const FOLDER: &str = "candor";

/// Returns the file that comparisons are remembered in; `None` when they are not to be.
///
/// A disk that is mounted from elsewhere gets no memory: its device numbers mean nothing tomorrow.
pub(crate) fn memory_file(machine: &Machine, asked: &Disk) -> Option<PathBuf> {
    if let Some(file) = &asked.memory {
        return Some(std::path::absolute(file).unwrap_or_else(|_| file.clone()));
    }
    let person = machine
        .people
        .first()
        .filter(|_| machine.live && !asked.no_memory)?;
    Some(person.cache.join(FOLDER).join("comparisons"))
}

/// Puts new bytes in the place of the old file; at no moment is there half a file.
///
/// # Errors
/// When the folder or the file cannot be written. The old file is then still there, whole.
pub(crate) fn keep(file: &Path, bytes: &[u8]) -> Result<(), Failure> {
    replace(file, bytes).map_err(|error| {
        let file = tool::path_text::shown(file.as_os_str());
        Failure::new(format!("cannot remember this comparison in `{file}`"))
            .because(&error)
            .help(
                "the report is complete; the next run will read the files again. \
                   Free some room, or name another file with --memory, or use --no-memory",
            )
    })
}

/// Puts a new file in the place of the old one; Candor's own folder is made for it if need be.
///
/// # Errors
/// When it cannot be written. The old file is then still there, whole.
pub(crate) fn replace(file: &Path, bytes: &[u8]) -> io::Result<()> {
    let is_own = |folder: &&Path| folder.iter().any(|name| name == FOLDER);
    if let Some(folder) = file.parent().filter(is_own) {
        fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(folder)?;
    }
    let new = file.with_extension("new");
    // Left over from a run that was ended; another user's file of that name is not followed.
    let _ = fs::remove_file(&new);
    let written = (|| {
        let mut out = fs::OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&new)?;
        out.write_all(bytes)?;
        out.sync_all()?;
        fs::rename(&new, file)
    })();
    written.inspect_err(|_| drop(fs::remove_file(&new)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_cannot_be_written_keeps_the_old_one() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("deep/candor/comparisons");
        keep(&file, b"first").unwrap();
        keep(&file, b"second").unwrap();
        assert_eq!(fs::read(&file).unwrap(), b"second");
        // A folder stands where the new file would be written: like a full disk, but for any user.
        fs::create_dir(file.with_extension("new")).unwrap();
        let failure = keep(&file, b"third").unwrap_err().to_string();
        assert!(
            failure.contains("--no-memory") && failure.contains("comparisons"),
            "{failure}"
        );
        assert_eq!(fs::read(&file).unwrap(), b"second");
    }
}
