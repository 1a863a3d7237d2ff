//! Everything that travels, through the public face: made, read, changed, refused.

#![allow(
    clippy::unwrap_used,
    reason = "what helps a test may fail as a test does"
)]

mod codecs;
mod exchange;
mod log;
mod made;
mod normal;
#[cfg(feature = "ohttp")]
mod oblivious;
#[cfg(feature = "ohttp")]
mod ohttp;
mod program;
mod release;
#[path = "../../src/seeded.rs"]
mod seeded;
mod seeds;
mod status;
mod tree;
