//! Updates of lists: the real courier against web servers on this machine, good and bad.

#![expect(clippy::unwrap_used, reason = "a test fails by it")]

#[path = "updates/made.rs"]
mod made;
#[path = "updates/parts.rs"]
mod parts;

use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

use fixture::web::{Files, Habits, Web};
use made::{NOW, blob, list, publisher, released};
use serde_json::{Value, json};
use tempfile::TempDir;
use wire::{note::Signer, release::Release};

/// A machine that wants lists.
struct Machine(TempDir);

impl Machine {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn raw(&self) -> PathBuf {
        self.0.path().join("candor/lists/raw")
    }

    fn run(&self, plan: &Value, now: u64) -> Output {
        let mut child = Command::new(env!("CARGO_BIN_EXE_candor-courier"))
            .args(["update", "--now", &now.to_string()])
            .env_clear()
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdin = child.stdin.take().unwrap();
        stdin.write_all(plan.to_string().as_bytes()).unwrap();
        drop(stdin);
        child.wait_with_output().unwrap()
    }

    /// Runs the courier; returns what it says and whether all could be done.
    fn update(&self, mirrors: &[&Web], own: &[(&str, String)]) -> (Value, bool) {
        self.update_at(mirrors, own, NOW)
    }

    fn update_at(&self, mirrors: &[&Web], own: &[(&str, String)], now: u64) -> (Value, bool) {
        let publisher = match mirrors {
            [] => Value::Null,
            _ => json!({
                "key": publisher().verifier(),
                "mirrors": mirrors.iter().map(|it| it.url()).collect::<Vec<_>>(),
            }),
        };
        let own: Vec<Value> = own
            .iter()
            .map(|(id, url)| json!({"id": id, "url": url}))
            .collect();
        let output = self.run(
            &json!({"raw": self.raw(), "publisher": publisher, "own": own}),
            now,
        );
        let said = serde_json::from_slice(&output.stdout)
            .unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&output.stderr)));
        (said, output.status.success())
    }

    /// The list that its description names, and the version.
    fn list(&self) -> (String, Vec<u8>) {
        let text = fs::read_to_string(self.raw().join("lists.toml")).unwrap();
        let value = |key: &str| {
            let line = text.lines().find_map(|it| it.strip_prefix(key)).unwrap();
            line.trim_start_matches(" = ").trim_matches('"').to_owned()
        };
        (
            value("version"),
            fs::read(self.raw().join(value("file"))).unwrap(),
        )
    }

    fn names(&self, folder: &str) -> Vec<String> {
        names(&self.raw().join(folder))
    }
}

fn names(folder: &Path) -> Vec<String> {
    let each = fs::read_dir(folder).unwrap();
    let mut names: Vec<String> = each
        .map(|it| it.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

fn why(said: &Value) -> String {
    said["troubles"].to_string()
}

#[test]
fn a_release_comes_whole_and_then_only_what_is_new() {
    let (first, second) = (list(0..5000), list(7..5010));
    let web = Web::of(released(1, &first, None));
    let machine = Machine::new();
    let (said, done) = machine.update(&[&web], &[]);
    assert!(done, "{said}");
    assert_eq!(machine.list(), ("1".to_owned(), first.clone()));
    assert_eq!(said["publisher"]["is_new"], true);
    let whole = said["received"].as_u64().unwrap();
    assert_eq!(web.paths().len(), 3, "release, list, description");

    // Nothing new: one small request.
    let (said, done) = machine.update(&[&web], &[]);
    assert!(done);
    assert_eq!(said["publisher"]["is_new"], false);
    assert_eq!(web.paths(), ["/release"]);

    web.gives(released(2, &second, Some(&first)));
    let (said, done) = machine.update(&[&web], &[]);
    assert!(done, "{said}");
    assert_eq!(said["publisher"]["by_delta"], 1);
    assert_eq!(machine.list(), ("2".to_owned(), second.clone()));
    let by_delta = said["received"].as_u64().unwrap();
    assert!(by_delta * 10 < whole, "{by_delta} of {whole}");
    // Nothing of the first is left.
    assert_eq!(machine.names("f"), [blob(&second).sha256.to_string()]);
    assert!(machine.names("part").is_empty());
}

#[test]
fn a_damaged_release_is_no_other_publishers() {
    let (first, second) = (list(0..100), list(0..200));
    let web = Web::of(released(2, &second, None));
    let machine = Machine::new();
    assert!(machine.update(&[&web], &[]).1);
    let note = machine.raw().join("release");
    let whole = fs::read(&note).unwrap();
    web.gives(released(1, &first, None));
    for torn in [
        whole[..whole.len() / 2].to_vec(),
        b"\xff\xfe".to_vec(),
        Vec::new(),
        String::from_utf8(whole.clone())
            .unwrap()
            .replace("version", "versiom")
            .into_bytes(),
    ] {
        fs::write(&note, torn).unwrap();
        let (said, done) = machine.update(&[&web], &[]);
        assert!(!done && why(&said).contains("is damaged"), "{said}");
        assert!(why(&said).contains("move it away"), "{said}");
        assert_eq!(machine.list().0, "2", "the older one is not taken");
    }
}

#[test]
fn two_updates_at_once_do_not_write_over_each_other() {
    let machine = Machine::new();
    fs::create_dir_all(machine.raw()).unwrap();
    let lock = fs::File::create(machine.raw().join("lock")).unwrap();
    lock.lock().unwrap();
    let output = machine.run(&json!({"raw": machine.raw()}), NOW);
    assert_eq!(output.status.code(), Some(2));
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains("another update is running"), "{said}");
    drop(lock);
    let output = machine.run(&json!({"raw": machine.raw()}), NOW);
    assert_eq!(output.status.code(), Some(0));
}

#[test]
fn what_is_left_over_goes_whatever_becomes_of_ones_own_lists() {
    let (first, second) = (list(0..100), list(0..200));
    let web = Web::of(released(1, &first, None));
    let machine = Machine::new();
    assert!(machine.update(&[&web], &[]).1);
    web.gives(released(2, &second, None));
    fs::write(machine.raw().join("f/left.new"), b"x").unwrap();
    let dead = [("mine", format!("{}/none.txt", web.url()))];
    let (said, done) = machine.update(&[&web], &dead);
    assert!(!done, "{said}");
    assert_eq!(machine.names("f"), [blob(&second).sha256.to_string()]);
    // What is in the way is named.
    fs::create_dir(machine.raw().join("own/d")).unwrap();
    let (said, done) = machine.update(&[&web], &[]);
    assert!(!done && why(&said).contains("own/d"), "{said}");
    fs::remove_dir(machine.raw().join("own/d")).unwrap();
    // And the lists of a publisher who is named no more.
    let (said, done) = machine.update(&[], &[]);
    assert!(done, "{said}");
    assert!(machine.names("f").is_empty());
    assert!(!machine.raw().join("lists.toml").exists());
}

#[test]
fn lists_that_a_person_put_there_stay_without_a_publisher() {
    let machine = Machine::new();
    fs::create_dir_all(machine.raw()).unwrap();
    fs::write(machine.raw().join("lists.toml"), "version = 1\n").unwrap();
    let (said, done) = machine.update(&[], &[]);
    assert!(done, "{said}");
    assert!(machine.raw().join("lists.toml").exists());
}

#[test]
fn an_older_a_stale_and_a_foreign_release_are_refused() {
    let (first, second) = (list(0..100), list(0..200));
    let web = Web::of(released(2, &second, None));
    let machine = Machine::new();
    assert!(machine.update(&[&web], &[]).1);
    let other = Signer::new("lists.example.org", &[5; 32]).unwrap();
    let mut foreign = released(3, &first, None);
    let note = String::from_utf8(foreign["/release"].clone()).unwrap();
    let release = Release::open(&note, &publisher().verifier()).unwrap();
    foreign.insert(
        "/release".to_owned(),
        release.sign(&other).unwrap().into_bytes(),
    );
    let cut: Files = [(
        "/release".to_owned(),
        note.as_bytes()[..note.len() / 2].to_vec(),
    )]
    .into();
    for (files, now, told) in [
        (released(1, &first, None), NOW, "version 1"),
        (released(2, &first, None), NOW, "another one of version 2"),
        (foreign, NOW, "not signed by"),
        (cut, NOW, "not what the publisher signed"),
        (released(3, &first, None), NOW + 31 * 86_400, "stands still"),
        (Files::new(), NOW, "404"),
    ] {
        web.gives(files);
        let (said, done) = machine.update_at(&[&web], &[], now);
        assert!(!done && why(&said).contains(told), "{told}: {said}");
        assert_eq!(machine.list(), ("2".to_owned(), second.clone()), "{told}");
    }
}

#[test]
fn the_newest_of_all_mirrors_is_taken_and_bad_ones_are_told() {
    let (first, second) = (list(0..100), list(0..200));
    let still = Web::of(released(1, &first, None));
    let gone = Web::of(Files::new());
    // Has the newest release, and another file in the place of the list.
    let torn = Web::of(released(2, &second, None));
    torn.change(|files| {
        let largest = files.values_mut().max_by_key(|it| it.len()).unwrap();
        *largest.last_mut().unwrap() ^= 1;
    });
    let good = Web::of(released(2, &second, None));
    let machine = Machine::new();
    let (said, done) = machine.update(&[&still, &gone, &torn, &good], &[]);
    assert!(done, "{said}");
    assert_eq!(machine.list(), ("2".to_owned(), second));
    let passed_over = said["publisher"]["passed_over"].as_array().unwrap();
    assert_eq!(passed_over.len(), 1, "{said}");
    assert_eq!(passed_over[0]["mirror"], gone.url());
}

#[test]
fn what_was_damaged_here_is_fetched_again() {
    let (first, second) = (list(0..5000), list(0..5001));
    let web = Web::of(released(1, &first, None));
    let machine = Machine::new();
    machine.update(&[&web], &[]);
    let file = machine
        .raw()
        .join("f")
        .join(blob(&first).sha256.to_string());
    fs::write(&file, b"evil").unwrap();
    let (said, done) = machine.update(&[&web], &[]);
    assert!(done, "{said}");
    assert_eq!(machine.list().1, first);
    // A delta out of a file that was changed is not even fetched.
    fs::write(&file, b"evil").unwrap();
    web.gives(released(2, &second, Some(&first)));
    let (said, done) = machine.update(&[&web], &[]);
    assert!(done, "{said}");
    assert_eq!(
        (&said["publisher"]["by_delta"], machine.list().1),
        (&json!(0), second)
    );
}

#[test]
fn a_list_of_ones_own_is_one_plain_request_and_stays_when_the_next_fails() {
    let web = Web::of(Files::from([
        ("/hosts.txt".to_owned(), b"evil.example\n".to_vec()),
        ("/moved.txt".to_owned(), b"MOVED /hosts.txt".to_vec()),
        ("/round.txt".to_owned(), b"MOVED /round.txt".to_vec()),
        (
            "/away.txt".to_owned(),
            b"MOVED https://127.0.0.1:1/hosts.txt".to_vec(),
        ),
        ("/empty.txt".to_owned(), Vec::new()),
        (
            "/page.txt".to_owned(),
            b"\xef\xbb\xbf\n<!doctype html>gone".to_vec(),
        ),
        ("/packed.txt".to_owned(), b"\x1f\x8b\x08\x00".to_vec()),
    ]));
    let machine = Machine::new();
    let at = |path: &str| format!("{}{path}", web.url());
    let (said, done) = machine.update(&[], &[("mine", at("/moved.txt"))]);
    assert!(done, "{said}");
    assert_eq!(
        fs::read(machine.raw().join("own/mine")).unwrap(),
        b"evil.example\n"
    );
    let (said, _) = machine.update(&[], &[("mine", at("/hosts.txt"))]);
    assert_eq!(said["own"][0]["is_new"], false);
    for path in [
        "/none.txt",
        "/round.txt",
        "/away.txt",
        "/empty.txt",
        "/page.txt",
        "/packed.txt",
    ] {
        let (said, done) = machine.update(&[], &[("mine", at(path))]);
        assert!(!done && why(&said).contains(path), "{path}: {said}");
        assert_eq!(machine.names("own"), ["mine"], "{path}");
        assert_eq!(
            fs::read(machine.raw().join("own/mine")).unwrap(),
            b"evil.example\n"
        );
    }
    web.behaves(Habits {
        cuts_after: Some(3),
        ..Habits::default()
    });
    let (said, done) = machine.update(&[], &[("mine", at("/hosts.txt"))]);
    assert!(!done && why(&said).contains("ended early"), "{said}");
    assert_eq!(
        fs::read(machine.raw().join("own/mine")).unwrap(),
        b"evil.example\n"
    );
    // One that nobody names any more goes.
    web.behaves(Habits::default());
    machine.update(&[], &[("other", at("/hosts.txt"))]);
    assert_eq!(machine.names("own"), ["other"]);
}

#[test]
fn requests_say_nothing_of_the_machine_and_bring_nothing_back() {
    let web = Web::of(released(1, &list(0..10), None));
    web.change(|files| {
        files.insert("/hosts.txt".to_owned(), b"evil.example\n".to_vec());
    });
    let own = [("mine", format!("{}/hosts.txt", web.url()))];
    let (one, other) = (Machine::new(), Machine::new());
    one.update(&[&web], &own);
    let first = web.requests();
    other.update(&[&web], &own);
    assert_eq!(web.requests(), first, "the same bytes from both");
    one.update(&[&web], &own);
    let again = web.requests();
    for request in first.iter().chain(&again) {
        let mut names: Vec<&str> = request
            .lines()
            .skip(1)
            .filter_map(|it| it.split(':').next())
            .filter(|it| !it.is_empty())
            .collect();
        names.sort_unstable();
        assert_eq!(names, ["host", "user-agent"], "{request}");
    }
    // Of what the server handed out to know it again, nothing comes back.
    assert_eq!(again.len(), 2);
    assert!(again.iter().all(|it| first.contains(it)));
}

#[test]
fn a_plan_that_is_none_and_a_folder_that_cannot_be_are_told() {
    let machine = Machine::new();
    let output = machine.run(&json!({"raw": "raw"}), NOW);
    assert_eq!(output.status.code(), Some(2));
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains("candor update"), "{said}");
    fs::write(machine.0.path().join("candor"), b"a file").unwrap();
    let output = machine.run(&json!({"raw": machine.raw()}), NOW);
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("cannot make the folder"));
    assert!(output.stdout.is_empty());
}

/// A note may have signatures of anybody; they make it no other release.
#[test]
fn what_a_mirror_writes_below_a_release_is_not_kept_and_makes_no_other_of_it() {
    let names = list(0..100);
    let files = released(1, &names, None);
    let honest = String::from_utf8(files["/release"].clone()).unwrap();
    let (text, own) = honest.split_once("\n\n").unwrap();
    let other = Signer::new("evil.example", &[6; 32])
        .unwrap()
        .sign("x\n")
        .unwrap();
    let foreign = other.split_once("\n\n").unwrap().1;
    let web = Web::of(files.clone());
    for signatures in [format!("{own}{foreign}"), format!("{foreign}{own}")] {
        let machine = Machine::new();
        web.change(|files| {
            let note = format!("{text}\n\n{signatures}");
            files.insert("/release".to_owned(), note.into_bytes());
        });
        assert!(machine.update(&[&web], &[]).1);
        let kept = fs::read_to_string(machine.raw().join("release")).unwrap();
        assert_eq!(kept, honest);
        // An honest mirror beside it tells the same.
        let mirror = Web::of(files.clone());
        let (said, done) = machine.update(&[&mirror, &web], &[]);
        assert!(
            done && said["publisher"]["passed_over"] == json!([]),
            "{said}"
        );
    }
}

#[test]
fn a_release_of_another_publisher_is_told_as_one() {
    let web = Web::of(released(7, &list(0..10), None));
    let machine = Machine::new();
    let (said, _) = machine.update(&[&web], &[]);
    assert_eq!(said["publisher"]["is_another"], false);
    // The note of somebody else lies there, of a version that is higher.
    let other = Signer::new("others.example.org", &[6; 32]).unwrap();
    let files = released(9, &list(0..20), None);
    let note = String::from_utf8(files["/release"].clone()).unwrap();
    let release = Release::open(&note, &publisher().verifier()).unwrap();
    fs::write(machine.raw().join("release"), release.sign(&other).unwrap()).unwrap();
    let (said, done) = machine.update(&[&web], &[]);
    assert!(done, "{said}");
    assert_eq!(said["publisher"]["is_another"], true);
    assert_eq!(machine.list().0, "7");
    let (said, _) = machine.update(&[&web], &[]);
    assert_eq!(said["publisher"]["is_another"], false);
}
