//! What the protocol costs: a report on a device, a token, and opening a million reports.
//!
//! ```text
//! cargo run --release -p candor-wire --features ohttp --example measure [TAGS]
//! ```
//!
//! Opens 50,000 tags of 20 reports each, or as many as are named, on one thread. Times are those
//! that the processor spent, where the system tells them (Linux); else of the clock on the wall.

mod spent;

use std::{collections::BTreeMap, hint::black_box, time::Duration};

use candor_wire::{
    Encoded, Epoch, Program, Report, Tag, Value, Version,
    enrol::InstallKey,
    rand_core::OsRng,
    randomness::{self, EpochKey, Randomness},
    reveal::{Row, reveal},
    share::Prepared,
    token::{self, IssuerKey, Token},
    withdraw,
};
use declare::Declaration;

use spent::Spent;

const DECLARATION: &str = include_str!("../../tests/declarations/sightings.toml");
const EPOCH: Epoch = Epoch(2900);
const VERSION: Version = Version { major: 0, minor: 1 };
/// Reports that each tag has: as many as open it.
const REPORTS: usize = 20;

fn main() {
    let asked = std::env::args().nth(1);
    let tags = asked.map_or(50_000, |text| text.parse().expect("a number of tags"));
    let declaration = Declaration::parse(DECLARATION).expect("a declaration");
    let program = Program::of(&declaration, "threat-sighting").expect("a program");
    let bench = Bench {
        key: EpochKey::of(&[1; 32], program.hash(), EPOCH),
        issuer: IssuerKey::of(&[2; 32]),
        install: InstallKey::generate(&mut OsRng),
        program,
    };
    bench.device();
    bench.server();
    bench.poisoned();
    bench.million(tags);
}

struct Bench {
    program: Program,
    key: EpochKey,
    issuer: IssuerKey,
    install: InstallKey,
}

impl Bench {
    /// Everything one report costs its device.
    fn device(&self) {
        let record = self.record("harm.example");
        let mut parts = Parts::default();
        let rounds = 200;
        let mut bytes = 0;
        for _ in 0..rounds {
            let ask = || randomness::ask(&self.program, EPOCH, &[&record], &mut OsRng);
            let (asked, request) = parts.time("ask for randomness", ask).expect("one record");
            let request = randomness::Request::parse(&request).expect("just made");
            let answer = self.key.answer(&request, &mut OsRng);
            let key = self.key.public();
            let randomness = parts.time("verify it", || asked.finish(&key, &answer));
            let randomness = randomness.expect("a good proof").remove(0);
            let prepared = parts.time("derive the secret", || {
                Prepared::of(&self.program, EPOCH, &record, &randomness).expect("of this epoch")
            });
            let token = self.token(&prepared);
            bytes = parts.time("make the report", || {
                let hash = self.program.hash();
                let secret = withdraw::Secret::derive(&[9; 32], hash, EPOCH, token.nonce());
                let report = prepared
                    .report(VERSION, token, &secret)
                    .expect("of this lane");
                report.to_bytes().len()
            });
        }
        let mut lanes = Parts::default();
        for _ in 0..20 {
            let ask = || token::ask(&self.program, EPOCH, &self.install, &mut OsRng);
            let asked = lanes.time("ask for 8 tokens", ask);
            let answer = self.issue(&asked);
            let key = self.issuer.public();
            let tokens = lanes.time("verify them", || asked.finish(&key, &answer));
            black_box(tokens.expect("good proofs"));
        }
        println!("device, a report ({bytes} bytes)");
        let report = parts.print(rounds);
        println!("device, the tokens of an epoch");
        lanes.print(20);
        println!("  a report in all, without tokens: {report:.2?}");
        #[cfg(feature = "ohttp")]
        on_the_wire(bytes);
    }

    fn server(&self) {
        let mut parts = Parts::default();
        let rounds = 200;
        let record = self.record("harm.example");
        let randomness = self.randomness(&record);
        let prepared = Prepared::of(&self.program, EPOCH, &record, &randomness).expect("it fits");
        for _ in 0..rounds {
            let asked = randomness::ask(&self.program, EPOCH, &[&record], &mut OsRng);
            let request = asked.expect("one record").1;
            parts.time("answer for randomness", || {
                let request = randomness::Request::parse(&request).expect("just made");
                self.key.answer(&request, &mut OsRng).len()
            });
            let token = self.token(&prepared);
            let secret = withdraw::Secret::from_bytes([3; 32]);
            let report = prepared
                .report(VERSION, token, &secret)
                .expect("of this lane");
            let bytes = report.to_bytes();
            parts.time("read a report and redeem its token", || {
                let report = Report::parse(&bytes).expect("just made");
                self.issuer
                    .redeem(&self.program, &report)
                    .expect("a good token");
            });
        }
        let mut issuing = Parts::default();
        for _ in 0..20 {
            let asked = token::ask(&self.program, EPOCH, &self.install, &mut OsRng);
            issuing.time("issue 8 tokens", || self.issue(&asked).len());
        }
        println!("server");
        parts.print(rounds);
        issuing.print(20);
    }

    /// Opens tags some of whose shares are bad: the share of another place.
    fn poisoned(&self) {
        println!("opening a tag, so many bad among so many");
        for (count, bad) in [(23, 3), (25, 5), (40, 10), (100, 40), (200, 90)] {
            let (tag, mut rows) = self.rows("harm.example", count);
            for at in 0..bad {
                rows[at].y = rows[at + bad].y;
            }
            let begun = Spent::now();
            let revealed = reveal(&self.program, EPOCH, &tag, &rows, &mut OsRng);
            let took = begun.elapsed();
            let named = revealed.expect("enough good ones").bad_shares;
            println!("  {named} of {count}: {took:.2?}");
        }
    }

    /// Opens tags of 20 reports each. The reports are made before the clock runs.
    fn million(&self, tags: usize) {
        let mut made = 0;
        let mut opening = Duration::ZERO;
        let mut opened = 0;
        while made < tags {
            // A thousand tags at a time, so that memory says nothing about a million reports.
            let batch: Vec<(Tag, Vec<Row>)> = (made..tags.min(made + 1000))
                .map(|number| self.rows(&format!("h{number}.example"), REPORTS))
                .collect();
            made += batch.len();
            let begun = Spent::now();
            for (tag, rows) in &batch {
                let revealed = reveal(&self.program, EPOCH, tag, rows, &mut OsRng);
                opened += revealed.expect("twenty good reports").good;
            }
            opening += begun.elapsed();
        }
        println!("opening {opened} reports of {tags} tags on one core: {opening:.2?}");
    }

    /// The rows of one text. Its randomness comes from the key and not from an exchange, and one
    /// device's tokens do for all: neither is measured here.
    fn rows(&self, host: &str, count: usize) -> (Tag, Vec<Row>) {
        let record = self.record(host);
        let mut stored = self.program.hash().0.to_vec();
        stored.extend_from_slice(&EPOCH.0.to_be_bytes());
        stored.extend_from_slice(&[host.len() as u8; 32]);
        stored.extend_from_slice(&[host.as_bytes()[1]; 32]);
        let randomness = Randomness::from_bytes(&stored).expect("its length");
        let prepared = Prepared::of(&self.program, EPOCH, &record, &randomness).expect("it fits");
        let secret = withdraw::Secret::from_bytes([3; 32]);
        let rows = (0..count).map(|_| {
            let mut nonce = [0; 32];
            candor_wire::rand_core::RngCore::fill_bytes(&mut OsRng, &mut nonce);
            let mut token = stored[..36].to_vec();
            token.push(prepared.lane().0);
            token.extend_from_slice(&nonce);
            token.extend_from_slice(&[0; 64]);
            let token = Token::from_bytes(&token).expect("its length");
            Row::of(
                &prepared
                    .report(VERSION, token, &secret)
                    .expect("of this lane"),
            )
        });
        let rows = rows.collect();
        (*prepared.tag(), rows)
    }

    fn record(&self, host: &str) -> Encoded {
        let text = |text: &str| Value::Text(text.to_owned());
        let values = BTreeMap::from([
            ("host".to_owned(), text(host)),
            ("kind".to_owned(), text("scam")),
            ("came_by".to_owned(), text("link")),
            ("tier".to_owned(), Value::Integer(2)),
            ("opened".to_owned(), Value::Boolean(false)),
        ]);
        self.program.encode(&values).expect("a record")
    }

    fn randomness(&self, record: &Encoded) -> Randomness {
        let asked = randomness::ask(&self.program, EPOCH, &[record], &mut OsRng);
        let (asked, request) = asked.expect("one record");
        let request = randomness::Request::parse(&request).expect("just made");
        let answer = self.key.answer(&request, &mut OsRng);
        asked
            .finish(&self.key.public(), &answer)
            .expect("a good proof")
            .remove(0)
    }

    fn token(&self, prepared: &Prepared) -> Token {
        let asked = token::ask(&self.program, EPOCH, &self.install, &mut OsRng);
        let answer = self.issue(&asked);
        let mut tokens = asked
            .finish(&self.issuer.public(), &answer)
            .expect("good proofs");
        tokens.remove(usize::from(prepared.lane().0))
    }

    fn issue(&self, asked: &token::Asked) -> Vec<u8> {
        let request = token::Request::parse(asked.request()).expect("just made");
        self.issuer
            .issue(&self.program, &request, &mut OsRng)
            .expect("a signed request")
    }
}

#[cfg(feature = "ohttp")]
fn on_the_wire(report: usize) {
    use candor_wire::ohttp::{GatewayKey, Method, Request, seal};

    let gateway = GatewayKey::of(1, &[4; 32]).expect("a key");
    let request = Request {
        method: Method::Post,
        path: "/v1/report".to_owned(),
        body: vec![0; report],
    };
    let mut parts = Parts::default();
    for _ in 0..200 {
        let seal = || seal(gateway.keys(), &request).expect("it fits").0;
        let sealed = parts.time("seal it in Oblivious HTTP", seal);
        parts.time("open it", || gateway.open(&sealed).expect("just sealed"));
        assert_eq!(sealed.len(), candor_wire::ohttp::UNIT);
    }
    println!("on the wire: {} bytes", candor_wire::ohttp::UNIT);
    parts.print(200);
}

/// How long each part took, in the order of their first use.
#[derive(Default)]
struct Parts(Vec<(&'static str, Duration)>);

impl Parts {
    fn time<T>(&mut self, name: &'static str, part: impl FnOnce() -> T) -> T {
        let begun = Spent::now();
        let done = black_box(part());
        let took = begun.elapsed();
        match self.0.iter_mut().find(|(other, _)| *other == name) {
            Some((_, sum)) => *sum += took,
            None => self.0.push((name, took)),
        }
        done
    }

    /// Prints the mean of each, and returns the sum of the means.
    fn print(&self, rounds: u32) -> Duration {
        for (name, sum) in &self.0 {
            println!("  {name}: {:.2?}", *sum / rounds);
        }
        self.0.iter().map(|(_, sum)| *sum / rounds).sum()
    }
}
