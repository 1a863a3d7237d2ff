//! The look itself: archives in, an outcome out.

use std::{
    ffi::OsStr,
    fmt,
    fs::File,
    io::{self, Read, Seek, SeekFrom},
    path::{Path, PathBuf},
};

use formats::{
    archive::{
        self, ArchiveError, Budget, Entry, EntryKind, Exceeded, Kind, Limits, Next, Unreadable,
        Visitor, visit_parts,
    },
    file,
};
use serde::{Deserialize, Serialize};
use tool::{Bytes, Lists, Outcome, PathText, Skipped, Why, pass::Watch};
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::{
    charset::{Charset, Names},
    names::{Parts, Strokes},
    unpacked::{stem, strokes},
    wanted::{Wanted, Wish},
    words,
};

/// What a person asks of archives.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Asked {
    /// The archives, each by its parts in their order.
    pub archives: Vec<Vec<PathText>>,
    /// Whether every byte is read and held against the sums that are kept of it, or only what lists need.
    pub test: bool,
    /// The password, if the person gave one.
    pub password: Option<Password>,
    /// The charset of names, if the person named one.
    pub charset: Option<String>,
    /// Which entries are looked at.
    pub wish: Wish,
}

/// A password. It is overwritten when it is let go, and never shown.
#[derive(Clone, Serialize, Deserialize, Zeroize, ZeroizeOnDrop)]
#[serde(transparent)]
pub struct Password(pub String);

impl fmt::Debug for Password {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Password(…)")
    }
}

/// One archive, as it was found.
#[derive(Debug, Serialize)]
pub(crate) struct Archive {
    pub(crate) path: PathText,
    /// Its formats from the outside in: `["gzip", "tar"]`. Empty where it is none.
    pub(crate) formats: Vec<&'static str>,
    /// In which letters names are written that do not say it.
    pub(crate) charset: &'static str,
    pub(crate) entries: u64,
    /// What its files have, by what it says of itself.
    pub(crate) bytes: Bytes,
    /// What it has itself.
    pub(crate) packed: Bytes,
    /// What came out when it was tested.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) read: Option<Bytes>,
    #[serde(skip)]
    pub(crate) rows: Vec<Row>,
}

/// One entry.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) entry: Entry,
    /// Why it does not come out whole, where it was tested.
    pub(crate) problem: Option<Why>,
}

/// The fields of the JSON output.
#[derive(Serialize)]
struct Data<'a> {
    tested: bool,
    archives: &'a [Archive],
}

/// One row of the long list.
#[derive(Serialize)]
struct Shown<'a> {
    /// The place of its archive among `archives`.
    archive: usize,
    name: String,
    /// Its name as it lies in the archive, in base64, where that is not UTF-8.
    #[serde(skip_serializing_if = "Option::is_none")]
    raw: Option<String>,
    kind: &'static str,
    /// Where a link leads, or which entry it is the same as.
    #[serde(skip_serializing_if = "Option::is_none")]
    to: Option<String>,
    size: Option<u64>,
    packed: Option<u64>,
    /// In octal.
    mode: Option<String>,
    /// In seconds since 1970.
    modified: Option<i64>,
    /// Whether that is what a clock on the wall showed, in a zone that nobody noted.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    wall_time: bool,
    encrypted: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<&'a Why>,
}

/// Looks at each archive, and tells what is in it.
#[must_use]
pub fn look(asked: &Asked, watch: &Watch<'_>, lists: &mut Lists<'_>) -> Outcome {
    let charset = asked.charset.as_deref().and_then(Charset::named);
    let mut archives = Vec::new();
    let mut skipped = Vec::new();
    for parts in &asked.archives {
        let Some(path) = parts.first() else { continue };
        match one(path, parts, asked, charset, watch) {
            Ok((archive, trouble)) => {
                skipped.extend(problems(&archive, charset));
                skipped.extend(trouble.map(|why| Skipped::new(path.clone(), why)));
                archives.push(archive);
            }
            Err(why) => skipped.push(Skipped::new(path.clone(), why)),
        }
    }
    let rows = archives.iter().enumerate();
    let rows = rows.flat_map(|(at, it)| it.rows.iter().map(move |row| shown(at, it, row)));
    lists.rows("entries", rows);
    let data = Data {
        tested: asked.test,
        archives: &archives,
    };
    let mut outcome = Outcome::new("unpack", &data, words::section(&archives, asked.test));
    skipped.sort();
    outcome.skipped = skipped;
    outcome
}

/// Shows one archive; with what kept the rest of it from being read, if something did.
fn one(
    path: &PathText,
    parts: &[PathText],
    asked: &Asked,
    charset: Option<Charset>,
    watch: &Watch<'_>,
) -> Result<(Archive, Option<Why>), Why> {
    let (mut files, length) = opened(parts)?;
    let budget = Budget::new(Limits::for_archive(length));
    let wanted = asked.wish.wanted();
    let wanted = wanted.map_err(|detail| Why::Failed { detail })?;
    let kind = files.first_mut().map_or(Ok(None), |it| archive::kind(it));
    let kind = kind.map_err(|error| Why::of(&error))?;
    let mut seen = Seen {
        wanted: &wanted,
        strokes: kind.map_or(Strokes::Forward, strokes),
        charset,
        rows: Vec::new(),
        names: Names::default(),
        stem: &stem(&path.0),
        budget: &budget,
        watch: asked.test.then_some(watch),
        read: 0,
    };
    let with = formats::archive::Asked {
        budget: &budget,
        password: asked.password.as_ref().map(|it| it.0.as_bytes()),
    };
    let (kinds, trouble) = match visit_parts(&mut files, &with, &mut seen) {
        Ok(kinds) => (kinds, None),
        Err(ArchiveError::NoArchive) => {
            let detail = "it is no archive of a format that is known here".to_owned();
            return Err(Why::Unsupported { detail });
        }
        Err(error) => (Vec::new(), Some(why_of(&error))),
    };
    let charset = charset.unwrap_or_else(|| seen.names.charset());
    let before = seen.rows.len();
    let strokes = seen.strokes;
    seen.rows
        .retain(|row| is_wanted(&row.entry, charset, strokes, &wanted));
    let trouble = trouble.or_else(|| {
        let is_missed = before > 0 && seen.rows.is_empty();
        is_missed.then(|| Why::Failed {
            detail: "nothing in it has such a name".to_owned(),
        })
    });
    let sizes = seen.rows.iter().filter_map(|it| it.entry.size);
    let archive = Archive {
        path: path.clone(),
        formats: kinds.into_iter().map(Kind::name).collect(),
        charset: charset.name(),
        entries: seen.rows.len() as u64,
        bytes: Bytes(sizes.fold(0, u64::saturating_add)),
        packed: Bytes(length),
        read: asked.test.then_some(Bytes(seen.read)),
        rows: seen.rows,
    };
    Ok((archive, trouble))
}

/// Opens the parts of an archive; returns how long they are together.
pub(crate) fn opened(parts: &[PathText]) -> Result<(Vec<File>, u64), Why> {
    let mut files = Vec::new();
    let mut length = 0;
    for part in parts {
        let mut file = open(&part.0)?;
        length += file
            .seek(SeekFrom::End(0))
            .map_err(|error| Why::of(&error))?;
        files.push(file);
    }
    Ok((files, length))
}

fn open(path: &Path) -> Result<File, Why> {
    file::open(path).map_err(|error| match error {
        file::Error::Missing { .. } => Why::Gone,
        file::Error::Denied { .. } => Why::Denied,
        other => Why::Failed {
            detail: other.to_string(),
        },
    })
}

fn is_wanted(entry: &Entry, charset: Charset, strokes: Strokes, wanted: &Wanted) -> bool {
    wanted.is_all() || wanted.takes(&Parts::of(&name_of(entry, charset), strokes).0)
}

/// Keeps each entry; reads it where it is tested.
struct Seen<'a> {
    wanted: &'a Wanted,
    strokes: Strokes,
    /// In which letters names are, where the person said it.
    charset: Option<Charset>,
    rows: Vec<Row>,
    names: Names,
    /// The name of what has none.
    stem: &'a OsStr,
    budget: &'a Budget,
    watch: Option<&'a Watch<'a>>,
    read: u64,
}

impl Seen<'_> {
    /// Whether somebody wants an entry, or nobody knows yet because the letters of its name are not known.
    fn may_be_wanted(&self, entry: &Entry) -> bool {
        let is_known = self.charset.is_some() || std::str::from_utf8(&entry.name).is_ok();
        let charset = self.charset.unwrap_or(Charset::Utf8);
        !is_known || is_wanted(entry, charset, self.strokes, self.wanted)
    }
}

impl Visitor for Seen<'_> {
    fn wants(&mut self, entry: &Entry) -> bool {
        self.watch.is_some() && self.may_be_wanted(entry)
    }

    fn entry(&mut self, entry: &Entry, bytes: &mut dyn Read) -> Next {
        let mut entry = entry.clone();
        if entry.name.is_empty() {
            entry.name = self.stem.as_encoded_bytes().to_vec();
        }
        if !entry.is_utf8 {
            self.names.add(&entry.name);
        }
        let mut problem = None;
        if let Some(watch) = self.watch.filter(|_| self.may_be_wanted(&entry)) {
            let before = self.budget.read();
            match io::copy(bytes, &mut io::sink()) {
                Ok(length) => {
                    self.read += length;
                    if entry.size.is_some_and(|it| it != length) {
                        let detail = "it has another size than the archive says".to_owned();
                        problem = Some(Why::Damaged { detail });
                    }
                }
                Err(error) => problem = Some(why_unread(&error)),
            }
            let name = || PathBuf::from(charset_free(&entry.name)).into_os_string();
            watch.add(1, self.budget.read() - before, name);
        }
        self.rows.push(Row { entry, problem });
        Next::Go
    }
}

/// A name before its charset is known, for a line that is gone at once.
pub(crate) fn charset_free(name: &[u8]) -> String {
    String::from_utf8_lossy(name).into_owned()
}

/// Returns what did not come out whole.
fn problems(archive: &Archive, charset: Option<Charset>) -> Vec<Skipped> {
    let charset = charset.or_else(|| Charset::named(archive.charset));
    let charset = charset.unwrap_or(Charset::Utf8);
    let each = archive.rows.iter().filter_map(|row| {
        let why = row.problem.clone()?;
        let mut path = archive.path.0.clone().into_os_string();
        path.push("/");
        path.push(name_of(&row.entry, charset));
        Some(Skipped::new(PathBuf::from(path), why))
    });
    each.collect()
}

pub(crate) fn name_of(entry: &Entry, charset: Charset) -> String {
    match entry.is_utf8 {
        true => Charset::Utf8.read(&entry.name),
        false => charset.read_one(&entry.name),
    }
}

fn shown<'a>(at: usize, archive: &Archive, row: &'a Row) -> Shown<'a> {
    use base64::{Engine as _, engine::general_purpose::STANDARD};

    let entry = &row.entry;
    let charset = Charset::named(archive.charset).unwrap_or(Charset::Utf8);
    let (kind, to) = match &entry.kind {
        EntryKind::File => ("file", None),
        EntryKind::Folder => ("folder", None),
        EntryKind::Link(to) => ("link", Some(charset.read_one(to))),
        EntryKind::Same(first) => ("same", Some(charset.read_one(first))),
        EntryKind::Special(_) => ("special", None),
    };
    let is_utf8 = std::str::from_utf8(&entry.name).is_ok();
    Shown {
        archive: at,
        name: name_of(entry, charset),
        raw: (!is_utf8).then(|| STANDARD.encode(&entry.name)),
        kind,
        to,
        size: entry.size,
        packed: entry.packed,
        mode: entry.mode.map(|it| format!("{it:04o}")),
        modified: entry.modified,
        wall_time: entry.is_wall_time,
        encrypted: entry.is_encrypted,
        problem: row.problem.as_ref(),
    }
}

/// Why no more of an archive can be read.
pub(crate) fn why_of(error: &ArchiveError) -> Why {
    let detail = with_cause(error);
    match error {
        ArchiveError::NoArchive => Why::Unsupported { detail },
        ArchiveError::Read(error) => Why::of(error),
        ArchiveError::Damaged { .. } | ArchiveError::Missing(_) => Why::Damaged { detail },
        ArchiveError::Exceeded(_) => Why::TooLarge { detail },
        ArchiveError::Locked(Unreadable::Method(_)) => Why::Unsupported { detail },
        ArchiveError::Locked(_) => Why::Locked { detail },
    }
}

/// Why one entry cannot be read.
pub(crate) fn why_unread(error: &io::Error) -> Why {
    let inner = error.get_ref();
    if let Some(exceeded) = inner.and_then(|it| it.downcast_ref::<Exceeded>()) {
        let detail = exceeded.to_string();
        return Why::TooLarge { detail };
    }
    let detail = error.to_string();
    match inner.and_then(|it| it.downcast_ref::<Unreadable>()) {
        Some(Unreadable::Method(_)) => Why::Unsupported { detail },
        Some(Unreadable::NeedsPassword | Unreadable::WrongPassword) => Why::Locked { detail },
        Some(Unreadable::Checksum) => Why::Damaged { detail },
        None if error.raw_os_error().is_some() => Why::of(error),
        None => Why::Damaged { detail },
    }
}

pub(crate) fn with_cause(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}
