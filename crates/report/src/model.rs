//! What a report is made of, apart from what the tools say themselves.

use std::{collections::BTreeSet, path::PathBuf, time::Duration};

use serde::Serialize;
use tool::{Finding, Moment, Outcome, PathText, Skipped};

/// What leaves this machine while a report is made. This program cannot send:
/// what a person agreed to is sent by the courier, another program, and `candor outbox` shows it.
pub const LEFT_THE_MACHINE: &str = "nothing";

/// Everything one run of a command found out.
#[derive(Debug)]
pub struct Report {
    /// The command as typed after `candor`: `checkup`, `dupes`.
    ///
    /// `checkup` joins several tools; any other command is one tool's.
    pub command: String,
    /// The version of Candor that made it.
    pub version: String,
    /// What was looked at.
    pub machine: Machine,
    /// When it was begun.
    pub made: Moment,
    /// How long it took.
    pub took: Duration,
    /// What the tools say, in reading order.
    pub outcomes: Vec<Outcome>,
    /// What the workers were held to.
    pub confinement: Confinement,
    /// What left the machine during the run: [`LEFT_THE_MACHINE`], unless the courier was started.
    pub left: &'static str,
}

/// The machine that was looked at, as a report names it.
#[derive(Clone, Debug)]
pub struct Machine {
    /// The system, as in the tables: `linux`, `macos`.
    pub platform: String,
    /// `/`, or where the disk that was looked at is mounted.
    pub root: PathBuf,
    /// The folder written as `~`; none when several people's homes were looked at.
    pub home: Option<PathBuf>,
    /// True for the running machine, false for a mounted disk or a copy.
    pub live: bool,
}

/// The sandbox that was in force while files were read.
#[derive(Clone, Debug, Serialize)]
pub struct Confinement {
    /// False when the person asked for a run without it, or some part was missing.
    pub in_force: bool,
    /// What it consists of: `Landlock (ABI 6) and seccomp`; or `unconfined`.
    pub words: String,
}

impl Report {
    /// Returns the findings of all tools: those that ask most first, else in the tools' order.
    #[must_use]
    pub fn findings(&self) -> Vec<&Finding> {
        let mut all: Vec<_> = self.outcomes.iter().flat_map(|it| &it.findings).collect();
        all.sort_by_key(|finding| std::cmp::Reverse(finding.level));
        all
    }

    /// Returns what no tool could look at, sorted by path, each path and reason once.
    #[must_use]
    pub fn skipped(&self) -> Vec<&Skipped> {
        let all: BTreeSet<_> = self.outcomes.iter().flat_map(|it| &it.skipped).collect();
        all.into_iter().collect()
    }
}

impl Serialize for Machine {
    fn serialize<S: serde::Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Form<'a> {
            platform: &'a str,
            root: PathText,
            home: Option<PathText>,
            live: bool,
        }
        let root = self.root.clone().into();
        let home = self.home.clone().map(PathText);
        Form {
            platform: &self.platform,
            root,
            home,
            live: self.live,
        }
        .serialize(out)
    }
}
