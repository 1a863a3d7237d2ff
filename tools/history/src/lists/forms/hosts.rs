//! Lists of one thing a line: names behind an address, names, whole addresses, IP addresses.

use std::net::{IpAddr, Ipv4Addr};

use super::{Odd, Said};
use crate::lists::Subject;

type Take<'t> = &'t mut dyn FnMut(Said<'_>);

/// Names that every hosts file has for the machine itself.
const OWN: [&str; 9] = [
    "broadcasthost",
    "ip6-allhosts",
    "ip6-allnodes",
    "ip6-allrouters",
    "ip6-localhost",
    "ip6-localnet",
    "ip6-loopback",
    "local",
    "localhost",
];

/// `0.0.0.0 a.example b.example # remark`; a name alone counts, too.
pub(super) fn hosts(line: &str, take: Take<'_>) -> Result<(), Odd> {
    let mut words = without_remark(line).split_ascii_whitespace().peekable();
    let Some(first) = words.peek() else {
        return Ok(());
    };
    if first.parse::<IpAddr>().is_ok() {
        words.next();
        // An address alone is what some lists begin with.
    } else if words.clone().count() > 1 {
        return Err(Odd::NotOfThisForm);
    }
    for name in words {
        let is_own = OWN.contains(&name) || name == "localhost.localdomain" || name == "0.0.0.0";
        if !is_own {
            take(Said::listed(Subject::Host(host(name)?)));
        }
    }
    Ok(())
}

/// `a.example # remark`.
pub(super) fn domains(line: &str, take: Take<'_>) -> Result<(), Odd> {
    let text = without_remark(line);
    if text.is_empty() {
        return Ok(());
    }
    take(Said::listed(Subject::Host(host(text)?)));
    Ok(())
}

/// `https://a.example/path?query`. What stands behind `#` is part of the address.
pub(super) fn urls(line: &str, take: Take<'_>) -> Result<(), Odd> {
    let text = line.trim();
    if text.is_empty() || text.starts_with(['#', '!', ';']) {
        return Ok(());
    }
    let (scheme, _) = text.split_once("://").ok_or(Odd::NotOfThisForm)?;
    match ["http", "https", "ftp"]
        .iter()
        .any(|it| scheme.eq_ignore_ascii_case(it))
    {
        true => take(Said::listed(Subject::Page(text))),
        false => return Err(Odd::NotOfThisForm),
    }
    Ok(())
}

/// `203.0.113.7`, also with a port. A network is not an address.
pub(super) fn ips(line: &str, take: Take<'_>) -> Result<(), Odd> {
    let text = without_remark(line);
    let text = text.split([',', '\t', ' ']).next().unwrap_or_default();
    if text.is_empty() {
        return Ok(());
    }
    if text.contains('/') {
        return Err(Odd::Network);
    }
    ip(text, take)
}

/// Takes an IP address, with or without brackets and port.
pub(super) fn ip(text: &str, take: Take<'_>) -> Result<(), Odd> {
    let bare = match text.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((inside, _)) => inside,
        None => match text.parse::<IpAddr>() {
            Ok(_) => text,
            Err(_) => text.split(':').next().unwrap_or(text),
        },
    };
    match bare.parse() {
        Ok(IpAddr::V4(_)) => take(Said::listed(Subject::Host(bare))),
        Ok(IpAddr::V6(ip)) => take(Said::listed(Subject::Host(&format!("[{ip}]")))),
        Err(_) => return Err(Odd::NotOfThisForm),
    }
    Ok(())
}

/// Returns whether a text is an IPv4 address in its usual form.
pub(super) fn is_v4(text: &str) -> bool {
    text.parse::<Ipv4Addr>().is_ok()
}

/// Returns a line up to its remark, trimmed. Lists begin remarks with `#`, `!` or `;`.
pub(super) fn without_remark(line: &str) -> &str {
    let line = line.trim();
    if line.starts_with(['!', ';']) {
        return "";
    }
    line.split('#').next().unwrap_or_default().trim()
}

/// Returns the text if it can be a host and nothing more. `*.` in front means the same host.
pub(super) fn host(text: &str) -> Result<&str, Odd> {
    let is_plain = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.');
    if !text.is_empty() && text.bytes().all(is_plain) {
        return Ok(text);
    }
    let text = text.strip_prefix("*.").unwrap_or(text);
    let is_pattern =
        |letter: char| matches!(letter, '*' | '(' | ')' | '^' | '$' | '\\' | '|' | '+');
    if text.contains(is_pattern) {
        return Err(Odd::Pattern);
    }
    let other =
        |letter: char| letter.is_whitespace() || matches!(letter, '/' | '?' | '@' | ',' | '=');
    match text.is_empty() || text.contains(other) {
        true => Err(Odd::NotOfThisForm),
        false => Ok(text),
    }
}
