//! `candor-intake reveal` and `candor-intake retire`, on a folder that no server has open.

use intake::{clock::Clock, config::Config, intake::Intake};

use super::{Failure, say};

/// Findings that are printed at most.
const MOST: usize = 1_000_000;

pub(super) fn reveal(config: Config) -> Result<u8, Failure> {
    let intake = Intake::open(config, Clock::System)?;
    let tried = intake.reveal()?;
    let findings = intake.meta.findings(MOST)?;
    for finding in &findings {
        say(format_args!("{}\n", serde_json::to_string(finding)?))?;
    }
    eprintln!(
        "{} tags had enough reports; {} revealed, {} stay closed because too many of their shares are bad",
        tried.tags, tried.revealed, tried.poisoned
    );
    if tried.damaged > 0 {
        eprintln!(
            "error: {} reports do not open: they were changed on the disk",
            tried.damaged
        );
    }
    for unread in &tried.unread {
        eprintln!("error: an epoch cannot be read: {unread}");
    }
    Ok(match (tried.damaged, tried.unread.is_empty()) {
        (0, true) => u8::from(!findings.is_empty()),
        _ => 2,
    })
}

pub(super) fn retire(config: Config) -> Result<u8, Failure> {
    let intake = Intake::open(config, Clock::System)?;
    let (done, not_done) = match intake.retire() {
        Ok(done) => (done, Vec::new()),
        Err(incomplete) => (incomplete.done, incomplete.not_done),
    };
    say(format_args!("{}\n", serde_json::to_string(&done)?))?;
    for it in &not_done {
        eprintln!("error: cannot {}: {}", it.what, it.why);
    }
    Ok(if not_done.is_empty() { 0 } else { 2 })
}
