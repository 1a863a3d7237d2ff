//! Promise: what reads your files cannot send anything, and cannot change anything.

#![expect(clippy::unwrap_used, reason = "a test fails by it")]

use std::{
    collections::BTreeSet,
    fs,
    path::Path,
    process::{Command, Output},
};

use candor_promises::{candor, peer};
use serde_json::Value;

#[test]
fn every_attempt_from_inside_a_worker_is_denied() {
    let home = home();
    let done = run(
        &mut in_home(Command::new(candor()), home.path()),
        &["doctor", "--prove", "--json"],
    );
    let report: Value = serde_json::from_slice(&done.stdout).unwrap();
    let probes = report["probes"]
        .as_array()
        .expect("the report lists the probes");
    let name = |probe: &Value| probe["name"].as_str().unwrap_or_default().to_owned();
    let allowed: Vec<_> = probes
        .iter()
        .filter(|it| it["denied"] != true)
        .map(name)
        .collect();
    assert!(allowed.is_empty(), "not denied: {allowed:?}");
    let names: BTreeSet<_> = probes.iter().map(name).collect();
    assert!(names.len() >= 20, "only {} probes", names.len());
    for must in [
        "abstract-socket",
        "d-bus",
        "exec",
        "fork",
        "hard-link",
        "io-uring-setup",
        "memfd",
        "netlink",
        "open-for-writing",
        "own-memory-file",
        "packet",
        "parent-descriptors",
        "pidfd-getfd",
        "process-vm-readv",
        "ptrace",
        "read-through-link",
        "record-lock",
        "sendfile",
        "tcp-connect",
        "udp-send",
        "unix-socket",
        "unshare",
        "vmsplice",
        "vsock",
        "x32-socket",
    ] {
        assert!(names.contains(must), "{must} was not tried");
    }
}

#[test]
fn a_whole_checkup_makes_no_network_call() {
    if !peer("strace") {
        return;
    }
    let home = home();
    let traces = tempfile::tempdir().unwrap();
    let trace = traces.path().join("trace");
    let mut strace = Command::new("strace");
    strace.args([
        "-f",
        "-qq",
        "-e",
        "trace=%network,execve,execveat,seccomp",
        "-o",
    ]);
    strace.arg(&trace).arg(candor());
    let done = run(&mut in_home(strace, home.path()), &["checkup", "--json"]);
    let report: Value = serde_json::from_slice(&done.stdout).unwrap();
    assert!(report.is_object(), "a report was made");

    let trace = fs::read_to_string(trace).unwrap();
    let seen = Trace::read(&trace);
    assert!(seen.network.is_empty(), "{:#?}", seen.network);
    // The program itself and at least one worker, each of which has confined itself.
    assert!(seen.started >= 2, "{trace}");
    assert_eq!(
        seen.confined.len(),
        seen.started - 1,
        "a worker was not confined:\n{trace}"
    );
}

#[test]
fn a_trace_is_read_rightly() {
    let seen = Trace::read(
        "\
41 execve(\"/target/candor\", [\"candor\", \"checkup\"], 0x7ffc /* 9 vars */) = 0
42 execve(\"/proc/self/exe\", [\"/proc/self/exe\", \"worker\"], 0x7ffc /* 0 vars */ <unfinished ...>
42 <... execve resumed>)                = 0
42 seccomp(SECCOMP_GET_ACTION_AVAIL, 0, [SECCOMP_RET_ERRNO]) = 0
42 seccomp(SECCOMP_SET_MODE_FILTER, 0, {len=220, filter=0x5581}) = 0
42 execve(NULL, NULL, NULL)             = -1 EPERM (Operation not permitted)
43 socket(AF_INET, SOCK_STREAM, IPPROTO_IP) = -1 EPERM (Operation not permitted)
42 +++ exited with 0 +++
",
    );
    assert_eq!((seen.started, seen.confined.len()), (2, 1));
    assert_eq!(seen.network.len(), 1, "a call that was refused counts too");
}

/// What `strace` saw of one run.
#[derive(Default)]
struct Trace<'a> {
    network: Vec<&'a str>,
    started: usize,
    confined: BTreeSet<&'a str>,
}

impl<'a> Trace<'a> {
    fn read(text: &'a str) -> Self {
        let mut seen = Self::default();
        for line in text.lines() {
            let (process, call) = line
                .split_once(' ')
                .expect("a line begins with the process");
            let call = call.trim_start();
            // A call that was interrupted is told twice: by its beginning and by its end.
            let name = call.strip_prefix("<... ").unwrap_or(call);
            let name = name.split(['(', ' ']).next().unwrap_or_default();
            match name {
                "execve" | "execveat" if call.ends_with("= 0") => seen.started += 1,
                "seccomp" if call.contains("SECCOMP_SET_MODE_FILTER") => {
                    seen.confined.insert(process);
                }
                "execve" | "execveat" | "seccomp" | "+++" | "---" => {}
                _ => seen.network.push(line),
            }
        }
        seen
    }
}

/// A home folder with something to find for each tool.
fn home() -> tempfile::TempDir {
    let home = tempfile::tempdir().unwrap();
    let folder = |name: &str| {
        let folder = home.path().join(name);
        fs::create_dir_all(&folder).unwrap();
        folder
    };
    for copy in ["one.bin", "two.bin"] {
        fs::write(folder("documents").join(copy), vec![7; 100_000]).unwrap();
    }
    fs::write(
        folder(".cache/thumbnails/normal").join("a.png"),
        "a picture",
    )
    .unwrap();
    // No database, so that its reader has to say so rather than stop.
    fs::write(
        folder(".config/chromium/Default").join("History"),
        "not a database",
    )
    .unwrap();
    home
}

fn in_home(mut command: Command, home: &Path) -> Command {
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("XDG_") {
            command.env_remove(name);
        }
    }
    command.env("HOME", home).current_dir(home);
    command
}

fn run(command: &mut Command, arguments: &[&str]) -> Output {
    let done = command.args(arguments).output().unwrap();
    let said = String::from_utf8_lossy(&done.stderr);
    assert!(
        matches!(done.status.code(), Some(0..=2)),
        "{}: {said}",
        done.status
    );
    assert!(!done.stdout.is_empty(), "nothing on stdout: {said}");
    done
}
