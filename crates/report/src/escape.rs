//! Text that somebody else chose, made harmless for the medium it is written to.
//!
//! For people (terminal and HTML) everything that could act on the terminal, reorder the line or
//! stand in it unseen is written as an escape. HTML then gets its own five characters escaped.
//! JSON keeps every character, since it is data; those that a terminal would act on are written in
//! JSON's own `\u` form, which means the same.

use std::{borrow::Cow, ffi::OsStr, fmt::Write as _};

/// The longest text that is shown whole, in characters.
const LONGEST: usize = 1_000;

/// Returns text in which nothing is invisible and nothing acts: for the terminal, or before HTML gets its escapes.
///
/// Beyond [`tool::path_text::shown`] this covers characters of no width, with which two different
/// names can look alike (Unicode UTS #39, "invisible characters"). The joiner U+200D stays, since
/// ordinary emoji hold it. A text of more than 1,000 characters loses its middle, and says so.
/// What has been through it once comes out of it unchanged.
#[must_use]
pub fn plain(text: &str) -> String {
    let shown = tool::path_text::shown(OsStr::new(bounded(text).as_ref()));
    let mut out = String::with_capacity(shown.len());
    for c in shown.chars() {
        match is_unseen(c) {
            true => out.extend(c.escape_unicode()),
            false => out.push(c),
        }
    }
    match bounded(&out) {
        Cow::Borrowed(_) => out,
        Cow::Owned(shorter) => shorter,
    }
}

/// Returns text that can stand in HTML, as content or inside a quoted attribute.
pub(crate) fn html(text: &str) -> String {
    let plain = plain(text);
    let mut out = String::with_capacity(plain.len() + 16);
    for c in plain.chars() {
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

/// Rewrites valid JSON so that printing it to a terminal changes nothing but the line it stands in.
///
/// Outside strings JSON holds no such character, so the values stay what they were.
pub(crate) fn json(text: &str) -> Cow<'_, str> {
    // Nearly all text is ASCII, which is told many bytes at a time.
    if text.is_ascii() && !text.as_bytes().contains(&0x7f) {
        return text.into();
    }
    let acts = |c: char| matches!(c, '\u{7f}'..='\u{9f}') || is_direction_mark(c);
    if !text.contains(acts) {
        return text.into();
    }
    let mut out = String::with_capacity(text.len() + 32);
    for c in text.chars() {
        match acts(c) {
            true => _ = write!(out, "\\u{:04x}", u32::from(c)),
            false => out.push(c),
        }
    }
    out.into()
}

/// Returns at most [`LONGEST`] characters of a text: its beginning, its end, and what is missing between.
fn bounded(text: &str) -> Cow<'_, str> {
    const KEPT: usize = LONGEST / 2 - 30;
    // Bytes first: text is rarely long, and this costs nothing.
    if text.len() <= LONGEST || text.chars().nth(LONGEST).is_none() {
        return text.into();
    }
    let length = text.chars().count();
    let head: String = text.chars().take(KEPT).collect();
    let tail: String = text.chars().skip(length - KEPT).collect();
    format!(
        "{head} …({} characters left out)… {tail}",
        length - 2 * KEPT
    )
    .into()
}

fn is_unseen(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
        | '\u{200b}' | '\u{200c}' | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{feff}' | '\u{ffa0}'
        | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

fn is_direction_mark(c: char) -> bool {
    matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unseen_and_acting_characters_are_written_out() {
        assert_eq!(
            plain("a\u{200b}b\u{feff}\u{1b}[2J\u{9b}m\n"),
            r"a\u{200b}b\u{feff}\u{1b}[2J\u{9b}m\n"
        );
        assert_eq!(plain("Größe 漢字 👩\u{200d}🚀"), "Größe 漢字 👩\u{200d}🚀");
    }

    #[test]
    fn long_text_loses_its_middle_once() {
        let text = plain(&"\u{1b}".repeat(5_000));
        assert!(text.chars().count() <= LONGEST && text.contains(" characters left out)… "));
        assert_eq!(plain(&text), text);
        assert_eq!(plain(&"漢".repeat(LONGEST)).chars().count(), LONGEST);
    }

    #[test]
    fn markup_is_text() {
        assert_eq!(
            html(r#"<img src=x onerror='a("&")'>"#),
            "&lt;img src=x onerror=&#39;a(&quot;&amp;&quot;)&#39;&gt;"
        );
        assert_eq!(html("\u{202e}<"), "\\u{202e}&lt;");
    }

    #[test]
    fn json_keeps_its_values() {
        let value = serde_json::json!({"k\u{9b}": "a\u{202e}b\u{7f}漢\u{1b}"});
        let text = value.to_string();
        let written = json(&text);
        assert!(
            !written.contains(['\u{9b}', '\u{202e}', '\u{7f}', '\u{1b}']),
            "{written}"
        );
        assert_eq!(
            serde_json::from_str::<serde_json::Value>(&written).unwrap(),
            value
        );
    }
}
