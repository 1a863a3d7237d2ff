//! `candor-intake keys`

use std::{
    fs::OpenOptions,
    io::{Read, Write},
    os::unix::fs::OpenOptionsExt,
    path::PathBuf,
};

use clap::{Args, Subcommand};
use intake::{
    clock::Clock, config::Config, intake::Intake, serve::public::PublicKeys, vault::Secret,
};
use zeroize::Zeroizing;

use super::{Failure, say};

#[derive(Debug, Args)]
pub(super) struct Keys {
    #[command(subcommand)]
    act: Option<KeysAct>,
}

#[derive(Debug, Subcommand)]
enum KeysAct {
    /// Write the issuer's key to a new file, for a server that checks tokens on another machine
    ExportIssuer {
        /// The file, which must not be there yet
        file: PathBuf,
    },
    /// Take the issuer's key from a file
    ImportIssuer {
        /// The file
        file: PathBuf,
    },
}

pub(super) fn run(keys: &Keys, config: Config) -> Result<u8, Failure> {
    let intake = Intake::open(config, Clock::System)?;
    match &keys.act {
        None => {
            let keys = serde_json::to_string_pretty(&PublicKeys::of(&intake))?;
            say(format_args!("{keys}\n"))?;
        }
        Some(KeysAct::ExportIssuer { file }) => {
            let key = intake.vault.get("issuer");
            let key =
                key.ok_or_else(|| Failure::new("there is no issuer's key", "run `serve` once"))?;
            OpenOptions::new()
                .write(true)
                .create_new(true)
                .mode(0o600)
                .open(file)?
                .write_all(key.bytes())?;
            eprintln!("who has this file can make tokens: carry it safely, and remove it");
        }
        Some(KeysAct::ImportIssuer { file }) => {
            let mut bytes = Zeroizing::new(Vec::with_capacity(64));
            let taken = std::fs::File::open(file)?
                .take(33)
                .read_to_end(&mut bytes)?;
            if taken != 32 {
                let what = format!("`{}` is no issuer's key", file.display());
                return Err(Failure::new(
                    what,
                    "take the file that `keys export-issuer` wrote",
                ));
            }
            intake.vault.put("issuer", Secret::new(bytes.to_vec()))?;
        }
    }
    Ok(0)
}
