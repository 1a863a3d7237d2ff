//! What a person agrees to, and what waits to be sent.

use clap::{Args, Subcommand};

/// The record, as `candor consent` names it: threat-sighting, usage-count
#[derive(Args, Debug)]
pub(crate) struct Name {
    /// The record: threat-sighting or usage-count
    #[arg(value_name = "NAME")]
    pub(crate) name: String,
}

#[derive(Args, Debug)]
pub(crate) struct Consent {
    #[command(subcommand)]
    pub(crate) act: Option<ConsentAct>,
    #[command(flatten)]
    pub(crate) told: Told,
}

/// Each is about one record alone: nothing is agreed to together with something else.
#[derive(Debug, Subcommand)]
pub(crate) enum ConsentAct {
    /// Show what was agreed to, refused or withdrawn
    Show,
    /// Ask, on the terminal, what was not answered yet; each record by itself
    Ask {
        /// The record; without it, each that was not answered
        #[arg(value_name = "NAME")]
        name: Option<String>,
    },
    /// Refuse to have this record sent
    Refuse(Name),
    /// Agree to have this record sent
    Give(Name),
    /// Take back what was agreed to: empties the outbox at once; the courier's next run has erased what was
    /// sent
    Withdraw(Name),
    /// Show the receipt of what was agreed to
    Receipt(Name),
    /// Withdraw everything, and remove every secret that ties this machine to what was sent
    Forget,
}

#[derive(Args, Debug)]
pub(crate) struct OutboxAsked {
    #[command(subcommand)]
    pub(crate) act: Option<OutboxAct>,
    #[command(flatten)]
    pub(crate) told: Told,
}

#[derive(Debug, Subcommand)]
pub(crate) enum OutboxAct {
    /// Show what waits, what was sent, and what can be withdrawn
    List,
    /// Show a record: its fields in words, and every byte that leaves or left; only then may it leave
    Show {
        /// The record's number
        id: i64,
    },
    /// Drop a record; if it may have left, have it erased there
    Drop {
        /// The record's number
        id: i64,
    },
    /// Show what the operator's public log says of a record that was sent; checked here, without asking anyone
    Proof {
        /// The record's number
        id: i64,
    },
    /// Start the courier, which sends what was shown
    Send,
}

/// How it is told, and when it is.
#[derive(Args, Debug)]
pub(crate) struct Told {
    /// Print JSON instead of text
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// The moment that counts as now (RFC 3339)
    #[arg(long, value_name = "TIME", hide = true, global = true)]
    pub(crate) now: Option<jiff::Timestamp>,
}
