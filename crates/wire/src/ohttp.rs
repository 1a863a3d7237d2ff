//! Oblivious HTTP (RFC 9458) with binary messages (RFC 9292), in one form and few sizes.
//!
//! Every request has exactly 512 bytes on the wire, every response a multiple of 512: whoever
//! carries them learns nothing from their length. One suite: X25519, HKDF-SHA256,
//! ChaCha20-Poly1305.

mod gateway;
mod message;

pub(crate) use self::message::read_inner;
pub use self::{
    gateway::{GatewayKey, Reply, Waiting, keys_hash, seal},
    message::{Method, Request, Response},
};

/// Bytes of every encapsulated request; every encapsulated response is a multiple of it.
pub const UNIT: usize = 512;
/// The longest encapsulated response that is read: 128 units.
pub const LONGEST_RESPONSE: usize = 128 * UNIT;

/// Why a message is not accepted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OhttpError {
    /// The key configuration cannot be read or has no suite that this version speaks.
    #[error("the gateway's key configuration cannot be used")]
    Keys,
    /// A message that is too long to be sent.
    #[error("a message of {length} bytes does not fit: at most {most}")]
    Long {
        /// Its length.
        length: usize,
        /// The most there may be.
        most: usize,
    },
    /// An encapsulated message of another size than all have.
    #[error("an encapsulated message of {0} bytes: all have a multiple of 512")]
    Size(usize),
    /// The encapsulated message is for another key.
    #[error("the message is not for this gateway's key")]
    Key,
    /// It cannot be opened.
    #[error("the encapsulated message cannot be opened")]
    Sealed,
    /// What is inside is no binary HTTP message in the form that is used here.
    #[error("the message inside is not in the form that is used here: {0}")]
    Message(&'static str),
}

impl OhttpError {
    /// Returns the stable code that a server answers with.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Keys | Self::Key => "ohttp-key",
            Self::Long { .. } | Self::Size(_) => "ohttp-size",
            Self::Sealed => "ohttp-sealed",
            Self::Message(_) => "ohttp-message",
        }
    }
}
