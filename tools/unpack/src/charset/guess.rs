//! The guess: which encoding the names of one archive are in.
//!
//! A name of bytes is as likely in an encoding as the text that it makes there is in a language written in it: the sum
//! over its letters of how likely each is behind the one before. These sums can be held against each other, as they are
//! all of the same bytes. What is ASCII under every encoding says nothing and costs the same under each.

use std::{collections::HashSet, sync::LazyLock};

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{
    BIG5, EUC_JP, EUC_KR, GBK, IBM866, ISO_8859_2, KOI8_U, MACINTOSH, SHIFT_JIS, WINDOWS_1250,
    WINDOWS_1251, WINDOWS_1252, WINDOWS_1253, WINDOWS_1255, WINDOWS_1256, X_MAC_CYRILLIC,
};

use super::{
    Charset,
    likely::likelihood,
    speech::{self, Speech},
};

/// So many bytes of names tell as much as all, and bound the work: each is read a few dozen times.
const ENOUGH: usize = 8 << 10;
/// So many bytes of one name.
const ENOUGH_OF_ONE: usize = 1 << 10;
/// UTF-8 with no more letters than this may be none.
const BY_CHANCE: usize = 4;

// As natural logarithms, like all likelihoods here.
/// What chardetng takes the names for has so much for it.
const VOICE: f64 = 2.0;
/// UTF-8 has so much for it, as it is far more common than names that are so by chance …
const UTF_8: f64 = 8.0;
/// … but so much against it where the names around are in another.
const AMONG_OTHERS: f64 = -6.0;

type Spoken = LazyLock<Speech>;

/// The languages of the west of Europe.
static WEST: [&Spoken; 6] = [
    &speech::GERMAN,
    &speech::FRENCH,
    &speech::SPANISH,
    &speech::PORTUGUESE,
    &speech::ITALIAN,
    &speech::NORDIC,
];
static MIDDLE: [&Spoken; 4] = [
    &speech::POLISH,
    &speech::CZECH,
    &speech::HUNGARIAN,
    &speech::GERMAN,
];
static EAST: [&Spoken; 2] = [&speech::RUSSIAN, &speech::UKRAINIAN];
/// All that UTF-8 may be, known and unknown.
static ALL: [&Spoken; 19] = [
    &speech::GERMAN,
    &speech::FRENCH,
    &speech::SPANISH,
    &speech::PORTUGUESE,
    &speech::ITALIAN,
    &speech::NORDIC,
    &speech::POLISH,
    &speech::CZECH,
    &speech::HUNGARIAN,
    &speech::RUSSIAN,
    &speech::UKRAINIAN,
    &speech::GREEK,
    &speech::HEBREW,
    &speech::ARABIC,
    &speech::JAPANESE,
    &speech::SIMPLIFIED,
    &speech::TRADITIONAL,
    &speech::KOREAN,
    &speech::ANY,
];

/// What is tried: an encoding, what is written in it, and how much rarer it is than others.
static TRIED: [(Charset, &[&Spoken], f64); 18] = [
    (Charset::Of(SHIFT_JIS), &[&speech::JAPANESE], 0.0),
    (Charset::Of(GBK), &[&speech::SIMPLIFIED], 0.0),
    (Charset::Of(BIG5), &[&speech::TRADITIONAL], 0.0),
    (Charset::Of(EUC_KR), &[&speech::KOREAN], 0.0),
    (Charset::Of(EUC_JP), &[&speech::JAPANESE], -1.0),
    (Charset::Of(WINDOWS_1252), &WEST, 0.0),
    (Charset::Cp437, &WEST, 0.0),
    (Charset::Cp850, &WEST, -0.5),
    (Charset::Of(MACINTOSH), &WEST, -1.0),
    (Charset::Of(WINDOWS_1251), &EAST, 0.0),
    (Charset::Of(IBM866), &EAST, 0.0),
    (Charset::Of(KOI8_U), &EAST, -1.0),
    (Charset::Of(X_MAC_CYRILLIC), &EAST, -4.0),
    (Charset::Of(WINDOWS_1250), &MIDDLE, -1.0),
    (Charset::Of(ISO_8859_2), &MIDDLE, -3.0),
    (Charset::Of(WINDOWS_1253), &[&speech::GREEK], -1.0),
    (Charset::Of(WINDOWS_1255), &[&speech::HEBREW], -1.0),
    (Charset::Of(WINDOWS_1256), &[&speech::ARABIC], -1.0),
];

/// The names of one archive, to guess from.
#[derive(Default)]
pub struct Names {
    /// Parts of those that are no UTF-8, and that the archive does not say are. A folder that many names begin with
    /// counts once: else it would outvote all of them.
    parts: HashSet<Vec<u8>>,
    bytes: usize,
    /// Those that are UTF-8, if only by chance.
    doubtful: Vec<u8>,
    /// Whether others are for certain.
    is_utf8: bool,
}

impl Names {
    /// Takes a name in. One that is UTF-8 tells nothing of the others.
    pub fn add(&mut self, name: &[u8]) {
        if let Ok(text) = std::str::from_utf8(name) {
            self.is_utf8 |= !text.is_ascii() && !is_doubtful(text);
            if is_doubtful(text) && self.doubtful.len() < ENOUGH {
                self.doubtful.extend_from_slice(text.as_bytes());
                self.doubtful.push(b'/');
            }
            return;
        }
        let name = &name[..name.len().min(ENOUGH_OF_ONE)];
        for part in name.split(|it| *it == b'/') {
            if !part.is_ascii() && self.bytes < ENOUGH && !self.parts.contains(part) {
                self.bytes += part.len();
                self.parts.insert(part.to_owned());
            }
        }
    }

    /// Returns what they are most likely written in.
    #[must_use]
    pub fn charset(&self) -> Charset {
        if !self.parts.is_empty() {
            // In an order that does not change from run to run: sums of fractions depend on it.
            let mut parts: Vec<&[u8]> = self.parts.iter().map(Vec::as_slice).collect();
            parts.sort_unstable();
            return best(&parts).0;
        }
        let text = std::str::from_utf8(&self.doubtful).unwrap_or_default();
        if self.is_utf8 || !is_doubtful(text) {
            return Charset::Utf8;
        }
        let parts: Vec<&[u8]> = text.split('/').map(str::as_bytes).collect();
        let (charset, score) = best(&parts);
        match score > of_charset(&parts, Charset::Utf8, &ALL) + UTF_8 {
            true => charset,
            false => Charset::Utf8,
        }
    }
}

/// Whether a name that is UTF-8 is so by chance alone: it is more likely text in this charset.
pub(super) fn is_by_chance(text: &str, charset: Charset) -> bool {
    let spoken = TRIED.iter().find(|it| it.0 == charset);
    spoken.is_some_and(|(_, spoken, _)| {
        let parts: Vec<&[u8]> = text.split('/').map(str::as_bytes).collect();
        is_doubtful(text)
            && of_charset(&parts, charset, spoken)
                > of_charset(&parts, Charset::Utf8, &ALL) + AMONG_OTHERS
    })
}

/// Whether text has so few letters beyond ASCII that its being UTF-8 may be chance.
fn is_doubtful(text: &str) -> bool {
    let beyond = text.chars().filter(|it| !it.is_ascii()).count();
    text.len() < ENOUGH_OF_ONE && (1..=BY_CHANCE).contains(&beyond)
}

/// Returns the best charset for these parts of names, and how likely they are in it.
fn best(parts: &[&[u8]]) -> (Charset, f64) {
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    detector.feed(&parts.join(&b'\n'), true);
    let voice = Charset::Of(detector.guess(None, Utf8Detection::Deny));
    let voted = |charset: Charset| match charset == voice {
        true => VOICE,
        false => 0.0,
    };
    // Where it hears one that is not tried, nothing is known of the language.
    let mut best = (voice, of_charset(parts, voice, &[&speech::ANY]));
    if TRIED.iter().any(|it| it.0 == voice) {
        best.1 = f64::NEG_INFINITY;
    }
    for (charset, spoken, rarity) in &TRIED {
        let score = of_charset(parts, *charset, spoken) + rarity + voted(*charset);
        if score > best.1 {
            best = (*charset, score);
        }
    }
    best
}

/// Returns how likely these are in this charset, and in that of these languages in which they are most likely.
fn of_charset(parts: &[&[u8]], charset: Charset, spoken: &[&Spoken]) -> f64 {
    let texts: Vec<String> = parts.iter().map(|it| charset.read(it)).collect();
    let of_speech = |speech: &&Spoken| {
        let each = texts.iter().map(|it| likelihood(it, charset, speech));
        each.sum::<f64>()
    };
    let all = spoken.iter().map(of_speech);
    all.fold(f64::NEG_INFINITY, f64::max)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_that_many_names_begin_with_counts_once() {
        let mut names = Names::default();
        for number in 0..10_000 {
            names.add(&[b"gr\xfcn/".as_slice(), number.to_string().as_bytes()].concat());
        }
        assert_eq!(names.parts.len(), 1);
        assert_eq!(names.charset(), Charset::Of(WINDOWS_1252));
    }

    #[test]
    fn names_without_end_are_not_all_looked_at() {
        let mut names = Names::default();
        let long: Vec<u8> = (0..1 << 20).map(|it| (it % 127) as u8 | 0x80).collect();
        for number in 0..100_u32 {
            names.add(&[&number.to_le_bytes(), b"\xff".as_slice(), &long].concat());
        }
        assert!(names.bytes < ENOUGH + ENOUGH_OF_ONE);
        // Any will do, if only it comes at once.
        let _ = names.charset();
    }

    #[test]
    fn a_word_that_is_utf_8_by_chance_is_read_like_those_around_it() {
        let name = GBK.encode("爷爷").0;
        assert!(std::str::from_utf8(&name).is_ok());
        assert_eq!(Charset::Of(GBK).read_one(&name), "爷爷");
        // What was added by a newer system is not by chance.
        for name in ["été.txt", "café", "写真", "ไทย"] {
            for charset in [Charset::Cp437, Charset::Of(GBK), Charset::Of(WINDOWS_1251)] {
                assert_eq!(charset.read_one(name.as_bytes()), name);
            }
            let mut names = Names::default();
            names.add(name.as_bytes());
            assert_eq!(names.charset(), Charset::Utf8, "{name}");
        }
    }
}
