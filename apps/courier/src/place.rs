//! Where the courier finds what it may use.

use std::{
    env,
    path::{Path, PathBuf},
};

use consent::Folder;

/// The files of one person that the courier uses.
#[derive(Clone, Debug)]
pub(crate) struct Places {
    /// Ledger, keys and outbox.
    pub(crate) consent: Folder,
    /// Who receives: the person's own file first, then the machine's.
    pub(crate) operator: [PathBuf; 2],
}

impl Places {
    /// Returns the places of the person who runs this: where `candor` has them.
    ///
    /// Source: XDG Base Directory Specification 0.8.
    pub(crate) fn here() -> Option<Self> {
        let home = env::var_os("HOME")
            .map(PathBuf::from)
            .filter(|it| it.is_absolute())?;
        let named = |variable: &str, otherwise: &str| {
            let named = env::var_os(variable).map(PathBuf::from);
            named
                .filter(|it| it.is_absolute())
                .unwrap_or_else(|| home.join(otherwise))
        };
        let state = named("XDG_STATE_HOME", ".local/state");
        let config = named("XDG_CONFIG_HOME", ".config");
        Some(Self::at(&state, &config))
    }

    fn at(state: &Path, config: &Path) -> Self {
        Self {
            consent: Folder::in_state(state),
            operator: [
                config.join("candor/operator.toml"),
                PathBuf::from("/etc/candor/operator.toml"),
            ],
        }
    }
}
