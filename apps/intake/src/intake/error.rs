//! Why a folder cannot be opened.

use std::{io, path::PathBuf};

use wire::note::NoteError;

use crate::{
    gateway::GatewayError, log::LogError, meta::MetaError, programs::ProgramsError,
    store::StoreError, vault::VaultError,
};

/// Why a folder cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another process has it open.
    #[error(
        "another candor-intake has `{path}` open: ask it through its admin socket, or stop it first"
    )]
    InUse {
        /// The folder.
        path: PathBuf,
    },
    /// The folder is somebody else's.
    #[error(
        "`{path}` belongs to the user {owner}, and this is {user}: files made now would lock the server out. Run \
         it as its owner; docs/operate-intake.md, \"Under systemd\", has the command"
    )]
    Owner {
        /// The folder.
        path: PathBuf,
        /// Whose it is.
        owner: u32,
        /// Who asks.
        user: u32,
    },
    /// Others can enter the folder.
    #[error("`{path}` can be entered by others: run `chmod 700` on it")]
    Wide {
        /// The folder.
        path: PathBuf,
    },
    /// The folder cannot be used.
    #[error("cannot {act} `{path}`")]
    Folder {
        /// What was tried.
        act: &'static str,
        /// The folder or file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// The keys.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// The reports.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// What is kept beside them.
    #[error(transparent)]
    Meta(#[from] MetaError),
    /// The log.
    #[error(transparent)]
    Log(#[from] LogError),
    /// The declarations.
    #[error(transparent)]
    Programs(#[from] ProgramsError),
    /// The log's key is not in the vault.
    #[error(
        "the vault was lost: the key of the log `{path}` is not in it, nothing was changed. Bring the vault back, or \
         begin a new log as docs/operate-intake.md, \"Backup and restore\", says"
    )]
    VaultLost {
        /// The folder of the log.
        path: PathBuf,
    },
    /// What is kept beside reports is gone, and the log says that there was some.
    #[error(
        "`{path}` was lost, and with it what was closed and purged; nothing was changed. Bring it back from a backup; \
         without one make it an empty file: the server then starts with everything closed, until you open it"
    )]
    MetaLost {
        /// The file.
        path: PathBuf,
    },
    /// Reports of another program lie here under the number of one that is declared now: one in 65,536 has it.
    #[error(
        "`{new}` has the number {number:04x}, and so has an earlier `{old}` of which reports are still here: they would \
         be taken for each other. Change a word of the new declaration, or leave it away until those are erased"
    )]
    Number {
        /// The one that is declared.
        new: String,
        /// The one before.
        old: String,
        /// The number.
        number: u16,
    },
    /// A key is in the vault that is no key.
    #[error("the key `{name}` in the vault is none")]
    Key {
        /// Its name.
        name: &'static str,
    },
    /// The name of the log cannot be one.
    #[error("the log cannot be named so")]
    Name(#[from] NoteError),
    /// The gateway's key.
    #[error(transparent)]
    Gateway(#[from] GatewayError),
}
