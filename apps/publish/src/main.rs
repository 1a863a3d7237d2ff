//! Makes releases of threat lists: files that any web server can give out, and a note that a publisher
//! signed. Nothing here uses a network.
//!
//! ```text
//! raw lists + lists.toml ─► compiled on trial ─► packed, and as deltas ─► WEB/z/SHA256
//!                                                description, note     ─► WEB/z/SHA256, WEB/release
//! ```
//!
//! What a device does with a release: `candor update`, docs/lists.md.
#![forbid(unsafe_code)]

mod check;
mod describe;
mod key;
mod pack;
mod release;
mod web;

use std::{error::Error, process::ExitCode};

use clap::{Parser, Subcommand};

/// Make releases of threat lists, for any web server
///
/// Exit codes: 0 done, 2 not done.
#[derive(Debug, Parser)]
#[command(name = "candor-publish", version, arg_required_else_help = true)]
struct Cli {
    #[command(subcommand)]
    act: Act,
}

#[derive(Debug, Subcommand)]
enum Act {
    /// Make a publisher's key, and print what checks its signatures
    Key(key::Key),
    /// Make a release out of raw lists and their `lists.toml`
    Release(release::Make),
    /// Check that all that belongs to a release is there and right
    Check(check::Check),
}

/// What ends the program early.
#[derive(Debug, thiserror::Error)]
#[error("{what}")]
struct Failure {
    what: String,
    help: &'static str,
    #[source]
    source: Option<Box<dyn Error>>,
}

impl Failure {
    fn new(what: impl Into<String>, help: &'static str) -> Self {
        Self {
            what: what.into(),
            help,
            source: None,
        }
    }

    fn because(mut self, error: impl Into<Box<dyn Error>>) -> Self {
        self.source = Some(error.into());
        self
    }
}

fn main() -> ExitCode {
    let done = match Cli::parse().act {
        Act::Key(key) => key.run(),
        Act::Release(make) => make.run(),
        Act::Check(check) => check.run(),
    };
    let Err(failure) = done else {
        return ExitCode::SUCCESS;
    };
    eprint!("candor-publish: {failure}");
    let mut cause = failure.source();
    while let Some(error) = cause {
        eprint!(": {error}");
        cause = error.source();
    }
    eprintln!("\nhelp: {}", failure.help);
    ExitCode::from(2)
}
