//! The command line. Help, man page and shell completions all come from here.

#[cfg(feature = "clean")]
mod cleaning;
#[cfg(feature = "consent")]
mod consent;
mod hours;
#[cfg(feature = "history")]
mod lists;
#[cfg(any(feature = "clean", feature = "consent", feature = "history"))]
mod schedule;
#[cfg(feature = "similar")]
mod similar;
#[cfg(feature = "unpack")]
mod unpack;

use std::path::PathBuf;

#[cfg(feature = "dupes")]
use clap::ArgGroup;
use clap::{Args, Parser, Subcommand, ValueEnum};

#[cfg(feature = "clean")]
pub(crate) use cleaning::{Also, Away, Cleaning};
#[cfg(feature = "consent")]
pub(crate) use consent::{Consent, ConsentAct, OutboxAct, OutboxAsked};
use hours::hours;
#[cfg(feature = "history")]
pub(crate) use lists::{AskedOfLists, ThreatLists, Update};
#[cfg(any(feature = "clean", feature = "consent", feature = "history"))]
pub(crate) use schedule::{Day, Schedule, What};
#[cfg(feature = "unpack")]
pub(crate) use unpack::{Archives, Preview, Unpack};

/// Device care that shows its hand: it looks, it explains, and it sends nothing you did not agree to
///
/// Exit codes: 0 nothing found, 1 something found, 2 something could not be looked at or done.
#[derive(Debug, Parser)]
#[command(
    version,
    max_term_width = 100,
    subcommand_required = true,
    arg_required_else_help = true
)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Look at everything once: disk, junk, duplicates, browsers, battery
    Checkup(Checkup),
    #[cfg(feature = "clean")]
    /// Show what takes the room: largest folders, largest and oldest files
    Map(Map),
    #[cfg(feature = "clean")]
    /// Show junk, by kind, with the reason; make a plan of what may go
    Clean(Clean),
    #[cfg(feature = "dupes")]
    /// Find files with the same content; make a plan of what may go
    Dupes(Dupes),
    #[cfg(feature = "similar")]
    /// Find pictures that look alike: smaller, turned, mirrored or in another format; or recordings that sound the same
    Similar(similar::Similar),
    #[cfg(feature = "history")]
    /// Check the last hours of every browser against threat lists, on this machine
    History(History),
    #[cfg(feature = "history")]
    /// Show the threat lists, compile them here, allow a host, or say why one is listed
    Lists(ThreatLists),
    #[cfg(feature = "history")]
    /// Bring in threat lists: of the publisher you name, and those you add; then compile them here
    Update(Update),
    #[cfg(feature = "unpack")]
    /// Unpack archives, whatever their names end with, each into one folder or file; nothing that is there is replaced
    Unpack(Unpack),
    #[cfg(feature = "unpack")]
    /// Show what is in archives, whatever their names end with
    List(Archives),
    #[cfg(feature = "unpack")]
    /// Test whether archives come out whole: read all of them, and make no file
    Test(Archives),
    #[cfg(feature = "unpack")]
    /// Show the first bytes of one file in an archive, on stdout
    Preview(Preview),
    #[cfg(feature = "battery")]
    /// Show what the battery is and what it has left
    Battery(Battery),
    #[cfg(feature = "uninstall")]
    /// Show an application and what it left, with the evidence; make a plan of what may go
    Uninstall(crate::commands::uninstall::Uninstall),
    #[cfg(any(feature = "clean", feature = "consent", feature = "history"))]
    /// Write what lets the system show the junk, send what you agreed to, or bring lists in; it never acts
    Schedule(Schedule),
    #[cfg(feature = "acts")]
    /// Show a plan, ask, and carry it out
    Apply(Apply),
    #[cfg(feature = "acts")]
    /// Take back what a run did
    Undo(Undo),
    #[cfg(feature = "acts")]
    /// Remove for good what lay in the quarantine long enough
    Purge(Purge),
    #[cfg(feature = "acts")]
    /// Show what Candor changed, run by run
    Journal(JournalAsked),
    #[cfg(feature = "consent")]
    /// Show and decide what may be sent: nothing, unless you agree to it
    Consent(Consent),
    #[cfg(feature = "consent")]
    /// Show what waits to be sent, byte by byte, and drop it
    Outbox(OutboxAsked),
    /// Show what a tool reads, keeps and sends, from its declaration
    Notice(Notice),
    /// Show what confines Candor's workers on this machine
    Doctor(Doctor),
    /// Print the completions for a shell
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Print the man page of Candor, or of one of its commands
    Man {
        /// The command
        #[arg(value_name = "COMMAND", value_parser = ["checkup", "map", "clean", "dupes", "similar", "history", "lists", "update", "unpack", "list", "test", "preview", "battery", "uninstall", "schedule", "apply", "undo", "purge", "journal", "consent", "outbox", "notice", "doctor", "completions"])]
        page: Option<String>,
    },
}

#[derive(Args, Debug)]
pub(crate) struct Checkup {
    /// Files and folders to look at instead of the home folder
    #[arg(value_name = "PATH")]
    pub(crate) paths: Vec<PathBuf>,
    /// How far back to look in browsers: 24h, 90m, 7d
    #[arg(long, value_name = "TIME", default_value = "24h", value_parser = hours)]
    pub(crate) since: u32,
    #[command(flatten)]
    pub(crate) disk: Disk,
    #[command(flatten)]
    pub(crate) shared: Shared,
}

#[cfg(feature = "clean")]
#[derive(Args, Debug)]
pub(crate) struct Map {
    /// Files and folders to look at instead of the home folder
    #[arg(value_name = "PATH")]
    pub(crate) paths: Vec<PathBuf>,
    /// Ask of every file which bytes it shares, however small (btrfs, XFS, bcachefs)
    #[arg(long)]
    pub(crate) exclusive: bool,
    #[command(flatten)]
    pub(crate) shared: Shared,
}

#[cfg(feature = "clean")]
#[derive(Args, Debug)]
pub(crate) struct Clean {
    /// Files and folders to look at instead of the home folder and the system's caches
    #[arg(value_name = "PATH")]
    pub(crate) paths: Vec<PathBuf>,
    #[cfg(feature = "uninstall")]
    /// Show what applications left that are gone, instead of junk; it takes --plan and --act
    #[arg(long, conflicts_with_all = ["paths", "also", "never", "choose", "kind", "not_kind", "cleanerml"])]
    pub(crate) orphans: bool,
    #[command(flatten)]
    pub(crate) rules: crate::commands::cleanerml::CleanerMl,
    #[command(flatten)]
    pub(crate) shared: Shared,
    // Last: its heading holds for all that follows.
    #[command(flatten)]
    pub(crate) cleaning: Cleaning,
}

#[cfg(feature = "dupes")]
#[derive(Args, Debug)]
pub(crate) struct Dupes {
    /// Files and folders to compare
    #[arg(value_name = "PATH", required = true)]
    pub(crate) paths: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) disk: Disk,
    /// Print groups as fdupes and jdupes do: a path a line, an empty line between groups
    #[arg(long, conflicts_with_all = ["json", "html"])]
    pub(crate) fdupes: bool,
    #[command(flatten)]
    pub(crate) shared: Shared,
    // Last: its heading holds for all that follows.
    #[command(flatten)]
    pub(crate) selection: Selection,
}

/// Which copies go, for a plan.
#[cfg(feature = "dupes")]
#[derive(Args, Debug)]
#[command(
    next_help_heading = "Plan",
    group = ArgGroup::new("wanted").args(["plan", "choose"]).multiple(true),
    group = ArgGroup::new("how").args(["act", "choose"]).multiple(true),
)]
pub(crate) struct Selection {
    /// Choose in a full-screen list what goes; it begins with what the rules say
    #[arg(long)]
    pub(crate) choose: bool,
    /// Write a plan of what goes to this file; `candor apply` carries it out
    #[arg(long, value_name = "FILE", requires = "how")]
    pub(crate) plan: Option<PathBuf>,
    /// What is to be done with the copies that do not stay; with --choose the trash unless another is named
    #[arg(long, value_enum, value_name = "ACT", requires = "wanted")]
    pub(crate) act: Option<Act>,
    /// What makes a copy stay; several rules: the first that tells two copies apart decides
    #[arg(long, value_name = "RULE", requires = "wanted", value_parser = rules(), value_delimiter = ',')]
    pub(crate) keep: Vec<dupes::Rule>,
    /// Copies below this folder stay rather than others
    #[arg(long, value_name = "FOLDER", requires = "wanted")]
    pub(crate) prefer: Vec<PathBuf>,
    /// Copies whose whole path fits this regular expression stay rather than others
    #[arg(long, value_name = "REGEX", requires = "wanted")]
    pub(crate) prefer_matching: Vec<String>,
    /// Only copies whose name or whole path fits this glob may go
    #[arg(long, value_name = "GLOB", requires = "wanted")]
    pub(crate) only: Vec<String>,
    /// Copies whose name or whole path fits this glob never go
    #[arg(long, value_name = "GLOB", requires = "wanted")]
    pub(crate) never: Vec<String>,
    /// Groups with a copy at or below this path stay whole
    #[arg(long, value_name = "PATH", requires = "wanted")]
    pub(crate) lock: Vec<PathBuf>,
    /// How many copies of each group stay
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) at_least: u16,
    /// Copies below the same PATH are no copies of each other
    #[arg(long, requires = "wanted")]
    pub(crate) isolate: bool,
    /// Let folders that hold the same go as a whole: trash, quarantine and remove only; it needs --plan
    #[arg(long, conflicts_with = "choose")]
    pub(crate) folders: bool,
    /// Let parts of repositories, installed packages and programs' own data go singly too
    #[arg(long, requires = "wanted")]
    pub(crate) parts: bool,
}

/// The acts of a plan that a command line can ask for.
#[cfg(feature = "dupes")]
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Act {
    /// Move them to the trash
    Trash,
    /// Move them to Candor's quarantine
    Quarantine,
    /// Remove them for good; this cannot be undone
    Remove,
    /// Replace them by hard links to the copy that stays
    Hardlink,
    /// Let them share the bytes of the copy that stays (btrfs, XFS, bcachefs)
    Reflink,
}

#[cfg(feature = "dupes")]
fn rules() -> impl clap::builder::TypedValueParser<Value = dupes::Rule> {
    use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
    let value =
        |row: &(dupes::Rule, &'static str, &'static str)| PossibleValue::new(row.1).help(row.2);
    PossibleValuesParser::new(dupes::Rule::ALL.iter().map(value))
        .try_map(|name| name.parse::<dupes::Rule>())
}

/// How many days the quarantine keeps things when nobody says.
#[cfg(feature = "acts")]
pub(crate) const KEEP_DAYS: u16 = 30;

#[cfg(feature = "acts")]
#[derive(Args, Debug)]
pub(crate) struct Apply {
    /// The plan
    #[arg(value_name = "PLAN")]
    pub(crate) plan: PathBuf,
    /// How many days the quarantine keeps what is moved there; then `candor purge` may remove it
    #[arg(long, value_name = "DAYS", default_value_t = KEEP_DAYS)]
    pub(crate) keep_days: u16,
    #[command(flatten)]
    pub(crate) sure: Sure,
}

#[cfg(feature = "acts")]
#[derive(Args, Debug)]
pub(crate) struct Undo {
    /// The run, as `candor journal` names it; without it, the last that is not undone
    #[arg(value_name = "RUN")]
    pub(crate) run: Option<String>,
    /// Take back the last run that is not undone
    #[arg(long, conflicts_with = "run")]
    pub(crate) last: bool,
    #[command(flatten)]
    pub(crate) sure: Sure,
}

#[cfg(feature = "acts")]
#[derive(Args, Debug)]
pub(crate) struct Purge {
    /// The run, as `candor journal` names it, whether its time has come or not; without it, every run
    /// whose time has come
    #[arg(value_name = "RUN")]
    pub(crate) run: Option<String>,
    #[command(flatten)]
    pub(crate) sure: Sure,
}

#[cfg(feature = "acts")]
#[derive(Args, Debug)]
pub(crate) struct JournalAsked {
    /// Show the steps of this run
    #[arg(value_name = "RUN")]
    pub(crate) run: Option<String>,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
    /// Run without the sandbox
    #[arg(long)]
    pub(crate) unconfined: bool,
}

/// Options of commands that change something.
#[cfg(feature = "acts")]
#[derive(Args, Debug)]
pub(crate) struct Sure {
    /// Do not ask
    #[arg(long, short)]
    pub(crate) yes: bool,
    /// Print JSON instead of text; it shows no plan beforehand
    #[arg(long)]
    pub(crate) json: bool,
    /// Run without the sandbox
    #[arg(long)]
    pub(crate) unconfined: bool,
}

#[cfg(feature = "history")]
#[derive(Args, Debug)]
pub(crate) struct History {
    /// How far back to look: 24h, 90m, 7d
    #[arg(long, value_name = "TIME", default_value = "24h", value_parser = hours)]
    pub(crate) since: u32,
    #[command(flatten)]
    pub(crate) shared: Shared,
}

#[cfg(feature = "battery")]
#[derive(Args, Debug)]
pub(crate) struct Battery {
    #[command(flatten)]
    pub(crate) shared: Shared,
}

#[derive(Args, Debug)]
pub(crate) struct Notice {
    /// The tool
    #[arg(value_parser = crate::commands::tools())]
    pub(crate) tool: String,
    /// Print JSON: the notice, its parts and the declaration's hash
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args, Debug)]
pub(crate) struct Doctor {
    /// Start a confined worker that tries to break out, and show what it was denied
    #[arg(long)]
    pub(crate) prove: bool,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// Options of commands that compare files.
#[derive(Args, Debug)]
pub(crate) struct Disk {
    /// Leave files smaller than this many bytes out of the comparison
    #[arg(long, value_name = "BYTES", default_value_t = 1)]
    pub(crate) min_size: u64,
    /// Do not use or keep the memory of earlier comparisons
    #[arg(long)]
    pub(crate) no_memory: bool,
    /// Keep the memory of comparisons in this file instead of the cache folder
    #[arg(long, value_name = "FILE", conflicts_with = "no_memory")]
    pub(crate) memory: Option<PathBuf>,
}

/// Options of every command that looks.
#[derive(Args, Debug)]
pub(crate) struct Shared {
    /// Print JSON instead of text
    #[arg(long)]
    pub(crate) json: bool,
    /// Also write the report as a web page that needs nothing else
    #[arg(long, value_name = "FILE")]
    pub(crate) html: Option<PathBuf>,
    /// Look at the machine whose disk is mounted or copied here, instead of this one
    #[arg(long, value_name = "DIR", requires = "platform")]
    pub(crate) root: Option<PathBuf>,
    /// The system on that disk
    #[arg(long, value_enum, requires = "root")]
    pub(crate) platform: Option<Platform>,
    /// Run without the sandbox; every report says so
    #[arg(long)]
    pub(crate) unconfined: bool,
    /// Use this many threads instead of one per processor and more on slow disks
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(1..=16))]
    pub(crate) threads: Option<u8>,
    /// When to use colour
    #[arg(long, value_enum, value_name = "WHEN", default_value_t = Colour::Auto)]
    pub(crate) color: Colour,
    /// The moment that ages are counted back from, instead of now (RFC 3339)
    #[arg(long, value_name = "TIME", hide = true)]
    pub(crate) now: Option<jiff::Timestamp>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Platform {
    Linux,
    Macos,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Colour {
    Auto,
    Always,
    Never,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_sound() {
        use clap::CommandFactory;
        Cli::command().debug_assert();
    }
}
