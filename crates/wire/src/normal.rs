//! The one form a reported host has, on both ends: `paypa1-login.example`, at most with a path.
//!
//! Lower case, international names in Punycode, at least two labels. Never a scheme, a user, a
//! port, a query, a fragment, a name or an address of a private network. Which part of a host is
//! its registrable domain is not known here: whoever makes the record cuts that.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Names that only a private network resolves: their last label, or the last two.
/// Sources: RFC 6762 §3 and appendix G, RFC 8375, RFC 6761 §6.3, ICANN board resolution 2024.07.29.06 (`internal`); read 2026-11.
const PRIVATE: [&str; 11] = [
    "corp",
    "home",
    "home.arpa",
    "internal",
    "intranet",
    "lan",
    "local",
    "localdomain",
    "localhost",
    "mail",
    "private",
];

/// Why a text is not in the normal form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NormalError {
    /// It is empty.
    #[error("it is empty")]
    Empty,
    /// A query, fragment, user, port or scheme stands in it, or a byte that no host has.
    #[error("it holds more than a host: a scheme, user, port, query, fragment or space")]
    MoreThanHost,
    /// A path stands in it, and the declaration lets none through.
    #[error("it holds a path, and the declaration lets none through")]
    Path,
    /// The path is not in its one form.
    #[error("its path is not in the one form")]
    PathForm,
    /// It is one label: a name of a private network.
    #[error("it is a single label")]
    SingleLabel,
    /// It is a host, but written another way than in lower-case ASCII.
    #[error("it is not the lower-case ASCII form of a host")]
    HostForm,
    /// It is an address or a name of a private network.
    #[error("it belongs to a private network")]
    Private,
}

/// Checks that a text is in the normal form. It changes nothing.
///
/// # Errors
/// [`NormalError`] says what stands in it that must not.
pub fn check(text: &str, with_path: bool) -> Result<(), NormalError> {
    let (host, path) = match text.find('/') {
        Some(at) => text.split_at(at),
        None => (text, ""),
    };
    check_host(host)?;
    match path {
        "" => Ok(()),
        _ if !with_path => Err(NormalError::Path),
        _ => check_path(path),
    }
}

fn check_host(host: &str) -> Result<(), NormalError> {
    if host.is_empty() {
        return Err(NormalError::Empty);
    }
    if let Some(inner) = host
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'))
    {
        let address: Ipv6Addr = inner.parse().map_err(|_| NormalError::HostForm)?;
        return check_address(host, IpAddr::V6(address), &format!("[{address}]"));
    }
    if !host
        .bytes()
        .all(|byte| byte.is_ascii_graphic() && !b"@:?#%\\[]<>^|".contains(&byte))
    {
        return Err(NormalError::MoreThanHost);
    }
    // Browsers read a host whose last label is a number as an IPv4 address.
    let last = host.rsplit('.').next().unwrap_or_default();
    if last.bytes().all(|byte| byte.is_ascii_digit()) {
        let address: Ipv4Addr = host.parse().map_err(|_| NormalError::HostForm)?;
        return check_address(host, IpAddr::V4(address), &address.to_string());
    }
    if !host.contains('.') {
        return Err(NormalError::SingleLabel);
    }
    if !is_dotted_name(host) {
        return Err(NormalError::HostForm);
    }
    let private = |name: &str| {
        host.strip_suffix(name)
            .is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
    };
    match PRIVATE.iter().any(|name| private(name)) {
        true => Err(NormalError::Private),
        false => Ok(()),
    }
}

/// Labels of 1 to 63 lower-case letters, digits, hyphens and underscores, 253 bytes at most; what
/// says it is Punycode must be what the name it stands for is written as.
fn is_dotted_name(host: &str) -> bool {
    let of_label =
        |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-_".contains(&byte);
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(of_label)
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    host.len() <= 253
        && host.split('.').all(is_label)
        && (!host.contains("xn--") || idna::domain_to_ascii(host).is_ok_and(|it| it == host))
}

fn check_address(host: &str, address: IpAddr, canonical: &str) -> Result<(), NormalError> {
    if host != canonical {
        return Err(NormalError::HostForm);
    }
    match is_private(address) {
        true => Err(NormalError::Private),
        false => Ok(()),
    }
}

/// Source: IANA special-purpose address registries, read 2026-11: what is not globally reachable.
fn is_private(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(it) => {
            let [a, b, c, _] = it.octets();
            it.is_private()
                || it.is_loopback()
                || it.is_link_local()
                || it.is_multicast()
                || it.is_documentation()
                || a == 0
                || a >= 240
                || (a == 100 && (64..128).contains(&b))
                || (a == 192 && b == 0 && c == 0)
                || (a == 198 && (18..20).contains(&b))
        }
        IpAddr::V6(it) => {
            let [a, b, ..] = it.segments();
            // Global unicast is 2000::/3; of it 2001::/23 and 2001:db8::/32, 3fff::/20 are not for the open network.
            a & 0xe000 != 0x2000
                || (a == 0x2001 && (b < 0x200 || b == 0x0db8))
                || (a == 0x3fff && b < 0x1000)
        }
    }
}

/// `/a/b`, of printable ASCII without query and fragment, `%` only before two upper-case digits of
/// hex, and no `.` or `..` that a browser would have taken out.
fn check_path(path: &str) -> Result<(), NormalError> {
    let bytes = path.as_bytes();
    let of_path = |byte: &u8| byte.is_ascii_graphic() && !b"?#\\\"<>^`{|}".contains(byte);
    let is_hex = |byte: Option<&u8>| byte.is_some_and(|it| matches!(it, b'0'..=b'9' | b'A'..=b'F'));
    let mut escapes = bytes.iter().enumerate().filter(|(_, byte)| **byte == b'%');
    let escaped = escapes.all(|(at, _)| is_hex(bytes.get(at + 1)) && is_hex(bytes.get(at + 2)));
    let dots = path.split('/').any(|part| part == "." || part == "..");
    match bytes.iter().all(of_path) && escaped && !dots {
        true => Ok(()),
        false => Err(NormalError::PathForm),
    }
}
