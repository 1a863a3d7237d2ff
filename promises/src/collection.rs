//! A whole collection on this machine: an operator, a relay, and the machines of people who agree or do not.
//!
//! Everything is the real program, over loopback, each with a home folder of its own. Time is the real time;
//! couriers are told not to wait between their steps.

use std::{
    fs,
    io::{BufRead, BufReader},
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    time::{SystemTime, UNIX_EPOCH},
};

use serde_json::Value;

mod recorder;

pub use recorder::Passed;
use recorder::Recorder;

use crate::{candor, courier, intake, workspace};

/// The record about harmful hosts.
pub const SIGHTING: &str = "threat-sighting";

/// A harmful host of the list that Candor is shipped with (a support scam).
pub const HARMFUL: &str = "helptechsupportnumber.com";

/// An operator: one process that takes reports, answers for randomness and issues tokens, and a relay of
/// another folder. Both end with this value. Before each stands somebody who writes down what comes.
#[derive(Debug)]
pub struct Operator {
    folder: tempfile::TempDir,
    port: u16,
    relay_port: u16,
    intake: Option<Server>,
    relay: Option<Server>,
    /// Before the relay.
    recorder: Recorder,
    /// Before the process that takes reports, where devices ask it directly.
    direct: Recorder,
}

/// A server process.
#[derive(Debug)]
struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Operator {
    /// Makes keys, writes the operator's file and starts both processes.
    ///
    /// # Panics
    /// When they do not start.
    #[must_use]
    pub fn start() -> Self {
        let folder = tempfile::tempdir().expect("temporary files can be made");
        let (port, relay_port) = (free_port(), free_port());
        let recorder = Recorder::before(relay_port);
        let direct = Recorder::before(port);
        let mut operator = Self {
            folder,
            port,
            relay_port,
            intake: None,
            relay: None,
            recorder,
            direct,
        };
        let here = operator.folder.path();
        let keys = intake_says(here, &["--folder", "intake", "keys"]);
        let keys: Value = serde_json::from_str(&keys).expect("keys are told as JSON");
        let gateway = format!("http://127.0.0.1:{port}");
        let text = |name: &str| keys[name].as_str().expect("every key is told").to_owned();
        let file = operator_file(
            operator.direct.port(),
            operator.recorder.port(),
            &text("log"),
            Some(&text("status")),
        );
        fs::write(here.join("operator.toml"), file).expect("the folder is ours");
        let history = workspace().join("tools/history/declaration.toml");
        let suite = workspace().join("apps/candor/declaration.toml");
        let settings = format!(
            "folder = \"intake\"\nroles = [\"receive\", \"randomness\", \"issuer\"]\n\
             listen = \"127.0.0.1:{port}\"\ndeclarations = [{history:?}, {suite:?}]\n\
             operator = \"operator.toml\"\n\n[issuer]\nper_network = 1000\nmatures_hours = 0\nwork_bits = 20\n"
        );
        fs::write(here.join("intake.toml"), settings).expect("the folder is ours");
        let relay_settings = format!(
            "folder = \"relay\"\nroles = [\"relay\"]\nlisten = \"127.0.0.1:{relay_port}\"\n\n\
             [relay.intake]\nurl = \"{gateway}/v1/gateway\"\n"
        );
        fs::write(here.join("relay.toml"), relay_settings).expect("the folder is ours");
        operator.relay = Some(operator.served("relay.toml"));
        operator.intake = Some(operator.served("intake.toml"));
        operator
    }

    /// Returns the operator's file, as a person puts it into the config folder.
    ///
    /// # Panics
    /// When it cannot be read.
    #[must_use]
    pub fn file(&self) -> String {
        fs::read_to_string(self.folder.path().join("operator.toml")).expect("it was written")
    }

    /// Returns the port of the process that takes reports.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Returns the port of the relay itself, behind whoever writes down what comes.
    #[must_use]
    pub fn relay_port(&self) -> u16 {
        self.relay_port
    }

    /// Returns the body of every request that came to the relay, in order.
    #[must_use]
    pub fn at_relay(&self) -> Vec<Vec<u8>> {
        let passed = self.recorder.passed().into_iter();
        passed.map(|it| it.body).collect()
    }

    /// Returns every request that devices made of the process that takes reports itself, with their address.
    #[must_use]
    pub fn asked_directly(&self) -> Vec<Passed> {
        self.direct.passed()
    }

    /// Returns everything that both processes wrote: files, logs, databases.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Lets an administrator ask or act: `["reveal"]`.
    ///
    /// # Panics
    /// When the answer is no JSON.
    #[must_use]
    pub fn admin(&self, act: &[&str]) -> Value {
        let mut arguments = vec!["--config", "intake.toml", "admin"];
        arguments.extend(act);
        let said = intake_says(self.folder.path(), &arguments);
        serde_json::from_str(&said).unwrap_or_else(|error| panic!("{error}: {said}"))
    }

    /// Ends the process that takes reports, as a person does who presses a key, and starts it again.
    ///
    /// # Panics
    /// When it does not start.
    pub fn restart(&mut self) {
        self.intake = None;
        self.intake = Some(self.served("intake.toml"));
    }

    fn served(&self, settings: &str) -> Server {
        let log = fs::File::create(self.folder.path().join(format!("{settings}.log")))
            .expect("the folder is ours");
        let mut child = Command::new(intake())
            .args(["--config", settings, "serve"])
            .current_dir(self.folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .expect("it was built");
        let stdout = child.stdout.take().expect("it is piped");
        let server = Server(child);
        let mut line = String::new();
        let read = BufReader::new(stdout).read_line(&mut line);
        let said = fs::read_to_string(self.folder.path().join(format!("{settings}.log")));
        assert!(
            read.is_ok() && line.contains("\"ready\""),
            "{settings} does not serve: {line}{}",
            said.unwrap_or_default()
        );
        server
    }
}

/// The machine of one person.
#[derive(Debug)]
pub struct Device {
    home: PathBuf,
    _folder: Option<tempfile::TempDir>,
}

impl Device {
    /// A new machine with this operator named on it. Nobody was asked anything yet.
    ///
    /// # Panics
    /// When its files cannot be made.
    #[must_use]
    pub fn of(operator: &Operator) -> Self {
        let folder = tempfile::tempdir().expect("temporary files can be made");
        let home = folder.path().canonicalize().expect("it was just made");
        Self {
            _folder: Some(folder),
            ..Self::at(&home, operator)
        }
    }

    /// A machine whose owner agreed to report, whose browser met this host an hour ago, whose check found it,
    /// and who was shown the record that waits.
    ///
    /// # Panics
    /// When there is no such record.
    #[must_use]
    pub fn that_met(host: &str, operator: &Operator) -> Self {
        let device = Self::of(operator);
        let hour_ago = now().saturating_sub(3600);
        fixture::visited(
            &device.home,
            &[&format!("https://{host}/you-won")],
            hour_ago,
        );
        device.agrees_and_checks();
        device
    }

    /// The machine whose home folder this is, with this operator named on it.
    ///
    /// # Panics
    /// When its files cannot be made.
    #[must_use]
    pub fn at(home: &Path, operator: &Operator) -> Self {
        let config = home.join(".config/candor");
        fs::create_dir_all(&config).expect("the home is ours");
        fs::write(config.join("operator.toml"), operator.file()).expect("the home is ours");
        Self {
            home: home.to_owned(),
            _folder: None,
        }
    }

    /// Has the person agree to report, check, and look at the one record that then waits.
    ///
    /// # Panics
    /// When there is no such record.
    pub fn agrees_and_checks(&self) {
        self.agrees_to(SIGHTING);
        let checked = self.candor(&["history"]);
        assert_eq!(
            checked.status.code(),
            Some(1),
            "{}",
            String::from_utf8_lossy(&checked.stderr)
        );
        self.looks_at_the_outbox();
        assert_eq!(self.records().len(), 1, "{:#?}", self.records());
    }

    /// Returns the home folder.
    #[must_use]
    pub fn home(&self) -> &Path {
        &self.home
    }

    /// Runs `candor` and returns what came of it.
    ///
    /// # Panics
    /// When it cannot be started.
    #[must_use]
    pub fn candor(&self, arguments: &[&str]) -> Output {
        self.command(&candor())
            .args(arguments)
            .output()
            .expect("it was built")
    }

    /// Runs `candor` with `--json` and returns what it says.
    ///
    /// # Panics
    /// When that is no JSON.
    #[must_use]
    pub fn says(&self, arguments: &[&str]) -> Value {
        let output = self.candor(&[arguments, &["--json"]].concat());
        serde_json::from_slice(&output.stdout).unwrap_or_else(|error| {
            panic!(
                "{arguments:?}: {error}\n{}\n{}",
                String::from_utf8_lossy(&output.stdout),
                String::from_utf8_lossy(&output.stderr)
            )
        })
    }

    /// Has the person agree, in explicit words, to one record.
    ///
    /// # Panics
    /// When it is refused.
    pub fn agrees_to(&self, record: &str) {
        let output = self.candor(&["consent", "give", record]);
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
    }

    /// Returns the records of the outbox.
    ///
    /// # Panics
    /// When the outbox cannot be told.
    #[must_use]
    pub fn records(&self) -> Vec<Value> {
        let told = self.says(&["outbox", "list"]);
        told["records"].as_array().expect("a list").clone()
    }

    /// Shows every record to the person.
    pub fn looks_at_the_outbox(&self) {
        for record in self.records() {
            let _ = self.says(&["outbox", "show", &record["id"].to_string()]);
        }
    }

    /// Runs the courier once, without waiting between steps, and returns what it did.
    ///
    /// # Panics
    /// When that is no JSON.
    #[must_use]
    pub fn courier(&self) -> Value {
        let output = self
            .command(&courier())
            .args(["send", "--json", "--at-once"])
            .output()
            .expect("it was built");
        serde_json::from_slice(&output.stdout)
            .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&output.stderr)))
    }

    /// Runs the courier until a record of the outbox has come to this state, and returns how often.
    ///
    /// # Panics
    /// When it does not within eight rounds.
    pub fn courier_until(&self, state: &str) -> usize {
        let mut said = Vec::new();
        for _ in 0..8 {
            said.push(self.courier());
            if self.records().iter().any(|it| it["state"] == state) {
                return said.len();
            }
        }
        panic!("no record is {state}: {:?}, {said:#?}", self.records());
    }

    /// Prepares a program to run on this machine, with nothing of this process's environment.
    #[must_use]
    pub fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        command
            .env_clear()
            .env("HOME", &self.home)
            .env("PATH", "/usr/bin:/bin")
            .env("LANG", "C.UTF-8")
            .current_dir(&self.home)
            .stdin(Stdio::null());
        command
    }
}

/// Returns an operator's file: a server and a relay on two ports of this machine. `log` is the verifier key of
/// its log, `status` the key of its status; without one, keys stand there that nothing is signed with.
#[must_use]
pub fn operator_file(port: u16, relay: u16, log: &str, status: Option<&str>) -> String {
    let gateway = format!("http://127.0.0.1:{port}");
    let relay = format!("http://127.0.0.1:{relay}/relay/intake");
    let (log, status) = match status {
        Some(status) => (log.to_owned(), status.to_owned()),
        None => (
            format!("{log}+0123abcd+AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyAh"),
            "0a".repeat(32),
        ),
    };
    format!(
        "schema = \"candor-operator/1\"\nstorage_location = \"DE\"\ngateway = \"{gateway}\"\n\
         issuer = \"{gateway}\"\n\n[controller]\nname = \"Example e.V.\"\naddress = \"Musterweg 1, Berlin\"\n\
         contact = \"privacy@example.org\"\nurl = \"https://example.org/privacy\"\njurisdiction = \"EU\"\n\n\
         [relay]\nrun_by = \"Relay Ltd\"\nto_gateway = \"{relay}\"\nto_randomness = \"{relay}\"\n\n\
         [randomness]\nrun_by = \"Example e.V.\"\naddress = \"{gateway}\"\n\n\
         [keys]\nlog = \"{log}\"\nstatus = \"{status}\"\n"
    )
}

/// Runs the server's program once and returns what it prints.
fn intake_says(folder: &Path, arguments: &[&str]) -> String {
    let output = Command::new(intake())
        .args(arguments)
        .current_dir(folder)
        .stdin(Stdio::null())
        .output()
        .expect("it was built");
    assert!(
        output.status.code().is_some_and(|code| code < 2),
        "{arguments:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// Seconds since 1970, by the clock of this machine.
fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |it| it.as_secs().cast_signed())
}

/// A port of this machine that nobody listened on a moment ago.
fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("loopback is there");
    listener.local_addr().expect("it was bound").port()
}
