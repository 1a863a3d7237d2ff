//! Why a step was not done. A refused step has changed nothing, has put back what it moved, or says where
//! that is.

use std::{io, path::PathBuf};

use rustix::io::Errno;

/// Why a step was not done.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// The path is not absolute, or holds `..`.
    #[error("its path is not a whole path from the top")]
    NotAPath,
    /// Nothing has that name.
    #[error("it is not there any more")]
    Gone,
    /// A folder on the way is a link now, or no folder.
    #[error("`{}` on its way is no folder, or a link by now", .folder.display())]
    Way {
        /// The folder.
        folder: PathBuf,
    },
    /// Something else stands there, or it changed.
    #[error("it is not what was looked at: {what}")]
    Changed {
        /// What differs, in words.
        what: &'static str,
    },
    /// The file that was to stay is not there, or changed.
    #[error("the copy that was to stay, `{}`, cannot vouch for it: {why}", .path.display())]
    Survivor {
        /// Where it should be.
        path: PathBuf,
        /// What is wrong with it.
        why: Box<Refusal>,
    },
    /// Something in the folder is not what was looked at, or has no copy any more.
    #[error("`{}` in it: {why}", .path.display())]
    Within {
        /// The file, link or folder.
        path: PathBuf,
        /// What is wrong with it.
        why: Box<Refusal>,
    },
    /// Equal size, different bytes.
    #[error("its content differs from the copy that was to stay")]
    Differs,
    /// Both names lead to one file: removing it would leave none.
    #[error("it is the same file as the copy that was to stay, under another name")]
    SameFile,
    /// The step asks for something that makes no sense for what it names.
    #[error("{why}")]
    Senseless {
        /// Why.
        why: &'static str,
    },
    /// It must never be touched.
    #[error("it is protected: {why}")]
    Protected {
        /// What it is and what would be lost.
        why: String,
    },
    /// Nothing vouches for it, so that it could be the last of its kind.
    #[error("{why}")]
    NotVouched {
        /// Why.
        why: String,
    },
    /// A program has it, or something in it, open.
    #[error("a program has `{}` open; close it first", .path.display())]
    InUse {
        /// What is open.
        path: PathBuf,
    },
    /// Another file system, or another part of this one, is mounted in it.
    #[error("something else is mounted in it{}; take that off first", at(.path))]
    Mounted {
        /// Where, from the folder that the step is about; empty if it is that folder itself.
        path: PathBuf,
    },
    /// A part of it was removed before something went wrong.
    #[error("{PARTLY}, {gone} of {of} things in it: {why}")]
    Partly {
        /// How many things are gone.
        gone: usize,
        /// How many there were.
        of: usize,
        /// What went wrong.
        why: Box<Refusal>,
    },
    /// Whether a program uses it cannot be found out.
    #[error("whether a program has `{}` open cannot be found out: {why}", .path.display())]
    MayBeInUse {
        /// What was asked about.
        path: PathBuf,
        /// Why nobody knows.
        why: String,
    },
    /// Another program has it open for writing.
    #[error("another program has it open for writing")]
    Open,
    /// Joining the files would give one of them another owner, mode or attributes.
    #[error("its {what} differ from those of the copy that was to stay, and would be lost")]
    Properties {
        /// Which.
        what: &'static str,
    },
    /// The two files are on different devices.
    #[error(
        "it is on another device than the copy that was to stay, and neither a link nor shared bytes lead there"
    )]
    OtherDevice,
    /// There is no folder on its device that it could be moved to.
    #[error(
        "there is no {what} on its file system that it could be moved to, and none could be made: the \
         folder for it, or the top folder of that disk, is not this user's to write to, or is a link. Make \
         it one, or plan another act"
    )]
    NoBin {
        /// Trash or quarantine.
        what: &'static str,
    },
    /// The file system lacks what the act needs.
    #[error("its file system cannot {what}")]
    Unsupported {
        /// What it cannot do.
        what: &'static str,
    },
    /// Something already has the name it would get back.
    #[error("something else has its name by now; nothing is overwritten")]
    Taken,
    /// What was moved could not be put back: another thing had its name by then.
    #[error("{why}; what was moved could not be put back and is at `{}`", .at.display())]
    Stranded {
        /// Where it is now.
        at: PathBuf,
        /// Why it was to be put back.
        why: Box<Refusal>,
    },
    /// The copy is back, but the link that was made beside it could not be removed again.
    #[error(
        "{why}. The file is untouched, and one more name of the copy that was to stay is left at `{}`, which \
         you can remove", .at.display()
    )]
    LinkLeft {
        /// Where the link is.
        at: PathBuf,
        /// Why the link was to be removed.
        why: Box<Refusal>,
    },
    /// The system said no.
    #[error("cannot {call}: {error}{}", way_out(.error))]
    System {
        /// What was tried.
        call: &'static str,
        /// What the system said.
        error: io::Error,
    },
}

/// How the refusal of a step begins that removed a part of a folder: it does not stay as it was.
pub const PARTLY: &str = "a part of it was removed";

fn at(path: &std::path::Path) -> String {
    match path.as_os_str().is_empty() {
        true => String::new(),
        false => format!(", at `{}`", path.display()),
    }
}

impl Refusal {
    /// Returns a closure that says which call failed.
    pub(crate) fn of(call: &'static str) -> impl Fn(Errno) -> Self {
        move |error| Self::System {
            call,
            error: error.into(),
        }
    }
}

/// Says what helps against an error of the system, if it is one that a person can do something about.
fn way_out(error: &io::Error) -> &'static str {
    let error = error.raw_os_error().map(Errno::from_raw_os_error);
    match error {
        Some(Errno::ACCESS) => {
            ". This user may not write to it or its folder: change that, or run this as their owner"
        }
        Some(Errno::PERM) => {
            ". Its file system, or a mark on it that `lsattr` shows, does not allow that"
        }
        Some(Errno::ROFS) => {
            ". That disk is read-only: make it writable, or leave its files out of the plan"
        }
        Some(Errno::NOSPC | Errno::DQUOT) => {
            ". Free some room on that disk, and carry out the plan again"
        }
        Some(Errno::MLINK) => {
            ". The copy that was to stay has as many names as its file system allows"
        }
        Some(Errno::IO) => ". The disk reports an error: save what matters on it first",
        Some(Errno::BUSY | Errno::TXTBSY) => ". It is in use: carry out the plan again later",
        _ => "",
    }
}

/// What a step comes to.
pub(crate) type Result<T> = std::result::Result<T, Refusal>;
