//! A device as the tests need it, and the server it talks to, both in this process on loopback.

use std::{
    collections::BTreeMap,
    fs,
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
    path::{Path, PathBuf},
    sync::Arc,
    thread::JoinHandle,
    time::Duration,
};

use intake::{
    clock::Clock,
    config::{Config, Role},
    intake::Intake,
    serve::Bound,
};
use tempfile::TempDir;
use tokio::sync::{oneshot, watch};
use wire::{
    Day, Epoch, Program, Report, Value, Version,
    enrol::{self, InstallKey},
    log::Hash,
    ohttp::{self, Method, Request, Response},
    rand_core::OsRng,
    randomness,
    share::Prepared,
    token::{self, Token},
    withdraw::{Secret, Withdrawal},
};

/// A Thursday, 100 hours into epoch 2950 of weeks.
pub(crate) const NOW: u64 = 2950 * 7 * 86_400 + 100 * 3600;
pub(crate) const VERSION: Version = Version { major: 0, minor: 1 };

/// A folder for a server, and a clock.
pub(crate) struct Ground {
    pub(crate) folder: TempDir,
    pub(crate) clock: Clock,
}

impl Ground {
    pub(crate) fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
            clock: Clock::at(NOW),
        }
    }

    pub(crate) fn config(&self) -> Config {
        let mut config = Config {
            folder: self.folder.path().join("server"),
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            roles: vec![Role::Receive, Role::Randomness, Role::Issuer],
            declarations: vec![declaration()],
            log_name: "intake.example.org/log".to_owned(),
            ..Config::default()
        };
        config.issuer.matures_hours = 0;
        config.limits.free_disk_mib = 1;
        config
    }

    pub(crate) fn intake(&self) -> Arc<Intake> {
        let intake = Intake::open(self.config(), self.clock.clone()).unwrap();
        intake.retire().unwrap();
        Arc::new(intake)
    }

    /// Does something while the log cannot be written.
    pub(crate) fn without_log<T>(&self, act: impl FnOnce() -> T) -> T {
        let checkpoint = self.config().folder.join("log/checkpoint");
        let aside = self.folder.path().join("aside");
        fs::rename(&checkpoint, &aside).unwrap();
        fs::create_dir_all(checkpoint.join("in the way")).unwrap();
        let done = act();
        fs::remove_dir_all(&checkpoint).unwrap();
        fs::rename(&aside, &checkpoint).unwrap();
        done
    }

    pub(crate) fn serve(&self) -> Server {
        self.serve_as(self.config())
    }

    pub(crate) fn serve_as(&self, config: Config) -> Server {
        let intake = Arc::new(Intake::open(config, self.clock.clone()).unwrap());
        Server::start(intake)
    }
}

pub(crate) fn declaration() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/served/sightings.toml")
}

/// A server on a port of its own, until it is stopped or dropped.
pub(crate) struct Server {
    pub(crate) intake: Arc<Intake>,
    pub(crate) address: SocketAddr,
    stop: watch::Sender<bool>,
    thread: Option<JoinHandle<bool>>,
}

impl Server {
    fn start(intake: Arc<Intake>) -> Self {
        let (stop, stopped) = watch::channel(false);
        let (send, address) = oneshot::channel();
        let served = Arc::clone(&intake);
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_multi_thread()
                .worker_threads(2)
                .enable_all()
                .build()
                .unwrap();
            runtime.block_on(async {
                let bound = Bound::bind(served).await.unwrap();
                send.send(bound.address().unwrap()).unwrap();
                bound.serve(stopped).await
            })
        });
        Self {
            intake,
            address: address.blocking_recv().unwrap(),
            stop,
            thread: Some(thread),
        }
    }

    /// Sends a message sealed, as a device does.
    pub(crate) fn ask(&self, method: Method, path: &str, body: &[u8]) -> Response {
        ask(
            self.address,
            "/v1/gateway",
            &self.intake.gateway.keys(),
            method,
            path,
            body,
        )
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop.send_replace(true);
        if let Some(thread) = self.thread.take() {
            assert!(thread.join().unwrap(), "it ends because it was told to");
        }
    }
}

/// Seals a message, sends it, and opens the answer.
pub(crate) fn ask(
    address: SocketAddr,
    at: &str,
    keys: &[u8],
    method: Method,
    path: &str,
    body: &[u8],
) -> Response {
    let request = Request {
        method,
        path: path.to_owned(),
        body: body.to_vec(),
    };
    let (sealed, waiting) = ohttp::seal(keys, &request).unwrap();
    let answer = post(address, at, "message/ohttp-req", &sealed);
    assert_eq!(answer.status, 200, "{}", answer.text());
    waiting.open(&answer.body).unwrap()
}

/// An answer of HTTP/1.1.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The stable code of a refusal.
    pub(crate) fn code(&self) -> String {
        code_of(&self.body)
    }
}

pub(crate) fn code_of(body: &[u8]) -> String {
    let body: serde_json::Value = serde_json::from_slice(body).unwrap();
    body["error"].as_str().unwrap().to_owned()
}

pub(crate) fn post(address: SocketAddr, path: &str, kind: &str, body: &[u8]) -> Answer {
    let head = format!(
        "POST {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-type: {kind}\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    raw(address, &[head.as_bytes(), body].concat())
}

pub(crate) fn get(address: SocketAddr, path: &str) -> Answer {
    let request = format!("GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n");
    raw(address, request.as_bytes())
}

/// Sends bytes and reads whatever comes back.
pub(crate) fn raw(address: SocketAddr, bytes: &[u8]) -> Answer {
    let mut stream = TcpStream::connect(address).unwrap();
    stream
        .set_read_timeout(Some(Duration::from_secs(30)))
        .unwrap();
    // What is refused early may be reset while it is still sent.
    drop(stream.write_all(bytes));
    let mut answer = Vec::new();
    drop(stream.read_to_end(&mut answer));
    parsed(&answer)
}

pub(crate) fn parsed(answer: &[u8]) -> Answer {
    let end = answer.windows(4).position(|it| it == b"\r\n\r\n");
    let Some(end) = end else {
        return Answer {
            status: 0,
            head: String::new(),
            body: Vec::new(),
        };
    };
    let head = String::from_utf8_lossy(&answer[..end]).to_lowercase();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    Answer {
        status,
        head,
        body: answer[end + 4..].to_vec(),
    }
}

/// A device that agreed.
pub(crate) struct Device {
    install: InstallKey,
    secret: [u8; 32],
}

/// What a device keeps of a report it sent.
#[derive(Clone)]
pub(crate) struct Sent {
    pub(crate) report: Report,
    pub(crate) withdrawal: Vec<u8>,
}

impl Device {
    pub(crate) fn new(number: u64) -> Self {
        let mut secret = [7; 32];
        secret[..8].copy_from_slice(&number.to_be_bytes());
        Self {
            install: InstallKey::from_bytes(&secret),
            secret,
        }
    }

    pub(crate) fn install(&self) -> String {
        self.install.public().to_string()
    }

    /// Enrols and gets the tokens of an epoch, over the network.
    pub(crate) fn tokens(&self, server: &Server, program: &Program, epoch: u32) -> Vec<Token> {
        let issuer = server.intake.issuer.public();
        let today = Day::of(server.intake.clock.now());
        let request = enrol::request(&self.install, &issuer, today, 0);
        let answer = post(
            server.address,
            "/v1/enrol",
            "application/octet-stream",
            &request,
        );
        assert_eq!(answer.status, 204, "{}", answer.text());
        let asked = self.ask_for_tokens(program, epoch);
        let answer = post(
            server.address,
            "/v1/tokens",
            "application/octet-stream",
            asked.request(),
        );
        assert_eq!(answer.status, 200, "{}", answer.text());
        asked.finish(&issuer, &answer.body).unwrap()
    }

    /// Asks for tokens anew, with other nonces each time.
    pub(crate) fn ask_for_tokens(&self, program: &Program, epoch: u32) -> token::Asked {
        token::ask(program, Epoch(epoch), &self.install, &mut OsRng)
    }

    /// Makes a report by way of tokens and randomness, as a device does, and does not send it.
    pub(crate) fn report(&self, server: &Server, epoch: u32, host: &str) -> Sent {
        let intake = &server.intake;
        let program = &sighting(intake).program;
        let tokens = self.tokens(server, program, epoch);
        let record = program.encode(&values(host)).unwrap();
        let (asked, request) =
            randomness::ask(program, Epoch(epoch), &[&record], &mut OsRng).unwrap();
        let answer = server.ask(Method::Post, "/v1/randomness", &request);
        assert_eq!(answer.status, 200);
        let key = intake.epoch_key(sighting(intake), epoch).unwrap().public();
        let randomness = asked.finish(&key, &answer.body).unwrap();
        let prepared = Prepared::of(program, Epoch(epoch), &record, &randomness[0]).unwrap();
        self.finished(program, epoch, &prepared, tokens)
    }

    /// The same without any network, for many devices.
    pub(crate) fn report_of(&self, intake: &Intake, epoch: u32, host: &str) -> Sent {
        let taken = sighting(intake);
        let program = &taken.program;
        let asked = token::ask(program, Epoch(epoch), &self.install, &mut OsRng);
        let request = token::Request::parse(asked.request()).unwrap();
        let issued = intake.issuer.issue(program, &request, &mut OsRng).unwrap();
        let tokens = asked.finish(&intake.issuer.public(), &issued).unwrap();
        let record = program.encode(&values(host)).unwrap();
        let (asked, request) =
            randomness::ask(program, Epoch(epoch), &[&record], &mut OsRng).unwrap();
        let request = randomness::Request::parse(&request).unwrap();
        let key = intake.epoch_key(taken, epoch).unwrap();
        let answer = key.answer(&request, &mut OsRng);
        let randomness = asked.finish(&key.public(), &answer).unwrap();
        let prepared = Prepared::of(program, Epoch(epoch), &record, &randomness[0]).unwrap();
        self.finished(program, epoch, &prepared, tokens)
    }

    pub(crate) fn finished(
        &self,
        program: &Program,
        epoch: u32,
        prepared: &Prepared,
        tokens: Vec<Token>,
    ) -> Sent {
        let lane = prepared.lane();
        let token = tokens.into_iter().find(|it| it.lane() == lane).unwrap();
        let secret = Secret::derive(&self.secret, program.hash(), Epoch(epoch), token.nonce());
        let report = prepared.report(VERSION, token, &secret).unwrap();
        let withdrawal = Withdrawal {
            program: program.number(),
            epoch: Epoch(epoch),
            secret,
        };
        Sent {
            report,
            withdrawal: withdrawal.to_bytes(),
        }
    }
}

pub(crate) fn sighting(intake: &Intake) -> &intake::programs::Taken {
    let mut all = intake.programs.all();
    all.find(|it| it.program.id() == "org.example.sightings/sighting")
        .unwrap()
}

pub(crate) fn values(host: &str) -> BTreeMap<String, Value> {
    BTreeMap::from([
        ("host".to_owned(), Value::Text(host.to_owned())),
        ("kind".to_owned(), Value::Text("scam".to_owned())),
        ("opened".to_owned(), Value::Boolean(true)),
    ])
}

/// The status and the state, or the code of the refusal.
pub(crate) fn said(response: &Response) -> (u16, String) {
    let body: serde_json::Value = serde_json::from_slice(&response.body).unwrap();
    let word = body["state"].as_str().or(body["error"].as_str());
    (response.status, word.unwrap().to_owned())
}

pub(crate) fn leaf_of(sent: &Sent) -> Hash {
    sent.report.leaf()
}

/// Every file below a folder, with its bytes.
pub(crate) fn every_file(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut found = Vec::new();
    let mut left = vec![folder.to_owned()];
    while let Some(path) = left.pop() {
        if path.is_dir() {
            left.extend(
                std::fs::read_dir(&path)
                    .unwrap()
                    .map(|it| it.unwrap().path()),
            );
        } else if path.is_file() {
            let bytes = std::fs::read(&path).unwrap();
            found.push((path, bytes));
        }
    }
    found
}

/// Whether some bytes stand in others.
pub(crate) fn holds(bytes: &[u8], what: &[u8]) -> bool {
    bytes.windows(what.len()).any(|it| it == what)
}
