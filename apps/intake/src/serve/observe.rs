//! What tells whether the process lives, and how it does.

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::State,
    response::{IntoResponse, Response},
    routing::get,
};
use serde::Serialize;
use utoipa::ToSchema;

use super::{Serving, routes::of_type};
use crate::{openapi, refusal::Refusal};

pub(super) fn routes() -> Router<Arc<Serving>> {
    Router::new()
        .route("/livez", get(alive))
        .route("/readyz", get(ready))
        .route("/metrics", get(metrics))
        .route("/version", get(version))
        .route("/openapi.json", get(described))
}

/// Says that the process answers.
#[utoipa::path(get, path = "/livez", tag = "observe", responses((status = 200, description = "It answers")))]
pub async fn alive() -> &'static str {
    "alive\n"
}

/// Says whether reports can be taken: the store works and the disk has room, also to erase what is due.
#[utoipa::path(get, path = "/readyz", tag = "observe", responses(
    (status = 200, description = "It takes what it is there for"),
    (status = 503, description = "`broken`", body = crate::refusal::RefusalBody),
    (status = 507, description = "`disk-full`, `not-erased`", body = crate::refusal::RefusalBody),
))]
pub async fn ready(State(serving): State<Arc<Serving>>) -> Response {
    let intake = &serving.intake;
    if intake.store.broken().is_some() {
        return Refusal::new(503, "broken", "the disk failed; the process is stopping")
            .into_response();
    }
    if intake.disk_is_full() {
        return Refusal::new(507, "disk-full", "the disk has too little room").into_response();
    }
    if intake.not_done().iter().any(|it| it.for_want_of_room) {
        let why = "what is due could not be erased for want of room";
        return Refusal::new(507, "not-erased", why).into_response();
    }
    "ready\n".into_response()
}

/// Numbers in the text form of Prometheus.
#[utoipa::path(get, path = "/metrics", tag = "observe", responses(
    (status = 200, description = "Counters and gauges; no tag, text, key or address is a label", content_type = "text/plain; version=0.0.4"),
))]
pub async fn metrics(State(serving): State<Arc<Serving>>) -> Response {
    let intake = &serving.intake;
    let (leaves, _) = intake.log.head();
    let partitions = intake.store.partitions().map_or(0, |it| it.len() as u64);
    let text = intake.meters.text(&[
        (
            "waiting",
            "Reports and withdrawals that wait for the disk.",
            intake.store.waiting() as u64,
        ),
        ("partitions", "Partitions on the disk.", partitions),
        ("log_leaves", "Leaves of the log.", leaves),
        (
            "broken",
            "Whether the disk failed.",
            intake.store.broken().is_some().into(),
        ),
        (
            "disk_full",
            "Whether the disk has too little room.",
            intake.disk_is_full().into(),
        ),
        (
            "not_done",
            "Things that are due and could not be done.",
            intake.not_done().len() as u64,
        ),
    ]);
    of_type("text/plain; version=0.0.4; charset=utf-8", text)
}

/// What runs here.
#[derive(Debug, Serialize, ToSchema)]
pub struct Version {
    /// The name of the program.
    name: &'static str,
    /// Its version.
    version: &'static str,
    /// The roles of this process.
    roles: Vec<&'static str>,
    /// What several roles in one hand mean for those who send; none for one role.
    weakens: Option<String>,
}

/// Says what runs here.
#[utoipa::path(get, path = "/version", tag = "observe", responses((status = 200, body = Version)))]
pub async fn version(State(serving): State<Arc<Serving>>) -> Json<Version> {
    let config = &serving.intake.config;
    Json(Version {
        name: "candor-intake",
        version: env!("CARGO_PKG_VERSION"),
        roles: config.role_names(),
        weakens: config.weakens(),
    })
}

/// This description.
#[utoipa::path(get, path = "/openapi.json", tag = "observe", responses((status = 200, description = "OpenAPI 3.1", content_type = "application/json")))]
pub async fn described() -> Response {
    of_type("application/json", openapi::document())
}
