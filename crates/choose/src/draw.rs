//! What a window shows, as lines of styled text: no more lines and columns than it has.
//!
//! Names in it are those of files and may be hostile: all text goes through [`report::plain`] before it
//! becomes part of a line.

mod row;
#[cfg(test)]
mod tests;
mod text;

use report::{
    count,
    width::{columns, cut_end, pad},
};

use crate::{
    picks::Sums,
    state::{Mode, State, View},
};

pub(crate) use text::text_of;

/// A line of the window.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Line {
    pub(crate) spans: Vec<Span>,
    /// Whether the cursor stands on it.
    pub(crate) current: bool,
}

/// Text of one style.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) text: String,
    pub(crate) style: Style,
}

/// How text looks; what it says is said without it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Style {
    Plain,
    /// Headings, and folders.
    Strong,
    /// What is beside the point.
    Faint,
    /// What is chosen.
    Chosen,
    /// What a person has to see.
    Told,
}

impl Line {
    pub(crate) fn of(text: impl Into<String>, style: Style) -> Self {
        Self {
            spans: vec![Span {
                text: text.into(),
                style,
            }],
            current: false,
        }
    }

    #[cfg(test)]
    pub(crate) fn text(&self) -> String {
        self.spans.iter().map(|it| it.text.as_str()).collect()
    }
}

/// Returns the whole window.
pub(crate) fn screen(state: &State) -> Vec<Line> {
    let (width, height) = (state.width, state.height);
    let room = state.list_height();
    let mut lines = Vec::with_capacity(height);
    if height >= 8 {
        lines.push(Line::of(head(state), Style::Strong));
    }
    let body = lines.len();
    match &state.mode {
        Mode::List | Mode::Filter { .. } => {
            let last = state.rows.len().min(state.top + room);
            lines.extend((state.top..last).map(|number| row::line(state, number)));
            if state.rows.is_empty() {
                lines.push(Line::of("  Nothing here fits the filter.", Style::Plain));
            }
        }
        Mode::Help { top } | Mode::Details { top } => {
            lines.extend(text_of(state).into_iter().skip(*top).take(room));
        }
        Mode::Leaving | Mode::Finishing => lines.extend(text_of(state).into_iter().take(room)),
    }
    lines.truncate(body + room);
    lines.resize_with(body + room, Line::default);
    if height >= 8 {
        let about = match state.mode {
            Mode::List | Mode::Filter { .. } => row::about(state),
            _ => String::new(),
        };
        lines.push(Line::of(about, Style::Faint));
    }
    if height >= 3 {
        lines.push(Line::of(format!(" {}", sums(state)), Style::Strong));
    }
    if height >= 5 {
        lines.push(last_line(state));
    } else if height >= 3 && (!state.said.is_empty() || matches!(state.mode, Mode::Filter { .. })) {
        // What was said is worth more than sums that can be asked for again.
        lines.pop();
        lines.push(last_line(state));
    }
    for line in &mut lines {
        fit(line, width);
    }
    lines
}

fn head(state: &State) -> String {
    let view = match state.view {
        View::Groups => "by group",
        View::Folders => "by folder",
    };
    let left = format!(" {}: {view}, {}", state.asked.title, state.sort.words());
    let right = format!("[x] {} ", state.asked.act);
    let left = match &state.asked.missing {
        Some(missing) if columns(&left) + columns(missing) + columns(&right) + 6 < state.width => {
            format!("{left}; {missing}")
        }
        _ => left,
    };
    match state.width.checked_sub(columns(&right) + 2) {
        Some(room) if columns(&left) <= room => format!("{}  {right}", pad(&left, room)),
        _ => left,
    }
}

/// Returns how many items are chosen, and what that frees.
pub(crate) fn sums(state: &State) -> String {
    let Sums {
        items,
        groups,
        frees,
    } = state.picks.sums();
    let [one, many] = state.asked.things;
    let things = if items == 1 { one } else { many };
    let in_groups = match groups {
        1 => "1 group".to_owned(),
        groups => format!("{} groups", count(groups as u64)),
    };
    let frees = State::bytes(frees);
    let items = count(items as u64);
    match state.asked.later {
        Some(later) if state.width >= 70 => {
            format!("{items} {things} chosen in {in_groups}, {frees} free {later}")
        }
        _ => format!("{items} {things} chosen in {in_groups}, frees {frees}"),
    }
}

fn last_line(state: &State) -> Line {
    if let Mode::Filter { .. } = state.mode {
        let filter = report::plain(&state.filter);
        return Line::of(
            format!(" /{filter}_  Enter keeps it, Esc drops it"),
            Style::Told,
        );
    }
    if !state.said.is_empty() {
        return Line::of(format!(" {}", report::plain(&state.said)), Style::Told);
    }
    let wide = state.width >= 76;
    let hints = match (&state.mode, state.view) {
        (Mode::List, _) if !state.filter.is_empty() => {
            let filter = report::plain(&state.filter);
            return Line::of(
                format!(" Only what has `{filter}`; Esc shows all. ? help"),
                Style::Told,
            );
        }
        (Mode::List, View::Groups) if state.width >= 115 => {
            "Space choose  a all  n none  u undo  r redo  / filter  s sort  f fold  i details  Tab folders  Enter done  ? help"
        }
        (Mode::List, View::Groups) if wide => {
            "Space choose  a all  n none  u undo  / filter  Tab folders  Enter done  ? help"
        }
        (Mode::List, View::Folders) if wide => {
            "Space let these go first  u undo  / filter  Tab groups  Enter done  ? help"
        }
        (Mode::List, _) => "Space choose  Enter done  ? help",
        (Mode::Help { .. } | Mode::Details { .. }, _) => "Up and Down scroll, Esc goes back",
        (Mode::Leaving, _) => "y leave, any other key goes back",
        (Mode::Finishing, _) => "w write the plan, c carry it out, Esc goes back",
        (Mode::Filter { .. }, _) => "",
    };
    Line::of(format!(" {hints}"), Style::Faint)
}

/// Cuts a line where the window ends.
fn fit(line: &mut Line, width: usize) {
    let mut left = width;
    line.spans.retain_mut(|span| {
        let wide = columns(&span.text);
        if wide > left {
            span.text = cut_end(&span.text, left);
        }
        left = left.saturating_sub(wide);
        !span.text.is_empty()
    });
    if line.current {
        // The cursor is seen over the whole width.
        let text = " ".repeat(left);
        line.spans.push(Span {
            text,
            style: Style::Plain,
        });
    }
}
