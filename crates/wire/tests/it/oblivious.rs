//! RFC 9458 written a second time over another HPKE: it gives the bytes of the standard's own
//! example, and it understands both of our ends.

use aes_gcm::{Aes128Gcm, KeyInit as _, aead::Aead as _};
use candor_wire::ohttp::{GatewayKey, Method, Request, Response, UNIT, seal};
use chacha20poly1305::{ChaCha20Poly1305, KeyInit as _, aead::Aead as _};
use hkdf::Hkdf;
use hpke::{
    Deserializable, Kem, OpModeR, OpModeS, Serializable,
    aead::{Aead, AesGcm128, ChaCha20Poly1305 as HpkeChaCha},
    kdf::HkdfSha256,
    kem::X25519HkdfSha256,
    setup_receiver, setup_sender,
};
use sha2::Sha256;

type PrivateKey = <X25519HkdfSha256 as Kem>::PrivateKey;

fn bytes(text: &str) -> Vec<u8> {
    let pair = |at: usize| u8::from_str_radix(&text[at..at + 2], 16).unwrap();
    (0..text.len()).step_by(2).map(pair).collect()
}

/// Section 4.3: the info string of a request's header.
fn info(header: &[u8]) -> Vec<u8> {
    [b"message/bhttp request\0", header].concat()
}

/// Opens a request; beside what is in it, the secret of the response (section 4.4).
fn opened<A: Aead>(key: &PrivateKey, request: &[u8], length: usize) -> (Vec<u8>, Vec<u8>) {
    let encapped = <X25519HkdfSha256 as Kem>::EncappedKey::from_bytes(&request[7..39]).unwrap();
    let mut context = setup_receiver::<A, HkdfSha256, X25519HkdfSha256>(
        &OpModeR::Base,
        key,
        &encapped,
        &info(&request[..7]),
    )
    .unwrap();
    let plain = context.open(&request[39..], &[]).unwrap();
    let mut secret = vec![0; length];
    context
        .export(b"message/bhttp response", &mut secret)
        .unwrap();
    (plain, secret)
}

/// Key and nonce of a response (section 4.4).
fn response_keys(secret: &[u8], encapped: &[u8], nonce: &[u8]) -> (Vec<u8>, Vec<u8>) {
    let salt = [encapped, nonce].concat();
    let hkdf = Hkdf::<Sha256>::new(Some(&salt), secret);
    let (mut key, mut iv) = (vec![0; secret.len()], vec![0; 12]);
    hkdf.expand(b"key", &mut key).unwrap();
    hkdf.expand(b"nonce", &mut iv).unwrap();
    (key, iv)
}

#[test]
fn the_example_of_the_standard_holds() {
    // RFC 9458, appendix A.
    let key = bytes("3c168975674b2fa8e465970b79c8dcf09f1c741626480bd4c6162fc5b6a98e1a");
    let key = PrivateKey::from_bytes(&key).unwrap();
    let request = bytes(
        "010020000100014b28f881333e7c164ffc499ad9796f877f4e1051ee6d31bad19dec96c208b4726374e4691359\
         06992e1268c594d2a10c695d858c40a026e7965e7d86b83dd440b2c0185204b4d63525"
            .replace(' ', "")
            .as_str(),
    );
    let (plain, secret) = opened::<AesGcm128>(&key, &request, 16);
    assert_eq!(
        plain,
        bytes("00034745540568747470730b6578616d706c652e636f6d012f")
    );
    assert_eq!(secret, bytes("62d87a6ba569ee81014c2641f52bea36"));
    let answer = bytes("c789e7151fcba46158ca84b04464910d86f9013e404feea014e7be4a441f234f857fbd");
    let (key, iv) = response_keys(&secret, &request[7..39], &answer[..16]);
    assert_eq!(key, bytes("5d0172a080e428b16d298c4ea0db620d"));
    assert_eq!(iv, bytes("f6bf1aeb88d6df87007fa263"));
    let cipher = Aes128Gcm::new_from_slice(&key).unwrap();
    let iv: [u8; 12] = iv.try_into().unwrap();
    assert_eq!(
        cipher.decrypt(&iv.into(), &answer[16..]).unwrap(),
        bytes("0140c8")
    );
    // Its key configuration is one that our devices can send to.
    let config = bytes(
        "01002031e1f05a740102115220e9af918f738674aec95f54db6e04eb705aae8e79815500080001000100010003",
    );
    let list = [
        &u16::try_from(config.len()).unwrap().to_be_bytes()[..],
        &config,
    ]
    .concat();
    let request = Request {
        method: Method::Get,
        path: "/".to_owned(),
        body: Vec::new(),
    };
    assert_eq!(seal(&list, &request).unwrap().0.len(), UNIT);
}

#[test]
fn our_device_is_understood_and_understands() {
    let seed = [3; 32];
    let gateway = GatewayKey::of(7, &seed).unwrap();
    let (key, public) = X25519HkdfSha256::derive_keypair(&seed);
    assert_eq!(
        gateway.keys()[5..37],
        public.to_bytes()[..],
        "RFC 9180, DeriveKeyPair"
    );
    let path = "/v1/withdraw".to_owned();
    let request = Request {
        method: Method::Post,
        path,
        body: vec![1; 39],
    };
    let (sealed, waiting) = seal(gateway.keys(), &request).unwrap();
    let (plain, secret) = opened::<HpkeChaCha>(&key, &sealed, 32);
    assert!(plain.starts_with(b"\x00\x04POST\x05https\x00\x0c/v1/withdraw\x00\x27\x01"));
    // A response of this implementation, filled to a whole unit.
    let nonce = [5; 32];
    let (key, iv) = response_keys(&secret, &sealed[7..39], &nonce);
    let mut message = b"\x01\x40\xcc".to_vec();
    message.resize(UNIT - 48, 0);
    let cipher = ChaCha20Poly1305::new_from_slice(&key).unwrap();
    let answer = cipher.encrypt(iv.as_slice().into(), &message[..]).unwrap();
    let response = waiting.open(&[&nonce[..], &answer].concat()).unwrap();
    assert_eq!(
        response,
        Response {
            status: 204,
            content_type: None,
            body: Vec::new()
        }
    );
}

#[test]
fn our_gateway_understands_and_is_understood() {
    let seed = [4; 32];
    let gateway = GatewayKey::of(9, &seed).unwrap();
    let (_, public) = X25519HkdfSha256::derive_keypair(&seed);
    let header = [9, 0, 0x20, 0, 1, 0, 3];
    let (encapped, mut context) = setup_sender::<HpkeChaCha, HkdfSha256, X25519HkdfSha256>(
        &OpModeS::Base,
        &public,
        &info(&header),
    )
    .unwrap();
    let encapped = encapped.to_bytes();
    let mut message = b"\x00\x03GET\x05https\x00\x0a/v1/status".to_vec();
    message.resize(UNIT - 55, 0);
    let sealed = context.seal(&message, &[]).unwrap();
    let (request, reply) = gateway
        .open(&[&header, &encapped[..], &sealed].concat())
        .unwrap();
    assert_eq!(
        (request.method, request.path.as_str()),
        (Method::Get, "/v1/status")
    );
    let response = Response {
        status: 200,
        content_type: None,
        body: b"x".to_vec(),
    };
    let answer = reply.seal(&response).unwrap();
    let mut secret = [0; 32];
    context
        .export(b"message/bhttp response", &mut secret)
        .unwrap();
    let (key, iv) = response_keys(&secret, &encapped, &answer[..32]);
    let cipher = ChaCha20Poly1305::new_from_slice(&key).unwrap();
    let plain = cipher.decrypt(iv.as_slice().into(), &answer[32..]).unwrap();
    assert!(plain.starts_with(b"\x01\x40\xc8\x00\x01x\x00"));
}
