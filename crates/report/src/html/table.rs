//! Tables, bars and chains as HTML. All of them are tables, so that every figure can be read aloud.

use std::fmt::Write as _;

use tool::{Bar, Table};

use super::Page;
use crate::{
    escape, grid,
    grid::{Grid, Head, Line, What},
    words,
};

/// How many rows of one table are shown.
const ROWS: usize = 500;

/// Draws a table; on a narrow page each row becomes a small list with its headings before the cells.
///
/// The roles repeat what the elements are, since a browser forgets it when they are laid out as blocks.
pub(super) fn draw(page: &mut Page, table: &Table) {
    let mut grid = grid::grid(table, ROWS, &page.words);
    _ = write!(
        page.out,
        "<table role=\"table\"><caption>{}</caption><thead role=\"rowgroup\"><tr role=\"row\">",
        escape::html(&grid.title)
    );
    for head in &grid.heads {
        let class = if head.figures {
            " class=\"figure\""
        } else {
            ""
        };
        _ = write!(
            page.out,
            "<th scope=\"col\" role=\"columnheader\"{class}>{}</th>",
            escape::html(&head.text)
        );
    }
    page.out
        .push_str("</tr></thead><tbody role=\"rowgroup\">\n");
    for row in std::mem::take(&mut grid.rows) {
        if !page.has_room() {
            grid.more = grid.more.saturating_add(1);
            continue;
        }
        page.out.push_str("<tr role=\"row\">");
        for (head, lines) in grid.heads.iter().zip(&row) {
            cell(&mut page.out, head, lines);
        }
        page.out.push_str("</tr>\n");
    }
    page.out.push_str("</tbody></table>\n");
    more(&mut page.out, &grid);
}

fn more(out: &mut String, grid: &Grid) {
    if grid.more > 0 {
        _ = writeln!(out, "<p class=\"faint\">{}</p>", words::more(grid.more));
    }
}

fn cell(out: &mut String, head: &Head, lines: &[Line]) {
    let class = match lines.first().map(|line| line.what) {
        _ if head.chain => "long",
        _ if head.figures => "figure",
        Some(What::Path) => "long",
        Some(What::Time) => "time",
        _ => "words",
    };
    _ = write!(
        out,
        "<td role=\"cell\" class=\"{class}\" data-head=\"{}\">",
        escape::html(&head.text)
    );
    match lines {
        [] => {}
        lines if head.chain => chain(out, lines),
        [only] => line(out, only),
        lines => {
            out.push_str("<ul class=\"lines\">");
            for it in lines {
                out.push_str("<li>");
                line(out, it);
                out.push_str("</li>");
            }
            out.push_str("</ul>");
        }
    }
    out.push_str("</td>");
}

/// Draws the hops of a chain along a rail: a ring where it began, arrows, a square where it ended.
fn chain(out: &mut String, lines: &[Line]) {
    const RING: &str = "<circle cx=\"8\" cy=\"8\" r=\"4.5\"/>";
    const ARROW: &str = "<path d=\"M8 2v11M3.8 9 8 13.2 12.2 9\"/>";
    const SQUARE: &str =
        "<rect class=\"end\" x=\"3.5\" y=\"3.5\" width=\"9\" height=\"9\" rx=\"1\"/>";
    out.push_str("<ol class=\"chain\">");
    for (n, it) in lines.iter().enumerate() {
        let mark = match n {
            0 => RING,
            _ if n + 1 == lines.len() => SQUARE,
            _ => ARROW,
        };
        _ = write!(
            out,
            "<li class=\"{}\"><svg viewBox=\"0 0 16 16\" aria-hidden=\"true\" focusable=\"false\">{mark}</svg>",
            verdict(it)
        );
        line(out, it);
        out.push_str("</li>");
    }
    out.push_str("</ol>");
}

fn line(out: &mut String, line: &Line) {
    let text = escape::html(&line.text);
    _ = match line.what {
        What::Path => write!(out, "<code>{text}</code>"),
        What::Verdict(_) => write!(out, "<span class=\"{}\">{text}</span>", verdict(line)),
        What::Words if line.text.contains("://") => {
            write!(out, "<bdi class=\"address\">{text}</bdi>")
        }
        What::Words => write!(out, "<bdi>{text}</bdi>"),
        What::Figure | What::Time => write!(out, "{text}"),
    };
}

fn verdict(line: &Line) -> &'static str {
    match line.what {
        What::Verdict(level) => words::level(level),
        _ => "",
    }
}

/// Draws bars, each with its value in words.
pub(super) fn bars(page: &mut Page, title: &str, bars: &[Bar]) {
    _ = writeln!(
        page.out,
        "<table class=\"bars\"><caption>{}</caption><thead class=\"unseen\"><tr><th scope=\"col\">What</th>\
         <th scope=\"col\">Part</th><th scope=\"col\">Value</th></tr></thead><tbody>",
        escape::html(title)
    );
    let mut left_out = 0;
    for bar in bars {
        if !page.has_room() {
            left_out += 1;
            continue;
        }
        let share = if bar.share.is_nan() {
            0.0
        } else {
            bar.share.clamp(0.0, 1.0) * 100.0
        };
        _ = writeln!(
            page.out,
            "<tr><th scope=\"row\">{}</th><td class=\"drawn\"><svg viewBox=\"0 0 100 8\" preserveAspectRatio=\"none\" \
             aria-hidden=\"true\" focusable=\"false\"><rect class=\"track\" width=\"100\" height=\"8\"/>\
             <rect class=\"fill\" width=\"{share:.1}\" height=\"8\"/></svg></td><td>{}</td></tr>",
            escape::html(&bar.label),
            escape::html(&bar.shown),
        );
    }
    page.out.push_str("</tbody></table>\n");
    if left_out > 0 {
        _ = writeln!(page.out, "<p class=\"faint\">{}</p>", words::more(left_out));
    }
}
