//! The way of a record: randomness, report, sending. One step at a time, with hours between.

use consent::{Due, InstallSecret, Kind, OutboxError, Step};
use wire::{
    Encoded, Epoch, Program, Report,
    ohttp::{Method, Request, Response, UNIT, Waiting},
    rand_core::OsRng,
    randomness::{self, Randomness},
    share::Prepared,
    status::Status,
    token::Token,
    withdraw,
};

use super::{ENOUGH, Round, keys::Servers, proofs::leaf_of, status::version};
use crate::{
    failure::{Failure, with_causes},
    http::error_code,
    oblivious::Hidden,
};

/// How long after its epoch the server erases a report at the latest: 48 hours, as declared.
const ERASED_AFTER: u64 = 48 * 3600;

/// Why a step was not taken.
enum Stopped {
    /// It is tried again.
    Later(String),
    /// It is tried again with other keys of the server that was asked.
    Keys(String),
    /// No server will ever take it.
    Never(String),
    /// The operator closed this for this version.
    Closed(String),
    /// The person took it back or dropped it a moment ago.
    TakenBack,
    /// The outbox cannot be used.
    Broken(Failure),
}

impl From<OutboxError> for Stopped {
    fn from(error: OutboxError) -> Self {
        match error {
            OutboxError::NotGiven(_) | OutboxError::State { .. } | OutboxError::TakenBack => {
                Self::TakenBack
            }
            error => Self::Broken(error.into()),
        }
    }
}

impl<'a> Round<'a> {
    /// Takes the next step of each record that is due.
    pub(super) fn records(
        &mut self,
        servers: &Servers<'a>,
        status: &Status,
        open: &[usize],
    ) -> Result<(), Failure> {
        for due in self.outbox.due(self.now())? {
            let Some(at) = self.offered(&due.program, &due.material) else {
                let now = self.now();
                let why = "what this version declares is not what you agreed to";
                self.outbox.give_up(due.id, why, now)?;
                continue;
            };
            if !open.contains(&at) {
                continue;
            }
            // To make a report tells nobody anything.
            let tells = !matches!(due.step, Step::Seal(_));
            if tells && !self.may_tell() {
                continue;
            }
            if tells && !self.has_room_for(2 * UNIT as u64)? {
                self.trouble(format!("record {}", due.id), ENOUGH);
                continue;
            }
            match self.step(servers, status, at, &due) {
                Ok(done) => self.done.records.push((due.id, done)),
                Err(Stopped::Later(why)) => self.later(&due, why)?,
                Err(Stopped::Keys(why)) => {
                    let server = match due.step {
                        Step::Ask => self.operator.randomness().address.as_str(),
                        Step::Seal(_) | Step::Send(_) => self.operator.gateway(),
                    };
                    self.forget_keys(server)?;
                    self.later(&due, why)?;
                }
                Err(Stopped::Never(why)) => {
                    let now = self.now();
                    self.outbox.give_up(due.id, &why, now)?;
                    self.done
                        .records
                        .push((due.id, "will not be sent; a message says why"));
                }
                Err(Stopped::Closed(why)) => {
                    let now = self.now();
                    let erased = self.outbox.close(&due.program, &why, now)?;
                    self.done.closed.push((due.program.to_string(), erased));
                }
                Err(Stopped::TakenBack) => {}
                Err(Stopped::Broken(failure)) => return Err(failure),
            }
        }
        Ok(())
    }

    fn later(&mut self, due: &Due, why: String) -> Result<(), Failure> {
        let again = self.again(due.tries);
        self.outbox.try_later(due.id, &why, again)?;
        self.trouble(format!("record {}", due.id), why);
        Ok(())
    }

    fn step(
        &mut self,
        servers: &Servers<'a>,
        status: &Status,
        at: usize,
        due: &Due,
    ) -> Result<&'static str, Stopped> {
        match &due.step {
            Step::Ask => self.ask(servers, status, at, due),
            Step::Seal(output) => self.seal(at, due, output),
            Step::Send(report) => self.send(servers, at, due, report),
        }
    }

    /// Asks the randomness server, which sees a blinded text among dummies.
    fn ask(
        &mut self,
        servers: &Servers<'a>,
        status: &Status,
        at: usize,
        due: &Due,
    ) -> Result<&'static str, Stopped> {
        let server = servers.randomness.as_ref().ok_or_else(|| {
            Stopped::Later("the keys of the randomness server could not be had".to_owned())
        })?;
        let (log, _) = self.verifiers().map_err(|_| {
            Stopped::Later("the keys in the operator file cannot be used".to_owned())
        })?;
        let epoch = Epoch(due.epoch);
        let keys = status
            .keys(self.offered[at].program.hash(), epoch, &log)
            .map_err(later)?;
        // As the intake, this server could know a device by a key that it alone was given.
        if let Err(error) = status.vouches_for_gateway(&server.keys_hash(), &log) {
            return Err(Stopped::Keys(format!(
                "the randomness server: {}",
                with_causes(&error)
            )));
        }
        let record = encoded(&self.offered[at].program, due)?;
        let (asked, body) =
            randomness::ask(&self.offered[at].program, epoch, &[&record], &mut OsRng)
                .map_err(|error| Stopped::Never(error.to_string()))?;
        let request = Request {
            method: Method::Post,
            path: "/v1/randomness".to_owned(),
            body,
        };
        let (sealed, waiting) = server.seal(&request).map_err(later)?;
        let answer = self.leave(
            server,
            due.id,
            Kind::Randomness,
            &request.body,
            &sealed,
            waiting,
        )?;
        let randomness = asked.finish(&keys.randomness, &answer).map_err(|error| {
            // Without a proof that the published key was used, this server marks whom it likes.
            Stopped::Later(format!("the randomness server cannot be believed: {error}"))
        })?;
        let one = randomness
            .into_iter()
            .next()
            .ok_or_else(|| Stopped::Later("the randomness server answered nothing".to_owned()))?;
        let next = self.delays.next_step(self.now(), &mut OsRng);
        self.outbox.randomised(due.id, &one.to_bytes(), next)?;
        Ok("the randomness server answered; the report is made later")
    }

    /// Makes the report. Nothing is sent; from now on the person can see its bytes.
    fn seal(&mut self, at: usize, due: &Due, output: &[u8]) -> Result<&'static str, Stopped> {
        let epoch = Epoch(due.epoch);
        let record = encoded(&self.offered[at].program, due)?;
        let randomness = Randomness::from_bytes(output).ok_or_else(|| {
            Stopped::Never("what was kept of the randomness is damaged".to_owned())
        })?;
        let program = &self.offered[at].program;
        let prepared = Prepared::of(program, epoch, &record, &randomness).map_err(never)?;
        let token = self.outbox.token_for(due.id, prepared.lane().0)?;
        let token = token
            .ok_or_else(|| Stopped::Later("there is no one-time token for it yet".to_owned()))?;
        let token = Token::from_bytes(&token.bytes)
            .ok_or_else(|| Stopped::Never("its one-time token is damaged".to_owned()))?;
        let secret = InstallSecret::read_or_make(self.outbox.folder())
            .map_err(|error| Stopped::Broken(error.into()))?;
        let withdrawal =
            withdraw::Secret::derive(secret.as_bytes(), program.hash(), epoch, token.nonce());
        let report = prepared
            .report(version(), token, &withdrawal)
            .map_err(never)?;
        let next = self.delays.next_step(self.now(), &mut OsRng);
        self.outbox
            .ready(due.id, &report.to_bytes(), withdrawal.as_bytes(), next)?;
        Ok("the report is made; `candor outbox show` prints its bytes; it is sent later")
    }

    /// Sends the report: the very bytes that the outbox holds.
    fn send(
        &mut self,
        servers: &Servers<'a>,
        at: usize,
        due: &Due,
        report: &[u8],
    ) -> Result<&'static str, Stopped> {
        let leaf = Report::parse(report).map_err(never)?.leaf();
        let request = Request {
            method: Method::Post,
            path: "/v1/report".to_owned(),
            body: report.to_vec(),
        };
        let (sealed, waiting) = servers.intake.seal(&request).map_err(later)?;
        let acknowledgement = self.leave(
            &servers.intake,
            due.id,
            Kind::Report,
            report,
            &sealed,
            waiting,
        )?;
        let (_, end) = self.offered[at].program.epoch_bounds(Epoch(due.epoch));
        let erased_at = consent::Time(end).plus(ERASED_AFTER);
        // The leaf first: without it no proof can be asked for once the record is acknowledged.
        self.outbox.keep(&leaf_of(due.id), &leaf.0)?;
        self.outbox
            .acknowledged(due.id, &acknowledgement, erased_at)?;
        Ok("sent; the operator has it")
    }

    /// Stores the bytes, lets them go if the consent still holds, and returns the answer.
    fn leave(
        &mut self,
        server: &Hidden<'_>,
        id: i64,
        kind: Kind,
        plain: &[u8],
        sealed: &[u8],
        waiting: Waiting,
    ) -> Result<Vec<u8>, Stopped> {
        let now = self.now();
        let parcel = self.outbox.add_parcel(id, kind, plain, sealed, now)?;
        self.outbox.departing(parcel, now)?;
        let answer = server.deliver(sealed, waiting);
        let answer = answer.map_err(|error| match error.is_of_keys() {
            true => Stopped::Keys(with_causes(&error)),
            false => later(error),
        });
        answered(kind, answer?)
    }
}

/// What a server said, as what comes next.
fn answered(kind: Kind, answer: Response) -> Result<Vec<u8>, Stopped> {
    let code = error_code(&answer.body).unwrap_or_else(|| answer.status.to_string());
    // The epoch was closed a moment ago, or the clocks differ; the outbox drops it at its epoch's end.
    let is_of_time = answer.status == 422 && code.starts_with("epoch-");
    match (answer.status, kind) {
        (200, _) => Ok(answer.body),
        // Whether a version is closed is the intake's to say.
        (410, Kind::Report) => Err(Stopped::Closed(code)),
        (404 | 408 | 410 | 425 | 429 | 500..=599, _) => Err(Stopped::Later(code)),
        _ if is_of_time => Err(Stopped::Later(code)),
        _ => Err(Stopped::Never(format!("the operator refuses it ({code})"))),
    }
}

fn encoded(program: &Program, due: &Due) -> Result<Encoded, Stopped> {
    program.encode(&due.fields).map_err(never)
}

fn later(error: impl std::error::Error) -> Stopped {
    Stopped::Later(with_causes(&error))
}

fn never(error: impl std::error::Error) -> Stopped {
    Stopped::Never(with_causes(&error))
}
