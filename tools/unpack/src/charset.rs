//! In which letters the names of an archive are written.
//!
//! Most old formats do not say. All names of one archive are written alike, so it is guessed once, from all of them
//! together: by what browsers use for pages that do not say (chardetng), and by two encodings of old systems that pages
//! never had, counted by how well letters stand beside letters.

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Encoding, MACINTOSH};

/// How names are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Charset {
    /// As UTF-8, whether the archive says so or not.
    Utf8,
    /// As an encoding of the web.
    Of(&'static Encoding),
    /// As DOS wrote in the west.
    Cp437,
}

/// The upper half of code page 437.
///
/// Source: Unicode, MAPPINGS/VENDORS/MICSFT/PC/CP437.TXT.
const CP437: &str = "ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u{a0}";

/// The names of one archive, to guess from.
#[derive(Default)]
pub struct Names {
    /// Those that are no UTF-8, and that the archive does not say are, one a line.
    text: Vec<u8>,
}

impl Names {
    /// Takes a name in. One that is UTF-8 tells nothing of the others.
    pub fn add(&mut self, name: &[u8]) {
        // So many tell as much as all.
        const ENOUGH: usize = 64 << 10;
        if std::str::from_utf8(name).is_err() && self.text.len() < ENOUGH {
            self.text.extend_from_slice(name);
            self.text.push(b'\n');
        }
    }

    /// Returns what they are most likely written in.
    #[must_use]
    pub fn charset(&self) -> Charset {
        if self.text.is_empty() {
            return Charset::Utf8;
        }
        let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
        detector.feed(&self.text, true);
        let guess = Charset::Of(detector.guess(None, Utf8Detection::Deny));
        let others = [Charset::Cp437, Charset::Of(MACINTOSH)];
        let score = |charset: Charset| likelihood(&charset.read(&self.text));
        let mut best = (guess, score(guess));
        for other in others {
            let of_other = score(other);
            if of_other > best.1 {
                best = (other, of_other);
            }
        }
        best.0
    }
}

impl Charset {
    /// Returns the charset of this name, as `iconv -l` and the web have them; `None` for one that is not known.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        match name.to_ascii_lowercase().as_str() {
            "cp437" | "ibm437" | "437" => Some(Self::Cp437),
            other => match Encoding::for_label(other.as_bytes())? {
                encoding if encoding == encoding_rs::UTF_8 => Some(Self::Utf8),
                encoding => Some(Self::Of(encoding)),
            },
        }
    }

    /// Returns its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Utf8 => "UTF-8",
            Self::Of(encoding) => encoding.name(),
            Self::Cp437 => "CP437",
        }
    }

    /// Returns a name as text. What is none in this charset becomes U+FFFD.
    #[must_use]
    pub fn read(self, name: &[u8]) -> String {
        match self {
            Self::Utf8 => String::from_utf8_lossy(name).into_owned(),
            Self::Of(encoding) => encoding.decode_without_bom_handling(name).0.into_owned(),
            Self::Cp437 => {
                let upper: Vec<char> = CP437.chars().collect();
                let letter = |byte: &u8| match byte {
                    0x80.. => upper
                        .get(usize::from(byte - 0x80))
                        .copied()
                        .unwrap_or('\u{fffd}'),
                    ascii => char::from(*ascii),
                };
                name.iter().map(letter).collect()
            }
        }
    }
}

/// Counts how much text looks like names: letters beyond ASCII that stand beside letters count for it, signs and what
/// cannot be read against.
fn likelihood(text: &str) -> i64 {
    let letters: Vec<char> = text.chars().collect();
    let mut sum = 0;
    for (at, letter) in letters.iter().enumerate() {
        if letter.is_ascii() {
            continue;
        }
        let beside = |by: isize| at.checked_add_signed(by).and_then(|it| letters.get(it));
        let is_word = [beside(-1), beside(1)]
            .into_iter()
            .flatten()
            .any(|it| it.is_alphabetic());
        // A capital behind a small letter, or a change of script, is rare in a word.
        let is_odd = beside(-1).is_some_and(|before| {
            before.is_lowercase() && letter.is_uppercase()
                || before.is_alphabetic() && before.is_ascii() != is_latin(*letter)
        });
        sum += match () {
            () if *letter == '\u{fffd}' || letter.is_control() => -6,
            () if !letter.is_alphanumeric() => -2,
            () if is_odd => -1,
            () if is_word => 2,
            () => 1,
        };
    }
    sum
}

/// Whether a letter beyond ASCII is of the Latin script, as far as names of old archives have them.
fn is_latin(letter: char) -> bool {
    letter.is_ascii() || matches!(letter, '\u{c0}'..='\u{24f}' | '\u{1e00}'..='\u{1eff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn guessed(encoding: &str, names: &[&str]) -> &'static str {
        let charset = Charset::named(encoding).unwrap();
        let mut all = Names::default();
        for name in names {
            let bytes = match charset {
                Charset::Of(encoding) => encoding.encode(name).0.into_owned(),
                Charset::Utf8 => name.as_bytes().to_vec(),
                Charset::Cp437 => {
                    let byte = |it: char| match it.is_ascii() {
                        true => it as u8,
                        false => 0x80 + CP437.chars().position(|of| of == it).unwrap() as u8,
                    };
                    name.chars().map(byte).collect()
                }
            };
            all.add(&bytes);
            assert_eq!(charset.read(&bytes), *name);
        }
        all.charset().name()
    }

    #[test]
    fn names_are_read_in_the_letters_they_were_written_in() {
        for (encoding, names) in [
            ("Shift_JIS", &["日本語の文書.txt", "写真/夏休み.jpg"][..]),
            ("EUC-KR", &["한국어 문서.hwp", "사진/여름.jpg"]),
            ("GBK", &["简体中文文件.txt", "照片/夏天.jpg"]),
            ("Big5", &["繁體中文檔案.txt", "照片/夏天.jpg"]),
            ("windows-1251", &["Документы.doc", "Фотографии/лето.jpg"]),
            ("IBM866", &["Документы.doc", "Фотографии/лето.jpg"]),
            ("KOI8-R", &["Документы.doc", "Фотографии/лето.jpg"]),
            ("windows-1252", &["Große Übung.txt", "Été à la mer.jpg"]),
            ("cp437", &["Große Übung.txt", "Äpfel und Öl.jpg"]),
            ("macintosh", &["Große Übung.txt", "Été à la mer.jpg"]),
            ("UTF-8", &["Große Übung.txt", "日本語.txt"]),
        ] {
            let found = guessed(encoding, names);
            let is_it = found == encoding
                || found == Charset::named(encoding).unwrap().name()
                || encoding == "KOI8-R" && found == "KOI8-U";
            assert!(is_it, "{encoding} was taken for {found}");
        }
    }

    #[test]
    fn what_is_utf_8_tells_nothing_of_the_others() {
        let mut names = Names::default();
        names.add("größe.txt".as_bytes());
        assert_eq!(names.charset(), Charset::Utf8);
        names.add(b"gr\x94\xe1e.txt");
        assert_eq!(names.charset(), Charset::Cp437);
        assert_eq!(CP437.chars().count(), 128);
    }

    #[test]
    fn a_charset_that_is_not_known_is_none() {
        assert_eq!(Charset::named("cp4711"), None);
        assert_eq!(
            Charset::named("latin1").map(Charset::name),
            Some("windows-1252")
        );
    }
}
