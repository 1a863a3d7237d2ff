//! The suite: `candor checkup` and the tools alone.
//!
//! This process is the broker. It talks to the person, starts a confined worker for each job and
//! draws what comes back; it parses no file of the person. A worker is this same program started
//! again as `candor worker`, see [`worker`].
#![forbid(unsafe_code)]

#[cfg(feature = "acts")]
mod actor;
mod broker;
mod cli;
mod commands;
#[cfg(feature = "consent")]
mod consents;
#[cfg(any(feature = "consent", feature = "history"))]
mod courier;
mod failure;
mod frames;
mod held;
#[cfg(feature = "unpack")]
mod interrupt;
mod job;
#[cfg(feature = "clean")]
mod keep;
#[cfg(feature = "history")]
mod lists;
mod machine;
#[cfg(feature = "unpack")]
mod password;
#[cfg(feature = "acts")]
mod plans;
#[cfg(any(feature = "clean", feature = "dupes", feature = "similar"))]
mod private;
#[cfg(any(feature = "acts", feature = "consent", feature = "history"))]
mod regular;
#[cfg(feature = "acts")]
mod running;
mod state;
mod stdout;
mod terminal;
#[cfg(feature = "consent")]
mod usage;
#[cfg(feature = "acts")]
mod vouch;
mod worker;
#[cfg(any(feature = "clean", feature = "consent", feature = "history"))]
mod written;

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    // A worker must confine itself before anything else is done in its process.
    if std::env::args_os()
        .nth(1)
        .is_some_and(|word| word == worker::WORD)
    {
        return worker::main();
    }
    let done = commands::run(cli::Cli::parse());
    match done {
        Ok(ending) => ending.into(),
        Err(failure) => {
            eprint!("{failure}");
            failure::Ending::Incomplete.into()
        }
    }
}
