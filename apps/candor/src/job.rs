//! What a worker is asked to do. The broker writes it, the worker reads it, nobody else.

#[cfg(feature = "clean")]
use std::collections::BTreeMap;
use std::path::PathBuf;

use sandbox::{Ground, Rights};
use serde::{Deserialize, Serialize};
use tool::Machine;

#[cfg(feature = "acts")]
use crate::actor::Acting;

/// One worker's whole life.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Order {
    /// The paths it may read; everything else is closed to it.
    pub(crate) rights: Rights,
    /// False only when the person asked for a run without the sandbox.
    pub(crate) confined: bool,
    /// Whether the long lists of the tools are wanted: for JSON only.
    pub(crate) lists: bool,
    pub(crate) job: Job,
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum Job {
    /// The one pass over the disk, for one tool or several.
    Pass(Box<Pass>),
    /// The browser check.
    #[cfg(feature = "history")]
    History {
        machine: Machine,
        discovered: history::Discovered,
        window_hours: u32,
        shelf: history::Sources,
    },
    /// Threat lists: show them, make a list file of raw ones, or say why an address is listed.
    #[cfg(feature = "history")]
    Lists {
        now: tool::Moment,
        shelf: history::Sources,
        asked: AboutLists,
    },
    /// The battery.
    #[cfg(feature = "battery")]
    Battery {
        machine: Machine,
        reads: battery::Reads,
        /// What the system's programs said of the battery, on a Mac.
        ioreg: Option<Vec<u8>>,
        system_profiler: Option<Vec<u8>>,
    },
    /// An application and what it left, or what applications left that are gone.
    #[cfg(feature = "uninstall")]
    Uninstall {
        machine: Machine,
        asked: uninstall::Asked,
        /// Whether a plan is to be made of what is found.
        plan: bool,
    },
    /// What is in archives, and whether it comes out whole.
    #[cfg(feature = "unpack")]
    Archives(unpack::Asked),
    /// The first bytes of an entry of an archive.
    #[cfg(feature = "unpack")]
    Preview(unpack::Previewing),
    /// An archive, unpacked.
    #[cfg(feature = "unpack")]
    Unpack(unpack::Unpacking),
    /// What BleachBit's rules would act on.
    #[cfg(feature = "clean")]
    CleanerMl {
        machine: Machine,
        input: Box<clean::cleanerml::Input>,
    },
    #[cfg(feature = "acts")]
    /// Carries out a plan, undoes a run, or brings one that was cut off to its end.
    Act(Box<Acting>),
    /// Tries to break out.
    Prove(Ground),
}

/// What is asked about threat lists.
#[cfg(feature = "history")]
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum AboutLists {
    Show,
    Compile(history::lists::Input),
    Explain(String),
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Pass {
    pub(crate) machine: Machine,
    pub(crate) roots: Vec<tool::PathText>,
    /// Places outside the roots that only the search for junk looks at.
    pub(crate) also: Vec<tool::PathText>,
    /// Places below the roots whose files are not opened.
    pub(crate) private: Vec<tool::PathText>,
    pub(crate) map: bool,
    /// What is asked of the search for junk, and the rules that must not be followed now; `None` when
    /// none is looked for.
    #[cfg(feature = "clean")]
    pub(crate) junk: Option<(clean::Asked, BTreeMap<String, String>)>,
    /// The smallest file to compare; `None` when nothing is compared.
    pub(crate) dupes: Option<u64>,
    /// What a person said about which copies stay, if a plan is wanted.
    #[cfg(feature = "dupes")]
    pub(crate) wishes: Option<dupes::Wishes>,
    /// How many threads; `None` for as many as the processors and the device reward.
    pub(crate) threads: Option<usize>,
    /// Whether every file is asked which bytes it shares.
    pub(crate) exclusive: bool,
    /// What is compared by how it looks or sounds; `None` when nothing is.
    pub(crate) similar: Option<Similar>,
    /// The file of earlier comparisons, if it is to be used.
    pub(crate) memory: Option<PathBuf>,
}

/// What is compared by how it looks or sounds: one or the other, so that nothing else is opened.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) enum Similar {
    /// Pictures that differ in so many of 64 bits at the most.
    Pictures(u8),
    Recordings,
}
