//! The one pass over a disk that all tools share.
//!
//! First the walk: every folder is listed once through a handle relative to its parent, every
//! entry gets one statx, and what comes back is a [`Forest`]: compact rows, no path rebuilt per
//! file. Then the reading: of all files only those whose size another file shares are opened, and
//! read only as far as they stay alike ([`compare`]). Tools look at the forest and at what the
//! reading found; none of them touches the disk again.
//!
//! No file is read twice, and none is opened twice, with two exceptions: a file on a disk whose files
//! can share bytes may be opened once more to ask which it shares ([`holdings`]), and one of more
//! than 64 large files of one size once more if its first bytes are those of others.
//!
//! FIFOs, sockets and devices are never opened. What could not be looked at is in
//! [`Forest::skipped`] and [`compare::Compared::skipped`].

mod below;
pub mod compare;
mod crew;
pub mod extents;
mod forest;
pub mod holdings;
mod opener;
pub mod remember;
mod system;
mod walk;
mod watch;

pub use below::Below;
pub use crew::in_order;
pub use forest::{FileId, FileRow, FolderId, FolderRow, Forest, Kind};
pub use walk::{Scope, walk};
pub use watch::{Progress, Stage, Watch};
