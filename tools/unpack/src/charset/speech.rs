//! Languages, as far as their letters tell one from another.
//!
//! How likely a letter is behind another is counted from some hundred everyday words of each, in `words/`. Of those
//! written in Han or Hangul no such list holds enough letters, so `letters/` has the commonest of them, the most common
//! first. All likelihoods are natural logarithms.

use std::{collections::HashMap, sync::LazyLock};

/// A language.
pub(super) struct Speech {
    script: Script,
    /// How often each letter was seen, and how often behind which.
    seen: HashMap<char, f64>,
    pairs: HashMap<(char, char), f64>,
    /// How often anything was seen behind a letter.
    behind: HashMap<char, f64>,
    total: f64,
    /// The place of a letter among the commonest.
    ranks: HashMap<char, usize>,
}

/// What a language is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Script {
    Latin,
    Cyrillic,
    Greek,
    Hebrew,
    Arabic,
    Hiragana,
    Katakana,
    /// Katakana of half the width, of which each is one byte.
    Halfwidth,
    Han,
    Hangul,
    /// Any other.
    Other,
}

/// Stands for whatever is before and behind a word.
pub(super) const EDGE: char = ' ';

macro_rules! speeches {
    ($($name:ident: $script:ident, $words:literal, $letters:expr;)*) => {
        $(pub(super) static $name: LazyLock<Speech> = LazyLock::new(|| {
            Speech::of(Script::$script, include_str!(concat!("words/", $words, ".txt")), $letters)
        });)*
    };
}

speeches! {
    RUSSIAN: Cyrillic, "russian", "";
    UKRAINIAN: Cyrillic, "ukrainian", "";
    GERMAN: Latin, "german", "";
    FRENCH: Latin, "french", "";
    SPANISH: Latin, "spanish", "";
    PORTUGUESE: Latin, "portuguese", "";
    ITALIAN: Latin, "italian", "";
    NORDIC: Latin, "nordic", "";
    POLISH: Latin, "polish", "";
    CZECH: Latin, "czech", "";
    HUNGARIAN: Latin, "hungarian", "";
    GREEK: Greek, "greek", "";
    HEBREW: Hebrew, "hebrew", "";
    ARABIC: Arabic, "arabic", "";
    JAPANESE: Han, "japanese", include_str!("letters/japanese.txt");
    SIMPLIFIED: Han, "simplified", include_str!("letters/simplified.txt");
    TRADITIONAL: Han, "traditional", include_str!("letters/traditional.txt");
    KOREAN: Hangul, "korean", include_str!("letters/korean.txt");
}

/// None in particular: for letters of which no words are known here.
pub(super) static ANY: LazyLock<Speech> = LazyLock::new(|| Speech::of(Script::Other, "", ""));

impl Speech {
    fn of(script: Script, words: &str, letters: &str) -> Self {
        let mut speech = Self {
            script,
            seen: HashMap::new(),
            pairs: HashMap::new(),
            behind: HashMap::new(),
            total: 0.0,
            ranks: HashMap::new(),
        };
        for word in words.split_whitespace() {
            let mut before = EDGE;
            for letter in word.chars().flat_map(char::to_lowercase).chain([EDGE]) {
                *speech.pairs.entry((before, letter)).or_default() += 1.0;
                *speech.behind.entry(before).or_default() += 1.0;
                *speech.seen.entry(letter).or_default() += 1.0;
                speech.total += 1.0;
                before = letter;
            }
        }
        for letter in letters.trim().chars() {
            let rank = speech.ranks.len();
            speech.ranks.entry(letter).or_insert(rank);
        }
        speech
    }

    /// Returns how likely this letter, a small one, is behind that, in a word. Either may be [`EDGE`].
    pub(super) fn likelihood(&self, before: char, letter: char, is_everyday: bool) -> f64 {
        // With so many letters seen behind another, what was seen behind it tells as much as what was seen at all. Of
        // thousands of letters most pairs are never seen in a list of words.
        let weight = match self.ranks.is_empty() {
            true => 6.0,
            false => 100.0,
        };
        let alone = self.alone(letter, is_everyday);
        let pairs = self.pairs.get(&(before, letter)).copied().unwrap_or(0.0);
        let behind = self.behind.get(&before).copied().unwrap_or(0.0);
        ((pairs + weight * alone) / (behind + weight)).ln()
    }

    /// Returns how likely a letter is, whatever stands before it; no logarithm.
    fn alone(&self, letter: char, is_everyday: bool) -> f64 {
        let seen = self.seen.get(&letter).copied().unwrap_or(0.0);
        if self.total == 0.0 {
            // Of the scripts that have words here others tell more.
            return match script_of(letter) {
                Some(Script::Other) => 1.0 / 80.0,
                Some(Script::Latin) => 1.0 / 300.0,
                _ => 1e-5,
            };
        }
        let script = script_of(letter).unwrap_or(self.script);
        let unseen = match script {
            Script::Han | Script::Hangul => self.of_many(letter, is_everyday),
            Script::Hiragana | Script::Katakana if self.script == Script::Han => 0.3 / 85.0,
            // Kept for old machines; every byte of many other encodings is one of these.
            Script::Halfwidth if self.script == Script::Han => 0.1 / 60.0,
            _ if script == self.script => 1.0 / 300.0,
            _ => 1e-5,
        };
        // As if this many letters had been seen that are spread as one would think without any words.
        let doubt = match self.ranks.is_empty() {
            true => 0.03 * self.total,
            false => 1.5 * self.total,
        };
        (seen + doubt * unseen) / (self.total + doubt)
    }

    /// Returns how likely one of thousands of letters is, before words are looked at; no logarithm.
    fn of_many(&self, letter: char, is_everyday: bool) -> f64 {
        // Commonness falls with the place in such lists about as this does; what is left is for the rest.
        match self.ranks.get(&letter) {
            Some(rank) => 0.22 / (*rank as f64 + 20.0),
            None if is_everyday && self.script == Script::Hangul => 1e-5,
            None if is_everyday => 5e-5,
            None => 1e-6,
        }
    }
}

/// Returns the script of a letter; `None` for what is no letter, or one that names hardly have.
pub(super) fn script_of(letter: char) -> Option<Script> {
    Some(match letter {
        'a'..='z' | 'A'..='Z' | 'ª' | 'º' => Script::Latin,
        '×' | '÷' => return None,
        '\u{c0}'..='\u{17f}' | '\u{218}'..='\u{21b}' => Script::Latin,
        '\u{1e00}'..='\u{1eff}' => Script::Latin,
        '\u{386}'..='\u{3ce}' => Script::Greek,
        '\u{401}'..='\u{45f}' | '\u{490}' | '\u{491}' => Script::Cyrillic,
        '\u{5d0}'..='\u{5ea}' => Script::Hebrew,
        '\u{620}'..='\u{6d3}' => Script::Arabic,
        // Of Armenia, and of the south and east of Asia.
        '\u{531}'..='\u{587}' | '\u{900}'..='\u{1cff}' => Script::Other,
        '\u{3041}'..='\u{309f}' => Script::Hiragana,
        '\u{30a1}'..='\u{30fa}' | '\u{30fc}'..='\u{30ff}' => Script::Katakana,
        '\u{ff66}'..='\u{ff9f}' => Script::Halfwidth,
        '\u{3005}' | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' => Script::Han,
        '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}' => Script::Han,
        '\u{ac00}'..='\u{d7a3}' => Script::Hangul,
        _ => return None,
    })
}
