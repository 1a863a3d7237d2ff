//! Promise: junk that a program is using stays, whatever a plan says.

#![expect(clippy::unwrap_used, reason = "a test fails by it")]

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
    time::Duration,
};

use candor_promises::candor;
use fixture::browsers::{Answer, Chromium, Drive, Home, Server, eventually, installed};
use serde_json::Value;

const PROFILES: &str = ".config/chromium";
const RULE: &str = "linux.chromium-cache";

fn run(home: &Path, words: &[&str]) -> Output {
    let mut command = Command::new(candor());
    command.args(words).current_dir(home).env_clear();
    command.env("HOME", home).output().unwrap()
}

/// Makes a plan of one kind of junk, and returns the report.
fn plan(home: &Path, kind: &str) -> Value {
    let _ = fs::remove_file(home.join("plan"));
    let words = [
        "clean",
        "--plan",
        "plan",
        "--act",
        "quarantine",
        "--kind",
        kind,
        "--json",
    ];
    let run = run(home, &words);
    serde_json::from_slice(&run.stdout).unwrap_or_else(|_| panic!("{run:?}"))
}

fn steps(home: &Path) -> usize {
    let plan: Value = serde_json::from_slice(&fs::read(home.join("plan")).unwrap()).unwrap();
    plan["steps"].as_array().unwrap().len()
}

fn held(report: &Value) -> Option<String> {
    let kinds = report["kinds"].as_array().unwrap();
    let kind = kinds.iter().find(|it| it["id"] == RULE)?;
    Some(kind["held"].as_str()?.to_owned())
}

#[test]
fn the_cache_of_a_running_browser_stays() {
    let Some((program, _)) = installed() else {
        return;
    };
    let home = Home::new();
    let server = Server::start(|request, _| match request.path.as_str() {
        "/page" => Answer::page("Page", ""),
        _ => Answer::NotFound,
    });
    let start = || {
        let mut chromium = Chromium::start(&program, &home, PROFILES, "Default", &[]);
        chromium.go(&server.url("site.localhost", "/page"));
        chromium
    };
    let mut chromium = start();
    let there = eventually(Duration::from_secs(60), || {
        let report = plan(home.path(), RULE);
        held(&report)
    });
    let why = there.expect("a running browser has a cache, and it is said to be running");
    assert!(why.contains("is running (process "), "{why}");
    assert_eq!(steps(home.path()), 0);

    // What it leaves when it is killed, its lock among it, keeps nobody from tidying up.
    chromium.kill();
    let lock = home.path().join(PROFILES).join("SingletonLock");
    assert!(lock.symlink_metadata().is_ok(), "it was killed");
    let planned = eventually(Duration::from_secs(60), || {
        plan(home.path(), RULE);
        (steps(home.path()) > 0).then_some(())
    });
    planned.expect("a browser that is gone keeps nothing");

    // It came back between the plan and the act.
    let mut chromium = start();
    let refused = run(home.path(), &["apply", "--yes", "plan"]);
    assert_eq!(refused.status.code(), Some(2), "{refused:?}");
    let said = String::from_utf8_lossy(&refused.stderr);
    assert!(said.contains("is running (process "), "{said}");
    assert!(
        !home
            .path()
            .join(".local/state/candor/quarantine")
            .read_dir()
            .is_ok_and(|mut it| it.next().is_some())
    );
    chromium.kill();
}

/// A program whose name no rule knows.
#[test]
fn what_any_program_has_open_stays() {
    let home = tempfile::tempdir().unwrap();
    let home = home.path().canonicalize().unwrap();
    let picture = home.join(".cache/thumbnails/large/a.png");
    fs::create_dir_all(picture.parent().unwrap()).unwrap();
    fs::write(&picture, "picture").unwrap();
    plan(&home, "linux.thumbnails");
    assert_eq!(steps(&home), 1);
    let mut reader = Command::new("tail")
        .args(["-f".as_ref(), picture.as_os_str()])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    // It has said what the file holds, so it has the file open.
    let mut first = [0];
    std::io::Read::read_exact(reader.stdout.as_mut().unwrap(), &mut first).unwrap();
    let refused = run(&home, &["apply", "--yes", "plan"]);
    reader.kill().unwrap();
    reader.wait().unwrap();
    assert_eq!(refused.status.code(), Some(2), "{refused:?}");
    let said = String::from_utf8_lossy(&refused.stderr);
    assert!(said.contains("a.png` open"), "{said}");
    assert!(
        said.contains(&format!("(tail, process {})", reader.id())),
        "{said}"
    );
    assert!(picture.exists());

    let done = run(&home, &["apply", "--yes", "plan"]);
    assert_eq!(done.status.code(), Some(0), "{done:?}");
    assert!(!picture.exists());
}

/// A program that was started from it has it mapped in memory, and no file open.
#[test]
fn what_is_mapped_in_memory_stays() {
    let home = tempfile::tempdir().unwrap();
    let home = home.path().canonicalize().unwrap();
    let program = home.join(".cache/thumbnails/large/program");
    fs::create_dir_all(program.parent().unwrap()).unwrap();
    // Another process copies: what this one has open for writing, nobody could start.
    let copied = Command::new("cp").arg("/bin/sleep").arg(&program).status();
    assert!(copied.unwrap().success());
    plan(&home, "linux.thumbnails");
    let mut running = Command::new(&program).arg("60").spawn().unwrap();
    let refused = run(&home, &["apply", "--yes", "plan"]);
    running.kill().unwrap();
    running.wait().unwrap();
    assert_eq!(refused.status.code(), Some(2), "{refused:?}");
    let said = String::from_utf8_lossy(&refused.stderr);
    assert!(said.contains("program` open"), "{said}");
    assert!(program.exists());
}

/// Whatever goes was in the plan, as the very same file.
#[test]
fn bleachbit_1702_what_is_carried_out_was_shown() {
    let home = tempfile::tempdir().unwrap();
    let home = home.path().canonicalize().unwrap();
    for number in 0..50 {
        let file = home.join(format!(".cache/thumbnails/{}/{number}.png", number % 5));
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, format!("picture {number}")).unwrap();
    }
    fs::write(home.join("letter"), "mine").unwrap();
    plan(&home, "linux");
    let plan: Value = serde_json::from_slice(&fs::read(home.join("plan")).unwrap()).unwrap();
    let mut shown: Vec<u64> = Vec::new();
    for step in plan["steps"].as_array().unwrap() {
        let inside = step["inside"].as_array().into_iter().flatten();
        let all = std::iter::once(step).chain(inside);
        shown.extend(all.map(|it| it["is"]["inode"].as_u64().unwrap()));
    }
    // One more, which nobody saw.
    fs::write(home.join(".cache/thumbnails/3/late.png"), "late").unwrap();
    let before = inodes(&home);
    let run = run(&home, &["apply", "--yes", "plan"]);
    assert_eq!(run.status.code(), Some(2), "{run:?}");
    let quarantine = home.join(".local/state/candor/quarantine");
    let moved = inodes(&quarantine);
    assert_eq!(moved.len(), 4 * 11, "four folders of ten files");
    for (path, inode) in &moved {
        assert!(shown.contains(inode), "{path:?} was not shown");
    }
    let gone = before
        .iter()
        .filter(|(path, _)| path.symlink_metadata().is_err());
    for (path, inode) in gone {
        assert!(shown.contains(inode), "{path:?} went, and was not shown");
    }
    assert!(home.join(".cache/thumbnails/3/late.png").exists());
}

/// Everything below a folder, with its inode number.
fn inodes(folder: &Path) -> Vec<(PathBuf, u64)> {
    use std::os::unix::fs::MetadataExt;
    let mut all = Vec::new();
    let mut waiting = vec![folder.to_owned()];
    while let Some(folder) = waiting.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let about = path.symlink_metadata().unwrap();
            if about.is_dir() {
                waiting.push(path.clone());
            }
            all.push((path, about.ino()));
        }
    }
    all
}
