//! Names and patterns as Python's `glob.iglob` compares them, without its `recursive`.
//!
//! `*` is any run of letters, `?` one letter, `[…]` and `[!…]` a set; nothing crosses a `/`, and `**` is
//! the same as `*`: no version of BleachBit up to 6.0 asks for more. A name that begins with a dot fits
//! only a pattern that does.
//!
//! Source: CPython 3.11, Lib/glob.py and Lib/fnmatch.py; BleachBit 4.4.2 and git of 2026-08-21,
//! bleachbit/Action.py.

/// Returns whether a path or a part of it holds a wildcard.
pub(crate) fn is_wild(text: &[u8]) -> bool {
    text.iter().any(|byte| matches!(byte, b'*' | b'?' | b'['))
}

/// A pattern for one name.
#[derive(Clone, Debug)]
pub(crate) struct Glob {
    tokens: Vec<Token>,
    may_be_hidden: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Token {
    Any,
    One,
    Letter(u32),
    Set {
        ranges: Vec<(u32, u32)>,
        negated: bool,
    },
}

impl Glob {
    pub(crate) fn new(pattern: &[u8]) -> Self {
        Self {
            tokens: tokens(&letters(pattern)),
            may_be_hidden: pattern.first() == Some(&b'.'),
        }
    }

    pub(crate) fn fits(&self, name: &[u8]) -> bool {
        (self.may_be_hidden || name.first() != Some(&b'.')) && self.fits_letters(&letters(name))
    }

    /// Greedy with one point to go back to, as no `*` needs more than the last one.
    fn fits_letters(&self, name: &[u32]) -> bool {
        let (mut t, mut n) = (0, 0);
        let mut back: Option<(usize, usize)> = None;
        while n < name.len() {
            match self.tokens.get(t) {
                Some(Token::Any) => {
                    back = Some((t + 1, n));
                    t += 1;
                }
                Some(token) if token.takes(name[n]) => {
                    t += 1;
                    n += 1;
                }
                _ => match back {
                    Some((after, at)) => {
                        back = Some((after, at + 1));
                        t = after;
                        n = at + 1;
                    }
                    None => return false,
                },
            }
        }
        self.tokens[t..].iter().all(|token| *token == Token::Any)
    }
}

impl Token {
    fn takes(&self, letter: u32) -> bool {
        match self {
            Self::Any => false,
            Self::One => true,
            Self::Letter(own) => *own == letter,
            Self::Set { ranges, negated } => {
                ranges
                    .iter()
                    .any(|(low, high)| (*low..=*high).contains(&letter))
                    != *negated
            }
        }
    }
}

/// Returns the letters of a name; a byte that is no UTF-8 is a letter of its own, as in Python.
fn letters(text: &[u8]) -> Vec<u32> {
    let mut all = Vec::with_capacity(text.len());
    for chunk in text.utf8_chunks() {
        all.extend(chunk.valid().chars().map(u32::from));
        all.extend(chunk.invalid().iter().map(|byte| 0xdc00 + u32::from(*byte)));
    }
    all
}

fn tokens(pattern: &[u32]) -> Vec<Token> {
    let is = |at: usize, letter: char| pattern.get(at) == Some(&u32::from(letter));
    let mut all = Vec::new();
    let mut at = 0;
    while at < pattern.len() {
        let letter = pattern[at];
        at += 1;
        all.push(match char::from_u32(letter) {
            Some('*') => Token::Any,
            Some('?') => Token::One,
            Some('[') => {
                // A `]` that stands first belongs to the set.
                let mut end = at + usize::from(is(at, '!'));
                end += usize::from(is(end, ']'));
                while end < pattern.len() && !is(end, ']') {
                    end += 1;
                }
                if end >= pattern.len() {
                    Token::Letter(letter)
                } else {
                    let set = set(&pattern[at..end]);
                    at = end + 1;
                    set
                }
            }
            _ => Token::Letter(letter),
        });
    }
    all
}

/// Reads what stands between brackets.
fn set(inside: &[u32]) -> Token {
    const DASH: u32 = '-' as u32;
    let negated = inside.first() == Some(&u32::from('!'));
    let mut rest = &inside[usize::from(negated)..];
    let mut ranges = Vec::new();
    while let [low, after @ ..] = rest {
        match after {
            [DASH, high, after @ ..] => {
                // A range that runs backwards holds nothing.
                ranges.extend(Some((*low, *high)).filter(|(low, high)| low <= high));
                rest = after;
            }
            _ => {
                ranges.push((*low, *low));
                rest = after;
            }
        }
    }
    Token::Set { ranges, negated }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What Python 3.11 answers to `fnmatch.filter([name], pattern)`, with the rule for dots.
    #[test]
    fn names_fit_as_in_python() {
        for (pattern, name, expected) in [
            ("*", "a", true),
            ("*", ".a", false),
            (".*", ".a", true),
            ("?a", ".a", false),
            ("[.]a", ".a", false),
            ("**", "a", true),
            ("**", ".a", false),
            ("a*", "a.b", true),
            ("*.log", "x.log", true),
            ("*.log", "x.log.1", false),
            ("History Index ????-??", "History Index 2013-01", true),
            ("History Index ????-??", "History Index 2013-1", false),
            ("[0-9]*", "7x", true),
            ("[!0-9]*", "7x", false),
            ("[!0-9]*", "x7", true),
            ("[]]", "]", true),
            ("[!]]", "]", false),
            ("[a-]", "-", true),
            ("[z-a]", "m", false),
            ("[", "[", true),
            ("a[b", "a[b", true),
            ("[a-c-e]", "d", false),
            ("[a-c-e]", "-", true),
            ("?", "ü", true),
            ("chatmsg[0-9]*.dbb", "chatmsg256.dbb", true),
            ("*a*b*c", "xxaxxbxxbxc", true),
            ("*a*b*c", "xxaxxcxxbx", false),
        ] {
            let fits = Glob::new(pattern.as_bytes()).fits(name.as_bytes());
            assert_eq!(fits, expected, "{pattern} {name}");
        }
        assert!(Glob::new(b"a?").fits(b"a\xff"));
    }

    #[test]
    fn many_stars_take_no_long_time() {
        let pattern = "*a".repeat(200);
        assert!(!Glob::new(pattern.as_bytes()).fits("a".repeat(199).as_bytes()));
    }
}
