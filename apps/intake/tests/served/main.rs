//! The server as devices, relays, administrators and attackers meet it, on loopback.
#![expect(clippy::unwrap_used, reason = "tests say what they expect by failing")]

mod administrators;
mod attacks;
mod device;
mod honest;
mod life;
mod process;
mod slow;
