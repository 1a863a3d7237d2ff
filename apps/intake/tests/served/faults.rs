//! Calls of the disk that fail while reports come in: from then on nothing is acknowledged, the process ends,
//! and what was acknowledged before is there.

use std::{
    process::Command,
    time::{Duration, Instant},
};

use crate::process::{PROGRAM, Place, Running, each_once, prepared, send_until_gone};

#[test]
fn a_disk_that_fails_is_not_believed_again() {
    if Command::new("strace").arg("-V").output().is_err() {
        assert!(
            std::env::var_os("CANDOR_REQUIRE_PEERS").is_none(),
            "strace is not installed"
        );
        eprintln!("strace is not installed: no call was made to fail");
        return;
    }
    let mut fired = 0;
    for calls in ["fsync,fdatasync", "pwrite64"] {
        for first in [1, 12, 25, 40, 60] {
            fired += u32::from(failing(calls, first));
        }
    }
    println!("{fired} runs met a call that failed");
    assert!(fired >= 6, "{fired}");
}

/// Serves while these calls fail with EIO from one on; returns whether any did.
fn failing(calls: &str, first: u32) -> bool {
    let place = Place::new();
    let sent = prepared(&place, 30);
    let keys = place.intake().gateway.keys();
    let mut command = Command::new("strace");
    command
        .args([
            "-f",
            "-qq",
            "-o",
            "/dev/null",
            "-e",
            &format!("trace={calls}"),
        ])
        .args(["-e", &format!("inject={calls}:error=EIO:when={first}+")])
        .arg(PROGRAM);
    let settings = place.settings(&place.data());
    // It may not come as far as serving: then nobody was told anything.
    let Some(mut server) = Running::started(command, &settings) else {
        return true;
    };
    let acknowledged = send_until_gone(server.address, &keys, &sent);
    let began = Instant::now();
    let mut code = None;
    while acknowledged.len() < sent.len() && code.is_none() {
        code = server.child.try_wait().unwrap();
        assert!(
            began.elapsed() < Duration::from_secs(20),
            "{calls} from {first}: it did not end after a failure"
        );
    }
    // Whoever is traced outlives the tracer: it is told to end by itself.
    let failed = code.is_some();
    match code {
        Some(code) => assert_eq!(code.code(), Some(2), "{calls} from {first}"),
        None => server.end_traced(),
    }
    assert!(
        acknowledged.iter().copied().eq(0..acknowledged.len()),
        "{calls} from {first}: acknowledged after a failure: {acknowledged:?}"
    );
    each_once(&place, &sent, &acknowledged);
    failed
}
