//! Where things are moved to: the trash and the quarantine of each file system.
//!
//! Source: FreeDesktop.org Trash specification 1.0, 2014-01-02.

use std::{
    collections::HashSet,
    ffi::{OsStr, OsString},
    fs,
    os::{
        fd::OwnedFd,
        unix::{
            ffi::OsStrExt,
            fs::{DirBuilderExt, MetadataExt},
        },
    },
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};
use tool::{Machine, PathText};

use crate::{
    handle::open_folder,
    kernel,
    plan::{Act, Plan},
    refusal::{Refusal, Result},
};

/// What a bin is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Use {
    /// The person's own trash, which other programs show too.
    Trash,
    /// Candor's own: files wait there to be removed for good.
    Quarantine,
}

/// A folder that things of one mounted file system can be moved to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bin {
    /// What it is for.
    pub of: Use,
    /// The folder that takes the things.
    pub files: PathText,
    /// The folder that takes a note of where each came from; a trash of Linux has one.
    pub info: Option<PathText>,
    /// Notes name paths below this folder from there; `None`: from the top.
    pub top: Option<PathText>,
    /// The device, and the mount of it.
    pub mount: (u64, u64),
}

/// The bins that a plan needs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bins(pub Vec<Bin>);

impl Bins {
    /// Makes the bins that the steps of a plan need, where they are not there yet.
    ///
    /// A file system without one, because this user may not make a folder at its top, shows when a
    /// step is to be done.
    #[must_use]
    pub fn make(plan: &Plan, machine: &Machine) -> Self {
        let mut bins = Self::default();
        for step in &plan.steps {
            let of = match step.act {
                Act::Trash => Use::Trash,
                Act::Quarantine | Act::Remove => Use::Quarantine,
                Act::Hardlink | Act::Reflink => continue,
            };
            let Some(folder) = step.path.0.parent() else {
                continue;
            };
            // What cannot be reached now is said when the step is to be done.
            let Ok(mount) = mount_of(folder) else {
                continue;
            };
            if bins.0.iter().any(|it| it.of == of && it.mount == mount) {
                continue;
            }
            let made = match home_folder(of, machine, mount) {
                Some(folder) => finish(of, machine, &folder, None, mount),
                None => at_the_top(of, machine, folder, mount),
            };
            bins.0.extend(made);
        }
        bins
    }

    /// Returns every folder that is written to.
    pub fn folders(&self) -> impl Iterator<Item = &Path> {
        self.0.iter().flat_map(|it| {
            std::iter::once(it.files.0.as_path()).chain(it.info.iter().map(|it| it.0.as_path()))
        })
    }
}

fn mount_of(folder: &Path) -> Result<(u64, u64)> {
    kernel::mount(&open_folder(folder)?).map_err(Refusal::of("look at its file system"))
}

/// Returns the bin's folder among the person's own ones, if those are on that mount.
fn home_folder(of: Use, machine: &Machine, mount: (u64, u64)) -> Option<PathBuf> {
    let person = machine.people.first()?;
    let folder = match (of, machine.platform.name()) {
        (Use::Trash, "macos") => person.home.join(".Trash"),
        (Use::Trash, _) => person.data.join("Trash"),
        (Use::Quarantine, _) => person.state.join("candor/quarantine"),
    };
    let there = folder.ancestors().find_map(|it| it.canonicalize().ok())?;
    (mount_of(&there).ok()? == mount).then_some(folder)
}

/// The bin at the top of a mounted file system.
fn at_the_top(of: Use, machine: &Machine, folder: &Path, mount: (u64, u64)) -> Option<Bin> {
    let is_on_it = |it: &&Path| mount_of(it).is_ok_and(|other| other == mount);
    let top = folder.ancestors().take_while(is_on_it).last()?;
    let user = rustix::process::getuid().as_raw();
    let of_all = top.join(".Trash");
    let folder = match (of, machine.platform.name()) {
        (Use::Trash, "macos") => top.join(format!(".Trashes/{user}")),
        (Use::Trash, _) if is_for_all(&of_all) => of_all.join(user.to_string()),
        (Use::Trash, _) => top.join(format!(".Trash-{user}")),
        (Use::Quarantine, _) => top.join(format!(".candor-quarantine-{user}")),
    };
    finish(of, machine, &folder, Some(top), mount)
}

/// Returns whether a trash folder that an administrator made for everyone can be trusted: a real folder
/// in which nobody can remove what belongs to another.
fn is_for_all(folder: &Path) -> bool {
    const STICKY: u32 = 0o1000;
    fs::symlink_metadata(folder).is_ok_and(|it| it.is_dir() && it.mode() & STICKY != 0)
}

fn finish(
    of: Use,
    machine: &Machine,
    folder: &Path,
    top: Option<&Path>,
    mount: (u64, u64),
) -> Option<Bin> {
    let noted = of == Use::Trash && machine.platform.name() == "linux";
    let (files, info) = match noted {
        true => (folder.join("files"), Some(folder.join("info"))),
        false => (folder.to_owned(), None),
    };
    let make = |folder: &Path| {
        let mut builder = fs::DirBuilder::new();
        builder.recursive(true).mode(0o700).create(folder)
    };
    make(&files).ok()?;
    info.as_deref().map(make).transpose().ok()?;
    // Somebody else's folder of that name would hand them the files, and a link could lead anywhere.
    let ours = |it: &Path| {
        let user = rustix::process::getuid().as_raw();
        let real = fs::symlink_metadata(folder).is_ok_and(|it| it.is_dir() && it.uid() == user);
        let real = real && fs::symlink_metadata(it).is_ok_and(|it| it.is_dir());
        it.canonicalize().ok().filter(|_| real)
    };
    let files = ours(&files)?;
    let info = match info {
        Some(info) => Some(ours(&info)?),
        None => None,
    };
    (mount_of(&files).ok()? == mount).then(|| Bin {
        of,
        files: files.into(),
        info: info.map(PathText),
        top: top.map(PathText::from),
        mount,
    })
}

/// A bin whose folders are open.
#[derive(Debug)]
pub(crate) struct OpenBin<'b> {
    pub(crate) bin: &'b Bin,
    pub(crate) files: OwnedFd,
    pub(crate) info: Option<OwnedFd>,
}

impl<'b> OpenBin<'b> {
    /// Opens a bin; none of its folders may be a link.
    pub(crate) fn of(bin: &'b Bin) -> Result<Self> {
        Ok(Self {
            bin,
            files: open_folder(&bin.files.0)?,
            info: bin.info.as_ref().map(|it| open_folder(&it.0)).transpose()?,
        })
    }

    /// Returns a name that nothing in the bin has: in a trash the thing's own if it can be, else one with
    /// a number in it.
    ///
    /// `given` were returned before and may not be there yet.
    pub(crate) fn free_name(
        &self,
        name: &OsStr,
        (run, step): (&str, u64),
        given: &HashSet<OsString>,
    ) -> OsString {
        let is_free = |name: &OsStr| {
            let free = |folder: &OwnedFd, name: &OsStr| {
                matches!(crate::handle::look_at(folder, name), Err(Refusal::Gone))
            };
            !given.contains(name)
                && free(&self.files, name)
                && self
                    .info
                    .as_ref()
                    .is_none_or(|info| free(info, &note_name(name)))
        };
        let own = [Some(name.to_owned()), numbered(name, step)];
        let own = own
            .into_iter()
            .flatten()
            .filter(|_| self.bin.of == Use::Trash);
        own.filter(|it| it.len() + NOTE.len() <= LONGEST)
            .find(|it| is_free(it))
            .unwrap_or_else(|| put_away_name(run, step))
    }

    /// Returns the note about a thing from `path`, moved `at` that local time.
    pub(crate) fn note(&self, path: &Path, at: &str) -> String {
        let from_top = |top: &PathText| path.strip_prefix(&top.0).ok();
        let path = self.bin.top.as_ref().and_then(from_top).unwrap_or(path);
        format!("[Trash Info]\nPath={}\nDeletionDate={at}\n", percent(path))
    }
}

const NOTE: &str = ".trashinfo";
/// The most bytes a name has on the file systems of Linux and macOS.
const LONGEST: usize = 255;

/// Returns the name of the note about a thing of that name in the trash.
pub(crate) fn note_name(name: &OsStr) -> OsString {
    let mut note = name.to_owned();
    note.push(NOTE);
    note
}

/// `report.pdf` with 7 is `report.7.pdf`.
fn numbered(name: &OsStr, number: u64) -> Option<OsString> {
    let name = Path::new(name);
    let mut new = name.file_stem()?.to_owned();
    new.push(format!(".{number}"));
    if let Some(extension) = name.extension() {
        new.push(".");
        new.push(extension);
    }
    Some(new)
}

/// Returns whether a path is that of a thing in one of this user's bins: directly in a folder that
/// [`Bins::make`] makes.
pub(crate) fn is_place_in_a_bin(path: &Path) -> bool {
    let user = rustix::process::getuid().as_raw().to_string();
    let mut parts: Vec<&[u8]> = path.iter().map(OsStrExt::as_bytes).collect();
    if parts.pop().is_none() {
        return false;
    }
    let own = |prefix: &str| format!("{prefix}{user}").into_bytes();
    let (trash, quarantine) = (own(".Trash-"), own(".candor-quarantine-"));
    match parts.as_slice() {
        [.., b"Trash", b"files"] | [.., b"candor", b"quarantine"] | [.., b".Trash"] => true,
        [.., b".Trash", id, b"files"] | [.., b".Trashes", id] => *id == user.as_bytes(),
        [.., top, b"files"] => *top == trash,
        [.., top] => *top == quarantine,
        [] => false,
    }
}

/// Returns the name that a thing gets in a bin where names do not matter.
pub(crate) fn put_away_name(run: &str, step: u64) -> OsString {
    format!("{run}.{step}").into()
}

/// Escapes a path as a URL does, bytes that are not UTF-8 included.
fn percent(path: &Path) -> String {
    let mut text = String::new();
    for byte in path.as_os_str().as_bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'-' | b'_' | b'.' | b'~' => {
                text.push(char::from(*byte));
            }
            other => text.push_str(&format!("%{other:02X}")),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use std::os::unix::ffi::OsStringExt;

    use super::*;

    #[test]
    fn a_note_survives_any_name() {
        let path = PathBuf::from(OsString::from_vec(b"/home/ada/a b\n\xff%.txt".to_vec()));
        assert_eq!(percent(&path), "/home/ada/a%20b%0A%FF%25.txt");
    }

    #[test]
    fn numbered_names_keep_their_ending() {
        let number = |name: &str| {
            numbered(OsStr::new(name), 7)
                .unwrap()
                .into_string()
                .unwrap()
        };
        assert_eq!(number("report.pdf"), "report.7.pdf");
        assert_eq!(number(".bashrc"), ".bashrc.7");
        assert_eq!(number("plain"), "plain.7");
    }
}
