//! The host of an address: IP addresses out of their disguises, names in lower-case punycode.

use std::net::{Ipv4Addr, Ipv6Addr};

/// Longest host that is taken for one; names end at 253 bytes, escapes may triple them.
const LONGEST: usize = 1024;

/// Returns the host of `user:password@host:port`.
pub(super) fn of_authority(authority: &[u8]) -> &[u8] {
    let at = authority.iter().rposition(|byte| *byte == b'@');
    let host = at.map_or(authority, |at| &authority[at + 1..]);
    let Some(colon) = host.iter().rposition(|byte| *byte == b':') else {
        return host;
    };
    // `[::1]` has colons of its own, `[::1]:80` a port after the bracket.
    match host[colon + 1..].iter().all(u8::is_ascii_digit) {
        true => &host[..colon],
        false => host,
    }
}

/// Returns the one spelling of a host, and whether it is an IP address.
pub(super) fn canonical(host: &[u8]) -> Option<(String, bool)> {
    if host.len() > LONGEST {
        return None;
    }
    if let Some(inside) = host
        .strip_prefix(b"[")
        .and_then(|rest| rest.strip_suffix(b"]"))
    {
        let ip: Ipv6Addr = std::str::from_utf8(inside).ok()?.parse().ok()?;
        return Some((v6(ip), true));
    }
    let name = collapsed(&punycode(host));
    // These are left over only when brackets or a port are broken.
    if name.is_empty() || name.iter().any(|byte| matches!(byte, b':' | b'[' | b']')) {
        return None;
    }
    if let Some(ip) = v4(&name) {
        return Some((ip.to_string(), true));
    }
    let mut out = String::with_capacity(name.len());
    for byte in name {
        super::escape(byte.to_ascii_lowercase(), &mut out);
    }
    Some((out, false))
}

/// Writes an IPv6 address; one that stands for an IPv4 address is written as that.
///
/// Source: RFC 4291 2.5.5.2 (`::ffff:0:0/96`), RFC 6052 2.1 (`64:ff9b::/96`), RFC 5952.
fn v6(ip: Ipv6Addr) -> String {
    let parts = ip.segments();
    let is_nat64 = parts[..6] == [0x64, 0xff9b, 0, 0, 0, 0];
    match ip.to_ipv4_mapped() {
        Some(ip) => ip.to_string(),
        None if is_nat64 => {
            let [.., a, b, c, d] = ip.octets();
            Ipv4Addr::new(a, b, c, d).to_string()
        }
        None => format!("[{ip}]"),
    }
}

/// Reads an IPv4 address in any of the forms that C libraries read: `0x12.0x43.0x44.0x01`,
/// `167838211`, `276.2.3`. Parts that are too large keep their low bytes, as there.
///
/// Source: `inet_aton(3)`; the vectors of google/safebrowsing bbf0d20, `TestParseIPAddress`.
fn v4(name: &[u8]) -> Option<Ipv4Addr> {
    // Some C libraries stop at a space.
    let name = name.split(|byte| *byte == b' ').next().unwrap_or_default();
    let mut parts = [0u64; 4];
    let mut count = 0;
    for part in name.split(|byte| *byte == b'.') {
        *parts.get_mut(count)? = number(part)?;
        count += 1;
    }
    // The last part fills all bytes that are left.
    let last = *parts.get(count.checked_sub(1)?)?;
    let heads = &parts[..count - 1];
    let mut value = 0u64;
    for head in heads {
        value = value << 8 | head & 0xff;
    }
    let bits = 8 * (5 - u32::try_from(count).ok()?);
    let value = value << bits | last & ((1u64 << bits) - 1);
    u32::try_from(value).ok().map(Ipv4Addr::from)
}

fn number(part: &[u8]) -> Option<u64> {
    let text = std::str::from_utf8(part).ok()?;
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return None;
    }
    match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        Some(hex) => u64::from_str_radix(hex, 16).ok(),
        None if text.len() > 1 && text.starts_with('0') => u64::from_str_radix(text, 8).ok(),
        None => text.parse().ok(),
    }
}

/// Turns an international name into what is asked of the name server.
///
/// A name that the standard refuses stays as it is, to be escaped: browsers keep such, too.
fn punycode(host: &[u8]) -> Vec<u8> {
    if host.is_ascii() {
        return host.to_vec();
    }
    match idna::domain_to_ascii_cow(host, idna::AsciiDenyList::EMPTY) {
        Ok(name) => name.as_bytes().to_vec(),
        Err(_) => host.to_vec(),
    }
}

/// Takes dots away from both ends, and makes one of many.
fn collapsed(name: &[u8]) -> Vec<u8> {
    let labels: Vec<&[u8]> = name
        .split(|byte| *byte == b'.')
        .filter(|label| !label.is_empty())
        .collect();
    labels.join(&b'.')
}
