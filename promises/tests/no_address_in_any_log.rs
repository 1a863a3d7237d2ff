//! Promise: no address of anybody who asks stands in anything the operator writes.

#![expect(clippy::unwrap_used, reason = "a test fails by it")]

use std::{
    fs,
    io::{Read, Write},
    net::{Ipv4Addr, SocketAddr, TcpStream},
    path::Path,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use candor_promises::collection::{Device, HARMFUL, Operator};
use serde_json::Value;
use socket2::{Domain, Socket, Type};
use wire::{
    Day, PublicKey,
    enrol::{self, InstallKey},
    log::{Event, Leaf},
    ohttp::{self, Method, Request},
    rand_core::OsRng,
};

/// An address of this machine that nothing else here has.
const CALLER: Ipv4Addr = Ipv4Addr::new(127, 77, 78, 79);

/// Sends bytes from [`CALLER`] and returns what comes back.
fn says(port: u16, bytes: &[u8]) -> Vec<u8> {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    socket.bind(&SocketAddr::from((CALLER, 0)).into()).unwrap();
    let to = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    socket.connect(&to.into()).unwrap();
    let mut stream = TcpStream::from(socket);
    stream
        .set_read_timeout(Some(Duration::from_secs(20)))
        .unwrap();
    // A server may close before it has read everything.
    let _ = stream.write_all(bytes);
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    answer
}

fn request(method: &str, path: &str, more: &str, body: &[u8]) -> Vec<u8> {
    let head = format!(
        "{method} {path} HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\n{more}content-length: {}\r\n\r\n",
        body.len()
    );
    [head.as_bytes(), body].concat()
}

/// Returns the body of an answer, which must be one of 200 or 204.
fn body(answer: &[u8]) -> Vec<u8> {
    let good = answer.starts_with(b"HTTP/1.1 200") || answer.starts_with(b"HTTP/1.1 204");
    assert!(good, "{}", String::from_utf8_lossy(answer));
    let end = answer.windows(4).position(|it| it == b"\r\n\r\n").unwrap();
    answer[end + 4..].to_vec()
}

/// Asks for the status through the relay, as a device does, and enrols with the issuer's key in it.
fn takes_part(operator: &Operator) {
    let port = operator.port();
    let keys = body(&says(port, &request("GET", "/v1/ohttp-keys", "", b"")));
    let status = Request {
        method: Method::Get,
        path: "/v1/status".to_owned(),
        body: Vec::new(),
    };
    let (sealed, waiting) = ohttp::seal(&keys, &status).unwrap();
    let kind = "content-type: message/ohttp-req\r\n";
    let relayed = request("POST", "/relay/intake", kind, &sealed);
    let status = waiting
        .open(&body(&says(operator.relay_port(), &relayed)))
        .unwrap();
    let issuer = issuer_of(&String::from_utf8(status.body).unwrap());
    let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let day = Day::of(since_1970.as_secs());
    let enrolment = enrol::request(&InstallKey::generate(&mut OsRng), &issuer, day, 20);
    let kind = "content-type: application/octet-stream\r\n";
    body(&says(port, &request("POST", "/v1/enrol", kind, &enrolment)));
}

/// The issuer's key, out of a status.
fn issuer_of(status: &str) -> PublicKey {
    let json: Value = serde_json::from_str(status.lines().nth(1).unwrap()).unwrap();
    let leaves = json["epochs"].as_array().unwrap();
    let issuer = leaves.iter().find_map(|it| {
        match Leaf::parse(it["leaf"].as_str().unwrap().as_bytes())
            .unwrap()
            .event
        {
            Event::EpochKeyPublished { issuer, .. } => Some(issuer),
            _ => None,
        }
    });
    issuer.unwrap()
}

/// Returns every file below a folder that names the address, in any of these forms.
fn naming(folder: &Path, forms: &[&[u8]]) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(naming(&path, forms));
            continue;
        }
        let bytes = fs::read(&path).unwrap_or_default();
        let names = |form: &&[u8]| bytes.windows(form.len()).any(|it| it == *form);
        if forms.iter().any(names) {
            found.push(path.display().to_string());
        }
    }
    found
}

#[test]
fn whoever_asks_well_or_badly_leaves_no_address() {
    let operator = Operator::start();
    let device = Device::that_met(HARMFUL, &operator);
    device.courier_until("withdrawable");
    takes_part(&operator);
    let forwarded = "x-forwarded-for: 127.77.78.79\r\nforwarded: for=127.77.78.79\r\n";
    let mut answers = Vec::new();
    for port in [operator.port(), operator.relay_port()] {
        for (method, path, body) in [
            ("GET", "/v1/ohttp-keys", &b""[..]),
            ("GET", "/transparency", b""),
            ("GET", "/metrics", b""),
            ("GET", "/no/such/path", b""),
            ("GET", "/admin", b""),
            ("POST", "/v1/gateway", &[0; 512]),
            ("POST", "/v1/gateway", &[0; 9000]),
            ("POST", "/v1/enrol", b"nonsense"),
            ("POST", "/v1/tokens", b"nonsense"),
            ("POST", "/relay/intake", &[1; 512]),
            ("POST", "/relay/nobody", &[1; 512]),
            ("BREW", "/v1/report", b""),
        ] {
            answers.push(says(port, &request(method, path, forwarded, body)));
        }
        answers.push(says(port, b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"));
        answers.push(says(port, b"GET / HTTP/9.9\r\n\r\n"));
    }
    let answered = answers
        .iter()
        .filter(|it| it.starts_with(b"HTTP/1.1 "))
        .count();
    assert!(
        answered >= 20,
        "{answered} of {} were answered",
        answers.len()
    );

    let text = CALLER.to_string();
    let octets = CALLER.octets();
    let hex: String = octets.iter().map(|byte| format!("{byte:02x}")).collect();
    let forms = [text.as_bytes(), &octets[..], hex.as_bytes()];
    assert_eq!(naming(operator.folder(), &forms), Vec::<String>::new());
    let told = [
        operator.admin(&["state"]).to_string().into_bytes(),
        says(operator.port(), &request("GET", "/metrics", "", b"")),
        says(operator.port(), &request("GET", "/transparency", "", b"")),
    ];
    for page in told {
        assert!(!page.windows(text.len()).any(|it| it == text.as_bytes()));
    }
    // The logs are there, and they do tell what happened.
    let log = fs::read_to_string(operator.folder().join("intake.toml.log")).unwrap();
    assert!(!log.is_empty());
}
