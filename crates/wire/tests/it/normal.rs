//! The one form of a host.

use candor_wire::normal::{NormalError, check};

#[test]
fn hosts_in_their_one_form_pass() {
    for host in [
        "harm.example",
        "a.b.c.harm.co.uk",
        "xn--mnchen-3ya.de",
        "8.8.8.8",
        "[2a00:1450:4001:82a::200e]",
        "under_score.example",
        "1.2.3.4.example",
        "0x7f.example",
    ] {
        assert_eq!(check(host, false), Ok(()), "{host}");
    }
}

#[test]
fn whatever_says_more_than_a_host_is_refused() {
    use NormalError::*;
    for (text, why) in [
        ("", Empty),
        ("/path", Empty),
        ("harm.example:8080", MoreThanHost),
        ("user@harm.example", MoreThanHost),
        ("harm.example?q=secret", MoreThanHost),
        ("harm.example#part", MoreThanHost),
        ("https:", MoreThanHost),
        ("https://harm.example", MoreThanHost),
        ("harm example.org", MoreThanHost),
        ("harm.example\n", MoreThanHost),
        ("harm%2eexample.org", MoreThanHost),
        ("münchen.de", MoreThanHost),
        ("harm.example/", Path),
        ("harm.example/login", Path),
        ("router", SingleLabel),
        ("Harm.example", HostForm),
        ("harm.example.", HostForm),
        (".harm.example", HostForm),
        ("harm..example", HostForm),
        ("-harm.example", HostForm),
        ("harm-.example", HostForm),
        ("xn--a.example", HostForm),
        ("xn--Mnchen-3ya.de", HostForm),
        ("1.2.3", HostForm),
        ("01.2.3.4", HostForm),
        ("1.2.3.256", HostForm),
        ("harm.1", HostForm),
        ("[2A00::1]", HostForm),
        ("[2a00:0::1]", HostForm),
        ("[harm]", HostForm),
    ] {
        assert_eq!(check(text, false), Err(why), "{text:?}");
    }
    let label = format!("{}.example", "a".repeat(64));
    assert_eq!(check(&label, false), Err(HostForm));
    let long = format!("{}example", "abcdefg.".repeat(31));
    assert_eq!(check(&long, false), Err(HostForm), "{} bytes", long.len());
}

#[test]
fn nothing_of_a_private_network_passes() {
    for host in [
        "printer.local",
        "nas.home.arpa",
        "wiki.corp",
        "mail.internal",
        "localhost.localdomain",
        "app.localhost",
        "box.lan",
        "127.0.0.1",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.1.1",
        "100.64.0.1",
        "0.0.0.0",
        "224.0.0.1",
        "255.255.255.255",
        "198.18.0.1",
        "192.0.0.1",
        "203.0.113.5",
        "[::1]",
        "[fe80::1]",
        "[fd00::1]",
        "[2001:db8::1]",
        "[::ffff:10.0.0.1]",
        "[ff02::1]",
    ] {
        assert_eq!(check(host, false), Err(NormalError::Private), "{host}");
    }
    // What only ends alike is not private.
    assert_eq!(check("notlocal.xlocal", false), Ok(()));
}

#[test]
fn a_path_passes_where_it_may_and_in_one_form() {
    for text in [
        "harm.example/",
        "harm.example/a/b.exe",
        "harm.example/%C3%A4",
        "8.8.8.8/x",
    ] {
        assert_eq!(check(text, true), Ok(()), "{text}");
    }
    for text in [
        "harm.example/a?b",
        "harm.example/a#b",
        "harm.example/a b",
        "harm.example/%c3",
        "harm.example/%C",
        "harm.example/a/../b",
        "harm.example/./b",
        "harm.example/\u{e4}",
        "harm.example/a\\b",
    ] {
        assert_eq!(check(text, true), Err(NormalError::PathForm), "{text}");
    }
}
