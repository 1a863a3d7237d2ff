//! How many columns text takes in a terminal, and how it is made to fit.
//!
//! All functions take text that [`plain`](crate::plain) has been through.

/// The share of a shortened path that its last name may take.
const NAME_SHARE: (usize, usize) = (2, 3);

/// The least of a long word that is worth showing at the end of a line.
const ENOUGH: usize = 24;

/// Returns how many columns a terminal gives this text.
///
/// A small table instead of the whole Unicode one: East Asian wide and full-width ranges and emoji
/// count 2, combining marks 0, everything else 1. Where terminals disagree the wider answer is
/// taken, so that a line rather ends early than wraps.
///
/// Source: Unicode 16 EastAsianWidth.txt, 2024-04-30, ranges joined.
#[must_use]
pub fn columns(text: &str) -> usize {
    text.chars().map(columns_of).sum()
}

/// Returns text of at most `width` columns, with `…` where its end was.
#[must_use]
pub fn cut_end(text: &str, width: usize) -> String {
    if columns(text) <= width {
        return text.to_owned();
    }
    match width {
        0 => String::new(),
        _ => format!("{}…", head(text, width - 1)),
    }
}

/// Returns text of at most `width` columns, with `…` where its middle was.
///
/// The last name of a path stays whole if it leaves room for anything else.
#[must_use]
pub fn cut_middle(text: &str, width: usize) -> String {
    if columns(text) <= width {
        return text.to_owned();
    }
    let Some(room) = width.checked_sub(1) else {
        return String::new();
    };
    let name = text.rfind('/').map_or("", |slash| &text[slash..]);
    let name_width = columns(name);
    let tail_width = match name_width * NAME_SHARE.1 <= room * NAME_SHARE.0 {
        // A short name takes some of what stands before it along.
        true => name_width.max(room / 2),
        false => room / 2,
    };
    format!(
        "{}…{}",
        head(text, room - tail_width),
        tail(text, tail_width)
    )
}

/// Returns text as lines of at most `width` columns, broken between words.
///
/// A word that is wider than a line is shortened in its middle; only the host of a web address never
/// is, since a shortened host can look like another: it goes on in the next line instead.
#[must_use]
pub fn wrap(text: &str, width: usize) -> Vec<String> {
    let width = width.max(4);
    let mut lines = vec![String::new()];
    let mut used = 0;
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        let room = width.saturating_sub(used + 1);
        // A word that no line holds begins where the last one ended, if enough of it fits there.
        let pieces = match fit_word(word, room) {
            pieces
                if pieces.len() == 1
                    && (columns(word) <= room || (columns(word) > width && room >= ENOUGH)) =>
            {
                pieces
            }
            _ => fit_word(word, width),
        };
        for (n, piece) in pieces.into_iter().enumerate() {
            let wide = columns(&piece);
            if used > 0 && (n > 0 || used + 1 + wide > width) {
                lines.push(String::new());
                used = 0;
            }
            let line = lines.last_mut().expect("begins with one line");
            if used > 0 {
                line.push(' ');
                used += 1;
            }
            line.push_str(&piece);
            used += wide;
        }
    }
    lines
}

/// Returns the text followed by as many blanks as fill `width`.
#[must_use]
pub fn pad(text: &str, width: usize) -> String {
    format!("{text}{}", " ".repeat(width.saturating_sub(columns(text))))
}

/// Returns the text after as many blanks as fill `width`.
#[must_use]
pub fn pad_left(text: &str, width: usize) -> String {
    format!("{}{text}", " ".repeat(width.saturating_sub(columns(text))))
}

fn fit_word(word: &str, width: usize) -> Vec<String> {
    if columns(word) <= width {
        return vec![word.to_owned()];
    }
    let Some(start) = word.find("://").map(|at| at + 3) else {
        return vec![cut_middle(word, width)];
    };
    let host_end = word[start..]
        .find(['/', '?', '#', '\\'])
        .map_or(word.len(), |at| start + at);
    let (mut host, path) = word.split_at(host_end);
    let mut pieces = Vec::new();
    while columns(host) > width {
        // At least one character, so that this ends even where a wide one does not fit.
        let first = host.chars().next().map_or(0, char::len_utf8);
        let piece = &host[..head(host, width).len().max(first)];
        host = &host[piece.len()..];
        pieces.push(piece.to_owned());
    }
    let room = width - columns(host);
    match room >= columns(path) || room >= 12 {
        true => pieces.push(format!("{host}{}", cut_middle(path, room))),
        false => pieces.extend([host.to_owned(), cut_middle(path, width)]),
    }
    pieces
}

/// Returns the longest beginning of at most `width` columns.
fn head(text: &str, width: usize) -> &str {
    let mut used = 0;
    let end = text.char_indices().find(|(_, c)| {
        used += columns_of(*c);
        used > width
    });
    end.map_or(text, |(at, _)| &text[..at])
}

/// Returns the longest end of at most `width` columns.
fn tail(text: &str, width: usize) -> &str {
    let mut used = 0;
    let start = text.char_indices().rev().find(|(_, c)| {
        used += columns_of(*c);
        used > width
    });
    start.map_or(text, |(at, c)| &text[at + c.len_utf8()..])
}

fn columns_of(c: char) -> usize {
    match u32::from(c) {
        0x300..=0x36f
        | 0x483..=0x489
        | 0x591..=0x5bd
        | 0x610..=0x61a
        | 0x64b..=0x65f
        | 0x1ab0..=0x1aff
        | 0x1dc0..=0x1dff
        | 0x200d
        | 0x20d0..=0x20ff
        | 0xfe00..=0xfe0f
        | 0xfe20..=0xfe2f
        | 0xe0100..=0xe01ef => 0,
        0x1100..=0x115f
        | 0x231a..=0x231b
        | 0x23e9..=0x23f3
        | 0x25fd..=0x25fe
        | 0x2614..=0x2615
        | 0x2648..=0x2653
        | 0x26a1
        | 0x26bd..=0x26be
        | 0x2705
        | 0x2728
        | 0x274c
        | 0x2753..=0x2757
        | 0x2795..=0x2797
        | 0x2b1b..=0x2b1c
        | 0x2b50
        | 0x2e80..=0x303e
        | 0x3041..=0x4dbf
        | 0x4e00..=0xa4cf
        | 0xa960..=0xa97f
        | 0xac00..=0xd7a3
        | 0xf900..=0xfaff
        | 0xfe30..=0xfe6f
        | 0xff00..=0xff60
        | 0xffe0..=0xffe6
        | 0x16fe0..=0x18dff
        | 0x1b000..=0x1b2ff
        | 0x1f004
        | 0x1f0cf
        | 0x1f18e..=0x1f19a
        | 0x1f1e6..=0x1f64f
        | 0x1f680..=0x1f6ff
        | 0x1f7e0..=0x1f7eb
        | 0x1f900..=0x1f9ff
        | 0x1fa70..=0x1faff
        | 0x20000..=0x3fffd => 2,
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wide_characters_take_two_columns_and_marks_none() {
        assert_eq!(
            ["abc", "漢字", "e\u{301}", "한", "📁x"].map(columns),
            [3, 4, 1, 2, 3]
        );
    }

    #[test]
    fn a_path_loses_its_middle_and_keeps_its_name() {
        assert_eq!(
            cut_middle("~/Pictures/2019/summer/IMG_0001.jpg", 24),
            "~/Pictures…/IMG_0001.jpg"
        );
        assert_eq!(cut_middle("short", 5), "short");
        assert_eq!(cut_middle("abcdef", 1), "…");
        assert_eq!(cut_middle("abcdef", 0), "");
    }

    #[test]
    fn nothing_is_wider_than_asked() {
        let texts = [
            "漢字漢字漢字漢字",
            "a/b/漢漢漢漢漢漢/c.txt",
            "https://host.example/漢字/long/path/with/words",
            "x",
        ];
        for text in texts {
            for width in 0..30 {
                assert!(columns(&cut_middle(text, width)) <= width, "{text} {width}");
                assert!(columns(&cut_end(text, width)) <= width, "{text} {width}");
                assert!(
                    wrap(text, width)
                        .iter()
                        .all(|line| columns(line) <= width.max(4)),
                    "{text} {width}"
                );
            }
        }
    }

    #[test]
    fn the_host_of_an_address_is_never_shortened() {
        let address =
            "https://accounts.bank.example.evil.test/login/with/a/very/long/path?and=query";
        for width in 8..80 {
            let joined = wrap(address, width).concat();
            assert!(
                joined.starts_with("https://accounts.bank.example.evil.test"),
                "{width}: {joined}"
            );
        }
    }

    #[test]
    fn words_are_kept_whole() {
        assert_eq!(wrap("one two  three", 8), ["one two", "three"]);
        assert_eq!(wrap("", 8), [""]);
    }
}
