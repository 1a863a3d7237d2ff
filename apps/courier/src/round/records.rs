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

use super::{Round, Servers, proofs::leaf_of, status::version};
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
            OutboxError::NotGiven(_) | OutboxError::State { .. } => Self::TakenBack,
            error => Self::Broken(error.into()),
        }
    }
}

impl<'a> Round<'a> {
    /// Takes the next step of each record that is due.
    pub(super) fn records(
        &mut self,
        servers: &mut Servers<'a>,
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
            if !self.has_room_for(2 * UNIT as u64)? {
                self.trouble(format!("record {}", due.id), "enough was sent for one day");
                continue;
            }
            match self.step(servers, status, at, &due) {
                Ok(done) => self.done.records.push((due.id, done)),
                Err(Stopped::Later(why)) => {
                    let again = self.again(due.tries);
                    self.outbox.try_later(due.id, &why, again)?;
                    self.trouble(format!("record {}", due.id), why);
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

    fn step(
        &mut self,
        servers: &mut Servers<'a>,
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
        servers: &mut Servers<'a>,
        status: &Status,
        at: usize,
        due: &Due,
    ) -> Result<&'static str, Stopped> {
        let (log, _) = self.verifiers().map_err(|_| {
            Stopped::Later("the keys in the operator file cannot be used".to_owned())
        })?;
        let epoch = Epoch(due.epoch);
        let keys = status
            .keys(self.offered[at].program.hash(), epoch, &log)
            .map_err(later)?;
        let record = encoded(&self.offered[at].program, due)?;
        let (asked, body) =
            randomness::ask(&self.offered[at].program, epoch, &[&record], &mut OsRng)
                .map_err(|error| Stopped::Never(error.to_string()))?;
        let request = Request {
            method: Method::Post,
            path: "/v1/randomness".to_owned(),
            body,
        };
        let server = match &mut servers.randomness {
            Some(server) => server,
            none => {
                let relay = &self.operator.relay().to_randomness;
                let address = &self.operator.randomness().address;
                none.insert(Hidden::behind(self.client, relay, address).map_err(later)?)
            }
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
        self.outbox
            .acknowledged(due.id, &acknowledgement, erased_at)?;
        self.outbox.keep(&leaf_of(due.id), &leaf.0)?;
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
        answered(server.deliver(sealed, waiting).map_err(later)?)
    }
}

/// What a server said, as what comes next.
fn answered(answer: Response) -> Result<Vec<u8>, Stopped> {
    let code = error_code(&answer.body).unwrap_or_else(|| answer.status.to_string());
    match answer.status {
        200 => Ok(answer.body),
        410 => Err(Stopped::Closed(code)),
        // The epoch was closed a moment ago, or the clocks differ; the outbox drops it at its epoch's end.
        404 | 408 | 425 | 429 | 500..=599 => Err(Stopped::Later(code)),
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
