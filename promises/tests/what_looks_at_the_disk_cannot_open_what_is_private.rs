//! Promise: what looks at your whole disk cannot open what is private on it: the folders of browsers,
//! keys, password managers and mail.
//!
//! In the case Candor answers, a disk cleaner and a duplicate finder read browser history. Here a
//! duplicate finder that wanted to could not.

#![expect(clippy::unwrap_used, reason = "a test fails by it")]

use std::{
    collections::BTreeSet,
    fs,
    io::Write,
    path::Path,
    process::{Command, Stdio},
};

use candor_promises::{candor, peer};
use knowledge::{
    Base, Platform, browsers,
    pattern::holds_path,
    protected::{Private, protected},
};
use serde_json::Value;

/// Files of one length and content below a home folder, so that a duplicate finder wants them all.
const PRIVATE: [&str; 7] = [
    ".config/chromium/Default/History",
    ".config/mozilla/firefox/a.default/places.sqlite",
    ".config/unheard-of/Default/History",
    ".local/share/keyrings/login.keyring",
    ".local/state/candor/consent/install.secret",
    ".mozilla/firefox/a.default/places.sqlite",
    ".ssh/id_ed25519",
];
const COMMON: [&str; 4] = [
    ".config/gimp/gimprc",
    "Documents/letter",
    "letter",
    ".local/share/app/letter",
];

#[test]
fn a_duplicate_finder_leaves_private_files_alone_and_says_so() {
    if !peer("strace") {
        return;
    }
    let home = home();
    for words in [
        &["dupes", "--json"][..],
        &["map", "--json"],
        &["clean", "--json"],
    ] {
        let (report, trace) = traced(home.path(), words);
        for file in PRIVATE {
            let folder = home.path().join(file);
            let folder = folder.parent().unwrap().to_str().unwrap();
            let name = file.rsplit('/').next().unwrap();
            let opens = trace
                .lines()
                .filter(|line| line.contains(folder) && line.contains(&format!("\"{name}\"")));
            assert_eq!(opens.collect::<Vec<_>>(), [""; 0], "{words:?}");
        }
        if words[0] == "dupes" {
            let groups = report["groups"].as_array().unwrap();
            let paths = groups.iter().flat_map(|it| it["paths"].as_array().unwrap());
            let found: BTreeSet<&str> = paths.map(|path| path.as_str().unwrap()).collect();
            let whole = COMMON.map(|file| home.path().join(file).to_str().unwrap().to_owned());
            assert_eq!(found, whole.iter().map(String::as_str).collect());
            assert_eq!(
                report["files_private"],
                PRIVATE.len() as u64 + 1,
                "{report}"
            );
        }
        assert_eq!(report["skipped"], serde_json::json!([]), "{words:?}");
    }
}

/// A worker that was told nothing of what is private, and so tries to read all of it, is denied. The
/// home lies in the folder for temporary files, which a checkup looks at too.
#[test]
fn a_worker_that_wants_to_read_private_files_is_denied() {
    if !peer("strace") {
        return;
    }
    let home = home();
    for command in ["dupes", "map", "clean", "checkup"] {
        let mut order: Value = serde_json::from_slice(&order(home.path(), command)).unwrap();
        assert_eq!(order["confined"], true);
        let pass = &mut order["job"]["Pass"];
        let private = pass["private"].as_array_mut().unwrap();
        assert!(private.len() >= PRIVATE.len(), "{command}: {private:?}");
        private.clear();
        pass["also"] = serde_json::json!([]);
        pass["dupes"] = 1.into();

        let mut worker = Command::new(candor())
            .arg("worker")
            .env_clear()
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let text = serde_json::to_vec(&order).unwrap();
        worker.stdin.take().unwrap().write_all(&text).unwrap();
        let said = worker.wait_with_output().unwrap().stdout;
        let said = String::from_utf8_lossy(&said);
        for file in PRIVATE {
            let path = serde_json::to_string(&home.path().join(file)).unwrap();
            let denied = format!("{{\"path\":{path},\"why\":{{\"kind\":\"denied\"}}}}");
            assert!(
                said.contains(&denied),
                "{command}: {file} was not denied: {said}"
            );
        }
        for file in COMMON {
            let path = serde_json::to_string(&home.path().join(file)).unwrap();
            assert!(
                said.contains(&path),
                "{command}: {file} was not compared: {said}"
            );
        }
    }
}

#[test]
fn every_browser_of_the_table_is_private() {
    let mut compared = 0;
    for root in browsers::browsers().iter().flat_map(|it| &it.root) {
        // What nobody listed is told by a mark in it.
        if root.path.contains('*') {
            continue;
        }
        let base = match root.platform {
            Platform::Linux => Base::of_home(root.platform, "/".as_ref(), "/home/ada".as_ref()),
            Platform::Macos => Base::of_home(root.platform, "/".as_ref(), "/Users/ada".as_ref()),
        };
        let folder = base.expand(&root.path).unwrap();
        let rows = protected().iter();
        let private = rows
            .filter(|row| row.private == Some(Private::Itself))
            .flat_map(|row| row.paths(&base))
            .any(|place| holds_path(&place, &folder));
        assert!(private, "{} is not private", root.path);
        compared += 1;
    }
    assert!(compared > 70, "{compared}");
}

fn home() -> tempfile::TempDir {
    let home = tempfile::tempdir().unwrap();
    for file in PRIVATE.iter().chain(&COMMON) {
        let file = home.path().join(file);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, vec![7; 200_000]).unwrap();
    }
    fs::write(home.path().join(".config/unheard-of/Local State"), "{}").unwrap();
    home
}

fn in_home(command: &mut Command, home: &Path) {
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("XDG_") {
            command.env_remove(name);
        }
    }
    command.env("HOME", home).current_dir(home);
}

/// Runs candor on a home, and returns its report and every file that was opened, with its folder.
fn traced(home: &Path, words: &[&str]) -> (Value, String) {
    let (done, trace) = strace(home, &["-y", "-e", "trace=open,openat,openat2"], words);
    (serde_json::from_slice(&done).unwrap(), trace)
}

/// Returns the order that the broker of a command gives the worker of the pass.
fn order(home: &Path, command: &str) -> Vec<u8> {
    let options = ["-xx", "-s", "1000000", "-e", "trace=write"];
    let (_, trace) = strace(home, &options, &[command, "--json"]);
    let hex = |text: &str| -> String {
        let bytes = text.bytes();
        bytes.map(|byte| format!("\\x{byte:02x}")).collect()
    };
    let mut texts = trace.split('"');
    let order = texts
        .find(|text| text.starts_with(&hex("{\"rights\"")) && text.contains(&hex("{\"Pass\"")))
        .expect("the order was written");
    let bytes = order.split("\\x").skip(1);
    bytes
        .map(|byte| u8::from_str_radix(byte, 16).unwrap())
        .collect()
}

fn strace(home: &Path, options: &[&str], words: &[&str]) -> (Vec<u8>, String) {
    let traces = tempfile::tempdir().unwrap();
    let trace = traces.path().join("trace");
    let mut strace = Command::new("strace");
    strace
        .args(["-f", "-qq"])
        .args(options)
        .arg("-o")
        .arg(&trace);
    strace.arg(candor()).args(words);
    if words[0] == "dupes" {
        strace.arg(home).arg("--no-memory");
    }
    in_home(&mut strace, home);
    let done = strace.output().unwrap();
    let said = String::from_utf8_lossy(&done.stderr);
    assert!(matches!(done.status.code(), Some(0..=2)), "{said}");
    (
        done.stdout,
        String::from_utf8_lossy(&fs::read(trace).unwrap()).into_owned(),
    )
}
