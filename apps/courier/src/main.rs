//! The courier: the one program of Candor that uses a network.
//!
//! It brings what a person agreed to and was shown from the outbox to the operator that was named, through
//! a relay, and takes back what was withdrawn. It links no reader of files: what it sends is what lies in
//! the outbox, byte by byte as `candor outbox show` prints it. Before the first byte is sent it gives up
//! the home folder, other programs and every TCP port but those of the operator.
//!
//! ```text
//! operator.toml, policy.toml, CA roots ─► read
//! sandbox::confine                     ─► from here on: the outbox, the ports, names
//! round                                ─► status ─ tokens ─ withdrawals ─ records ─ proofs
//! ```
#![forbid(unsafe_code)]

mod address;
mod at;
mod cli;
mod confined;
mod delay;
mod doctor;
mod failure;
mod http;
mod oblivious;
mod operated;
mod place;
mod round;
mod update;

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    match cli::Cli::parse().run() {
        Ok(outcome) => outcome,
        Err(failure) => {
            eprint!("{failure}");
            ExitCode::from(2)
        }
    }
}
