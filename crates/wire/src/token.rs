//! Tokens: an enrolment gets one a lane and epoch, and none says whose it is.
//!
//! A POPRF (RFC 9497, ristretto255-SHA512, mode POPRF) with program, epoch and lane as its public
//! part: the issuer signs blinded nonces, and cannot know them again when they are spent. A tag
//! has one lane, so one enrolment adds at most one share to a tag.
//!
//! ```text
//! request   ver 1 | prog 2 | epoch 4 | install key 32 | point 32 × 8 | signature 64
//! response  ver 1 | (point 32 | proof 64) × 8
//! ```

use hmac::{Hmac, Mac};
use rand_core::CryptoRngCore;
use sha2::Sha256;
use subtle::ConstantTimeEq;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::{
    Epoch, Lane, Nonce, Program, ProgramHash, ProgramNumber, PublicKey, Report,
    bytes::{Reader, VERSION, from_head},
    enrol::InstallKey,
    group::{self, Blinded, ELEMENT, Evaluated, OUTPUT, PROOF, PoprfClient, PoprfServer, Proof},
    hash, note,
    program::LANES,
};

silent!(Token, Asked, IssuerKey);

/// Bytes of a request.
pub const REQUEST: usize = SIGNED + 64;
/// Bytes of a response.
pub const RESPONSE: usize = 1 + LANES as usize * (ELEMENT + PROOF);
/// Bytes of a request that its signature is over.
const SIGNED: usize = 7 + 32 + LANES as usize * ELEMENT;
/// Bytes of one lane in a stored [`Asked`]: nonce, blind, blinded point.
const ASKED_LANE: usize = 32 + 2 * ELEMENT;

/// Why bytes are no request, an answer is not accepted, or a report's token is no good.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// Fewer or more bytes than there must be.
    #[error("the message is cut short or has bytes after its end")]
    Length,
    /// Another version of the protocol.
    #[error("the message is of protocol version {0}, this is {VERSION}")]
    Version(u8),
    /// A point is the identity or not in its canonical form.
    #[error("a point is the identity or not in canonical form")]
    Point,
    /// The request names another program.
    #[error("the request is about another program")]
    Program,
    /// The request is not signed by the install key in it.
    #[error("the request is not signed by its install key")]
    Signature,
    /// The public key is no point.
    #[error("the published key is not a point of the group")]
    Key,
    /// The proof is no pair of scalars.
    #[error("the proof is not two scalars in canonical form")]
    ProofForm,
    /// The proof does not hold: the issuer used another key than the one it published.
    #[error("the proof does not hold: the issuer did not use the key it published")]
    Proof,
    /// The mac of a report is not that of its token, program, epoch, lane and bytes.
    #[error("the report's token is not one of this issuer, or the report was changed")]
    Mac,
}

from_head!(TokenError);

impl TokenError {
    /// Returns the stable code that a server answers with.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Length => "token-length",
            Self::Version(_) => "protocol-version",
            Self::Point => "token-point",
            Self::Program => "wrong-program",
            Self::Signature => "token-signature",
            Self::Key | Self::ProofForm | Self::Proof => "token-proof",
            Self::Mac => "token-invalid",
        }
    }
}

/// The right to send one report of one lane. Making a report uses it up.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct Token {
    #[zeroize(skip)]
    pub(crate) program: ProgramHash,
    #[zeroize(skip)]
    pub(crate) epoch: Epoch,
    #[zeroize(skip)]
    pub(crate) lane: Lane,
    #[zeroize(skip)]
    pub(crate) nonce: Nonce,
    output: [u8; OUTPUT],
}

impl Token {
    /// Returns which lane it is for.
    #[must_use]
    pub fn lane(&self) -> Lane {
        self.lane
    }

    /// Returns which epoch it is for.
    #[must_use]
    pub fn epoch(&self) -> Epoch {
        self.epoch
    }

    /// Returns its nonce, which a report carries.
    #[must_use]
    pub fn nonce(&self) -> &Nonce {
        &self.nonce
    }

    /// Returns it for a store that only the person can read. Who stores it must take it out of the
    /// store in the same step in which a report is made of it.
    #[must_use]
    pub fn to_bytes(&self) -> Zeroizing<Vec<u8>> {
        let mut bytes = Zeroizing::new(Vec::with_capacity(32 + 4 + 1 + 32 + OUTPUT));
        bytes.extend_from_slice(&self.program.0);
        bytes.extend_from_slice(&self.epoch.0.to_be_bytes());
        bytes.push(self.lane.0);
        bytes.extend_from_slice(&self.nonce.0);
        bytes.extend_from_slice(&self.output);
        bytes
    }

    /// Reads what [`Self::to_bytes`] wrote; `None` for anything else.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let mut reader = Reader::new(bytes);
        let token = Self {
            program: ProgramHash(reader.array()?),
            epoch: Epoch(reader.u32()?),
            lane: Lane(reader.u8().filter(|lane| *lane < LANES)?),
            nonce: Nonce(reader.array()?),
            output: reader.array()?,
        };
        reader.end()?;
        Some(token)
    }

    /// Returns the mac of a report's bytes under this token.
    pub(crate) fn mac(&self, report: &Report) -> [u8; 16] {
        mac_of(&self.output, report)
    }
}

/// What a device must remember until the issuer's answer came.
///
/// An issuer answers one request an enrolment and epoch, and the same bytes again: keep
/// [`Self::to_bytes`] and send [`Self::request`] as it is when an answer was lost.
pub struct Asked {
    program: ProgramHash,
    epoch: Epoch,
    request: Vec<u8>,
    nonces: Vec<Nonce>,
    clients: Vec<PoprfClient>,
}

/// Asks for the tokens of one epoch, one a lane.
#[must_use]
pub fn ask(
    program: &Program,
    epoch: Epoch,
    install: &InstallKey,
    rng: &mut impl CryptoRngCore,
) -> Asked {
    let mut request = vec![VERSION];
    request.extend_from_slice(&program.number().0.to_be_bytes());
    request.extend_from_slice(&epoch.0.to_be_bytes());
    request.extend_from_slice(&install.public().0);
    let mut nonces = Vec::new();
    let mut clients = Vec::new();
    for _ in 0..LANES {
        let mut nonce = Nonce([0; 32]);
        rng.fill_bytes(&mut nonce.0);
        let blinded = PoprfClient::blind(&nonce.0, rng).expect("a nonce has 32 bytes");
        request.extend_from_slice(&blinded.message.serialize());
        nonces.push(nonce);
        clients.push(blinded.state);
    }
    let signature = install.sign(&signed_message(program.hash(), &request));
    request.extend_from_slice(&signature);
    Asked {
        program: *program.hash(),
        epoch,
        request,
        nonces,
        clients,
    }
}

impl Asked {
    /// Returns the bytes to send.
    #[must_use]
    pub fn request(&self) -> &[u8] {
        &self.request
    }

    /// Verifies the answer against the key that the issuer published, and returns the tokens, one
    /// a lane, in the order of the lanes.
    ///
    /// # Errors
    /// [`TokenError`]: nothing of an answer is used whose proofs do not all hold.
    pub fn finish(self, key: &PublicKey, response: &[u8]) -> Result<Vec<Token>, TokenError> {
        let key = group::point(key).ok_or(TokenError::Key)?;
        let mut reader = Reader::new(response);
        reader.version()?;
        let mut tokens = Vec::with_capacity(usize::from(LANES));
        for ((lane, nonce), client) in (0..LANES).zip(&self.nonces).zip(&self.clients) {
            let point = reader.take(ELEMENT).ok_or(TokenError::Length)?;
            let point = Evaluated::deserialize(point).map_err(|_| TokenError::Point)?;
            let proof = reader.take(PROOF).ok_or(TokenError::Length)?;
            let proof = Proof::deserialize(proof).map_err(|_| TokenError::ProofForm)?;
            let lane = Lane(lane);
            let info = info_of(&self.program, self.epoch, lane);
            let output = client
                .finalize(&nonce.0, &point, &proof, key, Some(&info))
                .map_err(|_| TokenError::Proof)?;
            tokens.push(Token {
                program: self.program,
                epoch: self.epoch,
                lane,
                nonce: *nonce,
                output: output.into(),
            });
        }
        reader.end().ok_or(TokenError::Length)?;
        Ok(tokens)
    }

    /// Returns it for a store that only the person can read.
    #[must_use]
    pub fn to_bytes(&self) -> Zeroizing<Vec<u8>> {
        let mut bytes = Zeroizing::new(Vec::new());
        bytes.extend_from_slice(&self.program.0);
        bytes.extend_from_slice(&self.request);
        for (nonce, client) in self.nonces.iter().zip(&self.clients) {
            bytes.extend_from_slice(&nonce.0);
            bytes.extend_from_slice(&Zeroizing::new(<[u8; 64]>::from(client.serialize()))[..]);
        }
        bytes
    }

    /// Reads what [`Self::to_bytes`] wrote; `None` for anything else.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let mut reader = Reader::new(bytes);
        let program = ProgramHash(reader.array()?);
        let request = reader.take(REQUEST)?.to_vec();
        let epoch = Request::parse(&request).ok()?.epoch;
        let mut nonces = Vec::new();
        let mut clients = Vec::new();
        for _ in 0..LANES {
            let mut lane = Reader::new(reader.take(ASKED_LANE)?);
            nonces.push(Nonce(lane.array()?));
            clients.push(PoprfClient::deserialize(lane.take(2 * ELEMENT)?).ok()?);
        }
        reader.end()?;
        Some(Self {
            program,
            epoch,
            request,
            nonces,
            clients,
        })
    }
}

/// A request as the issuer reads it. Its signature is not checked yet.
#[derive(Clone)]
pub struct Request {
    program: ProgramNumber,
    epoch: Epoch,
    install: PublicKey,
    points: Vec<Blinded>,
    signed: Vec<u8>,
    signature: [u8; 64],
}

impl std::fmt::Debug for Request {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "Request({}, {})", self.program, self.epoch)
    }
}

impl Request {
    /// Reads a request.
    ///
    /// # Errors
    /// [`TokenError`] for a wrong length, another version, the identity, a point in another form
    /// than its canonical one.
    pub fn parse(bytes: &[u8]) -> Result<Self, TokenError> {
        let (signed, signature) = bytes.split_at_checked(SIGNED).ok_or(TokenError::Length)?;
        let signature = signature.try_into().map_err(|_| TokenError::Length)?;
        let mut reader = Reader::new(signed);
        reader.version()?;
        let head = (|| Some((reader.u16()?, reader.u32()?, reader.array()?)))();
        let (program, epoch, install) = head.ok_or(TokenError::Length)?;
        let points = reader
            .take(usize::from(LANES) * ELEMENT)
            .ok_or(TokenError::Length)?;
        let points = points.chunks_exact(ELEMENT).map(Blinded::deserialize);
        Ok(Self {
            program: ProgramNumber(program),
            epoch: Epoch(epoch),
            install: PublicKey(install),
            points: points
                .collect::<Result<_, _>>()
                .map_err(|_| TokenError::Point)?,
            signed: signed.to_vec(),
            signature,
        })
    }

    /// Returns which program it is about.
    #[must_use]
    pub fn program(&self) -> ProgramNumber {
        self.program
    }

    /// Returns which epoch it is about.
    #[must_use]
    pub fn epoch(&self) -> Epoch {
        self.epoch
    }

    /// Returns the key of the installation that asks. The issuer must know it from an enrolment,
    /// and answer it once an epoch (the same bytes as often as they come).
    #[must_use]
    pub fn install(&self) -> &PublicKey {
        &self.install
    }

    /// Checks that it is about this program and signed by its install key.
    ///
    /// # Errors
    /// [`TokenError::Program`], [`TokenError::Signature`].
    pub fn check(&self, program: &Program) -> Result<(), TokenError> {
        if self.program != program.number() {
            return Err(TokenError::Program);
        }
        let message = signed_message(program.hash(), &self.signed);
        match note::is_signed(&self.install, &message, &self.signature) {
            true => Ok(()),
            false => Err(TokenError::Signature),
        }
    }
}

/// The issuer's key. Who checks tokens needs it too: the function can be verified in private only.
pub struct IssuerKey {
    server: PoprfServer,
}

impl IssuerKey {
    /// Derives the key out of 32 random bytes, which are what is stored and destroyed.
    #[must_use]
    pub fn of(seed: &[u8; 32]) -> Self {
        Self {
            server: group::poprf_key(seed, &hash::message("issuer key", &[])),
        }
    }

    /// Returns the key that is published.
    #[must_use]
    pub fn public(&self) -> PublicKey {
        group::public_key(self.server.get_public_key())
    }

    /// Answers a request, with a proof a lane that this key was used.
    ///
    /// # Errors
    /// What [`Request::check`] refuses: a request that is not signed gets no token.
    pub fn issue(
        &self,
        program: &Program,
        request: &Request,
        rng: &mut impl CryptoRngCore,
    ) -> Result<Vec<u8>, TokenError> {
        request.check(program)?;
        let mut bytes = Vec::with_capacity(RESPONSE);
        bytes.push(VERSION);
        for (lane, point) in (0..LANES).zip(&request.points) {
            let info = info_of(program.hash(), request.epoch, Lane(lane));
            let answer = self
                .server
                .blind_evaluate(rng, point, Some(&info))
                .map_err(|_| TokenError::Key)?;
            bytes.extend_from_slice(&answer.message.serialize());
            bytes.extend_from_slice(&answer.proof.serialize());
        }
        Ok(bytes)
    }

    /// Checks that a report carries a token of this issuer for this program, its epoch and its
    /// lane, and that no byte of it was changed since. Whether the token was spent before is for
    /// the storage to say.
    ///
    /// # Errors
    /// [`TokenError::Program`], [`TokenError::Mac`].
    pub fn redeem(&self, program: &Program, report: &Report) -> Result<(), TokenError> {
        if report.program() != program.number() {
            return Err(TokenError::Program);
        }
        let info = info_of(program.hash(), report.epoch(), report.lane());
        let output = self
            .server
            .evaluate(&report.nonce().0, Some(&info))
            .map_err(|_| TokenError::Mac)?;
        let output = Zeroizing::new(<[u8; OUTPUT]>::from(output));
        match mac_of(&output, report)[..].ct_eq(&report.mac).into() {
            true => Ok(()),
            false => Err(TokenError::Mac),
        }
    }
}

/// The public part of the function: `P`, epoch and lane.
fn info_of(program: &ProgramHash, epoch: Epoch, lane: Lane) -> Vec<u8> {
    hash::message("token", &[&program.0, &epoch.0.to_be_bytes(), &[lane.0]])
}

fn signed_message(program: &ProgramHash, request: &[u8]) -> Vec<u8> {
    hash::message("token request", &[&program.0, request])
}

fn mac_of(output: &[u8; OUTPUT], report: &Report) -> [u8; 16] {
    let mut mac = <Hmac<Sha256> as Mac>::new_from_slice(output).expect("HMAC takes any key");
    mac.update(&report.unsigned_bytes());
    let full: [u8; 32] = mac.finalize().into_bytes().into();
    let mut cut = [0; 16];
    cut.copy_from_slice(&full[..16]);
    cut
}
