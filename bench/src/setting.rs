//! Where a run of the bench takes place, and with what.

use std::{
    env, fs,
    path::{Path, PathBuf},
};

use crate::{
    cli::{Options, Scale},
    failure::{Failure, Tried},
    peers::{self, Peer},
};

pub(crate) struct Setting {
    /// The bench itself: it is also the floor.
    pub(crate) me: PathBuf,
    pub(crate) candor: PathBuf,
    pub(crate) peers: Vec<Peer>,
    pub(crate) scale: Scale,
    pub(crate) runs: u32,
    /// Why the page cache cannot be emptied; `None` when it can, or nobody asked.
    pub(crate) stays_warm: Option<String>,
    work: PathBuf,
}

impl Setting {
    /// Makes the folders that a run needs and finds the programs of these names.
    ///
    /// # Errors
    /// When there is no candor, or the folders cannot be made.
    pub(crate) fn of(asked: &Options, peers: &[&'static str]) -> Result<Self, Failure> {
        let me = env::current_exe().tried("find", Path::new("candor-bench"))?;
        let beside = me.parent().unwrap_or(Path::new("."));
        let candor = asked
            .candor
            .clone()
            .unwrap_or_else(|| beside.join("candor"));
        let candor = candor.canonicalize().map_err(|_| {
            Failure::other(format!(
                "there is no `{}`; build it with `cargo build --release -p candor`, or name it with \
                 --candor",
                candor.display()
            ))
        })?;
        let work = asked
            .work
            .clone()
            .unwrap_or_else(|| beside.with_file_name("bench"));
        let work = own_folder(&work.join("candor-bench"))?;
        let peers = peers::found(peers);
        let setting = Self {
            me,
            candor,
            peers,
            scale: asked.scale,
            runs: asked.runs,
            stays_warm: None,
            work,
        };
        for folder in [
            setting.outputs(),
            setting.home(),
            setting.trees(),
            setting.archives(),
        ] {
            fs::create_dir_all(&folder).tried("make", &folder)?;
        }
        Ok(setting)
    }

    /// The home folder that programs see, so that none reads or fills a cache of the person.
    pub(crate) fn home(&self) -> PathBuf {
        self.work.join("home")
    }

    pub(crate) fn outputs(&self) -> PathBuf {
        self.work.join("outputs")
    }

    pub(crate) fn trees(&self) -> PathBuf {
        self.work.join("trees")
    }

    /// Where packed inputs are kept.
    pub(crate) fn archives(&self) -> PathBuf {
        self.work.join("archives")
    }

    /// Removes what the bench made, which is all below a folder that it made itself.
    pub(crate) fn remove_trees(&self) -> Result<(), Failure> {
        fs::remove_dir_all(&self.work).tried("remove", &self.work)
    }
}

/// Makes the folder that everything is in. It is removed whole in the end, so one that stands
/// already must carry the mark of an earlier run.
fn own_folder(folder: &Path) -> Result<PathBuf, Failure> {
    let mark = folder.join("MADE-BY-CANDOR-BENCH");
    if folder.exists() && !mark.is_file() {
        let words = format!(
            "`{}` was not made by this program; name another --work",
            folder.display()
        );
        return Err(Failure::other(words));
    }
    fs::create_dir_all(folder).tried("make", folder)?;
    fs::write(&mark, "This folder is removed by candor-bench.\n").tried("write", &mark)?;
    folder.canonicalize().tried("find", folder)
}

/// Writes everything back to the disk and forgets it, so that the next reader meets a cold disk.
///
/// # Errors
/// In words, when this user may not.
pub(crate) fn empty_page_cache() -> Result<(), String> {
    rustix::fs::sync();
    fs::write("/proc/sys/vm/drop_caches", "3\n")
        .map_err(|error| format!("the page cache cannot be emptied ({error}); root can"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_of_somebody_else_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let theirs = folder.path().join("theirs");
        fs::create_dir(&theirs).unwrap();
        assert!(own_folder(&theirs).is_err());
        let ours = folder.path().join("ours");
        assert!(own_folder(&ours).is_ok());
        assert!(own_folder(&ours).is_ok());
    }
}
