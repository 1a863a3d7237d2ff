//! Calls that fail while a plan is carried out: each is told with the file and what was tried, and the exit
//! code is 2. That nothing is lost at any call: `crates/acts/tests/acts/faults.rs`.
#![expect(clippy::unwrap_used, reason = "in a test, also in what it calls")]

use std::{
    fs,
    path::Path,
    process::{Command, Output},
};

const ERRORS: [&str; 6] = ["EPERM", "EXDEV", "EMLINK", "ENOSPC", "EROFS", "EIO"];

/// An act, the call that is to fail in it, and how a refusal speaks of that call.
const CALLS: [(&str, &str, &[&str]); 5] = [
    ("trash", "renameat2", &["move it"]),
    ("quarantine", "renameat2", &["move it"]),
    ("remove", "unlinkat", &["remove it"]),
    (
        "hardlink",
        "linkat",
        &["make a hard link", "neither a link"],
    ),
    ("hardlink", "renameat2", &["exchange it with the link"]),
];

#[test]
fn each_fault_is_told_with_the_file_and_the_call() {
    if Command::new("strace").arg("-V").output().is_err() {
        assert!(
            std::env::var_os("CANDOR_REQUIRE_PEERS").is_none(),
            "strace is not installed"
        );
        eprintln!("strace is not installed: no call was made to fail");
        return;
    }
    std::thread::scope(|threads| {
        for error in ERRORS {
            threads.spawn(move || {
                for (act, call, words) in CALLS {
                    check(act, call, error, words);
                }
            });
        }
    });
}

fn check(act: &str, call: &str, error: &str, words: &[&str]) {
    let about = format!("{act}: {call} fails with {error}");
    let folder = tempfile::tempdir().unwrap();
    let home = folder.path().canonicalize().unwrap();
    for name in ["kept/photo", "copy/photo"] {
        let path = home.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, "equal").unwrap();
    }
    let candor = env!("CARGO_BIN_EXE_candor");
    let plan = ["dupes", "--plan", "plan", "--act", act, "kept", "copy"];
    assert_eq!(run(&home, candor, &plan).status.code(), Some(1), "{about}");
    let inject = format!("inject={call}:error={error}");
    let apply = [
        "-f", "-o", "calls", "-e", &inject, candor, "apply", "--yes", "plan",
    ];
    let acted = run(&home, "strace", &apply);
    let calls = fs::read_to_string(home.join("calls")).unwrap();
    assert!(calls.contains("(INJECTED)"), "{about}: it was not called");
    let said = String::from_utf8_lossy(&acted.stderr);
    assert_eq!(acted.status.code(), Some(2), "{about}: {said}");
    assert!(
        said.contains("`~/copy/photo` stays as it is: "),
        "{about}: {said}"
    );
    assert!(words.iter().any(|it| said.contains(it)), "{about}: {said}");
    for name in ["kept/photo", "copy/photo"] {
        assert_eq!(fs::read(home.join(name)).unwrap(), b"equal", "{about}");
    }
}

fn run(home: &Path, program: &str, words: &[&str]) -> Output {
    let mut command = Command::new(program);
    command.args(words).current_dir(home);
    command.env_clear().env("HOME", home);
    command.envs(std::env::var_os("PATH").map(|path| ("PATH", path)));
    command.output().unwrap()
}
