//! Having a report erased without saying who asks.
//!
//! A report carries the hash of a secret that only the device can derive. Who shows the secret
//! has the report erased; nothing else is asked.
//!
//! ```text
//! ver 1 | prog 2 | epoch 4 | w 32
//! ```

use hkdf::Hkdf;
use sha2::Sha256;
use subtle::ConstantTimeEq;
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::{
    Commitment, Epoch, Nonce, ProgramHash, ProgramNumber,
    bytes::{Reader, VERSION, from_head},
    hash,
};

silent!(Secret);

/// Bytes of a withdrawal.
pub const LENGTH: usize = 39;

/// The secret whose hash a report carries. It is worth one report.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct Secret([u8; 32]);

impl Secret {
    /// Derives the secret of one report from the secret of an installation (32 random bytes that
    /// never leave the device).
    #[must_use]
    pub fn derive(
        install_secret: &[u8; 32],
        program: &ProgramHash,
        epoch: Epoch,
        nonce: &Nonce,
    ) -> Self {
        let info = hash::message(
            "withdrawal secret",
            &[&program.0, &epoch.0.to_be_bytes(), &nonce.0],
        );
        let mut secret = [0; 32];
        Hkdf::<Sha256>::new(None, install_secret)
            .expand(&info, &mut secret)
            .expect("32 bytes are fewer than HKDF can give");
        Self(secret)
    }

    /// Takes a secret that was stored.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Returns its bytes, for a store that only the person can read.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Returns what the report carries of it.
    #[must_use]
    pub fn commitment(&self) -> Commitment {
        let hash = hash::sha256("wc", &[&self.0]);
        Commitment::from_slice(&hash[..16]).expect("16 bytes are 16 bytes")
    }

    /// Returns whether a report carries this secret's hash.
    #[must_use]
    pub fn opens(&self, commitment: &Commitment) -> bool {
        self.commitment().0.ct_eq(&commitment.0).into()
    }
}

/// A request to erase one report.
#[derive(Clone, Debug)]
pub struct Withdrawal {
    /// The program the report is of.
    pub program: ProgramNumber,
    /// The epoch it is of.
    pub epoch: Epoch,
    /// The secret it was sent with.
    pub secret: Secret,
}

/// Why bytes are no withdrawal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WithdrawalError {
    /// Not 39 bytes.
    #[error("a withdrawal has {LENGTH} bytes")]
    Length,
    /// Another version of the protocol.
    #[error("the withdrawal is of protocol version {0}, this is {VERSION}")]
    Version(u8),
}

from_head!(WithdrawalError);

impl WithdrawalError {
    /// Returns the stable code that a server answers with.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Length => "withdrawal-length",
            Self::Version(_) => "protocol-version",
        }
    }
}

impl Withdrawal {
    /// Reads a withdrawal.
    ///
    /// # Errors
    /// [`WithdrawalError`] for every byte string that [`Self::to_bytes`] could not have given.
    pub fn parse(bytes: &[u8]) -> Result<Self, WithdrawalError> {
        let mut reader = Reader::new(bytes);
        reader.version()?;
        let fields = (|| {
            let program = ProgramNumber(reader.u16()?);
            let epoch = Epoch(reader.u32()?);
            let secret = Secret(reader.array()?);
            reader.end()?;
            Some(Self {
                program,
                epoch,
                secret,
            })
        })();
        fields.ok_or(WithdrawalError::Length)
    }

    /// Writes it as it travels.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(LENGTH);
        bytes.push(VERSION);
        bytes.extend_from_slice(&self.program.0.to_be_bytes());
        bytes.extend_from_slice(&self.epoch.0.to_be_bytes());
        bytes.extend_from_slice(&self.secret.0);
        bytes
    }

    /// Returns what the report that is meant carries.
    #[must_use]
    pub fn commitment(&self) -> Commitment {
        self.secret.commitment()
    }
}
