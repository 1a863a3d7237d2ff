//! What an operator may set: a TOML file, variables of the environment above it, flags above those.
//!
//! Every key has a default, so an empty file is a server on loopback. A key `limits.connections` is
//! the variable `CANDOR_INTAKE_LIMITS__CONNECTIONS` and the flag `--set limits.connections=100`.
//! What is wrong is told with its file and line, or the name of its variable or flag.

mod layers;
mod target;

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

pub use layers::{ConfigError, Layers};
pub use target::{Target, target};
pub use wire::status::Role;

use crate::elsewhere::Verifiers;

/// Returns the word for a role.
#[must_use]
pub fn role_name(role: Role) -> &'static str {
    match role {
        Role::Receive => "receive",
        Role::Randomness => "randomness",
        Role::Issuer => "issuer",
        Role::Relay => "relay",
    }
}

/// The settings of one process.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Where everything is kept that this process writes.
    pub folder: PathBuf,
    /// What this process does.
    pub roles: Vec<Role>,
    /// Where it listens.
    pub listen: SocketAddr,
    /// Whether plain HTTP may be spoken beyond loopback: only behind a proxy that speaks TLS.
    pub behind_proxy: bool,
    /// The field in which that proxy names who asks; the last address in it counts.
    pub proxy_field: String,
    /// The name of the log, as it stands in its checkpoints: `intake.example.org/log`.
    pub log_name: String,
    /// The declarations whose records are taken, as files.
    pub declarations: Vec<PathBuf>,
    /// The operator file that names who receives.
    pub operator: Option<PathBuf>,
    /// The certificate and key for TLS.
    pub tls: Option<Tls>,
    /// How much is taken on at once.
    pub limits: Limits,
    /// How often and how long.
    pub times: Times,
    /// What the issuer asks of an enrolment.
    pub issuer: Issuer,
    /// The randomness server that somebody else runs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub randomness: Option<Elsewhere>,
    /// Where a relay passes messages on to, by name.
    pub relay: BTreeMap<String, Gateway>,
    /// How administrators reach this process.
    pub admin: Admin,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            folder: PathBuf::from("candor-intake"),
            roles: vec![Role::Receive],
            listen: SocketAddr::from(([127, 0, 0, 1], 8420)),
            behind_proxy: false,
            proxy_field: "x-forwarded-for".to_owned(),
            log_name: "localhost/candor-intake".to_owned(),
            declarations: Vec::new(),
            operator: None,
            tls: None,
            limits: Limits::default(),
            times: Times::default(),
            issuer: Issuer::default(),
            randomness: None,
            relay: BTreeMap::new(),
            admin: Admin::default(),
        }
    }
}

/// The certificate and key for TLS, as PEM files.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Tls {
    /// The certificate, then those that vouch for it.
    pub certificate: PathBuf,
    /// Its private key.
    pub key: PathBuf,
}

/// How much is taken on at once.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// Connections that are open at once.
    pub connections: usize,
    /// Requests that are answered at once.
    pub requests: usize,
    /// Reports and withdrawals that wait for the disk.
    pub waiting: usize,
    /// Blinded questions that are answered in a second, of everyone together: whoever guesses at texts
    /// is no faster than this.
    pub evaluations: u32,
    /// Seconds until a request's head must be there.
    pub head_seconds: u64,
    /// Seconds until a request's body must be there.
    pub body_seconds: u64,
    /// Seconds a connection may stay open.
    pub connection_seconds: u64,
    /// Below so much free room on the disk no report is taken, in MiB.
    pub free_disk_mib: u64,
    /// The largest partition, in MiB.
    pub partition_mib: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 4096,
            requests: 512,
            waiting: 4096,
            evaluations: 500,
            head_seconds: 10,
            body_seconds: 10,
            connection_seconds: 300,
            free_disk_mib: 256,
            partition_mib: 16 << 10,
        }
    }
}

/// How often and how long.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Times {
    /// Hours after the close of an epoch in which reports under way are let in. At most 24.
    pub grace_hours: u64,
    /// Seconds between two looks at what is due.
    pub retire_seconds: u64,
    /// Minutes between two tries to reveal.
    pub reveal_minutes: u64,
}

impl Default for Times {
    fn default() -> Self {
        Self {
            grace_hours: 6,
            retire_seconds: 60,
            reveal_minutes: 60,
        }
    }
}

/// What the issuer asks of an enrolment.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Issuer {
    /// Enrolments a day from one network (IPv4 /24, IPv6 /48). Counted in memory only.
    pub per_network: u32,
    /// Enrolments a day from everywhere.
    pub per_day: u32,
    /// Zero bits that the proof of work of an enrolment must have; 0 asks for none.
    pub work_bits: u8,
    /// Hours after its enrolment from which an installation gets tokens.
    pub matures_hours: u64,
}

impl Default for Issuer {
    fn default() -> Self {
        Self {
            per_network: 64,
            per_day: 100_000,
            work_bits: 0,
            matures_hours: 24,
        }
    }
}

/// A randomness server that somebody else runs.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Elsewhere {
    /// Its address: `https://randomness.example.net`.
    pub url: String,
    /// The key of its log, `log` of its `/v1/keys`.
    pub log: String,
    /// The key of its status, `status` of it.
    pub status: String,
    /// The certificates that vouch for it, as a PEM file; the system's if none is named.
    pub vouchers: Option<PathBuf>,
}

/// Where a relay passes messages on to.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Gateway {
    /// The address of the gateway: `https://intake.example.org/v1/gateway`.
    pub url: String,
    /// The certificates that vouch for it, as a PEM file; the system's if none is named.
    pub vouchers: Option<PathBuf>,
}

/// How administrators reach this process.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Admin {
    /// The socket, readable by its owner alone, from the folder on; `admin.sock` if none is named.
    pub socket: Option<PathBuf>,
    /// Administrators by name who may come over the network as well.
    pub bearers: BTreeMap<String, Bearer>,
}

/// One administrator.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Bearer {
    /// What `candor-intake admin hash` printed for the token: `$argon2id$…`.
    pub argon2id: String,
    /// What may be done.
    pub scopes: Vec<Scope>,
}

/// What an administrator may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Scope {
    /// Look at what the operator's page shows.
    Read,
    /// Close and open a record for a version.
    Close,
    /// Reveal and retire what is due.
    Run,
    /// Erase a program with everything it holds.
    Purge,
}

/// Whoever comes by the socket of this machine is called so in the log.
pub const SOCKET: &str = "socket";

impl Config {
    /// Returns whether this process has a role.
    #[must_use]
    pub fn has(&self, role: Role) -> bool {
        self.roles.contains(&role)
    }

    /// Returns the words for the roles of this process.
    #[must_use]
    pub fn role_names(&self) -> Vec<&'static str> {
        self.roles.iter().copied().map(role_name).collect()
    }

    /// Returns the path of the socket of administrators.
    #[must_use]
    pub fn admin_socket(&self) -> PathBuf {
        let named = self.admin.socket.as_deref();
        self.folder.join(named.unwrap_or(Path::new("admin.sock")))
    }

    /// Returns what several roles in one hand mean for people who send; `None` for one role.
    #[must_use]
    pub fn weakens(&self) -> Option<String> {
        if self.roles.len() < 2 {
            return None;
        }
        let roles: Vec<&str> = self.role_names();
        let mut means = Vec::new();
        if self.has(Role::Receive) && self.has(Role::Randomness) {
            means.push(
                "it can try guesses at what was reported for as long as the key of an epoch lives",
            );
        }
        if self.has(Role::Receive) && self.has(Role::Issuer) {
            means.push("it can make up reports of its own, and with them test guesses");
        }
        if self.has(Role::Receive) && self.has(Role::Relay) {
            means.push("it sees the addresses that reports come from");
        }
        if means.is_empty() {
            means.push("parties that should not know of each other are one");
        }
        Some(format!(
            "one process holds the roles {}: {}",
            roles.join(", "),
            means.join("; ")
        ))
    }

    /// Returns what is set but cannot hold, each with its key.
    fn broken_rules(&self) -> Vec<(String, String)> {
        let mut broken = Vec::new();
        let mut must = |holds: bool, key: &str, why: String| {
            if !holds {
                broken.push((key.to_owned(), why));
            }
        };
        must(
            !self.roles.is_empty(),
            "roles",
            "name at least one role".to_owned(),
        );
        let mut roles = self.roles.clone();
        roles.sort_unstable();
        roles.dedup();
        must(
            roles.len() == self.roles.len(),
            "roles",
            "a role is named twice".to_owned(),
        );
        must(
            self.listen.ip().is_loopback() || self.tls.is_some() || self.behind_proxy,
            "listen",
            format!(
                "{} is not loopback and no certificate is named: set `tls`, or `behind_proxy = true` \
                 if a proxy in front speaks TLS",
                self.listen
            ),
        );
        must(
            self.proxy_field.parse::<axum::http::HeaderName>().is_ok(),
            "proxy_field",
            "write the name of a field, as `x-forwarded-for`".to_owned(),
        );
        let is_name = !self.log_name.is_empty()
            && self.log_name.len() <= 200
            && self
                .log_name
                .bytes()
                .all(|byte| byte.is_ascii_graphic() && byte != b'+');
        must(
            is_name,
            "log_name",
            "a log is named by letters, digits and signs other than `+`, without spaces".to_owned(),
        );
        must(
            self.times.grace_hours <= 24,
            "times.grace_hours",
            "reports under way are let in for 24 hours at most".to_owned(),
        );
        for (key, value) in [
            ("times.retire_seconds", self.times.retire_seconds),
            ("times.reveal_minutes", self.times.reveal_minutes),
            ("limits.connections", self.limits.connections as u64),
            ("limits.requests", self.limits.requests as u64),
            ("limits.waiting", self.limits.waiting as u64),
            ("limits.evaluations", u64::from(self.limits.evaluations)),
            ("limits.head_seconds", self.limits.head_seconds),
            ("limits.body_seconds", self.limits.body_seconds),
            ("limits.connection_seconds", self.limits.connection_seconds),
            ("limits.partition_mib", u64::from(self.limits.partition_mib)),
        ] {
            must(
                (1..=1 << 20).contains(&value),
                key,
                "write a number from 1 to 1048576".to_owned(),
            );
        }
        must(
            self.limits.free_disk_mib <= 1 << 24,
            "limits.free_disk_mib",
            "write a number from 0 to 16777216".to_owned(),
        );
        must(
            self.issuer.matures_hours <= 8784,
            "issuer.matures_hours",
            "an installation waits a year at most: 8784".to_owned(),
        );
        let is_named = |path: &Path| !path.as_os_str().is_empty();
        must(
            is_named(&self.folder),
            "folder",
            "write the name of a folder".to_owned(),
        );
        must(
            self.admin.socket.as_deref().is_none_or(is_named),
            "admin.socket",
            "write the name of a file, or leave it away".to_owned(),
        );
        if let Some(tls) = &self.tls {
            for (key, path) in [("tls.certificate", &tls.certificate), ("tls.key", &tls.key)] {
                must(
                    is_named(path),
                    key,
                    "TLS needs both, `certificate` and `key`".to_owned(),
                );
            }
        }
        must(
            self.times.retire_seconds <= 3600,
            "times.retire_seconds",
            "what is due is looked at once an hour at least".to_owned(),
        );
        must(
            self.issuer.work_bits <= 32,
            "issuer.work_bits",
            "more than 32 bits take a device hours".to_owned(),
        );
        if let Some(elsewhere) = &self.randomness {
            if let Err(why) = target(&elsewhere.url) {
                must(false, "randomness.url", why);
            }
            if let Err(why) = Verifiers::of(elsewhere) {
                must(false, "randomness", why);
            }
            must(
                self.has(Role::Receive) && !self.has(Role::Randomness),
                "randomness",
                "it is for a process that receives and answers no questions for randomness itself"
                    .to_owned(),
            );
        }
        for (name, gateway) in &self.relay {
            let key = format!("relay.{name}.url");
            must(
                is_plain_name(name),
                &key,
                "a gateway is named by small letters, digits and `-`".to_owned(),
            );
            if let Err(why) = target(&gateway.url) {
                must(false, &key, why);
            }
        }
        must(
            !self.has(Role::Relay) || !self.relay.is_empty(),
            "relay",
            "a relay needs a gateway: `[relay.NAME]` with `url`".to_owned(),
        );
        for (name, bearer) in &self.admin.bearers {
            must(
                is_plain_name(name) && name != SOCKET,
                &format!("admin.bearers.{name}"),
                "an administrator is named by small letters, digits and `-`, and not `socket`"
                    .to_owned(),
            );
            let key = format!("admin.bearers.{name}.argon2id");
            let hash = argon2::PasswordHash::new(&bearer.argon2id);
            let is_hash = hash.is_ok_and(|it| {
                it.algorithm == argon2::ARGON2ID_IDENT && it.salt.is_some() && it.hash.is_some()
            });
            must(
                is_hash,
                &key,
                "write what `candor-intake admin hash` prints".to_owned(),
            );
        }
        broken
    }
}

/// Returns whether something is named by small letters, digits and `-`.
#[must_use]
pub fn is_plain_name(name: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    !name.is_empty() && name.len() <= 64 && name.bytes().all(plain)
}
