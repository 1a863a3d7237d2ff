//! One process that serves: its listener, its routes, its own timer, and an end within five seconds.

pub mod admin;
mod beginning;
pub mod descriptors;
mod elsewhere;
pub mod gateway;
pub mod listener;
pub mod observe;
pub mod public;
pub mod relay;
pub mod routes;
mod way;

use std::{
    io,
    net::SocketAddr,
    os::unix::fs::{FileTypeExt, PermissionsExt},
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use tokio::{
    net::{TcpListener, UnixListener},
    sync::watch,
    time::{Instant, MissedTickBehavior, timeout},
};

use self::{
    elsewhere::Source,
    listener::{Door, accept, tls_of},
    relay::Relay,
};
use crate::{config::Role, intake::Intake, refusal::chain, retire::Retired};

/// What all routes share.
pub struct Serving {
    /// Everything the process holds.
    pub intake: Arc<Intake>,
    /// Where messages are passed on to.
    pub relay: Relay,
    /// How many requests may be answered at once.
    pub room: tokio::sync::Semaphore,
    /// The administrators who may come over the network.
    pub admins: admin::Admins,
}

/// A listener that is bound, and what it will serve.
pub struct Bound {
    serving: Arc<Serving>,
    listener: TcpListener,
    socket: Option<(UnixListener, PathBuf)>,
    door: Arc<Door>,
    here: Arc<Door>,
    randomness: Option<Arc<Source>>,
}

/// Why a process cannot serve.
#[derive(Debug, thiserror::Error)]
#[error("cannot {act}")]
pub struct ServeError {
    act: String,
    #[source]
    source: io::Error,
}

fn failed(act: impl Into<String>) -> impl FnOnce(io::Error) -> ServeError {
    let act = act.into();
    move |source| ServeError { act, source }
}

impl Bound {
    /// Does what is due, then binds the listener and the socket of administrators.
    ///
    /// # Errors
    /// [`ServeError`] when a certificate cannot be read or an address not be had.
    pub async fn bind(intake: Arc<Intake>) -> Result<Self, ServeError> {
        // Before the first request: an epoch's key is published before it is used.
        let first = Arc::clone(&intake);
        due(&first).await;
        let config = &intake.config;
        let tls = match &config.tls {
            Some(tls) => Some(tls_of(tls).map_err(failed("use the certificate"))?),
            None => None,
        };
        let randomness =
            Source::of(config).map_err(failed("prepare the way to the randomness server"))?;
        let randomness = randomness.map(Arc::new);
        if let Some(source) = &randomness {
            source.bring(&intake).await;
        }
        let relay = Relay::of(config).map_err(failed("prepare the relay"))?;
        let listener = TcpListener::bind(config.listen)
            .await
            .map_err(failed(format!("listen at {}", config.listen)))?;
        let path = config.admin_socket();
        let socket = bind_socket(&path).map_err(failed(format!("listen at {}", path.display())))?;
        let mut limits = config.limits.clone();
        limits.connections = descriptors::connections(limits.connections);
        let serving = Arc::new(Serving {
            room: tokio::sync::Semaphore::new(limits.requests),
            admins: admin::Admins::of(&config.admin),
            relay,
            intake: Arc::clone(&intake),
        });
        let door = |routes, tls| {
            Arc::new(Door {
                routes,
                limits: limits.clone(),
                meters: Arc::clone(&intake.meters),
                tls,
            })
        };
        Ok(Self {
            door: door(routes::everyone(&serving), tls),
            here: door(routes::administrators(&serving), None),
            serving,
            listener,
            socket: Some((socket, path)),
            randomness,
        })
    }

    /// Returns where it listens.
    ///
    /// # Errors
    /// What the system says.
    pub fn address(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Serves until `stop` says so, or the disk failed. Returns whether it ended because it was told to.
    pub async fn serve(mut self, stop: watch::Receiver<bool>) -> bool {
        let (end, ended) = watch::channel(false);
        let intake = Arc::clone(&self.serving.intake);
        let timer = tokio::spawn(on_the_clock(
            Arc::clone(&intake),
            self.randomness.take(),
            ended.clone(),
        ));
        let socket = self.socket.take();
        let here = socket.map(|(socket, path)| {
            let door = Arc::clone(&self.here);
            (tokio::spawn(accept(socket, door, ended.clone())), path)
        });
        let mut everyone = tokio::spawn(accept(self.listener, Arc::clone(&self.door), ended));
        let mut accepts = true;
        let told = tokio::select! {
            told = until(stop) => told,
            () = broken(&intake) => false,
            _ = &mut everyone => {
                accepts = false;
                false
            }
        };
        end.send_replace(true);
        let (here, path) = here.unzip();
        let ended = async {
            if accepts {
                drop(everyone.await);
            }
            if let Some(here) = here {
                drop(here.await);
            }
            // What is due may be under way. All of it can be cut short, and is done at the next start.
            drop(timer.await);
        };
        drop(timeout(listener::PATIENCE, ended).await);
        if let Some(path) = path {
            drop(std::fs::remove_file(path));
        }
        told
    }
}

async fn until(mut stop: watch::Receiver<bool>) -> bool {
    stop.wait_for(|stop| *stop).await.is_ok()
}

/// A disk that failed once is not asked again: the process ends, and whoever started it starts it anew,
/// which reads what really is on the disk.
async fn broken(intake: &Intake) {
    loop {
        if let Some(why) = intake.store.broken() {
            tracing::error!(%why, "the disk failed: stopping");
            return;
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

async fn on_the_clock(
    intake: Arc<Intake>,
    randomness: Option<Arc<Source>>,
    mut stop: watch::Receiver<bool>,
) {
    let times = intake.config.times.clone();
    let mut ticks = tokio::time::interval(Duration::from_secs(times.retire_seconds));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks.tick().await;
    let pause = Duration::from_secs(times.reveal_minutes * 60);
    let mut next_reveal = Instant::now() + pause;
    let mut next_keys = Instant::now() + elsewhere::PERIOD;
    loop {
        tokio::select! {
            _ = ticks.tick() => {}
            _ = stop.wait_for(|stop| *stop) => return,
        }
        due(&intake).await;
        if let Some(source) = &randomness
            && Instant::now() >= next_keys
        {
            next_keys = Instant::now() + elsewhere::PERIOD;
            source.bring(&intake).await;
        }
        if intake.has(Role::Receive) && Instant::now() >= next_reveal {
            next_reveal = Instant::now() + pause;
            reveal(&intake).await;
        }
    }
}

async fn due(intake: &Arc<Intake>) {
    let at_work = Arc::clone(intake);
    match tokio::task::spawn_blocking(move || at_work.retire()).await {
        Ok(Ok(done)) => say(&done),
        Ok(Err(incomplete)) => {
            say(&incomplete.done);
            for it in &incomplete.not_done {
                tracing::error!(what = %it.what, why = %it.why, "what is due could not be done");
            }
        }
        Err(error) => tracing::error!(why = %error, "what is due could not be done"),
    }
}

fn say(done: &Retired) {
    if *done != Retired::default() {
        tracing::info!(
            keys_made = done.keys_made,
            keys_destroyed = done.keys_destroyed,
            sealed = done.sealed,
            erased = done.erased,
            counts = done.counts,
            "did what was due"
        );
    }
}

async fn reveal(intake: &Arc<Intake>) {
    let at_work = Arc::clone(intake);
    match tokio::task::spawn_blocking(move || at_work.reveal()).await {
        Ok(Ok(tried)) => tracing::info!(
            tags = tried.tags,
            revealed = tried.revealed,
            poisoned = tried.poisoned,
            damaged = tried.damaged,
            unread = ?tried.unread,
            "looked at what has enough reports"
        ),
        Ok(Err(error)) => tracing::error!(why = %chain(&error), "nothing could be revealed"),
        Err(error) => tracing::error!(why = %error, "nothing could be revealed"),
    }
}

/// Takes the place of a socket on which nobody answers any more; of nothing else.
fn bind_socket(path: &Path) -> io::Result<UnixListener> {
    match std::fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(error),
        Ok(there) if !there.file_type().is_socket() => {
            return Err(io::Error::other(
                "something else than a socket lies there: move it away, or name another `admin.socket`",
            ));
        }
        Ok(_) => match std::os::unix::net::UnixStream::connect(path) {
            Ok(_) => {
                return Err(io::Error::other(
                    "another server answers there: stop it, or name another `admin.socket`",
                ));
            }
            Err(_) => std::fs::remove_file(path)?,
        },
    }
    let listener = UnixListener::bind(path)?;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600))?;
    Ok(listener)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_a_socket_that_nobody_answers_on_is_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("admin.sock");
        let first = bind_socket(&path).unwrap();
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
        let error = bind_socket(&path).unwrap_err().to_string();
        assert!(error.contains("another server answers"), "{error}");
        // Its server was killed: the socket lies there, and nobody answers.
        drop(first);
        assert!(path.exists());
        drop(bind_socket(&path).unwrap());
        let notes = folder.path().join("notes");
        std::fs::write(&notes, b"mine").unwrap();
        let error = bind_socket(&notes).unwrap_err().to_string();
        assert!(error.contains("something else than a socket"), "{error}");
        assert_eq!(std::fs::read(&notes).unwrap(), b"mine");
    }
}
