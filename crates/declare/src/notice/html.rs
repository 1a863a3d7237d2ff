//! A page as HTML that loads nothing and runs nothing.

use super::{Block, Page, Value};

/// Colours have a contrast of at least 7 : 1 in both schemes (WCAG 2.2, success criterion 1.4.6).
const STYLE: &str = "\
:root { color-scheme: light dark; --ink: #1b1b1b; --paper: #ffffff; --line: #767676; }
@media (prefers-color-scheme: dark) { :root { --ink: #f0f0f0; --paper: #161616; --line: #8c8c8c; } }
body { margin: 0; background: var(--paper); color: var(--ink); font: 1.0625rem/1.55 system-ui, sans-serif; }
main { max-width: 44rem; margin: 0 auto; padding: 1.5rem 1rem 4rem; }
h1, h2, h3 { line-height: 1.25; }
h2 { margin-top: 2.5rem; border-top: 1px solid var(--line); padding-top: 1rem; }
dl { display: grid; grid-template-columns: minmax(9rem, 1fr) 3fr; gap: .35rem 1rem; }
dt { font-weight: 600; }
dd { margin: 0; overflow-wrap: anywhere; }
code { font-family: ui-monospace, monospace; font-size: .95em; overflow-wrap: anywhere; }
@media (max-width: 32rem) { dl { display: block; } dd { margin-bottom: .6rem; } }
";

/// Writes a page as one HTML file.
pub(super) fn html(page: &Page) -> String {
    let title = escaped(&page.title);
    let mut out = format!(
        "<!doctype html>\n<html lang=\"{}\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
         <meta name=\"referrer\" content=\"no-referrer\">\n\
         <meta name=\"declaration_sha256\" content=\"{}\">\n<title>{title}</title>\n\
         <style>\n{STYLE}</style>\n</head>\n<body>\n<main>\n<h1>{title}</h1>\n",
        page.language, page.declaration_sha256
    );
    for block in &page.blocks {
        match block {
            Block::Heading(level, words) => {
                out.push_str(&format!("<h{level}>{}</h{level}>\n", with_code(words)));
            }
            Block::Paragraph(words) => out.push_str(&format!("<p>{}</p>\n", with_code(words))),
            Block::List(lines) => {
                out.push_str("<ul>\n");
                for line in lines {
                    out.push_str(&format!("<li>{}</li>\n", with_code(line)));
                }
                out.push_str("</ul>\n");
            }
            Block::Facts(facts) => {
                out.push_str("<dl>\n");
                for (label, value) in facts {
                    out.push_str(&format!(
                        "<dt>{}</dt>\n<dd>{}</dd>\n",
                        escaped(label),
                        shown(value)
                    ));
                }
                out.push_str("</dl>\n");
            }
        }
    }
    out.push_str("</main>\n</body>\n</html>\n");
    out
}

fn shown(value: &Value) -> String {
    match value {
        Value::Words(words) => with_code(words),
        Value::Codes(names) => {
            let names = names
                .iter()
                .map(|name| format!("<code>{}</code>", escaped(name)));
            names.collect::<Vec<_>>().join(", ")
        }
    }
}

/// Shows what stands between two backticks as code, like the Markdown form does.
fn with_code(words: &str) -> String {
    let pieces: Vec<&str> = words.split('`').collect();
    if pieces.len().is_multiple_of(2) {
        return escaped(words);
    }
    let mut out = String::with_capacity(words.len());
    for (i, piece) in pieces.into_iter().enumerate() {
        match i % 2 {
            0 => out.push_str(&escaped(piece)),
            _ => out.push_str(&format!("<code>{}</code>", escaped(piece))),
        }
    }
    out
}

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_cannot_become_markup() {
        assert_eq!(
            with_code("<script>`a<b` & \"c\""),
            "&lt;script&gt;<code>a&lt;b</code> &amp; &quot;c&quot;"
        );
        assert_eq!(with_code("one ` only"), "one ` only");
    }
}
