//! The ledger and the outbox on real files, in folders of their own, on a clock of their own.

#![expect(clippy::unwrap_used, reason = "a test fails by it")]

mod crash;
mod hostile;
mod ledger;
mod outbox;
mod proof;
mod receipt;
mod replay;
mod taken_back;
mod world;
