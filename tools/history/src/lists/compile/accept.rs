//! Which entries may be one, and their keys.

use std::net::IpAddr;

use super::{Dropped, Subject};
use crate::{
    canonical::{Address, canonical},
    lists::{Suffixes, keys::LONGEST_KEY, reverse},
};

/// Writes the key of an entry behind `out`, if it may be one.
///
/// An entry for a public suffix, for a site that everybody visits, or for a host of such a site's owner
/// would flag strangers: of those only pages may be entries. A page that is a whole host is judged as
/// that host.
pub(super) fn key(
    subject: Subject<'_>,
    suffixes: &Suffixes,
    out: &mut Vec<u8>,
) -> Result<(), Dropped> {
    if let Subject::Host(host) = subject
        && is_plain(host)
    {
        of_host(host, suffixes)?;
        return write(host, false, "", out);
    }
    let address = canonical(subject.text().as_bytes()).ok_or(Dropped::NoAddress)?;
    let Address {
        host,
        is_ip,
        path,
        query,
    } = &address;
    let whole = path == "/" && query.is_none();
    match subject {
        Subject::Host(_) if !whole => return Err(Dropped::NoAddress),
        _ if *is_ip => of_ip(host)?,
        _ if whole => of_host(host, suffixes)?,
        // A name that nobody owns has no pages.
        _ if !host.contains('.') => return Err(Dropped::NoAddress),
        _ => {}
    }
    let rest = match (subject, query) {
        (Subject::Host(_), _) => String::new(),
        (Subject::Page(_), Some(query)) => format!("{path}?{query}"),
        (Subject::Page(_), None) => path.clone(),
    };
    write(host, *is_ip, &rest, out)
}

fn write(host: &str, is_ip: bool, rest: &str, out: &mut Vec<u8>) -> Result<(), Dropped> {
    if host.len() + rest.len() > LONGEST_KEY {
        return Err(Dropped::TooLong);
    }
    let from = out.len();
    out.resize(from + host.len(), 0);
    reverse(host.as_bytes(), is_ip, &mut out[from..]);
    out.extend_from_slice(rest.as_bytes());
    Ok(())
}

/// Returns whether a host stands in its one spelling already, as nearly all do.
fn is_plain(host: &str) -> bool {
    let bytes = host.as_bytes();
    let is_letter = |byte: &u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.');
    let top = host.rsplit('.').next().unwrap_or_default();
    bytes.iter().all(is_letter)
        && !host.starts_with('.')
        && !host.contains("..")
        // The name of an IP address ends in a number.
        && top.starts_with(|letter: char| letter.is_ascii_lowercase())
        && host.len() <= 253
}

fn of_host(host: &str, suffixes: &Suffixes) -> Result<(), Dropped> {
    let owner = suffixes.owner(host);
    if owner.is_suffix {
        return Err(Dropped::Suffix);
    }
    let is_popular = suffixes.is_popular(&host[owner.at..]);
    // Nearly all hosts are told apart here: a site or its owner is popular, or stands behind `www`.
    if !is_popular && !host.starts_with("www.") {
        return Ok(());
    }
    match (suffixes.is_top_site(host), is_popular) {
        (true, _) => Err(Dropped::TopSite),
        (false, true) => Err(Dropped::OfTopSite),
        (false, false) => Ok(()),
    }
}

fn of_ip(host: &str) -> Result<(), Dropped> {
    let is_private = match host.trim_matches(['[', ']']).parse() {
        Ok(IpAddr::V4(ip)) => {
            // RFC 6598: between a provider and its customers.
            let shared = ip.octets()[0] == 100 && ip.octets()[1] & 0xc0 == 64;
            shared
                || ip.is_private()
                || ip.is_loopback()
                || ip.is_link_local()
                || ip.is_unspecified()
                || ip.is_broadcast()
                || ip.is_multicast()
        }
        Ok(IpAddr::V6(ip)) => {
            ip.is_loopback()
                || ip.is_unspecified()
                || ip.is_unique_local()
                || ip.is_unicast_link_local()
                || ip.is_multicast()
        }
        Err(_) => false,
    };
    match is_private {
        true => Err(Dropped::PrivateAddress),
        false => Ok(()),
    }
}
