//! Names of an archive to paths below one folder: nothing points out of it, and no two are one file to any file system.

use std::collections::{BTreeSet, HashSet};

use serde::Serialize;
use unicode_normalization::UnicodeNormalization as _;

/// The longest part of a path that file systems hold, in bytes.
///
/// Source: Linux, include/uapi/linux/limits.h, `NAME_MAX`; the same on APFS and HFS+, in UTF-8.
const LONGEST: usize = 255;

/// Where an entry goes: parts of a path below the folder, each a plain name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Parts(Vec<String>);

/// What was changed in a name, and said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Change {
    /// It pointed out of the folder: `..`, a path from the root, a drive.
    Outside,
    /// It held characters that write to terminals, or none that a file system holds.
    Characters,
    /// A part of it was longer than file systems hold.
    Long,
    /// Another entry has the same name, to some file systems at least.
    Taken,
    /// The archive says other things of it elsewhere: others may unpack something else.
    Disputed,
}

/// Whether a stroke to the left parts a name as well, as Windows writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Strokes {
    /// Only `/` does.
    Forward,
    /// `\` does as well.
    Both,
}

impl Parts {
    /// Returns the parts of a name, and what had to be changed in it. Without parts it is the folder itself.
    #[must_use]
    pub fn of(name: &str, strokes: Strokes) -> (Self, BTreeSet<Change>) {
        let mut changes = BTreeSet::new();
        let is_stroke = |it: char| it == '/' || it == '\\' && strokes == Strokes::Both;
        if name.starts_with(is_stroke) {
            changes.insert(Change::Outside);
        }
        let mut parts = Vec::new();
        for (at, part) in name.split(is_stroke).enumerate() {
            let is_drive = at == 0
                && strokes == Strokes::Both
                && part.len() == 2
                && part.ends_with(':')
                && part.starts_with(|it: char| it.is_ascii_alphabetic());
            match part {
                "" | "." => {}
                ".." => drop(changes.insert(Change::Outside)),
                _ if is_drive => drop(changes.insert(Change::Outside)),
                part => parts.push(plain(part, &mut changes)),
            }
        }
        (Self(parts), changes)
    }

    /// Returns the parts, the outermost folder first.
    #[must_use]
    pub fn names(&self) -> &[String] {
        &self.0
    }

    /// Returns what is below so many of the outermost folders.
    pub(crate) fn below(mut self, folders: usize) -> Self {
        self.0.drain(..folders.min(self.0.len()));
        self
    }
}

/// Adds what a file system that minds neither case nor composition takes a name for.
pub(crate) fn fold(name: &str, into: &mut String) {
    if name.is_ascii() {
        into.extend(name.bytes().map(|it| char::from(it.to_ascii_lowercase())));
        return;
    }
    // By the large letters, so that `ß` is `ss`, as it is to some.
    let large = name.nfd().flat_map(char::to_uppercase);
    let folded: String = large.flat_map(char::to_lowercase).collect();
    into.extend(folded.nfc());
}

/// Returns a part of a name without what writes to terminals, and not too long.
fn plain(part: &str, changes: &mut BTreeSet<Change>) -> String {
    let is_wrong = |it: char| it.is_control() || it == '/' || is_direction(it);
    let mut plain = part.to_owned();
    if part.contains(is_wrong) {
        changes.insert(Change::Characters);
        plain = part.replace(is_wrong, "_");
    }
    if plain.len() > LONGEST {
        changes.insert(Change::Long);
        plain = shortened(&plain, "");
    }
    plain
}

/// Marks that turn the direction of what follows: with them `gpj.exe` looks like `exe.jpg`.
///
/// Source: Unicode UAX #9; CVE-2021-42574.
fn is_direction(letter: char) -> bool {
    matches!(letter, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Returns a name of at most [`LONGEST`] bytes that keeps its ending, with a mark before it.
fn shortened(name: &str, mark: &str) -> String {
    let (stem, ending) = split(name);
    let ending = if ending.len() > 32 { "" } else { ending };
    let stem = if ending.is_empty() { name } else { stem };
    let most = LONGEST - mark.len() - ending.len();
    let mut end = stem.len().min(most);
    while !stem.is_char_boundary(end) {
        end -= 1;
    }
    format!("{}{mark}{ending}", &stem[..end])
}

/// Splits a name before its last dot; one that begins with its only dot has no ending.
fn split(name: &str) -> (&str, &str) {
    match name.rfind('.') {
        Some(at) if at > 0 => name.split_at(at),
        _ => (name, ""),
    }
}

/// Every path that is taken, by what the least of file systems tells apart.
#[derive(Debug, Default)]
pub struct Taken {
    files: HashSet<String>,
    folders: HashSet<String>,
}

impl Taken {
    /// Takes a path for a folder, with all above it. Folders of one name are one folder, but where a file has that name.
    #[must_use]
    pub fn folder(&mut self, parts: Parts) -> (Parts, BTreeSet<Change>) {
        self.take(parts, true)
    }

    /// Takes a path for a file, under another name where it is taken: `name (2).txt`.
    #[must_use]
    pub fn file(&mut self, parts: Parts) -> (Parts, BTreeSet<Change>) {
        self.take(parts, false)
    }

    fn take(&mut self, parts: Parts, is_folder: bool) -> (Parts, BTreeSet<Change>) {
        let mut changes = BTreeSet::new();
        let mut free = Vec::with_capacity(parts.0.len());
        let mut key = String::new();
        let last = parts.0.len();
        for (at, part) in parts.0.into_iter().enumerate() {
            let is_above = is_folder || at + 1 < last;
            let above = key.len();
            let mut name = part.clone();
            let mut number = 1_u32;
            loop {
                key.truncate(above);
                key.push('/');
                fold(&name, &mut key);
                if !self.is_taken(&key, is_above) {
                    break;
                }
                changes.insert(Change::Taken);
                number += 1;
                name = numbered(&part, number);
            }
            let taken = match is_above {
                true => &mut self.folders,
                false => &mut self.files,
            };
            if !taken.contains(&key) {
                taken.insert(key.clone());
            }
            free.push(name);
        }
        (Parts(free), changes)
    }

    fn is_taken(&self, key: &str, for_folder: bool) -> bool {
        self.files.contains(key) || !for_folder && self.folders.contains(key)
    }
}

/// Returns `name (2).txt` of `name.txt`.
fn numbered(name: &str, number: u32) -> String {
    let (stem, ending) = split(name);
    let mark = format!(" ({number})");
    let numbered = format!("{stem}{mark}{ending}");
    match numbered.len() <= LONGEST {
        true => numbered,
        false => shortened(name, &mark),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(name: &str, strokes: Strokes) -> (String, Vec<Change>) {
        let (parts, changes) = Parts::of(name, strokes);
        (parts.names().join("/"), changes.into_iter().collect())
    }

    #[test]
    fn no_name_points_out_of_the_folder() {
        use Strokes::{Both, Forward};
        for (name, strokes, path, changed) in [
            ("a/b.txt", Forward, "a/b.txt", false),
            ("./a//b/", Forward, "a/b", false),
            ("../../etc/passwd", Forward, "etc/passwd", true),
            ("/etc/passwd", Forward, "etc/passwd", true),
            ("a/../../b", Forward, "a/b", true),
            ("..", Forward, "", true),
            ("./", Forward, "", false),
            ("..\\..\\x", Forward, "..\\..\\x", false),
            ("..\\..\\x", Both, "x", true),
            ("C:\\Windows\\x", Both, "Windows/x", true),
            ("\\\\server\\share\\x", Both, "server/share/x", true),
            ("c:x", Both, "c:x", false),
        ] {
            let (parts, changes) = of(name, strokes);
            assert_eq!(parts, path, "{name}");
            assert_eq!(changes.contains(&Change::Outside), changed, "{name}");
        }
    }

    #[test]
    fn what_writes_to_a_terminal_or_turns_its_direction_is_taken_out() {
        for (name, path) in [
            ("a\u{1b}]0;x\u{7}b", "a_]0;x_b"),
            ("line\nbreak", "line_break"),
            ("nul\0byte", "nul_byte"),
            ("cod\u{202e}gpj.exe", "cod_gpj.exe"),
        ] {
            assert_eq!(
                of(name, Strokes::Forward),
                (path.to_owned(), vec![Change::Characters])
            );
        }
    }

    #[test]
    fn a_long_name_keeps_its_ending() {
        let (path, changes) = of(&format!("{}.tar.gz", "ä".repeat(200)), Strokes::Forward);
        assert!(path.len() <= LONGEST && path.ends_with("ä.gz"), "{path}");
        assert_eq!(changes, [Change::Long]);
        let (path, _) = of(&"x".repeat(300), Strokes::Forward);
        assert_eq!(path.len(), LONGEST);
    }

    #[test]
    fn no_two_entries_are_one_file_to_any_file_system() {
        let mut taken = Taken::default();
        let mut place = |name: &str| {
            let (parts, _) = Parts::of(name, Strokes::Forward);
            let (parts, changes) = match name.ends_with('/') {
                true => taken.folder(parts),
                false => taken.file(parts),
            };
            (parts.names().join("/"), !changes.is_empty())
        };
        for (name, path, is_renamed) in [
            ("a/b.txt", "a/b.txt", false),
            ("a/b.txt", "a/b (2).txt", true),
            ("A/B.TXT", "A/B (3).TXT", true),
            ("a/", "a", false),
            ("a", "a (2)", true),
            ("caf\u{e9}", "caf\u{e9}", false),
            ("cafe\u{301}", "cafe\u{301} (2)", true),
            ("stra\u{df}e", "stra\u{df}e", false),
            ("STRASSE", "STRASSE (2)", true),
            ("file", "file", false),
            ("file/inside", "file (2)/inside", true),
            ("file/again", "file (2)/again", true),
            (".hidden", ".hidden", false),
            (".hidden", ".hidden (2)", true),
        ] {
            assert_eq!(place(name), (path.to_owned(), is_renamed), "{name}");
        }
    }
}
