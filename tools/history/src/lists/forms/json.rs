//! One object with arrays of hosts, such as polkadot's `deny` and MetaMask's `blacklist`. It is read once
//! and never held: what is in no wanted array is passed over.

use std::{
    fmt,
    io::{self, BufRead, Read},
};

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::{Odd, Said, Shape, Tally, hosts::host};
use crate::lists::Subject;

/// Reads the arrays.
///
/// # Errors
/// What the file fails with, or that it is no object with one of the arrays.
pub(super) fn read(
    shape: &Shape,
    from: &mut dyn BufRead,
    take: &mut dyn FnMut(Said<'_>),
) -> io::Result<Tally> {
    let mut tally = Tally::default();
    let mut found = false;
    let object = Object {
        shape,
        take,
        tally: &mut tally,
        found: &mut found,
    };
    let mut reader = serde_json::Deserializer::from_reader(ShortStrings::of(from));
    let read = object.deserialize(&mut reader).and_then(|()| reader.end());
    match (read, found) {
        (Ok(()), true) => Ok(tally),
        (Ok(()), false) => {
            let names = shape.fields.join("`, `");
            let error = format!("it has no array `{names}`");
            Err(io::Error::new(io::ErrorKind::InvalidData, error))
        }
        (Err(error), _) if error.is_io() => Err(error.into()),
        (Err(error), _) => Err(io::Error::new(
            io::ErrorKind::InvalidData,
            error.to_string(),
        )),
    }
}

/// The longest string that is read, in bytes. No host and no key of such a file is near it.
const LONGEST_STRING: usize = 64 << 10;

/// Passes JSON on, and fails at a string that would only fill memory.
struct ShortStrings<R> {
    from: R,
    in_string: bool,
    is_escaped: bool,
    length: usize,
}

impl<R> ShortStrings<R> {
    fn of(from: R) -> Self {
        Self {
            from,
            in_string: false,
            is_escaped: false,
            length: 0,
        }
    }

    fn see(&mut self, byte: u8) {
        let ends = byte == b'"' && !self.is_escaped;
        self.is_escaped = self.in_string && byte == b'\\' && !self.is_escaped;
        if ends {
            self.in_string = !self.in_string;
            self.length = 0;
        }
        self.length += usize::from(self.in_string);
    }
}

impl<R: Read> Read for ShortStrings<R> {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        let read = self.from.read(to)?;
        for byte in &to[..read] {
            self.see(*byte);
            if self.length > LONGEST_STRING {
                let error = format!("it has a string of more than {LONGEST_STRING} bytes");
                return Err(io::Error::new(io::ErrorKind::InvalidData, error));
            }
        }
        Ok(read)
    }
}

struct Object<'s, 'd> {
    shape: &'s Shape,
    take: &'s mut (dyn FnMut(Said<'_>) + 'd),
    tally: &'s mut Tally,
    found: &'s mut bool,
}

impl<'de> DeserializeSeed<'de> for Object<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<(), D::Error> {
        from.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Object<'_, '_> {
    type Value = ();

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("an object with arrays of hosts")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(name) = map.next_key::<String>()? {
            let lists = self.shape.fields.contains(&name);
            let excepts = self.shape.except_fields.contains(&name);
            if !lists && !excepts {
                map.next_value::<IgnoredAny>()?;
                continue;
            }
            *self.found |= lists;
            map.next_value_seed(Array {
                excepts,
                take: self.take,
                tally: self.tally,
            })?;
        }
        Ok(())
    }
}

struct Array<'s, 'd> {
    excepts: bool,
    take: &'s mut (dyn FnMut(Said<'_>) + 'd),
    tally: &'s mut Tally,
}

impl<'de> DeserializeSeed<'de> for Array<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<(), D::Error> {
        from.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Array<'_, '_> {
    type Value = ();

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("an array of hosts")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut array: A) -> Result<(), A::Error> {
        while let Some(text) = array.next_element::<String>()? {
            self.tally.lines += 1;
            let text = text.trim();
            let said = match (self.excepts, text.contains("://")) {
                (true, _) => host(text).map(Said::Excepted),
                (false, true) => Ok(Said::listed(Subject::Page(text))),
                (false, false) => host(text).map(|host| Said::listed(Subject::Host(host))),
            };
            match said {
                Ok(_) if text.len() > super::lines::LONGEST => self.tally.odd(Odd::TooLong),
                Ok(said) => {
                    self.tally.entries += 1;
                    (self.take)(said);
                }
                Err(why) => self.tally.odd(why),
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_string_that_only_fills_memory_ends_the_reading() {
        let passed = |text: &str| {
            let mut out = Vec::new();
            let read = ShortStrings::of(text.as_bytes()).read_to_end(&mut out);
            read.map(|_| out.len() == text.len())
        };
        let long = "x".repeat(LONGEST_STRING);
        // Outside of strings room is no matter.
        assert!(
            passed(&format!(
                "[{}\"a\", \"b\\\"c\"]",
                " ".repeat(LONGEST_STRING)
            ))
            .unwrap()
        );
        for text in [
            format!("[\"{long}\"]"),
            format!("[\"\\\"{long}"),
            format!("[\"{}", "\\\"".repeat(LONGEST_STRING)),
        ] {
            let error = passed(&text).unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::InvalidData);
        }
    }
}
