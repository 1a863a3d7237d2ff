//! The ids by which a declaration names places.

/// Returns whether `named`, a place id or a prefix of one, stands for the place `id`.
///
/// Ids are dotted; a prefix ends at a dot: `browser.history` covers `browser.history.chromium`,
/// not `browser.history-sync`.
#[must_use]
pub fn covers(named: &str, id: &str) -> bool {
    id.strip_prefix(named)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

/// Returns whether naming this place asks for browser or persistence data.
///
/// These places belong to security tools alone: a shared module that carried such a reader into a
/// battery monitor is the fault this rule is there for. The bare words `browser` and
/// `persistence` count too, because they cover every row below them.
#[must_use]
pub fn is_security_place(named: &str) -> bool {
    covers("browser", named) || covers("persistence", named)
}

/// Returns whether `text` can be a place id: lower-case words with dots between them.
///
/// A path can never be one, so a declaration cannot name a file that is not a row of knowledge.
pub(crate) fn is_place(text: &str) -> bool {
    text.split('.').all(is_word)
}

/// Returns whether `text` is one lower-case word of letters, digits, `-` and `_`.
pub(crate) fn is_word(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_lowercase())
        && text
            .bytes()
            .all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_covers_whole_words_only() {
        assert!(covers("browser.history", "browser.history.chromium"));
        assert!(covers("home", "home"));
        assert!(!covers("browser.history", "browser.history-sync"));
        assert!(!covers("browser.history.chromium", "browser.history"));
    }

    #[test]
    fn the_bare_word_is_a_security_place_too() {
        for place in [
            "browser",
            "browser.history",
            "persistence",
            "persistence.launchd",
        ] {
            assert!(is_security_place(place), "{place}");
        }
        assert!(!is_security_place("browsers"));
        assert!(!is_security_place("junk.browser"));
    }

    #[test]
    fn a_path_is_no_place() {
        for wrong in [
            "",
            "~",
            "/etc",
            "browser.",
            ".browser",
            "browser..x",
            "Browser",
            "a b",
            "a/b",
            "$CACHE",
        ] {
            assert!(!is_place(wrong), "{wrong:?}");
        }
        assert!(is_place("browser.history.chromium-snap"));
    }
}
