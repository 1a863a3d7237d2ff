//! The relay: 512 bytes in, the same 512 bytes out, and the answer back. No header of the one who asks
//! goes on, no address is kept, and which gateways there are is in the settings alone.

use std::{collections::BTreeMap, io};

use axum::body::Bytes;
use hyper::Method;
use wire::ohttp::{LONGEST_RESPONSE, UNIT};

use super::{
    gateway::{REQUEST, RESPONSE},
    way::{Question, Way},
};
use crate::{config::Config, refusal::Refusal};

/// Gateways by name.
pub struct Relay(BTreeMap<String, Way>);

impl Relay {
    /// Prepares a way to each gateway of the settings.
    ///
    /// # Errors
    /// What is wrong with an address or with the certificates that vouch for it.
    pub fn of(config: &Config) -> io::Result<Self> {
        let ways = config.relay.iter().map(|(name, gateway)| {
            let way = Way::to(&gateway.url, gateway.vouchers.as_deref())?;
            Ok((name.clone(), way))
        });
        Ok(Self(ways.collect::<io::Result<_>>()?))
    }

    /// Passes a message on and returns the answer.
    ///
    /// # Errors
    /// [`Refusal`] when there is no such gateway, it cannot be reached, or it answers otherwise. That the gateway
    /// cannot open the message is passed on: its key may be gone, and the device has to get the next one.
    pub async fn pass(&self, name: &str, message: Bytes) -> Result<Bytes, Refusal> {
        let way = self.0.get(name).ok_or_else(|| {
            Refusal::new(404, "no-such-gateway", "this relay knows no such gateway")
        })?;
        match passed(way, message).await {
            Ok(Passed::Sealed(answer)) => Ok(answer),
            Ok(Passed::Unopened) => {
                let why = "the gateway cannot open this message: get its keys anew";
                Err(Refusal::new(400, "gateway-key", why))
            }
            Ok(Passed::Otherwise) | Err(_) => {
                let why = "the gateway cannot be reached, or answered otherwise";
                Err(Refusal::new(502, "gateway", why).retry_after(60))
            }
        }
    }
}

/// What a gateway answers.
pub(super) enum Passed {
    /// Sealed bytes.
    Sealed(Bytes),
    /// In its words, that no key of it opens the message.
    Unopened,
    /// Something else.
    Otherwise,
}

/// Hands a sealed message to a gateway; returns its answer.
///
/// # Errors
/// When it cannot be reached.
pub(super) async fn passed(way: &Way, message: Bytes) -> io::Result<Passed> {
    let question = Question {
        method: Method::POST,
        path: way.path(),
        kind: Some(REQUEST),
        body: message,
        most: LONGEST_RESPONSE,
    };
    let answer = way.ask(question).await?;
    let is_sealed = (200..300).contains(&answer.status)
        && answer.kind.as_deref() == Some(RESPONSE)
        && !answer.body.is_empty()
        && answer.body.len().is_multiple_of(UNIT);
    let is_unopened = matches!(answer.status, 400 | 401)
        && matches!(
            code_of(&answer.body).as_deref(),
            Some("ohttp-key" | "ohttp-sealed")
        );
    Ok(match (is_sealed, is_unopened) {
        (true, _) => Passed::Sealed(answer.body),
        (_, true) => Passed::Unopened,
        _ => Passed::Otherwise,
    })
}

/// Returns the stable code of a refusal.
fn code_of(body: &[u8]) -> Option<String> {
    let value: serde_json::Value = serde_json::from_slice(body).ok()?;
    Some(value.get("error")?.as_str()?.to_owned())
}
