//! A pretend server and its devices.

use std::collections::BTreeMap;

use candor_wire::{
    Encoded, Epoch, Program, Report, Value, Version,
    enrol::InstallKey,
    randomness::{self, EpochKey, Randomness},
    share::Prepared,
    token::{self, IssuerKey, Token},
    withdraw,
};
use declare::Declaration;

use crate::seeded::Seeded;

pub(crate) const DECLARATION: &str = include_str!("../declarations/sightings.toml");
pub(crate) const EPOCH: Epoch = Epoch(2900);
pub(crate) const VERSION: Version = Version { major: 0, minor: 1 };

pub(crate) fn program() -> Program {
    program_of(DECLARATION, "threat-sighting").unwrap()
}

pub(crate) fn program_of(
    text: &str,
    id: &str,
) -> Result<Program, candor_wire::program::ProgramError> {
    Program::of(&Declaration::parse(text).expect("a declaration"), id)
}

pub(crate) fn values(host: &str) -> BTreeMap<String, Value> {
    let text = |text: &str| Value::Text(text.to_owned());
    BTreeMap::from([
        ("host".to_owned(), text(host)),
        ("kind".to_owned(), text("scam")),
        ("came_by".to_owned(), text("link")),
        ("tier".to_owned(), Value::Integer(2)),
        ("opened".to_owned(), Value::Boolean(false)),
    ])
}

/// All keys of a server, for one program and epoch.
pub(crate) struct Server {
    pub(crate) program: Program,
    pub(crate) randomness: EpochKey,
    pub(crate) issuer: IssuerKey,
}

impl Server {
    pub(crate) fn new() -> Self {
        let program = program();
        Self {
            randomness: EpochKey::of(&[1; 32], program.hash(), EPOCH),
            issuer: IssuerKey::of(&[2; 32]),
            program,
        }
    }

    /// What one device learns about one record.
    pub(crate) fn randomness_of(&self, record: &Encoded, rng: &mut Seeded) -> Randomness {
        let (asked, request) = randomness::ask(&self.program, EPOCH, &[record], rng).unwrap();
        let request = randomness::Request::parse(&request).unwrap();
        let answer = self.randomness.answer(&request, rng);
        let mut all = asked.finish(&self.randomness.public(), &answer).unwrap();
        assert_eq!(all.len(), 1);
        all.remove(0)
    }

    /// The tokens of one enrolment.
    pub(crate) fn tokens(&self, install: &InstallKey, rng: &mut Seeded) -> Vec<Token> {
        let asked = token::ask(&self.program, EPOCH, install, rng);
        let request = token::Request::parse(asked.request()).unwrap();
        let answer = self.issuer.issue(&self.program, &request, rng).unwrap();
        asked.finish(&self.issuer.public(), &answer).unwrap()
    }

    /// A report of a device of its own, beside it what withdraws it.
    pub(crate) fn report(&self, host: &str, rng: &mut Seeded) -> (Report, withdraw::Secret) {
        let record = self.program.encode(&values(host)).unwrap();
        let randomness = self.randomness_of(&record, rng);
        let prepared = Prepared::of(&self.program, EPOCH, &record, &randomness).unwrap();
        let mut tokens = self.tokens(&InstallKey::generate(rng), rng);
        let token = tokens.remove(usize::from(prepared.lane().0));
        let secret = withdraw::Secret::derive(&[9; 32], self.program.hash(), EPOCH, token.nonce());
        let report = prepared.report(VERSION, token, &secret).unwrap();
        (report, secret)
    }
}
