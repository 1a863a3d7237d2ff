//! A whole operator on one port of this machine: relay, gateway, randomness, issuer, log. It can lie.

#[path = "public.rs"]
mod public;

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    sync::{Arc, Mutex},
};

use declare::{Declaration, Operator};
use wire::{
    Epoch, Program, Report, enrol,
    note::Signer,
    ohttp::{GatewayKey, Method, Request, Response},
    rand_core::OsRng,
    randomness::{self, EpochKey},
    token::{self, IssuerKey},
    withdraw::Withdrawal,
};

const HISTORY: &str = include_str!("../../../../tools/history/declaration.toml");
const LOG: &str = "operator.test/log";
const STATUS: &str = "operator.test/log/status";

/// What the operator does wrong, or what happens to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Habit {
    /// Nothing.
    Honest,
    /// It answers randomness with another key than the one in its log.
    OtherRandomnessKey,
    /// It publishes one epoch key in the log and names another in the status.
    KeyNotInLog,
    /// Its log loses entries that it once had.
    LogShrinks,
    /// Its log tells another story than before.
    LogForks,
    /// It signs its status with another key.
    StatusOfAnother,
    /// It shows a status that is over.
    OldStatus,
    /// It shows a status that holds, and was signed before one that it showed already.
    EarlierStatus,
    /// It gives out another gateway key than its status names.
    OtherGatewayKey,
    /// It has another gateway key than before, published like the first, which is destroyed.
    NextGatewayKey,
    /// Its randomness server has another gateway key than before, and its status still names both.
    NextRandomnessGateway,
    /// It gives out another key for the randomness server than its status names.
    OtherRandomnessGateway,
    /// It says that the epoch of every report is over.
    EpochOver,
    /// It does not know any installation.
    NobodyEnrolled,
    /// It wants sixteen times the work that an enrolment shows at first.
    MoreWork,
    /// It issues tokens with another key than the one in its log.
    OtherIssuerKey,
    /// It has closed this version.
    VersionClosed,
    /// It has closed this program, for every version.
    ProgramClosed,
    /// It has closed everything, and lists no program any more.
    AllClosed,
    /// It answers every report with 410.
    ReportsGone,
    /// It answers every report with a refusal.
    ReportsRefused,
    /// It is overloaded.
    Busy,
    /// It takes a report, and the answer is lost.
    AnswerLost,
    /// It answers a megabyte.
    Flood,
}

/// What came in.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    /// Sealed messages, as the relay had them, with what was in them.
    pub(crate) messages: Vec<(Vec<u8>, Request)>,
    /// Reports that were taken.
    pub(crate) reports: Vec<Report>,
    /// Withdrawals that opened the commitment of a report.
    pub(crate) withdrawn: usize,
    /// Paths that were asked for directly, so that the address was seen.
    pub(crate) direct: Vec<String>,
    /// How many batches of tokens were issued.
    pub(crate) issued: usize,
    /// Header names of every request, in lower case.
    pub(crate) headers: Vec<String>,
}

/// A running operator.
pub(crate) struct Running {
    port: u16,
    habit: Arc<Mutex<Habit>>,
    now: Arc<Mutex<u64>>,
    seen: Arc<Mutex<Seen>>,
    keys: Arc<Keys>,
}

struct Keys {
    log: Signer,
    status: Signer,
    gateway: GatewayKey,
    issuer: IssuerKey,
    seed: [u8; 32],
    text: String,
    program: Program,
}

impl Running {
    /// Starts one. It ends with the test program.
    pub(crate) fn start(now: u64) -> Self {
        Self::with_keys(now, 0)
    }

    /// Starts one with other keys than the first.
    pub(crate) fn another(now: u64) -> Self {
        Self::with_keys(now, 100)
    }

    fn with_keys(now: u64, more: u8) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let log = Signer::new(LOG, &[1 + more; 32]).unwrap();
        let status = Signer::new(STATUS, &[2 + more; 32]).unwrap();
        let text = operator_file(port, &log, &status);
        let operator = Operator::parse(&text).unwrap();
        let declaration = Declaration::parse(HISTORY).unwrap().operated_by(&operator);
        let program = Program::of(&declaration, "threat-sighting").unwrap();
        let keys = Arc::new(Keys {
            log,
            status,
            gateway: GatewayKey::of(1, &[3 + more; 32]).unwrap(),
            issuer: IssuerKey::of(&[4 + more; 32]),
            seed: [5 + more; 32],
            text,
            program,
        });
        let running = Self {
            port,
            habit: Arc::new(Mutex::new(Habit::Honest)),
            now: Arc::new(Mutex::new(now)),
            seen: Arc::default(),
            keys,
        };
        let server = Server {
            started: now,
            habit: Arc::clone(&running.habit),
            now: Arc::clone(&running.now),
            seen: Arc::clone(&running.seen),
            keys: Arc::clone(&running.keys),
        };
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                server.answer(stream);
            }
        });
        running
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// The operator's file, as a person puts it into the config folder.
    pub(crate) fn file(&self) -> &str {
        &self.keys.text
    }

    pub(crate) fn declaration(&self) -> Declaration {
        let operator = Operator::parse(&self.keys.text).unwrap();
        Declaration::parse(HISTORY).unwrap().operated_by(&operator)
    }

    pub(crate) fn takes_to(&self, habit: Habit) {
        *self.habit.lock().unwrap() = habit;
    }

    pub(crate) fn lives_at(&self, now: u64) {
        *self.now.lock().unwrap() = now;
    }

    pub(crate) fn seen<T>(&self, look: impl FnOnce(&Seen) -> T) -> T {
        look(&self.seen.lock().unwrap())
    }

    pub(crate) fn redeems(&self, report: &Report) -> bool {
        self.keys.issuer.redeem(&self.keys.program, report).is_ok()
    }
}

fn operator_file(port: u16, log: &Signer, status: &Signer) -> String {
    let here = format!("http://127.0.0.1:{port}");
    format!(
        "schema = \"candor-operator/1\"\nstorage_location = \"DE\"\ngateway = \"{here}\"\nissuer = \"{here}\"\n\n\
         [controller]\nname = \"Example e.V.\"\naddress = \"Musterweg 1, Berlin\"\ncontact = \"privacy@example.org\"\n\
         url = \"https://example.org/privacy\"\njurisdiction = \"EU\"\n\n\
         [relay]\nrun_by = \"Relay Ltd\"\nto_gateway = \"{here}/relay/intake\"\nto_randomness = \"{here}/relay/randomness\"\n\n\
         [randomness]\nrun_by = \"Random Oy\"\naddress = \"{here}/random\"\n\n\
         [keys]\nlog = \"{}\"\nstatus = \"{}\"\n",
        log.verifier(),
        status.verifier().key(),
    )
}

/// The key of the gateway that follows. The log publishes it from the beginning.
fn next_gateway() -> GatewayKey {
    GatewayKey::of(2, &[35; 32]).unwrap()
}

struct Server {
    started: u64,
    habit: Arc<Mutex<Habit>>,
    now: Arc<Mutex<u64>>,
    seen: Arc<Mutex<Seen>>,
    keys: Arc<Keys>,
}

impl Server {
    fn answer(&self, stream: TcpStream) {
        let Some((path, headers, body)) = read(&stream) else {
            return;
        };
        {
            let mut seen = self.seen.lock().unwrap();
            seen.headers.extend(headers);
            if !path.starts_with("/relay/") {
                seen.direct.push(path.clone());
            }
        }
        let habit = *self.habit.lock().unwrap();
        let answer = match path.as_str() {
            "/random/v1/ohttp-keys" if habit == Habit::OtherRandomnessGateway => {
                Some(GatewayKey::of(1, &[34; 32]).unwrap().keys().to_vec())
            }
            "/random/v1/ohttp-keys" => Some(self.randomness_gateway(habit).keys().to_vec()),
            "/v1/ohttp-keys" => Some(self.gateway(habit).keys().to_vec()),
            "/relay/intake" => self.relayed(&self.gateway(habit), habit, &body),
            "/relay/randomness" => self.relayed(&self.randomness_gateway(habit), habit, &body),
            "/v1/enrol" if habit == Habit::MoreWork => match self.enrolled(24, &body) {
                Some(body) => Some(body),
                None => return refuse(stream, "enrolment-work"),
            },
            "/v1/enrol" => self.enrolled(20, &body),
            "/v1/tokens" if habit == Habit::NobodyEnrolled => {
                return refuse(stream, "not-enrolled");
            }
            "/v1/tokens" => self.issued(habit, &body),
            _ => None,
        };
        let (status, body) = match (habit, answer) {
            (Habit::Flood, _) => (200, vec![0; 1 << 20]),
            (_, Some(body)) => (200, body),
            (_, None) => (400, b"{\"error\":\"no-such-thing\"}".to_vec()),
        };
        let head = format!(
            "HTTP/1.1 {status} x\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
            body.len()
        );
        let mut stream = stream;
        let lost = habit == Habit::AnswerLost && self.seen.lock().unwrap().reports.len() == 1;
        if !lost {
            // A client that went away is its own affair.
            let _ = stream.write_all(head.as_bytes());
            let _ = stream.write_all(&body);
        }
    }

    /// The key that opens what comes to the intake.
    fn gateway(&self, habit: Habit) -> GatewayKey {
        match habit {
            Habit::OtherGatewayKey => GatewayKey::of(1, &[33; 32]).unwrap(),
            Habit::NextGatewayKey => next_gateway(),
            _ => self.keys.gateway.clone(),
        }
    }

    /// The key that opens what comes to the randomness server.
    fn randomness_gateway(&self, habit: Habit) -> GatewayKey {
        match habit {
            Habit::NextGatewayKey | Habit::NextRandomnessGateway => next_gateway(),
            _ => self.keys.gateway.clone(),
        }
    }

    fn relayed(&self, gateway: &GatewayKey, habit: Habit, sealed: &[u8]) -> Option<Vec<u8>> {
        let (request, reply) = gateway.open(sealed).ok()?;
        let response = self.inner(habit, &request);
        let mut seen = self.seen.lock().unwrap();
        seen.messages.push((sealed.to_vec(), request));
        drop(seen);
        reply.seal(&response).ok()
    }

    fn inner(&self, habit: Habit, request: &Request) -> Response {
        let path = request.path.as_str();
        let answer = match (request.method, path) {
            (Method::Get, "/v1/status") => Ok(self.status(habit).into_bytes()),
            (Method::Get, path) if path.starts_with("/v1/consistency/") => {
                self.consistency(habit, path)
            }
            (Method::Post, "/v1/randomness") => self.randomness(habit, &request.body),
            (Method::Post, "/v1/report") => self.report(habit, &request.body),
            (Method::Post, "/v1/withdraw") => self.withdrawal(&request.body),
            _ => Err((404, "no-such-route")),
        };
        match answer {
            Ok(body) => Response {
                status: 200,
                content_type: None,
                body,
            },
            Err((status, code)) => Response {
                status,
                content_type: None,
                body: format!("{{\"error\":\"{code}\"}}").into_bytes(),
            },
        }
    }

    fn epoch_key(&self, epoch: Epoch) -> EpochKey {
        EpochKey::of(&self.keys.seed, self.keys.program.hash(), epoch)
    }

    fn randomness(&self, habit: Habit, body: &[u8]) -> Answer {
        let request = randomness::Request::parse(body).map_err(|error| (400, error.code()))?;
        let key = match habit {
            Habit::OtherRandomnessKey => {
                EpochKey::of(&[55; 32], self.keys.program.hash(), request.epoch())
            }
            _ => self.epoch_key(request.epoch()),
        };
        Ok(key.answer(&request, &mut OsRng))
    }

    fn report(&self, habit: Habit, body: &[u8]) -> Answer {
        match habit {
            Habit::ReportsGone => return Err((410, "version-disabled")),
            Habit::ReportsRefused => return Err((422, "wrong-lane")),
            Habit::EpochOver => return Err((422, "epoch-closed")),
            Habit::Busy => return Err((503, "overloaded")),
            _ => {}
        }
        let report = Report::parse(body).map_err(|error| (400, error.code()))?;
        self.seen.lock().unwrap().reports.push(report);
        Ok(b"{\"stored\":true}".to_vec())
    }

    fn withdrawal(&self, body: &[u8]) -> Answer {
        let withdrawal = Withdrawal::parse(body).map_err(|error| (400, error.code()))?;
        let mut seen = self.seen.lock().unwrap();
        let opens = seen
            .reports
            .iter()
            .any(|report| withdrawal.secret.opens(report.commitment()));
        seen.withdrawn += usize::from(opens);
        Ok(b"{}".to_vec())
    }

    fn enrolled(&self, work: u8, body: &[u8]) -> Option<Vec<u8>> {
        let today = wire::Day::of(*self.now.lock().unwrap());
        let request = enrol::Request::parse(body).ok()?;
        request
            .check(&self.keys.issuer.public(), today, work)
            .ok()?;
        Some(Vec::new())
    }

    fn issued(&self, habit: Habit, body: &[u8]) -> Option<Vec<u8>> {
        let request = token::Request::parse(body).ok()?;
        let other = IssuerKey::of(&[44; 32]);
        let key = match habit {
            Habit::OtherIssuerKey => &other,
            _ => &self.keys.issuer,
        };
        self.seen.lock().unwrap().issued += 1;
        key.issue(&self.keys.program, &request, &mut OsRng).ok()
    }
}

/// Answers 403 with a code.
fn refuse(mut stream: TcpStream, code: &str) {
    let body = format!("{{\"error\":\"{code}\"}}");
    let length = body.len();
    let head = format!("HTTP/1.1 403 x\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n");
    // A client that went away is its own affair.
    let _ = stream.write_all(head.as_bytes());
    let _ = stream.write_all(body.as_bytes());
}

type Answer = Result<Vec<u8>, (u16, &'static str)>;

/// Reads one request: path, names of headers, body.
fn read(stream: &TcpStream) -> Option<(String, Vec<String>, Vec<u8>)> {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    let path = line.split(' ').nth(1)?.to_owned();
    let (mut headers, mut length) = (Vec::new(), 0_usize);
    loop {
        line.clear();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim_end().split_once(':') else {
            break;
        };
        let name = name.to_ascii_lowercase();
        if name == "content-length" {
            length = value.trim().parse().ok()?;
        }
        headers.push(name);
    }
    let mut body = vec![0; length.min(1 << 16)];
    reader.read_exact(&mut body).ok()?;
    Some((path, headers, body))
}
