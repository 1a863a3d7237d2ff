//! The key configurations of the two servers behind the relay: kept, so that asking for them says nothing.
//!
//! They are fetched directly, and the servers see an address then. It is done when the tokens of an epoch
//! are taken, as everybody who agreed does; where a key is missing or no longer vouched for, at a random
//! moment of its own.

use std::collections::BTreeSet;

use consent::{PUBLIC, Time};
use wire::rand_core::OsRng;

use super::{ENOUGH, Round};
use crate::{
    failure::{Failure, with_causes},
    http::HttpError,
    oblivious::{self, Hidden, LONGEST_KEYS},
};

/// Keys that were fetched so long ago are fetched anew when the next tokens are taken.
const OLD: u64 = 5 * 24 * 3600;

/// The two servers behind the relay.
pub(super) struct Servers<'a> {
    pub(super) intake: Hidden<'a>,
    /// `None` where its keys could not be had.
    pub(super) randomness: Option<Hidden<'a>>,
}

impl<'a> Round<'a> {
    /// Returns the servers, with the keys that are kept; fetches those first where it is time to. `None`,
    /// with a word on why, where there are none yet.
    pub(super) fn servers(&mut self, takes_tokens: bool) -> Result<Option<Servers<'a>>, Failure> {
        let relay = self.operator.relay();
        let gateway = self.operator.gateway();
        let randomness = self.operator.randomness().address.as_str();
        for server in self.due_keys(gateway, randomness, takes_tokens)? {
            self.shows_address()?;
            if let Err(error) = self.fetch_keys(server)? {
                let again = self.again(3);
                self.keep_time(&moment_of(server), again)?;
                self.trouble("the operator", with_causes(&error));
            }
        }
        let client = self.client;
        let intake = self.kept_keys(gateway)?;
        let intake = intake.map(|keys| Hidden::with(client, &relay.to_gateway, keys));
        let randomness = self.kept_keys(randomness)?;
        let randomness = randomness.map(|keys| Hidden::with(client, &relay.to_randomness, keys));
        if intake.is_none() && self.done.troubles.is_empty() {
            self.done.nothing_to_do =
                Some("the operator's keys are asked for first, at a random moment");
        }
        Ok(intake.map(|intake| Servers { intake, randomness }))
    }

    /// Forgets keys that the status does not vouch for or that no longer open anything. Others are fetched
    /// at a random moment.
    pub(super) fn forget_keys(&mut self, server: &str) -> Result<(), Failure> {
        self.outbox.keep(&keys_of(server), b"")?;
        let moment = self.again(6);
        self.keep_time(&moment_of(server), moment)
    }

    /// Returns whose keys are fetched now: with those of the intake the others too, which may be the same server's;
    /// those of the randomness server alone where they alone are missing.
    fn due_keys<'s>(
        &mut self,
        gateway: &'s str,
        randomness: &'s str,
        takes_tokens: bool,
    ) -> Result<BTreeSet<&'s str>, Failure> {
        if self.keys_are_due(gateway, takes_tokens)? {
            return Ok(BTreeSet::from([gateway, randomness]));
        }
        let alone =
            self.kept_keys(gateway)?.is_some() && self.keys_are_due(randomness, takes_tokens)?;
        Ok(alone.then_some(randomness).into_iter().collect())
    }

    fn keys_are_due(&mut self, server: &str, takes_tokens: bool) -> Result<bool, Failure> {
        let now = self.now();
        let has_keys = self.kept_keys(server)?.is_some();
        let fetched = self.kept_time(&time_of(server))?.unwrap_or(Time(0));
        if has_keys {
            return Ok(takes_tokens && fetched.plus(OLD) <= now);
        }
        // The moment is drawn once and kept, as that of the tokens is.
        let moment = match self.kept_time(&moment_of(server))? {
            Some(moment) => moment,
            None if takes_tokens => now,
            None => {
                let moment = self.delays.next_step(now, &mut OsRng);
                self.keep_time(&moment_of(server), moment)?;
                moment
            }
        };
        Ok(moment <= now)
    }

    fn fetch_keys(&mut self, server: &str) -> Result<Result<(), HttpError>, Failure> {
        if !self.may_leave(LONGEST_KEYS)? {
            self.trouble("the operator's keys", ENOUGH);
            return Ok(Ok(()));
        }
        Ok(match oblivious::keys_at(self.client, server) {
            Ok(keys) => {
                self.outbox.keep(&keys_of(server), &keys)?;
                let now = self.now();
                self.keep_time(&time_of(server), now)?;
                Ok(())
            }
            Err(error) => Err(error),
        })
    }

    fn kept_keys(&self, server: &str) -> Result<Option<Vec<u8>>, Failure> {
        let kept = self.outbox.kept(&keys_of(server))?;
        Ok(kept.filter(|it| !it.is_empty()))
    }
}

/// Under this name the keys of a server are kept.
fn keys_of(server: &str) -> String {
    format!("{PUBLIC}keys {server}")
}

/// Under this name it is kept when they were fetched.
fn time_of(server: &str) -> String {
    format!("{PUBLIC}keys-fetched {server}")
}

/// Under this name it is kept when keys that are missing are asked for.
fn moment_of(server: &str) -> String {
    format!("{PUBLIC}keys-at {server}")
}
