//! The person's terminal: its width, its colours, and the progress line.

use std::{
    env,
    io::{IsTerminal, Write, stderr, stdout},
    path::Path,
    time::Duration,
};

use report::{Style, Zone};
use tool::pass::{Progress, Stage};

use crate::cli::Colour;

/// Columns when nobody knows better.
const USUAL_WIDTH: usize = 100;

/// Returns how a report is to be drawn on stdout.
pub(crate) fn style(colour: Colour) -> Style {
    let plain = env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty())
        || env::var_os("TERM").is_some_and(|term| term == "dumb");
    let colour = match colour {
        Colour::Always => true,
        Colour::Never => false,
        Colour::Auto => stdout().is_terminal() && !plain,
    };
    Style {
        width: width(&stdout()),
        colour,
        zone: Zone::system(),
    }
}

fn width(terminal: &impl rustix::fd::AsFd) -> usize {
    let asked = rustix::termios::tcgetwinsize(terminal)
        .ok()
        .map(|size| usize::from(size.ws_col));
    let set = || env::var("COLUMNS").ok()?.parse().ok();
    asked
        .filter(|columns| *columns > 0)
        .or_else(set)
        .unwrap_or(USUAL_WIDTH)
        .clamp(40, 200)
}

/// One line on stderr that is drawn over and over; silent where nobody looks.
pub(crate) struct Line {
    shown: bool,
    width: usize,
}

impl Line {
    pub(crate) fn new() -> Self {
        let shown = stderr().is_terminal();
        Self {
            shown,
            width: if shown { width(&stderr()) - 1 } else { 0 },
        }
    }

    /// Draws where the work stands.
    pub(crate) fn draw(&self, at: &Progress, home: Option<&Path>) {
        if !self.shown {
            return;
        }
        let line = report::progress(
            &report::Progress {
                files: at.files,
                bytes: at.bytes,
                total: at.total.filter(|_| at.stage == Stage::Reading),
                elapsed: Duration::from_millis(at.elapsed_ms),
                folder: Some(&at.current.0),
                home,
            },
            self.width,
        );
        // Back to the first column, the line, and erase what is left of the one before.
        let _ = write!(stderr(), "\r{line}\x1b[K");
    }

    #[cfg(feature = "acts")]
    /// Draws how many steps of a plan came to an end.
    pub(crate) fn draw_steps(&self, steps: usize) {
        // More often than this nobody can read it.
        if self.shown && (steps < 100 || steps.is_multiple_of(50)) {
            let _ = write!(stderr(), "\r{steps} steps\x1b[K");
        }
    }

    /// Takes the line away.
    pub(crate) fn erase(&self) {
        if self.shown {
            let _ = write!(stderr(), "\r\x1b[K");
        }
    }
}
