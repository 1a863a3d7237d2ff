//! One spelling for every way to write an address, so that a look-up cannot be dodged by spelling.
//!
//! Lists and histories go through the same function. The rules are those of the Safe Browsing
//! documents, which every list of web addresses is built with in mind: `http://3279880203/a/../b`
//! and `195.127.0.11/b` are one page. Scheme, user, port and fragment do not count.
//!
//! Source: <https://developers.google.com/safe-browsing/reference/URLs.and.Hashing> (v5, 2026-11).

mod host;
mod path;

use std::borrow::Cow;

/// An address in its one spelling.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    /// Lower case, international names in punycode, IP addresses in their usual form.
    pub host: String,
    /// Whether the host is an IP address, which has no parent.
    pub is_ip: bool,
    /// Begins with `/`; everything but visible ASCII is percent-escaped.
    pub path: String,
    /// What followed the first `?`, escaped the same way.
    pub query: Option<String>,
}

/// Returns the one spelling of a web address, with or without its scheme.
///
/// None when it names no host or is not of the web: `about:blank`, `data:…`, `file:…`,
/// `mailto:…`, `chrome://…`.
#[must_use]
pub fn canonical(text: &[u8]) -> Option<Address> {
    let text = without_breaks(text.trim_ascii());
    let text = before(&text, b'#');
    let plain = unescaped(text);
    let rest = without_scheme(&plain)?;

    let end = rest
        .iter()
        .position(|byte| matches!(byte, b'/' | b'?'))
        .unwrap_or(rest.len());
    let (authority, rest) = rest.split_at(end);
    let (host, is_ip) = host::canonical(host::of_authority(authority))?;
    let (path, query) = match rest.iter().position(|byte| *byte == b'?') {
        Some(at) => (&rest[..at], Some(&rest[at + 1..])),
        None => (rest, None),
    };
    Some(Address {
        host,
        is_ip,
        path: escaped(&path::resolved(path)),
        query: query.map(escaped).filter(|query| !query.is_empty()),
    })
}

/// Returns the host of an address when it stands there in its one spelling already: a name in lower
/// case behind `http://` or `https://`, as browsers write nearly all. None says nothing.
#[must_use]
pub fn plain_host(url: &str) -> Option<&str> {
    let rest = url
        .strip_prefix("https://")
        .or_else(|| url.strip_prefix("http://"))?;
    let end = rest
        .bytes()
        .position(|byte| matches!(byte, b'/' | b'?' | b'#'));
    let host = &rest[..end.unwrap_or(rest.len())];
    let is_plain = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.');
    let top = host.rsplit('.').next().unwrap_or_default();
    // The name of an IP address ends in a number, which may begin with 0x.
    let is_name = top.starts_with(|letter: char| letter.is_ascii_lowercase());
    let dots = host.starts_with('.') || host.contains("..");
    (is_name && !dots && host.len() <= 253 && host.bytes().all(is_plain)).then_some(host)
}

/// Returns the one spelling of a bare host, such as a list's entry.
#[must_use]
pub fn canonical_host(text: &str) -> Option<(String, bool)> {
    let address = canonical(text.as_bytes())?;
    (address.path == "/" && address.query.is_none()).then_some((address.host, address.is_ip))
}

/// Returns what stands before the first such byte; everything if there is none.
fn before(text: &[u8], byte: u8) -> &[u8] {
    match text.contains(&byte) {
        true => text.split(|it| *it == byte).next().unwrap_or_default(),
        false => text,
    }
}

fn without_breaks(text: &[u8]) -> Cow<'_, [u8]> {
    let is_break = |byte: &u8| matches!(byte, b'\t' | b'\r' | b'\n');
    // Without a branch a byte, many bytes are looked at together.
    let breaks = text.iter().fold(false, |any, byte| any | is_break(byte));
    if !breaks {
        return Cow::Borrowed(text);
    }
    Cow::Owned(
        text.iter()
            .copied()
            .filter(|byte| !is_break(byte))
            .collect(),
    )
}

/// Undoes percent-escapes until none is left: `%2541` is `%41` is `A`.
///
/// One walk with a stack of what came out so far. Undoing the whole text again and again gives the
/// same, but takes time that grows with the square of a hostile `%252525…`.
fn unescaped(text: &[u8]) -> Cow<'_, [u8]> {
    if !text.contains(&b'%') {
        return Cow::Borrowed(text);
    }
    let mut out: Vec<u8> = Vec::with_capacity(text.len());
    for byte in text {
        out.push(*byte);
        // A byte that came out of an escape may itself end an escape begun before it.
        while let [.., b'%', high, low] = out[..]
            && let (Some(high), Some(low)) = (hex(high), hex(low))
        {
            out.truncate(out.len() - 3);
            out.push(high << 4 | low);
        }
    }
    Cow::Owned(out)
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit)
        .to_digit(16)
        .and_then(|value| u8::try_from(value).ok())
}

fn escaped(text: &[u8]) -> String {
    let mut rest = text;
    // Nearly all texts are plain from end to end.
    if text.iter().fold(true, |all, byte| all & is_plain(*byte)) {
        return std::str::from_utf8(text)
            .expect("plain bytes are ASCII")
            .to_owned();
    }
    let mut out = String::with_capacity(text.len());
    while !rest.is_empty() {
        let end = rest.iter().position(|byte| !is_plain(*byte));
        let (plain, other) = rest.split_at(end.unwrap_or(rest.len()));
        out.push_str(std::str::from_utf8(plain).expect("plain bytes are ASCII"));
        rest = match other.split_first() {
            Some((byte, after)) => {
                escape(*byte, &mut out);
                after
            }
            None => other,
        };
    }
    out
}

fn is_plain(byte: u8) -> bool {
    byte > 0x20 && byte < 0x7f && !matches!(byte, b'#' | b'%')
}

fn escape(byte: u8, out: &mut String) {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    if !is_plain(byte) {
        out.push('%');
        out.push(char::from(DIGITS[usize::from(byte >> 4)]));
        out.push(char::from(DIGITS[usize::from(byte & 15)]));
    } else {
        out.push(char::from(byte));
    }
}

/// Cuts `http://`, `https://` or `ftp://` off. A text without scheme stays as it is.
fn without_scheme(text: &[u8]) -> Option<&[u8]> {
    let colon = text
        .iter()
        .position(|byte| matches!(byte, b':' | b'/' | b'?' | b'['));
    let Some(colon) = colon.filter(|at| text[*at] == b':') else {
        return Some(text);
    };
    let (scheme, rest) = (&text[..colon], &text[colon + 1..]);
    if let Some(rest) = rest.strip_prefix(b"//") {
        let known = [b"http".as_slice(), b"https", b"ftp"];
        return known
            .iter()
            .any(|known| scheme.eq_ignore_ascii_case(known))
            .then_some(rest);
    }
    // `host:80/x` has a port, `mailto:x` and `data:x` a scheme that is not of the web.
    let port: Vec<u8> = rest
        .iter()
        .copied()
        .take_while(|byte| *byte != b'/')
        .collect();
    (!port.is_empty() && port.iter().all(u8::is_ascii_digit)).then_some(text)
}

#[cfg(test)]
mod tests;
