//! The address of a gateway, as a relay is given it.

use std::net::IpAddr;

/// Where a gateway is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// Whether TLS is spoken.
    pub tls: bool,
    /// The host, without a port.
    pub host: String,
    /// The port.
    pub port: u16,
    /// The path, with its first slash.
    pub path: String,
}

impl Target {
    /// Returns host and port as a request names them: without the port that everyone would take.
    #[must_use]
    pub fn authority(&self) -> String {
        let host = match self.host.contains(':') {
            true => format!("[{}]", self.host),
            false => self.host.clone(),
        };
        match (self.tls, self.port) {
            (true, 443) | (false, 80) => host,
            (_, port) => format!("{host}:{port}"),
        }
    }
}

/// Reads the address of a gateway.
///
/// # Errors
/// What is wrong with it, as a sentence.
pub fn target(url: &str) -> Result<Target, String> {
    let (tls, rest) = match (url.strip_prefix("https://"), url.strip_prefix("http://")) {
        (Some(rest), _) => (true, rest),
        (_, Some(rest)) => (false, rest),
        _ => return Err(format!("`{url}` begins with neither https:// nor http://")),
    };
    let (authority, path) = match rest.find('/') {
        Some(at) => rest.split_at(at),
        None => (rest, "/"),
    };
    let port_of = |text: &str| text.parse::<u16>().ok().filter(|port| *port > 0);
    let no_port = || format!("`{authority}` has no port that is a number");
    let (host, port) = match authority.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') => {
            (host, Some(port_of(port).ok_or_else(no_port)?))
        }
        _ => (authority, None),
    };
    let host = host
        .trim_start_matches('[')
        .trim_end_matches(']')
        .to_owned();
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b".-:".contains(&byte);
    if host.is_empty() || !host.bytes().all(plain) || path.contains(['?', '#', ' ']) {
        return Err(format!("`{url}` is no address of a gateway"));
    }
    let is_loopback =
        host == "localhost" || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback());
    if !tls && !is_loopback {
        return Err(format!(
            "`{url}` is not https, and {host} is not this machine"
        ));
    }
    Ok(Target {
        tls,
        port: port.unwrap_or(if tls { 443 } else { 80 }),
        host,
        path: path.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_names_the_port_that_nobody_would_guess() {
        for (url, authority) in [
            (
                "https://intake.example.org/v1/gateway",
                "intake.example.org",
            ),
            ("https://intake.example.org:443/", "intake.example.org"),
            (
                "https://intake.example.org:8443/",
                "intake.example.org:8443",
            ),
            ("http://127.0.0.1:8420/", "127.0.0.1:8420"),
            ("http://[::1]:81/v1/gateway", "[::1]:81"),
            ("http://localhost/", "localhost"),
        ] {
            assert_eq!(target(url).unwrap().authority(), authority, "{url}");
        }
    }
}
