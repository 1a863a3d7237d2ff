use super::*;
use crate::lists::starter;

fn like(host: &str) -> Option<(Likeness, Option<String>)> {
    let known = Known::new(starter().suffixes(), ["intranet-portal.example"]);
    known.like(host).map(|like| (like.how, like.known))
}

#[test]
fn names_made_to_look_like_others_are_told() {
    for (host, how, known) in [
        // Cyrillic а and о.
        ("xn--pypal-4ve.com", Likeness::Letters, "paypal.com"),
        ("www.xn--ggle-55da.com", Likeness::Letters, "google.com"),
        ("paypa1.com", Likeness::Letters, "paypal.com"),
        ("rnicrosoft.com", Likeness::Letters, "microsoft.com"),
        ("g00gle.net", Likeness::Letters, "google.com"),
        ("googgle.com", Likeness::Slip, "google.com"),
        ("facebok.com", Likeness::Slip, "facebook.com"),
        ("www.fcaebook.com", Likeness::Slip, "facebook.com"),
        ("microsofts.co", Likeness::Slip, "microsoft.com"),
        ("wikipedla.org", Likeness::Slip, "wikipedia.org"),
        (
            "intranet-portai.example",
            Likeness::Slip,
            "intranet-portal.example",
        ),
        (
            "paypal.com.account.example.net",
            Likeness::Embedded,
            "paypal.com",
        ),
        (
            "www.amazon.com.evil.example",
            Likeness::Embedded,
            "amazon.com",
        ),
        ("paypal-login.com", Likeness::Dressed, "paypal.com"),
        ("secure-icloud.example", Likeness::Dressed, "icloud.com"),
    ] {
        assert_eq!(like(host), Some((how, Some(known.to_owned()))), "{host}");
    }
    // Latin and Cyrillic in one name, like nothing known.
    assert_eq!(like("xn--ab-llc.example"), Some((Likeness::Mixed, None)));
}

#[test]
fn names_of_their_own_are_left_alone() {
    for host in [
        "google.com",
        "www.google.de",
        "docs.google.com",
        "google.example",
        "live.com",
        "vive.com",
        "www.cooking.com",
        "github.io",
        "example.github.io",
        "www.microsoft.com.edgekey.net",
        "www.nature.com.proxy.example.edu",
        "xn--bcher-kva.example",
        "xn--wgv71a119e.jp",
        "target-account.example",
        "mail.example.com",
        "intranet-portal.example",
        "localhost",
        "192.0.2.1",
        "[2001:db8::1]",
        "",
    ] {
        assert_eq!(like(host), None, "{host}");
    }
}

/// Sites that everybody visits are never like one another.
#[test]
fn known_sites_are_like_nothing_else() {
    let suffixes = starter().suffixes();
    let known = Known::new(suffixes, []);
    for site in suffixes.sites() {
        for host in [site.to_owned(), format!("www.{site}")] {
            assert_eq!(known.like(&host), None, "{host}");
        }
    }
}

#[test]
fn a_slip_is_one_and_no_more() {
    for (a, b, expected) in [
        ("paypal", "paypa", true),
        ("paypal", "paaypal", true),
        ("paypal", "paypla", true),
        ("paypal", "pajpal", true),
        ("paypal", "paypal", false),
        ("paypal", "pajpel", false),
        ("paypal", "paypal1", false),
        ("paypal", "ypapal", false),
        ("site24", "site25", false),
        ("a", "", true),
        ("", "", false),
    ] {
        assert_eq!(one_slip(a, b), expected, "{a} {b}");
        assert_eq!(one_slip(b, a), expected, "{b} {a}");
    }
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(40))]
    #[test]
    fn any_host_is_like_something_or_nothing(host in "(xn--)?[a-z0-9.\\-]{0,70}") {
        let suffixes = starter().suffixes();
        let _ = Known::new(suffixes, []).like(&host);
        proptest::prop_assert_eq!(Known::new(suffixes, [host.as_str()]).like(&host), None);
    }
}
