//! What devices ask: sealed messages, tokens, and that a message be passed on.

use std::{sync::Arc, time::Duration};

use axum::{
    Extension,
    body::Bytes,
    extract::{Path, State},
    http::{HeaderMap, header},
    response::{IntoResponse, Response},
};
use wire::ohttp;

use super::{
    Serving,
    listener::Peer,
    routes::{is_of_type, of_type},
};
use crate::{config::Role, inner, issuer, meters::one_more, network::asker, refusal::Refusal};

/// What a sealed request is.
pub const REQUEST: &str = "message/ohttp-req";
/// What a sealed response is.
pub const RESPONSE: &str = "message/ohttp-res";
const BYTES: &str = "application/octet-stream";

/// A refusal that is counted.
pub(super) type Answer = Result<Response, Counted>;

/// A refusal on its way out.
pub struct Counted(Arc<Serving>, Refusal);

impl IntoResponse for Counted {
    fn into_response(self) -> Response {
        self.0.intake.meters.reject(self.1.code);
        self.1.into_response()
    }
}

/// Counts a refusal.
pub(super) fn counted(serving: &Arc<Serving>) -> impl Fn(Refusal) -> Counted {
    let serving = Arc::clone(serving);
    move |refusal| Counted(Arc::clone(&serving), refusal)
}

/// The key configurations that messages are sealed for.
#[utoipa::path(get, path = "/v1/ohttp-keys", tag = "device", responses(
    (status = 200, description = "Key configurations (RFC 9458, section 3)", content_type = "application/ohttp-keys"),
))]
pub async fn keys(State(serving): State<Arc<Serving>>) -> Response {
    let keys = serving.intake.gateway.keys();
    of_type("application/ohttp-keys", keys)
}

/// Opens a sealed message, answers what is inside, and seals the answer.
///
/// Every request has 512 bytes. Inside are `GET /v1/status`, `POST /v1/randomness`, `POST /v1/report`,
/// `POST /v1/withdraw`, `GET /v1/proof/{leaf}`, `GET /v1/erasure/{program}/{epoch}/{day}` and
/// `GET /v1/consistency/{old}/{new}`; their refusals are inside too.
#[utoipa::path(post, path = "/v1/gateway", tag = "device",
    request_body(content = Vec<u8>, content_type = "message/ohttp-req"),
    responses(
        (status = 200, description = "The sealed answer", content_type = "message/ohttp-res"),
        (status = 400, description = "`ohttp-size`, `ohttp-sealed`, `ohttp-message`", body = crate::refusal::RefusalBody),
        (status = 401, description = "`ohttp-key`: sealed for another key; get the keys anew", body = crate::refusal::RefusalBody),
        (status = 413, description = "`body-too-large`", body = crate::refusal::RefusalBody),
        (status = 415, description = "`content-type`, `content-encoding`", body = crate::refusal::RefusalBody),
        (status = 503, description = "`overloaded`; `Retry-After` says when to ask again", body = crate::refusal::RefusalBody),
    ))]
pub async fn open(State(serving): State<Arc<Serving>>, headers: HeaderMap, body: Bytes) -> Answer {
    let counted = counted(&serving);
    is_of_type(headers.get(header::CONTENT_TYPE), REQUEST).map_err(&counted)?;
    let opened = serving.intake.gateway.open_request(&body);
    let (request, reply) = opened.map_err(|error| {
        let status = if error == ohttp::OhttpError::Key {
            401
        } else {
            400
        };
        counted(Refusal::new(status, error.code(), error.to_string()))
    })?;
    let answer = inner::answer(&serving.intake, request).await;
    let sealed = reply.seal(&answer);
    let sealed = sealed.map_err(|error| counted(Refusal::internal(&error)))?;
    Ok(of_type(RESPONSE, sealed))
}

/// Enrols an installation, so that it may ask for tokens.
#[utoipa::path(post, path = "/v1/enrol", tag = "device",
    request_body(content = Vec<u8>, content_type = "application/octet-stream"),
    responses(
        (status = 204, description = "Enrolled"),
        (status = 400, description = "`enrolment-length`, `protocol-version`", body = crate::refusal::RefusalBody),
        (status = 403, description = "The day, the work or the signature is wrong", body = crate::refusal::RefusalBody),
        (status = 404, description = "`other-role`", body = crate::refusal::RefusalBody),
        (status = 429, description = "`too-many-enrolments`", body = crate::refusal::RefusalBody),
        (status = 503, description = "`proxy`: the proxy in front of the issuer is not set up", body = crate::refusal::RefusalBody),
    ))]
pub async fn enrol(
    State(serving): State<Arc<Serving>>,
    Extension(peer): Extension<Peer>,
    headers: HeaderMap,
    body: Bytes,
) -> Answer {
    let counted = counted(&serving);
    is_of_type(headers.get(header::CONTENT_TYPE), BYTES).map_err(&counted)?;
    let from = asker(&serving.intake.config, peer.0, &headers).map_err(&counted)?;
    let intake = Arc::clone(&serving.intake);
    blocking(move || issuer::enrol(&intake, from, &body))
        .await
        .map_err(&counted)?;
    Ok(axum::http::StatusCode::NO_CONTENT.into_response())
}

/// Gives an installation its tokens of one epoch.
#[utoipa::path(post, path = "/v1/tokens", tag = "device",
    request_body(content = Vec<u8>, content_type = "application/octet-stream"),
    responses(
        (status = 200, description = "One evaluated point and one proof a lane", content_type = "application/octet-stream"),
        (status = 400, description = "`token-length`, `token-point`", body = crate::refusal::RefusalBody),
        (status = 403, description = "`token-signature`, `not-enrolled`, `not-matured`", body = crate::refusal::RefusalBody),
        (status = 409, description = "`tokens-issued`, `unknown-program`", body = crate::refusal::RefusalBody),
        (status = 422, description = "`epoch-closed`", body = crate::refusal::RefusalBody),
    ))]
pub async fn tokens(
    State(serving): State<Arc<Serving>>,
    headers: HeaderMap,
    body: Bytes,
) -> Answer {
    let counted = counted(&serving);
    is_of_type(headers.get(header::CONTENT_TYPE), BYTES).map_err(&counted)?;
    let intake = Arc::clone(&serving.intake);
    let answer = blocking(move || issuer::tokens(&intake, &body)).await;
    Ok(of_type(BYTES, answer.map_err(&counted)?))
}

/// Passes a sealed message on to a gateway, and its answer back. Nothing else goes either way.
#[utoipa::path(post, path = "/relay/{name}", tag = "relay",
    params(("name" = String, Path, description = "The gateway, as the relay's settings name it")),
    request_body(content = Vec<u8>, content_type = "message/ohttp-req"),
    responses(
        (status = 200, description = "The gateway's sealed answer", content_type = "message/ohttp-res"),
        (status = 400, description = "`ohttp-size`; `gateway-key`: the gateway cannot open it, get its keys anew", body = crate::refusal::RefusalBody),
        (status = 404, description = "`other-role`, `no-such-gateway`", body = crate::refusal::RefusalBody),
        (status = 502, description = "`gateway`: it cannot be reached, or answered otherwise", body = crate::refusal::RefusalBody),
        (status = 504, description = "`gateway-slow`", body = crate::refusal::RefusalBody),
    ))]
pub async fn pass_on(
    State(serving): State<Arc<Serving>>,
    Path(name): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Answer {
    let counted = counted(&serving);
    inner::has_role(&serving.intake, Role::Relay).map_err(&counted)?;
    is_of_type(headers.get(header::CONTENT_TYPE), REQUEST).map_err(&counted)?;
    if body.len() != ohttp::UNIT {
        let why = "a sealed message has 512 bytes";
        return Err(counted(Refusal::new(400, "ohttp-size", why)));
    }
    let patience = Duration::from_secs(20);
    let passed = tokio::time::timeout(patience, serving.relay.pass(&name, body)).await;
    let slow = || Refusal::new(504, "gateway-slow", "the gateway did not answer").retry_after(60);
    let answer = passed.unwrap_or_else(|_| Err(slow())).map_err(&counted)?;
    one_more(&serving.intake.meters.relayed);
    Ok(of_type(RESPONSE, answer))
}

async fn blocking<T: Send + 'static>(
    act: impl FnOnce() -> Result<T, Refusal> + Send + 'static,
) -> Result<T, Refusal> {
    let done = tokio::task::spawn_blocking(act).await;
    done.unwrap_or_else(|error| Err(Refusal::internal(&error)))
}
