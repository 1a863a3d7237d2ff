//! A batch of four blinded points, as RFC 9497 and the draft on batched tokens have it, between
//! our device and their issuer, and between their client and our server.

use declare::Declaration;
use privacypass::{
    amortized_tokens::{AmortizedBatchTokenRequest, AmortizedBatchTokenResponse, server::Server},
    auth::authenticate::TokenChallenge,
    common::private::PrivateCipherSuite,
    test_utils::private_memory_store::MemoryKeyStoreVoprf,
};
use tls_codec::{Deserialize, Serialize};
use voprf_ng::{Group, Ristretto255};
use wire::{
    Encoded, Epoch, Program, PublicKey, Value,
    rand_core::OsRng,
    randomness::{self, EpochKey},
};

const EPOCH: Epoch = Epoch(2900);

fn program() -> Program {
    let text = include_str!("../../../../crates/wire/tests/declarations/sightings.toml");
    Program::of(&Declaration::parse(text).unwrap(), "threat-sighting").unwrap()
}

fn record(program: &Program, host: &str) -> Encoded {
    let text = |text: &str| Value::Text(text.to_owned());
    let values = [
        ("host", text(host)),
        ("kind", text("scam")),
        ("came_by", text("link")),
        ("tier", Value::Integer(2)),
        ("opened", Value::Boolean(false)),
    ];
    let values = values.map(|(name, value)| (name.to_owned(), value));
    program.encode(&values.into()).unwrap()
}

fn challenge() -> TokenChallenge {
    let origin = "intake.example".to_owned();
    TokenChallenge::new(
        Ristretto255::token_type(),
        "intake.example",
        None,
        &[origin],
    )
}

#[tokio::test]
async fn their_issuer_answers_our_device() {
    let (store, server) = (
        MemoryKeyStoreVoprf::<Ristretto255>::default(),
        Server::new(),
    );
    let key = server.create_keypair(&store).await.unwrap();
    let program = program();
    let hosts = ["a.example", "b.example", "c.example"].map(|host| record(&program, host));
    let records: Vec<&Encoded> = hosts.iter().collect();
    let (asked, request) = randomness::ask(&program, EPOCH, &records, &mut OsRng).unwrap();
    // Their head, then our points: a list of 128 bytes.
    let (theirs, _) =
        AmortizedBatchTokenRequest::<Ristretto255>::new(key, &challenge(), 1).unwrap();
    let head = &theirs.tls_serialize_detached().unwrap()[..3];
    let bytes = [head, &[0x40, 0x80], &request[7..]].concat();
    let theirs = AmortizedBatchTokenRequest::tls_deserialize(&mut &bytes[..]).unwrap();
    let answer = server.issue_token_response(&store, theirs).await.unwrap();
    let answer = answer.tls_serialize_detached().unwrap();
    let answer = [&[1], &answer[2..]].concat();
    let public = PublicKey(<Ristretto255 as Group>::serialize_elem(key).into());
    assert_eq!(asked.finish(&public, &answer).unwrap().len(), 3);
}

#[test]
fn our_server_answers_their_client() {
    let program = program();
    let ours = EpochKey::of(&[1; 32], program.hash(), EPOCH);
    let key = <Ristretto255 as Group>::deserialize_elem(&ours.public().0).unwrap();
    let (request, state) =
        AmortizedBatchTokenRequest::<Ristretto255>::new(key, &challenge(), 4).unwrap();
    let request = request.tls_serialize_detached().unwrap();
    let mut bytes = vec![1];
    bytes.extend_from_slice(&program.number().0.to_be_bytes());
    bytes.extend_from_slice(&EPOCH.0.to_be_bytes());
    bytes.extend_from_slice(&request[5..]);
    let request = randomness::Request::parse(&bytes).unwrap();
    let answer = ours.answer(&request, &mut OsRng);
    let mut changed = [&[0x40, 0x80], &answer[1..]].concat();
    let response = AmortizedBatchTokenResponse::try_from_bytes(&changed).unwrap();
    assert_eq!(response.issue_tokens(&state).unwrap().len(), 4);
    changed[140] ^= 1;
    let refused = AmortizedBatchTokenResponse::try_from_bytes(&changed).unwrap();
    assert!(refused.issue_tokens(&state).is_err());
}
