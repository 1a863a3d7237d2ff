//! Filters of an action: regular expressions and the kind of a file.
//!
//! Definitions are written for Python's `re.search`. Most patterns mean the same to the `regex` crate,
//! which takes linear time whatever they are. What it reads differently, or not at all, is refused,
//! so that no rule finds other files than it was written for.
//!
//! Source: Python 3.11 documentation, `re`; documentation of regex 1.13, "Syntax".

use regex::bytes::{Regex, RegexBuilder};

/// Patterns longer than this when compiled are refused.
const ROOM: usize = 1 << 20;

/// The filters of one action; all of them must hold.
#[derive(Clone, Debug, Default)]
pub(crate) struct Filters {
    /// On the last part of the path.
    pub(crate) name: Vec<Pattern>,
    /// On the whole path.
    pub(crate) whole: Vec<Pattern>,
    pub(crate) kind: Option<KindAsked>,
}

/// A pattern, and whether a match keeps a path or drops it.
#[derive(Clone, Debug)]
pub(crate) struct Pattern {
    regex: Regex,
    keeps: bool,
}

/// `type="f"` and `type="d"`. A link counts as what it leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum KindAsked {
    File,
    Folder,
}

impl Filters {
    /// Reads the attributes of an action; one that is not there is empty.
    ///
    /// # Errors
    /// In words, when a pattern cannot be used.
    pub(crate) fn read(attribute: impl Fn(&'static str) -> String) -> Result<Self, String> {
        let pattern = |attribute: String, keeps: bool| match attribute.is_empty() {
            true => Ok(None),
            false => compiled(&attribute).map(|regex| Some(Pattern { regex, keeps })),
        };
        let pair = |keep: &'static str, drop: &'static str| {
            let both = [
                pattern(attribute(keep), true)?,
                pattern(attribute(drop), false)?,
            ];
            Ok::<_, String>(both.into_iter().flatten().collect())
        };
        Ok(Self {
            name: pair("regex", "nregex")?,
            whole: pair("wholeregex", "nwholeregex")?,
            kind: match attribute("type").as_str() {
                "f" => Some(KindAsked::File),
                "d" => Some(KindAsked::Folder),
                // Any other word asks for nothing.
                _ => None,
            },
        })
    }

    /// Returns whether a name and a path pass; the kind is another question.
    pub(crate) fn pass(&self, name: &[u8], path: &[u8]) -> bool {
        let all = |patterns: &[Pattern], text: &[u8]| {
            patterns
                .iter()
                .all(|it| it.regex.is_match(text) == it.keeps)
        };
        all(&self.name, name) && all(&self.whole, path)
    }
}

fn compiled(pattern: &str) -> Result<Regex, String> {
    if let Some(what) = read_otherwise(pattern) {
        return Err(format!("its pattern `{pattern}` has {what}"));
    }
    RegexBuilder::new(pattern)
        .size_limit(ROOM)
        .nest_limit(50)
        .build()
        .map_err(|_| format!("its pattern `{pattern}` cannot be read here"))
}

/// Returns what in a pattern means something else to Python.
fn read_otherwise(pattern: &str) -> Option<&'static str> {
    let mut rest = pattern.chars().peekable();
    let mut class = false;
    let mut before = ' ';
    while let Some(letter) = rest.next() {
        match letter {
            '\\' => {
                let escaped = rest.next();
                if escaped.is_some_and(|it| "<>pPzZxuUN".contains(it)) {
                    return Some("an escape that is read differently");
                }
                if escaped == Some('b') && (class || rest.peek() == Some(&'{')) {
                    return Some("an escape that is read differently");
                }
            }
            '[' if class => return Some("a bracket inside brackets"),
            '[' => {
                class = true;
                // `[^` and a `]` that stands first is an ordinary letter.
                if rest.peek() == Some(&'^') {
                    rest.next();
                }
                if rest.peek() == Some(&']') {
                    rest.next();
                }
            }
            ']' => class = false,
            '&' | '-' | '~' if class && before == letter => {
                return Some("two signs in brackets that are read as one");
            }
            '{' if !class && rest.peek() == Some(&',') => {
                return Some("a repetition that is read differently");
            }
            _ => {}
        }
        before = letter;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filters(attributes: &[(&str, &str)]) -> Result<Filters, String> {
        Filters::read(|name| {
            let found = attributes.iter().find(|it| it.0 == name);
            found.map_or_else(String::new, |it| it.1.to_owned())
        })
    }

    #[test]
    fn a_pattern_is_searched_for_anywhere_in_its_text() {
        for (attributes, name, path, expected) in [
            (&[("regex", "ab")][..], "xaby", "/x", true),
            (&[("regex", "^ab")], "xaby", "/x", false),
            (&[("nregex", "^keep")], "keep.me", "/x", false),
            (&[("nregex", "^keep")], "other", "/x", true),
            (&[("wholeregex", "/cache/")], "y", "/a/cache/y", true),
            (&[("nwholeregex", "/cache/")], "y", "/a/cache/y", false),
            (&[("regex", r"\.[Bb][Aa][Kk]$")], "a.BaK", "/x", true),
            (&[("regex", "a"), ("nregex", "b")], "ab", "/x", false),
        ] {
            let filters = filters(attributes).unwrap();
            let passes = filters.pass(name.as_bytes(), path.as_bytes());
            assert_eq!(passes, expected, "{attributes:?} {name} {path}");
        }
    }

    #[test]
    fn what_python_reads_otherwise_is_refused() {
        for pattern in [
            r"(?=a)", r"a\Z", r"[[]", "[a&&b]", "[a--b]", r"\<a", r"\b{2}", r"[\b]", "a{,3}", "(",
            r"(a)\1", r"\p{L}",
        ] {
            assert!(compiled(pattern).is_err(), "{pattern}");
        }
        for pattern in [
            r"^[^]x]+$",
            r"[\\/]\.?venv[\\/]",
            r"_[0-9a-f]{40}$",
            "a-b",
            "[]-]",
        ] {
            assert!(compiled(pattern).is_ok(), "{pattern}");
        }
    }
}
