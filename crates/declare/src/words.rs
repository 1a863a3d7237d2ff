//! What a person reads, once per language.

use std::{collections::BTreeMap, fmt};

use serde::{Deserialize, Serialize};

/// A language that notices can be written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Language {
    /// English. Every declaration has it.
    En,
    /// German.
    De,
}

impl Language {
    /// Returns the BCP 47 tag: `en`, `de`.
    #[must_use]
    pub fn tag(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::De => "de",
        }
    }
}

impl fmt::Display for Language {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.tag())
    }
}

/// The same sentences in each language of a declaration: `{ en = "…", de = "…" }`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Words(pub(crate) BTreeMap<Language, String>);

impl Words {
    /// Returns the words in this language, or in English where there are none.
    ///
    /// A parsed declaration has every language it lists, so English stands in only for a
    /// language the declaration does not offer.
    #[must_use]
    pub fn in_language(&self, language: Language) -> &str {
        let words = self.0.get(&language).or_else(|| self.0.get(&Language::En));
        words.map_or("", String::as_str)
    }
}
