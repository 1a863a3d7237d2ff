//! The kill switch: a program, a version or both are closed. What is closed is in the signed status
//! and in the log; a report of it is answered with 410 and stored nowhere.

use wire::{ProgramHash, Version, log::Event};

use crate::{
    intake::{Intake, LEAST},
    meta::Closed,
    retire::{RetireError, purged},
};

impl Intake {
    /// Closes a program, a version of it, a version of all, or everything. It holds when it returns.
    ///
    /// # Errors
    /// [`RetireError`].
    pub fn close(
        &self,
        program: Option<ProgramHash>,
        version: Option<Version>,
        reason: &str,
        by: &str,
    ) -> Result<(), RetireError> {
        let now = self.clock.now();
        let reason = in_a_line(reason);
        self.meta.close(&Closed {
            program,
            version,
            reason: reason.clone(),
            since: now,
        })?;
        self.closing_changed()?;
        let mut events = Vec::new();
        if let Some(version) = version {
            events.push(Event::VersionDisabled {
                program,
                version,
                reason: reason.clone(),
            });
        }
        events.push(acted(
            "close",
            by,
            &format!("closed {}: {reason}", words(program, version)),
        ));
        self.log.append(now, events)?;
        self.status_changed();
        Ok(())
    }

    /// Opens again what was closed. Returns whether it was.
    ///
    /// # Errors
    /// [`RetireError`]; [`RetireError::Purged`] for a program that was purged.
    pub fn reopen(
        &self,
        program: Option<ProgramHash>,
        version: Option<Version>,
        by: &str,
    ) -> Result<bool, RetireError> {
        if let (Some(program), None) = (program, version)
            && self.meta.setting(&purged(program))?.is_some()
        {
            return Err(RetireError::Purged(program));
        }
        if !self.meta.reopen(program, version)? {
            return Ok(false);
        }
        self.closing_changed()?;
        let event = acted("close", by, &format!("opened {}", words(program, version)));
        self.log.append(self.clock.now(), vec![event])?;
        self.status_changed();
        Ok(true)
    }

    /// Sets the oldest version that may report.
    ///
    /// # Errors
    /// [`RetireError`].
    pub fn set_least(&self, version: Version, by: &str) -> Result<(), RetireError> {
        self.meta.set(LEAST, &version.to_string())?;
        self.closing_changed()?;
        let event = acted("close", by, &format!("set the oldest version to {version}"));
        self.log.append(self.clock.now(), vec![event])?;
        self.status_changed();
        Ok(())
    }
}

/// Returns the leaf about what an administrator did.
pub(crate) fn acted(scope: &str, by: &str, act: &str) -> Event {
    Event::AdminActed {
        scope: scope.to_owned(),
        act: format!("{act} ({by})"),
    }
}

fn words(program: Option<ProgramHash>, version: Option<Version>) -> String {
    let program = program.map_or_else(|| "every program".to_owned(), |it| format!("program {it}"));
    match version {
        Some(version) => format!("{program} for version {version}"),
        None => program,
    }
}

/// Keeps a reason to one line of 200 characters.
fn in_a_line(text: &str) -> String {
    let plain = text.chars().filter(|it| !it.is_control());
    plain.take(200).collect()
}
