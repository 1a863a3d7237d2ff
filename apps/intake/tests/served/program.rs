//! The program itself: what it says, writes and opens.

use std::{
    path::Path,
    process::{Command, Output},
};

use crate::{
    device::{Device, every_file, get, holds, sighting},
    process::{PROGRAM, Place, Running, prepared},
};

/// Runs the program to its end, without any environment.
fn program(arguments: &[&str]) -> Output {
    let mut command = Command::new(PROGRAM);
    command.args(arguments).env_clear().output().unwrap()
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[test]
fn attack_17_no_address_and_no_text_is_in_any_log() {
    let place = Place::new();
    let settings = place.settings(&place.data());
    let canary = "canary-host-nobody-has.example";
    let sent = {
        let intake = place.intake();
        let epoch = sighting(&intake).calendar.epoch_of(intake.clock.now());
        Device::new(1).report_of(&intake, epoch, canary)
    };
    let server = Running::start(&settings);
    let keys = server.keys();
    assert_eq!(server.hand_in(&sent, &keys).0, 200);
    // Addresses that a proxy would name, and requests that fail in every way.
    let named = "203.0.113.77";
    let fields = format!("x-forwarded-for: {named}\r\nforwarded: for={named}\r\n");
    for path in [
        "/v1/gateway",
        "/v1/enrol",
        "/v1/tokens",
        "/relay/x",
        "/admin",
        "/none",
    ] {
        let request = format!(
            "POST {path} HTTP/1.1\r\nhost: {named}\r\nconnection: close\r\n{fields}content-length: 3\r\n\r\nabc"
        );
        let answer = crate::device::raw(server.address, request.as_bytes());
        assert!(answer.status >= 400);
        assert!(!answer.text().contains(named));
    }
    let metrics = get(server.address, "/metrics").text();
    let install = Device::new(1).install();
    let (output, _) = server.terminate();
    let mut looked = vec![
        ("metrics".to_owned(), metrics.into_bytes()),
        ("log".to_owned(), output.stderr),
    ];
    let files = every_file(&place.data()).into_iter();
    looked.extend(files.map(|(path, bytes)| (path.display().to_string(), bytes)));
    assert!(looked.len() > 6);
    for (name, bytes) in looked {
        for secret in [named, canary, &install] {
            let found = holds(&bytes, secret.as_bytes());
            assert!(!found, "`{secret}` is in {name}");
        }
    }
}

#[test]
fn attack_22_doctor_says_loudly_that_relay_and_gateway_are_one() {
    let place = Place::new();
    let output = program(&[
        "doctor",
        "--role",
        "receive,randomness,issuer,relay",
        "--folder",
        text(&place.data()),
        "--set",
        "relay.main.url=http://127.0.0.1:8420/v1/gateway",
    ]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(text.contains("WEAKER THAN PROMISED"), "{text}");
    assert!(
        text.contains("THE RELAY AND ITS GATEWAY `main` ARE ONE MACHINE"),
        "{text}"
    );
}

#[test]
fn attack_20_doctor_says_what_was_restored_without_its_keys() {
    let place = Place::new();
    let sent = prepared(&place, 1);
    {
        let intake = place.intake();
        let arrival = intake::inner::arrival(&sent[0].report, intake.clock.today());
        intake::store::put_and_wait(&*intake.store, arrival).unwrap();
        // As after a restore: of all keys, that of the partition is missing.
        intake
            .vault
            .destroy(|name| name.starts_with("partition/"))
            .unwrap();
    }
    let output = program(&["doctor", "--config", text(&place.settings(&place.data()))]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(
        text.contains("its key is gone, as after a restore from a backup"),
        "{text}"
    );
}

#[test]
fn two_servers_never_share_a_folder_and_the_log_is_checked_by_anyone() {
    let place = Place::new();
    let settings = place.settings(&place.data());
    let server = Running::start(&settings);
    let second = program(&["retire", "--config", text(&settings)]);
    assert_eq!(second.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&second.stderr).contains("another candor-intake has"));
    let admin = |arguments: &[&str]| {
        let output = program(&[&["admin", "--config", text(&settings)], arguments].concat());
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stdout)
        );
        String::from_utf8(output.stdout).unwrap()
    };
    admin(&["close", "--version", "0.1", "--reason", "a test"]);
    assert!(admin(&["page"]).contains("a test"));
    assert!(admin(&["retire"]).contains("keys_made"));
    let keys: serde_json::Value =
        serde_json::from_str(&get(server.address, "/v1/keys").text()).unwrap();
    let verify =
        |folder: &Path| program(&["log", "verify", text(folder), keys["log"].as_str().unwrap()]);
    let log = place.data().join("log");
    let verified = verify(&log);
    assert!(
        verified.status.success(),
        "{}",
        String::from_utf8_lossy(&verified.stderr)
    );
    let said = String::from_utf8(verified.stdout).unwrap();
    assert!(said.contains("Version 0.1 closed for everything"), "{said}");
    std::fs::write(log.join("checkpoint"), "no checkpoint\n").unwrap();
    assert_eq!(verify(&log).status.code(), Some(2));
}

#[test]
fn a_reader_that_has_gone_away_is_no_fault() {
    let place = Place::new();
    let settings = place.settings(&place.data());
    for words in [&["keys"][..], &["--print-config"], &["retire"], &["reveal"]] {
        let mut child = std::process::Command::new(env!("CARGO_BIN_EXE_candor-intake"))
            .args(["--config", text(&settings)])
            .args(words)
            .stdout(std::process::Stdio::piped())
            .stderr(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(0), "{words:?}: {said}");
    }
}

#[test]
fn the_doctor_makes_nothing_and_looks_at_all_there_is() {
    let place = Place::new();
    let settings = place.settings(&place.data());
    let doctor = || program(&["doctor", "--config", text(&settings)]);
    // A folder that was mistyped.
    let output = doctor();
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(said.contains("holds no server"), "{said}");
    assert!(!place.data().join("vault").exists());

    let damaged = {
        let sent = prepared(&place, 1);
        let intake = place.intake();
        let arrival = intake::inner::arrival(&sent[0].report, intake.clock.today());
        intake::store::put_and_wait(&*intake.store, arrival).unwrap();
        intake.store.partitions().unwrap()[0]
    };
    let file = place.data().join(format!("p/{damaged}.db"));
    std::fs::write(file, vec![b'x'; 9000]).unwrap();
    let said = String::from_utf8(doctor().stdout).unwrap();
    assert!(
        said.contains(&format!("the partition {damaged} is damaged")),
        "{said}"
    );
    let tile = place.data().join("log/tile/entries/000.p");
    for width in std::fs::read_dir(tile).unwrap() {
        std::fs::write(width.unwrap().path(), b"no leaf").unwrap();
    }
    let output = doctor();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    for told in [
        "WEAKER THAN PROMISED",
        "`serve` would not start",
        "tile/entries",
    ] {
        assert!(said.contains(told), "{told}: {said}");
    }
}

#[test]
fn a_confined_server_opens_nothing_beside_its_folder() {
    let place = Place::new();
    let server = Running::start(&place.settings(&place.data()));
    // As the kernel has it: no file of the server is outside what it was given.
    let descriptors = format!("/proc/{}/fd", server.child.id());
    for entry in std::fs::read_dir(descriptors).unwrap() {
        let Ok(target) = std::fs::read_link(entry.unwrap().path()) else {
            continue;
        };
        let is_file = target.is_absolute() && !target.starts_with("/dev");
        assert!(
            !is_file || target.starts_with(place.folder.path()),
            "{}",
            target.display()
        );
    }
    let (output, _) = server.terminate();
    let log = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(log.contains("\"how\":\"Landlock"), "{log}");
}

#[test]
fn settings_that_are_wrong_name_file_line_and_key() {
    let place = Place::new();
    let path = place.folder.path().join("intake.toml");
    std::fs::write(&path, "folder = \"x\"\n\n[times]\ngrace_hours = 48\n").unwrap();
    let output = program(&["serve", "--config", text(&path)]);
    assert_eq!(output.status.code(), Some(2));
    let text = String::from_utf8(output.stderr).unwrap();
    assert!(
        text.contains("intake.toml, line 4: `times.grace_hours`"),
        "{text}"
    );
    let printed = program(&[
        "--print-config",
        "--listen",
        "127.0.0.1:9999",
        "--set",
        "limits.connections=77",
    ]);
    let text = String::from_utf8(printed.stdout).unwrap();
    assert!(
        text.contains("connections = 77") && text.contains("listen = \"127.0.0.1:9999\""),
        "{text}"
    );
}
