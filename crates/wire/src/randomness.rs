//! Randomness of a text: the same for everyone who asks about it in one epoch, and known to nobody
//! who does not ask.
//!
//! A VOPRF (RFC 9497, ristretto255-SHA512, mode VOPRF): the server sees blinded points, the device
//! verifies by a proof that the server used the one key it published. Always four points are
//! asked for, so that their number says nothing.
//!
//! ```text
//! request   ver 1 | prog 2 | epoch 4 | point 32 × 4
//! response  ver 1 | point 32 × 4 | proof 64
//! ```

use rand_core::CryptoRngCore;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::{
    Encoded, Epoch, Program, ProgramHash, ProgramNumber, PublicKey,
    bytes::{Reader, VERSION, from_head},
    group::{self, Blinded, ELEMENT, Evaluated, OUTPUT, PROOF, Proof, VoprfClient, VoprfServer},
};

silent!(Randomness, Asked, EpochKey);

/// Points in every request.
pub const BATCH: usize = 4;
/// Bytes of a request.
pub const REQUEST: usize = 7 + BATCH * ELEMENT;
/// Bytes of a response.
pub const RESPONSE: usize = 1 + BATCH * ELEMENT + PROOF;
/// Bytes of a [`Randomness`] in a store.
const STORED: usize = 32 + 4 + OUTPUT;

/// Why bytes are no request, or an answer is not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RandomnessError {
    /// Fewer or more bytes than there must be.
    #[error("the message is cut short or has bytes after its end")]
    Length,
    /// Another version of the protocol.
    #[error("the message is of protocol version {0}, this is {VERSION}")]
    Version(u8),
    /// A point is the identity or not in its canonical form.
    #[error("a point is the identity or not in canonical form")]
    Point,
    /// The public key is no point.
    #[error("the published key is not a point of the group")]
    Key,
    /// The proof is no pair of scalars.
    #[error("the proof is not two scalars in canonical form")]
    ProofForm,
    /// The proof does not hold: the server used another key than the one it published.
    #[error("the proof does not hold: the server did not use the key it published")]
    Proof,
    /// No text, or more than fit one request.
    #[error("{0} texts: a request is about 1 to 4")]
    Count(usize),
}

from_head!(RandomnessError);

impl RandomnessError {
    /// Returns the stable code that a server answers with.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Length | Self::Count(_) => "randomness-length",
            Self::Version(_) => "protocol-version",
            Self::Point => "randomness-point",
            Self::Key | Self::ProofForm | Self::Proof => "randomness-proof",
        }
    }
}

/// The output of the function for one text: who has it can compute the text's secret.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct Randomness {
    #[zeroize(skip)]
    pub(crate) program: ProgramHash,
    #[zeroize(skip)]
    pub(crate) epoch: Epoch,
    pub(crate) output: [u8; OUTPUT],
}

impl Randomness {
    /// Returns it for a store that only the person can read.
    #[must_use]
    pub fn to_bytes(&self) -> Zeroizing<Vec<u8>> {
        let mut bytes = Zeroizing::new(Vec::with_capacity(STORED));
        bytes.extend_from_slice(&self.program.0);
        bytes.extend_from_slice(&self.epoch.0.to_be_bytes());
        bytes.extend_from_slice(&self.output);
        bytes
    }

    /// Reads what [`Self::to_bytes`] wrote; `None` for anything of another length.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let mut reader = Reader::new(bytes);
        let randomness = Self {
            program: ProgramHash(reader.array()?),
            epoch: Epoch(reader.u32()?),
            output: reader.array()?,
        };
        reader.end()?;
        Some(randomness)
    }
}

/// What a device must remember between its request and the answer.
pub struct Asked {
    program: ProgramHash,
    epoch: Epoch,
    texts: usize,
    inputs: Zeroizing<Vec<Vec<u8>>>,
    clients: Vec<VoprfClient>,
}

/// Asks for the randomness of 1 to 4 texts. Beside what must be remembered, the bytes to send.
///
/// Asked again, the same texts give other bytes.
///
/// # Errors
/// [`RandomnessError::Count`] for no text or more than four.
pub fn ask(
    program: &Program,
    epoch: Epoch,
    records: &[&Encoded],
    rng: &mut impl CryptoRngCore,
) -> Result<(Asked, Vec<u8>), RandomnessError> {
    if !(1..=BATCH).contains(&records.len()) {
        return Err(RandomnessError::Count(records.len()));
    }
    let mut request = vec![VERSION];
    request.extend_from_slice(&program.number().0.to_be_bytes());
    request.extend_from_slice(&epoch.0.to_be_bytes());
    let mut asked = Asked {
        program: *program.hash(),
        epoch,
        texts: records.len(),
        inputs: Zeroizing::new(Vec::new()),
        clients: Vec::new(),
    };
    for at in 0..BATCH {
        let input = match records.get(at) {
            Some(record) => input_of(program.hash(), record.text().as_bytes()),
            None => {
                let mut dummy = [0; 32];
                rng.fill_bytes(&mut dummy);
                input_of(program.hash(), &dummy)
            }
        };
        let blinded = VoprfClient::blind(&input, rng).expect("an input has 33 to 285 bytes");
        request.extend_from_slice(&blinded.message.serialize());
        asked.clients.push(blinded.state);
        asked.inputs.push(input);
    }
    Ok((asked, request))
}

/// The input of the function: `P` and the text. `P` has a fixed length, so nothing else reads so.
fn input_of(program: &ProgramHash, text: &[u8]) -> Vec<u8> {
    [program.as_bytes(), text].concat()
}

impl Asked {
    /// Verifies the answer against the key that the server published for this epoch, and returns
    /// the randomness of each text, in the order they were asked for.
    ///
    /// # Errors
    /// [`RandomnessError`]: nothing of an answer is used whose proof does not hold.
    pub fn finish(
        self,
        key: &PublicKey,
        response: &[u8],
    ) -> Result<Vec<Randomness>, RandomnessError> {
        let (key, evaluated, proof) = read_answer(response, key)?;
        let outputs =
            VoprfClient::batch_finalize(&*self.inputs, &self.clients, &evaluated, &proof, key)
                .map_err(|_| RandomnessError::Proof)?;
        let randomness = outputs.take(self.texts).map(|output| {
            Ok(Randomness {
                program: self.program,
                epoch: self.epoch,
                output: output.map_err(|_| RandomnessError::Proof)?.into(),
            })
        });
        randomness.collect()
    }
}

/// Reads an answer; its proof is not verified yet.
pub(crate) fn read_answer(
    response: &[u8],
    key: &PublicKey,
) -> Result<(group::Point, Vec<Evaluated>, Proof), RandomnessError> {
    let key = group::point(key).ok_or(RandomnessError::Key)?;
    let mut reader = Reader::new(response);
    reader.version()?;
    let points = reader
        .take(BATCH * ELEMENT)
        .ok_or(RandomnessError::Length)?;
    let proof = reader.take(PROOF).ok_or(RandomnessError::Length)?;
    reader.end().ok_or(RandomnessError::Length)?;
    let points = points.chunks_exact(ELEMENT).map(Evaluated::deserialize);
    let points = points
        .collect::<Result<_, _>>()
        .map_err(|_| RandomnessError::Point)?;
    let proof = Proof::deserialize(proof).map_err(|_| RandomnessError::ProofForm)?;
    Ok((key, points, proof))
}

/// A request as the server reads it.
#[derive(Clone)]
pub struct Request {
    program: ProgramNumber,
    epoch: Epoch,
    points: Vec<Blinded>,
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
    /// [`RandomnessError`] for a wrong length, another version, the identity, a point in another
    /// form than its canonical one.
    pub fn parse(bytes: &[u8]) -> Result<Self, RandomnessError> {
        let mut reader = Reader::new(bytes);
        reader.version()?;
        let program = ProgramNumber(reader.u16().ok_or(RandomnessError::Length)?);
        let epoch = Epoch(reader.u32().ok_or(RandomnessError::Length)?);
        let points = reader
            .take(BATCH * ELEMENT)
            .ok_or(RandomnessError::Length)?;
        reader.end().ok_or(RandomnessError::Length)?;
        let points = points.chunks_exact(ELEMENT).map(Blinded::deserialize);
        Ok(Self {
            program,
            epoch,
            points: points
                .collect::<Result<_, _>>()
                .map_err(|_| RandomnessError::Point)?,
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
}

/// The server's key of one program and epoch. It is destroyed when the epoch is over; then nobody
/// can compute the randomness of any text of that epoch again.
pub struct EpochKey {
    server: VoprfServer,
}

impl EpochKey {
    /// Derives the key out of 32 random bytes. They are what is stored and destroyed; each
    /// program and epoch has its own.
    #[must_use]
    pub fn of(seed: &[u8; 32], program: &ProgramHash, epoch: Epoch) -> Self {
        let info = crate::hash::message("epoch key", &[&program.0, &epoch.0.to_be_bytes()]);
        Self {
            server: group::voprf_key(seed, &info),
        }
    }

    /// Returns the key that is published, before its epoch begins.
    #[must_use]
    pub fn public(&self) -> PublicKey {
        group::public_key(self.server.get_public_key())
    }

    /// Answers a request, with a proof that this key was used.
    #[must_use]
    pub fn answer(&self, request: &Request, rng: &mut impl CryptoRngCore) -> Vec<u8> {
        let prepared: Vec<_> = self
            .server
            .batch_blind_evaluate_prepare(request.points.iter())
            .collect();
        let answer = self
            .server
            .batch_blind_evaluate_finish(rng, request.points.iter(), &prepared)
            .expect("as many points come out as went in");
        let mut bytes = Vec::with_capacity(RESPONSE);
        bytes.push(VERSION);
        for point in answer.messages {
            bytes.extend_from_slice(&point.serialize());
        }
        bytes.extend_from_slice(&answer.proof.serialize());
        bytes
    }
}
