//! Addresses: which may be asked, which port, what a server means by another one.

use std::net::{IpAddr, Ipv4Addr};

use ureq::http::Uri;

/// Returns whether an address may be asked: plain HTTP shows everything to whoever carries it, so it is for servers on
/// this machine alone.
pub(crate) fn may_be_asked(address: &str) -> bool {
    let uri: Option<Uri> = address.parse().ok();
    uri.is_some_and(|uri| match uri.scheme_str() {
        Some("https") => true,
        Some("http") => matches!(uri.host(), Some("127.0.0.1" | "[::1]" | "localhost")),
        _ => false,
    })
}

/// Returns the address that a server means by `to`: a whole one, or one that goes on from the address it was
/// asked under.
///
/// Source: RFC 3986, section 5.2; a reference with a scheme of its own is taken for http alone.
pub(crate) fn joined(address: &str, to: &str) -> Option<String> {
    if to.starts_with("https://") || to.starts_with("http://") {
        return Some(to.to_owned());
    }
    let uri: Uri = address.parse().ok()?;
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

/// Returns whether an address names this machine or a private network: by number, also in the old ways of writing
/// one, or as `localhost`. It is a hint to be careful by: a name of any server may lead to such a number too.
///
/// Source: the IANA IPv4 and IPv6 Special-Purpose Address Registries; the number forms of the WHATWG URL standard,
/// section 3.5 (2026-11).
pub(crate) fn is_near(address: &str) -> bool {
    let uri: Option<Uri> = address.parse().ok();
    let host = uri.as_ref().and_then(Uri::host).unwrap_or_default();
    let host = host.trim_start_matches('[').trim_end_matches([']', '.']);
    let host = host.to_ascii_lowercase();
    match host.parse() {
        Ok(IpAddr::V4(ip)) => is_near_v4(ip),
        Ok(IpAddr::V6(ip)) => {
            ip.is_loopback()
                || ip.is_unspecified()
                || ip.is_unique_local()
                || ip.is_unicast_link_local()
                || ip.to_ipv4_mapped().is_some()
        }
        Err(_) => host == "localhost" || host.ends_with(".localhost") || is_a_number(&host),
    }
}

fn is_near_v4(ip: Ipv4Addr) -> bool {
    // Between a provider and its customers.
    let is_shared = ip.octets()[0] == 100 && ip.octets()[1] & 0xc0 == 64;
    ip.is_loopback() || ip.is_private() || ip.is_link_local() || ip.octets()[0] == 0 || is_shared
}

/// Whether a host that is no IP address as everybody writes it is read as one all the same: its last part is a number,
/// as in `2130706433`, `0x7f.1` or `127.1`.
fn is_a_number(host: &str) -> bool {
    let last = host.rsplit('.').next().unwrap_or_default();
    let is_hex = |hex: &str| hex.bytes().all(|it| it.is_ascii_hexdigit());
    let is_decimal = !last.is_empty() && last.bytes().all(|it| it.is_ascii_digit());
    is_decimal || last.strip_prefix("0x").is_some_and(is_hex)
}

/// Returns the TCP port of an address that may be used.
pub(crate) fn port(address: &str) -> Option<u16> {
    let uri: Uri = address.parse().ok()?;
    let by_scheme = match uri.scheme_str() {
        Some("https") => 443,
        Some("http") => 80,
        _ => return None,
    };
    Some(uri.port_u16().unwrap_or(by_scheme))
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
            assert!(may_be_asked(right), "{right}");
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
            assert!(!may_be_asked(wrong), "{wrong}");
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
    fn a_file_moves_on_its_server_or_to_a_whole_address() {
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
            "https://LOCALHOST./",
            "https://a.localhost./",
            "https://127.0.0.1./",
            "https://2130706433/",
            "https://0x7f000001/",
            "https://0x7f.1/",
            "https://127.1/",
            "https://0.1.2.3/",
            "https://100.64.0.1/",
        ] {
            assert!(is_near(near), "{near}");
        }
        for far in [
            "https://a.example/",
            "https://192.0.2.1/",
            "https://100.128.0.1/",
            "https://1.0x.example/",
            "https://[2001:db8::1]/",
        ] {
            assert!(!is_near(far), "{far}");
        }
    }
}
