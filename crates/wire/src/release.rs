//! A release of threat lists: which files belong to it, by hash and length. A signed note, the same for
//! everyone.
//!
//! ```text
//! candor-lists/1
//! version 42
//! made 1795600000
//! until 1798200000
//! description 3f1c… 5120
//! file 8a07… 31457280 c2d4… 6291456
//! delta 77e1… 8a07… 01bb… 40960
//!
//! — lists.example.org Az3grl…
//! ```
//!
//! Everything lies at `z/` and its own SHA-256 beside the note, `release`, on any web server: the
//! description (`lists.toml`) as it is, each file packed with zstd (RFC 8878), and deltas, which are files
//! packed with an older one in front of them. What is fetched is held against hash and length before it is
//! unpacked, and what was unpacked again.

use std::{collections::BTreeSet, fmt::Write, str::SplitAsciiWhitespace};

use crate::{
    note::{NoteError, Signer, Verifier},
    units::Digest,
};

/// What the note lies at, below the address of a mirror.
pub const RELEASE: &str = "release";
/// Files in a release.
pub const MOST_FILES: usize = 1000;
/// Deltas in a release.
pub const MOST_DELTAS: usize = 3000;
/// The longest description, in bytes.
pub const LONGEST_DESCRIPTION: u64 = 1 << 20;
/// The largest file, in bytes, packed or not.
pub const LARGEST: u64 = 512 << 20;
/// The largest file that a delta is made of or to, in bytes: both are held in memory.
pub const LARGEST_OF_DELTA: u64 = 128 << 20;

const FORM: &str = "candor-lists/1";

/// One thing to fetch: its SHA-256 names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Blob {
    /// The SHA-256 of its bytes.
    pub sha256: Digest,
    /// How many bytes it has.
    pub bytes: u64,
}

impl Blob {
    /// Returns where it lies, below the address of a mirror.
    #[must_use]
    pub fn path(&self) -> String {
        format!("z/{}", self.sha256)
    }
}

/// One raw list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ListFile {
    /// The list.
    pub plain: Blob,
    /// The list packed.
    pub packed: Blob,
}

/// What makes a list out of an older one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Delta {
    /// The older list.
    pub from: Digest,
    /// The list it makes: one of the release.
    pub to: Digest,
    /// What is fetched.
    pub packed: Blob,
}

/// What a publisher signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Release {
    /// Grows by each release.
    pub version: u64,
    /// When it was made, in Unix seconds.
    pub made: u64,
    /// Until when it may be the newest there is, in Unix seconds: a mirror that stands still is noticed.
    pub until: u64,
    /// `lists.toml`.
    pub description: Blob,
    /// The raw lists, sorted by their hash.
    pub files: Vec<ListFile>,
    /// The deltas to them, sorted by what they make and what they need.
    pub deltas: Vec<Delta>,
}

/// Why a release is not taken.
#[derive(Debug, thiserror::Error)]
pub enum ReleaseError {
    /// It is not signed by the publisher.
    #[error("the release is not what the publisher signed")]
    Note(#[from] NoteError),
    /// A line that has no such form.
    #[error("line {line} of the release: {why}")]
    Line {
        /// The line, from 1.
        line: usize,
        /// What is wrong.
        why: &'static str,
    },
}

impl Release {
    /// Opens a note and reads what it says.
    ///
    /// # Errors
    /// [`ReleaseError`].
    pub fn open(note: &str, publisher: &Verifier) -> Result<Self, ReleaseError> {
        Self::parse(publisher.open(note)?)
    }

    /// Signs it.
    ///
    /// # Errors
    /// [`ReleaseError`]: of a release that nobody would take.
    pub fn sign(&self, publisher: &Signer) -> Result<String, ReleaseError> {
        let text = self.text();
        Self::parse(&text)?;
        Ok(publisher.sign(&text)?)
    }

    /// Writes what is signed.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = format!(
            "{FORM}\nversion {}\nmade {}\nuntil {}\ndescription {}\n",
            self.version,
            self.made,
            self.until,
            shown(&self.description)
        );
        for file in &self.files {
            let _ = writeln!(text, "file {} {}", shown(&file.plain), shown(&file.packed));
        }
        for delta in &self.deltas {
            let packed = shown(&delta.packed);
            let _ = writeln!(text, "delta {} {} {packed}", delta.from, delta.to);
        }
        text
    }

    /// Reads what was signed. There is one form: what was read is written as it was.
    ///
    /// # Errors
    /// [`ReleaseError::Line`].
    pub fn parse(text: &str) -> Result<Self, ReleaseError> {
        let mut lines = Lines {
            lines: text.split_terminator('\n'),
            line: 0,
        };
        let mut form = lines.next("the first line must be `candor-lists/1`")?;
        form.is(FORM)?;
        form.end()?;
        let mut one = |word, why| {
            let mut line = lines.next(why)?;
            line.is(word)?;
            let number = line.number()?;
            line.end()?;
            Ok::<u64, ReleaseError>(number)
        };
        let version = one("version", "`version` is missing")?;
        let made = one("made", "`made` is missing")?;
        let until = one("until", "`until` is missing")?;
        let mut described = lines.next("`description` is missing")?;
        described.is("description")?;
        let description = described.blob(LONGEST_DESCRIPTION)?;
        described.end()?;
        if version == 0 || until <= made {
            return Err(described.wrong("a version is 1 or more, and `until` is after `made`"));
        }
        let mut release = Self {
            version,
            made,
            until,
            description,
            files: Vec::new(),
            deltas: Vec::new(),
        };
        while let Some(mut line) = lines.left() {
            release.take(&mut line)?;
        }
        match release.text() == text {
            true => Ok(release),
            false => Err(described.wrong("the text is not in its one form")),
        }
    }

    fn take(&mut self, line: &mut Line<'_>) -> Result<(), ReleaseError> {
        match line.word() {
            Some("file") if self.deltas.is_empty() && self.files.len() < MOST_FILES => {
                let file = ListFile {
                    plain: line.blob(LARGEST)?,
                    packed: line.blob(LARGEST)?,
                };
                let last = self.files.last().map(|it| it.plain.sha256);
                if last >= Some(file.plain.sha256) {
                    return Err(line.wrong("files are sorted by their hash, each once"));
                }
                self.files.push(file);
            }
            Some("delta") if self.deltas.len() < MOST_DELTAS => {
                let delta = Delta {
                    from: line.digest()?,
                    to: line.digest()?,
                    packed: line.blob(LARGEST_OF_DELTA)?,
                };
                let made = |it: &ListFile| it.plain.sha256 == delta.to;
                let file = self.files.iter().find(|it| made(it));
                if file.is_none_or(|it| it.plain.bytes > LARGEST_OF_DELTA) {
                    return Err(
                        line.wrong("a delta makes a file of the release, of 128 MiB at most")
                    );
                }
                let last = self.deltas.last().map(|it| (it.to, it.from));
                if last >= Some((delta.to, delta.from)) {
                    return Err(line.wrong("deltas are sorted by what they make, each once"));
                }
                self.deltas.push(delta);
            }
            _ => return Err(line.wrong("a `file` or, after all of them, a `delta`; or too many")),
        }
        line.end()
    }

    /// Returns every blob that belongs to it.
    #[must_use]
    pub fn blobs(&self) -> BTreeSet<Blob> {
        let files = self.files.iter().map(|it| it.packed);
        let deltas = self.deltas.iter().map(|it| it.packed);
        let all = files.chain(deltas);
        all.chain([self.description]).collect()
    }
}

fn shown(blob: &Blob) -> String {
    format!("{} {}", blob.sha256, blob.bytes)
}

struct Lines<'t> {
    lines: std::str::SplitTerminator<'t, char>,
    line: usize,
}

impl<'t> Lines<'t> {
    fn next(&mut self, missing: &'static str) -> Result<Line<'t>, ReleaseError> {
        let line = self.line + 1;
        self.left().ok_or(ReleaseError::Line { line, why: missing })
    }

    fn left(&mut self) -> Option<Line<'t>> {
        self.line += 1;
        Some(Line {
            words: self.lines.next()?.split_ascii_whitespace(),
            line: self.line,
        })
    }
}

struct Line<'t> {
    words: SplitAsciiWhitespace<'t>,
    line: usize,
}

impl<'t> Line<'t> {
    fn wrong(&self, why: &'static str) -> ReleaseError {
        ReleaseError::Line {
            line: self.line,
            why,
        }
    }

    fn word(&mut self) -> Option<&'t str> {
        self.words.next()
    }

    fn is(&mut self, word: &str) -> Result<(), ReleaseError> {
        match self.word() == Some(word) {
            true => Ok(()),
            false => Err(self.wrong("another word is expected here")),
        }
    }

    fn number(&mut self) -> Result<u64, ReleaseError> {
        let number = self.word().and_then(|it| it.parse().ok());
        number.ok_or_else(|| self.wrong("a number is expected here"))
    }

    fn digest(&mut self) -> Result<Digest, ReleaseError> {
        let digest = self.word().and_then(Digest::from_hex);
        digest.ok_or_else(|| self.wrong("a SHA-256 in lower-case hex is expected here"))
    }

    fn blob(&mut self, most: u64) -> Result<Blob, ReleaseError> {
        let blob = Blob {
            sha256: self.digest()?,
            bytes: self.number()?,
        };
        match (1..=most).contains(&blob.bytes) {
            true => Ok(blob),
            false => Err(self.wrong("empty, or larger than any that is taken")),
        }
    }

    fn end(&mut self) -> Result<(), ReleaseError> {
        match self.word() {
            None => Ok(()),
            Some(_) => Err(self.wrong("more than belongs there")),
        }
    }
}
