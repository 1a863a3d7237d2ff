//! The options of `candor lists`.

use clap::{Args, Subcommand};

use super::Shared;

/// What stands below the help, and in the man page.
const OWN_LISTS: &str = "\
Lists of your own stand in `candor/lists.toml` in the config folder, one `[[list]]` each, with the keys \
`name`, `url` or `file`, `form` (hosts, domains, urls, adblock, csv, json, maltrail, ips), `licence` and \
`category`. docs/lists.md has the others.";

#[derive(Args, Debug)]
#[command(args_conflicts_with_subcommands = true, after_help = OWN_LISTS)]
pub(crate) struct ThreatLists {
    #[command(subcommand)]
    pub(crate) asked: Option<AskedOfLists>,
    #[command(flatten)]
    pub(crate) shared: Shared,
}

#[derive(Debug, Subcommand)]
pub(crate) enum AskedOfLists {
    /// Show which lists serve, with their days and licences, and what you allow
    Show {
        #[command(flatten)]
        shared: Shared,
    },
    /// Make the list file anew out of the raw lists on this machine; a confined worker reads them
    Compile {
        #[command(flatten)]
        shared: Shared,
    },
    /// Let a host and everything below it pass, whatever lists say
    Allow {
        /// The host
        #[arg(value_name = "HOST")]
        host: String,
        /// Take it off the allow-list instead
        #[arg(long)]
        remove: bool,
        #[command(flatten)]
        shared: Shared,
    },
    /// Show what each list says of a host or an address, with entry and day, and what follows
    Explain {
        /// The host or address
        #[arg(value_name = "HOST|URL")]
        address: String,
        #[command(flatten)]
        shared: Shared,
    },
}

/// What stands below the help, and in the man page.
const UPDATING: &str = "\
Whose releases are taken stands in `candor/update.toml` in the config folder, or `/etc/candor/update.toml`: \
`key` and `mirrors`, as the publisher gives them. Nobody is named until you name somebody. Lists of your own that \
have a `url` are fetched as well. `candor-courier` asks, and asks the same for everyone; docs/lists.md says what \
a mirror learns.";

#[derive(Args, Debug)]
#[command(after_help = UPDATING)]
pub(crate) struct Update {
    #[command(flatten)]
    pub(crate) shared: Shared,
}
