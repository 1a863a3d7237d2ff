//! Bytes of a terminal as keys.

/// What a person pressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Key {
    Up,
    Down,
    Left,
    Right,
    PageUp,
    PageDown,
    Home,
    End,
    Tab,
    Enter,
    Escape,
    Backspace,
    /// Control and C.
    Stop,
    /// Control and Z.
    Suspend,
    /// Control and L.
    Redraw,
    Char(char),
}

/// What the first bytes are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Read {
    /// A key of so many bytes.
    Key(Key, usize),
    /// So many bytes that are no key of ours.
    Nothing(usize),
    /// The beginning of something.
    Part,
}

/// The longest sequence that is waited for; what is longer is no key.
const LONGEST: usize = 32;

/// Reads the first key of some bytes. `ended` says that no more come for now: an escape that stands alone
/// is a key then.
pub(crate) fn key(bytes: &[u8], ended: bool) -> Read {
    let part = || match ended || bytes.len() >= LONGEST {
        true => Read::Nothing(bytes.len()),
        false => Read::Part,
    };
    match bytes {
        [] => Read::Part,
        [0x1b] if !ended => Read::Part,
        [0x1b] => Read::Key(Key::Escape, 1),
        [0x1b, b'[', rest @ ..] => {
            // Parameters, then one final byte (ECMA-48, 5.4).
            let Some(end) = rest.iter().position(|it| (0x40..=0x7e).contains(it)) else {
                return part();
            };
            let length = end + 3;
            let key = match (rest[end], &rest[..end]) {
                // Parameters of a terminal's own, such as what a mouse does.
                (_, [b'<'..=b'?', ..]) => None,
                (b'~', parameters) => of_number(first_number(parameters)),
                (letter, _) => of_letter(letter),
            };
            key.map_or(Read::Nothing(length), |key| Read::Key(key, length))
        }
        [0x1b, b'O'] => part(),
        [0x1b, b'O', letter, ..] => {
            // The one letter that means something else here.
            let key = match letter {
                b'M' => Some(Key::Enter),
                _ => of_letter(*letter),
            };
            key.map_or(Read::Nothing(3), |key| Read::Key(key, 3))
        }
        // Two escapes: the first stands alone.
        [0x1b, 0x1b, ..] => Read::Key(Key::Escape, 1),
        // A letter with Alt.
        [0x1b, _, ..] => Read::Nothing(2),
        [b'\r' | b'\n', ..] => Read::Key(Key::Enter, 1),
        [b'\t', ..] => Read::Key(Key::Tab, 1),
        [0x7f | 0x08, ..] => Read::Key(Key::Backspace, 1),
        [0x03, ..] => Read::Key(Key::Stop, 1),
        [0x1a, ..] => Read::Key(Key::Suspend, 1),
        [0x0c, ..] => Read::Key(Key::Redraw, 1),
        [0..0x20, ..] => Read::Nothing(1),
        [first, ..] => {
            let length = match first {
                0..0x80 => 1,
                0xc0..0xe0 => 2,
                0xe0..0xf0 => 3,
                0xf0..0xf8 => 4,
                _ => return Read::Nothing(1),
            };
            let Some(bytes) = bytes.get(..length) else {
                return part();
            };
            let text = std::str::from_utf8(bytes).ok();
            let c = text.and_then(|text| text.chars().next());
            match c.filter(|c| !c.is_control()) {
                Some(c) => Read::Key(Key::Char(c), length),
                None => Read::Nothing(1),
            }
        }
    }
}

fn first_number(parameters: &[u8]) -> Option<u8> {
    let digits = parameters.split(|it| *it == b';').next()?;
    std::str::from_utf8(digits).ok()?.parse().ok()
}

/// Source: XTerm Control Sequences, "PC-Style Function Keys", patch 390, 2024.
fn of_letter(letter: u8) -> Option<Key> {
    Some(match letter {
        b'A' => Key::Up,
        b'B' => Key::Down,
        b'C' => Key::Right,
        b'D' => Key::Left,
        b'H' => Key::Home,
        b'F' => Key::End,
        b'Z' => Key::Tab,
        _ => return None,
    })
}

/// Source: as [`of_letter`]; 7 and 8 are those of rxvt.
fn of_number(number: Option<u8>) -> Option<Key> {
    Some(match number? {
        1 | 7 => Key::Home,
        4 | 8 => Key::End,
        5 => Key::PageUp,
        6 => Key::PageDown,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_read_as_terminals_send_them() {
        for (bytes, expected) in [
            (&b"j"[..], Read::Key(Key::Char('j'), 1)),
            ("ß".as_bytes(), Read::Key(Key::Char('ß'), 2)),
            ("漢x".as_bytes(), Read::Key(Key::Char('漢'), 3)),
            (b"\r", Read::Key(Key::Enter, 1)),
            (b"\x7f", Read::Key(Key::Backspace, 1)),
            (b"\x1b[Aj", Read::Key(Key::Up, 3)),
            (b"\x1bOB", Read::Key(Key::Down, 3)),
            (b"\x1b[1;5C", Read::Key(Key::Right, 6)),
            (b"\x1b[5~", Read::Key(Key::PageUp, 4)),
            (b"\x1b[4~", Read::Key(Key::End, 4)),
            (b"\x1b[Z", Read::Key(Key::Tab, 3)),
            (b"\x1b[15~", Read::Nothing(5)),
            (b"\x1b[<0;1;1A", Read::Nothing(9)),
            (b"\x1bOM", Read::Key(Key::Enter, 3)),
            (b"\x1bx", Read::Nothing(2)),
            (b"\x03", Read::Key(Key::Stop, 1)),
            (b"\x01", Read::Nothing(1)),
            (b"\xff", Read::Nothing(1)),
            (b"\x1b", Read::Part),
            (b"\x1b[", Read::Part),
            (b"\xc3", Read::Part),
        ] {
            assert_eq!(key(bytes, false), expected, "{bytes:?}");
        }
        assert_eq!(key(b"\x1b", true), Read::Key(Key::Escape, 1));
        assert_eq!(key(b"\x1b[", true), Read::Nothing(2));
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_are_read_to_their_end(bytes: Vec<u8>) {
            let mut rest = bytes.as_slice();
            while !rest.is_empty() {
                let used = match key(rest, true) {
                    Read::Key(_, used) | Read::Nothing(used) => used,
                    Read::Part => panic!("{rest:?} waits though nothing comes"),
                };
                proptest::prop_assert!((1..=rest.len()).contains(&used));
                rest = &rest[used..];
            }
        }
    }
}
