//! Promise: what fewer than twenty people reported cannot be read by whoever collects it.
//!
//! Twenty-five machines, each with a history that a real Chromium made, meet the same harmful host. All of it
//! through the real programs: the check, the consent, the outbox, the courier, a relay, the intake.

#![expect(clippy::unwrap_used, reason = "a test fails by it")]

#[path = "nineteen_reports_reveal_nothing/poison.rs"]
mod poison;

use std::{fs, io, path::Path};

use candor_promises::collection::{Device, HARMFUL as HOST, Operator};
use fixture::browsers::{Answer, Chromium, Drive, Home, Server, installed};

/// As many as have to say the same.
const K: usize = 20;

/// Lets a Chromium of its own visit the host in a new home folder, as a person would.
fn visits(chromium: &Path, server: &Server) -> Home {
    let home = Home::new();
    let mut browser = Chromium::start(chromium, &home, ".config/chromium", "Default", &[]);
    let before = server.count("/arrived/");
    browser.go(&server.url("news.example", "/"));
    server.wait_for("/arrived/", before + 1);
    let before = server.count("/arrived/you-won");
    browser.click("#win");
    server.wait_for("/arrived/you-won", before + 1);
    browser.close();
    home
}

/// Agrees, checks, looks at what would leave, and lets the courier bring it.
fn reports(home: &Home, operator: &Operator) -> Device {
    let device = Device::at(home.path(), operator);
    device.agrees_and_checks();
    assert_eq!(device.records()[0]["fields"]["host"], HOST);
    device.courier_until("withdrawable");
    device
}

fn revealed(operator: &Operator) -> Vec<serde_json::Value> {
    let _ = operator.admin(&["reveal"]);
    let state = operator.admin(&["state"]);
    let epochs = state["epochs"].as_array().expect("a list");
    let findings = epochs.iter().filter_map(|it| it["findings"].as_array());
    findings.flatten().cloned().collect()
}

/// Returns whether some bytes stand in any file below a folder.
fn is_in_a_file_below(folder: &Path, needle: &[u8]) -> io::Result<bool> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let found = if entry.file_type()?.is_dir() {
            is_in_a_file_below(&entry.path(), needle)?
        } else {
            let bytes = fs::read(entry.path()).unwrap_or_default();
            bytes.windows(needle.len()).any(|it| it == needle)
        };
        if found {
            return Ok(true);
        }
    }
    Ok(false)
}

#[test]
fn nineteen_reveal_nothing_and_a_twentieth_opens_them() {
    let Some((chromium, _)) = installed() else {
        return;
    };
    let server = Server::start(|request, port| match request.host.as_str() {
        "news.example" => Answer::page(
            "News",
            &format!("<a id=win href=\"http://{HOST}:{port}/you-won\">you won</a>"),
        ),
        _ => Answer::page("Call us", "your computer is broken"),
    });
    let operator = Operator::start();
    let homes: Vec<Home> = (0..25).map(|_| visits(&chromium, &server)).collect();

    for home in &homes[..K - 1] {
        reports(home, &operator);
    }
    assert_eq!(revealed(&operator), Vec::<serde_json::Value>::new());

    // A share that lies makes twenty, of which nineteen are honest.
    poison::sends_a_share_that_lies(&operator, HOST);
    assert_eq!(revealed(&operator), Vec::<serde_json::Value>::new());
    let readable = is_in_a_file_below(operator.folder(), HOST.as_bytes()).unwrap();
    assert!(!readable, "the host can be read in what the operator holds");

    reports(&homes[K - 1], &operator);
    let open = revealed(&operator);
    assert_eq!(open.len(), 1, "{open:#?}");
    assert_eq!(open[0]["text"], HOST, "{open:#?}");
    assert_eq!(open[0]["number"], K, "{open:#?}");

    // The rest only counts on.
    for home in &homes[K..] {
        reports(home, &operator);
    }
    let open = revealed(&operator);
    assert_eq!(open.len(), 1, "{open:#?}");
    assert_eq!(open[0]["number"], homes.len(), "{open:#?}");
}
