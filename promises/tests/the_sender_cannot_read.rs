//! Promise: what can send cannot read. The courier opens its outbox and nothing else that is yours.

use std::{collections::BTreeSet, fs, process::Command};

use candor_promises::{
    collection::{Device, HARMFUL, Operator},
    courier, peer,
};
use serde_json::Value;

#[test]
fn every_attempt_to_break_out_is_denied() {
    let operator = Operator::start();
    let device = Device::that_met(HARMFUL, &operator);
    let output = device
        .command(&courier())
        .args(["doctor", "--prove", "--json"])
        .output()
        .unwrap();
    let said: Value = serde_json::from_slice(&output.stdout).unwrap();
    let probes = said["probes"].as_array().unwrap();
    assert!(probes.len() >= 60, "{} attempts", probes.len());
    let allowed: Vec<&Value> = probes.iter().filter(|it| it["denied"] != true).collect();
    assert!(allowed.is_empty(), "{allowed:#?}");
    for name in [
        "tcp-connect",
        "fast-open",
        "mptcp",
        "unix-socket",
        "read-other",
        "exec",
        "list-root",
    ] {
        assert!(
            probes.iter().any(|it| it["name"] == name),
            "`{name}` was not tried: {probes:#?}"
        );
    }
    // Datagrams are held where the kernel can; where it cannot, the words say so.
    let held = said["status"]["landlock_abi"].as_u64() >= Some(10);
    assert_eq!(probes.iter().any(|it| it["name"] == "udp-send"), held);
    let words = device.command(&courier()).arg("doctor").output().unwrap();
    let words = String::from_utf8_lossy(&words.stdout);
    assert_eq!(words.contains("are not held"), !held, "{words}");
}

/// A whole sending, traced: from the moment the walls are up, every file that is opened.
#[test]
fn a_whole_sending_opens_nothing_but_the_outbox() {
    if !peer("strace") {
        return;
    }
    let operator = Operator::start();
    let device = Device::that_met(HARMFUL, &operator);
    for file in ["diary.txt", ".ssh/id_ed25519", "Documents/taxes.ods"] {
        let path = device.home().join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, "mine").unwrap();
    }
    let trace = device.home().join("trace");
    let mut opened = BTreeSet::new();
    for _ in 0..3 {
        let status = device
            .command("strace".as_ref())
            .args([
                "-f",
                "-qq",
                "-y",
                "-e",
                "trace=%file,%network,execve,seccomp",
                "-o",
            ])
            .arg(&trace)
            .arg(courier())
            .args(["send", "--json", "--at-once"])
            .stdout(std::process::Stdio::null())
            .status()
            .unwrap();
        assert!(status.success(), "{status}");
        let text = fs::read_to_string(&trace).unwrap();
        let (_, confined) = text
            .split_once("SECCOMP_SET_MODE_FILTER")
            .expect("the courier is confined");
        opened.extend(confined.lines().filter_map(opened_path));
        // It tries once whether the walls hold.
        let started = confined
            .lines()
            .find(|it| it.contains("execve(") && it.ends_with("= 0"));
        assert_eq!(started, None, "it starts no program");
        let listens = confined
            .lines()
            .find(|it| it.contains(" listen(") || it.contains(" bind("));
        assert_eq!(listens, None, "it listens to nobody");
    }
    assert_eq!(device.records()[0]["state"], "withdrawable");
    let outbox = device.home().join(".local/state/candor/consent");
    let outbox = outbox.to_str().unwrap();
    let foreign: Vec<&String> = opened
        .iter()
        .filter(|path| !path.starts_with(outbox))
        .filter(|path| !RESOLVER.contains(&path.as_str()))
        .collect();
    assert!(foreign.is_empty(), "{foreign:#?}");
    assert!(
        opened.iter().any(|it| it.ends_with("outbox.db")),
        "{opened:#?}"
    );
}

/// What names are resolved by. An address of this machine needs none of them.
const RESOLVER: [&str; 5] = [
    "/etc/gai.conf",
    "/etc/host.conf",
    "/etc/hosts",
    "/etc/nsswitch.conf",
    "/etc/resolv.conf",
];

/// Returns the path of a line of the trace that opened something.
fn opened_path(line: &str) -> Option<String> {
    let is_open = line.contains("openat(") || line.contains("open(");
    let (_, after) = line.rsplit_once("= ")?;
    if !is_open || after.starts_with('-') {
        return None;
    }
    let path = line.split('"').nth(1)?;
    Some(path.to_owned())
}

/// By linking too: no crate that reads a person's files stands in its tree.
#[test]
fn it_links_no_reader() {
    let output = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .args([
            "tree",
            "--locked",
            "--offline",
            "-p",
            "candor-courier",
            "-e",
            "normal",
            "--prefix",
            "none",
        ])
        .current_dir(candor_promises::workspace())
        .output()
        .unwrap();
    let tree = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success() && tree.contains("candor-consent"),
        "{tree}"
    );
    for reader in [
        "candor-history",
        "candor-formats",
        "candor-knowledge",
        "candor-tool",
        "candor-report",
    ] {
        assert!(!tree.contains(reader), "it links {reader}");
    }
}
