//! The last hours of every browser against threat lists, on the device.
//!
//! ```text
//! discover ─► engines::read ─► chain ─► lists ─► verdict ─► Outcome
//! folders     visits, downloads   what led to what    on which list, since when
//! ```
//!
//! [`discover()`] lists folders and says which files are needed; nothing else is ever opened.
//! [`look()`] reads them as they are while the browsers run, without a lock, a copy or a write, and
//! looks every address up in threat lists: those that were compiled on this machine, or the one inside
//! the program. Nothing is sent.
//!
//! For a person the whole way to what is listed is told, and to every download; in the JSON of any
//! other visit stands the last step of its way: each redirect and the page before.
//!
//! Where browsers keep what, and what is listed, are rows of `knowledge`; how each file is read is
//! told at the head of the files in `engines/`, with the source of every fact.
#![forbid(unsafe_code)]

pub mod canonical;
pub mod chain;
pub mod data;
pub mod discover;
pub mod engines;
mod findings;
mod judge;
pub mod lists;
mod look;
mod names;
mod section;
pub mod shelf;
pub mod shown;
pub mod verdict;
pub mod visit;

pub use discover::{Discovered, Reads, discover, reads};
pub use look::{Options, look};
pub use shelf::{Shelf, Sources};

/// What this tool declares that it reads, keeps and sends.
pub const DECLARATION: &str = include_str!("../declaration.toml");
