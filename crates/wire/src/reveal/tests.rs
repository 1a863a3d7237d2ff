//! The whole of revealing, on shares that are made without tokens.

use std::collections::BTreeMap;

use declare::Declaration;
use rand_core::RngCore;

use super::*;
use crate::{Value, group::OUTPUT, report::x_of, seeded::Seeded, share::Context};

const EPOCH: Epoch = Epoch(2900);

pub(crate) fn program(id: &str) -> Program {
    let text = include_str!("../../tests/declarations/sightings.toml");
    Program::of(&Declaration::parse(text).unwrap(), id).unwrap()
}

/// One text in one epoch: everything its reporters share.
struct Text {
    program: Program,
    secret: Secret,
    tag: Tag,
    text: String,
}

impl Text {
    fn new(text: &str, rng: &mut Seeded) -> Self {
        let program = program("threat-sighting");
        let mut output = [0; OUTPUT];
        rng.fill_bytes(&mut output);
        let secret = Secret::of(&program, EPOCH, &output);
        let tag = secret.tag_of(text.as_bytes());
        Self {
            program,
            secret,
            tag,
            text: text.to_owned(),
        }
    }

    fn context(&self) -> Context<'_> {
        Context {
            program: self.program.hash(),
            epoch: EPOCH,
            tag: &self.tag,
        }
    }

    fn row(&self, plain: &[u8], rng: &mut Seeded) -> Row {
        let mut nonce = crate::Nonce([0; 32]);
        rng.fill_bytes(&mut nonce.0);
        let x = x_of(&nonce, &self.tag);
        Row {
            x: x.to_bytes(),
            y: self.secret.at(&x).to_bytes(),
            body: self.context().seal(&self.secret, &x, plain),
        }
    }

    fn plain(&self, aux: u16) -> Vec<u8> {
        let mut plain = vec![u8::try_from(self.text.len()).unwrap()];
        plain.extend_from_slice(self.text.as_bytes());
        plain.extend_from_slice(&aux.to_be_bytes());
        plain.resize(64, 0);
        plain
    }

    fn rows(&self, count: usize, rng: &mut Seeded) -> Vec<Row> {
        let aux = |at: usize| u16::try_from(at % 96).unwrap();
        (0..count)
            .map(|at| self.row(&self.plain(aux(at)), rng))
            .collect()
    }

    fn reveal(&self, rows: &[Row], rng: &mut Seeded) -> Result<Revealed, Closed> {
        reveal(&self.program, EPOCH, &self.tag, rows, rng)
    }
}

/// Makes the shares of the first `count` rows bad: random scalars.
fn poison(rows: &mut [Row], count: usize, rng: &mut Seeded) -> Vec<[u8; 32]> {
    for row in &mut rows[..count] {
        let mut wide = [0; 64];
        rng.fill_bytes(&mut wide);
        row.y = Scalar::from_bytes_mod_order_wide(&wide).to_bytes();
    }
    let mut named: Vec<_> = rows[..count].iter().map(|row| row.x).collect();
    named.sort_unstable();
    named
}

#[test]
fn twenty_reveal_and_nineteen_do_not() {
    let mut rng = Seeded::new(1);
    let text = Text::new("harm.example", &mut rng);
    let rows = text.rows(25, &mut rng);
    for count in [20, 25] {
        let revealed = text.reveal(&rows[..count], &mut rng).unwrap();
        assert_eq!(revealed.text, "harm.example");
        assert_eq!(revealed.good, count as u64);
        assert_eq!(revealed.counts.values().sum::<u64>(), count as u64);
        assert_eq!(
            (revealed.bad_shares, revealed.bad_bodies, revealed.repeated),
            (0, 0, 0)
        );
    }
    let closed = text.reveal(&rows[..19], &mut rng).unwrap_err();
    assert_eq!(
        closed,
        Closed::TooFew {
            shares: 19,
            threshold: 20
        }
    );
}

#[test]
fn a_share_that_came_twice_counts_once() {
    let mut rng = Seeded::new(2);
    let text = Text::new("harm.example", &mut rng);
    let mut rows = text.rows(19, &mut rng);
    rows.push(rows[7].clone());
    let closed = text.reveal(&rows, &mut rng).unwrap_err();
    assert_eq!(
        closed,
        Closed::TooFew {
            shares: 19,
            threshold: 20
        }
    );
    // The same place with another share: the first counts, the tag still opens with 20.
    rows.extend(text.rows(1, &mut rng));
    let revealed = text.reveal(&rows, &mut rng).unwrap();
    assert_eq!((revealed.good, revealed.repeated), (20, 1));
}

#[test]
fn poisoned_shares_are_named_and_do_not_stop_it() {
    for (count, bad) in [(25, 1), (25, 2), (40, 10), (100, 40), (200, 90)] {
        let mut rng = Seeded::new(100 + bad as u64);
        let text = Text::new("harm.example", &mut rng);
        let mut rows = text.rows(count, &mut rng);
        let named = poison(&mut rows, bad, &mut rng);
        let revealed = text.reveal(&rows, &mut rng).unwrap();
        assert_eq!(
            revealed.good,
            (count - bad) as u64,
            "{count} with {bad} bad"
        );
        assert_eq!(revealed.bad_shares_at, named, "{count} with {bad} bad");
    }
}

#[test]
fn more_poison_than_decoding_bears_is_searched_through() {
    for (count, bad) in [(23, 3), (25, 3), (25, 5), (30, 5)] {
        let mut rng = Seeded::new(200 + bad as u64);
        let text = Text::new("harm.example", &mut rng);
        let mut rows = text.rows(count, &mut rng);
        let named = poison(&mut rows, bad, &mut rng);
        let revealed = text.reveal(&rows, &mut rng).unwrap();
        assert_eq!(revealed.bad_shares_at, named, "{count} with {bad} bad");
    }
}

#[test]
fn one_good_share_too_few_under_poison_reveals_nothing() {
    let mut rng = Seeded::new(3);
    let text = Text::new("harm.example", &mut rng);
    let mut rows = text.rows(21, &mut rng);
    poison(&mut rows, 2, &mut rng);
    let closed = text.reveal(&rows, &mut rng).unwrap_err();
    // There are 21 sets of 20 out of 21, and all were tried.
    assert_eq!(
        closed,
        Closed::Poisoned {
            shares: 21,
            threshold: 20,
            trials: 21
        }
    );
}

#[test]
fn a_second_secret_under_a_tag_does_not_hide_its_text() {
    let mut rng = Seeded::new(9);
    let text = Text::new("harm.example", &mut rng);
    // The shares of another secret fit together as well as the honest ones, and are more.
    let mut other = Text::new("farm.example", &mut rng);
    other.tag = text.tag;
    let mut rows = other.rows(45, &mut rng);
    let mut named: Vec<_> = rows.iter().map(|row| row.x).collect();
    named.sort_unstable();
    rows.extend(text.rows(25, &mut rng));
    let revealed = text.reveal(&rows, &mut rng).unwrap();
    assert_eq!(revealed.text, "harm.example");
    assert_eq!((revealed.good, revealed.bad_shares_at), (25, named));
    // Alone it opens and holds nothing.
    let closed = text.reveal(&rows[..45], &mut rng).unwrap_err();
    assert_eq!(closed, Closed::NoText);
}

#[test]
fn shares_that_fit_at_both_ends_only_do_not_pass() {
    let mut rng = Seeded::new(10);
    let text = Text::new("harm.example", &mut rng);
    let mut rows = text.rows(45, &mut rng);
    for row in &mut rows[..20] {
        // Another middle: the polynomial and x^5, which leaves lowest and highest as they are.
        let x = group::scalar(&row.x).unwrap();
        let y = group::scalar(&row.y).unwrap();
        row.y = (y + x * x * x * x * x).to_bytes();
    }
    let closed = text.reveal(&rows[..20], &mut rng).unwrap_err();
    assert!(matches!(closed, Closed::Poisoned { .. }), "{closed}");
    // 25 good of 45 with 20 that fit together: beyond (45 - 20) / 2, so a search through sets.
    rows.extend(text.rows(15, &mut rng));
    let revealed = text.reveal(&rows, &mut rng).unwrap();
    assert_eq!((revealed.good, revealed.bad_shares), (40, 20));
}

#[test]
fn a_threshold_above_the_sample_opens() {
    let mut rng = Seeded::new(11);
    let text = include_str!("../../tests/declarations/sightings.toml").replace("k=20", "k=600");
    let program = Program::of(&Declaration::parse(&text).unwrap(), "threat-sighting").unwrap();
    let mut text = Text::new("harm.example", &mut rng);
    text.secret = Secret::of(&program, EPOCH, &[5; OUTPUT]);
    text.tag = text.secret.tag_of(b"harm.example");
    text.program = program;
    let mut rows = text.rows(610, &mut rng);
    poison(&mut rows, 3, &mut rng);
    let revealed = text.reveal(&rows, &mut rng).unwrap();
    assert_eq!((revealed.good, revealed.bad_shares), (607, 3));
    assert!(text.reveal(&rows[3..602], &mut rng).is_err());
}

#[test]
fn bad_bodies_are_named_by_what_is_wrong() {
    let mut rng = Seeded::new(4);
    let text = Text::new("harm.example", &mut rng);
    let mut rows = text.rows(22, &mut rng);
    let mut bad = BTreeMap::new();
    let mut add = |row: Row, why: BadBody| {
        bad.insert(row.x, why);
        rows.push(row);
    };
    let mut garbage = text.row(&text.plain(0), &mut rng);
    garbage.body[3] ^= 1;
    add(garbage, BadBody::Seal);
    let mut short = text.row(&text.plain(0), &mut rng);
    short.body.truncate(5);
    add(short, BadBody::Seal);
    let mut unfilled = text.plain(0);
    unfilled[63] = 1;
    add(text.row(&unfilled, &mut rng), BadBody::Padding);
    add(text.row(&[200; 64], &mut rng), BadBody::Padding);
    let mut other = text.plain(0);
    other[1..5].copy_from_slice(b"farm");
    add(text.row(&other, &mut rng), BadBody::Text);
    add(text.row(&text.plain(96), &mut rng), BadBody::Aux);
    let revealed = text.reveal(&rows, &mut rng).unwrap();
    assert_eq!(revealed.good, 22);
    assert_eq!(
        revealed
            .bad_bodies_at
            .into_iter()
            .collect::<BTreeMap<_, _>>(),
        bad
    );
}

#[test]
fn a_text_that_no_device_would_send_is_not_shown() {
    for wrong in [
        "harm.example/path?q=1",
        "192.168.0.1",
        "router",
        "HARM.example",
    ] {
        let mut rng = Seeded::new(5);
        let text = Text::new(wrong, &mut rng);
        let rows = text.rows(20, &mut rng);
        assert_eq!(
            text.reveal(&rows, &mut rng).unwrap_err(),
            Closed::NoText,
            "{wrong}"
        );
    }
}

#[test]
fn more_shares_than_the_sample_are_all_checked() {
    let mut rng = Seeded::new(6);
    let text = Text::new("harm.example", &mut rng);
    let mut rows = text.rows(1200, &mut rng);
    let named = poison(&mut rows, 300, &mut rng);
    let revealed = text.reveal(&rows, &mut rng).unwrap();
    assert_eq!((revealed.good, revealed.bad_shares_at), (900, named));
}

#[test]
fn bodies_of_one_text_have_nothing_in_common() {
    // With one keystream for all, the bodies of two values would differ as the values do.
    let mut rng = Seeded::new(7);
    let text = Text::new("harm.example", &mut rng);
    let (one, two) = (text.plain(5), text.plain(90));
    let apart =
        |one: &[u8], two: &[u8]| -> Vec<u8> { one.iter().zip(two).map(|(a, b)| a ^ b).collect() };
    let known = apart(&one, &two);
    let mut equal = 0;
    for _ in 0..200 {
        let (first, second) = (text.row(&one, &mut rng), text.row(&two, &mut rng));
        let seen = apart(&first.body[..64], &second.body[..64]);
        assert_ne!(seen, known);
        equal += seen.iter().zip(&known).filter(|(a, b)| a == b).count();
    }
    // 12,800 bytes, of which one in 256 agrees by chance: 50, with a deviation of 7.
    assert!((15..90).contains(&equal), "{equal} bytes agree");
}

#[test]
fn a_server_that_lowers_the_threshold_opens_nothing() {
    let mut rng = Seeded::new(8);
    let text = Text::new("harm.example", &mut rng);
    let lowered = include_str!("../../tests/declarations/sightings.toml").replace("k=20", "k=10");
    let lowered = Declaration::parse(&lowered).unwrap();
    let lowered = Program::of(&lowered, "threat-sighting").unwrap();
    assert_ne!(lowered.hash(), text.program.hash());
    let rows = text.rows(19, &mut rng);
    let closed = reveal(&lowered, EPOCH, &text.tag, &rows, &mut rng).unwrap_err();
    assert!(
        matches!(
            closed,
            Closed::Poisoned {
                shares: 19,
                threshold: 10,
                ..
            }
        ),
        "{closed}"
    );
    // And the same output under another program is another secret, so another tag.
    let output = [7; OUTPUT];
    let (one, two) = (
        Secret::of(&text.program, EPOCH, &output),
        Secret::of(&lowered, EPOCH, &output),
    );
    assert_ne!(one.tag_of(b"harm.example"), two.tag_of(b"harm.example"));
}

/// A1: opens if and only if at least `K` different shares are there. `CANDOR_INSTANCES` asks for
/// another number of instances; the full run is 10,000.
#[test]
fn random_instances_open_exactly_from_the_threshold_on() {
    let asked = std::env::var("CANDOR_INSTANCES").ok();
    let instances: u64 = asked.map_or(300, |text| text.parse().expect("a number"));
    let (mut opened, mut closed) = (0, 0);
    for instance in 0..instances {
        let mut rng = Seeded::new(1_000_000 + instance);
        let host = format!("h{instance}.example");
        let text = Text::new(&host, &mut rng);
        let count = usize::try_from(rng.next_u64() % 41).unwrap();
        let mut rows = text.rows(count, &mut rng);
        for _ in 0..rng.next_u64() % 4 {
            if let Some(row) = rows.first().cloned() {
                rows.push(row);
            }
        }
        match text.reveal(&rows, &mut rng) {
            Ok(revealed) => {
                assert!(count >= 20, "instance {instance} opened with {count}");
                assert_eq!(
                    (revealed.text.as_str(), revealed.good),
                    (host.as_str(), count as u64)
                );
                opened += 1;
            }
            Err(why) => {
                assert!(
                    count < 20,
                    "instance {instance} stayed closed with {count}: {why}"
                );
                closed += 1;
            }
        }
    }
    assert!(opened > 0 && closed > 0);
    println!("{instances} instances: {opened} opened, {closed} stayed closed");
}

#[test]
fn values_come_back_as_they_were_sent() {
    let program = program("threat-sighting");
    let values = BTreeMap::from([
        ("host".to_owned(), Value::Text("harm.example".to_owned())),
        ("kind".to_owned(), Value::Text("scam".to_owned())),
        ("came_by".to_owned(), Value::Text("link".to_owned())),
        ("tier".to_owned(), Value::Integer(3)),
        ("opened".to_owned(), Value::Boolean(true)),
    ]);
    let encoded = program.encode(&values).unwrap();
    assert_eq!(
        program.decode(encoded.text(), encoded.aux()).unwrap(),
        values
    );
}
