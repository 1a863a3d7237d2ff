//! Where things live on macOS and Linux.
//!
//! Facts are rows in `tables/*.toml`, each with the words a person knows the thing by, an example
//! path that must match, and a source. This crate reads no disk, no clock and no environment: it
//! turns rows into values and variables into folders of a [`Base`] it is given.
//!
//! [`places`] is always there; each further group of tables is a cargo feature, so that a program
//! carries no row it has no business with.
#![forbid(unsafe_code)]

#[cfg(feature = "applications")]
pub mod applications;
mod base;
#[cfg(feature = "browsers")]
pub mod browsers;
#[cfg(feature = "bundles")]
pub mod bundles;
#[cfg(feature = "junk")]
pub mod junk;
pub mod pattern;
mod place;
#[cfg(feature = "protected")]
pub mod protected;
mod rows;
#[cfg(feature = "threats")]
pub mod threats;

pub use base::{Base, Platform};
pub use place::{Place, named, places};
