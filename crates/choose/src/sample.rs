//! Groups for tests, out of a few lines of text.

use std::path::PathBuf;

use tool::{Bytes, EntryKind, Identity, Stamp};

use crate::{Asked, Group, Item, Rule, draw, key::Key, state::State};

/// Makes groups of text. A line `stay 1 cat.jpg` or `any cache` begins one, and each line after it is an
/// item: a mark (`x` chosen, `-` locked, `.` neither), the number of its file, bytes, a day and a path.
pub(crate) fn groups(text: &str) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let words: Vec<&str> = line.splitn(5, ' ').collect();
        let number = |at: usize| words[at].parse::<u64>().expect("a number");
        match words[0] {
            "stay" | "any" => groups.push(Group {
                title: words.last().expect("a title").replace('+', " "),
                detail: String::new(),
                rule: match words[0] {
                    "any" => Rule::Any,
                    _ => Rule::Stay(usize::try_from(number(1)).expect("few")),
                },
                items: Vec::new(),
            }),
            mark => {
                let group = groups.last_mut().expect("a group comes first");
                let days = i64::try_from(number(3)).expect("few");
                group.items.push(Item {
                    path: PathBuf::from(words[4]),
                    file: usize::try_from(number(1)).expect("few"),
                    frees: Bytes(number(2)),
                    is: Identity {
                        kind: EntryKind::File,
                        device: 1,
                        inode: number(1),
                        size: number(2),
                        mtime: Stamp(days * 86_400_000_000_000),
                        ctime: Stamp((days + 1) * 86_400_000_000_000),
                    },
                    reason: "Proposed to stay: it is older".to_owned(),
                    selected: mark == "x",
                    locked: (mark == "-").then(|| "it is protected: keys".to_owned()),
                });
                group.detail = format!("{} files", group.items.len());
            }
        }
    }
    groups
}

/// Three groups of copies: one with two names of a file, one with a locked copy.
pub(crate) const COPIES: &str = "
    stay 1 film.mkv
    . 0 5000000 19000 /home/ada/Videos/film.mkv
    x 1 5000000 19100 /home/ada/Downloads/film.mkv
    x 2 5000000 19200 /home/ada/Backup/2019/film.mkv
    stay 1 cat.jpg
    . 0 3000 18000 /home/ada/Photos/cat.jpg
    x 1 3000 18500 /home/ada/Backup/cat.jpg
    x 1 3000 18500 /home/ada/Backup/2019/cat.jpg
    stay 1 id
    - 0 400 17000 /home/ada/.ssh/id
    . 1 400 17001 /home/ada/Backup/id
";

pub(crate) fn asked() -> Asked {
    Asked {
        title: "Duplicates".to_owned(),
        things: ["copy", "copies"],
        act: "move to the trash".to_owned(),
        later: Some("when the trash is emptied"),
        plan: PathBuf::from("/home/ada/plan.json"),
        missing: None,
        home: Some(PathBuf::from("/home/ada")),
        zone: report::Zone::utc(),
        colour: false,
    }
}

pub(crate) fn state(text: &str) -> State {
    State::new(groups(text), &asked())
}

/// Presses keys written as text: a character is itself, `<Down>` a key with a name.
pub(crate) fn press(state: &mut State, keys: &str) -> crate::state::Step {
    let mut step = crate::state::Step::Stay;
    let mut rest = keys;
    while let Some(c) = rest.chars().next() {
        let named = rest.strip_prefix('<').and_then(|rest| rest.split_once('>'));
        let key = match named {
            Some((name, after)) => {
                rest = after;
                match name {
                    "Up" => Key::Up,
                    "Down" => Key::Down,
                    "Left" => Key::Left,
                    "Right" => Key::Right,
                    "PgUp" => Key::PageUp,
                    "PgDn" => Key::PageDown,
                    "Home" => Key::Home,
                    "End" => Key::End,
                    "Tab" => Key::Tab,
                    "Enter" => Key::Enter,
                    "Esc" => Key::Escape,
                    "Back" => Key::Backspace,
                    "Stop" => Key::Stop,
                    other => panic!("no key {other}"),
                }
            }
            None => {
                rest = &rest[c.len_utf8()..];
                Key::Char(c)
            }
        };
        step = state.press(key);
    }
    step
}

/// Returns the window as text, without blanks at the ends of lines.
pub(crate) fn window(state: &mut State, width: usize, height: usize) -> String {
    state.resize(width, height);
    let lines = draw::screen(state);
    let text = lines
        .iter()
        .map(|line| format!("{}\n", line.text().trim_end()));
    text.collect()
}
