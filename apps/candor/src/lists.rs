//! Where threat lists and what a person says of them are kept.
//!
//! ```text
//! state folder    candor/lists/raw/       what updates brought, with its description
//!                 candor/lists/compiled   the list file that is looked up in
//!                 candor/lists/lock       held while lists are brought in or compiled
//!                 candor/lists/trouble    since when updates fail, and why; none while they do not
//! config folder   candor/lists.toml       lists that the person adds
//!                 candor/update.toml      whose releases of lists are taken; else /etc/candor/update.toml
//!                 candor/allow            hosts that are all right, whatever lists say
//! ```

use std::{
    fs::{DirBuilder, File, OpenOptions, TryLockError},
    io,
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::PathBuf,
};

use history::{
    Sources,
    lists::{Publisher, sources},
};
use serde::{Deserialize, Serialize};
use tool::{Machine, Moment};

use crate::{failure::Failure, state, written};

/// Why updates fail, and since when.
#[derive(Serialize, Deserialize)]
struct Trouble {
    since: Moment,
    why: Vec<String>,
}

/// The files of lists on this machine. A disk that is mounted from elsewhere has none.
pub(crate) struct Files {
    pub(crate) raw: PathBuf,
    pub(crate) compiled: PathBuf,
    pub(crate) trouble: PathBuf,
    lock: PathBuf,
    pub(crate) own: PathBuf,
    pub(crate) allow: PathBuf,
    /// The person's own file first, then the machine's.
    pub(crate) update: [PathBuf; 2],
}

impl Files {
    pub(crate) fn of(machine: &Machine) -> Option<Self> {
        let person = machine.people.first().filter(|_| machine.live)?;
        let kept = person.state.join(state::FOLDER).join("lists");
        let written = person.config.join(state::FOLDER);
        Some(Self {
            raw: kept.join("raw"),
            compiled: kept.join("compiled"),
            trouble: kept.join("trouble"),
            lock: kept.join("lock"),
            own: written.join("lists.toml"),
            allow: written.join("allow"),
            update: [
                written.join("update.toml"),
                PathBuf::from("/etc/candor/update.toml"),
            ],
        })
    }

    /// Returns the lines of the allow-list; none if it is not there.
    ///
    /// # Errors
    /// When it is there and cannot be read: an alarm would be raised that the person does not want.
    pub(crate) fn allowed(&self) -> Result<Vec<String>, Failure> {
        let help = "make the file readable text with a host a line, or move it away";
        written::lines(&self.allow, "what you allow", help)
    }

    /// Returns whether an update lies there whose publisher is not named any more. The description of files that
    /// a person put there has no note of a publisher beside it.
    ///
    /// # Errors
    /// When the file that names publishers cannot be used.
    pub(crate) fn is_orphaned(&self) -> Result<bool, Failure> {
        Ok(self.raw.join("release").exists() && self.publisher()?.is_none())
    }

    /// Keeps others from bringing in and compiling lists until what comes back is dropped.
    ///
    /// # Errors
    /// When another process does so, or the system does not let us.
    pub(crate) fn locked(&self) -> Result<File, Failure> {
        let failed = |error: io::Error| {
            let shown = tool::path_text::shown(self.lock.as_os_str());
            Failure::new(format!("cannot use `{shown}`"))
                .because(&error)
                .help("see that it is yours to write, and run this again")
        };
        if let Some(folder) = self.lock.parent() {
            let mut folders = DirBuilder::new();
            folders
                .recursive(true)
                .mode(0o700)
                .create(folder)
                .map_err(failed)?;
        }
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(false).mode(0o600);
        let file = options.open(&self.lock).map_err(failed)?;
        match file.try_lock() {
            Ok(()) => Ok(file),
            Err(TryLockError::WouldBlock) => Err(Failure::new(
                "lists are being brought in or compiled already",
            )
            .help("wait until that has ended")),
            Err(TryLockError::Error(error)) => Err(failed(error)),
        }
    }

    /// Notes that an update failed, or that none fails any more.
    ///
    /// # Errors
    /// When it cannot be written.
    pub(crate) fn note_trouble(&self, why: &[String], now: Moment) -> Result<(), Failure> {
        let failed = |error: io::Error| {
            let shown = tool::path_text::shown(self.trouble.as_os_str());
            Failure::new(format!("cannot note how the update ended, `{shown}`")).because(&error)
        };
        if why.is_empty() {
            return match std::fs::remove_file(&self.trouble) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => Err(failed(error)),
                _ => Ok(()),
            };
        }
        let since = self.trouble().map_or(now, |it| it.since);
        let trouble = Trouble {
            since,
            why: why.to_vec(),
        };
        let text = serde_json::to_vec(&trouble).unwrap_or_default();
        state::replace(&self.trouble, &text).map_err(failed)
    }

    /// Returns that updates fail, if they do so for at least `days`.
    pub(crate) fn failing(&self, now: Moment, days: i64) -> Option<Failure> {
        let trouble = self.trouble()?;
        let lasts = now.0.saturating_sub(trouble.since.0);
        if lasts < days.saturating_mul(86_400_000_000) {
            return None;
        }
        let why: Vec<String> = trouble.why.iter().map(|it| report::plain(it)).collect();
        let what = format!(
            "lists could not be brought up to date since {}: {}",
            report::Zone::system().full(trouble.since),
            why.join("; ")
        );
        Some(Failure::new(what).help("`candor update` tries again and says more"))
    }

    fn trouble(&self) -> Option<Trouble> {
        let text = written::text(&self.trouble).ok().flatten()?;
        serde_json::from_str(&text).ok()
    }

    /// Returns whose releases are taken; `None` where nobody is named.
    ///
    /// # Errors
    /// When the file cannot be read, or a line of it is wrong.
    pub(crate) fn publisher(&self) -> Result<Option<Publisher>, Failure> {
        for path in &self.update {
            let failed = |error: &(dyn std::error::Error + 'static)| {
                let shown = tool::path_text::shown(path.as_os_str());
                Failure::new(format!("cannot read whose lists to bring in, `{shown}`"))
                    .because(error)
                    .help("mend that line, or move the file away; docs/lists.md shows the keys")
            };
            let text = written::text(path).map_err(|error| failed(&error))?;
            let Some(text) = text else { continue };
            return Publisher::parse(&text)
                .map(Some)
                .map_err(|error| failed(&error));
        }
        Ok(None)
    }

    /// Returns the lists that the person adds; none if there is no such file.
    ///
    /// # Errors
    /// When it cannot be read, or a line of it is wrong.
    pub(crate) fn own_lists(&self) -> Result<sources::Sources, Failure> {
        let failed = |error: &(dyn std::error::Error + 'static)| {
            let shown = tool::path_text::shown(self.own.as_os_str());
            Failure::new(format!("cannot read the lists you add, `{shown}`"))
                .because(error)
                .help("mend that line, or move the file away; `candor man lists` shows the keys")
        };
        let text = written::text(&self.own).map_err(|error| failed(&error))?;
        let own = sources::Sources::of_person(&text.unwrap_or_default());
        own.map_err(|error| failed(&error))
    }
}

/// Returns what addresses of this machine are held against.
///
/// # Errors
/// When the allow-list is there and cannot be read.
pub(crate) fn shelf(machine: &Machine) -> Result<Sources, Failure> {
    let Some(files) = Files::of(machine) else {
        return Ok(Sources::default());
    };
    Ok(Sources {
        allow: files.allowed()?,
        compiled: Some(files.compiled).filter(|it| it.exists()),
    })
}
