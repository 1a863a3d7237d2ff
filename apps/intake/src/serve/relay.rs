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
    /// [`Refusal`] when there is no such gateway, it cannot be reached, or it answers otherwise.
    pub async fn pass(&self, name: &str, message: Bytes) -> Result<Bytes, Refusal> {
        let way = self.0.get(name).ok_or_else(|| {
            Refusal::new(404, "no-such-gateway", "this relay knows no such gateway")
        })?;
        let answer = passed(way, message).await;
        answer.map_err(|_| {
            let why = "the gateway cannot be reached, or answered otherwise";
            Refusal::new(502, "gateway", why).retry_after(60)
        })
    }
}

/// Hands a sealed message to a gateway; returns its sealed answer.
///
/// # Errors
/// When it cannot be reached, or answers anything else.
pub(super) async fn passed(way: &Way, message: Bytes) -> io::Result<Bytes> {
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
    match is_sealed {
        true => Ok(answer.body),
        false => Err(io::Error::other("no sealed answer")),
    }
}
