//! Oblivious HTTP: the vectors of its standards, one size for all requests, and every lie.

use candor_wire::ohttp::{
    GatewayKey, Method, OhttpError, Request, Response, UNIT, keys_hash, seal,
};

use crate::{made::Server, seeded::Seeded};

fn gateway() -> GatewayKey {
    GatewayKey::of(7, &[3; 32]).unwrap()
}

fn post(path: &str, body: Vec<u8>) -> Request {
    Request {
        method: Method::Post,
        path: path.to_owned(),
        body,
    }
}

#[test]
fn every_request_has_512_bytes_and_comes_back() {
    let gateway = gateway();
    let get = Request {
        method: Method::Get,
        path: "/v1/status".to_owned(),
        body: Vec::new(),
    };
    for request in [
        get,
        post("/v1/report", vec![5; 412]),
        post("/v1/withdraw", vec![1; 39]),
    ] {
        let (sealed, waiting) = seal(gateway.keys(), &request).unwrap();
        assert_eq!(sealed.len(), UNIT);
        let (opened, reply) = gateway.open(&sealed).unwrap();
        assert_eq!(opened, request);
        let response = Response {
            status: 409,
            content_type: Some("application/json".to_owned()),
            body: b"{\"error\":\"token-spent\"}".to_vec(),
        };
        let answer = reply.seal(&response).unwrap();
        assert_eq!(answer.len(), UNIT);
        assert_eq!(waiting.open(&answer).unwrap(), response);
    }
}

#[test]
fn the_longest_report_fits_one_unit_and_no_byte_more_than_that() {
    let gateway = gateway();
    let most = (0..UNIT)
        .rev()
        .find(|length| seal(gateway.keys(), &post("/v1/report", vec![0; *length])).is_ok());
    assert!(most.is_some_and(|most| most >= 412), "{most:?}");
    let long = seal(gateway.keys(), &post("/v1/report", vec![0; 500])).unwrap_err();
    assert!(matches!(long, OhttpError::Long { most: 457, .. }), "{long}");
    let mut rng = Seeded::new(1);
    let report = Server::new().report("harm.example", &mut rng).0.to_bytes();
    let (sealed, _) = seal(gateway.keys(), &post("/v1/report", report.clone())).unwrap();
    assert_eq!(gateway.open(&sealed).unwrap().0.body, report);
}

#[test]
fn long_answers_fill_whole_units() {
    let gateway = gateway();
    for length in [0, 1, 400, 464, 465, 2000, 60_000] {
        let request = Request {
            method: Method::Get,
            path: "/".to_owned(),
            body: Vec::new(),
        };
        let (sealed, waiting) = seal(gateway.keys(), &request).unwrap();
        let (_, reply) = gateway.open(&sealed).unwrap();
        let response = Response {
            status: 200,
            content_type: None,
            body: vec![9; length],
        };
        let answer = reply.seal(&response).unwrap();
        assert_eq!(answer.len() % UNIT, 0, "{length}");
        assert!(answer.len() < length + 2 * UNIT, "{length}");
        assert_eq!(waiting.open(&answer).unwrap(), response);
    }
    let (sealed, _) = seal(gateway.keys(), &post("/", Vec::new())).unwrap();
    let (_, reply) = gateway.open(&sealed).unwrap();
    let response = Response {
        status: 200,
        content_type: None,
        body: vec![9; 70_000],
    };
    assert!(matches!(
        reply.seal(&response),
        Err(OhttpError::Long { .. })
    ));
}

#[test]
fn what_is_not_for_this_gateway_or_was_changed_is_refused() {
    let gateway = gateway();
    let (sealed, waiting) = seal(gateway.keys(), &post("/v1/report", vec![1; 220])).unwrap();
    assert_eq!(
        gateway.open(&sealed[..511]).unwrap_err(),
        OhttpError::Size(511)
    );
    assert_eq!(gateway.open(&[]).unwrap_err(), OhttpError::Size(0));
    assert_eq!(
        gateway.open(&[0; 1024]).unwrap_err(),
        OhttpError::Size(1024)
    );
    let elsewhere = GatewayKey::of(8, &[3; 32]).unwrap();
    assert_eq!(elsewhere.open(&sealed).unwrap_err(), OhttpError::Key);
    let rotated = GatewayKey::of(7, &[4; 32]).unwrap();
    assert_eq!(rotated.open(&sealed).unwrap_err(), OhttpError::Sealed);
    for at in 0..sealed.len() {
        let mut changed = sealed.clone();
        changed[at] ^= 1;
        assert!(gateway.open(&changed).is_err(), "byte {at}");
    }
    let (_, reply) = gateway.open(&sealed).unwrap();
    let response = Response {
        status: 200,
        content_type: None,
        body: Vec::new(),
    };
    let mut answer = reply.seal(&response).unwrap();
    answer[100] ^= 1;
    assert_eq!(waiting.open(&answer).unwrap_err(), OhttpError::Sealed);
    assert_ne!(gateway.hash(), rotated.hash());
    assert_eq!(gateway.hash(), keys_hash(gateway.keys()));
    for wrong in [
        &[][..],
        &[0; 3],
        &[0; 5000],
        &gateway.keys()[1..],
        &gateway.keys()[..20],
    ] {
        assert_eq!(
            seal(wrong, &post("/", Vec::new())).unwrap_err(),
            OhttpError::Keys
        );
    }
}

#[test]
fn a_gateway_without_our_suite_is_no_gateway() {
    // Only HKDF-SHA512, which the library reads and does not speak.
    let mut keys = gateway().keys().to_vec();
    let last = keys.len() - 4;
    assert_eq!(keys[last..], [0, 1, 0, 3]);
    keys[last + 1] = 3;
    assert_eq!(
        seal(&keys, &post("/", Vec::new())).unwrap_err(),
        OhttpError::Keys
    );
    // Beside another it is found, and nothing may be cut off behind it.
    let both = [&keys, gateway().keys()].concat();
    let (sealed, _) = seal(&both, &post("/", Vec::new())).unwrap();
    assert!(gateway().open(&sealed).is_ok());
    let cut = &both[..both.len() - 1];
    assert_eq!(
        seal(cut, &post("/", Vec::new())).unwrap_err(),
        OhttpError::Keys
    );
}

#[test]
fn paths_that_are_none_are_not_sent() {
    for wrong in [
        "",
        "v1",
        "/a b",
        "/\u{e4}",
        &format!("/{}", "a".repeat(128)),
    ] {
        let refused = seal(gateway().keys(), &post(wrong, Vec::new())).unwrap_err();
        assert_eq!(refused.code(), "ohttp-message", "{wrong}");
    }
}
