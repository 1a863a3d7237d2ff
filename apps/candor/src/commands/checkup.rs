//! `candor checkup`: everything once.

use super::{Ending, Failure, Session, Wants};
use crate::cli::Checkup;

/// Runs battery and browsers, which take moments, then the one pass over the disk.
///
/// What one part cannot do does not keep the others from being done, but is told by the exit code.
pub(crate) fn run(asked: &Checkup) -> Result<Ending, Failure> {
    let mut session = Session::begin("checkup", &asked.shared)?;
    let wants = Wants {
        map: true,
        junk: true,
        dupes: Some(&asked.disk),
        ..Wants::default()
    };
    session.pass(&asked.paths, &wants)?;
    #[cfg(feature = "history")]
    session.history(asked.since)?;
    #[cfg(feature = "battery")]
    session.battery()?;
    session.end(&asked.shared)
}
