//! How a command ends, and how it says that it could not.

use std::{error::Error, fmt, process::ExitCode};

/// What the exit code tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    /// Nothing was found where Candor looked: 0.
    NothingFound,
    /// Something was found: 1.
    Found,
    /// Something could not be looked at or done: 2, whatever was found.
    Incomplete,
}

impl From<Ending> for ExitCode {
    fn from(ending: Ending) -> Self {
        match ending {
            Ending::NothingFound => Self::SUCCESS,
            Ending::Found => Self::from(1),
            Ending::Incomplete => Self::from(2),
        }
    }
}

/// Something a command could not do, with what a person can do about it.
#[derive(Clone, Debug)]
pub(crate) struct Failure {
    what: String,
    because: Vec<String>,
    help: Option<String>,
}

impl Failure {
    pub(crate) fn new(what: impl Into<String>) -> Self {
        Self {
            what: what.into(),
            because: Vec::new(),
            help: None,
        }
    }

    /// Adds an error and all that it came from.
    pub(crate) fn because(mut self, error: &(dyn Error + 'static)) -> Self {
        let mut at = Some(error);
        while let Some(error) = at {
            self.because.push(error.to_string());
            at = error.source();
        }
        self
    }

    pub(crate) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Returns what it is and what it came from, in a line.
    #[cfg(feature = "history")]
    pub(crate) fn line(&self) -> String {
        let parts = [&self.what].into_iter().chain(&self.because);
        let parts: Vec<&str> = parts.map(|it| it.trim_end()).collect();
        parts.join(": ").replace('\n', " ")
    }

    /// Adds a way out, if there is none yet.
    #[cfg(feature = "acts")]
    pub(crate) fn or_help(self, help: &str) -> Self {
        match self.help {
            Some(_) => self,
            None => self.help(help),
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(out, "candor: {}", self.what)?;
        for reason in &self.because {
            // A message of several lines (a caret under a line) keeps its shape.
            for (number, line) in reason.trim_end().lines().enumerate() {
                writeln!(
                    out,
                    "  {}{line}",
                    if number == 0 {
                        "because: "
                    } else {
                        "         "
                    }
                )?;
            }
        }
        if let Some(help) = &self.help {
            writeln!(out, "  help: {help}")?;
        }
        Ok(())
    }
}
