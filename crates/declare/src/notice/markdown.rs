//! A page as CommonMark.

use super::{Block, Page, Value};

/// Writes a page as CommonMark; every character of the words shows as itself.
pub(crate) fn markdown(page: &Page) -> String {
    let mut out = format!(
        "<!-- Made by `cargo xtask gen`; do not edit. declaration_sha256: {} -->\n\n# {}\n",
        page.declaration_sha256,
        escaped(&page.title)
    );
    for block in &page.blocks {
        out.push('\n');
        match block {
            Block::Heading(level, words) => {
                out.push_str(&"#".repeat(usize::from(*level)));
                out.push_str(&format!(" {}\n", escaped(words)));
            }
            Block::Paragraph(words) => out.push_str(&format!("{}\n", escaped(words))),
            Block::List(lines) => {
                for line in lines {
                    out.push_str(&format!("- {}\n", escaped(line)));
                }
            }
            Block::Facts(facts) => {
                for (label, value) in facts {
                    out.push_str(&format!("- **{}:** {}\n", escaped(label), shown(value)));
                }
            }
        }
    }
    out
}

fn shown(value: &Value) -> String {
    match value {
        Value::Words(words) => escaped(words),
        // A name in a declaration may hold a backtick in theory; then it is shown as words.
        Value::Codes(names) => {
            let names = names.iter().map(|name| match name.contains('`') {
                true => escaped(name),
                false => format!("`{name}`"),
            });
            names.collect::<Vec<_>>().join(", ")
        }
    }
}

/// Escapes what CommonMark gives a meaning; pairs of backticks stay, they mean code in words too.
///
/// Source: CommonMark 0.31.2, section 2.4.
fn escaped(words: &str) -> String {
    let mut out = String::with_capacity(words.len());
    let is_paired = words.matches('`').count().is_multiple_of(2);
    // "1." at the start of a line would begin a list.
    let number = words.bytes().take_while(u8::is_ascii_digit).count();
    let mut in_code = false;
    for (at, c) in words.char_indices() {
        if c == '`' && is_paired {
            in_code = !in_code;
        } else if !in_code
            && (matches!(
                c,
                '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '&' | '|' | '#'
            ) || at == 0 && matches!(c, '-' | '+' | '=' | '~')
                || at == number && at > 0 && matches!(c, '.' | ')'))
        {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_cannot_become_markup() {
        assert_eq!(
            escaped("<b>*x*</b> [a](b)"),
            "\\<b\\>\\*x\\*\\</b\\> \\[a\\](b)"
        );
        assert_eq!(escaped("run `candor_x` now"), "run `candor_x` now");
        assert_eq!(escaped("one ` only"), "one \\` only");
        assert_eq!(escaped("- item"), "\\- item");
        assert_eq!(escaped("24. hours 1."), "24\\. hours 1.");
    }
}
