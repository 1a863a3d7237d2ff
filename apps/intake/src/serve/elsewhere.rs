//! Asks the randomness server that somebody else runs for its keys.

use std::{io, sync::Arc, time::Duration};

use axum::body::Bytes;
use hyper::Method;
use tokio::time::timeout;
use wire::ohttp;

use super::{
    relay::{Passed, passed},
    way::{Question, Way},
};
use crate::{
    config::{Config, Elsewhere},
    elsewhere::{ElsewhereError, Told, Verifiers},
    intake::Intake,
    refusal::chain,
};

/// The longest list of key configurations that is read, in bytes.
const LONGEST_KEYS: usize = 4 << 10;
/// How long it is waited for.
const PATIENCE: Duration = Duration::from_secs(20);
/// How often its keys are asked for.
pub(super) const PERIOD: Duration = Duration::from_secs(15 * 60);

/// The way to its keys and to its gateway, and what checks them.
pub(super) struct Source {
    keys: Way,
    gateway: Way,
    verifiers: Verifiers,
}

impl Source {
    /// Prepares it; `None` where the settings name none.
    ///
    /// # Errors
    /// What is wrong with the address, a key, or the certificates that vouch for it.
    pub(super) fn of(config: &Config) -> io::Result<Option<Self>> {
        let Some(elsewhere) = &config.randomness else {
            return Ok(None);
        };
        let Elsewhere { url, vouchers, .. } = elsewhere;
        let to = |path: &str| {
            let url = format!("{}{path}", url.trim_end_matches('/'));
            Way::to(&url, vouchers.as_deref())
        };
        Ok(Some(Self {
            keys: to("/v1/ohttp-keys")?,
            gateway: to("/v1/gateway")?,
            verifiers: Verifiers::of(elsewhere).map_err(io::Error::other)?,
        }))
    }

    /// Fetches the keys and publishes what is new. What could not be done is said, and tried again.
    pub(super) async fn bring(self: &Arc<Self>, intake: &Arc<Intake>) {
        match self.brought(intake).await {
            Ok(0) => {}
            Ok(new) => tracing::info!(new, "published keys of the randomness server"),
            Err(error) => {
                tracing::error!(why = %chain(&error), "no keys of the randomness server were taken");
            }
        }
    }

    async fn brought(self: &Arc<Self>, intake: &Arc<Intake>) -> Result<usize, ElsewhereError> {
        let slow = |_| io::Error::from(io::ErrorKind::TimedOut);
        let told = timeout(PATIENCE, self.told(intake)).await.map_err(slow)??;
        let (source, intake) = (Arc::clone(self), Arc::clone(intake));
        let taken = tokio::task::spawn_blocking(move || intake.take_keys(&source.verifiers, &told));
        taken.await.map_err(io::Error::other)?
    }

    async fn told(&self, intake: &Intake) -> Result<Told, ElsewhereError> {
        let question = Question {
            method: Method::GET,
            path: self.keys.path(),
            kind: None,
            body: Bytes::new(),
            most: LONGEST_KEYS,
        };
        let keys = self.keys.ask(question).await?;
        if keys.status != 200 {
            return Err(ElsewhereError::Silent);
        }
        let keys = keys.body.to_vec();
        let note = self.text(&keys, "/v1/status".to_owned()).await?;
        let growth = match intake.growth_of(&self.verifiers, &note)? {
            None => Vec::new(),
            Some((old, new)) => {
                let proof = self.text(&keys, format!("/v1/consistency/{old}/{new}"));
                serde_json::from_str(&proof.await?).map_err(|_| ElsewhereError::Silent)?
            }
        };
        Ok(Told { keys, note, growth })
    }

    /// Asks its gateway for a text.
    async fn text(&self, keys: &[u8], path: String) -> Result<String, ElsewhereError> {
        let request = ohttp::Request {
            method: ohttp::Method::Get,
            path,
            body: Vec::new(),
        };
        let (sealed, waiting) = ohttp::seal(keys, &request)?;
        let Passed::Sealed(answer) = passed(&self.gateway, sealed.into()).await? else {
            return Err(ElsewhereError::Silent);
        };
        let answer = waiting.open(&answer)?;
        match answer.status {
            200 => String::from_utf8(answer.body).map_err(|_| ElsewhereError::Silent),
            _ => Err(ElsewhereError::Silent),
        }
    }
}
