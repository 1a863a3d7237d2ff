//! A table as terminal and HTML both draw it: cells already turned into lines of text.
//!
//! Text in a grid has been through `escape::plain`; a medium adds only its own escaping. Limits
//! here keep a report of hostile size readable and small; what they leave out is counted.

use tool::{Block, Cell, Level, Table};

use crate::{
    escape,
    words::{self, Words},
};

/// The most columns that are drawn, and lines that a cell has.
const COLUMNS: usize = 12;
/// See [`COLUMNS`].
const LINES: usize = 50;

/// A table ready to be drawn.
pub(crate) struct Grid {
    pub(crate) title: String,
    pub(crate) heads: Vec<Head>,
    /// Each row has as many cells as there are heads; a cell has any number of lines.
    pub(crate) rows: Vec<Vec<Vec<Line>>>,
    /// Rows that are not among `rows`.
    pub(crate) more: u64,
}

/// A column's heading and shape.
pub(crate) struct Head {
    pub(crate) text: String,
    /// Every cell is a figure: drawn to the right.
    pub(crate) figures: bool,
    /// Some cell has more than one line.
    pub(crate) tall: bool,
    /// The lines of a cell are hops of a chain, first cause first.
    pub(crate) chain: bool,
}

/// One line of a cell.
#[derive(Clone)]
pub(crate) struct Line {
    pub(crate) text: String,
    pub(crate) what: What,
}

/// What a line holds, as far as drawing it differs.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum What {
    Words,
    Figure,
    Path,
    Time,
    Verdict(Level),
}

/// Turns the first `limit` rows of a table into text.
pub(crate) fn grid(table: &Table, limit: usize, words: &Words) -> Grid {
    let rows = &table.rows[..table.rows.len().min(limit)];
    let width = rows
        .iter()
        .map(Vec::len)
        .chain([table.columns.len()])
        .max()
        .unwrap_or(0);
    let mut title = escape::plain(&table.title);
    if width > COLUMNS {
        title = format!("{title} ({} columns left out)", width - COLUMNS);
    }
    let width = width.min(COLUMNS);
    let mut heads = Vec::with_capacity(width);
    let mut zones = Vec::with_capacity(width);
    for at in 0..width {
        let name = table.columns.get(at).map_or("", String::as_str);
        let cells = || rows.iter().filter_map(move |row| row.get(at));
        let zone = one_zone(cells(), words);
        let mut text = escape::plain(name);
        if let Some(zone) = &zone {
            text = format!("{text} ({zone})").trim_start().to_owned();
        }
        heads.push(Head {
            text,
            figures: cells().any(is_figure)
                && cells().all(|cell| is_figure(cell) || *cell == Cell::Empty),
            tall: cells().any(|cell| matches!(cell, Cell::Lines(lines) if lines.len() > 1)),
            chain: name.split_whitespace().any(names_a_chain),
        });
        zones.push(zone.is_some());
    }
    let lines = |row: &Vec<Cell>| -> Vec<Vec<Line>> {
        (0..width)
            .map(|at| {
                row.get(at)
                    .map_or(Vec::new(), |cell| lines(cell, zones[at], words))
            })
            .collect()
    };
    Grid {
        title,
        rows: rows.iter().map(lines).collect(),
        heads,
        more: table
            .more
            .saturating_add((table.rows.len() - rows.len()) as u64),
    }
}

/// A cell does not say whether its lines are equals or follow from each other; its heading does:
/// `Redirect chain`, `The way there`.
fn names_a_chain(word: &str) -> bool {
    ["chain", "way"]
        .iter()
        .any(|name| word.eq_ignore_ascii_case(name))
}

/// Returns whether a block has nothing to draw.
pub(crate) fn is_empty(block: &Block) -> bool {
    match block {
        Block::Table(table) => table.rows.is_empty() && table.more == 0,
        Block::Treemap { root, .. } => root.bytes.0 == 0 && root.inside.is_empty(),
        Block::Bars { bars, .. } => bars.is_empty(),
    }
}

/// Returns the zone's name if all times of a column have the same, so that the heading can hold it.
fn one_zone<'a>(mut cells: impl Iterator<Item = &'a Cell>, words: &Words) -> Option<String> {
    let mut found: Option<String> = None;
    let one = cells.all(|cell| match cell {
        Cell::Moment(moment) => {
            let (_, zone) = words.zone.stamp(*moment);
            found.get_or_insert_with(|| zone.clone()) == &zone
        }
        _ => true,
    });
    found.filter(|_| one)
}

fn is_figure(cell: &Cell) -> bool {
    matches!(cell, Cell::Bytes(_) | Cell::Count(_) | Cell::Days(_))
}

fn lines(cell: &Cell, zone_in_head: bool, words: &Words) -> Vec<Line> {
    let (text, what) = match cell {
        Cell::Empty => return Vec::new(),
        Cell::Lines(cells) => {
            let mut all: Vec<_> = Vec::new();
            for cell in cells.iter().take(LINES) {
                // A list inside a list becomes part of it.
                all.extend(lines(cell, zone_in_head, words));
            }
            if cells.len() > LINES {
                let text = words::more((cells.len() - LINES) as u64);
                all.push(Line {
                    text,
                    what: What::Words,
                });
            }
            return all;
        }
        Cell::Text(text) => (escape::plain(text), What::Words),
        Cell::Bytes(bytes) => (bytes.to_string(), What::Figure),
        Cell::Count(n) => (words::count(*n), What::Figure),
        Cell::Days(days) => (days.to_string(), What::Figure),
        Cell::Path(path) => (words.path(&path.0), What::Path),
        Cell::Moment(moment) if zone_in_head => (words.zone.stamp(*moment).0, What::Time),
        Cell::Moment(moment) => (words.zone.full(*moment), What::Time),
        // The level is said, not only coloured; a mere note needs no word before it.
        Cell::Verdict(Level::Note, text) => (escape::plain(text), What::Verdict(Level::Note)),
        Cell::Verdict(level, text) => (
            format!("{}: {}", words::level(*level), escape::plain(text)),
            What::Verdict(*level),
        ),
    };
    vec![Line { text, what }]
}

#[cfg(test)]
mod tests {
    use tool::{Bytes, Moment, PathText};

    use super::*;
    use crate::Zone;

    fn drawn(table: &Table, limit: usize) -> Grid {
        let zone = Zone::utc();
        grid(
            table,
            limit,
            &Words {
                home: Some("/home/ada".as_ref()),
                zone: &zone,
            },
        )
    }

    #[test]
    fn ragged_rows_lose_no_cell() {
        let table = Table {
            columns: vec!["A".into()],
            rows: vec![vec![Cell::Count(1), Cell::Text("beyond".into())], vec![]],
            ..Table::default()
        };
        let grid = drawn(&table, 10);
        assert_eq!(grid.heads.len(), 2);
        assert_eq!(grid.rows[0][1][0].text, "beyond");
        assert!(grid.rows[1][0].is_empty());
    }

    #[test]
    fn what_is_left_out_is_counted() {
        let table = Table {
            rows: vec![vec![Cell::Count(1)]; 9],
            more: 3,
            ..Table::default()
        };
        let grid = drawn(&table, 4);
        assert_eq!((grid.rows.len(), grid.more), (4, 8));
        let long = Cell::Lines(vec![Cell::Count(1); LINES + 5]);
        let table = Table {
            rows: vec![vec![long]],
            ..Table::default()
        };
        assert_eq!(
            drawn(&table, 1).rows[0][0].last().unwrap().text,
            "and 5 more"
        );
    }

    #[test]
    fn one_zone_stands_in_the_heading() {
        let path = PathText("/home/ada/x\u{1b}".into());
        let table = Table {
            columns: vec!["When".into(), "Size".into(), "Chain".into()],
            rows: vec![vec![
                Cell::Moment(Moment(0)),
                Cell::Bytes(Bytes(2048)),
                Cell::Path(path),
            ]],
            ..Table::default()
        };
        let grid = drawn(&table, 1);
        assert_eq!(grid.heads[0].text, "When (UTC)");
        assert_eq!(grid.rows[0][0][0].text, "1970-01-01 00:00:00");
        assert!(grid.heads[1].figures && grid.heads[2].chain);
        assert_eq!(grid.rows[0][2][0].text, "~/x\\u{1b}");
    }
}
