//! A server behind a relay: the relay sees who asks, the server sees what, neither sees both (RFC 9458).

use wire::ohttp::{self, OhttpError, Request, Response, Waiting};

use crate::http::{Client, HttpError};

/// The longest list of keys that is read, in bytes.
pub(crate) const LONGEST_KEYS: u64 = 4096;

/// Why a server behind a relay did not answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ObliviousError {
    /// The relay, or the address of the keys.
    #[error(transparent)]
    Http(#[from] HttpError),
    /// What came is not sealed as it must be.
    #[error("the answer through the relay cannot be used")]
    Sealed(#[from] OhttpError),
}

impl ObliviousError {
    /// Returns whether other keys may mend it: nothing opens, or the server cannot open what it got.
    pub(crate) fn is_of_keys(&self) -> bool {
        match self {
            Self::Sealed(_) => true,
            // 408 and 429 are of the moment; RFC 9458, section 5.3: a gateway that lacks the key answers 400.
            Self::Http(HttpError::Status { status, .. }) => {
                (400..500).contains(status) && ![408, 429].contains(status)
            }
            Self::Http(_) => false,
        }
    }
}

/// Fetches a server's key configuration, directly: everybody gets the same.
///
/// # Errors
/// [`HttpError`].
pub(crate) fn keys_at(client: &Client, server: &str) -> Result<Vec<u8>, HttpError> {
    client.get(&format!("{server}/v1/ohttp-keys"), LONGEST_KEYS)
}

/// A server that is asked through a relay.
pub(crate) struct Hidden<'a> {
    client: &'a Client,
    relay: &'a str,
    keys: Vec<u8>,
}

impl<'a> Hidden<'a> {
    /// A server whose key configuration is known. A status has to name it before anything is told.
    pub(crate) fn with(client: &'a Client, relay: &'a str, keys: Vec<u8>) -> Self {
        Self {
            client,
            relay,
            keys,
        }
    }

    /// Returns the hash that a status names the server's keys by.
    pub(crate) fn keys_hash(&self) -> wire::log::Hash {
        ohttp::keys_hash(&self.keys)
    }

    /// Seals a request. The bytes are what the relay will see.
    ///
    /// # Errors
    /// [`OhttpError`].
    pub(crate) fn seal(&self, request: &Request) -> Result<(Vec<u8>, Waiting), OhttpError> {
        ohttp::seal(&self.keys, request)
    }

    /// Sends sealed bytes, and opens the answer.
    ///
    /// # Errors
    /// [`ObliviousError`].
    pub(crate) fn deliver(
        &self,
        sealed: &[u8],
        waiting: Waiting,
    ) -> Result<Response, ObliviousError> {
        let most = ohttp::LONGEST_RESPONSE as u64;
        let answer = self
            .client
            .post(self.relay, "message/ohttp-req", sealed, most)?;
        Ok(waiting.open(&answer)?)
    }

    /// Asks at once, for what is the same for everybody or was taken back.
    ///
    /// # Errors
    /// [`ObliviousError`].
    pub(crate) fn ask(&self, request: &Request) -> Result<Response, ObliviousError> {
        let (sealed, waiting) = self.seal(request)?;
        self.deliver(&sealed, waiting)
    }
}
