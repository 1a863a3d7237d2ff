//! Tables: columns that fit the width, or one field a line where they cannot.

use super::{Ink, Sheet};
use crate::{
    grid::{Grid, Line, What},
    width::{columns, cut_end, cut_middle, pad, pad_left, wrap},
    words,
};

const INDENT: usize = 2;
const GAP: usize = 2;
/// The least that a column of words or paths is squeezed to before rows are stacked instead.
const LEAST: usize = 12;
/// How many lines of a list below a row are shown, and how many of them are its end if it is a chain.
const LIST: usize = 12;
const CHAIN_END: usize = 5;

/// Draws a table. Lists (equal files, hops of a chain) stand below their row over the whole width.
pub(super) fn draw(sheet: &mut Sheet, grid: &Grid) {
    sheet.small_heading(&grid.title);
    let flat: Vec<usize> = (0..grid.heads.len())
        .filter(|at| !hangs(grid, *at))
        .collect();
    match fit(grid, &flat, sheet.width) {
        Some(widths) => in_columns(sheet, grid, &flat, &widths),
        None => stacked(sheet, grid, &flat),
    }
    if grid.more > 0 {
        sheet.prose(INDENT, Ink::Faint, &words::more(grid.more));
    }
}

fn hangs(grid: &Grid, column: usize) -> bool {
    grid.heads[column].tall || grid.heads[column].chain
}

/// Returns the width of each flat column, or nothing if they do not fit beside each other.
fn fit(grid: &Grid, flat: &[usize], total: usize) -> Option<Vec<usize>> {
    let natural = |at: &usize| {
        let cells = grid
            .rows
            .iter()
            .flat_map(|row| &row[*at])
            .map(|line| columns(&line.text));
        cells
            .chain([columns(&grid.heads[*at].text)])
            .max()
            .unwrap_or(0)
    };
    let mut widths: Vec<usize> = flat.iter().map(natural).collect();
    let room = total.checked_sub(INDENT + GAP * flat.len().saturating_sub(1))?;
    let gives: Vec<bool> = flat
        .iter()
        .map(|at| !grid.heads[*at].figures && !is_time(grid, *at))
        .collect();
    // The widest column that can give way does, one step at a time, until all fit.
    while widths.iter().sum::<usize>() > room {
        let over = widths.iter().sum::<usize>() - room;
        let widest = (0..widths.len())
            .filter(|n| gives[*n])
            .max_by_key(|n| widths[*n])?;
        let second = (0..widths.len())
            .filter(|n| gives[*n] && *n != widest)
            .map(|n| widths[n])
            .max()
            .unwrap_or(0);
        let step = over.min((widths[widest] - second.min(widths[widest])).max(1));
        widths[widest] = widths[widest]
            .checked_sub(step)
            .filter(|left| *left >= LEAST)?;
    }
    Some(widths)
}

fn is_time(grid: &Grid, column: usize) -> bool {
    grid.rows
        .iter()
        .flat_map(|row| &row[column])
        .any(|line| line.what == What::Time)
}

fn in_columns(sheet: &mut Sheet, grid: &Grid, flat: &[usize], widths: &[usize]) {
    let mut heads = " ".repeat(INDENT);
    for (n, (at, width)) in flat.iter().zip(widths).enumerate() {
        let head = &grid.heads[*at];
        let text = cut_end(&head.text, *width);
        heads.push_str(&" ".repeat(if n > 0 { GAP } else { 0 }));
        heads.push_str(&if head.figures {
            pad_left(&text, *width)
        } else {
            pad(&text, *width)
        });
    }
    if !flat.is_empty() {
        let heads = sheet.ink(Ink::Faint, heads.trim_end());
        sheet.line(&heads);
    }
    for row in &grid.rows {
        let cells: Vec<Vec<(String, Ink)>> = flat
            .iter()
            .zip(widths)
            .map(|(at, width)| laid(&row[*at], *width))
            .collect();
        let height = cells.iter().map(Vec::len).max().unwrap_or(0);
        for n in 0..height {
            let mut line = " ".repeat(INDENT);
            for (column, (at, width)) in flat.iter().zip(widths).enumerate() {
                if column > 0 {
                    line.push_str(&" ".repeat(GAP));
                }
                let Some((text, ink)) = cells[column].get(n) else {
                    line.push_str(&" ".repeat(*width));
                    continue;
                };
                let blanks = " ".repeat(width.saturating_sub(columns(text)));
                let text = sheet.ink(*ink, text);
                match grid.heads[*at].figures {
                    true => line.extend([blanks, text]),
                    false => line.extend([text, blanks]),
                }
            }
            sheet.line(&line);
        }
        lists(sheet, grid, row);
    }
}

/// Draws each field on its own line, for terminals too narrow for columns.
fn stacked(sheet: &mut Sheet, grid: &Grid, flat: &[usize]) {
    for (n, row) in grid.rows.iter().enumerate() {
        if n > 0 {
            sheet.blank();
        }
        for at in flat {
            if row[*at].is_empty() {
                continue;
            }
            let head = &grid.heads[*at].text;
            let label = if head.is_empty() {
                String::new()
            } else {
                format!("{head}: ")
            };
            let lines = laid(&row[*at], sheet.width - INDENT);
            let fits =
                lines.len() == 1 && INDENT + columns(&label) + columns(&lines[0].0) <= sheet.width;
            let label_ink = sheet.ink(Ink::Faint, &cut_end(&label, sheet.width - INDENT));
            if fits {
                let text = sheet.ink(lines[0].1, &lines[0].0);
                sheet.line(&format!("{}{label_ink}{text}", " ".repeat(INDENT)));
                continue;
            }
            if !label.is_empty() {
                sheet.line(&format!("{}{label_ink}", " ".repeat(INDENT)));
            }
            for (text, ink) in lines {
                let text = sheet.ink(ink, &text);
                sheet.line(&format!("{}{text}", " ".repeat(INDENT)));
            }
        }
        lists(sheet, grid, row);
    }
}

/// Draws the cells of a row that hold lists.
fn lists(sheet: &mut Sheet, grid: &Grid, row: &[Vec<Line>]) {
    for at in (0..grid.heads.len()).filter(|at| hangs(grid, *at)) {
        let lines = &row[at];
        let chain = grid.heads[at].chain;
        let (first, last) = match (lines.len() > LIST, chain) {
            (false, _) => (lines.len(), 0),
            // A chain's end matters as much as its beginning.
            (true, true) => (LIST - CHAIN_END, CHAIN_END),
            (true, false) => (LIST, 0),
        };
        for (n, line) in lines[..first].iter().enumerate() {
            list_line(sheet, line, if chain { n } else { 0 });
        }
        let left_out = lines.len() - first - last;
        if left_out > 0 {
            let words = match chain {
                true => format!("… {} more hops …", words::count(left_out as u64)),
                false => words::more(left_out as u64),
            };
            let words = sheet.ink(Ink::Faint, &words);
            sheet.line(&format!("{}{words}", " ".repeat(INDENT + 2)));
        }
        for line in &lines[lines.len() - last..] {
            list_line(sheet, line, lines.len());
        }
    }
}

/// Draws one line of a list; `hop` is how many hops of a chain led to it.
fn list_line(sheet: &mut Sheet, line: &Line, hop: usize) {
    let depth = INDENT + 2 + hop.saturating_sub(1).min(3) * 2;
    let arrow = if hop > 0 { "→ " } else { "" };
    let room = sheet.width.saturating_sub(depth + columns(arrow)).max(8);
    for (n, (text, ink)) in laid(std::slice::from_ref(line), room)
        .into_iter()
        .enumerate()
    {
        let text = sheet.ink(ink, &text);
        let before = if n == 0 {
            arrow.to_owned()
        } else {
            " ".repeat(columns(arrow))
        };
        sheet.line(&format!("{}{before}{text}", " ".repeat(depth)));
    }
}

/// Returns a cell's lines as they fit into `width`.
fn laid(lines: &[Line], width: usize) -> Vec<(String, Ink)> {
    let mut out = Vec::new();
    for line in lines {
        match line.what {
            What::Path => out.push((cut_middle(&line.text, width), Ink::Plain)),
            What::Figure | What::Time => out.push((cut_end(&line.text, width), Ink::Plain)),
            What::Words => out.extend(
                wrap(&line.text, width)
                    .into_iter()
                    .map(|text| (text, Ink::Plain)),
            ),
            What::Verdict(level) => {
                out.extend(
                    wrap(&line.text, width)
                        .into_iter()
                        .map(|text| (text, Ink::Level(level))),
                );
            }
        }
    }
    out
}
