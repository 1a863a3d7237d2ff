//! In which letters the names of an archive are written.
//!
//! Most old formats do not say. All names of one archive are written alike, so it is guessed once, from all of them
//! together: each encoding that old systems wrote is tried, and the one under which the names look most like a language
//! that was written in it is taken. What browsers use for pages that do not say (chardetng) has one voice among others.

mod dos;
mod guess;
mod likely;
mod speech;
mod whole;

use encoding_rs::Encoding;

pub use guess::Names;
pub(crate) use whole::charset_of;

/// How names are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Charset {
    /// As UTF-8, whether the archive says so or not.
    Utf8,
    /// As an encoding of the web.
    Of(&'static Encoding),
    /// As DOS wrote in the United States.
    Cp437,
    /// As DOS wrote in the west of Europe.
    Cp850,
}

impl Charset {
    /// Returns the charset of this name, as `iconv -l` and the web have them; `None` for one that is not known.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        match name.to_ascii_lowercase().as_str() {
            "cp437" | "ibm437" | "437" => Some(Self::Cp437),
            "cp850" | "ibm850" | "850" => Some(Self::Cp850),
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
            Self::Cp850 => "CP850",
        }
    }

    /// Returns a name as text, all of it in this charset. What is none in it becomes U+FFFD.
    #[must_use]
    pub fn read(self, name: &[u8]) -> String {
        match self {
            Self::Utf8 => String::from_utf8_lossy(name).into_owned(),
            Self::Of(encoding) => encoding.decode_without_bom_handling(name).0.into_owned(),
            Self::Cp437 => dos::read(name, &dos::CP437),
            Self::Cp850 => dos::read(name, &dos::CP850),
        }
    }

    /// Returns a name of an archive in this charset as text.
    ///
    /// Names that are UTF-8 stand among others in archives that were added to later, so one that is UTF-8 is read as
    /// that; except a short one that is so by chance, and looks more like a word in this charset.
    #[must_use]
    pub fn read_one(self, name: &[u8]) -> String {
        match std::str::from_utf8(name) {
            Ok(text) if self == Self::Utf8 || !guess::is_by_chance(text, self) => text.to_owned(),
            _ => self.read(name),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn guessed(encoding: &str, names: &[&str]) -> &'static str {
        let charset = Charset::named(encoding).unwrap();
        let mut all = Names::default();
        for name in names {
            let byte = |it: char, upper: &[char; 128]| match it.is_ascii() {
                true => it as u8,
                false => 0x80 + upper.iter().position(|of| *of == it).unwrap() as u8,
            };
            let bytes: Vec<u8> = match charset {
                Charset::Of(encoding) => encoding.encode(name).0.into_owned(),
                Charset::Utf8 => name.as_bytes().to_vec(),
                Charset::Cp437 => name.chars().map(|it| byte(it, &dos::CP437)).collect(),
                Charset::Cp850 => name.chars().map(|it| byte(it, &dos::CP850)).collect(),
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
