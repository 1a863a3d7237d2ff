//! `candor dupes --choose` in a terminal that is made for it.
#![expect(clippy::unwrap_used, reason = "in a test, also in what it calls")]

use std::{
    fs,
    os::unix::process::ExitStatusExt,
    path::PathBuf,
    process::{Command, ExitStatus},
    time::{Duration, SystemTime},
};

use fixture::terminal::{BACK, THERE, Terminal};
use rustix::process::Signal;
use serde_json::Value;

/// A home with three equal films and two equal photos, and Candor in a terminal beside it.
struct Home {
    folder: tempfile::TempDir,
}

impl Home {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        for (name, content) in [
            ("videos/film.mkv", "a film, and so larger than a photo"),
            ("backup/film.mkv", "a film, and so larger than a photo"),
            (
                "backup/old/film\x1b[2J.mkv",
                "a film, and so larger than a photo",
            ),
            ("videos/cat.jpg", "meow"),
            ("backup/cat.jpg", "meow"),
        ] {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, content).unwrap();
        }
        Self { folder }
    }

    fn at(&self, name: &str) -> PathBuf {
        self.folder.path().canonicalize().unwrap().join(name)
    }

    fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_candor"));
        command
            .args(words)
            .current_dir(self.folder.path())
            .env_clear()
            .env("HOME", self.folder.path())
            .env("TERM", "xterm");
        command
    }

    /// Starts `dupes --choose` and waits until the list is there.
    fn choose(&self, words: &[&str]) -> Terminal {
        let mut all = vec!["dupes", "--choose"];
        all.extend(words);
        all.extend(["videos", "backup"]);
        let mut terminal = Terminal::start(self.command(&all));
        terminal.until("? help");
        terminal
    }

    fn plan(&self, name: &str) -> Vec<(String, String)> {
        let plan: Value = serde_json::from_slice(&fs::read(self.at(name)).unwrap()).unwrap();
        let text = |value: &Value| {
            let path = PathBuf::from(value["path"].as_str().unwrap());
            let below = path.strip_prefix(self.at("")).unwrap();
            below.to_str().unwrap().to_owned()
        };
        let steps = plan["steps"].as_array().unwrap().iter();
        steps.map(|it| (text(it), text(&it["survivor"]))).collect()
    }
}

/// Waits for the end, and returns how it ended and what was said once the list was gone.
#[track_caller]
fn end(mut terminal: Terminal) -> (ExitStatus, String) {
    let (status, seen) = terminal.end();
    assert!(seen.contains(THERE), "{seen:?}");
    let (_, rest) = seen.rsplit_once(BACK).expect("the other screen is left");
    assert!(seen.contains("\x1b[?25h"), "the cursor is shown again");
    assert!(!rest.contains(THERE));
    assert!(!seen.contains("\x1b[2J."), "a name wrote to the terminal");
    (status, rest.to_owned())
}

#[test]
fn what_is_chosen_becomes_a_plan() {
    let home = Home::new();
    let mut terminal = home.choose(&["--plan", "plan.json"]);
    // The film in `backup` is let go, and the one in `videos` chosen in its place.
    terminal.press("jj ");
    terminal.until("2 copies chosen in 2 groups");
    terminal.press("\x1b[A\x1b[A ");
    terminal.until("3 copies chosen in 2 groups");
    terminal.press("\r");
    terminal.until("write the plan to");
    terminal.press("w");
    let (status, said) = end(terminal);
    assert_eq!(status.code(), Some(1));
    assert!(
        said.contains("A plan of 3 steps was written to `plan.json`"),
        "{said}"
    );
    let film = "backup/film.mkv".to_owned();
    let expected = [
        ("videos/film.mkv".to_owned(), film.clone()),
        ("backup/old/film\u{1b}[2J.mkv".to_owned(), film),
        ("backup/cat.jpg".to_owned(), "videos/cat.jpg".to_owned()),
    ];
    assert_eq!(home.plan("plan.json"), expected);
}

#[test]
fn a_plan_without_a_name_gets_one_that_is_shown() {
    let home = Home::new();
    let terminal = home.choose(&["--keep", "last-named"]);
    terminal.press("\rw");
    let (_, said) = end(terminal);
    let name = said.split('`').nth(1).unwrap();
    let name = name.rsplit('/').next().unwrap();
    assert!(name.starts_with("candor-plan-2"), "{said}");
    // Rules are where the choice begins.
    assert!(home.plan(name).iter().any(|it| it.0 == "videos/cat.jpg"));
}

#[test]
fn what_is_chosen_is_carried_out_once_it_is_agreed_to() {
    for (answer, code, is_there) in [("n\r", 1, true), ("y\r", 0, false)] {
        let home = Home::new();
        let mut terminal = home.choose(&["--plan", "plan.json"]);
        // Keys that were typed ahead answer no question.
        terminal.press("\rcy\r");
        terminal.until("Carry out 3 steps? [y/N]");
        assert!(home.at("backup/cat.jpg").exists());
        terminal.press(answer);
        let (status, said) = end(terminal);
        assert_eq!(status.code(), Some(code), "{said}");
        assert_eq!(home.at("backup/cat.jpg").exists(), is_there, "{said}");
        assert!(home.at("videos/cat.jpg").exists());
        // Without a yes the choice is not lost.
        assert_eq!(home.at("plan.json").exists(), is_there, "{said}");
    }
}

#[test]
fn who_leaves_leaves_everything_as_it_was() {
    for keys in ["q", "\x03", "nqy", "?\x03"] {
        let home = Home::new();
        let terminal = home.choose(&["--plan", "plan.json"]);
        terminal.press(keys);
        let (status, said) = end(terminal);
        assert_eq!(status.code(), Some(1));
        assert!(said.contains("Nothing was done"), "{said}");
        assert!(!home.at("plan.json").exists());
        assert!(home.at("backup/cat.jpg").exists());
    }
}

#[test]
fn a_signal_ends_it_and_the_terminal_is_as_before() {
    for signal in [Signal::TERM, Signal::HUP, Signal::INT, Signal::QUIT] {
        let home = Home::new();
        let terminal = home.choose(&[]);
        terminal.signal(signal);
        let (status, _) = end(terminal);
        assert_eq!(status.signal(), Some(signal.as_raw()));
    }
}

#[test]
fn nothing_is_coloured_where_colours_are_not_wanted() {
    for (value, coloured) in [("", true), ("1", false)] {
        let home = Home::new();
        let mut command = home.command(&["dupes", "--choose", "videos", "backup"]);
        command.env("NO_COLOR", value);
        let mut terminal = Terminal::start(command);
        terminal.until("? help");
        terminal.press("q");
        let (_, seen) = terminal.end();
        assert_eq!(seen.contains(";33"), coloured, "{seen:?}");
    }
}

#[test]
fn another_size_is_drawn_and_none_is_too_small() {
    let home = Home::new();
    let mut terminal = home.choose(&[]);
    for (columns, rows, expected) in [
        (40, 8, "? help"),
        (9, 2, "mkv"),
        (1, 1, "\x1b[2J"),
        (120, 50, "cat.jpg"),
    ] {
        terminal.resize(columns, rows);
        terminal.until("\x1b[2J");
        if expected != "\x1b[2J" {
            terminal.until(expected);
        }
    }
    // It sleeps and wakes, and draws itself again.
    terminal.press("\x1a");
    terminal.until(BACK);
    terminal.wake();
    terminal.until("? help");
    terminal.press("q");
    end(terminal);
}

#[test]
fn junk_is_chosen_by_kind() {
    let home = Home::new();
    for name in [
        ".cache/thumbnails/large/a.png",
        ".cache/thumbnails/normal/b.png",
        "code/app/package.json",
        "code/app/node_modules/left/index.js",
    ] {
        let path = home.at(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, "{}").unwrap();
    }
    // Dependencies are junk when nobody touched them for long.
    let old = SystemTime::now() - Duration::from_secs(60 * 86_400);
    for name in ["/left/index.js", "/left", ""] {
        let file = fs::File::open(home.at(&format!("code/app/node_modules{name}"))).unwrap();
        file.set_modified(old).unwrap();
    }
    let words = [
        "clean",
        "--choose",
        "--kind",
        "linux.thumbnails",
        "--plan",
        "plan.json",
    ];
    let mut terminal = Terminal::start(home.command(&words));
    terminal.until("2 items chosen in 1 group");
    // Every kind is there, whatever is ticked.
    terminal.press("/node_modules\rj ");
    terminal.until("3 items chosen in 2 groups");
    terminal.press("\rw");
    let (_, said) = end(terminal);
    assert!(said.contains("A plan of 3 steps"), "{said}");
    let plan: Value = serde_json::from_slice(&fs::read(home.at("plan.json")).unwrap()).unwrap();
    let steps = plan["steps"].as_array().unwrap();
    let of_rule = |rule: &str| steps.iter().filter(|it| it["rule"] == rule).count();
    assert_eq!(of_rule("linux.thumbnails"), 2);
    let modules = home.at("code/app/node_modules");
    let modules = steps
        .iter()
        .find(|it| it["path"] == modules.to_str().unwrap());
    assert_eq!(modules.unwrap()["inside"].as_array().unwrap().len(), 2);
}

#[test]
fn without_a_terminal_the_way_out_is_named() {
    let home = Home::new();
    let run = home
        .command(&["dupes", "--choose", "videos"])
        .output()
        .unwrap();
    assert_eq!(run.status.code(), Some(2));
    let said = String::from_utf8_lossy(&run.stderr);
    assert!(
        said.contains("needs a terminal") && said.contains("--plan FILE"),
        "{said}"
    );
    let words = ["dupes", "--choose", "--plan", "backup/cat.jpg", "videos"];
    let mut terminal = Terminal::start(home.command(&words));
    terminal.until("there is a file `backup/cat.jpg` already");
    let (status, _) = terminal.end();
    assert_eq!(status.code(), Some(2));
}
