//! A machine that speaks the protocol well, and lies: its share lies on no polynomial.

use std::{
    io::{Read, Write},
    net::TcpStream,
    time::{SystemTime, UNIX_EPOCH},
};

use candor_promises::{
    collection::{Operator, SIGHTING},
    workspace,
};
use declare::{Declaration, Operator as OperatorFile};
use hmac::{Hmac, Mac};
use sha2::Sha256;
use wire::{
    Day, Program, Value, Version,
    enrol::{self, InstallKey},
    log::{Event, Leaf},
    ohttp::{self, Method, Request},
    rand_core::OsRng,
    randomness,
    share::Prepared,
    token, withdraw,
};

/// Where the mac of a report stands, and its share: `docs/protocol.md`.
const MAC: std::ops::Range<usize> = 42..58;
const SHARE: std::ops::Range<usize> = 90..122;

/// Sends one report about a host whose share is a number of its own making, under a token that is good.
pub(crate) fn sends_a_share_that_lies(operator: &Operator, host: &str) {
    let port = operator.port();
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap()
        .as_secs();
    let text = std::fs::read_to_string(workspace().join("tools/history/declaration.toml")).unwrap();
    let file = OperatorFile::parse(&operator.file()).unwrap();
    let declaration = Declaration::parse(&text).unwrap().operated_by(&file);
    let program = Program::of(&declaration, SIGHTING).unwrap();
    let epoch = program.epoch_of(now);
    let (randomness_key, issuer_key) = published(operator, &program, epoch);

    let install = InstallKey::generate(&mut OsRng);
    let enrolment = enrol::request(&install, &issuer_key, Day::of(now), 20);
    post(port, "/v1/enrol", &enrolment);
    let asked = token::ask(&program, epoch, &install, &mut OsRng);
    let answer = post(port, "/v1/tokens", asked.request());
    let tokens = asked.finish(&issuer_key, &answer).unwrap();

    let send = declaration
        .sends()
        .iter()
        .find(|it| it.id == SIGHTING)
        .unwrap();
    let values = send
        .fields
        .iter()
        .map(|field| {
            let word = field
                .choices
                .as_ref()
                .map_or(host, |choices| choices[0].as_str());
            (field.name.clone(), Value::Text(word.to_owned()))
        })
        .collect();
    let record = program.encode(&values).unwrap();
    let (asked, body) = randomness::ask(&program, epoch, &[&record], &mut OsRng).unwrap();
    let answer = sealed(port, "/v1/randomness", body);
    let randomness = asked.finish(&randomness_key, &answer).unwrap().remove(0);
    let prepared = Prepared::of(&program, epoch, &record, &randomness).unwrap();
    let lane = prepared.lane();
    let token = tokens.into_iter().find(|it| it.lane() == lane).unwrap();
    let stored = token.to_bytes();
    // What only this machine and the issuer know ends the token's stored form.
    let output = stored[stored.len() - 64..].to_vec();
    let secret = withdraw::Secret::derive(&[9; 32], program.hash(), epoch, token.nonce());
    let version = Version { major: 0, minor: 1 };
    let mut report = prepared.report(version, token, &secret).unwrap().to_bytes();

    report[SHARE].copy_from_slice(&[1; 32]);
    report[SHARE.end - 1] = 0;
    report[MAC].fill(0);
    let mut mac = Hmac::<Sha256>::new_from_slice(&output).unwrap();
    mac.update(&report);
    let mac = mac.finalize().into_bytes();
    report[MAC].copy_from_slice(&mac[..16]);
    let answer = sealed(port, "/v1/report", report);
    let said = String::from_utf8_lossy(&answer).into_owned();
    assert!(
        said.contains("stored"),
        "a share that lies is taken: {said}"
    );
}

/// The keys of an epoch, out of the public log.
fn published(
    operator: &Operator,
    program: &Program,
    epoch: wire::Epoch,
) -> (wire::PublicKey, wire::PublicKey) {
    let status = sealed_get(operator.port(), "/v1/status");
    let status = String::from_utf8(status).unwrap();
    let json = status.split('\n').nth(1).unwrap();
    let status: wire::status::Status = serde_json::from_str(json).unwrap();
    let found = status.epochs.iter().find_map(|entry| {
        let leaf = Leaf::parse(entry.leaf.as_bytes()).ok()?;
        match leaf.event {
            Event::EpochKeyPublished {
                program: of,
                epoch: at,
                randomness,
                issuer,
            } if of == *program.hash() && at == epoch => Some((randomness, issuer)),
            _ => None,
        }
    });
    found.expect("the keys of this epoch are published")
}

fn sealed(port: u16, path: &str, body: Vec<u8>) -> Vec<u8> {
    ask(
        port,
        &Request {
            method: Method::Post,
            path: path.to_owned(),
            body,
        },
    )
}

fn sealed_get(port: u16, path: &str) -> Vec<u8> {
    ask(
        port,
        &Request {
            method: Method::Get,
            path: path.to_owned(),
            body: Vec::new(),
        },
    )
}

fn ask(port: u16, request: &Request) -> Vec<u8> {
    let keys = http(port, "GET", "/v1/ohttp-keys", "text/plain", &[]);
    let (bytes, waiting) = ohttp::seal(&keys, request).unwrap();
    let answer = http(port, "POST", "/v1/gateway", "message/ohttp-req", &bytes);
    let answer = waiting.open(&answer).unwrap();
    assert_eq!(
        answer.status,
        200,
        "{}",
        String::from_utf8_lossy(&answer.body)
    );
    answer.body
}

fn post(port: u16, path: &str, body: &[u8]) -> Vec<u8> {
    http(port, "POST", path, "application/octet-stream", body)
}

/// One exchange of HTTP/1.1. The answer must be 200 or 204.
fn http(port: u16, method: &str, path: &str, content_type: &str, body: &[u8]) -> Vec<u8> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    let head = format!(
        "{method} {path} HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: {content_type}\r\n\
         content-length: {}\r\nconnection: close\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).unwrap();
    stream.write_all(body).unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    let end = answer.windows(4).position(|it| it == b"\r\n\r\n").unwrap();
    let head = String::from_utf8_lossy(&answer[..end]).into_owned();
    assert!(head.starts_with("HTTP/1.1 20"), "{path}: {head}");
    answer.split_off(end + 4)
}
