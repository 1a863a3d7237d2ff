//! The command line.

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use consent::{Outbox, Policy};

use crate::{
    at::Clock,
    confined,
    delay::Delays,
    doctor::Doctor,
    failure::Failure,
    http::Client,
    operated,
    place::Places,
    round::{self, Round},
};

/// Bring what you agreed to, and saw, to the operator you named
#[derive(Debug, Parser)]
#[command(name = "candor-courier", version, arg_required_else_help = true)]
pub(crate) struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Do what is due: ask for tokens and randomness, send what is ready, take back what was withdrawn
    ///
    /// Between two steps of a record one to six hours pass, so that it takes several runs. `candor outbox
    /// list` shows what waits and until when.
    Send(Send),
    /// Show what confines the courier on this machine
    Doctor(Doctor),
}

#[derive(Debug, clap::Args)]
struct Send {
    /// Do not wait between the steps: when a report comes then says more about you
    #[arg(long)]
    at_once: bool,
    /// Print what was done as JSON
    #[arg(long)]
    json: bool,
    /// Go on where this system cannot confine the courier
    #[arg(long)]
    unconfined: bool,
    /// Take this moment for now, in seconds since 1970 (for tests)
    #[arg(long, value_name = "SECONDS", hide = true)]
    now: Option<u64>,
}

impl Cli {
    pub(crate) fn run(self) -> Result<ExitCode, Failure> {
        match self.command {
            Command::Send(send) => send.run(),
            Command::Doctor(doctor) => doctor.run(),
        }
    }
}

impl Send {
    fn run(self) -> Result<ExitCode, Failure> {
        let places = Places::here().ok_or_else(|| {
            Failure::with_help(
                "HOME names no folder",
                "set it to the folder of the person whose outbox this is",
            )
        })?;
        if !places.consent.exists() {
            return self.nothing("nothing was ever agreed to on this machine");
        }
        let Some(operator) = operated::operator(&places)? else {
            return self.nothing("no operator is named on this machine");
        };
        // Whatever is wrong with a policy, it forbids.
        let policy = Policy::of_machine();
        let may_send = matches!(policy, Ok(Policy::Silent));
        let client = Client::with_roots_of_this_machine();

        match sandbox::confine(&confined::rights(&places, &operator)) {
            Ok(held) if held.holds_tcp() => {}
            Ok(_) if self.unconfined => {
                eprintln!(
                    "warning: this kernel does not hold the courier to the ports of the operator"
                );
            }
            Ok(_) => {
                return Err(Failure::with_help(
                    "this kernel does not hold the courier to the ports of the operator, so it sends nothing",
                    "use Linux 6.7 or later, or accept it with --unconfined",
                ));
            }
            Err(error) if self.unconfined => {
                eprintln!("warning: the courier is not confined: {error}");
            }
            Err(error) => {
                return Err(Failure::with_help(
                    format!("the courier cannot be confined, so it sends nothing: {error}"),
                    "use Linux 5.13 or later with Landlock and seccomp, or accept it with --unconfined",
                ));
            }
        }

        let Some(outbox) = Outbox::open_existing(&places.consent)? else {
            return self.nothing("the outbox is empty");
        };
        let delays = match self.at_once {
            true => Delays::None,
            false => Delays::Random,
        };
        let mut round = Round::new(&client, &operator, outbox, Clock::set_to(self.now), delays);
        let done = round.run(may_send)?;
        if let Err(error) = policy {
            eprintln!("warning: {error}");
        }
        Ok(self.say(&done))
    }

    fn nothing(&self, why: &'static str) -> Result<ExitCode, Failure> {
        let done = round::Done {
            nothing_to_do: Some(why),
            ..round::Done::default()
        };
        Ok(self.say(&done))
    }

    fn say(&self, done: &round::Done) -> ExitCode {
        match self.json {
            true => println!("{}", done.to_json()),
            false => print!("{done}"),
        }
        match done.troubles.is_empty() {
            true => ExitCode::SUCCESS,
            false => ExitCode::from(2),
        }
    }
}
