//! One-time tokens: taken by everybody who agreed, once an epoch, whether or not there is anything to report.
//!
//! The issuer is asked directly and sees an address. So it is asked at a random moment of the epoch's
//! first day, and not when something was found.

use consent::{ProgramId, Token};
use wire::{
    Day, Epoch, ProgramHash,
    enrol::{self, InstallKey},
    rand_core::OsRng,
    status::Status,
    token::{self, Asked},
};

use super::{ENOUGH, Round};
use crate::{
    failure::{Failure, with_causes},
    http::HttpError,
};

/// Under this name the key is kept that the issuer knows this installation by.
const KEY: &str = "issuer-key";
/// Under this name it is kept that the issuer knows the key.
const ENROLLED: &str = "issuer-knows";
/// Leading zero bits of work that an enrolment shows at first, and the steps that an issuer that asks for
/// more is met with.
const WORK: [u8; 4] = [20, 24, 28, enrol::MOST_WORK];
/// Under this name it is kept which of these the issuer asked for in the end.
const WORK_ASKED: &str = "issuer-work";

impl Round<'_> {
    /// Returns whether tokens of the running epoch are to be taken now, for any program.
    pub(super) fn tokens_are_due(&mut self, agreed: &[usize]) -> Result<bool, Failure> {
        for at in agreed {
            if self.is_due(*at)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn is_due(&mut self, at: usize) -> Result<bool, Failure> {
        let now = self.now();
        let (id, epoch) = {
            let offered = &self.offered[at];
            (offered.id.clone(), offered.program.epoch_of(now.0))
        };
        let (for_what, hash) = (made_for(&id, epoch), self.offered[at].program.hash().0);
        if self.outbox.tokens(&id, epoch.0)? > 0 {
            let kept = self.outbox.kept(&for_what)?;
            if kept.is_some_and(|it| it == hash) {
                return Ok(false);
            }
            // They are for what was declared before, and no report of what is declared now can carry one.
            self.outbox.forget_tokens(&id)?;
        }
        // The moment is drawn once an epoch and kept: drawn anew it would drift to the first run.
        let name = format!("tokens-at {id} {}", epoch.0);
        let moment = match self.kept_time(&name)? {
            Some(moment) => moment,
            None => {
                let moment = self.delays.tokens(now, &mut OsRng);
                self.keep_time(&name, moment)?;
                moment
            }
        };
        Ok(moment <= now)
    }

    /// Takes the tokens that are due, for programs that are open.
    pub(super) fn tokens(&mut self, status: &Status, open: &[usize]) -> Result<(), Failure> {
        for at in open {
            if !self.is_due(*at)? {
                continue;
            }
            let id = self.offered[*at].id.to_string();
            match self.take(status, *at) {
                Ok(()) => self.done.tokens.push(id),
                Err(NotTaken::Broken(failure)) => return Err(failure),
                Err(NotTaken::Trouble(why)) => {
                    self.put_off(*at)?;
                    self.trouble(format!("tokens for {id}"), why);
                }
            }
        }
        Ok(())
    }

    fn put_off(&mut self, at: usize) -> Result<(), Failure> {
        let moment = self.again(6);
        let now = self.now();
        let offered = &self.offered[at];
        let name = format!(
            "tokens-at {} {}",
            offered.id,
            offered.program.epoch_of(now.0).0
        );
        self.keep_time(&name, moment)
    }

    fn take(&mut self, status: &Status, at: usize) -> Result<(), NotTaken> {
        let now = self.now();
        let epoch = self.offered[at].program.epoch_of(now.0);
        let (log, _) = self.verifiers().map_err(|_| {
            NotTaken::Trouble("the keys in the operator file cannot be used".to_owned())
        })?;
        let keys = status
            .keys(self.offered[at].program.hash(), epoch, &log)
            .map_err(|error| NotTaken::Trouble(with_causes(&error)))?;
        let install = self.install_key()?;
        self.enrol(&install, &keys.issuer)?;
        let asked = self.asked(at, epoch, &install)?;
        let answer = match self.post("/v1/tokens", asked.request())? {
            Ok(answer) => answer,
            Err(error) => {
                // It lost its memory, or another runs there now: enrol anew the next time.
                if error.code() == Some("not-enrolled") {
                    self.outbox.keep(ENROLLED, b"")?;
                }
                return Err(error.into());
            }
        };
        let tokens = asked
            .finish(&keys.issuer, &answer)
            .map_err(|error| NotTaken::Trouble(error.to_string()))?;
        let kept: Vec<Token> = tokens
            .iter()
            .map(|token| Token {
                lane: token.lane().0,
                bytes: token.to_bytes().to_vec(),
            })
            .collect();
        let id = self.offered[at].id.clone();
        let hash = *self.offered[at].program.hash();
        self.outbox.keep(&made_for(&id, epoch), &hash.0)?;
        self.outbox.keep_tokens(&id, epoch.0, &kept)?;
        self.outbox.keep(&asked_name(&hash, epoch), b"")?;
        Ok(())
    }

    /// A random key, which the issuer alone sees, together with an address. It is in no report.
    fn install_key(&mut self) -> Result<InstallKey, NotTaken> {
        let kept = self.outbox.kept(KEY)?.and_then(|it| it.try_into().ok());
        if let Some(seed) = kept {
            return Ok(InstallKey::from_bytes(&seed));
        }
        let key = InstallKey::generate(&mut OsRng);
        self.outbox.keep(KEY, key.to_bytes().as_slice())?;
        Ok(key)
    }

    fn enrol(&mut self, install: &InstallKey, issuer: &wire::PublicKey) -> Result<(), NotTaken> {
        let known_to = self.outbox.kept(ENROLLED)?;
        if known_to.is_some_and(|it| it == self.operator.issuer().as_bytes()) {
            return Ok(());
        }
        let asked = self.outbox.kept(WORK_ASKED)?;
        let asked = asked.and_then(|it| it.first().copied()).unwrap_or(0);
        let work = WORK.into_iter().find(|it| *it >= asked);
        let work = work.unwrap_or(enrol::MOST_WORK);
        let request = enrol::request(install, issuer, Day::of(self.now().0), work);
        if let Err(error) = self.post("/v1/enrol", &request)? {
            if error.code() == Some("enrolment-work") {
                self.outbox.keep(WORK_ASKED, &[work.saturating_add(1)])?;
            }
            return Err(error.into());
        }
        let issuer = self.operator.issuer().as_bytes();
        Ok(self.outbox.keep(ENROLLED, issuer)?)
    }

    /// The request for the tokens of an epoch: the same bytes until there is an answer, since an issuer
    /// answers one request an epoch.
    fn asked(&mut self, at: usize, epoch: Epoch, install: &InstallKey) -> Result<Asked, NotTaken> {
        let name = asked_name(self.offered[at].program.hash(), epoch);
        let kept = self.outbox.kept(&name)?;
        if let Some(asked) = kept.and_then(|bytes| Asked::from_bytes(&bytes)) {
            return Ok(asked);
        }
        let asked = token::ask(&self.offered[at].program, epoch, install, &mut OsRng);
        self.outbox.keep(&name, &asked.to_bytes())?;
        Ok(asked)
    }

    fn post(&mut self, path: &str, body: &[u8]) -> Result<Result<Vec<u8>, HttpError>, NotTaken> {
        if !self.may_leave(body.len() as u64)? {
            return Err(NotTaken::Trouble(ENOUGH.to_owned()));
        }
        self.shows_address()?;
        let address = format!("{}{path}", self.operator.issuer());
        let most = 4096;
        let kind = "application/octet-stream";
        Ok(self.client.post(&address, kind, body, most))
    }
}

/// Under this name a request for tokens is kept until it is answered.
fn asked_name(program: &ProgramHash, epoch: Epoch) -> String {
    format!("tokens-asked {program} {}", epoch.0)
}

/// Under this name it is kept for which program, by its hash, the tokens of an epoch are.
fn made_for(id: &ProgramId, epoch: Epoch) -> String {
    format!("tokens-for {id} {}", epoch.0)
}

/// Why there are no tokens.
enum NotTaken {
    /// A server did not do it.
    Trouble(String),
    /// The outbox cannot be used.
    Broken(Failure),
}

impl From<HttpError> for NotTaken {
    fn from(error: HttpError) -> Self {
        Self::Trouble(with_causes(&error))
    }
}

impl From<Failure> for NotTaken {
    fn from(failure: Failure) -> Self {
        Self::Broken(failure)
    }
}

impl From<consent::OutboxError> for NotTaken {
    fn from(error: consent::OutboxError) -> Self {
        Self::Broken(error.into())
    }
}
