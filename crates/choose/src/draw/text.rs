//! The texts that stand over the list: help, details, and the two questions.

use report::{count, plain, width::wrap};
use tool::path_text::shown_path;

use super::{Line, Style, sums};
use crate::{
    Rule,
    picks::At,
    state::{Mode, State, What},
};

/// Copies that the details of one list; more can be seen in the list.
const SHOWN: usize = 500;

/// The keys, in the order a person needs them.
const KEYS: [(&str, &str); 19] = [
    ("Up, Down, j, k", "one row on"),
    ("PgUp, PgDn", "one window on"),
    ("Home, End, g, G", "first and last row"),
    (
        "Space",
        "choose what is under the cursor, or let it go; of a folder: let what lies below go rather than copies elsewhere",
    ),
    ("a", "choose all of the group, as far as may be"),
    ("n", "choose none of the group"),
    ("u", "take the last change back"),
    ("r", "make it again"),
    ("i", "show everything about what is under the cursor"),
    ("/", "show only what has this text in its path"),
    ("Tab", "list by folder, or by group"),
    ("s", "sort by bytes, path or age"),
    (
        "f, Left, Right",
        "fold or unfold; h and l are Left and Right",
    ),
    ("F", "fold or unfold everything"),
    ("Enter", "done: write a plan, or carry it out"),
    ("q", "leave without doing anything"),
    ("Ctrl-C", "the same, without a question"),
    ("Ctrl-Z", "put Candor to sleep"),
    ("?", "this text"),
];

/// Returns the text of what stands over the list now; empty if nothing does.
pub(crate) fn text_of(state: &State) -> Vec<Line> {
    let mut text = Text {
        width: state.width.saturating_sub(2).max(4),
        lines: Vec::new(),
    };
    match state.mode {
        Mode::List | Mode::Filter { .. } => {}
        Mode::Help { .. } => help(&mut text),
        Mode::Details { .. } => details(state, &mut text),
        Mode::Leaving => {
            text.say("", Style::Plain);
            text.say(
                "Leave without doing anything? What you chose is forgotten.",
                Style::Told,
            );
            text.say("", Style::Plain);
            text.say("y leaves, any other key goes back.", Style::Plain);
        }
        Mode::Finishing => finishing(state, &mut text),
    }
    text.lines
}

struct Text {
    width: usize,
    lines: Vec<Line>,
}

impl Text {
    /// Adds a paragraph.
    fn say(&mut self, words: &str, style: Style) {
        self.indented("", words, style);
    }

    /// Adds a paragraph whose lines stand below each other, after something in front of the first.
    fn indented(&mut self, before: &str, words: &str, style: Style) {
        let indent = report::width::columns(before);
        let room = self.width.saturating_sub(indent).max(4);
        for (number, line) in wrap(&plain(words), room).into_iter().enumerate() {
            let before = if number == 0 {
                before.to_owned()
            } else {
                " ".repeat(indent)
            };
            self.lines.push(Line::of(format!(" {before}{line}"), style));
        }
    }

    /// Adds a path in full, broken where a line ends.
    fn whole(&mut self, path: &str, style: Style) {
        let path = plain(path);
        let (mut line, mut wide) = (String::from(" "), 0);
        for c in path.chars() {
            let mut text = [0; 4];
            let of_c = report::width::columns(c.encode_utf8(&mut text));
            if wide + of_c > self.width {
                self.lines.push(Line::of(
                    std::mem::replace(&mut line, " ".to_owned()),
                    style,
                ));
                wide = 0;
            }
            line.push(c);
            wide += of_c;
        }
        self.lines.push(Line::of(line, style));
    }
}

fn help(text: &mut Text) {
    text.say(
        "[x] goes, [ ] stays, [-] has to stay, [~] some of it goes",
        Style::Plain,
    );
    text.say("", Style::Plain);
    let indent = if text.width >= 50 { 17 } else { 0 };
    for (keys, words) in KEYS {
        match indent {
            0 => text.say(&format!("{keys}: {words}"), Style::Plain),
            _ => text.indented(&report::width::pad(keys, indent), words, Style::Plain),
        }
    }
    text.say("", Style::Plain);
    text.say(
        "Nothing is changed while you choose. A plan is a file you can read; `candor apply` carries it out. \
         Each file is looked at again before anything is done with it.",
        Style::Plain,
    );
}

fn details(state: &State, text: &mut Text) {
    match state.here() {
        Some(What::Item(at)) => item(state, at, text),
        Some(What::Group(group)) => {
            text.say(&state.groups[group].title, Style::Strong);
            text.say(&state.groups[group].detail, Style::Plain);
            of_group(state, group, text);
        }
        Some(What::Folder(folder)) => {
            let row = state.folders().row(folder);
            text.whole(
                &shown_path(&row.path, state.asked.home.as_deref()),
                Style::Strong,
            );
            let [_, many] = state.asked.things;
            let sums = row.sums;
            text.say("", Style::Plain);
            text.say(
                &format!(
                    "{} {many} below it, {}; of them chosen {}, which frees {}.",
                    count(sums.items as u64),
                    State::bytes(sums.bytes),
                    count(sums.selected as u64),
                    State::bytes(sums.frees)
                ),
                Style::Plain,
            );
            text.say("", Style::Plain);
            text.say(
                "Space lets what lies below it go rather than copies elsewhere; where all copies lie below \
                 it, one stays.",
                Style::Plain,
            );
        }
        None => {}
    }
}

fn item(state: &State, at: At, text: &mut Text) {
    let item = &state.groups[at.group].items[at.item];
    let (_, names) = state.picks.file(at);
    text.whole(
        &shown_path(&item.path, state.asked.home.as_deref()),
        Style::Strong,
    );
    text.say("", Style::Plain);
    let goes = if state.picks.is_selected(at) {
        "It is chosen to go."
    } else {
        "It stays."
    };
    text.say(goes, Style::Plain);
    if let Some(why) = &item.locked {
        text.indented("It has to stay: ", why, Style::Told);
    }
    if !item.reason.is_empty() {
        text.indented("Why:     ", &item.reason, Style::Plain);
    }
    let frees = match names {
        1 => item.frees.to_string(),
        names => format!(
            "{} when the last of its {names} names here goes",
            item.frees
        ),
    };
    text.indented("Frees:   ", &frees, Style::Plain);
    let zone = &state.asked.zone;
    let content = format!("{} (its content)", zone.full(item.modified()));
    text.indented("Changed: ", &content, Style::Plain);
    let anything = format!(
        "{} (anything of it, its name too)",
        zone.full(item.changed())
    );
    text.indented("         ", &anything, Style::Plain);
    let is = item.is;
    let which = format!("number {} on device {}", is.inode, is.device);
    text.indented("File:    ", &which, Style::Plain);
    of_group(state, at.group, text);
}

fn of_group(state: &State, group: usize, text: &mut Text) {
    let it = &state.groups[group];
    text.say("", Style::Plain);
    let rule = match it.rule {
        Rule::Any => "Its group, of which anything may go:".to_owned(),
        Rule::Stay(1) => "Its group, of which one file stays:".to_owned(),
        Rule::Stay(files) => format!("Its group, of which {files} files stay:"),
    };
    text.say(&rule, Style::Plain);
    for (number, item) in it.items.iter().enumerate().take(SHOWN) {
        let at = At {
            group,
            item: number,
        };
        let (mark, style) = match (state.picks.is_selected(at), &item.locked) {
            (true, _) => ("[x] ", Style::Chosen),
            (false, Some(_)) => ("[-] ", Style::Plain),
            (false, None) => ("[ ] ", Style::Plain),
        };
        let path = shown_path(&item.path, state.asked.home.as_deref());
        text.indented(mark, &path, style);
    }
    if it.items.len() > SHOWN {
        text.say(
            &format!("and {} more", count((it.items.len() - SHOWN) as u64)),
            Style::Plain,
        );
    }
}

fn finishing(state: &State, text: &mut Text) {
    let plan = shown_path(&state.asked.plan, state.asked.home.as_deref());
    text.say("", Style::Plain);
    text.say(&format!("{}.", sums(state)), Style::Strong);
    text.say(
        &format!("What is done with them: {}.", state.asked.act),
        Style::Plain,
    );
    text.say("", Style::Plain);
    text.indented(
        "w    ",
        &format!("write the plan to {plan}; nothing else is changed"),
        Style::Plain,
    );
    text.indented(
        "c    ",
        "carry it out: Candor shows the plan and asks first; without a yes it is only written",
        Style::Plain,
    );
    text.indented("Esc  ", "go back to the list", Style::Plain);
}
