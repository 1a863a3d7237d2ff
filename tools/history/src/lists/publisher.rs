//! Whose releases of lists are taken, and from where: `update.toml`.
//!
//! ```toml
//! key = "lists.example.org+0b9f2c1e+AQ…"
//! mirrors = ["https://lists.example.org/candor", "https://mirror.example.net/candor"]
//! ```

use serde::{Deserialize, Serialize};
use toml::Spanned;

use super::{
    keyname::is_key,
    sources::{Error, checked_url, error_at},
};

/// The most mirrors: each is asked each time.
const MOST: usize = 16;

/// Whose releases are taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Publisher {
    /// What checks the publisher's signatures, in the form of C2SP signed-note.
    pub key: String,
    /// The addresses below which releases lie, without a slash at their end.
    pub mirrors: Vec<String>,
}

impl Publisher {
    /// Reads the file.
    ///
    /// # Errors
    /// [`Error`] with the line and the key.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let at = |span, what: &str| error_at(text, span, what.to_owned());
        let row: Row = toml::from_str(text).map_err(|error: toml::de::Error| {
            error_at(
                text,
                error.span().unwrap_or_default(),
                error.message().to_owned(),
            )
        })?;
        if !is_key(row.key.get_ref()) {
            return Err(at(
                row.key.span(),
                "`key` must be name+hash+key, every letter as its publisher gives it",
            ));
        }
        let all = row.mirrors.span();
        if !(1..=MOST).contains(&row.mirrors.get_ref().len()) {
            return Err(at(all, "`mirrors` must have 1 to 16 addresses"));
        }
        let mut mirrors = Vec::new();
        for mirror in row.mirrors.into_inner() {
            let span = mirror.span();
            let checked = checked_url(&mirror).map_err(|what| {
                error_at(
                    text,
                    span.clone(),
                    what.replace("`url`", "each of `mirrors`"),
                )
            })?;
            if checked.contains(['?', '#', '@']) {
                return Err(at(span, "a mirror's address has no `?`, `#` or `@`"));
            }
            mirrors.push(checked.trim_end_matches('/').to_owned());
        }
        Ok(Self {
            key: row.key.into_inner(),
            mirrors,
        })
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    key: Spanned<String>,
    mirrors: Spanned<Vec<Spanned<String>>>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_publisher_has_a_key_and_mirrors() {
        let text = "key = \"PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW\"\n\
                    mirrors = [\"https://a.example/candor/\", \"http://127.0.0.1:81\"]\n";
        let read = Publisher::parse(text).unwrap();
        assert_eq!(
            read.key,
            "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
        );
        assert_eq!(
            read.mirrors,
            ["https://a.example/candor", "http://127.0.0.1:81"]
        );
    }

    #[test]
    fn what_is_wrong_is_told_with_line_and_key() {
        for (text, line, told) in [
            ("mirrors = [\"https://a.example\"]\n", 1, "key"),
            (
                "key = \"a+b+c\"\nmirrors = [\"https://a.example\"]\n",
                1,
                "key",
            ),
            (
                "key = \"PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW\"\nmirrors = []\n",
                2,
                "mirrors",
            ),
            (
                "key = \"PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW\"\nmirrors = [\n\"https://a.example\",\n\"http://a.example\"]\n",
                4,
                "mirrors",
            ),
            (
                "key = \"PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW\"\nmirrors = [\"https://a.example/?who=me\"]\n",
                2,
                "mirror",
            ),
            (
                "key = \"PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW\"\nmirrors = [\"https://a.example\"]\nmore = 1\n",
                3,
                "more",
            ),
        ] {
            let error = Publisher::parse(text).unwrap_err();
            assert_eq!(error.line, line, "{text}: {error}");
            assert!(error.what.contains(told), "{error}");
        }
    }
}
