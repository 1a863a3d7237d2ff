//! The readers of browsers' files, one per engine.
//!
//! Each takes the path of a history and the beginning of the window, and gives a [`History`].
//! Columns are asked for only where the file has them: a browser ten years old and one of next
//! year are read alike. Titles are not read.

mod cells;
pub mod chromium;
pub mod firefox;
#[cfg(test)]
pub(crate) mod made;
pub mod others;
pub mod safari;

use std::path::Path;

use formats::sqlite::{self, ReadCost};
use knowledge::browsers::Engine;
use tool::Moment;

use crate::visit::History;

/// Visits before the window that are read for the chains, at most.
const MOST_EARLIER: usize = 20_000;
/// Downloads of a profile that are read, at most.
const MOST_DOWNLOADS: u32 = 10_000;
/// Hops of a chain, at most.
pub(crate) const MOST_HOPS: usize = 64;

/// Reads what happened in a history since a moment.
///
/// # Errors
/// What [`sqlite::read`] says of a file that is missing, damaged or something else.
pub fn read(
    engine: Engine,
    path: &Path,
    since: Moment,
) -> Result<(History, ReadCost), sqlite::Error> {
    sqlite::read(path, |connection| match engine {
        Engine::Chromium => chromium::history(connection, since),
        Engine::Firefox => firefox::history(connection, since),
        Engine::Safari => safari::history(connection, since),
        Engine::Qutebrowser => others::qutebrowser(connection, since),
        Engine::Epiphany => others::epiphany(connection, since),
        Engine::Falkon => others::falkon(connection, since),
        Engine::KeepsNone | Engine::Unreadable => Ok(History::default()),
    })
}
