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
    #[error("it is on another device than the copy that was to stay")]
    OtherDevice,
    /// There is no folder on its device that it could be moved to.
    #[error("there is no {what} on its file system that it could be moved to")]
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
    /// The system said no.
    #[error("cannot {call}: {error}")]
    System {
        /// What was tried.
        call: &'static str,
        /// What the system said.
        error: io::Error,
    },
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

/// What a step comes to.
pub(crate) type Result<T> = std::result::Result<T, Refusal>;
