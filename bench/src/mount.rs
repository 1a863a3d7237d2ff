//! File systems of their own, mounted while they are measured. Needs root.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    process::Command as Process,
};

use crate::{
    failure::{Failure, Tried},
    peers,
};

/// A mounted file system; the mount ends when it is dropped.
pub(crate) struct Mount {
    /// Where it is mounted.
    pub(crate) at: PathBuf,
}

impl Mount {
    /// Mounts a file that holds a file system.
    ///
    /// # Errors
    /// When this user or this machine cannot.
    pub(crate) fn image(image: &Path, folder: PathBuf) -> Result<Self, Failure> {
        let mut words = Process::new("mount");
        words.args(["-o", "loop"]).arg(image);
        Self::of(&mut words, folder)
    }

    /// Mounts a new file system in memory.
    ///
    /// # Errors
    /// When this user cannot.
    pub(crate) fn memory(folder: PathBuf) -> Result<Self, Failure> {
        let mut words = Process::new("mount");
        words.args(["-t", "tmpfs", "-o", "size=256m,mode=0700", "candor-bench"]);
        Self::of(&mut words, folder)
    }

    /// Makes a new file system with `mkfs.NAME` in a file beside `folder`, and mounts it there.
    ///
    /// # Errors
    /// When the program is missing, or this user cannot mount.
    pub(crate) fn new_disk(mkfs: &str, folder: PathBuf) -> Result<Self, Failure> {
        let program =
            peers::on_path(mkfs).ok_or_else(|| Failure::other(format!("{mkfs} is not here")))?;
        let image = folder.with_extension("image");
        let _ = fs::remove_file(&image);
        let file = File::create_new(&image).tried("make", &image)?;
        // An XFS is never smaller than 300 MiB.
        file.set_len(400 << 20).tried("stretch", &image)?;
        ran(Process::new(program).arg("-q").arg(&image))?;
        Self::image(&image, folder)
    }

    fn of(mount: &mut Process, folder: PathBuf) -> Result<Self, Failure> {
        fs::create_dir_all(&folder).tried("make", &folder)?;
        // A run that was interrupted left it mounted; most often there is nothing to end.
        let _ = ran(Process::new("umount").arg(&folder));
        ran(mount.arg(&folder))?;
        Ok(Self { at: folder })
    }
}

impl Drop for Mount {
    fn drop(&mut self) {
        if let Err(failure) = ran(Process::new("umount").arg(&self.at)) {
            eprintln!("candor-bench: {failure}");
        }
    }
}

/// Runs a command that must end with 0.
///
/// # Errors
/// When it does not, with what it said.
pub(crate) fn ran(command: &mut Process) -> Result<(), Failure> {
    let name = command.get_program().to_string_lossy().into_owned();
    let output = command.output().tried("run", Path::new(&name))?;
    if output.status.success() {
        return Ok(());
    }
    let words = String::from_utf8_lossy(&output.stderr);
    Err(Failure::other(format!(
        "{name} failed: {}",
        words.trim().replace('\n', " / ")
    )))
}
