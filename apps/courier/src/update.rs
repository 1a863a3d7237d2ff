//! Public lists are brought in: the release of a publisher, and lists that a person adds. The same requests
//! for everyone: nothing of this machine is in them, and the outbox cannot be opened from here.
//!
//! ```text
//! plan (stdin)         where raw lists lie, publisher and mirrors, addresses of own lists
//! publisher            release ─ is it signed, newer, not too old ─► blobs ─ unpacked ─► raw/f/SHA256
//! own                  one request an address ─► raw/own/ID
//! store                whole files under their hash; lists.toml last, in one rename
//! ```

mod blob;
mod own;
mod plan;
mod publisher;
mod store;
mod told;
mod unpack;

use std::{io, process::ExitCode, time::Duration};

use sandbox::Rights;

use self::{plan::Plan, store::Store, told::Progress};
pub(crate) use self::{publisher::Brought, told::Done};
use crate::{at::Clock, confined, failure::Failure, http::Client};

/// The longest that a release or its description may take.
const PATIENCE: Duration = Duration::from_secs(60);

#[derive(Debug, clap::Args)]
pub(crate) struct Update {
    /// Go on where this system cannot confine the courier
    #[arg(long)]
    unconfined: bool,
    /// Take this moment for now, in seconds since 1970 (for tests)
    #[arg(long, value_name = "SECONDS", hide = true)]
    now: Option<u64>,
}

impl Update {
    pub(crate) fn run(self) -> Result<ExitCode, Failure> {
        let plan = Plan::read(&mut io::stdin().lock())?;
        let store = Store::at(&plan.raw)?;
        let client = Client::with_roots_of_this_machine(PATIENCE);
        let rights = Rights {
            read: confined::resolver(),
            write: vec![plan.raw.clone()],
            lock: true,
            connect: plan.ports(),
            ..Rights::default()
        };
        confined::confine(&rights, self.unconfined)?;
        let _lock = store.locked()?;
        let mut done = Done::default();
        let mut progress = Progress::of_terminal();
        if let Some(publisher) = &plan.publisher {
            let now = Clock::set_to(self.now).now();
            publisher::bring(publisher, &store, &client, now, &mut progress, &mut done);
        }
        for list in &plan.own {
            own::bring(list, &store, &client, &mut progress, &mut done);
        }
        store.sweep(&plan, &mut done);
        progress.end();
        println!("{}", done.to_json());
        Ok(match done.troubles.is_empty() {
            true => ExitCode::SUCCESS,
            false => ExitCode::from(2),
        })
    }
}
