//! Each codec on any bytes: the fuzz targets and the tests on their seeds call these.
//!
//! What is read is written again and must be the bytes that were read; whatever is refused must
//! be refused without a panic.

use crate::{
    Day, PublicKey, Report, enrol,
    log::{Bundle, Checkpoint, Hash, Leaf, Proof, verify_consistency, verify_inclusion},
    note::Verifier,
    randomness,
    release::Release,
    status, token, withdraw,
};

/// The base point of ristretto255, RFC 9496, appendix A.1: a key that is a point.
const BASE_POINT: [u8; 32] = [
    0xe2, 0xf2, 0xae, 0x0a, 0x6a, 0xbc, 0x4e, 0x71, 0xa8, 0x84, 0xa9, 0x61, 0xc5, 0x00, 0x51, 0x5f,
    0x58, 0xe3, 0x0b, 0x6a, 0xa5, 0x82, 0xdd, 0x8d, 0xb6, 0xa6, 0x59, 0x45, 0xe0, 0x8d, 0x2d, 0x76,
];

/// Reads a report, and what else a device sends to the receiver.
///
/// # Panics
/// Where what was read is not written as it was.
pub fn report(bytes: &[u8]) {
    if let Ok(report) = Report::parse(bytes) {
        assert_eq!(report.to_bytes(), bytes, "a report has one form");
    }
    if let Ok(withdrawal) = withdraw::Withdrawal::parse(bytes) {
        assert_eq!(withdrawal.to_bytes(), bytes, "a withdrawal has one form");
    }
}

/// Reads both sides of an exchange with the randomness server.
///
/// # Panics
/// Where a stored value is not written as it was.
pub fn randomness(bytes: &[u8]) {
    let _ = randomness::Request::parse(bytes);
    if let Some(randomness) = randomness::Randomness::from_bytes(bytes) {
        assert_eq!(
            &randomness.to_bytes()[..],
            bytes,
            "a stored value has one form"
        );
    }
    let _ = randomness::read_answer(bytes, &PublicKey(BASE_POINT));
}

/// Reads both sides of an exchange with the issuer, and what a device stores of it.
///
/// # Panics
/// Where a stored value is not written as it was.
pub fn token(bytes: &[u8]) {
    let _ = token::Request::parse(bytes);
    if let Some(token) = token::Token::from_bytes(bytes) {
        assert_eq!(&token.to_bytes()[..], bytes, "a stored token has one form");
    }
    if let Some(asked) = token::Asked::from_bytes(bytes) {
        assert_eq!(
            &asked.to_bytes()[..],
            bytes,
            "a stored request has one form"
        );
    }
    if let Ok(request) = enrol::Request::parse(bytes) {
        let _ = request.check(&PublicKey([0; 32]), Day(0), 0);
    }
}

/// Reads a status: first as a signed note, then as the text under a signature that would hold.
pub fn status(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    let verifier = Verifier::new("fuzz", PublicKey([0; 32])).expect("a plain name");
    let _ = status::Status::open(text, &verifier, 0);
    let _ = text.parse::<Verifier>();
    let _ = status::read_text(text, "fuzz");
}

/// Reads a release of lists: first as a signed note, then as the text under a signature that would hold.
///
/// # Panics
/// Where a release is not written as it was read.
pub fn release(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    let verifier = Verifier::new("fuzz", PublicKey([0; 32])).expect("a plain name");
    let _ = Release::open(text, &verifier);
    if let Ok(release) = Release::parse(text) {
        assert_eq!(release.text(), text, "a release has one form");
    }
}

/// Reads a checkpoint, a leaf, a bundle and a proof, and runs the proofs on whatever is in them.
///
/// # Panics
/// Where a leaf is not written as it was read.
pub fn log(bytes: &[u8]) {
    if let Ok(leaf) = Leaf::parse(bytes) {
        assert_eq!(leaf.to_bytes().as_deref(), Ok(bytes), "a leaf has one form");
    }
    if let Some(leaves) = Bundle::read(bytes) {
        assert_eq!(
            Bundle::bytes(leaves).as_deref(),
            Some(bytes),
            "a bundle has one form"
        );
    }
    let hashes: Vec<Hash> = bytes
        .chunks_exact(32)
        .filter_map(|chunk| chunk.try_into().ok().map(Hash))
        .collect();
    if let [first, second, path @ ..] = &hashes[..] {
        let number =
            |at: usize| u64::from_le_bytes(first.0[at..at + 8].try_into().unwrap_or_default());
        let _ = verify_inclusion(first, number(0), number(8), path, second);
        let _ = verify_consistency(number(16), first, number(24), second, path);
    }
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    let verifier = Verifier::new("fuzz", PublicKey([0; 32])).expect("a plain name");
    let _ = Checkpoint::open(text, &verifier);
    let _ = Checkpoint::read(text);
    if let Ok(proof) = Proof::parse(text) {
        let _ = proof.check(&Hash([0; 32]), &verifier);
    }
}

/// Reads a gateway's key configurations, a sealed message, and what a message holds inside.
#[cfg(feature = "ohttp")]
pub fn ohttp(bytes: &[u8]) {
    use crate::ohttp::{self, GatewayKey, Method, Request};

    let request = Request {
        method: Method::Get,
        path: "/".to_owned(),
        body: Vec::new(),
    };
    let _ = ohttp::seal(bytes, &request);
    let gateway = GatewayKey::of(1, &[1; 32]).expect("any seed is a key");
    let _ = gateway.open(bytes);
    if let Ok((_, waiting)) = ohttp::seal(gateway.keys(), &request) {
        let _ = waiting.open(bytes);
    }
    ohttp::read_inner(bytes);
}
