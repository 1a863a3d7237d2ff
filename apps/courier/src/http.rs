//! HTTP as the courier speaks it: no redirect is followed, nothing is told of the machine, answers are short.

use std::{net::IpAddr, sync::Arc, time::Duration};

use ureq::{
    Agent, BodyReader,
    config::Config,
    tls::{Certificate, RootCerts, TlsConfig},
};

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

/// Returns the address that a server means by `to`: a whole one, or one that goes on from the address it was
/// asked under.
///
/// Source: RFC 3986, section 5.2; a reference with a scheme of its own is taken for http alone.
fn joined(address: &str, to: &str) -> Option<String> {
    if to.starts_with("https://") || to.starts_with("http://") {
        return Some(to.to_owned());
    }
    let uri: ureq::http::Uri = address.parse().ok()?;
    let (scheme, server) = (uri.scheme_str()?, uri.authority()?);
    if let Some(rest) = to.strip_prefix("//") {
        return Some(format!("{scheme}://{rest}"));
    }
    let first = to.split(['/', '?']).next().unwrap_or_default();
    if to.is_empty() || first.contains(':') {
        return None;
    }
    let path = match to.as_bytes()[0] {
        b'/' => to.to_owned(),
        b'?' => format!("{}{to}", uri.path()),
        _ => {
            let (folder, _) = uri.path().rsplit_once('/')?;
            format!("{folder}/{to}")
        }
    };
    Some(format!("{scheme}://{server}{}", without_dots(&path)))
}

/// Takes `.` and `..` out of a path.
///
/// Source: RFC 3986, section 5.2.4.
fn without_dots(path: &str) -> String {
    let (path, query) = match path.split_once('?') {
        Some((path, query)) => (path, format!("?{query}")),
        None => (path, String::new()),
    };
    let mut parts: Vec<&str> = Vec::new();
    let mut rest = path.split('/').skip(1).peekable();
    while let Some(part) = rest.next() {
        let is_last = rest.peek().is_none();
        match part {
            "." | ".." => {
                if part == ".." {
                    parts.pop();
                }
                if is_last {
                    parts.push("");
                }
            }
            part => parts.push(part),
        }
    }
    format!("/{}{query}", parts.join("/"))
}

/// Returns whether an address names this machine or a private network by number or as `localhost`.
pub(crate) fn is_near(address: &str) -> bool {
    let uri: Option<ureq::http::Uri> = address.parse().ok();
    let host = uri.as_ref().and_then(|it| it.host()).unwrap_or_default();
    let host = host.trim_start_matches('[').trim_end_matches(']');
    match host.parse() {
        Ok(IpAddr::V4(ip)) => {
            ip.is_loopback() || ip.is_private() || ip.is_link_local() || ip.is_unspecified()
        }
        Ok(IpAddr::V6(ip)) => {
            ip.is_loopback()
                || ip.is_unspecified()
                || ip.is_unique_local()
                || ip.is_unicast_link_local()
                || ip.to_ipv4_mapped().is_some()
        }
        Err(_) => host == "localhost" || host.ends_with(".localhost"),
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
    fn a_part_begins_where_it_says_and_a_file_moves_on_its_server_or_to_a_whole_address() {
        assert_eq!(first_byte("bytes 100-199/200"), Some(100));
        for wrong in ["bytes */200", "100-199/200", "bytes -5", ""] {
            assert_eq!(first_byte(wrong), None, "{wrong}");
        }
        let from = |to| joined("https://a.example:8443/lists/x?y", to);
        assert_eq!(from("/z").as_deref(), Some("https://a.example:8443/z"));
        assert_eq!(
            from("https://b.example/z").as_deref(),
            Some("https://b.example/z")
        );
        for (to, path) in [
            ("z", "/lists/z"),
            ("./z", "/lists/z"),
            ("../z?a/../b", "/z?a/../b"),
            ("../../../z", "/z"),
            ("?z", "/lists/x?z"),
            ("..", "/"),
        ] {
            let expected = format!("https://a.example:8443{path}");
            assert_eq!(from(to), Some(expected), "{to}");
        }
        assert_eq!(
            from("//b.example/z").as_deref(),
            Some("https://b.example/z")
        );
        for wrong in ["file:///etc/passwd", "javascript:alert(1)", ""] {
            assert_eq!(from(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn near_is_what_no_server_elsewhere_should_name() {
        for near in [
            "https://127.0.0.1/x",
            "https://10.1.2.3/",
            "https://192.168.1.1:8443/",
            "https://169.254.169.254/latest",
            "https://[::1]/",
            "https://[fd00::1]/",
            "https://[::ffff:127.0.0.1]/",
            "https://localhost/",
        ] {
            assert!(is_near(near), "{near}");
        }
        for far in [
            "https://a.example/",
            "https://192.0.2.1/",
            "https://[2001:db8::1]/",
        ] {
            assert!(!is_near(far), "{far}");
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
