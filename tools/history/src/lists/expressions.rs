//! The names under which an address may be listed: itself, its parents, its folders.
//!
//! Hosts: the exact one, and up to four that begin at the shortest name its owner has and add a
//! label each; where strangers have names side by side, only the exact one. Pages: path with query,
//! path, and up to four folders from `/` down. At most 30.
//!
//! Source: <https://developers.google.com/safe-browsing/reference/URLs.and.Hashing> (v5, 2026-11).

use super::Suffixes;
use crate::canonical::Address;

/// How many parents of a host are asked for.
const PARENTS: usize = 4;
/// How many folders of a path are asked for, `/` included.
const FOLDERS: usize = 4;

/// Calls `ask` with each host `address` may be listed under, the exact one first.
pub(super) fn hosts<'h>(address: &'h Address, suffixes: &Suffixes, mut ask: impl FnMut(&'h str)) {
    let host = address.host.as_str();
    ask(host);
    if address.is_ip {
        return;
    }
    let owner = suffixes.owner(host);
    if owner.shared {
        return;
    }
    let mut at = owner.at;
    for _ in 0..PARENTS {
        // The exact host is not asked for again.
        let Some(before) = at.checked_sub(1) else {
            return;
        };
        ask(&host[at..]);
        at = host[..before].rfind('.').map_or(0, |dot| dot + 1);
    }
}

/// Calls `ask` with each page below `host` that `address` may be listed under, whole pages first.
/// `host` is one that [`hosts`] gave.
pub(super) fn pages(host: &str, address: &Address, mut ask: impl FnMut(&str)) {
    let mut key = String::with_capacity(host.len() + address.path.len() + 64);
    if let Some(query) = &address.query {
        key.extend([host, &address.path, "?", query]);
        ask(&key);
        key.clear();
    }
    key.extend([host, &address.path]);
    ask(&key);
    for (end, _) in address.path.match_indices('/').take(FOLDERS) {
        let folder = &address.path[..=end];
        if folder.len() < address.path.len() {
            key.clear();
            key.extend([host, folder]);
            ask(&key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::canonical::canonical;

    fn hosts_of(text: &str) -> Vec<String> {
        let table = Suffixes::of_text("co.uk\n+github.io\n");
        let address = canonical(text.as_bytes()).unwrap();
        let mut all = Vec::new();
        hosts(&address, &table, |host| all.push(host.to_owned()));
        all
    }

    #[test]
    fn hosts_begin_at_the_owner_and_add_labels() {
        assert_eq!(
            hosts_of("http://a.b.c.d.e.example.co.uk/"),
            [
                "a.b.c.d.e.example.co.uk",
                "example.co.uk",
                "e.example.co.uk",
                "d.e.example.co.uk",
                "c.d.e.example.co.uk"
            ]
        );
        assert_eq!(
            hosts_of("http://www.google.com/x"),
            ["www.google.com", "google.com"]
        );
        assert_eq!(hosts_of("http://example.com/"), ["example.com"]);
        assert_eq!(hosts_of("http://evil.github.io/"), ["evil.github.io"]);
        assert_eq!(hosts_of("http://a.evil.github.io/"), ["a.evil.github.io"]);
        assert_eq!(hosts_of("http://1.2.3.4/"), ["1.2.3.4"]);
        assert_eq!(
            hosts_of("http://[2001:470:1:18::114]/"),
            ["[2001:470:1:18::114]"]
        );
        assert_eq!(hosts_of("http://localhost/"), ["localhost"]);
    }

    /// Source: google/safebrowsing bbf0d20 (Apache-2.0), `urls_test.go`, `TestGeneratePatterns`
    /// and `TestGenerateLookupPaths`, as facts; those whose hosts agree with v5.
    #[test]
    fn pages_are_the_public_vectors() {
        for (text, expected) in [
            (
                "http://a.b.c/1/2.html?param=1/2",
                "a.b.c/1/2.html?param=1/2 a.b.c/1/2.html a.b.c/ a.b.c/1/ b.c/1/2.html?param=1/2 b.c/1/2.html b.c/ b.c/1/",
            ),
            (
                "http://a.b.c/1/2/3/4/5/",
                "a.b.c/1/2/3/4/5/ a.b.c/ a.b.c/1/ a.b.c/1/2/ a.b.c/1/2/3/ b.c/1/2/3/4/5/ b.c/ b.c/1/ b.c/1/2/ b.c/1/2/3/",
            ),
            (
                "http://b.c/1/2/3.html?param=1/2",
                "b.c/1/2/3.html?param=1/2 b.c/1/2/3.html b.c/ b.c/1/ b.c/1/2/",
            ),
            ("http://a.b/?", "a.b/"),
            ("http://1.2.3.4/a/b", "1.2.3.4/a/b 1.2.3.4/ 1.2.3.4/a/"),
            (
                "[2001:470:1:18::114]/a/b",
                "[2001:470:1:18::114]/a/b [2001:470:1:18::114]/ [2001:470:1:18::114]/a/",
            ),
            (
                "http://a.com/a/b/c/d/e.html?123",
                "a.com/a/b/c/d/e.html?123 a.com/a/b/c/d/e.html a.com/ a.com/a/ a.com/a/b/ a.com/a/b/c/",
            ),
        ] {
            let address = canonical(text.as_bytes()).unwrap();
            let mut all = Vec::new();
            hosts(&address, &Suffixes::default(), |host| {
                pages(host, &address, |page| all.push(page.to_owned()));
            });
            assert_eq!(all.join(" "), expected, "{text}");
        }
    }

    #[test]
    fn no_address_has_more_than_thirty() {
        let text = "http://a.b.c.d.e.f.g.example.co.uk/1/2/3/4/5/6/7.html?q";
        let mut count = 0;
        let address = canonical(text.as_bytes()).unwrap();
        hosts(&address, &Suffixes::default(), |host| {
            pages(host, &address, |_| count += 1);
        });
        assert_eq!(count, 30);
    }
}
