//! Runs that are ended, and calls that fail. A program of its own: what it starts would hold, for a moment,
//! what other tests have open.
#![expect(clippy::unwrap_used, reason = "in a test, also in what it calls")]

// What the rest of Candor calls it.
extern crate candor_acts as acts;

#[path = "acts/faults.rs"]
mod faults;
#[path = "acts/world.rs"]
#[allow(dead_code, reason = "the other tests use the rest of it")]
mod world;
