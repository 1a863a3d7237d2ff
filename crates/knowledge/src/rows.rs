//! From the text of a table to typed rows.
//!
//! A table is a TOML file of `[[row]]` entries, compiled into the program. It is never read from
//! the disk, so a table that cannot be read is a mistake in this crate and shows in its first test.

use serde::{Deserialize, de::DeserializeOwned};

#[derive(Deserialize)]
#[serde(deny_unknown_fields, bound = "R: DeserializeOwned")]
struct Table<R> {
    row: Vec<R>,
}

/// Returns the rows of a table.
///
/// # Errors
/// When `text` is not TOML, or a row lacks a field or has one that `R` does not know.
pub(crate) fn parse<R: DeserializeOwned>(text: &str) -> Result<Vec<R>, toml::de::Error> {
    toml::from_str::<Table<R>>(text).map(|table| table.row)
}

/// Returns the rows of a table that is compiled into the program.
///
/// # Panics
/// When the table is broken; a test parses every table.
pub(crate) fn embedded<R: DeserializeOwned>(text: &str) -> Vec<R> {
    match parse(text) {
        Ok(rows) => rows,
        Err(error) => panic!("a table compiled into Candor cannot be read: {error}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Row {
        id: String,
    }

    #[test]
    fn a_field_nobody_reads_is_refused() {
        assert_eq!(parse::<Row>("[[row]]\nid = \"a\"").unwrap()[0].id, "a");
        for text in [
            "[[row]]\nid = \"a\"\nnaem = 1",
            "[[rows]]\nid = \"a\"",
            "[[row]]",
            "",
        ] {
            assert!(parse::<Row>(text).is_err(), "{text}");
        }
    }
}
