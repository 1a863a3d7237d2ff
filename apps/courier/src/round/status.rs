//! The operator's signed word on which versions may report, and on its keys.
//!
//! A status is taken only if the operator's key signed it, it is not older than the last, its log contains
//! the log that was seen before, and it names the keys through which it came. Anything else stops the
//! round: a server that tells one person another story than the rest is what this is against.

use consent::{PUBLIC, Time};
use wire::{
    log::{Checkpoint, Hash, verify_consistency},
    note::Verifier,
    ohttp::{Method, Request},
    program::Program,
    status::{Standing, Status},
};

use super::{ENOUGH, Round, keys::Servers};
use crate::{
    failure::{Failure, with_causes},
    http::error_code,
};

/// The version this program reports as.
pub(super) fn version() -> wire::Version {
    let version = env!("CARGO_PKG_VERSION").parse();
    version.expect("cargo gives numbers, and ours are small")
}

impl<'a> Round<'a> {
    /// Returns the operator's status; `None`, with a trouble, where it cannot be believed.
    pub(super) fn status(&mut self, servers: &Servers<'a>) -> Result<Option<Status>, Failure> {
        match self.believable(servers) {
            Ok(found) => Ok(Some(found)),
            Err(Refused::Broken(failure)) => Err(failure),
            Err(Refused::NotBelieved(why)) => {
                self.trouble("the operator's status", why);
                Ok(None)
            }
            Err(Refused::Keys(why)) => {
                let gateway = self.operator.gateway();
                self.forget_keys(gateway)?;
                self.trouble("the operator's status", why);
                Ok(None)
            }
        }
    }

    fn believable(&mut self, servers: &Servers<'a>) -> Result<Status, Refused> {
        let (log, signer) = self.verifiers()?;
        let note = self.fetch(servers, "/v1/status")?;
        let now = self.now();
        let status = Status::open(&note, &signer, now.0).map_err(not_believed)?;
        status
            .vouches_for_gateway(&servers.intake.keys_hash(), &log)
            .map_err(|error| Refused::Keys(with_causes(&error)))?;
        let last = self.kept_time(&self.last())?;
        if last.is_some_and(|it| it.0 > status.issued) {
            return Err(Refused::NotBelieved(
                "it is older than the last one".to_owned(),
            ));
        }
        let checkpoint = status.checkpoint(&log).map_err(not_believed)?;
        self.grows(servers, &checkpoint, &log)?;
        self.keep_time(&self.last(), Time(status.issued))?;
        let seen = self.checkpoint();
        self.outbox.keep(&seen, status.checkpoint.as_bytes())?;
        Ok(status)
    }

    /// Under this name it is kept when the last status of this operator was issued.
    fn last(&self) -> String {
        format!("{PUBLIC}status-issued {}", self.operator.keys().status)
    }

    /// Under this name the last checkpoint of its log is kept.
    fn checkpoint(&self) -> String {
        format!("{PUBLIC}checkpoint {}", self.operator.keys().log)
    }

    /// Makes sure that the log only grew since it was last seen here.
    fn grows(
        &mut self,
        servers: &Servers<'a>,
        new: &Checkpoint,
        log: &Verifier,
    ) -> Result<(), Refused> {
        let kept = self.outbox.kept(&self.checkpoint())?;
        let old = kept.and_then(|it| String::from_utf8(it).ok());
        let Some(old) = old.and_then(|note| Checkpoint::open(&note, log).ok()) else {
            return Ok(());
        };
        let another_story = || {
            Refused::NotBelieved(format!(
                "its log of {} entries does not contain the log of {} entries that was seen before: the \
                 operator tells this machine another story than before",
                new.size, old.size
            ))
        };
        if new.size < old.size || (new.size == old.size && new.root != old.root) {
            return Err(another_story());
        }
        if new.size == old.size {
            return Ok(());
        }
        let path = format!("/v1/consistency/{}/{}", old.size, new.size);
        let answer = self.fetch(servers, &path)?;
        let proof: Vec<Hash> = serde_json::from_str(&answer)
            .map_err(|_| Refused::NotBelieved("the proof of its log cannot be read".to_owned()))?;
        verify_consistency(old.size, &old.root, new.size, &new.root, &proof)
            .map_err(|_| another_story())
    }

    /// The keys of log and status. The status is signed with a key of its own, under `/status` of the log's name.
    pub(super) fn verifiers(&self) -> Result<(Verifier, Verifier), Refused> {
        let keys = self.operator.keys();
        let wrong = |which: &str| {
            Refused::NotBelieved(format!("`keys.{which}` in the operator file is no key"))
        };
        let log: Verifier = keys.log.parse().map_err(|_| wrong("log"))?;
        let key = wire::PublicKey::from_hex(&keys.status).ok_or_else(|| wrong("status"))?;
        let name = format!("{}/status", log.name());
        let status = Verifier::new(&name, key).map_err(|_| wrong("status"))?;
        Ok((log, status))
    }

    /// Asks the intake for text that is the same for everybody.
    fn fetch(&mut self, servers: &Servers<'a>, path: &str) -> Result<String, Refused> {
        let request = Request {
            method: Method::Get,
            path: path.to_owned(),
            body: Vec::new(),
        };
        if !self.may_leave(wire::ohttp::UNIT as u64)? {
            return Err(Refused::NotBelieved(ENOUGH.to_owned()));
        }
        let answer = servers.intake.ask(&request).map_err(|error| {
            let why = with_causes(&error);
            match error.is_of_keys() {
                true => Refused::Keys(why),
                false => Refused::NotBelieved(why),
            }
        })?;
        if answer.status != 200 {
            let code = error_code(&answer.body).unwrap_or_default();
            return Err(Refused::NotBelieved(format!(
                "`{path}` answers {} {code}",
                answer.status
            )));
        }
        String::from_utf8(answer.body)
            .map_err(|_| Refused::NotBelieved(format!("`{path}` answers no text")))
    }

    /// Empties what the operator has closed for this version, and returns the programs that are open.
    pub(super) fn obey(
        &mut self,
        status: &Status,
        agreed: &[usize],
    ) -> Result<Vec<usize>, Failure> {
        let now = self.now();
        let mut open = Vec::new();
        for at in agreed {
            let (id, standing) = {
                let offered = &self.offered[*at];
                (offered.id.clone(), standing(status, &offered.program))
            };
            match standing {
                Standing::Open => open.push(*at),
                Standing::Disabled => {
                    let erased = self.outbox.close(&id, "closed for this version", now)?;
                    self.done.closed.push((id.to_string(), erased));
                }
                Standing::UnknownProgram => self.trouble(
                    id.to_string(),
                    "the operator does not take records of this declaration",
                ),
            }
        }
        Ok(open)
    }
}

fn standing(status: &Status, program: &Program) -> Standing {
    status.standing(program, version())
}

/// Why a status is not used.
pub(super) enum Refused {
    /// It is not what it must be, or did not come.
    NotBelieved(String),
    /// The key through which it was asked for is not one it vouches for, or opens nothing.
    Keys(String),
    /// The outbox cannot be used.
    Broken(Failure),
}

fn not_believed(error: impl std::error::Error) -> Refused {
    Refused::NotBelieved(with_causes(&error))
}

impl From<Failure> for Refused {
    fn from(failure: Failure) -> Self {
        Self::Broken(failure)
    }
}

impl From<consent::OutboxError> for Refused {
    fn from(error: consent::OutboxError) -> Self {
        Self::Broken(error.into())
    }
}
