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
//! release     lists, nothing is asked ◄──  signed by a publisher, the same for everyone
//! ```
//!
//! What a person's own program needs of it (programs, the normal form, the log and its proofs) stands
//! without the feature `star`; the sharing itself is the courier's and the server's.
//!
//! This crate is pure: no clock, no files, no network. Randomness comes in as an argument. No type
//! of the cryptographic crates below stands in its public face.
#![forbid(unsafe_code)]

#[macro_use]
mod silent;

#[cfg(feature = "star")]
mod bytes;
#[cfg(feature = "star")]
pub mod enrol;
#[cfg(feature = "star")]
pub mod fuzz;
#[cfg(feature = "star")]
mod group;
mod hash;
pub mod log;
pub mod normal;
pub mod note;
#[cfg(feature = "ohttp")]
pub mod ohttp;
pub mod program;
#[cfg(feature = "star")]
pub mod randomness;
pub mod release;
#[cfg(feature = "star")]
pub mod report;
#[cfg(feature = "star")]
pub mod reveal;
#[cfg(all(test, feature = "star"))]
mod seeded;
#[cfg(feature = "star")]
pub mod share;
pub mod status;
#[cfg(feature = "star")]
pub mod token;
mod units;
#[cfg(feature = "star")]
pub mod withdraw;

pub use program::{Encoded, Program, Value};
/// The traits of random sources that this crate takes, and `OsRng`.
#[cfg(feature = "star")]
pub use rand_core;
#[cfg(feature = "star")]
pub use report::Report;
pub use units::{
    Commitment, Day, Digest, Epoch, Lane, Nonce, ProgramHash, ProgramNumber, PublicKey, Tag,
    Version,
};
