//! What a person who agreed to it could report of this check: the host that did harm, and three words.
//!
//! This is the normal form that `declaration.toml` promises, as a pure function. Of an address only the
//! registered name is taken; a path only where a list names that very page, and then the list's path, not
//! the address's. Never a query, a fragment, a user, a port, a time; never a name or an address of a
//! private network; nothing that happened on another device. The worker only says it: whether anything is
//! kept, let alone sent, others decide, and they hold it against the declaration again.

use std::net::{Ipv4Addr, Ipv6Addr};

use serde::Serialize;

use crate::{
    canonical::canonical,
    data::{Data, Download, Visit},
    lists::Suffixes,
    verdict::{Level, Verdict},
    visit::{Danger, How, Source},
};

/// One harmful host, as it could be reported.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Sighting {
    /// The registered name, or `name/path` where a list names the page.
    pub host: String,
    /// What the list, or the browser, calls the harm.
    pub kind: &'static str,
    /// How sure it is: `red`, `amber`, or `browser` where only the browser warned.
    pub tier: &'static str,
    /// How the person came there: `link`.
    pub came_by: &'static str,
}

/// Returns what could be reported: gravest first, then newest first, each host once.
pub(crate) fn of(data: &Data<'_>, suffixes: &Suffixes) -> Vec<Sighting> {
    let visits = data.visits.iter().filter_map(|visit| {
        let sighting = of_visit(visit, suffixes)?;
        Some((visit.verdict.level, visit.time, sighting))
    });
    let downloads = data.downloads.iter().filter_map(|download| {
        let sighting = of_download(download, suffixes)?;
        Some((download.verdict.level, download.time, sighting))
    });
    let mut all: Vec<_> = downloads.chain(visits).collect();
    all.sort_by_key(|(level, time, _)| std::cmp::Reverse((*level, *time)));
    let mut sightings: Vec<Sighting> = Vec::new();
    for (_, _, sighting) in all {
        if !sightings.iter().any(|it| it.host == sighting.host) {
            sightings.push(sighting);
        }
    }
    sightings
}

fn of_visit(visit: &Visit<'_>, suffixes: &Suffixes) -> Option<Sighting> {
    if visit.source != Source::Here || visit.in_future {
        return None;
    }
    let came_by = match visit.how {
        _ if visit.redirect.is_some() => "redirect",
        How::Link | How::FrameLink | How::Form => "link",
        How::Typed | How::Bookmark | How::Search | How::Start => "typed",
        How::Frame => "frame",
        How::Download => "download",
        How::Reload | How::BackForward | How::Unknown => "other",
    };
    let kind = kind_of(&visit.verdict)?;
    sighting(&visit.verdict, &visit.url, kind, came_by, suffixes)
}

fn of_download(download: &Download<'_>, suffixes: &Suffixes) -> Option<Sighting> {
    if download.in_future {
        return None;
    }
    let kind = match kind_of(&download.verdict) {
        Some(kind) => kind,
        // A list that calls it a test says so; else only the browser speaks.
        None if !download.verdict.listed.is_empty() => return None,
        None => match download.danger {
            Danger::DangerousUrl | Danger::DangerousContent | Danger::DangerousHost => "malware",
            Danger::AccountCompromise => "phishing",
            _ => "other",
        },
    };
    sighting(&download.verdict, &download.url, kind, "download", suffixes)
}

fn sighting(
    verdict: &Verdict,
    url: &str,
    kind: &'static str,
    came_by: &'static str,
    suffixes: &Suffixes,
) -> Option<Sighting> {
    let tier = match verdict.level {
        Level::None | Level::Grey | Level::Blue => return None,
        _ if verdict.listed.is_empty() => "browser",
        Level::Amber => "amber",
        Level::Red => "red",
    };
    // A list names the host that does harm; what was visited may be a page that only leads there. The path
    // is reported where the list names that one page, and not of a folder, in which a person was somewhere.
    let host = match &verdict.entry {
        Some(entry) => normal(entry, verdict.entry_is_page, suffixes)?,
        None => normal(url, false, suffixes)?,
    };
    Some(Sighting {
        host,
        kind,
        tier,
        came_by,
    })
}

/// Returns the one form in which an address may be reported; `None` where it may not.
fn normal(address: &str, with_path: bool, suffixes: &Suffixes) -> Option<String> {
    let address = canonical(address.as_bytes())?;
    if !is_public(&address.host, address.is_ip) {
        return None;
    }
    let path =
        Some(address.path).filter(|path| with_path && path != "/" && address.query.is_none());
    if let Some(path) = path {
        return Some(format!("{}{path}", address.host));
    }
    if address.is_ip {
        return Some(address.host);
    }
    let owned = suffixes.owned(&address.host);
    // Below a suffix everybody has names, and a site that everybody visits is not what did harm.
    if suffixes.owner(&address.host).is_suffix || suffixes.is_popular(owned) {
        return None;
    }
    Some(owned.to_owned())
}

/// Names that only a private network resolves, by their end.
///
/// Source: RFC 6762, section 3 and appendix G; RFC 8375; RFC 6761, section 6.3; ICANN board resolution
/// 2024.07.29.06 (`internal`); read 2026-11.
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

fn is_public(host: &str, is_ip: bool) -> bool {
    if is_ip {
        let bare = host.trim_start_matches('[').trim_end_matches(']');
        let four = bare.parse::<Ipv4Addr>().ok();
        let six = bare.parse::<Ipv6Addr>().ok();
        return four.is_some_and(is_public_v4) || six.is_some_and(is_public_v6);
    }
    let is_private = PRIVATE.iter().any(|end| {
        host.strip_suffix(end)
            .is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
    });
    host.contains('.') && !is_private
}

/// Source: IANA IPv4 Special-Purpose Address Registry, read 2026-11.
fn is_public_v4(address: Ipv4Addr) -> bool {
    let [first, second, third, _] = address.octets();
    let is_shared = first == 100 && (64..128).contains(&second);
    let is_protocol = (first, second, third) == (192, 0, 0);
    let is_benchmark = first == 198 && (18..20).contains(&second);
    !(address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_documentation()
        || is_shared
        || is_protocol
        || is_benchmark
        || first == 0
        || first >= 224)
}

/// Only global unicast (2000::/3) outside documentation, and no address that holds an IPv4 one.
///
/// Source: IANA IPv6 Special-Purpose Address Registry, read 2026-11.
fn is_public_v6(address: Ipv6Addr) -> bool {
    let [first, second, ..] = address.segments();
    let is_global = first & 0xe000 == 0x2000;
    let is_documentation = (first == 0x2001 && second == 0x0db8) || first == 0x3fff;
    // 6to4, Teredo and their like carry an IPv4 address in them.
    let is_tunnel = first == 0x2002 || (first == 0x2001 && second < 0x0200);
    is_global && !is_documentation && !is_tunnel
}

/// Returns the declared word for what a list calls it; `None` for pages that exist to test protection.
fn kind_of(verdict: &Verdict) -> Option<&'static str> {
    let category = verdict.listed.first()?.category.as_str();
    Some(match category {
        "test page" => return None,
        "adware" => "adware",
        "browser hijacker" => "browser-hijacker",
        "cryptominer" => "cryptominer",
        "malicious advertising" => "malicious-advertising",
        "malware" => "malware",
        "phishing" => "phishing",
        "scam" => "scam",
        _ => "other",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn suffixes() -> Suffixes {
        Suffixes::of_text("co.uk\n+github.io\n=www.example.com\n")
    }

    #[test]
    fn of_an_address_only_the_registered_name_is_taken() {
        for (address, reported) in [
            (
                "https://www.evil.example/login?session=1#top",
                "evil.example",
            ),
            ("http://ada:secret@a.b.evil.co.uk:8080/x", "evil.co.uk"),
            ("https://EVIL.example./", "evil.example"),
            ("https://mine.github.io/page", "mine.github.io"),
            ("http://bücher.example/", "xn--bcher-kva.example"),
            ("http://3279880203/a", "195.127.0.11"),
        ] {
            let reported = Some(reported.to_owned());
            assert_eq!(normal(address, false, &suffixes()), reported, "{address}");
        }
    }

    #[test]
    fn a_path_is_the_lists_own_and_never_holds_a_query() {
        let of = |entry| normal(entry, true, &suffixes());
        assert_eq!(of("evil.example").as_deref(), Some("evil.example"));
        assert_eq!(
            of("files.example/a/b.exe").as_deref(),
            Some("files.example/a/b.exe")
        );
        assert_eq!(
            of("files.example/a?id=ada").as_deref(),
            Some("files.example")
        );
    }

    #[test]
    fn the_path_of_a_page_is_reported_and_that_of_a_folder_is_not() {
        let of = |entry_is_page| {
            let verdict = Verdict {
                level: Level::Red,
                entry: Some("files.example/a/".to_owned()),
                entry_is_page,
                listed: vec![crate::verdict::Listed {
                    list: "L".into(),
                    since: "2026-11-01".into(),
                    category: "scam".into(),
                    family: "x".into(),
                }],
                ..Verdict::default()
            };
            let url = "https://files.example/a/ada.html";
            sighting(&verdict, url, "scam", "link", &suffixes()).map(|it| it.host)
        };
        assert_eq!(of(true).as_deref(), Some("files.example/a/"));
        assert_eq!(of(false).as_deref(), Some("files.example"));
    }

    #[test]
    fn a_site_that_everybody_visits_is_not_what_did_harm() {
        let of = |address, with_path| normal(address, with_path, &suffixes());
        assert_eq!(of("https://files.example.com/x.exe", false), None);
        let page = Some("files.example.com/x.exe".to_owned());
        assert_eq!(of("https://files.example.com/x.exe", true), page);
    }

    #[test]
    fn what_is_private_is_never_reported() {
        for address in [
            "http://intranet/login",
            "http://printer.local/",
            "http://nas.home.arpa/",
            "http://wiki.corp/",
            "http://localhost:8080/",
            "http://127.0.0.1/",
            "http://10.1.2.3/x",
            "http://192.168.1.1/",
            "http://172.20.0.1/",
            "http://169.254.1.1/",
            "http://100.64.0.1/",
            "http://198.18.0.1/",
            "http://0x7f000001/",
            "http://[::1]/",
            "http://[fe80::1]/",
            "http://[fd00::1]/",
            "http://[::ffff:192.168.1.1]/",
            "http://[2002:c0a8:0101::1]/",
            "https://github.io/",
            "https://co.uk/",
            "file:///home/ada/letter.txt",
            "about:blank",
        ] {
            for with_path in [false, true] {
                assert_eq!(normal(address, with_path, &suffixes()), None, "{address}");
            }
        }
    }

    #[test]
    fn every_word_is_one_the_declaration_lists() {
        let declaration = declare::Declaration::parse(crate::DECLARATION).unwrap();
        let send = &declaration.sends()[0];
        let choices = |name: &str| {
            let field = send.fields.iter().find(|field| field.name == name);
            field.unwrap().choices.clone().unwrap()
        };
        for (category, kind) in [
            ("adware", "adware"),
            ("browser hijacker", "browser-hijacker"),
            ("malicious advertising", "malicious-advertising"),
            ("a new word", "other"),
        ] {
            let verdict = Verdict {
                listed: vec![crate::verdict::Listed {
                    list: "L".into(),
                    since: "2026-11-01".into(),
                    category: category.into(),
                    family: "x".into(),
                }],
                ..Verdict::default()
            };
            assert_eq!(kind_of(&verdict), Some(kind));
            assert!(choices("kind").contains(&kind.to_owned()));
        }
        for word in ["download", "frame", "link", "other", "redirect", "typed"] {
            assert!(choices("came_by").contains(&word.to_owned()));
        }
        for word in ["amber", "browser", "red"] {
            assert!(choices("tier").contains(&word.to_owned()));
        }
    }
}
