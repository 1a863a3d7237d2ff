//! Both ends of an encapsulated exchange.

use ohttp::{
    ClientRequest, ClientResponse, KeyConfig, Server, ServerResponse, SymmetricSuite,
    hpke::{Aead, Kdf, Kem},
};
use sha2::{Digest, Sha256};

use super::{LONGEST_RESPONSE, OhttpError, Request, Response, UNIT};
use crate::{bytes::Reader, log::Hash};

silent!(GatewayKey, Reply, Waiting);

/// Key id, three algorithm numbers, the encapsulated key, the authenticator: RFC 9458, section 4.3.
const BESIDE_REQUEST: usize = 7 + 32 + 16;
/// The response nonce (as long as the suite's key) and the authenticator: section 4.4.
const BESIDE_RESPONSE: usize = 32 + 16;
/// The longest list of key configurations that is read.
const LONGEST_KEYS: usize = 4096;

fn suite() -> Vec<SymmetricSuite> {
    vec![SymmetricSuite::new(Kdf::HkdfSha256, Aead::ChaCha20Poly1305)]
}

/// The gateway's key.
#[derive(Clone)]
pub struct GatewayKey {
    server: Server,
    keys: Vec<u8>,
}

impl GatewayKey {
    /// Derives the key out of 32 random bytes. `id` tells one key from the next when it changes.
    ///
    /// # Errors
    /// [`OhttpError::Keys`] where the library refuses the bytes.
    pub fn of(id: u8, seed: &[u8; 32]) -> Result<Self, OhttpError> {
        let config = KeyConfig::derive(id, Kem::X25519Sha256, suite(), seed)
            .map_err(|_| OhttpError::Keys)?;
        let keys = KeyConfig::encode_list(&[&config]).map_err(|_| OhttpError::Keys)?;
        let server = Server::new(config).map_err(|_| OhttpError::Keys)?;
        Ok(Self { server, keys })
    }

    /// Returns what `/v1/ohttp-keys` answers, of type `application/ohttp-keys`.
    #[must_use]
    pub fn keys(&self) -> &[u8] {
        &self.keys
    }

    /// Returns the hash that the status names this key by.
    #[must_use]
    pub fn hash(&self) -> Hash {
        keys_hash(&self.keys)
    }

    /// Opens a request. Beside it, what seals the response.
    ///
    /// # Errors
    /// [`OhttpError::Size`] for anything but 512 bytes, [`OhttpError::Key`],
    /// [`OhttpError::Sealed`], [`OhttpError::Message`].
    pub fn open(&self, sealed: &[u8]) -> Result<(Request, Reply), OhttpError> {
        if sealed.len() != UNIT {
            return Err(OhttpError::Size(sealed.len()));
        }
        let (plain, response) = self
            .server
            .decapsulate(sealed)
            .map_err(|error| match error {
                ohttp::Error::KeyId => OhttpError::Key,
                _ => OhttpError::Sealed,
            })?;
        Ok((Request::parse(&plain)?, Reply { response }))
    }
}

/// Returns the hash that the status names a key configuration by.
#[must_use]
pub fn keys_hash(keys: &[u8]) -> Hash {
    Hash(Sha256::digest(keys).into())
}

/// Seals the response to one request.
pub struct Reply {
    response: ServerResponse,
}

impl Reply {
    /// Seals a response, filled to a multiple of 512 bytes.
    ///
    /// # Errors
    /// [`OhttpError::Long`] for more than 128 units.
    pub fn seal(self, response: &Response) -> Result<Vec<u8>, OhttpError> {
        let plain = response.to_bytes(BESIDE_RESPONSE, UNIT)?;
        if plain.len() + BESIDE_RESPONSE > LONGEST_RESPONSE {
            return Err(OhttpError::Long {
                length: response.body.len(),
                most: LONGEST_RESPONSE,
            });
        }
        self.response
            .encapsulate(&plain)
            .map_err(|_| OhttpError::Sealed)
    }
}

/// Opens the response to one request.
pub struct Waiting {
    response: ClientResponse,
}

/// Seals a request to a gateway, whose `/v1/ohttp-keys` answered `keys`: exactly 512 bytes. Beside
/// them, what opens the response. Random bytes come from the operating system.
///
/// # Errors
/// [`OhttpError::Keys`], [`OhttpError::Long`].
pub fn seal(keys: &[u8], request: &Request) -> Result<(Vec<u8>, Waiting), OhttpError> {
    if keys.len() > LONGEST_KEYS {
        return Err(OhttpError::Keys);
    }
    let config = ours(keys).ok_or(OhttpError::Keys)?;
    let mut config = KeyConfig::decode(&config).map_err(|_| OhttpError::Keys)?;
    let client = ClientRequest::from_config(&mut config).map_err(|_| OhttpError::Keys)?;
    let plain = request.to_bytes(UNIT - BESIDE_REQUEST)?;
    let (sealed, response) = client.encapsulate(&plain).map_err(|_| OhttpError::Keys)?;
    match sealed.len() {
        UNIT => Ok((sealed, Waiting { response })),
        _ => Err(OhttpError::Keys),
    }
}

/// Finds the first configuration with our suite in a list of them, and returns it with no other.
/// The library indexes into the suites it knows, and would panic where there is none.
///
/// `len 2 | key id 1 | KEM 2 | public key 32 | len 2 | (KDF 2 | AEAD 2) …`: RFC 9458, section 3.
fn ours(keys: &[u8]) -> Option<Vec<u8>> {
    const KEM: [u8; 2] = [0x00, 0x20];
    const SUITE: [u8; 4] = [0x00, 0x01, 0x00, 0x03];
    let mut list = Reader::new(keys);
    let mut found = None;
    while let Some(length) = list.u16() {
        let whole = list.take(usize::from(length))?;
        let mut config = Reader::new(whole);
        let head = config.take(1)?;
        if config.array() != Some(KEM) {
            continue;
        }
        let key = config.take(32)?;
        let suites = config.u16()?;
        let suites = config.take(usize::from(suites))?;
        config.end()?;
        if found.is_none() && suites.chunks(4).any(|suite| suite == SUITE) {
            found = Some([head, &KEM, key, &[0, 4], &SUITE].concat());
        }
    }
    list.end()?;
    found
}

impl Waiting {
    /// Opens the response.
    ///
    /// # Errors
    /// [`OhttpError::Size`], [`OhttpError::Sealed`], [`OhttpError::Message`].
    pub fn open(self, sealed: &[u8]) -> Result<Response, OhttpError> {
        let fits = (UNIT..=LONGEST_RESPONSE).contains(&sealed.len());
        if !fits || !sealed.len().is_multiple_of(UNIT) {
            return Err(OhttpError::Size(sealed.len()));
        }
        let plain = self
            .response
            .decapsulate(sealed)
            .map_err(|_| OhttpError::Sealed)?;
        Response::parse(&plain)
    }
}
