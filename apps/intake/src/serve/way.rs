//! The way to another server: a connection for each question, with the certificates that vouch for it.

use std::{io, path::Path, sync::Arc};

use axum::body::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper::{Method, Request, client::conn::http1, header};
use hyper_util::rt::TokioIo;
use rustls::{
    ClientConfig, RootCertStore,
    pki_types::{CertificateDer, ServerName, pem::PemObject},
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
};
use tokio_rustls::TlsConnector;

use crate::config::{Target, target};

/// Where systems keep the certificates they trust.
const SYSTEM: [&str; 3] = [
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/cert.pem",
];

/// The way to a server.
pub(super) struct Way {
    target: Target,
    tls: Option<(TlsConnector, ServerName<'static>)>,
}

/// What is asked.
pub(super) struct Question<'a> {
    /// `GET` or `POST`.
    pub(super) method: Method,
    /// The path, with its first slash.
    pub(super) path: &'a str,
    /// The type of the body, where there is one.
    pub(super) kind: Option<&'static str>,
    /// The body.
    pub(super) body: Bytes,
    /// The longest answer that is taken, in bytes.
    pub(super) most: usize,
}

/// What is answered.
pub(super) struct Answer {
    /// The status.
    pub(super) status: u16,
    /// The type of the body, if it says one.
    pub(super) kind: Option<String>,
    /// The body.
    pub(super) body: Bytes,
}

impl Way {
    /// Prepares a way. `vouchers` are the certificates that vouch for the server; the system's if none are
    /// named.
    ///
    /// # Errors
    /// What is wrong with the address or with the certificates.
    pub(super) fn to(url: &str, vouchers: Option<&Path>) -> io::Result<Self> {
        let target = target(url).map_err(io::Error::other)?;
        let tls = match target.tls {
            false => None,
            true => {
                let host = ServerName::try_from(target.host.clone()).map_err(io::Error::other)?;
                Some((connector(vouchers)?, host))
            }
        };
        Ok(Self { target, tls })
    }

    /// Returns the path of its address.
    #[must_use]
    pub(super) fn path(&self) -> &str {
        &self.target.path
    }

    /// Asks, and waits for the whole answer.
    ///
    /// # Errors
    /// When the server cannot be reached, ends early, or answers more than is taken.
    pub(super) async fn ask(&self, question: Question<'_>) -> io::Result<Answer> {
        let address = (self.target.host.as_str(), self.target.port);
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        match &self.tls {
            None => self.talk(stream, question).await,
            Some((connector, host)) => {
                let stream = connector.connect(host.clone(), stream).await?;
                self.talk(stream, question).await
            }
        }
    }

    async fn talk(
        &self,
        stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
        question: Question<'_>,
    ) -> io::Result<Answer> {
        let (mut sender, connection) = http1::handshake(TokioIo::new(stream))
            .await
            .map_err(io::Error::other)?;
        let connection = tokio::spawn(connection);
        let mut request = Request::builder()
            .method(question.method)
            .uri(question.path)
            .header(header::HOST, self.target.authority());
        if let Some(kind) = question.kind {
            request = request.header(header::CONTENT_TYPE, kind);
        }
        let request = request
            .body(Full::new(question.body))
            .map_err(io::Error::other)?;
        let answer = sender
            .send_request(request)
            .await
            .map_err(io::Error::other)?;
        let status = answer.status().as_u16();
        let kind = answer.headers().get(header::CONTENT_TYPE);
        let kind = kind.and_then(|it| Some(it.to_str().ok()?.to_owned()));
        let body = Limited::new(answer.into_body(), question.most)
            .collect()
            .await;
        connection.abort();
        Ok(Answer {
            status,
            kind,
            body: body.map_err(io::Error::other)?.to_bytes(),
        })
    }
}

fn connector(vouchers: Option<&Path>) -> io::Result<TlsConnector> {
    let path = match vouchers {
        Some(path) => path,
        None => SYSTEM
            .iter()
            .map(Path::new)
            .find(|path| path.exists())
            .ok_or_else(|| io::Error::other("no certificates of the system: name `vouchers`"))?,
    };
    let named = |why: String| io::Error::other(format!("{}: {why}", path.display()));
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(path).map_err(|it| named(it.to_string()))? {
        let certificate = certificate.map_err(|it| named(it.to_string()))?;
        // Systems keep some that are no roots; those are passed over.
        drop(roots.add(certificate));
    }
    if roots.is_empty() {
        return Err(named("no certificate in it can vouch".to_owned()));
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(io::Error::other)?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(TlsConnector::from(Arc::new(config)))
}
