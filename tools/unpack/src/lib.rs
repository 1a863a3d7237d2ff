//! What is in archives, and whether it comes out whole.
//!
//! Opens the archives it is given, tells their formats by content, and shows each entry with its name in the letters it
//! was written in, its size and time. Asked to test, it reads every byte that comes out and holds it against the sums
//! that the format keeps. Asked to unpack, it writes what comes out below a folder that was made for it, and nowhere
//! else. What cannot be read or written is told by entry, with the reason.
#![forbid(unsafe_code)]

mod charset;
pub mod links;
mod locked;
mod look;
pub mod names;
mod parts;
mod preview;
mod unpacked;
mod wanted;
mod words;
pub mod write;

pub use charset::{Charset, Names};
pub use look::{Asked, Password, look};
pub use parts::Parts;
pub use preview::{Previewed, Previewing, preview};
pub use unpacked::{Unpacked, Unpacking, stem, unpack};
pub use wanted::{Wanted, Wish};

/// The declaration: what this tool reads, keeps and sends.
pub const DECLARATION: &str = include_str!("../declaration.toml");
