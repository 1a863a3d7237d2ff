//! Tokens: eight an installation and epoch, one a lane, so that one enrolment adds one share to a text.
//!
//! The issuer is asked directly, since it must count networks; it learns that an installation asks
//! each week, and nothing of what it reports. A network is counted in memory, for a day, and written
//! nowhere. What is written: the key of an installation, the hour it enrolled and last asked, and
//! that it got its tokens of an epoch.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Mutex, PoisonError},
};

use sha2::{Digest, Sha256};
use wire::{Day, enrol, rand_core::OsRng, token};

use crate::{
    config::{Issuer, Role},
    inner::{has_role, program},
    intake::Intake,
    meters::one_more,
    network::{Network, network_of},
    refusal::Refusal,
};

/// Networks that are counted at once; beyond it a day's newcomers wait.
const NETWORKS: usize = 1 << 17;

/// How many enrolled from where today.
#[derive(Default)]
pub struct Networks(Mutex<Counted>);

#[derive(Default)]
struct Counted {
    day: u32,
    all: u32,
    by_network: HashMap<Network, u32>,
}

impl Networks {
    /// Counts one enrolment, or says that today there were enough.
    fn count(&self, today: u32, from: Option<IpAddr>, limits: &Issuer) -> Result<(), Refusal> {
        let enough = |why: &str| Refusal::new(429, "too-many-enrolments", why).retry_after(86_400);
        let mut counted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if counted.day != today {
            *counted = Counted {
                day: today,
                ..Counted::default()
            };
        }
        if counted.all >= limits.per_day {
            return Err(enough("enough enrolled today"));
        }
        if let Some(network) = from.and_then(network_of) {
            let is_new = !counted.by_network.contains_key(&network);
            if is_new && counted.by_network.len() >= NETWORKS {
                return Err(enough("enough enrolled today"));
            }
            let number = counted.by_network.entry(network).or_default();
            if *number >= limits.per_network {
                return Err(enough("enough enrolled from this network today"));
            }
            *number += 1;
        }
        counted.all += 1;
        Ok(())
    }
}

/// Enrols an installation. Again: the same.
///
/// # Errors
/// [`Refusal`] for bytes that are no enrolment, for too little work, and when enough enrolled today.
pub fn enrol(intake: &Intake, from: Option<IpAddr>, body: &[u8]) -> Result<(), Refusal> {
    has_role(intake, Role::Issuer)?;
    let request =
        enrol::Request::parse(body).map_err(|error| Refusal::malformed(error.code(), &error))?;
    let limits = &intake.config.issuer;
    let now = intake.clock.now();
    request
        .check(&intake.issuer.public(), Day::of(now), limits.work_bits)
        .map_err(|error| Refusal::new(403, error.code(), error.to_string()))?;
    let known = intake.meta.enrolled(request.install());
    if known.map_err(|error| Refusal::internal(&error))?.is_some() {
        return Ok(());
    }
    intake.networks.count(Day::of(now).0, from, limits)?;
    intake
        .meta
        .enrol(request.install(), now)
        .map_err(|error| Refusal::internal(&error))?;
    one_more(&intake.meters.enrolments);
    Ok(())
}

/// Gives an installation its tokens of an epoch. Again for the same request: the same tokens, with
/// other proofs.
///
/// # Errors
/// [`Refusal`] for bytes that are no request, for one that is not enrolled or not long enough, and
/// when it got its tokens for another request.
pub fn tokens(intake: &Intake, body: &[u8]) -> Result<Vec<u8>, Refusal> {
    has_role(intake, Role::Issuer)?;
    let request =
        token::Request::parse(body).map_err(|error| Refusal::malformed(error.code(), &error))?;
    let taken = program(intake, request.program().0)?;
    let now = intake.clock.now();
    let epoch = request.epoch().0;
    if !taken.calendar.live(now).contains(&epoch) {
        return Err(Refusal::new(
            422,
            "epoch-closed",
            "this epoch gives no tokens now",
        ));
    }
    request
        .check(&taken.program)
        .map_err(|error| Refusal::new(403, error.code(), error.to_string()))?;
    let enrolled = intake
        .meta
        .enrolled(request.install())
        .map_err(|error| Refusal::internal(&error))?
        .ok_or_else(|| Refusal::new(403, "not-enrolled", "this installation is not enrolled"))?;
    let matures = enrolled.saturating_add(intake.config.issuer.matures_hours);
    if now / 3600 < matures {
        let wait = (matures * 3600).saturating_sub(now);
        let why = "this installation enrolled too recently";
        let wait = u32::try_from(wait).unwrap_or(u32::MAX);
        return Err(Refusal::new(403, "not-matured", why).retry_after(wait));
    }
    let asked: [u8; 32] = Sha256::digest(body).into();
    let of = (request.program().0, epoch);
    let may = intake.meta.issue(request.install(), of, &asked, now);
    if !may.map_err(|error| Refusal::internal(&error))? {
        let why = "this installation has its tokens of this epoch";
        return Err(Refusal::new(409, "tokens-issued", why));
    }
    let answer = intake
        .issuer
        .issue(&taken.program, &request, &mut OsRng)
        .map_err(|error| Refusal::internal(&error))?;
    one_more(&intake.meters.tokens);
    Ok(answer)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_enrols_so_often_a_day() {
        let networks = Networks::default();
        let limits = Issuer {
            per_network: 2,
            per_day: 5,
            ..Issuer::default()
        };
        let from = |text: &str| Some(text.parse().unwrap());
        for (address, may) in [
            ("192.0.2.1", true),
            ("192.0.2.200", true),
            ("192.0.2.3", false),
            ("::ffff:192.0.2.3", false),
            ("192.0.3.1", true),
            ("2001:db8:1::1", true),
            ("2001:db8:1:2::1", true),
            ("2001:db8:2::1", false),
        ] {
            let counted = networks.count(7, from(address), &limits);
            assert_eq!(counted.is_ok(), may, "{address}");
        }
        assert!(networks.count(8, from("192.0.2.1"), &limits).is_ok());
    }
}
