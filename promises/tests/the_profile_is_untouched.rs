//! Promise: the profile of a browser stays as it is: nothing written, locked, added or copied.

#![expect(clippy::unwrap_used, reason = "a test fails by it")]

#[path = "the_profile_is_untouched/trace.rs"]
mod trace;
#[path = "the_profile_is_untouched/tree.rs"]
mod tree;

use std::{
    fs,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    process::Output,
    time::Duration,
};

use candor_promises::{candor, peer};
use fixture::browsers::{Answer, Chromium, Drive, Firefox, Home, Server, eventually, installed};
use serde_json::Value;

use self::{
    trace::Trace,
    tree::{differences, tree},
};

const CHROMIUM: &str = ".config/chromium";
const FIREFOX: &str = ".mozilla/firefox";
const CHROMIUM_HISTORY: &str = ".config/chromium/Default/History";
const FIREFOX_HISTORY: &str = ".mozilla/firefox/first/places.sqlite";

/// All that the declaration of `history` lets it open in these profiles.
const DECLARED: [&str; 8] = [
    ".config/chromium/Default/History",
    ".config/chromium/Default/History-journal",
    ".config/chromium/Default/History-wal",
    ".config/chromium/Local State",
    ".mozilla/firefox/first/places.sqlite",
    ".mozilla/firefox/first/places.sqlite-journal",
    ".mozilla/firefox/first/places.sqlite-wal",
    ".mozilla/firefox/profiles.ini",
];
/// Files that lie beside them, and that nobody may even ask for.
const SECRETS: [&str; 6] = [
    ".config/chromium/Default/Login Data",
    ".config/chromium/Default/Preferences",
    ".config/chromium/Default/Web Data",
    ".mozilla/firefox/first/cert9.db",
    ".mozilla/firefox/first/cookies.sqlite",
    ".mozilla/firefox/first/key4.db",
];

#[test]
fn a_running_browser_is_read_without_a_write_a_lock_or_a_new_file() {
    if !peer("strace") {
        return;
    }
    let Some(browsers) = Browsers::start() else {
        return;
    };
    let home = &browsers.home;
    browsers.wait_until_written();
    // Nobody else could open these with SQLite now.
    assert!(is_locked(&home.path().join(CHROMIUM_HISTORY)));
    assert!(is_locked(&home.path().join(FIREFOX_HISTORY)));

    let trace = browsers.traced("history");
    assert_eq!(trace.breaches, Vec::<String>::new());
    let declared: Vec<PathBuf> = DECLARED.iter().map(|it| home.path().join(it)).collect();
    let opened: Vec<_> = trace.opened.iter().collect();
    let undeclared: Vec<_> = opened.iter().filter(|it| !declared.contains(it)).collect();
    assert!(undeclared.is_empty(), "opened: {undeclared:?}");
    for history in [CHROMIUM_HISTORY, FIREFOX_HISTORY] {
        assert!(opened.contains(&&home.path().join(history)), "{opened:?}");
    }
    for secret in SECRETS {
        let secret = home.path().join(secret);
        assert!(secret.exists(), "{} is not there", secret.display());
        assert!(!trace.named.contains(&secret), "{}", secret.display());
    }

    // The pass over the disk comes by here too.
    let trace = browsers.traced("checkup");
    assert_eq!(trace.breaches, Vec::<String>::new());
    assert!(is_locked(&home.path().join(CHROMIUM_HISTORY)));
    assert!(is_locked(&home.path().join(FIREFOX_HISTORY)));
}

#[test]
fn what_a_killed_browser_left_stays_as_it_is() {
    let Some(mut browsers) = Browsers::start() else {
        return;
    };
    browsers.wait_until_written();
    browsers.chromium.kill();
    browsers.firefox.kill();
    let home = &browsers.home;
    // SQLite would move this log into the database, and remove it.
    let log = home.path().join(format!("{FIREFOX_HISTORY}-wal"));
    assert!(log.metadata().unwrap().len() > 0, "nothing to recover");

    let before = tree(home.path());
    assert_eq!(pages(&run(home, &["history"])), [1, 1]);
    assert_eq!(differences(&before, &tree(home.path())), [""; 0]);
    run(home, &["checkup", "--no-memory"]);
    assert_eq!(differences(&before, &tree(home.path())), [""; 0]);

    // With its memory a checkup writes one file, in a folder of its own.
    run(home, &["checkup"]);
    let own = home.path().join(".cache/candor");
    let cache = home.path().join(".cache");
    let mut after = tree(home.path());
    after.retain(|path, _| !path.starts_with(&own));
    let mut elsewhere = differences(&before, &after);
    elsewhere.retain(|it| !it.starts_with(&format!("{}: ", cache.display())));
    assert_eq!(elsewhere, [""; 0]);
}

#[test]
fn a_trace_is_judged_rightly() {
    let profiles = [PathBuf::from("/h/p")];
    let judged = |call: &str| {
        let line = format!("41 {call}");
        Trace::read(&line, &profiles, Path::new("/h/.cache/candor"))
    };
    for breach in [
        r#"openat(AT_FDCWD</h>, "/h/p/History", O_RDWR|O_CLOEXEC) = -1 EACCES (Permission denied)"#,
        r#"openat(AT_FDCWD</h/p>, "History-shm", O_RDONLY|O_CREAT, 0600) = 4</h/p/History-shm>"#,
        r#"openat(AT_FDCWD</h>, "/tmp/copy", O_WRONLY|O_CREAT|O_EXCL, 0600 <unfinished ...>"#,
        r#"openat(AT_FDCWD</h>, "/h", O_RDWR|O_TMPFILE, 0600) = 4</h/#12 (deleted)>"#,
        r#"fcntl(4</h/p/History>, F_SETLK, {l_type=F_RDLCK, l_whence=SEEK_SET}) = 0"#,
        r#"fcntl(4</h/p/History>, F_OFD_SETLK, {l_type=F_RDLCK}) = -1 EAGAIN"#,
        r#"flock(4</h/p/History>, LOCK_SH) = 0"#,
        r#"ioctl(4</h/p/History>, FICLONE, 5</tmp/x>) = 0"#,
        r#"mmap(NULL, 4096, PROT_READ|PROT_WRITE, MAP_SHARED, 4</h/p/History-shm>, 0) = 0x7f0"#,
        r#"unlink("/h/p/History-wal") = 0"#,
        r#"unlinkat(3</h/p>, "History-wal", 0) = 0"#,
        r#"utimensat(AT_FDCWD</h>, "/h/p/History", NULL, 0) = 0"#,
        r#"rename("/h/p/History", "/h/p/History.old") = 0"#,
        r#"mkdirat(AT_FDCWD</h>, "/tmp/copy", 0700) = 0"#,
    ] {
        assert_eq!(judged(breach).breaches.len(), 1, "{breach}");
    }
    for fine in [
        r#"openat(AT_FDCWD</h>, "/h/p/History", O_RDONLY|O_CLOEXEC) = 4</h/p/History>"#,
        r#"pread64(4</h/p/History>, ""..., 4096, 0) = 4096"#,
        r#"fcntl(4</h/p/History>, F_GETFD) = 0x1 (flags FD_CLOEXEC)"#,
        r#"openat(AT_FDCWD</h>, "/", O_WRONLY|O_CLOEXEC) = -1 EPERM (Operation not permitted)"#,
        r#"openat(AT_FDCWD</h>, "/h/.cache/candor/comparisons.new", O_WRONLY|O_CREAT) = 3"#,
        r#"rename("/h/.cache/candor/comparisons.new", "/h/.cache/candor/comparisons") = 0"#,
        r#"write(1<pipe:[123]>, ""..., 100) = 100"#,
    ] {
        assert_eq!(judged(fine).breaches, Vec::<String>::new(), "{fine}");
    }
    let blind = judged(r#"openat(AT_FDCWD, 0x5653ccd8bbe0, O_RDONLY) = 4"#);
    assert!(blind.is_blind);
    let opened = judged(r#"openat(4</h/p>, "Cookies", O_RDONLY) = -1 EACCES (denied)"#).opened;
    assert_eq!(opened, [PathBuf::from("/h/p/Cookies")].into());
}

/// Both browsers, running, each with one page.
struct Browsers {
    chromium: Chromium,
    firefox: Firefox,
    home: Home,
    _server: Server,
}

impl Browsers {
    fn start() -> Option<Self> {
        let (chromium, firefox) = installed()?;
        let home = Home::new();
        let server = Server::start(|request, _| match request.path.as_str() {
            "/page" => Answer::page("Page", ""),
            _ => Answer::NotFound,
        });
        let mut chromium = Chromium::start(&chromium, &home, CHROMIUM, "Default", &[]);
        chromium.go(&server.url("site.localhost", "/page"));
        let mut firefox = Firefox::start(&firefox, &home, FIREFOX, "first");
        firefox.go(&server.url("site.localhost", "/page"));
        server.wait_for("/arrived/page", 2);
        Some(Self {
            chromium,
            firefox,
            home,
            _server: server,
        })
    }

    /// Waits until the page is in both histories; Chromium writes every ten seconds.
    fn wait_until_written(&self) {
        let written = eventually(Duration::from_secs(120), || {
            (pages(&run(&self.home, &["history"])) == [1, 1]).then_some(())
        });
        assert!(written.is_some(), "the page is not in both histories");
    }

    /// Runs a command under `strace`, and checks that the page was found all the same.
    fn traced(&self, command: &str) -> Trace {
        let trace = self.traced_with(&[command]);
        if !trace.is_blind {
            return trace;
        }
        // Of a confined worker the kernel shows nothing to anybody but root.
        let trace = self.traced_with(&[command, "--unconfined"]);
        assert!(!trace.is_blind, "strace sees no paths");
        trace
    }

    fn traced_with(&self, arguments: &[&str]) -> Trace {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("trace");
        let mut strace = self.home.command("strace");
        strace.args(Trace::of(&candor(), &file));
        strace.args(arguments).arg("--json");
        let report = reported(&strace.output().unwrap());
        assert_eq!(pages(&report), [1, 1], "{report}");
        let profiles = [CHROMIUM, FIREFOX].map(|it| self.home.path().join(it));
        let own = self.home.path().join(".cache/candor");
        Trace::read(&fs::read_to_string(&file).unwrap(), &profiles, &own)
    }
}

fn run(home: &Home, arguments: &[&str]) -> Value {
    let mut candor = home.command(candor());
    reported(&candor.args(arguments).arg("--json").output().unwrap())
}

fn reported(done: &Output) -> Value {
    let said = String::from_utf8_lossy(&done.stderr);
    // 2: files of a running browser may change while a checkup compares them.
    assert!(matches!(done.status.code(), Some(0..=2)), "{said}");
    serde_json::from_slice(&done.stdout).unwrap()
}

/// Returns how often each browser visited the page.
fn pages(report: &Value) -> [usize; 2] {
    let visits = match &report["history"] {
        Value::Null => &report["visits"],
        history => &history["visits"],
    };
    let visits = visits.as_array().expect("the report lists visits");
    ["Chromium", "Firefox"].map(|browser| {
        let is_it = |visit: &&Value| {
            let url = visit["url"].as_str().unwrap_or_default();
            visit["browser"] == browser && url.ends_with("/page")
        };
        visits.iter().filter(is_it).count()
    })
}

/// Returns whether someone holds a lock on a file that lets nobody else in.
///
/// A line of `/proc/locks`: `1: POSIX  ADVISORY  WRITE 708 00:21:1234 0 EOF`.
fn is_locked(file: &Path) -> bool {
    let inode = file.metadata().unwrap().ino().to_string();
    let locks = fs::read_to_string("/proc/locks").unwrap();
    locks.lines().any(|line| {
        let mut words = line.split_whitespace();
        let is_write = words.any(|word| word == "WRITE");
        is_write && words.nth(1).and_then(|place| place.rsplit(':').next()) == Some(&*inode)
    })
}
