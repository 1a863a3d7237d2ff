//! A page for a terminal: no colour, no markup, wrapped.

use super::{Block, Page, Value};

/// Narrower than this no sentence can be read.
const NARROWEST: usize = 20;

/// Writes a page as plain text; only a word longer than `width` makes a longer line.
pub(crate) fn text(page: &Page, width: usize) -> String {
    let width = width.max(NARROWEST);
    let mut out = String::new();
    wrap(&page.title, "", "", width, &mut out);
    for block in &page.blocks {
        match block {
            Block::Heading(level, words) => {
                out.push('\n');
                let lead = if *level > 2 { "  " } else { "" };
                wrap(words, lead, lead, width, &mut out);
            }
            Block::Paragraph(words) => wrap(words, "    ", "    ", width, &mut out),
            Block::List(lines) => {
                for line in lines {
                    wrap(line, "    - ", "      ", width, &mut out);
                }
            }
            Block::Facts(facts) => {
                for (label, value) in facts {
                    let value = match value {
                        Value::Words(words) => words.clone(),
                        Value::Codes(names) => names.join(", "),
                    };
                    wrap(
                        &format!("{label}: {value}"),
                        "    ",
                        "      ",
                        width,
                        &mut out,
                    );
                }
            }
        }
    }
    out
}

/// Wraps words at blanks, with one lead for the first line and one for the others.
///
/// Widths are counted in characters: right for the two languages there are.
fn wrap(words: &str, first: &str, others: &str, width: usize, out: &mut String) {
    let mut used = first.chars().count();
    let mut at_start = true;
    out.push_str(first);
    for word in words.split_whitespace() {
        let long = word.chars().count();
        if !at_start && used + 1 + long > width {
            out.push('\n');
            out.push_str(others);
            used = others.chars().count();
            at_start = true;
        }
        if !at_start {
            out.push(' ');
            used += 1;
        }
        out.push_str(word);
        used += long;
        at_start = false;
    }
    out.push('\n');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_end_at_the_width() {
        let mut out = String::new();
        wrap("one two three four", "- ", "  ", 9, &mut out);
        assert_eq!(out, "- one two\n  three\n  four\n");
    }
}
