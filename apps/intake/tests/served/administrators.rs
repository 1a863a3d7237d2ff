//! Administrators, and whoever would like to be one.

use std::{
    io::{Read, Write},
    os::unix::{fs::PermissionsExt, net::UnixStream},
    path::Path,
};

use argon2::{
    Argon2,
    password_hash::{PasswordHasher, SaltString},
};
use intake::config::{Bearer, Config, Scope};
use wire::log::Event;

use crate::device::{Answer, Ground, Server, get, parsed, raw};

fn with_bearers(ground: &Ground) -> Config {
    let mut config = ground.config();
    let salt = SaltString::encode_b64(b"a salt for tests").unwrap();
    let hash = Argon2::default().hash_password(b"right", &salt).unwrap();
    for (name, scopes) in [
        ("eve", vec![Scope::Read]),
        ("ops", vec![Scope::Read, Scope::Close]),
    ] {
        let bearer = Bearer {
            argon2id: hash.to_string(),
            scopes,
        };
        config.admin.bearers.insert(name.to_owned(), bearer);
    }
    config
}

fn ask(server: &Server, method: &str, path: &str, fields: &str, body: &str) -> Answer {
    let request = format!(
        "{method} {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n{fields}content-length: {}\r\n\r\n{body}",
        body.len()
    );
    raw(server.address, request.as_bytes())
}

fn by_socket(socket: &Path, request: &str) -> Answer {
    let mut stream = UnixStream::connect(socket).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    parsed(&answer)
}

const CLOSE: &str =
    r#"{"program": "org.example.sightings/sighting", "version": "0.1", "reason": "a test"}"#;

#[test]
fn attack_19_without_the_right_token_nothing_is_done() {
    let ground = Ground::new();
    let server = ground.serve_as(with_bearers(&ground));
    let leaves = server.intake.log.head().0;
    for (fields, status) in [
        ("", 401),
        ("authorization: Bearer\r\n", 401),
        ("authorization: Bearer ops\r\n", 401),
        ("authorization: Bearer ops.wrong\r\n", 401),
        ("authorization: Bearer nobody.right\r\n", 401),
        ("authorization: Basic b3BzOnJpZ2h0\r\n", 401),
        ("authorization: Bearer eve.right\r\n", 403),
        (
            "authorization: Bearer ops.right\r\norigin: https://evil.example\r\n",
            403,
        ),
        (
            "authorization: Bearer ops.right\r\nsec-fetch-site: cross-site\r\n",
            403,
        ),
        ("cookie: session=ops.right\r\n", 401),
    ] {
        let answer = ask(&server, "POST", "/admin/close", fields, CLOSE);
        assert_eq!(answer.status, status, "{fields:?}: {}", answer.text());
        assert!(!answer.head.contains("set-cookie"));
        assert!(!answer.head.contains("access-control-allow-origin"));
    }
    assert!(server.intake.closed().is_empty());
    assert_eq!(server.intake.log.head().0, leaves);
    let right = "authorization: Bearer ops.right\r\n";
    assert_eq!(
        ask(&server, "POST", "/admin/close", right, CLOSE).status,
        200
    );
    assert_eq!(server.intake.closed().len(), 1);
    let (_, newest) = server.intake.log.newest(1).remove(0);
    let Event::AdminActed { act, .. } = newest.event else {
        panic!("no act: {newest:?}");
    };
    assert!(act.ends_with("(ops)"), "{act}");
}

#[test]
fn attack_19_a_program_is_never_a_path() {
    let ground = Ground::new();
    let server = ground.serve_as(with_bearers(&ground));
    let right = "authorization: Bearer ops.right\r\n";
    for (program, status) in [
        ("../../vault", 400),
        ("org.example.sightings/../../vault", 400),
        ("/etc/passwd", 404),
        ("a\\u0000b", 400),
        ("", 400),
        ("org.example.sightings/other", 404),
    ] {
        let body = format!(r#"{{"program": "{program}", "reason": "x"}}"#);
        let answer = ask(&server, "POST", "/admin/close", right, &body);
        assert_eq!(answer.status, status, "{program}: {}", answer.text());
    }
    for path in [
        "/log/tile/../../vault",
        "/log/tile/%2e%2e/%2e%2e/vault",
        "/log/../vault",
        "/v1/declarations/..%2f..%2fvault",
    ] {
        assert_eq!(get(server.address, path).status, 404, "{path}");
    }
}

#[test]
fn wrong_tokens_are_looked_at_a_few_times_a_minute() {
    let ground = Ground::new();
    let server = ground.serve_as(with_bearers(&ground));
    let wrong = "authorization: Bearer ops.wrong\r\n";
    let statuses: Vec<u16> = (0..12)
        .map(|_| ask(&server, "GET", "/admin", wrong, "").status)
        .collect();
    assert_eq!(statuses.iter().filter(|it| **it == 401).count(), 10);
    assert_eq!(statuses.iter().filter(|it| **it == 429).count(), 2);
}

#[test]
fn wrong_tokens_of_one_network_keep_no_administrator_out() {
    let ground = Ground::new();
    let mut config = with_bearers(&ground);
    config.behind_proxy = true;
    let server = ground.serve_as(config);
    let status = |token: &str, from: &str| {
        let fields = format!("authorization: Bearer {token}\r\nx-forwarded-for: {from}\r\n");
        ask(&server, "GET", "/admin/state", &fields, "").status
    };
    for _ in 0..10 {
        assert_eq!(status("ops.wrong", "192.0.2.1"), 401);
    }
    assert_eq!(status("ops.right", "192.0.2.200"), 429);
    // A name that nobody has is no other than one that somebody has: neither in time nor in count.
    for _ in 0..10 {
        assert_eq!(status("nobody.wrong", "198.51.100.1"), 401);
    }
    assert_eq!(status("nobody.wrong", "198.51.100.1"), 429);
    // A hundred and twenty wrong ones of everybody: a network without any is still listened to.
    for network in 0..10 {
        for _ in 0..10 {
            assert_eq!(status("ops.wrong", &format!("203.0.{network}.1")), 401);
        }
    }
    assert_eq!(status("ops.wrong", "203.0.113.1"), 401);
    assert_eq!(status("ops.wrong", "203.0.113.1"), 429);
    assert_eq!(status("ops.right", "203.0.114.1"), 200);
    // Whose token it is is known by now, wherever it comes from.
    assert_eq!(status("ops.right", "192.0.2.200"), 200);
    // A proxy that does not say who asks lets nobody in.
    let fields = "authorization: Bearer ops.right\r\n";
    let answer = ask(&server, "GET", "/admin/state", fields, "");
    assert_eq!((answer.status, answer.code()), (503, "proxy".to_owned()));
}

#[test]
fn the_socket_is_for_its_owner_and_for_no_page() {
    let ground = Ground::new();
    let server = ground.serve();
    let socket = server.intake.config.admin_socket();
    let mode = std::fs::metadata(&socket).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let page = by_socket(
        &socket,
        "GET /admin HTTP/1.1\r\nhost: localhost:8421\r\nconnection: close\r\n\r\n",
    );
    assert_eq!(page.status, 200);
    assert!(page.text().contains("What enough devices reported"));
    for forbidden in ["<script", "http://", "https://", "javascript:", "style="] {
        assert!(!page.text().contains(forbidden), "{forbidden}");
    }
    let rebound = "GET /admin HTTP/1.1\r\nhost: evil.example\r\nconnection: close\r\n\r\n";
    assert_eq!(by_socket(&socket, rebound).status, 403);
    let forged = format!(
        "POST /admin/close HTTP/1.1\r\nhost: localhost\r\norigin: https://evil.example\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{CLOSE}",
        CLOSE.len()
    );
    assert_eq!(by_socket(&socket, &forged).status, 403);
    assert!(server.intake.closed().is_empty());
}

#[test]
fn a_purge_needs_the_name_twice() {
    let ground = Ground::new();
    let server = ground.serve();
    let socket = server.intake.config.admin_socket();
    let ask = |body: &str| {
        let request = format!(
            "POST /admin/purge HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        by_socket(&socket, &request)
    };
    let once = ask(r#"{"program": "org.example.sightings/daily", "again": "daily"}"#);
    assert_eq!((once.status, once.code()), (400, "again".to_owned()));
    let twice = ask(
        r#"{"program": "org.example.sightings/daily", "again": "org.example.sightings/daily"}"#,
    );
    assert_eq!(twice.status, 200, "{}", twice.text());
}

#[test]
fn what_is_committed_describes_every_path_there_is() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("openapi.json");
    let made = intake::openapi::document();
    if std::env::var_os("CANDOR_WRITE_SCHEMAS").is_some() {
        std::fs::write(&path, &made).unwrap();
    }
    let committed = std::fs::read_to_string(&path).unwrap();
    assert!(
        committed == made,
        "the paths changed: run this test with CANDOR_WRITE_SCHEMAS=1 and read the difference"
    );
    let ground = Ground::new();
    let server = ground.serve();
    assert_eq!(get(server.address, "/openapi.json").text(), made);
    let described: serde_json::Value = serde_json::from_str(&made).unwrap();
    for (path, methods) in described["paths"].as_object().unwrap() {
        let asked = path
            .replace("{name}", "x")
            .replace("{sha256}", "x")
            .replace("{path}", "x");
        for method in methods.as_object().unwrap().keys() {
            let answer = ask_for(&server, &method.to_uppercase(), &asked);
            let code = if answer.status == 404 {
                answer.code()
            } else {
                String::new()
            };
            assert!(
                answer.status != 405 && code != "no-such-path",
                "{method} {path}"
            );
        }
    }
}

/// Every code that the document names is one that a refusal has.
#[test]
fn what_is_committed_names_codes_there_are() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut sources = String::new();
    let mut left = vec![folder.join("src"), folder.join("../../crates/wire/src")];
    while let Some(at) = left.pop() {
        for entry in std::fs::read_dir(&at).unwrap() {
            let path = entry.unwrap().path();
            match path.is_dir() {
                true => left.push(path),
                false => sources.push_str(&std::fs::read_to_string(path).unwrap()),
            }
        }
    }
    let described: serde_json::Value = serde_json::from_str(&intake::openapi::document()).unwrap();
    let mut codes = std::collections::BTreeSet::new();
    let paths = described["paths"].as_object().unwrap().values();
    for answers in paths.flat_map(|it| it.as_object().unwrap().values()) {
        for (status, answer) in answers["responses"].as_object().unwrap() {
            let words = answer["description"].as_str().unwrap_or_default();
            if !status.starts_with('2') {
                codes.extend(words.split('`').skip(1).step_by(2).map(str::to_owned));
            }
        }
    }
    codes.remove("Retry-After");
    assert!(codes.len() > 20, "{codes:?}");
    for code in &codes {
        assert!(
            sources.contains(&format!("\"{code}\"")),
            "no refusal has the code `{code}`"
        );
    }
}

#[test]
fn a_path_that_is_no_text_is_refused_with_a_code() {
    let ground = Ground::new();
    let server = ground.serve();
    for path in [
        "/relay/%ff",
        "/v1/declarations/%ff",
        "/log/%ff",
        "/log/tile/%00",
        "/x%",
        "/x%f",
        "/x%zz",
    ] {
        for method in ["GET", "POST"] {
            let answer = ask(&server, method, path, "", "");
            assert_eq!(
                (answer.status, answer.code()),
                (400, "path-form".to_owned()),
                "{method} {path}"
            );
        }
    }
    assert_eq!(ask(&server, "GET", "/%6civez", "", "").status, 404);
}

fn ask_for(server: &Server, method: &str, path: &str) -> Answer {
    ask(server, method, path, "", "")
}
