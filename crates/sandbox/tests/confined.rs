//! Workers that confine themselves, seen from inside and outside.
//!
//! This test starts itself again with [`sandbox::spawn_worker`], so it has its own `main`: the
//! usual one runs tests in threads, and confinement comes before the first thread.

#![expect(clippy::unwrap_used, reason = "a test fails by it")]
#![expect(
    unsafe_code,
    reason = "bare system calls, and a door that only assembly opens"
)]

extern crate candor_sandbox as sandbox;

#[path = "confined/tests.rs"]
mod tests;
#[path = "confined/worker.rs"]
mod worker;

use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [first, name] = &arguments[..]
        && first == worker::FLAG
    {
        worker::run(name);
        return ExitCode::SUCCESS;
    }
    // The two forms that `cargo nextest` asks with, beside the plain one of `cargo test`.
    if arguments.iter().any(|it| it == "--list") {
        if !arguments.iter().any(|it| it == "--ignored") {
            tests::ALL
                .iter()
                .for_each(|(name, _)| println!("{name}: test"));
        }
        return ExitCode::SUCCESS;
    }
    let wanted: Vec<_> = arguments.iter().filter(|it| !it.starts_with('-')).collect();
    let exact = arguments.iter().any(|it| it == "--exact");
    let fits = |name: &str| {
        wanted.is_empty()
            || wanted.iter().any(|it| {
                if exact {
                    *it == name
                } else {
                    name.contains(it.as_str())
                }
            })
    };
    let mut failed = 0;
    for (name, test) in tests::ALL.iter().filter(|(name, _)| fits(name)) {
        let outcome = std::panic::catch_unwind(test);
        println!(
            "test {name} ... {}",
            if outcome.is_ok() { "ok" } else { "FAILED" }
        );
        failed += usize::from(outcome.is_err());
    }
    if failed == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}
