//! Pictures that look alike, and recordings that sound the same, whatever their size and format.
//!
//! Opens each file below the roots whose name ends as pictures' do, decodes it within limits, and makes
//! 64 bits of what it shows (the signs of its slowest waves). Pictures whose bits differ in few places, in any
//! of the eight ways to lay a picture, are told as groups. Asked for recordings, it opens those instead, hears
//! their first two minutes, and tells which have the same Chromaprint fingerprint for the most part. Proposes
//! nothing: what looks or sounds alike is not the same, and which of two a person needs no bit can tell.
#![forbid(unsafe_code)]

mod alike;
mod files;
mod listen;
mod look;
mod picture;
mod print;
mod recording;
mod same;
mod words;

pub use alike::{Alike, Picture};
pub use listen::{Listened, listen};
pub use look::{Found, Options, look};
pub use picture::{MOST_BYTES, MOST_PIXELS, NoPicture, Small, small};
pub use print::Print;
pub use recording::{HEARD_SECONDS, Heard, LEAST_SECONDS, NoRecording, Sound, heard};
pub use same::{LEAST_SHARE, Recording, Same};

/// The declaration: what this tool reads, keeps and sends.
pub const DECLARATION: &str = include_str!("../declaration.toml");

/// In how many of 64 bits two pictures may differ to look alike, if a person says nothing.
pub const USUAL_DISTANCE: u8 = 6;
