//! `candor-intake log verify`

use std::path::PathBuf;

use clap::{Args, Subcommand};
use intake::{log, overview};
use wire::note::Verifier;

use super::{Failure, say};

#[derive(Debug, Args)]
pub(super) struct Log {
    #[command(subcommand)]
    act: LogAct,
}

#[derive(Debug, Subcommand)]
enum LogAct {
    /// Check a copy of a log, leaf by leaf, without any network, and print what it says
    Verify {
        /// The folder with `checkpoint` and `tile`
        copy: PathBuf,
        /// The key of the log: `name+hash+key`
        key: Verifier,
    },
}

pub(super) fn run(log: &Log) -> Result<u8, Failure> {
    let LogAct::Verify { copy, key } = &log.act;
    let leaves = log::verify(copy, key)?;
    for (index, leaf) in leaves.iter().enumerate() {
        let what = overview::said(&leaf.event, &[]);
        say(format_args!(
            "{index}\t{}\t{what}\n",
            overview::moment(leaf.at)
        ))?;
    }
    eprintln!("{} leaves, all under the signed checkpoint", leaves.len());
    Ok(0)
}
