//! Hostile bytes to values: SQLite files of a running browser, archives, property lists, profile lists.
//!
//! Nothing in here writes, locks or creates a file, and nothing panics on any bytes.
//! Every reader has a bound on what it takes in; beyond it there is an error, not a long wait.
//!
//! - [`sqlite`] reads a database that another program holds open and changes meanwhile.
//! - [`plist`] reads Safari's list of downloads.
//! - [`properties`] reads the texts of a small property list: what an application says of itself.
//! - [`rpm`] reads the header of an installed package.
//! - [`ini`] reads Firefox's list of profiles.
//! - [`local_state`] reads Chromium's names of profiles.
//! - `archive` shows what is in archives, and its bytes (feature `archive`).
//! - [`mod@file`] opens an ordinary file for them.
//! - [`fuzz`] runs each reader on one buffer; the fuzz targets and the mutation tests call it.

// Denied rather than forbidden: `sqlite/vfs.rs`, and it alone, talks to SQLite's C interface.
#![deny(unsafe_code)]

#[cfg(feature = "archive")]
pub mod archive;
pub mod file;
pub mod fuzz;
pub mod ini;
pub mod local_state;
pub mod plist;
pub mod properties;
pub mod rpm;
pub mod sqlite;
