//! Rust source without its comments and literals, so that a word in a sentence is not taken for code.

/// Returns the source with every comment, string and character literal blanked out.
///
/// Every byte keeps its place, so an offset means the same in both texts. Sources that do not
/// compile may be blanked too far; the compiler speaks of those.
pub(crate) fn blanked(source: &str) -> String {
    let bytes = source.as_bytes();
    let mut out = bytes.to_vec();
    let mut at = 0;
    while at < bytes.len() {
        let end = literal_end(bytes, at);
        match end {
            Some(end) => {
                for byte in &mut out[at..end] {
                    if *byte != b'\n' {
                        *byte = b' ';
                    }
                }
                at = end;
            }
            None => at += 1,
        }
    }
    // Names may hold letters beyond ASCII; every whole literal was blanked, so the rest is intact.
    String::from_utf8(out).unwrap_or_default()
}

/// Returns every place where `word` stands in blanked code as a whole word.
pub(crate) fn words<'a>(code: &'a str, word: &'a str) -> impl Iterator<Item = usize> + 'a {
    let is_part = |byte: Option<&u8>| byte.is_some_and(|b| b.is_ascii_alphanumeric() || *b == b'_');
    code.match_indices(word)
        .map(|(at, _)| at)
        .filter(move |&at| {
            let bytes = code.as_bytes();
            !is_part(at.checked_sub(1).and_then(|before| bytes.get(before)))
                && !is_part(bytes.get(at + word.len()))
        })
}

/// Returns where the comment or literal that begins at `at` ends, if one begins there.
fn literal_end(bytes: &[u8], at: usize) -> Option<usize> {
    let rest = &bytes[at..];
    if rest.starts_with(b"//") {
        return Some(
            at + rest
                .iter()
                .position(|byte| *byte == b'\n')
                .unwrap_or(rest.len()),
        );
    }
    if rest.starts_with(b"/*") {
        return Some(block_comment_end(bytes, at));
    }
    match rest[0] {
        b'"' => Some(string_end(bytes, at + 1)),
        b'r' if !follows_a_word(bytes, at) => raw_string_end(bytes, at + 1),
        b'\'' => char_end(bytes, at),
        _ => None,
    }
}

/// `br"…"` and `cr"…"` begin with a letter that is part of the literal, not of a name.
fn follows_a_word(bytes: &[u8], at: usize) -> bool {
    let is_part = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
    match at.checked_sub(1).map(|before| bytes[before]) {
        Some(b'b' | b'c') => at >= 2 && is_part(bytes[at - 2]),
        Some(byte) => is_part(byte),
        None => false,
    }
}

/// Block comments nest (The Rust Reference, "Comments").
fn block_comment_end(bytes: &[u8], at: usize) -> usize {
    let mut depth = 0_usize;
    let mut at = at;
    while at < bytes.len() {
        if bytes[at..].starts_with(b"/*") {
            depth += 1;
            at += 2;
        } else if bytes[at..].starts_with(b"*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            at += 1;
        }
    }
    bytes.len()
}

fn string_end(bytes: &[u8], mut at: usize) -> usize {
    while at < bytes.len() {
        match bytes[at] {
            b'\\' => at += 2,
            b'"' => return at + 1,
            _ => at += 1,
        }
    }
    bytes.len()
}

/// `at` is behind the `r`; a raw name such as `r#type` is no string.
fn raw_string_end(bytes: &[u8], at: usize) -> Option<usize> {
    let hashes = bytes[at..].iter().take_while(|byte| **byte == b'#').count();
    if bytes.get(at + hashes) != Some(&b'"') {
        return None;
    }
    let mut end = b"\"".to_vec();
    end.resize(hashes + 1, b'#');
    let start = at + hashes + 1;
    let found = bytes[start..]
        .windows(end.len())
        .position(|window| window == end);
    Some(found.map_or(bytes.len(), |found| start + found + end.len()))
}

/// `'x'` and `'\n'` are characters; `'a` without an end is a lifetime.
fn char_end(bytes: &[u8], at: usize) -> Option<usize> {
    if bytes.get(at + 1) == Some(&b'\\') {
        let end = bytes
            .get(at + 3..)?
            .iter()
            .position(|byte| *byte == b'\'')?;
        return Some(at + 3 + end + 1);
    }
    let length = match bytes.get(at + 1)? {
        byte if *byte < 0x80 => 1,
        byte if *byte < 0xe0 => 2,
        byte if *byte < 0xf0 => 3,
        _ => 4,
    };
    (bytes.get(at + 1 + length) == Some(&b'\'')).then_some(at + length + 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_and_literals_are_blank_and_code_is_not() {
        let source = "a /* b /* c */ d */ e // f\n\"g\\\"h\" i r#\"j\"k\"# l '\\'' m 'n' 'o p br\"q\" r#type 'é' s";
        let code = blanked(source);
        assert_eq!(code.len(), source.len());
        let words: Vec<&str> = code.split_whitespace().collect();
        assert_eq!(
            words,
            ["a", "e", "i", "l", "m", "'o", "p", "b", "r#type", "s"]
        );
    }

    #[test]
    fn a_word_is_found_whole() {
        assert_eq!(
            words("unsafe unsafe_code my_unsafe (unsafe)", "unsafe").collect::<Vec<_>>(),
            [0, 30]
        );
    }

    #[test]
    fn what_does_not_end_does_not_panic() {
        for source in ["\"", "/*", "r#\"", "'", "'\\", "b'", "\"\\", "r", "'\\x"] {
            assert_eq!(blanked(source).len(), source.len());
        }
    }
}
