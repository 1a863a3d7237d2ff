//! What is in force, what could be, and why not.

use std::{io, path::PathBuf};

use serde::{Deserialize, Serialize};

/// How much of a layer the kernel enforces.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Layer {
    /// All that this version of Candor asks for.
    Full,
    /// All that this kernel knows, which is less; the other layer covers the rest.
    Partial,
}

/// The confinement that this process is under.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InForce {
    /// The kernel's version of Landlock.
    pub landlock_abi: u32,
    /// How much of what we ask of Landlock this kernel enforces.
    pub landlock: Layer,
    /// How many system calls the filter lets through, some of them only with certain arguments.
    pub system_calls: usize,
    /// Paths of the rights that could not be found, or are no folder where one was named. They
    /// are not granted.
    #[serde(with = "crate::rights::paths")]
    pub not_granted: Vec<PathBuf>,
}

impl InForce {
    /// Returns whether TCP is held to the ports of [`Rights::connect`](crate::Rights::connect).
    #[must_use]
    pub fn holds_tcp(&self) -> bool {
        self.landlock_abi >= TCP_HELD
    }
}

/// Landlock guards connecting over TCP from this version on: Linux 6.7.
///
/// Source: Documentation/userspace-api/landlock.rst of Linux 6.18.
const TCP_HELD: u32 = 4;
/// It guards datagrams from this one on.
const UDP_HELD: u32 = 10;

/// Why a process is not confined. Whoever gets this must not read anything.
#[derive(Debug, thiserror::Error)]
pub enum NotConfined {
    /// This operating system or processor has no confinement that is supported.
    #[error("confinement is not supported on this system")]
    Unsupported,
    /// The kernel was built or started without Landlock.
    #[error("this kernel has no Landlock")]
    NoLandlock {
        /// What the kernel said.
        #[source]
        source: io::Error,
    },
    /// The kernel was built without seccomp filters, or something forbids them.
    #[error("this kernel has no seccomp filters")]
    NoSeccomp {
        /// What the kernel said.
        #[source]
        source: io::Error,
    },
    /// Threads that are already running would stay free.
    #[error("{count} threads were running, confinement must come before the second")]
    Threads {
        /// How many threads there were.
        count: usize,
    },
    /// A path of the rights exists but cannot be granted.
    #[error("cannot grant `{path}`")]
    Path {
        /// The path.
        path: PathBuf,
        /// What the kernel said.
        #[source]
        source: io::Error,
    },
    /// A step on the way failed.
    #[error("cannot {step}")]
    Step {
        /// The step, as a verb: `close inherited descriptors`.
        step: &'static str,
        /// What the kernel said.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// Everything was installed, yet something that must be denied was not.
    #[error("confinement was installed, but {what} is still possible")]
    NotInForce {
        /// What was tried.
        what: &'static str,
    },
}

impl NotConfined {
    /// Returns what a person can do about it.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Unsupported => "this needs Linux 5.13 or later on x86-64 or arm64",
            Self::NoLandlock { .. } => {
                "use Linux 5.13 or later, with `landlock` in the kernel's `lsm=` list; \
                 some containers forbid it"
            }
            Self::NoSeccomp { .. } => {
                "use a kernel with CONFIG_SECCOMP_FILTER; some containers forbid it"
            }
            Self::Path { .. } => "check that this path can be opened by this user",
            Self::Threads { .. } | Self::Step { .. } | Self::NotInForce { .. } => {
                "this is a fault in Candor or in this kernel, please report it"
            }
        }
    }
}

/// What this system offers for confinement, whether it is in use or not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Status {
    /// The operating system: `linux`.
    pub system: String,
    /// The processor: `x86_64`.
    pub processor: String,
    /// The kernel's version of Landlock, if it has it and it is switched on.
    pub landlock_abi: Option<u32>,
    /// True when the kernel takes seccomp filters.
    pub seccomp: bool,
    /// True when a worker can be confined here.
    pub enough: bool,
}

impl Status {
    /// Returns whether this kernel can hold TCP to the ports of [`Rights::connect`](crate::Rights::connect).
    #[must_use]
    pub fn holds_tcp(&self) -> bool {
        self.landlock_abi.is_some_and(|it| it >= TCP_HELD)
    }

    /// Returns whether it can hold datagrams to port 53.
    #[must_use]
    pub fn holds_datagrams(&self) -> bool {
        self.landlock_abi.is_some_and(|it| it >= UDP_HELD)
    }
}
