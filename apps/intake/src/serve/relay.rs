//! The relay: 512 bytes in, the same 512 bytes out, and the answer back. No header of the one who asks
//! goes on, no address is kept, and which gateways there are is in the settings alone.

use std::{collections::BTreeMap, io, path::Path, sync::Arc};

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
use wire::ohttp::{LONGEST_RESPONSE, UNIT};

use super::gateway::{REQUEST, RESPONSE};
use crate::{
    config::{Config, Target, target},
    refusal::Refusal,
};

/// Where systems keep the certificates they trust.
const SYSTEM: [&str; 3] = [
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/cert.pem",
];

/// Gateways by name.
pub struct Relay(BTreeMap<String, Way>);

struct Way {
    target: Target,
    tls: Option<(TlsConnector, ServerName<'static>)>,
}

impl Relay {
    /// Prepares a way to each gateway of the settings.
    ///
    /// # Errors
    /// What is wrong with an address or with the certificates that vouch for it.
    pub fn of(config: &Config) -> io::Result<Self> {
        let mut ways = BTreeMap::new();
        for (name, gateway) in &config.relay {
            let target = target(&gateway.url).map_err(io::Error::other)?;
            let tls = match target.tls {
                false => None,
                true => {
                    let host =
                        ServerName::try_from(target.host.clone()).map_err(io::Error::other)?;
                    Some((connector(gateway.vouchers.as_deref())?, host))
                }
            };
            ways.insert(name.clone(), Way { target, tls });
        }
        Ok(Self(ways))
    }

    /// Passes a message on and returns the answer.
    ///
    /// # Errors
    /// [`Refusal`] when there is no such gateway, it cannot be reached, or it answers otherwise.
    pub async fn pass(&self, name: &str, message: Bytes) -> Result<Bytes, Refusal> {
        let way = self.0.get(name).ok_or_else(|| {
            Refusal::new(404, "no-such-gateway", "this relay knows no such gateway")
        })?;
        let answer = way.ask(message).await;
        answer.map_err(|_| {
            let why = "the gateway cannot be reached, or answered otherwise";
            Refusal::new(502, "gateway", why).retry_after(60)
        })
    }
}

impl Way {
    async fn ask(&self, message: Bytes) -> io::Result<Bytes> {
        let address = (self.target.host.as_str(), self.target.port);
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        match &self.tls {
            None => self.talk(stream, message).await,
            Some((connector, host)) => {
                let stream = connector.connect(host.clone(), stream).await?;
                self.talk(stream, message).await
            }
        }
    }

    async fn talk(
        &self,
        stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
        message: Bytes,
    ) -> io::Result<Bytes> {
        let (mut sender, connection) = http1::handshake(TokioIo::new(stream))
            .await
            .map_err(io::Error::other)?;
        let connection = tokio::spawn(connection);
        let request = Request::builder()
            .method(Method::POST)
            .uri(&self.target.path)
            .header(header::HOST, self.target.authority())
            .header(header::CONTENT_TYPE, REQUEST)
            .body(Full::new(message))
            .map_err(io::Error::other)?;
        let answer = sender
            .send_request(request)
            .await
            .map_err(io::Error::other)?;
        let is_sealed = answer.status().is_success()
            && answer
                .headers()
                .get(header::CONTENT_TYPE)
                .is_some_and(|it| it == RESPONSE);
        let body = Limited::new(answer.into_body(), LONGEST_RESPONSE)
            .collect()
            .await;
        connection.abort();
        let body = body.map_err(io::Error::other)?.to_bytes();
        match is_sealed && !body.is_empty() && body.len().is_multiple_of(UNIT) {
            true => Ok(body),
            false => Err(io::Error::other("no sealed answer")),
        }
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
