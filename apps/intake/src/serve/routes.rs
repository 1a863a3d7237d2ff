//! Which path is answered by what, and what every request passes through first.

use std::{
    sync::{Arc, atomic::Ordering::Relaxed},
    time::Duration,
};

use axum::{
    Router,
    body::{Body, Bytes},
    extract::{Request, State},
    http::{HeaderName, HeaderValue, Method, header},
    middleware::{Next, from_fn_with_state},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use http_body_util::{BodyExt, Limited};
use tokio::time::{Instant, timeout};

use super::{Serving, admin, gateway, observe, public};
use crate::refusal::Refusal;

/// Bytes of a request's body.
pub const BODY: usize = 4 << 10;

/// Returns the routes for everyone.
pub fn everyone(serving: &Arc<Serving>) -> Router {
    let administrators =
        admin::routes().layer(from_fn_with_state(Arc::clone(serving), admin::with_bearer));
    let routes = Router::new()
        .route("/v1/ohttp-keys", get(gateway::keys))
        .route("/v1/gateway", post(gateway::open))
        .route("/v1/enrol", post(gateway::enrol))
        .route("/v1/tokens", post(gateway::tokens))
        .route("/relay/{name}", post(gateway::pass_on))
        .route("/v1/keys", get(public::keys))
        .route("/v1/declarations", get(public::declarations))
        .route("/v1/declarations/{sha256}", get(public::declaration))
        .route("/log/checkpoint", get(public::checkpoint))
        .route("/log/{*path}", get(public::log_file))
        .route("/transparency", get(public::transparency))
        .route("/style.css", get(public::style))
        .merge(observe::routes())
        .merge(administrators);
    bounded(routes, serving)
}

/// Returns the routes of the socket of this machine: all, and those of administrators without a token.
pub fn administrators(serving: &Arc<Serving>) -> Router {
    let administrators = admin::routes().layer(axum::middleware::from_fn(admin::from_here));
    let routes = Router::new()
        .route("/transparency", get(public::transparency))
        .route("/style.css", get(public::style))
        .merge(observe::routes())
        .merge(administrators);
    bounded(routes, serving)
}

fn bounded(routes: Router<Arc<Serving>>, serving: &Arc<Serving>) -> Router {
    routes
        .fallback(|| async { Refusal::new(404, "no-such-path", "nothing is asked by this path") })
        .method_not_allowed_fallback(|| async {
            Refusal::new(405, "method", "this path is not asked in this way")
        })
        .layer(from_fn_with_state(Arc::clone(serving), pass))
        .with_state(Arc::clone(serving))
}

/// Bounds how many are answered at once, how long a body takes and how large it is; counts; and says
/// what holds for every answer.
async fn pass(State(serving): State<Arc<Serving>>, request: Request, next: Next) -> Response {
    let began = Instant::now();
    let meters = Arc::clone(&serving.intake.meters);
    let is_probe = matches!(request.uri().path(), "/livez" | "/readyz" | "/metrics");
    let patience = Duration::from_secs(serving.intake.config.limits.body_seconds);
    // The body first: whoever sends it slowly holds a connection, and no place among those answered.
    let outcome = match whole(request, patience).await {
        Err(refusal) => Err(refusal),
        Ok(request) => match serving.room.try_acquire() {
            Err(_) if !is_probe => {
                Err(Refusal::new(503, "overloaded", "too many requests at once").retry_after(2))
            }
            _place => {
                meters.under_way.fetch_add(1, Relaxed);
                let answered = next.run(request).await;
                meters.under_way.fetch_sub(1, Relaxed);
                Ok(answered)
            }
        },
    };
    let mut response = outcome.unwrap_or_else(|refusal| {
        meters.reject(refusal.code);
        refusal.into_response()
    });
    said_of_every_answer(&mut response);
    meters.answered(response.status().as_u16(), began.elapsed());
    response
}

/// Takes the whole body in before anything is done with it.
async fn whole(request: Request, patience: Duration) -> Result<Request, Refusal> {
    if !is_text(request.uri().path()) {
        return Err(Refusal::new(400, "path-form", "the path is no text"));
    }
    if request.headers().contains_key(header::CONTENT_ENCODING) {
        let why = "a compressed body is not taken";
        return Err(Refusal::new(415, "content-encoding", why));
    }
    if request.method() == Method::GET || request.method() == Method::HEAD {
        let (head, _) = request.into_parts();
        return Ok(Request::from_parts(head, Body::empty()));
    }
    let too_large = || Refusal::new(413, "body-too-large", "a body has at most 4096 bytes");
    let said = request.headers().get(header::CONTENT_LENGTH);
    let said = said.and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
    if said.is_some_and(|length| length > BODY as u64) {
        return Err(too_large());
    }
    let (head, body) = request.into_parts();
    match timeout(patience, Limited::new(body, BODY).collect()).await {
        Ok(Ok(body)) => Ok(Request::from_parts(head, Body::from(body.to_bytes()))),
        Ok(Err(error)) if error.is::<http_body_util::LengthLimitError>() => Err(too_large()),
        Ok(Err(_)) => Err(Refusal::new(400, "body-cut", "the body ended too early")),
        Err(_) => Err(Refusal::new(408, "body-slow", "the body took too long")),
    }
}

/// Returns whether what stands behind `%` in a path makes text.
fn is_text(path: &str) -> bool {
    let mut bytes = Vec::with_capacity(path.len());
    let mut rest = path.as_bytes();
    while let [first, after @ ..] = rest {
        rest = after;
        let digit = |byte: &u8| char::from(*byte).to_digit(16);
        match (first, after) {
            (b'%', [high, low, behind @ ..]) => {
                let (Some(high), Some(low)) = (digit(high), digit(low)) else {
                    return false;
                };
                bytes.push((high * 16 + low) as u8);
                rest = behind;
            }
            (b'%', _) => return false,
            (byte, _) => bytes.push(*byte),
        }
    }
    String::from_utf8(bytes).is_ok_and(|text| !text.contains('\0'))
}

fn said_of_every_answer(response: &mut Response) {
    let headers = response.headers_mut();
    for (name, value) in [
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "no-referrer"),
        (
            "content-security-policy",
            "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
        ),
    ] {
        headers.insert(
            HeaderName::from_static(name),
            HeaderValue::from_static(value),
        );
    }
    if !headers.contains_key(header::CACHE_CONTROL) {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
}

/// Checks that a body says what it is.
///
/// # Errors
/// [`Refusal`] with 415.
pub fn is_of_type(kind: Option<&HeaderValue>, expected: &str) -> Result<(), Refusal> {
    match kind.is_some_and(|kind| kind.as_bytes() == expected.as_bytes()) {
        true => Ok(()),
        false => Err(Refusal::new(
            415,
            "content-type",
            format!("the body must be {expected}"),
        )),
    }
}

/// Answers with bytes of a type.
#[must_use]
pub fn of_type(kind: &'static str, body: impl Into<Bytes>) -> Response {
    let kind = [(header::CONTENT_TYPE, kind)];
    (kind, Body::from(body.into())).into_response()
}
