//! What the command line says of junk: which is looked for, and which goes.

use std::path::PathBuf;

use clap::{ArgGroup, Args, ValueEnum};

/// Which junk is looked for, and which goes, for a plan.
#[derive(Args, Debug)]
#[command(
    next_help_heading = "Plan",
    group = ArgGroup::new("wanted").args(["plan", "choose"]).multiple(true),
    group = ArgGroup::new("how").args(["act", "choose"]).multiple(true),
)]
pub(crate) struct Cleaning {
    /// Look for these too, in folders whose names are your own; a plan takes them
    #[arg(long, value_enum, value_name = "WHAT", value_delimiter = ',')]
    pub(crate) also: Vec<Also>,
    /// What fits this path or glob stays, beside the lines of the file `keep` in the config folder
    #[arg(long, value_name = "GLOB")]
    pub(crate) never: Vec<String>,
    /// Choose in a full-screen list what goes; it begins with what is ticked
    #[arg(long, conflicts_with = "cleanerml")]
    pub(crate) choose: bool,
    /// Write a plan of what is ticked to this file; `candor apply` carries it out
    #[arg(long, value_name = "FILE", requires = "how")]
    pub(crate) plan: Option<PathBuf>,
    /// What is to be done with it; with --choose the trash unless another is named
    #[arg(long, value_enum, value_name = "ACT", requires = "wanted")]
    pub(crate) act: Option<Away>,
    /// Take these kinds instead of those that are ticked: an id such as linux.thumbnails, or the start of
    /// several, such as project
    #[arg(long, value_name = "ID", requires = "wanted", value_delimiter = ',')]
    pub(crate) kind: Vec<String>,
    /// Leave these kinds out
    #[arg(long, value_name = "ID", requires = "wanted", value_delimiter = ',')]
    pub(crate) not_kind: Vec<String>,
}

/// What no row can name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Also {
    /// Folders that hold nothing but empty folders
    EmptyFolders,
    /// Links to what is not there
    BrokenLinks,
}

/// The acts of a plan that take something away.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Away {
    /// Move it to the trash
    Trash,
    /// Move it to Candor's quarantine, which `candor purge` empties after some days
    Quarantine,
    /// Remove it for good; this cannot be undone
    Remove,
}
