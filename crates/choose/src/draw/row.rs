//! One row of the list, and what is said of it below.

use report::{
    count, plain,
    width::{columns, cut_end, cut_middle, pad, pad_left},
};
use tool::path_text::{shown, shown_path};

use super::{Line, Span, Style};
use crate::{
    Item,
    picks::At,
    state::{State, View, What},
};

/// Columns of bytes, and of a day.
const BYTES: usize = 10;
const DAY: usize = 10;

/// Returns a row of the list by its number.
pub(super) fn line(state: &State, number: usize) -> Line {
    let row = state.rows[number];
    let current = number == state.cursor;
    let indent = "  ".repeat(row.depth.min(state.width / 8));
    let mark = if current { "> " } else { "  " };
    let before = format!("{mark}{indent}");
    let mut line = match row.what {
        What::Group(group) => of_group(state, group, before),
        What::Item(at) => of_item(state, at, before),
        What::Folder(folder) => of_folder(state, number, folder, before),
    };
    line.current = current;
    line
}

fn of_group(state: &State, group: usize, before: String) -> Line {
    let it = &state.groups[group];
    let (items, frees) = state.picks.of_group(group);
    let fold = if state.is_folded(group) { "▸" } else { "▾" };
    let chosen = match items {
        0 => "none chosen".to_owned(),
        items => format!(
            "{} of {} chosen, {}",
            count(items as u64),
            count(it.items.len() as u64),
            State::bytes(frees)
        ),
    };
    let style = if items > 0 {
        Style::Chosen
    } else {
        Style::Faint
    };
    let left = format!("{fold} {}", plain(&it.title));
    spread(
        state.width,
        &before,
        &left,
        Some(&plain(&it.detail)),
        (&chosen, style),
        Style::Strong,
    )
}

fn of_item(state: &State, at: At, before: String) -> Line {
    let item = item(state, at);
    let (mark, style) = match (state.picks.is_selected(at), &item.locked) {
        (true, _) => ("[x]", Style::Chosen),
        (false, Some(_)) => ("[-]", Style::Faint),
        (false, None) => ("[ ]", Style::Plain),
    };
    let path = match state.view {
        View::Groups => shown_path(&item.path, state.asked.home.as_deref()),
        View::Folders => shown(item.path.file_name().unwrap_or(item.path.as_os_str())),
    };
    let mut right = String::new();
    if state.width >= 40 {
        let (_, names) = state.picks.file(at);
        if names > 1 && state.width >= 60 {
            right = format!("one of {names} names  ");
        }
        right.push_str(&pad_left(&item.frees.to_string(), BYTES));
    }
    if state.width >= 60 {
        right.push_str("  ");
        right.push_str(&day(state, item));
    }
    let faint = if style == Style::Faint {
        Style::Faint
    } else {
        Style::Plain
    };
    let room = (state.width).saturating_sub(columns(&before) + 4 + columns(&right) + 2);
    let path = pad(&cut_middle(&plain(&path), room), room);
    let span = |text: String, style| Span { text, style };
    Line {
        spans: vec![
            span(before, Style::Plain),
            span(format!("{mark} "), style),
            span(path, faint),
            span(format!("  {right}"), Style::Faint),
        ],
        current: false,
    }
}

fn of_folder(state: &State, number: usize, folder: usize, before: String) -> Line {
    let row = state.folders().row(folder);
    let sums = row.sums;
    let fold = if state.is_open(folder) { "▾" } else { "▸" };
    let mark = match sums.selected {
        0 => "[ ]",
        all if all == sums.items => "[x]",
        _ => "[~]",
    };
    let name = name_of(state, number, folder);
    let chosen = match sums.selected {
        0 => format!(
            "0 of {}, {}",
            count(sums.items as u64),
            State::bytes(sums.bytes)
        ),
        selected => format!(
            "{} of {}, {} of {}",
            count(selected as u64),
            count(sums.items as u64),
            State::bytes(sums.frees),
            State::bytes(sums.bytes)
        ),
    };
    let style = if sums.selected > 0 {
        Style::Chosen
    } else {
        Style::Faint
    };
    let left = format!("{fold} {mark} {name}");
    spread(
        state.width,
        &before,
        &left,
        None,
        (&chosen, style),
        Style::Strong,
    )
}

/// Returns a folder's name in the list: below the one it is listed in, all that leads to it.
fn name_of(state: &State, number: usize, folder: usize) -> String {
    let path = &state.folders().row(folder).path;
    let depth = state.rows[number].depth;
    // Deeper rows that come before are inside folders listed before; the nearest less deep one holds this.
    let above = (0..number).rev().find(|row| state.rows[*row].depth < depth);
    let above = match above.map(|row| state.rows[row].what) {
        Some(What::Folder(folder)) => Some(&state.folders().row(folder).path),
        _ => None,
    };
    let name = match above.and_then(|above| path.strip_prefix(above).ok()) {
        Some(rest) => shown(rest.as_os_str()),
        None => shown_path(path, state.asked.home.as_deref()),
    };
    format!("{}/", plain(&name).trim_end_matches('/'))
}

/// Puts something at the left and something at the right of a line.
fn spread(
    width: usize,
    before: &str,
    left: &str,
    detail: Option<&str>,
    (right, right_style): (&str, Style),
    style: Style,
) -> Line {
    let span = |text: String, style| Span { text, style };
    let room = width.saturating_sub(columns(before));
    let wide = columns(right) + 2;
    // A name is worth more than figures that stand in the sums too.
    let (left_room, right) = match room.checked_sub(wide) {
        Some(left_room) if left_room >= 16 => (left_room, right),
        _ => (room, ""),
    };
    let name = cut_middle(left, left_room);
    let rest = left_room - columns(&name).min(left_room);
    let detail = match detail.filter(|it| !it.is_empty() && rest > 8) {
        Some(detail) => cut_end(&format!(", {detail}"), rest),
        None => String::new(),
    };
    let detail = pad(&detail, rest);
    let right = if right.is_empty() {
        String::new()
    } else {
        format!("  {right}")
    };
    Line {
        spans: vec![
            span(before.to_owned(), Style::Plain),
            span(name, style),
            span(detail, Style::Faint),
            span(right, right_style),
        ],
        current: false,
    }
}

/// Returns what there is to say of the row under the cursor, in a line.
pub(super) fn about(state: &State) -> String {
    let room = state.width.saturating_sub(2);
    let words = match state.here() {
        Some(What::Item(at)) => {
            let item = item(state, at);
            let (_, names) = state.picks.file(at);
            let words = match &item.locked {
                Some(why) => format!("It stays: {why}"),
                None => item.reason.clone(),
            };
            match names {
                1 => words,
                names => {
                    format!("One of {names} names of a file, which is freed with its last. {words}")
                }
            }
        }
        Some(What::Group(group)) => state.groups[group].detail.clone(),
        Some(What::Folder(folder)) => {
            let path = &state.folders().row(folder).path;
            let path = shown_path(path, state.asked.home.as_deref());
            return format!(" {}", cut_middle(&plain(&path), room));
        }
        None => String::new(),
    };
    format!(" {}", cut_middle_of_words(&plain(&words), room))
}

/// A sentence is cut at its end, unless the path in it would go: then in the middle.
fn cut_middle_of_words(words: &str, room: usize) -> String {
    match words.contains('/') {
        true => cut_middle(words, room),
        false => cut_end(words, room),
    }
}

/// Returns the day an item last changed.
fn day(state: &State, item: &Item) -> String {
    let full = state.asked.zone.full(item.modified());
    // Years of more than four digits are nobody's.
    full.get(..DAY).unwrap_or("          ").to_owned()
}

fn item(state: &State, at: At) -> &Item {
    &state.groups[at.group].items[at.item]
}
