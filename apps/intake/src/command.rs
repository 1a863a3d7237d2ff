//! What can be asked on the command line.

mod admin;
mod confine;
mod doctor;
mod keys;
mod log;
mod once;
mod serve;

use std::{error::Error, io::Write, path::PathBuf, process::ExitCode};

use clap::{Args, Parser, Subcommand};
use intake::{
    config::{Config, Layers},
    refusal::chain,
};

/// Receives what people agreed to send, and cannot read it before enough sent the same.
#[derive(Debug, Parser)]
#[command(name = "candor-intake", version, arg_required_else_help = true)]
pub(crate) struct Command {
    #[command(flatten)]
    settings: Settings,
    /// Print the settings as they are, with every default, and end
    #[arg(long)]
    print_config: bool,
    #[command(subcommand)]
    act: Option<Act>,
}

/// Settings above the file and the environment.
#[derive(Debug, Args)]
struct Settings {
    /// Read settings from this file
    #[arg(long, global = true, env = "CANDOR_INTAKE_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,
    /// Keep everything in this folder
    #[arg(long, global = true, value_name = "FOLDER")]
    folder: Option<String>,
    /// Listen at this address
    #[arg(long, global = true, value_name = "ADDRESS:PORT")]
    listen: Option<String>,
    /// Take these roles: receive, randomness, issuer, relay
    #[arg(long, global = true, value_name = "ROLE", value_delimiter = ',')]
    role: Vec<String>,
    /// Set any other key
    #[arg(long, global = true, value_name = "KEY=VALUE")]
    set: Vec<String>,
}

#[derive(Debug, Subcommand)]
enum Act {
    /// Serve, and do what is due by the clock
    Serve(serve::Serve),
    /// Reveal what has enough reports, once, and print it
    Reveal,
    /// Do what is due, once
    Retire,
    /// Look at everything that could be wrong
    Doctor,
    /// Ask the server that runs on this machine
    Admin(admin::Admin),
    /// Check a log
    Log(log::Log),
    /// Print public keys, or carry the issuer's key to another machine
    Keys(keys::Keys),
}

/// What ends the program early, and what may help.
pub(crate) struct Failure {
    error: Box<dyn Error>,
    help: Option<String>,
}

impl<E: Error + 'static> From<E> for Failure {
    fn from(error: E) -> Self {
        Self {
            error: Box::new(error),
            help: None,
        }
    }
}

impl Failure {
    fn new(what: impl Into<String>, help: impl Into<String>) -> Self {
        Self {
            error: what.into().into(),
            help: Some(help.into()),
        }
    }
}

/// Writes to stdout; a reader that has gone away (`| head`) is no fault.
fn say(text: impl std::fmt::Display) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    match write!(out, "{text}").and_then(|()| out.flush()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(()),
    }
}

/// Does what was asked. 0: done, nothing found; 1: something found; 2: not everything could be done.
pub(crate) fn run(command: Command) -> ExitCode {
    match carried_out(command) {
        Ok(code) => ExitCode::from(code),
        Err(failure) => {
            eprintln!("candor-intake: {}", chain(failure.error.as_ref()));
            if let Some(help) = failure.help {
                eprintln!("help: {help}");
            }
            ExitCode::from(2)
        }
    }
}

fn carried_out(command: Command) -> Result<u8, Failure> {
    // A key is checked and printed without any settings.
    if let Some(Act::Log(log)) = &command.act {
        return log::run(log);
    }
    let config = command.settings.config()?;
    if command.print_config {
        say(toml::to_string(&config)?)?;
        return Ok(0);
    }
    match command.act {
        Some(Act::Serve(serve)) => serve::run(&serve, config, command.settings.config.as_deref()),
        Some(Act::Reveal) => once::reveal(config),
        Some(Act::Retire) => once::retire(config),
        Some(Act::Doctor) => doctor::run(config),
        Some(Act::Admin(admin)) => admin::run(&admin, &config),
        Some(Act::Keys(keys)) => keys::run(&keys, config),
        Some(Act::Log(_)) | None => Err(Failure::new(
            "nothing was asked",
            "run `candor-intake --help`",
        )),
    }
}

impl Settings {
    fn config(&self) -> Result<Config, Failure> {
        let mut layers = Layers::default();
        if let Some(path) = &self.config {
            let text = std::fs::read_to_string(path).map_err(|error| {
                let what = format!("cannot read the settings `{}`: {error}", path.display());
                Failure::new(
                    what,
                    "name a file with `--config`, or leave it away for the defaults",
                )
            })?;
            layers.file = Some((path.clone(), text));
        }
        // What is no text is none of ours.
        let variables = std::env::vars_os();
        layers.environment(variables.filter_map(|(name, value)| {
            Some((name.into_string().ok()?, value.into_string().ok()?))
        }));
        if let Some(folder) = &self.folder {
            layers.flag("--folder", "folder", folder);
        }
        if let Some(listen) = &self.listen {
            layers.flag("--listen", "listen", listen);
        }
        if !self.role.is_empty() {
            let roles: Vec<String> = self.role.iter().map(|role| format!("{role:?}")).collect();
            layers.flag("--role", "roles", &format!("[{}]", roles.join(", ")));
        }
        for set in &self.set {
            let Some((key, value)) = set.split_once('=') else {
                let what = format!("`--set {set}` sets nothing");
                return Err(Failure::new(what, "write `--set limits.connections=100`"));
            };
            layers.flag("--set", key, value);
        }
        Ok(layers.config()?)
    }
}
