//! The terminal is given back also where nobody meant to leave.

use std::{env, fs, path::PathBuf, process::Command};

use candor_choose::{Asked, Group, Item, Rule, choose};
use fixture::terminal::{BACK, THERE, Terminal};
use rustix::fs::{CWD, FileType, Mode, mknodat};
use tool::{Bytes, EntryKind, Identity, Stamp};

/// Names a pipe; a program that has it in its environment shows a list until something is written there,
/// and then panics.
const PIPE: &str = "CANDOR_TEST_PIPE";

#[test]
fn a_panic_gives_the_terminal_back_before_it_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let pipe = folder.path().join("pipe");
    mknodat(CWD, &pipe, FileType::Fifo, Mode::RWXU, 0).unwrap();
    let mut command = Command::new(env::current_exe().unwrap());
    command.args(["--exact", "shows_a_list_and_panics", "--nocapture"]);
    let mut terminal = Terminal::start({
        command.env(PIPE, &pipe).env("TERM", "xterm");
        command
    });
    terminal.until(THERE);
    terminal.until("? help");
    fs::write(&pipe, "now").unwrap();
    terminal.until(BACK);
    terminal.until("this fault is meant");
    terminal.assert_as_before();
}

/// Not a test by itself: the program in the terminal.
#[test]
fn shows_a_list_and_panics() {
    let Some(pipe) = env::var_os(PIPE) else {
        return;
    };
    std::thread::spawn(|| {
        fs::read(pipe).unwrap();
        panic!("this fault is meant");
    });
    let item = Item {
        path: PathBuf::from("/tmp/thing"),
        file: 0,
        frees: Bytes(1),
        is: Identity {
            kind: EntryKind::File,
            device: 0,
            inode: 0,
            size: 1,
            mtime: Stamp(0),
            ctime: Stamp(0),
        },
        reason: String::new(),
        selected: false,
        locked: None,
    };
    let groups = vec![Group {
        title: "things".to_owned(),
        detail: String::new(),
        rule: Rule::Any,
        items: vec![item],
    }];
    let asked = Asked {
        title: "Things".to_owned(),
        things: ["thing", "things"],
        act: "move to the trash".to_owned(),
        later: None,
        plan: PathBuf::from("plan.json"),
        missing: None,
        home: None,
        zone: report::Zone::utc(),
        colour: true,
    };
    let _ = choose(groups, &asked);
}
