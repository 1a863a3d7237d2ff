//! Pictures that look alike: smaller, turned, mirrored or in another format.
//!
//! Opens each file below the roots whose name ends as pictures' do, decodes it within limits, and makes
//! 64 bits of what it shows (the signs of its slowest waves). Pictures whose bits differ in few places, in any
//! of the eight ways to lay a picture, are told as groups. Proposes nothing: what looks alike is not the
//! same, and which of two a person needs no bit can tell.
#![forbid(unsafe_code)]

mod alike;
mod look;
mod picture;
mod print;
mod words;

pub use alike::{Alike, Picture};
pub use look::{Found, Options, look};
pub use picture::{MOST_BYTES, MOST_PIXELS, NoPicture, Small, small};
pub use print::Print;

/// The declaration: what this tool reads, keeps and sends.
pub const DECLARATION: &str = include_str!("../declaration.toml");

/// In how many of 64 bits two pictures may differ to look alike, if a person says nothing.
pub const USUAL_DISTANCE: u8 = 6;
