//! What is asked inside sealed messages: nobody who carries them sees who asks what.
//!
//! ```text
//! GET  /v1/status        one signed document, the same for everyone
//! POST /v1/randomness    four blinded points in, four evaluated ones and a proof out
//! POST /v1/report        a report; answered with its leaf once it is on the disk
//! POST /v1/withdraw      the secret of a report; answered once it is erased
//! GET  /v1/proof/{leaf}  that a report is in its sealed partition
//! GET  /v1/erasure/{program}/{epoch}/{day}   that a partition was sealed and erased
//! GET  /v1/consistency/{old}/{new}  that the log of `new` leaves begins with that of `old`
//! ```

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use wire::{
    Epoch, ProgramHash, Report, Version,
    log::{EntryProof, Proof},
    ohttp::{Method, Request, Response},
    rand_core::OsRng,
    randomness,
    withdraw::Withdrawal,
};

use crate::{
    clock::day_of,
    config::Role,
    intake::Intake,
    meta::Remembered,
    meters::one_more,
    programs::Taken,
    refusal::Refusal,
    retire::name_of,
    store::{Arrival, Done, Partition, Put, StoreError, Withdrawn},
};

/// The answer to a report.
#[derive(Debug, Serialize, ToSchema)]
pub struct Acknowledged {
    /// `stored`, or `duplicate` for bytes that were there already.
    #[schema(example = "stored")]
    pub state: &'static str,
    /// The leaf of the report, in hex: what a proof is asked for by.
    pub leaf: String,
}

/// The answer to a withdrawal.
#[derive(Debug, Serialize, ToSchema)]
pub struct WithdrawalAnswer {
    /// `withdrawn`: the report is erased, and one that arrives later is not stored. `anonymous`: its
    /// time is over, and what was revealed with it names nobody.
    #[schema(example = "withdrawn")]
    pub state: &'static str,
}

/// Answers what was asked inside a sealed message.
pub async fn answer(intake: &Arc<Intake>, request: Request) -> Response {
    let outcome = match (request.method, request.path.as_str()) {
        (Method::Get, "/v1/status") => status(intake),
        (Method::Post, "/v1/randomness") => randomness(intake, &request.body),
        (Method::Post, "/v1/report") => report(intake, &request.body).await,
        (Method::Post, "/v1/withdraw") => withdraw(intake, &request.body).await,
        (Method::Get, path) => asked_for(intake, path).await,
        (Method::Post, _) => Err(no_such_path()),
    };
    outcome.unwrap_or_else(|refusal| {
        intake.meters.reject(refusal.code);
        Response {
            status: refusal.status,
            content_type: Some("application/json".to_owned()),
            body: refusal.body(),
        }
    })
}

async fn asked_for(intake: &Arc<Intake>, path: &str) -> Result<Response, Refusal> {
    let below = path.strip_prefix("/v1/").and_then(|it| it.split_once('/'));
    match below {
        Some(("proof", leaf)) => proof(intake, leaf).await,
        Some(("erasure", index)) => erasure(intake, index),
        Some(("consistency", sizes)) => consistency(intake, sizes),
        _ => Err(no_such_path()),
    }
}

fn no_such_path() -> Refusal {
    Refusal::new(404, "no-such-path", "nothing is asked by this path")
}

fn status(intake: &Intake) -> Result<Response, Refusal> {
    Ok(Response {
        status: 200,
        content_type: Some("text/plain; charset=utf-8".to_owned()),
        body: intake.signed_status()?.into_bytes(),
    })
}

fn randomness(intake: &Intake, body: &[u8]) -> Result<Response, Refusal> {
    has_role(intake, Role::Randomness)?;
    let request = randomness::Request::parse(body)
        .map_err(|error| Refusal::malformed(error.code(), &error))?;
    let taken = program(intake, request.program().0)?;
    let epoch = request.epoch().0;
    open_epoch(intake, taken, epoch)?;
    not_closed(intake, taken.program.hash(), None)?;
    let most = intake.config.limits.evaluations;
    if !intake.evaluations.may(intake.clock.now(), most) {
        let why = "too many questions in this second";
        return Err(Refusal::new(429, "too-many-questions", why).retry_after(1));
    }
    let key = intake
        .epoch_key(taken, epoch)
        .ok_or_else(|| Refusal::new(422, "epoch-closed", "the key of this epoch was destroyed"))?;
    let answer = key.answer(&request, &mut OsRng);
    one_more(&intake.meters.evaluations);
    Ok(bytes(answer))
}

async fn report(intake: &Intake, body: &[u8]) -> Result<Response, Refusal> {
    has_role(intake, Role::Receive)?;
    let report = Report::parse(body).map_err(|error| Refusal::malformed(error.code(), &error))?;
    let taken = program(intake, report.program().0)?;
    let _let_in = intake.letting_in.read().await;
    not_closed(intake, taken.program.hash(), Some(report.version()))?;
    if !taken.program.admits(&report) {
        let why = "a report of this program has another length";
        return Err(Refusal::new(422, "report-body-length", why));
    }
    open_epoch(intake, taken, report.epoch().0)?;
    intake
        .issuer
        .redeem(&taken.program, &report)
        .map_err(|error| Refusal::new(403, error.code(), error.to_string()))?;
    if intake.disk_is_full() {
        return Err(StoreError::Full {
            path: intake.config.folder.clone(),
        }
        .into());
    }
    let arrival = arrival(&report, day_of(intake.clock.now()));
    let leaf = wire::Tag(arrival.leaf).to_string();
    let put = told(|done| intake.store.put(arrival, done)).await?;
    let state = match put {
        Put::Stored => {
            one_more(&intake.meters.stored);
            "stored"
        }
        Put::Duplicate => {
            one_more(&intake.meters.duplicates);
            "duplicate"
        }
        Put::TokenSpent => {
            let why = "the token of this report was spent for another";
            return Err(Refusal::new(409, "token-spent", why));
        }
        Put::Withdrawn => {
            return Err(Refusal::new(409, "withdrawn", "this report was withdrawn"));
        }
    };
    json(&Acknowledged { state, leaf })
}

/// Returns what is stored of a report that came in on a day.
#[must_use]
pub fn arrival(report: &Report, day: u32) -> Arrival {
    let mut sealed = report.y().to_vec();
    sealed.extend_from_slice(report.body());
    Arrival {
        partition: Partition {
            program: report.program().0,
            epoch: report.epoch().0,
            day,
        },
        tag: *report.tag().as_bytes(),
        x: report.x(),
        nonce: *report.nonce().as_bytes(),
        wc: *report.commitment().as_bytes(),
        leaf: report.leaf().0,
        sealed,
    }
}

async fn withdraw(intake: &Intake, body: &[u8]) -> Result<Response, Refusal> {
    has_role(intake, Role::Receive)?;
    let withdrawal =
        Withdrawal::parse(body).map_err(|error| Refusal::malformed(error.code(), &error))?;
    let known = remembered(intake, withdrawal.program.0)?;
    let (epoch, now) = (withdrawal.epoch.0, intake.clock.now());
    if known.calendar.opens(epoch) > now {
        let why = "this epoch has not begun";
        return Err(Refusal::new(422, "epoch-not-open", why));
    }
    let today = Partition {
        program: withdrawal.program.0,
        epoch,
        day: day_of(now),
    };
    // Erased, or about to be: a withdrawal would only make a file anew.
    if now >= known.calendar.closes(epoch) + crate::calendar::REPORTS {
        return json(&WithdrawalAnswer { state: "anonymous" });
    }
    let wc = *withdrawal.commitment().as_bytes();
    let withdrawn = told(|done| intake.store.withdraw(today, wc, done)).await?;
    if withdrawn != Withdrawn::Again {
        one_more(&intake.meters.withdrawals);
    }
    // One answer for each case: nobody learns by asking whether a report is there.
    json(&WithdrawalAnswer { state: "withdrawn" })
}

/// Anyone may ask. It reads the disk, so it has a thread of its own, and few are answered at once.
async fn proof(intake: &Arc<Intake>, leaf: &str) -> Result<Response, Refusal> {
    has_role(intake, Role::Receive)?;
    let leaf = wire::Tag::from_hex(leaf)
        .ok_or_else(|| Refusal::new(400, "leaf-form", "a leaf is 64 small hex digits"))?;
    // Nobody waits for a turn: whoever waits holds a place that a report needs.
    let _turn = intake.proven.turns.try_acquire().map_err(|_| {
        let why = "other proofs are being made: ask again";
        Refusal::new(429, "too-many-questions", why).retry_after(1)
    })?;
    let at_work = Arc::clone(intake);
    let proof = tokio::task::spawn_blocking(move || proof_of(&at_work, leaf.as_bytes())).await;
    proof.unwrap_or_else(|error| Err(Refusal::internal(&error)))
}

fn proof_of(intake: &Intake, leaf: &[u8; 32]) -> Result<Response, Refusal> {
    let known = known(intake)?;
    for partition in intake.store.partitions()? {
        // One that cannot be read is told by what is due, and does not hide the others.
        let place = intake.proven.place(&*intake.store, partition, leaf);
        let Ok(Some(place)) = place else { continue };
        let Some(program) = known.iter().find(|it| it.number == partition.program) else {
            continue;
        };
        let Some((at, ..)) = intake.log.sealed(name_of(program, partition)) else {
            continue;
        };
        if let Some((sealed, checkpoint)) = intake.log.proof(at) {
            let proof = Proof {
                index: place.index,
                path: place.path,
                sealed,
                erased: None,
                checkpoint,
            };
            return Ok(Response {
                status: 200,
                content_type: Some("application/json".to_owned()),
                body: proof.to_json().into_bytes(),
            });
        }
    }
    let why = "no sealed partition holds this report: its day is not over, or it was erased";
    Err(Refusal::new(404, "not-here", why))
}

/// That a partition was sealed and erased, under one checkpoint. Who kept the way of a report to the
/// root of the partition has, with this, a whole proof: the report's own leaf is gone.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct ErasureAnswer {
    /// The leaf that says it was sealed.
    #[schema(value_type = Object)]
    pub sealed: EntryProof,
    /// The leaf that says it was erased.
    #[schema(value_type = Object)]
    pub erased: EntryProof,
    /// The signed checkpoint that both are under.
    pub checkpoint: String,
}

fn erasure(intake: &Intake, partition: &str) -> Result<Response, Refusal> {
    has_role(intake, Role::Receive)?;
    let partition = Partition::parse(partition).ok_or_else(|| {
        Refusal::new(
            400,
            "partition-form",
            "a partition is program, epoch and day: `4f2a/2951/20650`",
        )
    })?;
    let named = name_of(&remembered(intake, partition.program)?, partition);
    let proofs = intake.log.sealed_and_erased(named);
    let proofs = proofs.and_then(|(sealed, erased)| intake.log.proofs([sealed, erased]));
    let ([sealed, erased], checkpoint) =
        proofs.ok_or_else(|| Refusal::new(404, "not-erased", "this partition was not erased"))?;
    json(&ErasureAnswer {
        sealed,
        erased,
        checkpoint,
    })
}

/// Proves that the log only grew.
fn consistency(intake: &Intake, sizes: &str) -> Result<Response, Refusal> {
    let (old, new) = sizes.split_once('/').ok_or_else(no_such_path)?;
    let proof = intake.log.consistency(number(old)?, number(new)?);
    let proof = proof
        .ok_or_else(|| Refusal::new(404, "no-such-tree", "the log never had so many leaves"))?;
    json(&proof)
}

fn number(text: &str) -> Result<u64, Refusal> {
    text.parse()
        .map_err(|_| Refusal::new(400, "number-form", "a number of leaves is a number"))
}

pub(crate) fn has_role(intake: &Intake, role: Role) -> Result<(), Refusal> {
    match intake.has(role) {
        true => Ok(()),
        false => Err(Refusal::new(
            404,
            "other-role",
            "this server does not do that",
        )),
    }
}

pub(crate) fn program(intake: &Intake, number: u16) -> Result<&Taken, Refusal> {
    intake.programs.numbered(number).ok_or_else(|| {
        let why = "this server takes no such record: it was declared otherwise";
        Refusal::new(409, "unknown-program", why)
    })
}

/// A program that is taken, or was: what came in under it can be taken back, and proven, to the end.
fn remembered(intake: &Intake, number: u16) -> Result<Remembered, Refusal> {
    let found = known(intake)?.into_iter().find(|it| it.number == number);
    found.ok_or_else(|| {
        let why = "this server never took such a record";
        Refusal::new(409, "unknown-program", why)
    })
}

fn known(intake: &Intake) -> Result<Vec<Remembered>, Refusal> {
    let known = intake.meta.remembered();
    known.map_err(|error| Refusal::internal(&error))
}

fn open_epoch(intake: &Intake, taken: &Taken, epoch: u32) -> Result<(), Refusal> {
    let now = intake.clock.now();
    // By the log as well: a clock that was set back would let in again what was erased.
    let is_over = intake.log.is_over(*taken.program.hash(), Epoch(epoch));
    if taken.calendar.is_open(epoch, now) && !is_over {
        return Ok(());
    }
    Err(if now < taken.calendar.opens(epoch) {
        Refusal::new(422, "epoch-not-open", "this epoch has not begun")
    } else {
        Refusal::new(422, "epoch-closed", "this epoch is over")
    })
}

fn not_closed(
    intake: &Intake,
    program: &ProgramHash,
    version: Option<Version>,
) -> Result<(), Refusal> {
    let meets = |closed: &crate::meta::Closed| {
        closed.program.is_none_or(|it| it == *program)
            && closed.version.is_none_or(|it| version == Some(it))
    };
    let too_old = version.is_some_and(|version| version < intake.least_version());
    match too_old || intake.closed().iter().any(meets) {
        true => Err(Refusal::new(
            410,
            "version-closed",
            "this record is closed for this version",
        )),
        false => Ok(()),
    }
}

/// Hands something to the store and waits for its answer.
async fn told<T: Send + 'static>(hand: impl FnOnce(Done<T>)) -> Result<T, Refusal> {
    let (send, answer) = tokio::sync::oneshot::channel();
    hand(Box::new(move |outcome| drop(send.send(outcome))));
    Ok(answer.await.unwrap_or(Err(StoreError::Closed))?)
}

fn json(value: &impl Serialize) -> Result<Response, Refusal> {
    let body = serde_json::to_vec(value).map_err(|error| Refusal::internal(&error))?;
    Ok(Response {
        status: 200,
        content_type: Some("application/json".to_owned()),
        body,
    })
}

fn bytes(body: Vec<u8>) -> Response {
    Response {
        status: 200,
        content_type: Some("application/octet-stream".to_owned()),
        body,
    }
}
