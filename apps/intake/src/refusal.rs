//! What a request is refused with: a status, a code that never changes its meaning, a sentence.

use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Serialize;
use utoipa::ToSchema;

use crate::store::StoreError;

/// Why a request is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The status.
    pub status: u16,
    /// The stable code, by which refusals are counted.
    pub code: &'static str,
    /// A sentence. It holds nothing of the request.
    pub detail: String,
    /// After how many seconds to ask again, where that helps.
    pub retry_after: Option<u32>,
}

/// The body of a refusal.
#[derive(Debug, Serialize, ToSchema)]
pub struct RefusalBody {
    /// The stable code.
    #[schema(example = "token-spent")]
    error: String,
    /// A sentence for people.
    detail: String,
    /// After how many seconds to ask again, where that helps.
    #[serde(skip_serializing_if = "Option::is_none")]
    retry_after: Option<u32>,
}

impl Refusal {
    /// Makes a refusal.
    #[must_use]
    pub fn new(status: u16, code: &'static str, detail: impl Into<String>) -> Self {
        Self {
            status,
            code,
            detail: detail.into(),
            retry_after: None,
        }
    }

    /// Says when to ask again.
    #[must_use]
    pub fn retry_after(mut self, seconds: u32) -> Self {
        self.retry_after = Some(seconds);
        self
    }

    /// Refuses what does not parse.
    #[must_use]
    pub fn malformed(code: &'static str, why: &dyn std::error::Error) -> Self {
        Self::new(400, code, why.to_string())
    }

    /// Says that something failed on this side, without saying what: that is in the log of the process.
    #[must_use]
    pub fn internal(why: &dyn std::error::Error) -> Self {
        tracing::error!(why = %chain(why), "a request failed");
        Self::new(500, "internal", "the server failed: not all of it was done")
    }

    /// Returns the body.
    #[must_use]
    pub fn body(&self) -> Vec<u8> {
        let body = RefusalBody {
            error: self.code.to_owned(),
            detail: self.detail.clone(),
            retry_after: self.retry_after,
        };
        serde_json::to_vec(&body).unwrap_or_default()
    }
}

/// Returns an error and everything it came from, in a line.
#[must_use]
pub fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(inner) = source {
        text.push_str(": ");
        text.push_str(&inner.to_string());
        source = inner.source();
    }
    text
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Overloaded => {
                Self::new(503, "overloaded", "too many reports wait for the disk").retry_after(5)
            }
            StoreError::Full { .. } => {
                Self::new(507, "disk-full", "no room is left").retry_after(3600)
            }
            StoreError::Sealed { .. } => {
                Self::new(503, "day-over", "this day was sealed; ask again").retry_after(60)
            }
            StoreError::TooManyWithdrawals { .. } => Self::new(
                429,
                "too-many-withdrawals",
                "too many withdrawals wait today",
            )
            .retry_after(3600),
            StoreError::Corrupt { .. } => {
                tracing::error!(why = %chain(&error), "a partition is damaged");
                Self::new(
                    503,
                    "epoch-damaged",
                    "the reports of this epoch cannot be read; ask again",
                )
                .retry_after(3600)
            }
            StoreError::Broken { .. } | StoreError::Closed => {
                Self::new(503, "stopping", "the server is stopping").retry_after(30)
            }
            other => Self::internal(&other),
        }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let kind = [(header::CONTENT_TYPE, "application/json")];
        let mut response = (status, kind, self.body()).into_response();
        if let Some(seconds) = self.retry_after {
            let headers = response.headers_mut();
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}
