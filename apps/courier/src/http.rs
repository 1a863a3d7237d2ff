//! HTTP as the courier speaks it: no redirect is followed, nothing is told of the machine, answers are short.

use std::{sync::Arc, time::Duration};

use ureq::{
    Agent, BodyReader,
    config::Config,
    tls::{Certificate, RootCerts, TlsConfig},
};

use crate::address::{self, joined};

/// The longest that an exchange with an operator may take.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);
/// The longest that finding somebody and the head of their answer may take.
pub(crate) const BEGINNING: Duration = Duration::from_secs(30);

/// Why there is no answer that could be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum HttpError {
    /// The address may not be used.
    #[error("`{0}` is no address to send to: https, or http to this machine")]
    Address(String),
    /// Nobody could be reached, or the connection ended.
    #[error("cannot reach `{address}`")]
    Unreachable {
        /// The address.
        address: String,
        /// Why.
        #[source]
        source: Box<ureq::Error>,
    },
    /// Another status than 200 or 204.
    #[error("`{address}` answers {status}{}", code_of(.code))]
    Status {
        /// The address.
        address: String,
        /// The status.
        status: u16,
        /// The code that the server gave, if it gave one.
        code: Option<String>,
    },
    /// What is asked for lies somewhere else.
    #[error("`{address}` has moved to `{to}`")]
    Moved {
        /// The address.
        address: String,
        /// The new one.
        to: String,
    },
    /// Packed, though nobody asked for that.
    #[error("`{address}` answers in the coding `{coding}`, which was not asked for")]
    Coded {
        /// The address.
        address: String,
        /// How it is coded.
        coding: String,
    },
    /// A part of a file that is not the one that was asked for.
    #[error("`{address}` answers with another part than it was asked for")]
    Part {
        /// The address.
        address: String,
    },
    /// An answer that is longer than any that is right.
    #[error("`{address}` answers more than {most} bytes")]
    Long {
        /// The address.
        address: String,
        /// The most there may be.
        most: u64,
    },
}

impl HttpError {
    /// Returns the code that the server gave, if it gave one.
    pub(crate) fn code(&self) -> Option<&str> {
        match self {
            Self::Status { code, .. } => code.as_deref(),
            _ => None,
        }
    }
}

fn code_of(code: &Option<String>) -> String {
    code.as_ref()
        .map_or_else(String::new, |code| format!(" ({code})"))
}

/// Asks servers. Every version of Candor asks in the same words.
#[derive(Debug)]
pub(crate) struct Client {
    agent: Agent,
}

impl Client {
    /// Reads the certificates that this machine trusts, which is the last file this program opens
    /// outside its folder.
    ///
    /// Nothing is trusted where there are none: then https fails with words that say so.
    ///
    /// A whole exchange takes `patience` at most.
    pub(crate) fn with_roots_of_this_machine(patience: Duration) -> Self {
        // The only provider that is linked; a second call changes nothing.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let found = rustls_native_certs::load_native_certs();
        let roots: Vec<Certificate<'static>> = found
            .certs
            .iter()
            .map(|it| Certificate::from_der(it.as_ref()).to_owned())
            .collect();
        let tls = TlsConfig::builder()
            .root_certs(RootCerts::Specific(Arc::new(roots)))
            .build();
        let config = Config::builder()
            .tls_config(tls)
            .timeout_global(Some(patience))
            .timeout_connect(Some(BEGINNING))
            .timeout_recv_response(Some(BEGINNING))
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            // A proxy of the environment would be one more who sees, and nobody agreed to it.
            .proxy(None)
            .user_agent("candor-courier")
            .accept("")
            .accept_encoding("")
            .build();
        Self {
            agent: config.into(),
        }
    }

    /// Returns what an address answers.
    ///
    /// # Errors
    /// [`HttpError`].
    pub(crate) fn get(&self, address: &str, most: u64) -> Result<Vec<u8>, HttpError> {
        check(address)?;
        read(address, most, self.agent.get(address).call())
    }

    /// Opens what lies at an address, to be read bit by bit from one of its bytes on. A server that gives
    /// no parts begins at its first byte. All of it takes `patience` at most.
    ///
    /// # Errors
    /// [`HttpError`].
    pub(crate) fn open(
        &self,
        address: &str,
        from: u64,
        patience: Duration,
    ) -> Result<Stream, HttpError> {
        check(address)?;
        let request = self.agent.get(address).config();
        let mut request = request.timeout_global(Some(patience)).build();
        if from > 0 {
            request = request.header("range", format!("bytes={from}-"));
        }
        let answer = request.call().map_err(|source| HttpError::Unreachable {
            address: address.to_owned(),
            source: Box::new(source),
        })?;
        let moved = moved(address, &answer);
        let address = address.to_owned();
        let field = |name| answer.headers().get(name)?.to_str().ok();
        if let Some(coding) = field("content-encoding").filter(|it| *it != "identity") {
            let coding = coding.to_owned();
            return Err(HttpError::Coded { address, coding });
        }
        if let Some(moved) = moved {
            return Err(moved);
        }
        let begins = match answer.status().as_u16() {
            200 => 0,
            206 => {
                let begins = field("content-range").and_then(first_byte);
                match begins == Some(from) {
                    true => from,
                    false => return Err(HttpError::Part { address }),
                }
            }
            status => {
                let code = None;
                return Err(HttpError::Status {
                    address,
                    status,
                    code,
                });
            }
        };
        let length = field("content-length").and_then(|it| it.parse().ok());
        Ok(Stream {
            begins,
            length,
            body: answer.into_body().into_reader(),
        })
    }

    /// Hands bytes in and returns the answer.
    ///
    /// # Errors
    /// [`HttpError`].
    pub(crate) fn post(
        &self,
        address: &str,
        content_type: &str,
        body: &[u8],
        most: u64,
    ) -> Result<Vec<u8>, HttpError> {
        check(address)?;
        let request = self
            .agent
            .post(address)
            .header("content-type", content_type);
        read(address, most, request.send(body))
    }
}

/// An answer that is read bit by bit.
pub(crate) struct Stream {
    /// The first byte of the file that is in it.
    pub(crate) begins: u64,
    /// How many bytes there are from there on, where the server says so.
    pub(crate) length: Option<u64>,
    /// The bytes.
    pub(crate) body: BodyReader<'static>,
}

/// Returns where a part begins: `bytes 100-199/200` at 100.
///
/// Source: RFC 9110, section 14.4.
fn first_byte(range: &str) -> Option<u64> {
    let (begins, _) = range.strip_prefix("bytes ")?.split_once('-')?;
    begins.parse().ok()
}

/// Returns where an answer says that it has moved to, if it says so.
fn moved(address: &str, answer: &ureq::http::Response<ureq::Body>) -> Option<HttpError> {
    let has_moved = matches!(answer.status().as_u16(), 301 | 302 | 303 | 307 | 308);
    let to = answer.headers().get("location").filter(|_| has_moved)?;
    let to = joined(address, to.to_str().ok()?)?;
    let address = address.to_owned();
    Some(HttpError::Moved { address, to })
}

fn check(address: &str) -> Result<(), HttpError> {
    match address::may_be_asked(address) {
        true => Ok(()),
        false => Err(HttpError::Address(address.to_owned())),
    }
}

fn read(
    address: &str,
    most: u64,
    answer: Result<ureq::http::Response<ureq::Body>, ureq::Error>,
) -> Result<Vec<u8>, HttpError> {
    let unreachable = |source| HttpError::Unreachable {
        address: address.to_owned(),
        source: Box::new(source),
    };
    let mut answer = answer.map_err(unreachable)?;
    if let Some(moved) = moved(address, &answer) {
        return Err(moved);
    }
    let status = answer.status().as_u16();
    let body = answer.body_mut().with_config().limit(most).read_to_vec();
    let body = match body {
        Err(ureq::Error::BodyExceedsLimit(_)) => {
            return Err(HttpError::Long {
                address: address.to_owned(),
                most,
            });
        }
        body => body.map_err(unreachable)?,
    };
    match status {
        200 | 204 => Ok(body),
        _ => Err(HttpError::Status {
            address: address.to_owned(),
            status,
            code: error_code(&body),
        }),
    }
}

/// Returns the stable code of an error's body: `{"error": "token-spent", …}`.
pub(crate) fn error_code(body: &[u8]) -> Option<String> {
    let value: serde_json::Value = serde_json::from_slice(body).ok()?;
    let code = value.get("error")?.as_str()?;
    // It is shown to a person: words of a server must not look like ours.
    let is_code = code.len() <= 64
        && code
            .bytes()
            .all(|it| it.is_ascii_alphanumeric() || it == b'-');
    is_code.then(|| code.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_begins_where_it_says() {
        assert_eq!(first_byte("bytes 100-199/200"), Some(100));
        for wrong in ["bytes */200", "100-199/200", "bytes -5", ""] {
            assert_eq!(first_byte(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_code_of_a_server_is_a_code_or_nothing() {
        let code = |text: &str| error_code(text.as_bytes());
        assert_eq!(
            code(r#"{"error":"token-spent","detail":"x"}"#).as_deref(),
            Some("token-spent")
        );
        for wrong in [
            "",
            "{}",
            r#"{"error":1}"#,
            r#"{"error":"please\u001b[2Jpay"}"#,
            "<html>",
        ] {
            assert_eq!(code(wrong), None, "{wrong}");
        }
    }
}
