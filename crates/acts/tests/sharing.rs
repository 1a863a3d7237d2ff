//! File systems whose files can share their bytes. A program of its own, as `faults` is.
#![expect(clippy::unwrap_used, reason = "in a test, also in what it calls")]

// What the rest of Candor calls it.
extern crate candor_acts as acts;

#[path = "acts/sharing.rs"]
mod sharing;
#[path = "acts/world.rs"]
#[allow(dead_code, reason = "the other tests use the rest of it")]
mod world;
