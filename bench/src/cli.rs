//! The command line.

use std::{ffi::OsString, fmt, path::PathBuf};

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::unpacking::Case;

/// Candor beside its peers: medians, ratios, and whether each target was met
#[derive(Debug, Parser)]
#[command(version, max_term_width = 100, args_conflicts_with_subcommands = true)]
pub(crate) struct Cli {
    /// What to measure; everything when none is named
    #[arg(value_enum, value_name = "SCENARIO")]
    scenarios: Vec<Name>,
    #[command(flatten)]
    pub(crate) options: Options,
    #[command(subcommand)]
    pub(crate) part: Option<Part>,
}

/// How it is measured, and where.
#[derive(Args, Clone, Debug)]
pub(crate) struct Options {
    /// How large the trees are: tiny proves that it works, small is quick, full is what targets mean
    #[arg(long, value_enum, default_value_t = Scale::Small)]
    pub(crate) scale: Scale,
    /// How often each command runs
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=100))]
    pub(crate) runs: u32,
    /// Where trees and outputs are made [default: `bench` beside the program's folder]
    #[arg(long, value_name = "DIR")]
    pub(crate) work: Option<PathBuf>,
    /// The candor to measure [default: the one beside this program]
    #[arg(long, value_name = "FILE")]
    pub(crate) candor: Option<PathBuf>,
    /// Also write every measurement as JSON
    #[arg(long, value_name = "FILE")]
    pub(crate) json: Option<PathBuf>,
    /// Keep the trees; a later run uses them again
    #[arg(long)]
    pub(crate) keep: bool,
}

impl Cli {
    /// Returns the scenarios to run, each once, in the order of the help.
    pub(crate) fn wanted(&self) -> Vec<Name> {
        let is_wanted = |name: &Name| self.scenarios.is_empty() || self.scenarios.contains(name);
        Name::value_variants()
            .iter()
            .copied()
            .filter(is_wanted)
            .collect()
    }
}

/// A scenario.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Name {
    /// System calls per file, of every duplicate finder
    Syscalls,
    /// Duplicates among many small files, all in the page cache
    SmallWarm,
    /// The second run of candor on the same files, with its memory
    Rerun,
    /// Duplicates among large files in equal pairs
    LargePairs,
    /// Large files of one size that differ in the middle
    SameSizeDifferMiddle,
    /// The same, but they differ where no probe looks
    SameSizeDifferElsewhere,
    /// Duplicates among files of all sizes, nothing in the page cache
    ColdMixed,
    /// Files that share their bytes on the disk
    Reflinked,
    /// Files with large holes
    Sparse,
    /// The disk map of very many files
    Map,
    /// One pass for all tools, against the tools apart
    Checkup,
    /// What BleachBit's rules would act on, in a home folder where all of them find something
    Clean,
    /// The last 24 hours out of a large browser history
    History,
    /// What each program loses when files change, calls fail or a run is cut off
    Losses,
}

impl fmt::Display for Name {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let value = self.to_possible_value().expect("no scenario is skipped");
        out.write_str(value.get_name())
    }
}

/// How large the trees are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Scale {
    Tiny,
    Small,
    Full,
}

impl Scale {
    /// Returns the one of three that belongs to this scale.
    pub(crate) fn pick<T>(self, tiny: T, small: T, full: T) -> T {
        match self {
            Self::Tiny => tiny,
            Self::Small => small,
            Self::Full => full,
        }
    }
}

impl fmt::Display for Scale {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.pick("tiny", "small", "full"))
    }
}

#[derive(Debug, Subcommand)]
pub(crate) enum Part {
    /// Unpack, test and list archives beside the programs that do; in memory (/dev/shm) unless --work
    /// names another folder
    Unpack(Unpack),
    /// Which program brings out which archive of crates/formats/tests/archives
    Parity(Parity),
    /// Only walk a folder and stat every file
    Walk(Floor),
    /// Walk, stat, and read every file that has the size of another once: the floor for duplicates
    Floor(Floor),
    /// Run one command and print what it took, as JSON
    #[command(hide = true)]
    Timed(Timed),
}

#[derive(Args, Debug)]
pub(crate) struct Unpack {
    /// What to measure; everything when none is named
    #[arg(value_enum, value_name = "CASE")]
    pub(crate) cases: Vec<Case>,
    #[command(flatten)]
    pub(crate) options: Options,
}

#[derive(Args, Debug)]
pub(crate) struct Parity {
    /// Write docs/parity.md instead of printing the table
    #[arg(long)]
    pub(crate) write: bool,
    /// The source of Candor [default: the one this program was built from]
    #[arg(long, value_name = "DIR")]
    pub(crate) root: Option<PathBuf>,
    /// Where programs unpack [default: `bench` beside the program's folder]
    #[arg(long, value_name = "DIR")]
    pub(crate) work: Option<PathBuf>,
    /// The candor to try [default: the one beside this program]
    #[arg(long, value_name = "FILE")]
    pub(crate) candor: Option<PathBuf>,
}

#[derive(Args, Debug)]
pub(crate) struct Floor {
    /// The folder
    pub(crate) folder: PathBuf,
    /// How many threads
    #[arg(long, value_name = "N", default_value_t = 2, value_parser = clap::value_parser!(u8).range(1..=64))]
    pub(crate) threads: u8,
}

#[derive(Args, Debug)]
pub(crate) struct Timed {
    /// Where the command's stdout goes; a new file
    #[arg(long)]
    pub(crate) out: PathBuf,
    /// Where the command's stderr goes; a new file
    #[arg(long)]
    pub(crate) err: PathBuf,
    /// The program and its arguments
    #[arg(required = true, trailing_var_arg = true, allow_hyphen_values = true)]
    pub(crate) command: Vec<OsString>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_sound() {
        use clap::CommandFactory;
        Cli::command().debug_assert();
    }

    #[test]
    fn scenarios_and_parts_are_told_apart() {
        let cli = Cli::parse_from(["candor-bench", "map", "syscalls", "--scale", "tiny"]);
        assert_eq!(cli.wanted(), [Name::Syscalls, Name::Map]);
        let cli = Cli::parse_from(["candor-bench", "floor", "somewhere"]);
        assert!(matches!(
            cli.part,
            Some(Part::Floor(Floor { threads: 2, .. }))
        ));
        let cli = Cli::parse_from(["candor-bench", "unpack", "zip", "--runs", "2"]);
        let Some(Part::Unpack(asked)) = cli.part else {
            panic!("`unpack` is a part");
        };
        assert_eq!((asked.cases, asked.options.runs), (vec![Case::Zip], 2));
    }
}
