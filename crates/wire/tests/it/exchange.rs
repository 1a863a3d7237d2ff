//! From a device to what the server makes of it, and every lie on the way.

use candor_wire::{
    Day, Encoded, Lane, PublicKey, Report,
    enrol::{self, EnrolError, InstallKey},
    randomness::{self, EpochKey, RandomnessError},
    report::ReportError,
    reveal::{Row, reveal},
    share::{Prepared, ShareError},
    token::{self, IssuerKey, TokenError},
    withdraw::{Secret, Withdrawal},
};

use crate::{
    made::{DECLARATION, EPOCH, Server, VERSION, program_of, values},
    seeded::Seeded,
};

#[test]
fn twenty_devices_and_no_fewer_open_a_host() {
    let (server, mut rng) = (Server::new(), Seeded::new(1));
    let mut rows = Vec::new();
    let mut tag = None;
    for _ in 0..20 {
        let (sent, _) = server.report("harm.example", &mut rng);
        let report = Report::parse(&sent.to_bytes()).unwrap();
        assert_eq!(report, sent);
        assert!(server.program.admits(&report));
        assert_eq!(report.to_bytes().len(), server.program.report_length());
        server.issuer.redeem(&server.program, &report).unwrap();
        assert_eq!(*tag.get_or_insert(*report.tag()), *report.tag());
        assert!(reveal(&server.program, EPOCH, report.tag(), &rows, &mut rng).is_err());
        rows.push(Row::of(&report));
    }
    let revealed = reveal(&server.program, EPOCH, &tag.unwrap(), &rows, &mut rng).unwrap();
    assert_eq!(
        (revealed.text.as_str(), revealed.good),
        ("harm.example", 20)
    );
    let aux = *revealed.counts.keys().next().unwrap();
    let decoded = server.program.decode(&revealed.text, aux).unwrap();
    assert_eq!(decoded, values("harm.example"));
}

#[test]
fn the_same_arguments_make_the_same_report() {
    let server = Server::new();
    let one = server.report("harm.example", &mut Seeded::new(2)).0;
    let two = server.report("harm.example", &mut Seeded::new(2)).0;
    assert_eq!(one.to_bytes(), two.to_bytes());
    let other = server.report("farm.example", &mut Seeded::new(2)).0;
    assert_ne!(one.tag(), other.tag());
}

#[test]
fn no_byte_of_a_report_can_be_changed() {
    let (server, mut rng) = (Server::new(), Seeded::new(3));
    let bytes = server.report("harm.example", &mut rng).0.to_bytes();
    for at in 0..bytes.len() {
        let mut changed = bytes.clone();
        changed[at] ^= 0x10;
        if let Ok(report) = Report::parse(&changed) {
            let refused = server.issuer.redeem(&server.program, &report).unwrap_err();
            assert!(
                matches!(refused, TokenError::Mac | TokenError::Program),
                "byte {at}"
            );
        }
    }
}

#[test]
fn what_is_no_report_is_refused_by_name() {
    let (server, mut rng) = (Server::new(), Seeded::new(4));
    let good = server.report("harm.example", &mut rng).0.to_bytes();
    let changed = |change: &dyn Fn(&mut Vec<u8>)| {
        let mut bytes = good.clone();
        change(&mut bytes);
        Report::parse(&bytes).unwrap_err()
    };
    for length in 0..good.len() {
        assert!(Report::parse(&good[..length]).is_err(), "{length} bytes");
    }
    assert_eq!(changed(&|it| it.push(0)), ReportError::Length);
    assert_eq!(changed(&|it| it[0] = 2), ReportError::Version(2));
    assert_eq!(changed(&|it| it[9] ^= 1), ReportError::Lane);
    assert_eq!(changed(&|it| it[90..122].fill(0xff)), ReportError::Share);
    assert_eq!(
        changed(&|it| it[138..140].fill(0xff)),
        ReportError::Body(0xffff)
    );
    assert_eq!(changed(&|it| it[139] = 144), ReportError::Length);
    assert_eq!(ReportError::Lane.code(), "wrong-lane");
    assert_eq!(Report::parse(&[]).unwrap_err().code(), "report-length");
}

#[test]
fn a_token_is_for_its_program_epoch_and_lane() {
    let (server, mut rng) = (Server::new(), Seeded::new(5));
    let record = server.program.encode(&values("harm.example")).unwrap();
    let randomness = server.randomness_of(&record, &mut rng);
    let prepared = Prepared::of(&server.program, EPOCH, &record, &randomness).unwrap();
    let install = InstallKey::generate(&mut rng);
    let secret = Secret::derive(
        &[9; 32],
        server.program.hash(),
        EPOCH,
        &candor_wire::Nonce([0; 32]),
    );
    for token in server.tokens(&install, &mut rng) {
        let (token_lane, lane) = (token.lane(), prepared.lane());
        match prepared.report(VERSION, token, &secret) {
            Ok(report) => {
                assert_eq!(token_lane, lane);
                server.issuer.redeem(&server.program, &report).unwrap();
                // Another issuer's key, and another program.
                let other = IssuerKey::of(&[3; 32]);
                assert_eq!(other.redeem(&server.program, &report), Err(TokenError::Mac));
                let lowered = DECLARATION.replace("k=20", "k=10");
                let lowered = program_of(&lowered, "threat-sighting").unwrap();
                let refused = server.issuer.redeem(&lowered, &report);
                assert_eq!(refused, Err(TokenError::Program));
            }
            Err(why) => {
                let (token, text) = (token_lane.0, lane.0);
                assert_eq!(why, ShareError::Lane { token, text });
            }
        }
    }
    let next = candor_wire::Epoch(EPOCH.0 + 1);
    let other = Prepared::of(&server.program, next, &record, &randomness).unwrap_err();
    assert_eq!(other, ShareError::Other("randomness"));
}

#[test]
fn tokens_survive_a_restart() {
    let (server, mut rng) = (Server::new(), Seeded::new(6));
    let install = InstallKey::generate(&mut rng);
    let asked = token::ask(&server.program, EPOCH, &install, &mut rng);
    let stored = token::Asked::from_bytes(&asked.to_bytes()).unwrap();
    assert_eq!(stored.request(), asked.request());
    let request = token::Request::parse(stored.request()).unwrap();
    assert_eq!(*request.install(), install.public());
    // The same request answered twice gives the same tokens, whatever the proof.
    let answers = [0, 1].map(|_| {
        server
            .issuer
            .issue(&server.program, &request, &mut rng)
            .unwrap()
    });
    assert_ne!(answers[0], answers[1]);
    let key = server.issuer.public();
    let first = asked.finish(&key, &answers[0]).unwrap();
    let second = stored.finish(&key, &answers[1]).unwrap();
    for (one, two) in first.iter().zip(&second) {
        assert_eq!(one.to_bytes(), two.to_bytes());
        let read = token::Token::from_bytes(&one.to_bytes()).unwrap();
        assert_eq!(
            (read.lane(), read.nonce(), read.epoch()),
            (one.lane(), one.nonce(), EPOCH)
        );
    }
    let lanes: Vec<_> = first.iter().map(token::Token::lane).collect();
    assert_eq!(lanes, (0..8).map(Lane).collect::<Vec<_>>());
}

#[test]
fn a_device_refuses_an_issuer_that_lies() {
    let (server, mut rng) = (Server::new(), Seeded::new(7));
    let install = InstallKey::generate(&mut rng);
    let asked = token::ask(&server.program, EPOCH, &install, &mut rng);
    let request = token::Request::parse(asked.request()).unwrap();
    let answer = server
        .issuer
        .issue(&server.program, &request, &mut rng)
        .unwrap();
    let finish = |key: &PublicKey, answer: &[u8]| {
        let asked = token::Asked::from_bytes(&asked.to_bytes()).unwrap();
        asked.finish(key, answer).unwrap_err()
    };
    let key = server.issuer.public();
    // A key for this device alone: it does not fit the one that was published.
    let secret = IssuerKey::of(&[7; 32]);
    let other = secret.issue(&server.program, &request, &mut rng).unwrap();
    assert_eq!(finish(&key, &other), TokenError::Proof);
    assert_eq!(finish(&secret.public(), &answer), TokenError::Proof);
    assert_eq!(finish(&PublicKey([0; 32]), &answer), TokenError::Key);
    assert_eq!(
        finish(&key, &answer[..answer.len() - 1]),
        TokenError::Length
    );
    assert_eq!(
        finish(&key, &[&answer[..], &[0]].concat()),
        TokenError::Length
    );
    assert_eq!(finish(&key, &[]), TokenError::Length);
    let mut changed = answer.clone();
    changed[0] = 9;
    assert_eq!(finish(&key, &changed), TokenError::Version(9));
    changed = answer.clone();
    changed[1..33].fill(0);
    assert_eq!(finish(&key, &changed), TokenError::Point);
    changed = answer.clone();
    changed[33..65].fill(0xff);
    assert_eq!(finish(&key, &changed), TokenError::ProofForm);
    // The answers of two lanes changed round: each proof is of its own lane.
    changed = answer.clone();
    changed[1..97].copy_from_slice(&answer[97..193]);
    changed[97..193].copy_from_slice(&answer[1..97]);
    assert_eq!(finish(&key, &changed), TokenError::Proof);
}

#[test]
fn an_issuer_answers_signed_requests_only() {
    let (server, mut rng) = (Server::new(), Seeded::new(8));
    let install = InstallKey::generate(&mut rng);
    let asked = token::ask(&server.program, EPOCH, &install, &mut rng);
    let good = asked.request().to_vec();
    assert_eq!(good.len(), token::REQUEST);
    let check = |bytes: &[u8]| -> Result<(), TokenError> {
        token::Request::parse(bytes)?.check(&server.program)
    };
    assert_eq!(check(&good), Ok(()));
    for at in [3, 10, good.len() - 1] {
        let mut changed = good.clone();
        changed[at] ^= 1;
        assert_eq!(check(&changed), Err(TokenError::Signature), "byte {at}");
    }
    let mut changed = good.clone();
    changed[39..71].fill(0);
    assert_eq!(check(&changed), Err(TokenError::Point), "the identity");
    changed = good.clone();
    changed[39..71].fill(0xff);
    assert_eq!(check(&changed), Err(TokenError::Point), "no canonical form");
    changed = good.clone();
    changed[1] ^= 1;
    assert_eq!(check(&changed), Err(TokenError::Program));
    for length in 0..good.len() {
        assert_eq!(
            check(&good[..length]),
            Err(TokenError::Length),
            "{length} bytes"
        );
    }
    assert_eq!(check(&[&good[..], &[0]].concat()), Err(TokenError::Length));
}

/// The key that is used, the key that is published, what is done to the answer, what comes of it.
type Lie<'a> = (
    &'a EpochKey,
    PublicKey,
    &'a dyn Fn(&mut Vec<u8>),
    RandomnessError,
);

#[test]
fn a_device_refuses_a_randomness_server_that_lies() {
    let (server, mut rng) = (Server::new(), Seeded::new(9));
    let record = server.program.encode(&values("harm.example")).unwrap();
    let mut exchange = |key: &EpochKey, published: &PublicKey, change: &dyn Fn(&mut Vec<u8>)| {
        let (asked, request) =
            randomness::ask(&server.program, EPOCH, &[&record], &mut rng).unwrap();
        let request = randomness::Request::parse(&request).unwrap();
        let mut answer = key.answer(&request, &mut rng);
        change(&mut answer);
        asked.finish(published, &answer).map(|all| all.len())
    };
    let (right, key) = (&server.randomness, server.randomness.public());
    assert_eq!(exchange(right, &key, &|_| ()), Ok(1));
    let next = EpochKey::of(
        &[1; 32],
        server.program.hash(),
        candor_wire::Epoch(EPOCH.0 - 1),
    );
    let lies: [Lie<'_>; 8] = [
        (&next, key, &|_| (), RandomnessError::Proof),
        (right, next.public(), &|_| (), RandomnessError::Proof),
        (right, PublicKey([0; 32]), &|_| (), RandomnessError::Key),
        (right, key, &|it| it.truncate(129), RandomnessError::Length),
        (right, key, &|it| it.push(0), RandomnessError::Length),
        (right, key, &|it| it[1..33].fill(0), RandomnessError::Point),
        (
            right,
            key,
            &|it| it[129..161].fill(0xff),
            RandomnessError::ProofForm,
        ),
        (right, key, &|it| it.swap(1, 33), RandomnessError::Point),
    ];
    for (at, (used, published, change, why)) in lies.into_iter().enumerate() {
        let refused = exchange(used, &published, change);
        // Two bytes changed round may still be points; then the proof does not hold.
        let proof = (at == 7).then_some(Err(RandomnessError::Proof));
        assert!(
            refused == Err(why) || Some(refused) == proof,
            "lie {at}: {refused:?}"
        );
    }
}

#[test]
fn one_to_four_records_are_asked_about_at_once_in_equal_bytes() {
    let (server, mut rng) = (Server::new(), Seeded::new(10));
    let hosts = ["a.example", "b.example", "c.example", "d.example"];
    let records = hosts.map(|host| server.program.encode(&values(host)).unwrap());
    for count in 1..=4 {
        let asked: Vec<&Encoded> = records[..count].iter().collect();
        let (asked, request) = randomness::ask(&server.program, EPOCH, &asked, &mut rng).unwrap();
        assert_eq!(request.len(), randomness::REQUEST);
        let request = randomness::Request::parse(&request).unwrap();
        assert_eq!(
            (request.program(), request.epoch()),
            (server.program.number(), EPOCH)
        );
        let answer = server.randomness.answer(&request, &mut rng);
        assert_eq!(answer.len(), randomness::RESPONSE);
        let all = asked.finish(&server.randomness.public(), &answer).unwrap();
        assert_eq!(all.len(), count);
        for (randomness, record) in all.iter().zip(&records) {
            let alone = server.randomness_of(record, &mut rng);
            assert_eq!(randomness.to_bytes(), alone.to_bytes());
            let read = randomness::Randomness::from_bytes(&alone.to_bytes()).unwrap();
            assert_eq!(read.to_bytes(), alone.to_bytes());
        }
    }
    let none = randomness::ask(&server.program, EPOCH, &[], &mut rng).unwrap_err();
    assert_eq!(none, RandomnessError::Count(0));
    let five = vec![&records[0]; 5];
    let five = randomness::ask(&server.program, EPOCH, &five, &mut rng).unwrap_err();
    assert_eq!(five, RandomnessError::Count(5));
}

#[test]
fn the_server_refuses_points_that_are_none() {
    let (server, mut rng) = (Server::new(), Seeded::new(11));
    let record = server.program.encode(&values("harm.example")).unwrap();
    let (_, good) = randomness::ask(&server.program, EPOCH, &[&record], &mut rng).unwrap();
    for (fill, why) in [(0, "the identity"), (0xff, "no canonical form")] {
        let mut changed = good.clone();
        changed[7..39].fill(fill);
        let refused = randomness::Request::parse(&changed).unwrap_err();
        assert_eq!(refused, RandomnessError::Point, "{why}");
    }
    for length in 0..good.len() {
        assert!(
            randomness::Request::parse(&good[..length]).is_err(),
            "{length} bytes"
        );
    }
    assert!(randomness::Request::parse(&[&good[..], &[0]].concat()).is_err());
}

#[test]
fn a_withdrawal_opens_its_report_and_no_other() {
    let (server, mut rng) = (Server::new(), Seeded::new(12));
    let (report, secret) = server.report("harm.example", &mut rng);
    let (other, _) = server.report("harm.example", &mut rng);
    let withdrawal = Withdrawal {
        program: server.program.number(),
        epoch: EPOCH,
        secret,
    };
    let read = Withdrawal::parse(&withdrawal.to_bytes()).unwrap();
    assert_eq!(read.commitment(), *report.commitment());
    assert!(read.secret.opens(report.commitment()));
    assert!(!read.secret.opens(other.commitment()));
    assert_eq!((read.program, read.epoch), (server.program.number(), EPOCH));
    for length in 0..withdrawal.to_bytes().len() {
        assert!(Withdrawal::parse(&withdrawal.to_bytes()[..length]).is_err());
    }
    assert!(Withdrawal::parse(&[&withdrawal.to_bytes()[..], &[0]].concat()).is_err());
}

#[test]
fn an_enrolment_shows_key_day_and_work() {
    let mut rng = Seeded::new(13);
    let (install, issuer) = (InstallKey::generate(&mut rng), PublicKey([5; 32]));
    let bytes = enrol::request(&install, &issuer, Day(20_000), 10);
    assert_eq!(bytes.len(), enrol::REQUEST);
    assert_eq!(bytes, enrol::request(&install, &issuer, Day(20_000), 10));
    let request = enrol::Request::parse(&bytes).unwrap();
    assert_eq!(*request.install(), install.public());
    for today in [19_999, 20_000, 20_001] {
        assert_eq!(request.check(&issuer, Day(today), 10), Ok(()));
    }
    let old = request.check(&issuer, Day(20_002), 10);
    assert_eq!(old, Err(EnrolError::Day(Day(20_000))));
    assert_eq!(
        request.check(&issuer, Day(20_000), 32),
        Err(EnrolError::Work)
    );
    // At another issuer the work is worth nothing; without work only the signature is left.
    let other = PublicKey([6; 32]);
    assert_eq!(
        request.check(&other, Day(20_000), 10),
        Err(EnrolError::Work)
    );
    assert_eq!(
        request.check(&other, Day(20_000), 0),
        Err(EnrolError::Signature)
    );
    let read = InstallKey::from_bytes(&install.to_bytes());
    assert_eq!(read.public(), install.public());
    for length in 0..bytes.len() {
        assert!(
            enrol::Request::parse(&bytes[..length]).is_err(),
            "{length} bytes"
        );
    }
}

#[test]
fn secrets_say_nothing_of_themselves() {
    let (server, mut rng) = (Server::new(), Seeded::new(14));
    let record = server.program.encode(&values("harm.example")).unwrap();
    let randomness = server.randomness_of(&record, &mut rng);
    let prepared = Prepared::of(&server.program, EPOCH, &record, &randomness).unwrap();
    let install = InstallKey::generate(&mut rng);
    let token = server.tokens(&install, &mut rng).remove(0);
    let secret = Secret::from_bytes([1; 32]);
    let shown = format!(
        "{record:?} {randomness:?} {prepared:?} {install:?} {token:?} {secret:?} {:?} {:?}",
        server.randomness, server.issuer,
    );
    assert_eq!(
        shown,
        "Encoded Randomness Prepared InstallKey Token Secret EpochKey IssuerKey"
    );
}
