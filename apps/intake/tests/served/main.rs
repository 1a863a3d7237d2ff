//! The server as devices, relays, administrators and attackers meet it, on loopback.
#![expect(clippy::unwrap_used, reason = "tests say what they expect by failing")]

mod administrators;
mod attacks;
mod cut;
mod damaged;
mod device;
mod elsewhere;
mod encrypted;
mod faults;
mod full;
mod gateway_keys;
mod honest;
mod life;
mod lost;
mod poison;
mod process;
mod program;
mod simulated;
mod slow;
mod unsaid;
