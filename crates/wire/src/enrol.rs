//! Enrolling: an installation shows a key of its own once, and signs its token requests with it.
//!
//! The key is random, belongs to no person or machine, and is never seen together with a report.
//! Work may be asked for, so that thousands of enrolments cost something.
//!
//! ```text
//! ver 1 | install key 32 | day 4 | work 8 | signature 64
//! ```

use ed25519_dalek::{Signer as _, SigningKey};
use rand_core::CryptoRngCore;
use zeroize::Zeroizing;

use crate::{
    Day, PublicKey,
    bytes::{Reader, VERSION, from_head},
    hash, note,
};

silent!(InstallKey);

/// Bytes of a request.
pub const REQUEST: usize = SIGNED + 64;
/// Bytes of a request that its signature is over.
const SIGNED: usize = 1 + 32 + 4 + 8;
/// The most work that may be asked for: about four thousand million hashes.
pub const MOST_WORK: u8 = 32;

/// The key by which an issuer knows an installation again.
#[derive(Clone)]
pub struct InstallKey(SigningKey);

impl InstallKey {
    /// Makes a new key.
    #[must_use]
    pub fn generate(rng: &mut impl CryptoRngCore) -> Self {
        let mut seed = Zeroizing::new([0; 32]);
        rng.fill_bytes(&mut *seed);
        Self::from_bytes(&seed)
    }

    /// Takes a key that was stored.
    #[must_use]
    pub fn from_bytes(seed: &[u8; 32]) -> Self {
        Self(SigningKey::from_bytes(seed))
    }

    /// Returns its bytes, for a store that only the person can read.
    #[must_use]
    pub fn to_bytes(&self) -> Zeroizing<[u8; 32]> {
        Zeroizing::new(self.0.to_bytes())
    }

    /// Returns the public half.
    #[must_use]
    pub fn public(&self) -> PublicKey {
        PublicKey(self.0.verifying_key().to_bytes())
    }

    pub(crate) fn sign(&self, message: &[u8]) -> [u8; 64] {
        self.0.sign(message).to_bytes()
    }
}

/// Why bytes are no enrolment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EnrolError {
    /// Fewer or more bytes than there must be.
    #[error("an enrolment has {REQUEST} bytes")]
    Length,
    /// Another version of the protocol.
    #[error("the enrolment is of protocol version {0}, this is {VERSION}")]
    Version(u8),
    /// It is of another day than today, yesterday or tomorrow.
    #[error("the enrolment is of day {0}, not of today")]
    Day(Day),
    /// The work in it is not enough.
    #[error("the enrolment does not show the work that was asked for")]
    Work,
    /// It is not signed by its key.
    #[error("the enrolment is not signed by its key")]
    Signature,
}

from_head!(EnrolError);

impl EnrolError {
    /// Returns the stable code that a server answers with.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Length => "enrolment-length",
            Self::Version(_) => "protocol-version",
            Self::Day(_) => "enrolment-day",
            Self::Work => "enrolment-work",
            Self::Signature => "enrolment-signature",
        }
    }
}

/// Makes the request that enrols a key at one issuer, on one day.
///
/// `work` is the number of leading zero bits asked for, at most [`MOST_WORK`] (more counts as
/// that): about 2^work hashes. The same arguments give the same bytes.
#[must_use]
pub fn request(key: &InstallKey, issuer: &PublicKey, day: Day, work: u8) -> Vec<u8> {
    let install = key.public();
    let is_enough =
        |counter: &u64| zero_bits(issuer, &install, day, *counter) >= work.min(MOST_WORK);
    let counter = (0..u64::MAX).find(is_enough).unwrap_or_default();
    let mut request = vec![VERSION];
    request.extend_from_slice(&install.0);
    request.extend_from_slice(&day.0.to_be_bytes());
    request.extend_from_slice(&counter.to_be_bytes());
    let signature = key.sign(&signed_message(issuer, &request));
    request.extend_from_slice(&signature);
    request
}

/// A request as the issuer reads it. Nothing in it is checked yet.
#[derive(Clone, Debug)]
pub struct Request {
    install: PublicKey,
    day: Day,
    counter: u64,
    signed: Vec<u8>,
    signature: [u8; 64],
}

impl Request {
    /// Reads a request.
    ///
    /// # Errors
    /// [`EnrolError::Length`], [`EnrolError::Version`].
    pub fn parse(bytes: &[u8]) -> Result<Self, EnrolError> {
        let (signed, signature) = bytes.split_at_checked(SIGNED).ok_or(EnrolError::Length)?;
        let signature = signature.try_into().map_err(|_| EnrolError::Length)?;
        let mut reader = Reader::new(signed);
        reader.version()?;
        let fields = (|| Some((reader.array()?, reader.u32()?, reader.u64()?)))();
        let (install, day, counter) = fields.ok_or(EnrolError::Length)?;
        Ok(Self {
            install: PublicKey(install),
            day: Day(day),
            counter,
            signed: signed.to_vec(),
            signature,
        })
    }

    /// Returns the key that is enrolled.
    #[must_use]
    pub fn install(&self) -> &PublicKey {
        &self.install
    }

    /// Checks day (one to either side of `today`), work in leading zero bits, and signature.
    ///
    /// # Errors
    /// [`EnrolError::Day`], [`EnrolError::Work`], [`EnrolError::Signature`].
    pub fn check(&self, issuer: &PublicKey, today: Day, work: u8) -> Result<(), EnrolError> {
        if self.day.0.abs_diff(today.0) > 1 {
            return Err(EnrolError::Day(self.day));
        }
        if zero_bits(issuer, &self.install, self.day, self.counter) < work.min(MOST_WORK) {
            return Err(EnrolError::Work);
        }
        match note::is_signed(
            &self.install,
            &signed_message(issuer, &self.signed),
            &self.signature,
        ) {
            true => Ok(()),
            false => Err(EnrolError::Signature),
        }
    }
}

fn signed_message(issuer: &PublicKey, request: &[u8]) -> Vec<u8> {
    hash::message("enrolment", &[&issuer.0, request])
}

/// Leading zero bits of the hash over issuer, key, day and counter, of its first eight bytes.
fn zero_bits(issuer: &PublicKey, install: &PublicKey, day: Day, counter: u64) -> u8 {
    let hash = hash::sha256(
        "work",
        &[
            &issuer.0,
            &install.0,
            &day.0.to_be_bytes(),
            &counter.to_be_bytes(),
        ],
    );
    let mut head = [0; 8];
    head.copy_from_slice(&hash[..8]);
    u8::try_from(u64::from_be_bytes(head).leading_zeros()).unwrap_or(u8::MAX)
}
