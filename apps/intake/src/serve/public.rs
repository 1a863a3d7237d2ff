//! What anyone may look at: keys, declarations, the log, and the page about them.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Path, State},
    response::{IntoResponse, Response},
};
use serde::Serialize;
use utoipa::ToSchema;

use super::{
    Serving,
    gateway::{Answer, counted},
    routes::of_type,
};
use crate::{pages, refusal::Refusal};

/// The public keys of this server, as an operator file names them.
#[derive(Debug, Serialize, ToSchema)]
pub struct PublicKeys {
    /// What checks the checkpoints of the log: `name+hash+key`.
    pub log: String,
    /// The key that checks the status, in hex. It signs under `/status` of the log's name.
    pub status: String,
    /// The key of the issuer, in hex.
    pub issuer: String,
    /// The hash of the gateway's key configurations, in base64.
    pub gateway: String,
}

impl PublicKeys {
    /// Returns the keys of a process.
    #[must_use]
    pub fn of(intake: &crate::intake::Intake) -> Self {
        Self {
            log: intake.log.verifier().to_string(),
            status: intake.status_verifier().key().to_string(),
            issuer: intake.issuer.public().to_string(),
            gateway: intake.gateway.hash().to_string(),
        }
    }
}

/// Tells the public keys.
#[utoipa::path(get, path = "/v1/keys", tag = "public", responses((status = 200, body = PublicKeys)))]
pub async fn keys(State(serving): State<Arc<Serving>>) -> Json<PublicKeys> {
    Json(PublicKeys::of(&serving.intake))
}

/// A declaration that is in force.
#[derive(Debug, Serialize, ToSchema)]
pub struct InForce {
    /// The product.
    product: String,
    /// The SHA-256 of the declaration's text, in hex: `/v1/declarations/{sha256}` has the text.
    sha256: String,
    /// The records it sends that are taken.
    programs: Vec<ProgramInForce>,
}

/// One kind of record that is taken.
#[derive(Debug, Serialize, ToSchema)]
pub struct ProgramInForce {
    /// Its name.
    id: String,
    /// The hash over all its parameters, in hex.
    hash: String,
    /// So many reports open a text.
    threshold: u16,
    /// How many days an epoch lasts.
    epoch_days: u16,
    /// How many hours anything of it is kept.
    retention_hours: u32,
}

/// Lists the declarations in force.
#[utoipa::path(get, path = "/v1/declarations", tag = "public", responses((status = 200, body = Vec<InForce>)))]
pub async fn declarations(State(serving): State<Arc<Serving>>) -> Json<Vec<InForce>> {
    let programs = &serving.intake.programs;
    let in_force = programs.declared().iter().map(|declared| InForce {
        product: declared.product.clone(),
        sha256: declared.sha256.clone(),
        programs: programs
            .all()
            .filter(|taken| taken.declared.sha256 == declared.sha256)
            .map(|taken| ProgramInForce {
                id: taken.program.id().to_owned(),
                hash: taken.program.hash().to_string(),
                threshold: taken.program.threshold(),
                epoch_days: taken.program.epoch_days(),
                retention_hours: taken.program.retention().hours(),
            })
            .collect(),
    });
    Json(in_force.collect())
}

/// Returns the text of a declaration in force.
#[utoipa::path(get, path = "/v1/declarations/{sha256}", tag = "public",
    params(("sha256" = String, Path, description = "Of the declaration's text, in hex")),
    responses(
        (status = 200, description = "The declaration", content_type = "application/toml"),
        (status = 404, description = "`no-such-declaration`", body = crate::refusal::RefusalBody),
    ))]
pub async fn declaration(
    State(serving): State<Arc<Serving>>,
    Path(sha256): Path<String>,
) -> Answer {
    let declared = serving.intake.programs.declared();
    match declared.iter().find(|it| it.sha256 == sha256) {
        Some(found) => Ok(of_type("application/toml", found.text.clone())),
        None => Err(counted(&serving)(Refusal::new(
            404,
            "no-such-declaration",
            "no declaration in force has this hash",
        ))),
    }
}

/// The signed checkpoint over the whole log.
#[utoipa::path(get, path = "/log/checkpoint", tag = "public", responses(
    (status = 200, description = "A signed note (C2SP tlog-checkpoint)", content_type = "text/plain"),
))]
pub async fn checkpoint(State(serving): State<Arc<Serving>>) -> Response {
    let checkpoint = serving.intake.log.checkpoint();
    of_type("text/plain; charset=utf-8", checkpoint)
}

/// A tile or a bundle of leaves of the log.
#[utoipa::path(get, path = "/log/{path}", tag = "public",
    params(("path" = String, Path, description = "`tile/0/000.p/4`, `tile/entries/000.p/4` (C2SP tlog-tiles)")),
    responses(
        (status = 200, description = "Its bytes", content_type = "application/octet-stream"),
        (status = 404, description = "`no-such-tile`", body = crate::refusal::RefusalBody),
    ))]
pub async fn log_file(State(serving): State<Arc<Serving>>, Path(path): Path<String>) -> Answer {
    match serving.intake.log.file(&path) {
        Some(bytes) => Ok(of_type("application/octet-stream", bytes)),
        None => Err(counted(&serving)(Refusal::new(
            404,
            "no-such-tile",
            "the log has no such tile",
        ))),
    }
}

/// The page that tells what is taken, what was erased, and how to check it.
#[utoipa::path(get, path = "/transparency", tag = "public", responses(
    (status = 200, description = "HTML without scripts", content_type = "text/html"),
))]
pub async fn transparency(State(serving): State<Arc<Serving>>) -> Answer {
    let page = pages::transparency(&serving.intake);
    let page = page.map_err(|error| counted(&serving)(error))?;
    Ok(of_type("text/html; charset=utf-8", page))
}

/// The style of the pages.
#[utoipa::path(get, path = "/style.css", tag = "public", responses(
    (status = 200, description = "CSS", content_type = "text/css"),
))]
pub async fn style() -> Response {
    let mut response = of_type("text/css; charset=utf-8", pages::STYLE);
    let kept = axum::http::HeaderValue::from_static("max-age=3600");
    response
        .headers_mut()
        .insert(axum::http::header::CACHE_CONTROL, kept);
    response.into_response()
}
