//! `candor-intake admin`: asks the server that runs on this machine, through its socket.

use argon2::{
    Argon2,
    password_hash::{PasswordHasher, SaltString},
};
use clap::{Args, Subcommand};
use http_body_util::{BodyExt, Full};
use hyper::{Method, Request, body::Bytes, client::conn::http1, header};
use hyper_util::rt::TokioIo;
use intake::{
    config::{Config, SOCKET, is_plain_name},
    serve::admin::{Least, Purge, Switch},
    vault::Secret,
};
use tokio::net::UnixStream;
use wire::rand_core::OsRng;

use super::{Failure, say};

#[derive(Debug, Args)]
pub(super) struct Admin {
    #[command(subcommand)]
    act: AdminAct,
}

#[derive(Debug, Subcommand)]
enum AdminAct {
    /// Print the operator's page as HTML
    Page,
    /// Print what the page shows as JSON
    State,
    /// Close a record, a version or both; without either, everything
    Close {
        /// The record: `org.candor.history/threat-sighting`
        #[arg(long)]
        program: Option<String>,
        /// The version: `0.1`
        #[arg(long)]
        version: Option<String>,
        /// Why, in a line: it is public
        #[arg(long)]
        reason: String,
    },
    /// Open what was closed
    Open {
        /// The record
        #[arg(long)]
        program: Option<String>,
        /// The version
        #[arg(long)]
        version: Option<String>,
    },
    /// Set the oldest version that may report
    Least {
        /// The version: `0.2`
        version: String,
    },
    /// Reveal what has enough reports
    Reveal,
    /// Do what is due
    Retire,
    /// Erase a record with everything it holds, keys first. Nothing brings it back
    Purge {
        /// The record
        program: String,
        /// The same once more
        #[arg(long, value_name = "PROGRAM")]
        really: String,
    },
    /// Make a token for an administrator who comes over the network
    Hash {
        /// The administrator: small letters, digits and `-`
        name: String,
    },
}

pub(super) fn run(admin: &Admin, config: &Config) -> Result<u8, Failure> {
    let (method, path, body) = match &admin.act {
        AdminAct::Hash { name } => return hash(name),
        AdminAct::Page => (Method::GET, "/admin", String::new()),
        AdminAct::State => (Method::GET, "/admin/state", String::new()),
        AdminAct::Reveal => (Method::POST, "/admin/reveal", String::new()),
        AdminAct::Retire => (Method::POST, "/admin/retire", String::new()),
        AdminAct::Close {
            program,
            version,
            reason,
        } => {
            let switch = Switch {
                program: program.clone(),
                version: version.clone(),
                reason: reason.clone(),
            };
            (
                Method::POST,
                "/admin/close",
                serde_json::to_string(&switch)?,
            )
        }
        AdminAct::Open { program, version } => {
            let switch = Switch {
                program: program.clone(),
                version: version.clone(),
                reason: String::new(),
            };
            (Method::POST, "/admin/open", serde_json::to_string(&switch)?)
        }
        AdminAct::Least { version } => {
            let least = Least {
                version: version.clone(),
            };
            (Method::POST, "/admin/least", serde_json::to_string(&least)?)
        }
        AdminAct::Purge { program, really } => {
            let purge = Purge {
                program: program.clone(),
                again: really.clone(),
            };
            (Method::POST, "/admin/purge", serde_json::to_string(&purge)?)
        }
    };
    let (status, answer) = ask(config, method, path, body)?;
    say(format_args!("{}\n", answer.trim_end()))?;
    Ok(if status == 200 { 0 } else { 2 })
}

/// Asks the server through its socket. Returns the status and the body.
pub(super) fn ask(
    config: &Config,
    method: Method,
    path: &str,
    body: String,
) -> Result<(u16, String), Failure> {
    let socket = config.admin_socket();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let stream = UnixStream::connect(&socket).await.map_err(|error| {
            let what = format!("no server answers at `{}`: {error}", socket.display());
            Failure::new(
                what,
                "name its settings with `--config`, as `serve` was given them",
            )
        })?;
        let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
        tokio::spawn(connection);
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::HOST, "localhost")
            .header(header::CONTENT_TYPE, "application/json")
            .body(Full::new(Bytes::from(body)))?;
        let answer = sender.send_request(request).await?;
        let status = answer.status().as_u16();
        let body = answer.into_body().collect().await?.to_bytes();
        Ok((status, String::from_utf8_lossy(&body).into_owned()))
    })
}

fn hash(name: &str) -> Result<u8, Failure> {
    if !is_plain_name(name) || name == SOCKET {
        let what = format!("`{name}` is no name of an administrator");
        let help =
            "write small letters, digits and `-`; whoever comes by the socket is called `socket`";
        return Err(Failure::new(what, help));
    }
    let secret = Secret::random()?;
    let secret: String = secret
        .bytes()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let salt = SaltString::generate(&mut OsRng);
    let hash = Argon2::default()
        .hash_password(secret.as_bytes(), &salt)
        .map_err(|error| Failure::new(error.to_string(), "try again"))?;
    say(format_args!(
        "[admin.bearers.{name}]\nargon2id = \"{hash}\"\nscopes = [\"read\"]\n"
    ))?;
    eprintln!("the token, which is shown this once: {name}.{secret}");
    Ok(0)
}
