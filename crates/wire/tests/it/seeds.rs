//! The seeds of the fuzz targets: one of everything that travels, made here.
//!
//! `CANDOR_WRITE_SEEDS=1` writes them anew; without it they are compared.

use std::{fs, path::PathBuf};

use candor_wire::{
    Day, PublicKey,
    enrol::{self, InstallKey},
    log::{Bundle, Checkpoint, Erasure, Event, Leaf, Partition, leaf_hash},
    randomness, token,
    withdraw::Withdrawal,
};

use crate::{
    made::{EPOCH, Server, values},
    release,
    seeded::Seeded,
    status,
};

/// Target, name, bytes.
fn made() -> Vec<(&'static str, &'static str, Vec<u8>)> {
    let (server, mut rng) = (Server::new(), Seeded::new(77));
    let (report, secret) = server.report("harm.example", &mut rng);
    let withdrawal = Withdrawal {
        program: server.program.number(),
        epoch: EPOCH,
        secret,
    };
    let record = server.program.encode(&values("harm.example")).unwrap();
    let (_, asked) = randomness::ask(&server.program, EPOCH, &[&record], &mut rng).unwrap();
    let request = randomness::Request::parse(&asked).unwrap();
    let answer = server.randomness.answer(&request, &mut rng);
    let stored = server.randomness_of(&record, &mut rng).to_bytes().to_vec();
    let install = InstallKey::generate(&mut rng);
    let tokens = token::ask(&server.program, EPOCH, &install, &mut rng);
    let token_request = token::Request::parse(tokens.request()).unwrap();
    let issued = server
        .issuer
        .issue(&server.program, &token_request, &mut rng)
        .unwrap();
    let waiting = tokens.to_bytes().to_vec();
    let asked_tokens = tokens.request().to_vec();
    let token = tokens
        .finish(&server.issuer.public(), &issued)
        .unwrap()
        .remove(3);
    let enrolment = enrol::request(&install, &PublicKey([5; 32]), Day(0), 4);
    let status = status::made();
    let note = status.sign(&status::signer()).unwrap();
    let text = status::signer()
        .verifier()
        .open(&note)
        .unwrap()
        .replace("intake.example/status", "fuzz");
    let partition = Partition {
        program: *server.program.hash(),
        epoch: EPOCH,
        day: Day(20_300),
    };
    let erased = Event::PartitionErased {
        partition,
        key_id: leaf_hash(b"key"),
        rows: 50,
        reason: Erasure::Retention,
    };
    let leaf = Leaf {
        at: 300,
        event: erased,
    }
    .to_bytes()
    .unwrap();
    let bundle = Bundle::bytes([&leaf[..], b"", b"x"]).unwrap();
    let checkpoint = Checkpoint {
        origin: "fuzz".to_owned(),
        size: 5,
        root: leaf_hash(b"root"),
    };
    let proof = candor_wire::log::Proof {
        index: 3,
        path: vec![leaf_hash(b"a"), leaf_hash(b"b")],
        sealed: status.epochs[0].clone(),
        erased: Some(status.epochs[2].clone()),
        checkpoint: status.checkpoint.clone(),
    };
    // A key configuration of RFC 9458, appendix A, in a list; a request of known length inside.
    let keys = "002d01002031e1f05a740102115220e9af918f738674aec95f54db6e04eb705aae8e79815500080001000100010003";
    let keys = (0..keys.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&keys[at..at + 2], 16).unwrap());
    let inside = b"\x00\x04POST\x05https\x00\x0a/v1/report\x00\x03\x07\x07\x07\x00\x00".to_vec();
    let hashes: Vec<u8> = (0..6_u8).flat_map(|at| leaf_hash(&[at]).0).collect();
    vec![
        ("log", "bundle", bundle),
        ("log", "checkpoint", checkpoint.text().into_bytes()),
        ("log", "checkpoint-signed", status.checkpoint.into_bytes()),
        ("log", "hashes", hashes),
        ("log", "leaf", leaf),
        ("log", "proof", proof.to_json().into_bytes()),
        (
            "ohttp",
            "answer-inside",
            b"\x01\x40\xc8\x00\x01x\x00".to_vec(),
        ),
        ("ohttp", "keys", keys.collect()),
        ("ohttp", "request-inside", inside),
        ("randomness", "answer", answer),
        ("randomness", "request", asked),
        ("randomness", "stored", stored),
        ("release", "signed", release::signed().into_bytes()),
        ("release", "text", release::made().text().into_bytes()),
        ("report", "report", report.to_bytes()),
        ("report", "withdrawal", withdrawal.to_bytes()),
        (
            "status",
            "key",
            status::signer().verifier().to_string().into_bytes(),
        ),
        ("status", "signed", note.into_bytes()),
        ("status", "text", text.into_bytes()),
        ("token", "answer", issued),
        ("token", "enrolment", enrolment),
        ("token", "request", asked_tokens),
        ("token", "token", token.to_bytes().to_vec()),
        ("token", "waiting", waiting),
    ]
}

#[test]
fn the_seeds_are_what_is_sent() {
    let corpus = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../fuzz/corpus"));
    let writes = std::env::var_os("CANDOR_WRITE_SEEDS").is_some();
    for (target, name, bytes) in made() {
        let path = corpus.join(target).join(name);
        if writes {
            fs::create_dir_all(corpus.join(target)).unwrap();
            fs::write(&path, &bytes).unwrap();
        }
        let stored = fs::read(&path).expect("a seed: CANDOR_WRITE_SEEDS=1 writes it");
        assert!(
            stored == bytes,
            "{target}/{name} is not what is sent: CANDOR_WRITE_SEEDS=1 writes it"
        );
    }
}
