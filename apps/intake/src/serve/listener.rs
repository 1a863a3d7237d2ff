//! The door: accepts connections, bounds each in number, bytes and time, and shuts in five seconds.

use std::{io, net::IpAddr, path::Path, sync::Arc, time::Duration};

use axum::{Router, extract::Request};
use hyper::body::Incoming;
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::conn::auto,
};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, TcpStream, UnixListener, UnixStream},
    sync::{Semaphore, watch},
    task::JoinSet,
    time::{Instant, timeout, timeout_at},
};
use tokio_rustls::TlsAcceptor;
use tower::ServiceExt;

use super::beginning::Beginning;
use crate::{
    config::{Limits, Tls},
    meters::Meters,
};

/// Bytes of a request's head, all its fields together.
const HEAD: usize = 8 << 10;
/// Requests of one HTTP/2 connection that are taken in or answered at once: each may hold a whole body.
const STREAMS: u32 = 8;
/// Streams a peer may take back before they were answered, and those it may make us take back: a
/// flood of either ends the connection (CVE-2023-44487, CVE-2025-8671).
const RESETS: usize = 16;
/// How long requests under way are waited for when the server stops.
pub const PATIENCE: Duration = Duration::from_secs(4);

/// Who is at the other end, for what must count networks. It is never written anywhere.
#[derive(Clone, Copy)]
pub struct Peer(pub Option<IpAddr>);

/// What all connections share.
pub struct Door {
    /// The routes.
    pub routes: Router,
    /// How much is taken on at once.
    pub limits: Limits,
    /// What is counted.
    pub meters: Arc<Meters>,
    /// The certificate, where TLS is spoken.
    pub tls: Option<TlsAcceptor>,
}

/// Where connections come from.
pub trait Listen: Send {
    /// One connection.
    type Stream: AsyncRead + AsyncWrite + Unpin + Send + 'static;

    /// Waits for the next connection, and says who is at its other end.
    fn next(&self) -> impl Future<Output = io::Result<(Self::Stream, Peer)>> + Send;
}

impl Listen for TcpListener {
    type Stream = TcpStream;

    async fn next(&self) -> io::Result<(TcpStream, Peer)> {
        let (stream, address) = self.accept().await?;
        stream.set_nodelay(true)?;
        Ok((stream, Peer(Some(address.ip()))))
    }
}

impl Listen for UnixListener {
    type Stream = UnixStream;

    async fn next(&self) -> io::Result<(UnixStream, Peer)> {
        let (stream, _) = self.accept().await?;
        Ok((stream, Peer(None)))
    }
}

/// Accepts connections until `stop` says so, then waits for what is under way.
pub async fn accept(listener: impl Listen, door: Arc<Door>, mut stop: watch::Receiver<bool>) {
    let room = Arc::new(Semaphore::new(door.limits.connections));
    let mut connections = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            accepted = listener.next() => accepted,
            _ = stop.wait_for(|stop| *stop) => break,
            Some(_) = connections.join_next() => continue,
        };
        let Ok((stream, peer)) = accepted else {
            // Out of descriptors, most likely: give those that end a moment.
            tokio::time::sleep(Duration::from_millis(20)).await;
            continue;
        };
        let Ok(place) = Arc::clone(&room).try_acquire_owned() else {
            door.meters.reject("connections");
            continue;
        };
        let door = Arc::clone(&door);
        let stop = stop.clone();
        connections.spawn(async move {
            let _place = place;
            encrypted_or_plain(stream, peer, &door, stop).await;
        });
    }
    drop(listener);
    drop(timeout(PATIENCE, ended(&mut connections)).await);
    connections.abort_all();
}

async fn ended(connections: &mut JoinSet<()>) {
    while connections.join_next().await.is_some() {}
}

async fn encrypted_or_plain(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    peer: Peer,
    door: &Door,
    stop: watch::Receiver<bool>,
) {
    let patience = Duration::from_secs(door.limits.head_seconds);
    let Some(tls) = &door.tls else {
        return talk(stream, peer, door, stop).await;
    };
    match timeout(patience, tls.accept(stream)).await {
        Ok(Ok(stream)) => talk(stream, peer, door, stop).await,
        _ => door.meters.reject("tls"),
    }
}

async fn talk(
    stream: impl AsyncRead + AsyncWrite + Unpin + 'static,
    peer: Peer,
    door: &Door,
    mut stop: watch::Receiver<bool>,
) {
    let routes = door.routes.clone();
    let service = hyper::service::service_fn(move |mut request: hyper::Request<Incoming>| {
        request.extensions_mut().insert(peer);
        routes
            .clone()
            .oneshot(request.map(axum::body::Body::new) as Request)
    });
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(Duration::from_secs(door.limits.head_seconds))
        .max_buf_size(HEAD)
        .max_headers(64)
        .half_close(false);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(STREAMS)
        .max_header_list_size(HEAD as u32)
        .max_pending_accept_reset_streams(RESETS)
        .max_local_error_reset_streams(RESETS)
        .initial_stream_window_size(16 << 10)
        .initial_connection_window_size(64 << 10)
        .max_send_buf_size(64 << 10)
        .keep_alive_interval(Duration::from_secs(door.limits.head_seconds))
        .keep_alive_timeout(Duration::from_secs(door.limits.head_seconds));
    let patience = Duration::from_secs(door.limits.head_seconds);
    let stream = Beginning::of(stream, patience);
    let connection = builder.serve_connection(TokioIo::new(stream), service);
    let mut connection = std::pin::pin!(connection);
    let end = Instant::now() + Duration::from_secs(door.limits.connection_seconds);
    // What goes wrong with one connection is its own affair: nothing is written of it.
    tokio::select! {
        _ = timeout_at(end, connection.as_mut()) => return,
        _ = stop.wait_for(|stop| *stop) => {}
    }
    connection.as_mut().graceful_shutdown();
    drop(timeout(PATIENCE, connection).await);
}

/// Reads certificate and key.
///
/// # Errors
/// What could not be read, with its path.
pub fn tls_of(tls: &Tls) -> io::Result<TlsAcceptor> {
    let named = |path: &Path, why: String| io::Error::other(format!("{}: {why}", path.display()));
    let certificates = CertificateDer::pem_file_iter(&tls.certificate)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|error| named(&tls.certificate, error.to_string()))?;
    let key = PrivateKeyDer::from_pem_file(&tls.key)
        .map_err(|error| named(&tls.key, error.to_string()))?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(io::Error::other)?
        .with_no_client_auth()
        .with_single_cert(certificates, key)
        .map_err(|error| named(&tls.certificate, error.to_string()))?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(TlsAcceptor::from(Arc::new(config)))
}
