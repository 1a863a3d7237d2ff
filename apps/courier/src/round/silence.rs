//! Hours of silence after an address was shown, so that the two times cannot be laid side by side.

use wire::rand_core::OsRng;

use super::Round;
use crate::failure::Failure;

/// Under this name it is kept until when nothing is told.
const UNTIL: &str = "public quiet-until";

impl Round<'_> {
    /// Returns whether an address was shown so short a time ago that nothing is told yet.
    pub(super) fn is_quiet(&self) -> Result<bool, Failure> {
        Ok(self.kept_time(UNTIL)?.is_some_and(|it| self.now() < it))
    }

    /// Notes that a server is asked directly now, and so sees an address.
    pub(super) fn shows_address(&mut self) -> Result<(), Failure> {
        let until = self.delays.next_step(self.now(), &mut OsRng);
        self.keep_time(UNTIL, until)
    }
}
