//! HTTP as the courier speaks it: no redirect is followed, nothing is told of the machine, answers are short.

use std::{sync::Arc, time::Duration};

use ureq::{
    Agent,
    config::Config,
    tls::{Certificate, RootCerts, TlsConfig},
};

/// The longest a whole exchange may take.
const PATIENCE: Duration = Duration::from_secs(30);

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
    pub(crate) fn with_roots_of_this_machine() -> Self {
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
            .timeout_global(Some(PATIENCE))
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

/// Returns the TCP port of an address that may be used.
pub(crate) fn port(address: &str) -> Option<u16> {
    let uri: ureq::http::Uri = address.parse().ok()?;
    let by_scheme = match uri.scheme_str() {
        Some("https") => 443,
        Some("http") => 80,
        _ => return None,
    };
    Some(uri.port_u16().unwrap_or(by_scheme))
}

/// Plain HTTP shows everything to whoever carries it, so it is for servers on this machine alone.
fn check(address: &str) -> Result<(), HttpError> {
    let uri: Option<ureq::http::Uri> = address.parse().ok();
    let fits = uri.is_some_and(|uri| match uri.scheme_str() {
        Some("https") => true,
        Some("http") => matches!(uri.host(), Some("127.0.0.1" | "[::1]" | "localhost")),
        _ => false,
    });
    match fits {
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
    fn only_https_and_this_machine_are_asked() {
        for right in [
            "https://relay.example.net/relay/intake",
            "http://127.0.0.1:8080/v1/enrol",
            "http://[::1]:1/",
            "http://localhost:9/x",
        ] {
            assert!(check(right).is_ok(), "{right}");
        }
        for wrong in [
            "http://relay.example.net/",
            "http://127.0.0.1.example.net/",
            "http://10.0.0.1/",
            "ftp://127.0.0.1/",
            "file:///etc/passwd",
            "127.0.0.1:80",
            "",
        ] {
            assert!(check(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_port_is_the_one_that_is_written_or_that_of_the_scheme() {
        assert_eq!(port("https://a.example/x"), Some(443));
        assert_eq!(port("https://a.example:8443/x"), Some(8443));
        assert_eq!(port("http://127.0.0.1/x"), Some(80));
        assert_eq!(port("gopher://a.example/x"), None);
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
