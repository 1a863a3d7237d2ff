//! Administrators: by the socket of this machine, or over the network with a token and scopes.
//!
//! Nothing here is kept in a browser: no cookie, no form. A request that says which page it comes
//! from is refused, so that no page can act in an administrator's name. Each act is a leaf of the log.

use std::{
    collections::{BTreeMap, HashMap},
    net::IpAddr,
    sync::{Arc, Mutex, PoisonError},
};

use argon2::{Argon2, PasswordHash, PasswordVerifier};
use axum::{
    Extension, Json, Router,
    body::Bytes,
    extract::{Request, State},
    http::{HeaderMap, Method, header},
    middleware::Next,
    response::{IntoResponse, Response},
    routing::{get, post},
};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use sha2::{Digest, Sha256};
use tokio::time::{Duration, Instant};
use utoipa::ToSchema;
use wire::{ProgramHash, Version};

use super::{
    Serving,
    gateway::{Answer, Counted, counted},
    listener::Peer,
    routes::of_type,
};
use crate::{
    closing::acted,
    config::{Admin, Bearer, SOCKET, Scope},
    intake::Intake,
    meta::Remembered,
    network::{Network, asker, network_of},
    overview::Overview,
    pages,
    refusal::Refusal,
    retire::RetireError,
};

/// Wrong tokens that are looked at in a minute, of one network and of all together; each costs a moment
/// of the processor. Whoever uses up the first keeps no administrator out who comes from elsewhere.
const WRONG: u32 = 10;
const WRONG_OF_ALL: u32 = 120;
/// Beyond those of all, one of a network that sent no wrong one yet is still looked at, up to so many: whoever
/// keeps administrators out then has a thousand networks. The socket is open to them all the same, and so is a
/// token that was right once since the start.
const FIRST_OF_NETWORKS: u32 = 1200;

/// The administrators of the settings.
pub struct Admins {
    bearers: BTreeMap<String, Bearer>,
    known: Mutex<Vec<([u8; 32], Caller)>>,
    wrong: tokio::sync::Mutex<Wrong>,
}

/// Wrong tokens of one minute.
struct Wrong {
    since: Instant,
    all: u32,
    by_network: HashMap<Option<Network>, u32>,
}

impl Wrong {
    fn none() -> Self {
        Self {
            since: Instant::now(),
            all: 0,
            by_network: HashMap::new(),
        }
    }

    /// Returns whether one more may be looked at.
    fn is_little(&mut self, network: Option<Network>) -> bool {
        if self.since.elapsed() > Duration::from_secs(60) {
            *self = Self::none();
        }
        let here = self.by_network.get(&network).copied().unwrap_or_default();
        match here {
            0 => self.all < FIRST_OF_NETWORKS,
            here => here < WRONG && self.all < WRONG_OF_ALL,
        }
    }

    fn one_more(&mut self, network: Option<Network>) {
        self.all += 1;
        *self.by_network.entry(network).or_default() += 1;
    }
}

/// Who acts.
#[derive(Clone, Debug)]
pub struct Caller {
    name: String,
    scopes: Vec<Scope>,
}

impl Admins {
    pub(super) fn of(admin: &Admin) -> Self {
        Self {
            bearers: admin.bearers.clone(),
            known: Mutex::default(),
            wrong: tokio::sync::Mutex::new(Wrong::none()),
        }
    }

    /// Finds out whose token this is. One at a time is looked at, and few wrong ones a minute.
    async fn caller(&self, token: &str, from: Option<IpAddr>) -> Result<Caller, Refusal> {
        let unknown = || Refusal::new(401, "token", "no administrator has this token");
        let digest: [u8; 32] = Sha256::digest(token.as_bytes()).into();
        let remembered = {
            let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
            known
                .iter()
                .find(|(it, _)| *it == digest)
                .map(|(_, it)| it.clone())
        };
        if let Some(caller) = remembered {
            return Ok(caller);
        }
        let (name, secret) = token.split_once('.').ok_or_else(unknown)?;
        // A name that nobody has takes as long as one that somebody has.
        let known = self.bearers.get(name);
        let bearer = known.or(self.bearers.values().next()).ok_or_else(unknown)?;
        let (bearer, is_known) = (bearer.clone(), known.is_some());
        let secret = secret.to_owned();
        let network = from.and_then(network_of);
        let mut wrong = self.wrong.lock().await;
        if !wrong.is_little(network) {
            let why = "too many wrong tokens";
            return Err(Refusal::new(429, "too-many-tokens", why).retry_after(60));
        }
        let checked = tokio::task::spawn_blocking(move || {
            let hash = PasswordHash::new(&bearer.argon2id).ok()?;
            let right = Argon2::default().verify_password(secret.as_bytes(), &hash);
            right.ok().filter(|()| is_known).map(|()| bearer.scopes)
        });
        let Some(scopes) = checked.await.ok().flatten() else {
            wrong.one_more(network);
            return Err(unknown());
        };
        let caller = Caller {
            name: name.to_owned(),
            scopes,
        };
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.push((digest, caller.clone()));
        Ok(caller)
    }
}

/// Lets in who has a token. No page of a browser may act, whatever it sends.
pub async fn with_bearer(
    State(serving): State<Arc<Serving>>,
    mut request: Request,
    next: Next,
) -> Response {
    let peer = request.extensions().get::<Peer>().and_then(|peer| peer.0);
    match bearer(&serving, peer, request.headers()).await {
        Ok(caller) => {
            request.extensions_mut().insert(caller);
            next.run(request).await
        }
        Err(refusal) => counted(&serving)(refusal).into_response(),
    }
}

async fn bearer(
    serving: &Serving,
    peer: Option<IpAddr>,
    headers: &HeaderMap,
) -> Result<Caller, Refusal> {
    if headers.contains_key(header::ORIGIN) || headers.contains_key("sec-fetch-site") {
        return Err(Refusal::new(
            403,
            "origin",
            "no page of a browser may act here",
        ));
    }
    let token = headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "))
        .ok_or_else(|| Refusal::new(401, "token", "an administrator's token is needed"))?;
    let from = asker(&serving.intake.config, peer, headers)?;
    serving.admins.caller(token, from).await
}

/// Lets in who can open the socket, which its owner alone can. Pages may be looked at through a tunnel
/// to it; no page may act, and none may be reached under another name than this machine's.
pub async fn from_here(mut request: Request, next: Next) -> Response {
    let headers = request.headers();
    let host = headers.get(header::HOST).and_then(|it| it.to_str().ok());
    let host = host.unwrap_or("localhost");
    let name = host.rsplit_once(':').map_or(host, |(name, port)| {
        if port.bytes().all(|it| it.is_ascii_digit()) {
            name
        } else {
            host
        }
    });
    let is_here = matches!(name, "localhost" | "127.0.0.1" | "[::1]");
    let acts = request.method() != Method::GET;
    if !is_here || (acts && headers.contains_key(header::ORIGIN)) {
        let refusal = Refusal::new(403, "origin", "no page of a browser may act here");
        return refusal.into_response();
    }
    request.extensions_mut().insert(Caller {
        name: SOCKET.to_owned(),
        scopes: vec![Scope::Read, Scope::Close, Scope::Run, Scope::Purge],
    });
    next.run(request).await
}

pub(super) fn routes() -> Router<Arc<Serving>> {
    Router::new()
        .route("/admin", get(page))
        .route("/admin/state", get(state))
        .route("/admin/close", post(close))
        .route("/admin/open", post(open))
        .route("/admin/least", post(least))
        .route("/admin/reveal", post(reveal))
        .route("/admin/retire", post(retire))
        .route("/admin/purge", post(purge))
}

impl Caller {
    fn may(&self, scope: Scope) -> Result<(), Refusal> {
        match self.scopes.contains(&scope) {
            true => Ok(()),
            false => Err(Refusal::new(
                403,
                "scope",
                "this administrator may not do that",
            )),
        }
    }
}

/// What is closed or opened.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Switch {
    /// The program: its name, or its number in hex. None for all.
    pub program: Option<String>,
    /// The version, `0.1`. None for all.
    pub version: Option<String>,
    /// Why, in a line.
    #[serde(default)]
    pub reason: String,
}

/// The oldest version that may report.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Least {
    /// `0.2`.
    pub version: String,
}

/// What is purged.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Purge {
    /// The program's name, whole.
    pub program: String,
    /// The same once more, since nothing brings it back.
    pub again: String,
}

/// What came of an act.
#[derive(Debug, Serialize, ToSchema)]
pub struct Acted {
    /// Whether anything changed.
    changed: bool,
}

/// The operator's page.
#[utoipa::path(get, path = "/admin", tag = "admin", responses((status = 200, description = "HTML without scripts", content_type = "text/html")))]
pub async fn page(State(serving): State<Arc<Serving>>, caller: Extension<Caller>) -> Answer {
    let overview = looked(&serving, &caller).await?;
    let page = pages::operator(&overview).map_err(counted(&serving))?;
    Ok(of_type("text/html; charset=utf-8", page))
}

/// What the operator's page shows, as JSON.
#[utoipa::path(get, path = "/admin/state", tag = "admin", responses((status = 200, description = "Everything the page shows", content_type = "application/json")))]
pub async fn state(State(serving): State<Arc<Serving>>, caller: Extension<Caller>) -> Answer {
    Ok(Json(looked(&serving, &caller).await?).into_response())
}

async fn looked(serving: &Arc<Serving>, caller: &Caller) -> Result<Overview, Counted> {
    caller.may(Scope::Read).map_err(counted(serving))?;
    acting(serving, Overview::of).await
}

/// Closes a program, a version or both.
#[utoipa::path(post, path = "/admin/close", tag = "admin", request_body = Switch, responses((status = 200, body = Acted)))]
pub async fn close(
    State(serving): State<Arc<Serving>>,
    caller: Extension<Caller>,
    body: Bytes,
) -> Answer {
    carry_out(&serving, &caller, Scope::Close, move |intake, by| {
        let switch: Switch = read(&body)?;
        let (program, version) = meant(intake, &switch)?;
        let closed = intake.close(program, version, &switch.reason, by);
        closed.map_err(|error| Refusal::internal(&error))?;
        Ok(Acted { changed: true })
    })
    .await
}

/// Opens what was closed.
#[utoipa::path(post, path = "/admin/open", tag = "admin", request_body = Switch, responses((status = 200, body = Acted)))]
pub async fn open(
    State(serving): State<Arc<Serving>>,
    caller: Extension<Caller>,
    body: Bytes,
) -> Answer {
    carry_out(&serving, &caller, Scope::Close, move |intake, by| {
        let (program, version) = meant(intake, &read(&body)?)?;
        let opened = intake.reopen(program, version, by);
        let changed = opened.map_err(|error| match error {
            RetireError::Purged(_) => Refusal::new(409, "purged", error.to_string()),
            error => Refusal::internal(&error),
        })?;
        Ok(Acted { changed })
    })
    .await
}

/// Sets the oldest version that may report.
#[utoipa::path(post, path = "/admin/least", tag = "admin", request_body = Least, responses((status = 200, body = Acted)))]
pub async fn least(
    State(serving): State<Arc<Serving>>,
    caller: Extension<Caller>,
    body: Bytes,
) -> Answer {
    carry_out(&serving, &caller, Scope::Close, move |intake, by| {
        let least: Least = read(&body)?;
        let set = intake.set_least(version_of(&least.version)?, by);
        set.map_err(|error| Refusal::internal(&error))?;
        Ok(Acted { changed: true })
    })
    .await
}

/// Reveals what has enough reports.
#[utoipa::path(post, path = "/admin/reveal", tag = "admin", responses((status = 200, description = "What came of it", content_type = "application/json")))]
pub async fn reveal(State(serving): State<Arc<Serving>>, caller: Extension<Caller>) -> Answer {
    carry_out(&serving, &caller, Scope::Run, |intake, by| {
        ran(intake, by, "revealed what has enough reports")?;
        intake.reveal().map_err(|error| Refusal::internal(&error))
    })
    .await
}

/// Does what is due.
#[utoipa::path(post, path = "/admin/retire", tag = "admin", responses((status = 200, description = "What was done", content_type = "application/json")))]
pub async fn retire(State(serving): State<Arc<Serving>>, caller: Extension<Caller>) -> Answer {
    carry_out(&serving, &caller, Scope::Run, |intake, by| {
        ran(intake, by, "did what was due")?;
        intake.retire().map_err(|error| Refusal::internal(&error))
    })
    .await
}

/// Erases everything of a program.
#[utoipa::path(post, path = "/admin/purge", tag = "admin", request_body = Purge, responses((status = 200, description = "What was erased", content_type = "application/json")))]
pub async fn purge(
    State(serving): State<Arc<Serving>>,
    caller: Extension<Caller>,
    body: Bytes,
) -> Answer {
    carry_out(&serving, &caller, Scope::Purge, move |intake, by| {
        let asked: Purge = read(&body)?;
        if asked.program != asked.again {
            let why = "the program is named twice, and not the same";
            return Err(Refusal::new(400, "again", why));
        }
        let program = remembered(intake, &asked.program)?;
        let purged = intake.purge(&program, by);
        purged.map_err(|error| Refusal::internal(&error))
    })
    .await
}

/// Does something in the name of an administrator who may.
async fn carry_out<T: Serialize + Send + 'static>(
    serving: &Arc<Serving>,
    caller: &Caller,
    scope: Scope,
    act: impl FnOnce(&Intake, &str) -> Result<T, Refusal> + Send + 'static,
) -> Answer {
    caller.may(scope).map_err(counted(serving))?;
    let by = caller.name.clone();
    let done = acting(serving, move |intake| act(intake, &by)).await?;
    Ok(Json(done).into_response())
}

fn ran(intake: &Intake, by: &str, act: &str) -> Result<(), Refusal> {
    let event = acted("run", by, act);
    let appended = intake.log.append(intake.clock.now(), vec![event]);
    appended.map_err(|error| Refusal::internal(&error))
}

fn meant(
    intake: &Intake,
    switch: &Switch,
) -> Result<(Option<ProgramHash>, Option<Version>), Refusal> {
    let program = match &switch.program {
        Some(name) => Some(remembered(intake, name)?.hash),
        None => None,
    };
    let version = match &switch.version {
        Some(text) => Some(version_of(text)?),
        None => None,
    };
    Ok((program, version))
}

fn version_of(text: &str) -> Result<Version, Refusal> {
    let read = text.parse::<Version>();
    read.map_err(|_| Refusal::new(400, "version-form", "a version is two numbers: `0.1`"))
}

/// A name is compared with those that are known and never becomes part of a path.
fn remembered(intake: &Intake, name: &str) -> Result<Remembered, Refusal> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b".-/_".contains(&byte);
    if name.is_empty() || name.len() > 200 || !name.bytes().all(plain) || name.contains("..") {
        let why = "a program is named like `org.candor.history/threat-sighting`";
        return Err(Refusal::new(400, "program-form", why));
    }
    let known = intake.meta.remembered();
    let known = known.map_err(|error| Refusal::internal(&error))?;
    let mut found = known
        .into_iter()
        .filter(|it| it.id == name || format!("{:04x}", it.number) == name);
    match (found.next(), found.next()) {
        (Some(program), None) => Ok(program),
        (None, _) => Err(Refusal::new(
            404,
            "no-such-program",
            "no such program was ever taken",
        )),
        _ => Err(Refusal::new(
            409,
            "several-programs",
            "several declarations had this record: name one by its number, as the page shows it",
        )),
    }
}

fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, Refusal> {
    serde_json::from_slice(body).map_err(|error| Refusal::malformed("json", &error))
}

async fn acting<T: Send + 'static>(
    serving: &Arc<Serving>,
    act: impl FnOnce(&Intake) -> Result<T, Refusal> + Send + 'static,
) -> Result<T, Counted> {
    let intake = Arc::clone(&serving.intake);
    let done = tokio::task::spawn_blocking(move || act(&intake)).await;
    let done = done.unwrap_or_else(|error| Err(Refusal::internal(&error)));
    done.map_err(counted(serving))
}
