//! Plans against a disk that changes under them: nothing is lost, and what is refused says why.
#![expect(clippy::unwrap_used, reason = "in a test, also in what it calls")]

// What the rest of Candor calls it.
extern crate candor_acts as acts;

#[path = "acts/bins.rs"]
mod bins;
#[path = "acts/folders.rs"]
mod folders;
#[path = "acts/hostile.rs"]
mod hostile;
#[path = "acts/in_use.rs"]
mod in_use;
#[path = "acts/losses.rs"]
mod losses;
#[path = "acts/purge.rs"]
mod purge;
#[path = "acts/race.rs"]
mod race;
#[path = "acts/recovery.rs"]
mod recovery;
#[path = "acts/undo.rs"]
mod undo;
#[path = "acts/world.rs"]
mod world;
