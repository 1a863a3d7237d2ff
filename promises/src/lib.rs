//! One end-to-end test per promise in the README.
//!
//! Each file in `tests/` is named as the promise it keeps, and runs the real `candor`.
#![forbid(unsafe_code)]

use std::{
    io::Write,
    path::{Path, PathBuf},
    process::Command,
    sync::OnceLock,
};

pub mod collection;

/// Returns the path of a `candor` that is built from the sources as they are now.
///
/// The environment variable `CANDOR_BIN` names another one. Otherwise cargo is asked to build it
/// into the folder this test was built into, once per test program: when it is up to date
/// already, that takes a moment.
///
/// # Panics
/// When it cannot be built: a promise that was not tried is not kept.
#[must_use]
pub fn candor() -> PathBuf {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    BUILT
        .get_or_init(|| {
            let named = std::env::var_os("CANDOR_BIN");
            named.map_or_else(|| built("candor", "candor"), PathBuf::from)
        })
        .clone()
}

/// Returns the path of a `candor-courier` that is built from the sources as they are now.
///
/// # Panics
/// When it cannot be built.
#[must_use]
pub fn courier() -> PathBuf {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    BUILT
        .get_or_init(|| built("candor-courier", "candor-courier"))
        .clone()
}

/// Returns the path of a `candor-publish` that is built from the sources as they are now.
///
/// # Panics
/// When it cannot be built.
#[must_use]
pub fn publish() -> PathBuf {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    BUILT
        .get_or_init(|| built("candor-publish", "candor-publish"))
        .clone()
}

/// Returns the path of a `candor-intake` that is built from the sources as they are now.
///
/// # Panics
/// When it cannot be built.
#[must_use]
pub fn intake() -> PathBuf {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    BUILT
        .get_or_init(|| built("candor-intake", "candor-intake"))
        .clone()
}

/// Returns whether a program that a test needs, but that is not ours, is installed.
///
/// # Panics
/// When it is not and the environment variable `CANDOR_REQUIRE_PEERS` is `1`, as it is in CI:
/// there, no check may be left out without anyone noticing.
#[must_use]
pub fn peer(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    if std::env::split_paths(&path).any(|folder| folder.join(program).is_file()) {
        return true;
    }
    let required = std::env::var_os("CANDOR_REQUIRE_PEERS").is_some_and(|value| value == "1");
    assert!(
        !required,
        "`{program}` is not installed, and CANDOR_REQUIRE_PEERS is set"
    );
    // Past the capture of the test runner: what was not checked must not look as if it had been.
    let _ = writeln!(
        std::io::stderr(),
        "not looked at: `{program}` is not installed"
    );
    false
}

/// Returns the folder that holds the workspace.
#[must_use]
pub fn workspace() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("this package lies in the workspace")
}

fn built(package: &str, program: &str) -> PathBuf {
    // target/debug/deps/the_promise-0123456789abcdef
    let this = std::env::current_exe().expect("the system knows which program this is");
    let folder = this
        .ancestors()
        .nth(2)
        .expect("cargo puts tests two folders below its own");
    let profile = match folder.file_name().and_then(|name| name.to_str()) {
        Some("debug") | None => "dev",
        Some(profile) => profile,
    };
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| env!("CARGO").into());
    let outcome = Command::new(cargo)
        .args([
            "build",
            "--quiet",
            "--package",
            package,
            "--profile",
            profile,
        ])
        .arg("--target-dir")
        .arg(
            folder
                .parent()
                .expect("a profile's folder lies in the target folder"),
        )
        .current_dir(workspace())
        .output()
        .expect("cargo can be started");
    let said = String::from_utf8_lossy(&outcome.stderr);
    assert!(
        outcome.status.success(),
        "{package} cannot be built: {said}"
    );
    let built = folder.join(program);
    assert!(
        built.is_file(),
        "cargo has built no `{}`: {said}",
        built.display()
    );
    built
}
