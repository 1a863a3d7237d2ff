//! Tests of all readers on files made here, and on recorded profiles when they are at hand.

#![allow(
    clippy::unwrap_used,
    reason = "what helps a test may fail as a test does"
)]

mod archives;
mod beside;
mod carried;
mod compound;
mod cost;
mod hostile;
mod images;
mod journal;
mod lists;
mod live;
mod mac;
mod made;
mod mutations;
mod old;
mod parts;
mod profiles;
mod sit;
mod wal;
