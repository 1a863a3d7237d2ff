//! What travels between a device that agreed to send and the server that receives.
//!
//! The protocol is candor-star/1; `docs/protocol.md` says it byte by byte, with what each party
//! learns. A report holds one share of a secret: the server can read the reported text only when
//! `K` reports of different tokens said the same. In the order things happen:
//!
//! ```text
//! device                                   server
//! enrol       an install key, once    ──►  enrol::Request::parse, check
//! token       one a lane and epoch    ──►  token::Request::parse ─ IssuerKey::issue
//! randomness  blinded, four at a time ──►  randomness::Request::parse ─ EpochKey::answer
//! share       Prepared::report        ──►  Report::parse ─ Program::admits ─ IssuerKey::redeem
//!                                          reveal   K shares of one tag ─► text, counts
//! withdraw    opens a commitment      ──►  Withdrawal::parse ─ commitment
//! status, log                         ◄──  signed by the server, the same for everyone
//! ```
//!
//! This crate is pure: no clock, no files, no network. Randomness comes in as an argument. No type
//! of the cryptographic crates below stands in its public face.
#![forbid(unsafe_code)]

#[macro_use]
mod silent;

mod bytes;
pub mod enrol;
pub mod fuzz;
mod group;
mod hash;
pub mod log;
pub mod normal;
pub mod note;
#[cfg(feature = "ohttp")]
pub mod ohttp;
pub mod program;
pub mod randomness;
pub mod report;
pub mod reveal;
#[cfg(test)]
mod seeded;
pub mod share;
pub mod status;
pub mod token;
mod units;
pub mod withdraw;

pub use program::{Encoded, Program, Value};
/// The traits of random sources that this crate takes, and `OsRng`.
pub use rand_core;
pub use report::Report;
pub use units::{
    Commitment, Day, Epoch, Lane, Nonce, ProgramHash, ProgramNumber, PublicKey, Tag, Version,
};
