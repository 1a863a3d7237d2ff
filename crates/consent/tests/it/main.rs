//! The ledger and the outbox on real files, in folders of their own, on a clock of their own.

mod crash;
mod hostile;
mod ledger;
mod outbox;
mod receipt;
mod replay;
mod taken_back;
mod world;
