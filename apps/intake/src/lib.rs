//! Receives what people agreed to send, and cannot read it before enough sent the same.
//!
//! One process, one folder. In the order in which a report meets them:
//!
//! ```text
//! serve     a bounded listener ─► sealed message opened ─► inner: which program, version, epoch, token
//! store     one file for each program, epoch and day, sealed with a key of its own; answered after fsync
//! reveal    tags with enough reports ─► texts and counts
//! retire    keys made and destroyed, days sealed and erased, by calendar and clock
//! log       what was done with keys and data, append-only, signed
//! vault     every key, in one file that is in no backup
//! ```
//!
//! What both ends agree on is in `candor-wire`, and why it holds in `docs/protocol.md`. How to run it:
//! `docs/operate-intake.md`.
#![forbid(unsafe_code)]

pub mod calendar;
pub mod clock;
pub mod closing;
pub mod config;
pub mod elsewhere;
pub mod gateway;
pub mod inner;
pub mod intake;
pub mod issuer;
pub mod log;
pub mod meta;
pub mod meters;
mod network;
pub mod openapi;
pub mod overview;
pub mod pace;
pub mod pages;
pub mod place;
pub mod programs;
pub mod proven;
pub mod refusal;
pub mod reserve;
pub mod retire;
pub mod reveal;
pub mod serve;
pub mod status;
pub mod store;
pub mod vault;
