//! The test vector of the protocol: every value between a record and its report.
//!
//! `CANDOR_WRITE_SEEDS=1` writes it anew; without it it is compared.

use std::{collections::BTreeMap, fmt::Write as _, fs};

use declare::Declaration;

use super::*;
use crate::{
    Value,
    enrol::InstallKey,
    randomness::{self, EpochKey},
    seeded::Seeded,
    token::{self, IssuerKey},
};

const PATH: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/tests/vectors/candor-star-1.txt"
);
const EPOCH: Epoch = Epoch(2900);

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn lines() -> String {
    let mut rng = Seeded::new(42);
    let text = include_str!("../../tests/declarations/sightings.toml");
    let declaration = Declaration::parse(text).unwrap();
    let program = Program::of(&declaration, "threat-sighting").unwrap();
    let word = |word: &str| Value::Text(word.to_owned());
    let values = BTreeMap::from([
        ("host".to_owned(), word("harm.example")),
        ("kind".to_owned(), word("scam")),
        ("came_by".to_owned(), word("link")),
        ("tier".to_owned(), Value::Integer(2)),
        ("opened".to_owned(), Value::Boolean(false)),
    ]);
    let record = program.encode(&values).unwrap();
    let key = EpochKey::of(&[1; 32], program.hash(), EPOCH);
    let (asked, request) = randomness::ask(&program, EPOCH, &[&record], &mut rng).unwrap();
    let answer = key.answer(&randomness::Request::parse(&request).unwrap(), &mut rng);
    let randomness = asked.finish(&key.public(), &answer).unwrap().remove(0);
    let prepared = Prepared::of(&program, EPOCH, &record, &randomness).unwrap();
    let issuer = IssuerKey::of(&[2; 32]);
    let asked = token::ask(&program, EPOCH, &InstallKey::from_bytes(&[3; 32]), &mut rng);
    let request = token::Request::parse(asked.request()).unwrap();
    let answer = issuer.issue(&program, &request, &mut rng).unwrap();
    let lane = usize::from(prepared.lane().0);
    let token = asked
        .finish(&issuer.public(), &answer)
        .unwrap()
        .remove(lane);
    let (nonce, stored) = (*token.nonce(), token.to_bytes());
    let withdrawal = withdraw::Secret::derive(&[4; 32], program.hash(), EPOCH, &nonce);
    let version = Version { major: 0, minor: 1 };
    let report = prepared.report(version, token, &withdrawal).unwrap();
    let x = report::x_of(&nonce, prepared.tag());
    let secret = &prepared.secret;
    let mut lines = String::new();
    for (name, value) in [
        ("material hash", declaration.material_hash()),
        ("P", program.hash().to_string()),
        ("epoch", EPOCH.to_string()),
        ("epoch key seed", hex(&[1; 32])),
        ("epoch key", key.public().to_string()),
        ("text", record.text().to_owned()),
        ("aux", record.aux().to_string()),
        ("r", hex(&randomness.output)),
        ("s0", hex(&*secret.zero())),
        ("coef 1", hex(&secret.coefficients[1].to_bytes())),
        ("coef 19", hex(&secret.coefficients[19].to_bytes())),
        ("tag", prepared.tag().to_string()),
        ("lane", lane.to_string()),
        ("issuer key seed", hex(&[2; 32])),
        ("issuer key", issuer.public().to_string()),
        ("nonce", nonce.to_string()),
        ("o", hex(&stored[stored.len() - 64..])),
        ("x", hex(&x.to_bytes())),
        ("y", hex(report.y())),
        ("key", hex(&*secret.key_at(&x))),
        ("plain", hex(&prepared.plain)),
        ("body", hex(report.body())),
        ("install secret", hex(&[4; 32])),
        ("w", hex(withdrawal.as_bytes())),
        ("wc", report.commitment().to_string()),
        ("mac", hex(&report.mac)),
        ("report", hex(&report.to_bytes())),
    ] {
        writeln!(lines, "{name} = {value}").unwrap();
    }
    lines
}

#[test]
fn the_vector_of_the_protocol_holds() {
    let made = lines();
    if std::env::var_os("CANDOR_WRITE_SEEDS").is_some() {
        fs::write(PATH, &made).unwrap();
    }
    let stored = fs::read_to_string(PATH).unwrap();
    assert_eq!(
        made, stored,
        "the protocol changed: CANDOR_WRITE_SEEDS=1 writes the vector"
    );
}
