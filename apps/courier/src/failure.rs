//! What a person reads when the courier cannot go on.

use std::{error::Error, fmt};

/// An error with its causes, and what can be done about it.
#[derive(Debug)]
pub(crate) struct Failure {
    error: Box<dyn Error + Send + Sync>,
    help: Option<String>,
}

impl Failure {
    pub(crate) fn with_help(
        error: impl Into<Box<dyn Error + Send + Sync>>,
        help: impl Into<String>,
    ) -> Self {
        Self {
            error: error.into(),
            help: Some(help.into()),
        }
    }
}

impl<E: Into<Box<dyn Error + Send + Sync>>> From<E> for Failure {
    fn from(error: E) -> Self {
        let error = error.into();
        let is_of_consent =
            error.is::<consent::OutboxError>() || error.is::<consent::LedgerError>();
        let help = "run `candor consent`: it says what holds, and sets aside what is damaged; nothing is sent \
                    meanwhile";
        Self {
            help: is_of_consent.then(|| help.to_owned()),
            error,
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(out, "error: {}", with_causes(self.error.as_ref()))?;
        match &self.help {
            Some(help) => writeln!(out, "help: {help}"),
            None => Ok(()),
        }
    }
}

/// Returns an error and what caused it, one behind the other.
pub(crate) fn with_causes(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(next) = cause {
        text.push_str(": ");
        text.push_str(&next.to_string());
        cause = next.source();
    }
    text
}
