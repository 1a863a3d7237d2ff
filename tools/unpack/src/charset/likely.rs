//! How likely a text is in a language: the letters of its words, their cases, and what else stands in names.
//!
//! All likelihoods are natural logarithms.

use encoding_rs::{BIG5, EUC_JP, EUC_KR, Encoding, GBK, SHIFT_JIS};

use super::{
    Charset,
    speech::{EDGE, Script, Speech, script_of},
};

// What is no matter of language.

/// Any of ASCII, behind any of ASCII.
const OF_ASCII: f64 = -3.2;
/// One sign of ASCII of those that stand behind words.
const OF_SIGNS: f64 = -2.0;
/// A letter of another script within a word.
const MIXED: f64 = -7.0;
/// A letter of ASCII beside one of those scripts that part no words.
const MIXED_UNPARTED: f64 = -3.0;
/// Quotes, dashes and the like.
const SIGN: f64 = -8.0;
/// Signs that names hardly have: lines, blocks, mathematics.
const RARE_SIGN: f64 = -13.0;
/// What is no text.
const NO_TEXT: f64 = -18.0;

/// Returns how likely this text, that bytes make in a charset, is in a language.
pub(super) fn likelihood(text: &str, charset: Charset, speech: &Speech) -> f64 {
    // A name in capitals has one behind another; else one begins a word.
    let mut sum = 0.0;
    let (mut before, mut second) = (EDGE, EDGE);
    for letter in text.chars() {
        sum += match (letter.is_ascii(), before.is_ascii()) {
            (true, true) => OF_ASCII,
            _ => one(letter, before, charset, speech) + case(letter, before, second),
        };
        (second, before) = (before, letter);
    }
    if !before.is_ascii() && script_of(before).is_some() {
        sum += speech.likelihood(small(before), EDGE, true);
    }
    sum
}

/// Returns how likely a letter is behind another, of which one at least is beyond ASCII.
fn one(letter: char, before: char, charset: Charset, speech: &Speech) -> f64 {
    let (script, last) = (script_of(letter), script_of(before));
    let Some(script) = script else {
        return match (letter.is_ascii(), last) {
            (true, Some(_)) => speech.likelihood(small(before), EDGE, true) + OF_SIGNS,
            (true, None) => OF_ASCII,
            (false, _) => sign(letter),
        };
    };
    let is_everyday = is_everyday(letter, charset);
    match last {
        None => speech.likelihood(EDGE, small(letter), is_everyday),
        Some(last) if is_one_word(script, last) => {
            speech.likelihood(small(before), small(letter), is_everyday)
        }
        Some(last) => {
            let cost = match is_parted(script) && is_parted(last) {
                true => MIXED,
                false => MIXED_UNPARTED,
            };
            cost + match letter.is_ascii() {
                true => OF_ASCII,
                false => speech.likelihood(EDGE, small(letter), is_everyday),
            }
        }
    }
}

/// Returns how likely a sign beyond ASCII is.
fn sign(sign: char) -> f64 {
    match sign {
        '\u{fffd}' => NO_TEXT,
        '«'
        | '»'
        | '°'
        | 'º'
        | '©'
        | '®'
        | '§'
        | '·'
        | '¿'
        | '¡'
        | '´'
        | '\u{2013}'..='\u{201e}'
        | '…'
        | '€'
        | '№'
        | '\u{3001}'..='\u{3011}'
        | '・'
        | '\u{ff01}'..='\u{ff5e}' => SIGN,
        '\u{1f000}'..='\u{1ffff}' => RARE_SIGN,
        other
            if other.is_control()
                || other >= '\u{10000}'
                || matches!(other, '\u{e000}'..='\u{f8ff}') =>
        {
            NO_TEXT
        }
        _ => RARE_SIGN,
    }
}

/// Returns how likely a letter has the case it has, by the two before.
fn case(letter: char, before: char, second: char) -> f64 {
    match (letter.is_uppercase(), letter.is_lowercase()) {
        (true, _) if before.is_lowercase() => -7.0,
        (true, _) if before.is_uppercase() => -0.7,
        (true, _) => -1.0,
        (_, true) if before.is_uppercase() && second.is_uppercase() => -5.0,
        (_, true) if before.is_uppercase() => -0.5,
        (_, true) if before.is_lowercase() => 0.0,
        (_, true) => -0.7,
        _ => 0.0,
    }
}

/// Whether letters of these scripts make one word.
fn is_one_word(one: Script, other: Script) -> bool {
    one == other || !is_parted(one) && !is_parted(other)
}

/// Whether words of this script are parted from others by spaces.
fn is_parted(script: Script) -> bool {
    use Script::{Halfwidth, Han, Hangul, Hiragana, Katakana};

    !matches!(script, Hiragana | Katakana | Halfwidth | Han | Hangul)
}

/// Whether a letter is among the few thousand that its charset puts first, or is of those that have no such order.
///
/// Source: JIS X 0208 level 1, GB 2312 level 1, Big5 level 1, KS X 1001 Hangul.
fn is_everyday(letter: char, charset: Charset) -> bool {
    let Charset::Of(encoding) = charset else {
        return letter <= '\u{ffff}' && !('\u{3400}'..='\u{4dbf}').contains(&letter);
    };
    let is_ordered: fn(u8, u8) -> bool = match encoding {
        it if it == GBK => |lead, trail| (0xb0..=0xd7).contains(&lead) && trail >= 0xa1,
        it if it == EUC_KR => |lead, trail| (0xb0..=0xc8).contains(&lead) && trail >= 0xa1,
        it if it == BIG5 => |lead, _| (0xa4..=0xc6).contains(&lead),
        it if it == SHIFT_JIS => |lead, _| (0x88..=0x97).contains(&lead),
        it if it == EUC_JP => |lead, _| (0xb0..=0xcf).contains(&lead),
        _ => return true,
    };
    place(letter, encoding).is_none_or(|(lead, trail)| is_ordered(lead, trail))
}

/// Returns the two bytes that this is in an encoding, if it is two.
fn place(letter: char, encoding: &'static Encoding) -> Option<(u8, u8)> {
    let mut buffer = [0; 4];
    let text = letter.encode_utf8(&mut buffer);
    match *encoding.encode(text).0 {
        [lead, trail] => Some((lead, trail)),
        _ => None,
    }
}

/// Returns a letter as a small one.
fn small(letter: char) -> char {
    letter.to_lowercase().next().unwrap_or(letter)
}
