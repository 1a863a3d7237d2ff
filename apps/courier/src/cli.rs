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
    http::{Client, PATIENCE},
    operated,
    place::Places,
    round::{Done, Round},
    update::Update,
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
    /// Bring public lists in. `candor update` starts it, says on stdin which, and reads what was done
    Update(Update),
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
            Command::Update(update) => update.run(),
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
        // Made where there is none yet: tokens are asked for by everybody who agreed, with or without a record,
        // so that asking tells nothing.
        let outbox = Outbox::open(&places.consent)?;
        let clock = Clock::set_to(self.now);
        // What was taken back goes out also where the operator's file is broken or gone.
        let (named, broken) = match operated::operator(&places) {
            Ok(named) => (named, None),
            Err(failure) => (None, Some(failure)),
        };
        let past = operated::past(&outbox, named.as_ref(), clock.now())?;
        drop(outbox);
        // Whatever is wrong with a policy, it forbids.
        let policy = Policy::of_machine();
        let may_send = matches!(policy, Ok(Policy::Silent));
        let client = Client::with_roots_of_this_machine(PATIENCE);

        let operators = past.operators.iter().chain(&named);
        confined::confine(&confined::rights(&places, operators), self.unconfined)?;

        let delays = match self.at_once {
            true => Delays::None,
            false => Delays::Random,
        };
        let round = |operator| -> Result<Round<'_>, Failure> {
            let outbox = Outbox::open(&places.consent)?;
            Ok(Round::new(&client, operator, outbox, clock, delays))
        };
        let mut done: Option<Done> = None;
        for operator in &past.operators {
            done = Done::both(done, round(operator)?.of_the_past().run(may_send)?);
        }
        if let Some(operator) = &named {
            done = Done::both(done, round(operator)?.run(may_send)?);
        }
        if let Err(error) = policy {
            eprintln!("warning: {error}");
        }
        let mut done =
            done.unwrap_or_else(|| Done::nothing("no operator is named on this machine"));
        if past.lost > 0 {
            done.troubles.push((
                format!("taking back {} reports", past.lost),
                "who got them is not known any more".to_owned(),
            ));
        }
        let outcome = self.say(&done);
        match broken {
            Some(failure) => Err(failure),
            None => Ok(outcome),
        }
    }

    fn nothing(&self, why: &'static str) -> Result<ExitCode, Failure> {
        Ok(self.say(&Done::nothing(why)))
    }

    fn say(&self, done: &Done) -> ExitCode {
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
