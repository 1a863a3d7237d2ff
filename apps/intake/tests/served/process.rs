//! The program itself under load: killed, stopped.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    time::{Duration, Instant},
};

use intake::{clock::Clock, config::Config, intake::Intake};
use tempfile::TempDir;
use wire::ohttp::Method;

use crate::device::{Device, Sent, ask, declaration, get, parsed, said, sighting};

pub(crate) const PROGRAM: &str = env!("CARGO_BIN_EXE_candor-intake");

/// A folder, and its settings as the program is given them.
pub(crate) struct Place {
    pub(crate) folder: TempDir,
}

impl Place {
    pub(crate) fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
        }
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.folder.path().join("server")
    }

    pub(crate) fn settings(&self, data: &Path) -> PathBuf {
        let path = self.folder.path().join("intake.toml");
        let text = format!(
            "folder = {:?}\nlisten = \"127.0.0.1:0\"\nroles = [\"receive\", \"randomness\", \"issuer\"]\n\
             declarations = [{:?}]\nlog_name = \"intake.example.org/log\"\n\
             [issuer]\nmatures_hours = 0\n[limits]\nfree_disk_mib = 1\n",
            data,
            declaration()
        );
        std::fs::write(&path, text).unwrap();
        path
    }

    /// Opens the folder in this process: only while no server has it.
    pub(crate) fn intake(&self) -> Intake {
        let mut config = Config {
            folder: self.data(),
            declarations: vec![declaration()],
            log_name: "intake.example.org/log".to_owned(),
            ..Config::default()
        };
        config.roles.push(intake::config::Role::Randomness);
        let intake = Intake::open(config, Clock::System).unwrap();
        intake.retire().unwrap();
        intake
    }
}

/// The program, serving, until it is dropped.
pub(crate) struct Running {
    pub(crate) child: Child,
    pub(crate) address: SocketAddr,
    took_ms: f64,
}

impl Running {
    pub(crate) fn start(settings: &Path) -> Self {
        Self::started(Command::new(PROGRAM), settings).expect("it starts")
    }

    /// Starts it by a command of one's own; `None` where it ends before it serves, and says why.
    pub(crate) fn started(mut command: Command, settings: &Path) -> Option<Self> {
        let mut child = command
            .args(["serve", "--config"])
            .arg(settings)
            .env_clear()
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        out.read_line(&mut line).unwrap();
        let Ok(said) = serde_json::from_str::<serde_json::Value>(&line) else {
            let mut why = String::new();
            let mut stderr = child.stderr.take().unwrap();
            stderr.read_to_string(&mut why).unwrap();
            println!("it did not start: {why}");
            assert!(!child.wait().unwrap().success());
            return None;
        };
        Some(Self {
            child,
            address: said["ready"].as_str().unwrap().parse().unwrap(),
            took_ms: said["took_ms"].as_f64().unwrap(),
        })
    }

    /// Ends the program that a tracer started, and with it the tracer.
    pub(crate) fn end_traced(&mut self) {
        let tracer = self.child.id();
        let traced = std::fs::read_to_string(format!("/proc/{tracer}/task/{tracer}/children"));
        let traced: i32 = traced.unwrap().trim().parse().unwrap();
        let traced = rustix::process::Pid::from_raw(traced).unwrap();
        rustix::process::kill_process(traced, rustix::process::Signal::KILL).unwrap();
        self.child.wait().unwrap();
    }

    pub(crate) fn keys(&self) -> Vec<u8> {
        get(self.address, "/v1/ohttp-keys").body
    }

    /// Hands a report in through the gateway, sealed with these keys of it; returns the status and the code.
    pub(crate) fn hand_in(&self, sent: &Sent, keys: &[u8]) -> (u16, String) {
        let bytes = sent.report.to_bytes();
        let post = Method::Post;
        said(&ask(
            self.address,
            "/v1/gateway",
            keys,
            post,
            "/v1/report",
            &bytes,
        ))
    }

    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    pub(crate) fn terminate(mut self) -> (Output, Duration) {
        let began = Instant::now();
        let pid = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
        let status = self.child.wait().unwrap();
        let took = began.elapsed();
        let mut stderr = Vec::new();
        self.child
            .stderr
            .take()
            .unwrap()
            .read_to_end(&mut stderr)
            .unwrap();
        let output = Output {
            status,
            stdout: Vec::new(),
            stderr,
        };
        (output, took)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// Reports made beforehand, so that the load is the server's alone.
pub(crate) fn prepared(place: &Place, many: u64) -> Vec<Sent> {
    let intake = place.intake();
    let epoch = sighting(&intake).calendar.epoch_of(intake.clock.now());
    (0..many)
        .map(|number| Device::new(number).report_of(&intake, epoch, "load.example"))
        .collect()
}

/// Sends until the server is gone. Returns which were acknowledged.
pub(crate) fn send_until_gone(address: SocketAddr, keys: &[u8], sent: &[Sent]) -> Vec<usize> {
    let mut acknowledged = Vec::new();
    for (number, it) in sent.iter().enumerate() {
        let request = wire::ohttp::Request {
            method: Method::Post,
            path: "/v1/report".to_owned(),
            body: it.report.to_bytes(),
        };
        let (sealed, waiting) = wire::ohttp::seal(keys, &request).unwrap();
        let head = "POST /v1/gateway HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-type: message/ohttp-req\r\ncontent-length: 512\r\n\r\n";
        let Ok(mut stream) = TcpStream::connect(address) else {
            break;
        };
        stream
            .set_read_timeout(Some(Duration::from_secs(10)))
            .unwrap();
        let mut answer = Vec::new();
        drop(stream.write_all(&[head.as_bytes(), &sealed].concat()));
        drop(stream.read_to_end(&mut answer));
        let answer = parsed(&answer);
        if answer.status == 200 && waiting.open(&answer.body).is_ok_and(|it| it.status == 200) {
            acknowledged.push(number);
        }
    }
    acknowledged
}

pub(crate) fn each_once(place: &Place, sent: &[Sent], acknowledged: &[usize]) {
    let intake = place.intake();
    let mut there = std::collections::BTreeMap::new();
    let partitions = intake.store.partitions().unwrap();
    let epochs: std::collections::BTreeSet<(u16, u32)> =
        partitions.iter().map(|it| (it.program, it.epoch)).collect();
    for (program, epoch) in epochs {
        let mut tags = Vec::new();
        let mut tell = |tag, _| tags.push(tag);
        intake.store.tags(program, epoch, 1, &mut tell).unwrap();
        for tag in tags {
            let mut tell = |row: intake::store::Row| {
                *there.entry(row.nonce).or_insert(0) += 1;
            };
            intake
                .store
                .shares(program, epoch, &tag, &mut tell)
                .unwrap();
        }
    }
    assert!(there.values().all(|number| *number == 1), "each once");
    for number in acknowledged {
        let nonce = sent[*number].report.nonce().as_bytes();
        assert!(
            there.contains_key(nonce),
            "report {number} was acknowledged and is gone"
        );
    }
}

#[test]
fn attack_15_what_was_acknowledged_survives_kill_9_under_load() {
    // All 200 with CANDOR_KILLS=200; a few in every run.
    let kills = std::env::var("CANDOR_KILLS")
        .ok()
        .and_then(|it| it.parse().ok());
    let kills: u64 = kills.unwrap_or(6);
    let place = Place::new();
    // New ones for each run, so that each is killed while it writes.
    let sent = prepared(&place, 40 * kills);
    let settings = place.settings(&place.data());
    let mut all = std::collections::BTreeSet::new();
    for (kill, fresh) in (0..kills).zip(sent.chunks(40)) {
        let server = Running::start(&settings);
        let (address, keys) = (server.address, server.keys());
        let loads: Vec<_> = fresh
            .chunks(10)
            .zip((0..).step_by(10))
            .map(|(part, before)| {
                let (keys, part) = (keys.clone(), part.to_vec());
                let before = kill as usize * 40 + before;
                std::thread::spawn(move || {
                    let acknowledged = send_until_gone(address, &keys, &part);
                    let numbers = acknowledged.into_iter().map(|it| it + before);
                    numbers.collect::<Vec<_>>()
                })
            })
            .collect();
        // Another moment each time: the counter of stored reports says when.
        let enough = kill * 7 % 38 + 1;
        let stored = || {
            let metrics = get(address, "/metrics").text();
            let count = |name: &str| -> u64 {
                let line = metrics.lines().find_map(|it| it.strip_prefix(name));
                line.and_then(|it| it.trim().parse().ok()).unwrap_or(0)
            };
            count("candor_intake_reports_stored_total ")
                + count("candor_intake_reports_duplicate_total ")
        };
        let began = Instant::now();
        while stored() < enough && began.elapsed() < Duration::from_secs(20) {}
        server.kill();
        for load in loads {
            all.extend(load.join().unwrap());
        }
        let acknowledged: Vec<usize> = all.iter().copied().collect();
        each_once(&place, &sent, &acknowledged);
    }
    println!(
        "{kills} kills, {} of {} reports acknowledged, each present once",
        all.len(),
        sent.len()
    );
}

#[test]
fn a_stop_under_load_takes_five_seconds_at_most_and_loses_nothing() {
    let place = Place::new();
    let sent = prepared(&place, 30);
    let server = Running::start(&place.settings(&place.data()));
    let (address, keys) = (server.address, server.keys());
    println!(
        "ready {:.0} ms after the start, from a folder with keys",
        server.took_ms
    );
    let load = {
        let sent = sent.clone();
        std::thread::spawn(move || send_until_gone(address, &keys, &sent))
    };
    let began = Instant::now();
    while !get(address, "/metrics")
        .text()
        .contains("reports_stored_total 1")
    {
        assert!(began.elapsed() < Duration::from_secs(20), "nothing came");
    }
    // A connection that has only begun does not hold it up.
    let mut begun = TcpStream::connect(address).unwrap();
    begun
        .write_all(b"POST /v1/gateway HTTP/1.1\r\nhost: x\r\ncontent-length: 512\r\n\r\n")
        .unwrap();
    let (output, took) = server.terminate();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(took <= Duration::from_secs(5), "{took:?}");
    let acknowledged = load.join().unwrap();
    println!(
        "stopped after {took:?}, {} acknowledged",
        acknowledged.len()
    );
    each_once(&place, &sent, &acknowledged);
}

#[test]
fn it_is_ready_soon_from_an_empty_folder() {
    let place = Place::new();
    let server = Running::start(&place.settings(&place.data()));
    println!(
        "ready {:.0} ms after the start, from an empty folder (this build)",
        server.took_ms
    );
    assert_eq!(get(server.address, "/readyz").status, 200);
}
