//! What a look at a battery says, from pretend machines.
#![allow(clippy::unwrap_used, reason = "only tests are here")]

mod broken;
mod linux;
mod macos;
mod pretend;
mod shared;
