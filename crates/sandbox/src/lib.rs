//! Paths and rights to Landlock and seccomp, and a worker that runs under them.
//!
//! A process that parses what others wrote (a browser's database, an archive, any file on a
//! disk) is started anew by [`spawn_worker`] and calls [`confine`] before anything else. From
//! then on it can read the paths of its [`Rights`] and write to the pipe it was given. It has no
//! network, starts no program and no process, and changes nothing on the disk.
//!
//! On Linux two walls stand one behind the other: Landlock for paths, and a seccomp filter that
//! lets through the few system calls a reader needs (`calls.md` beside this crate lists them
//! all). Landlock alone is not enough: it knows UNIX sockets by path from ABI 9 and UDP from
//! ABI 10 only, and leaves io_uring open. [`confine`] fails when either wall is missing and tries
//! both after raising them.
//!
//! What the walls do not stop: sizes and times of files outside the rights, and where links
//! lead, can be asked for by whoever knows the full path, since Landlock does not handle `stat`
//! and `readlink`. That can be learned but not sent.
//!
//! On macOS nothing is enforced yet: [`confine`] returns [`NotConfined::Unsupported`], and
//! [`profile_text`] gives the profile that would be.

// Allowed in `linux.rs` and below it only, where each use says why it is sound.
#![deny(unsafe_code)]

mod profile;
mod prove;
mod rights;
mod state;

#[cfg(not(target_os = "linux"))]
mod elsewhere;
#[cfg(target_os = "linux")]
mod linux;

#[cfg(not(target_os = "linux"))]
use elsewhere as system;
#[cfg(target_os = "linux")]
use linux as system;

pub use profile::profile_text;
pub use prove::{Ground, Probe};
pub use rights::Rights;
pub use state::{InForce, Layer, NotConfined, Status};
pub use system::{Worker, calls_text, confine, probe, spawn_worker, status};
