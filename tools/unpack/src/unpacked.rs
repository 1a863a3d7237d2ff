//! One archive, unpacked into a folder that was made for it.

use std::{
    collections::BTreeSet,
    ffi::{OsStr, OsString},
    fs::File,
    io::{self, Read},
    os::{fd::OwnedFd, unix::fs::MetadataExt as _},
    path::PathBuf,
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use formats::archive::{
    self, ArchiveError, Budget, Entry, Kind, Limits, Next, Visitor, visit_parts,
};
use rustix::fs::{CWD, Mode, OFlags};
use serde::{Deserialize, Serialize};
use tool::{Bytes, Lists, Outcome, PathText, Skipped, Why, pass::Watch};

use crate::{
    charset::{self, Charset},
    locked,
    look::{Password, charset_free, opened, why_of, why_unread, with_cause},
    names::{Change, Strokes},
    parts,
    wanted::Wish,
    words,
    write::{Manner, Problem, Writer, Written},
};

/// What a person asks to be unpacked.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Unpacking {
    /// The archive; the first of its parts, where there are several.
    pub archive: PathText,
    /// All its parts in their order.
    pub parts: Vec<PathText>,
    /// Its place among those that are unpacked.
    pub index: usize,
    /// An empty folder that was made for it. Everything comes to lie in a folder in that, whose name is
    /// [`Unpacked::folder`].
    pub into: PathText,
    /// The device of that folder and its number there, by which it is told from whatever else lies by its name.
    pub identity: (u64, u64),
    /// The password, if the person gave one.
    pub password: Option<Password>,
    /// The charset of names, if the person named one.
    pub charset: Option<String>,
    /// The bits that no file gets, as in umask(2).
    pub withheld: u32,
    /// How many seconds clocks here are ahead of UTC.
    pub east: i64,
    /// The most that may come out, in bytes: what the disk has room for.
    pub room: u64,
    /// Attributes of the archive that say where it came from; all that comes out gets them.
    pub marks: Vec<(String, Vec<u8>)>,
    /// Which entries are unpacked, and how much of their paths.
    pub wish: Wish,
}

impl Unpacking {
    fn password(&self) -> Option<&[u8]> {
        self.password.as_ref().map(|it| it.0.as_bytes())
    }
}

/// The fields of the JSON output.
#[derive(Debug, Serialize, Deserialize)]
pub struct Unpacked {
    /// The archive.
    pub archive: PathText,
    /// Its formats from the outside in.
    pub formats: Vec<String>,
    /// In which letters names were read that do not say it.
    pub charset: String,
    /// The folder below [`Unpacking::into`] that holds all of it; none where nothing could be begun.
    pub folder: Option<String>,
    /// How many entries there are.
    pub entries: u64,
    /// How many of them are there now.
    pub unpacked: u64,
    /// How many have another name than in the archive.
    pub renamed: u64,
    /// How many were left out, because nobody asked for them.
    pub left_out: u64,
    /// What came out.
    pub bytes: Bytes,
}

/// One row of the long list.
#[derive(Serialize)]
struct Row<'a> {
    /// The place of its archive among those that are unpacked.
    archive: usize,
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    raw: Option<String>,
    /// Where it lies, below the folder.
    path: Option<String>,
    changes: &'a BTreeSet<Change>,
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<Why>,
    size: u64,
}

/// Unpacks an archive.
#[must_use]
pub fn unpack(asked: &Unpacking, watch: &Watch<'_>, lists: &mut Lists<'_>) -> Outcome {
    let (unpacked, written, trouble) = match attempt(asked, watch) {
        Ok(done) => done,
        Err(why) => (nothing(asked), Vec::new(), Some(why)),
    };
    let charset = Charset::named(&unpacked.charset).unwrap_or(Charset::Utf8);
    let read = |name: &[u8]| charset.read_one(name);
    let rows = written.iter().map(|it| Row {
        archive: asked.index,
        name: read(&it.name),
        raw: std::str::from_utf8(&it.name)
            .is_err()
            .then(|| STANDARD.encode(&it.name)),
        path: it.parts.as_ref().map(|it| it.names().join("/")),
        changes: &it.changes,
        problem: it.problem.as_ref().map(why),
        size: it.bytes,
    });
    lists.rows("entries", rows);
    let mut skipped: Vec<Skipped> = written
        .iter()
        .filter_map(|it| {
            let why = why(it.problem.as_ref()?);
            let mut path = asked.archive.0.clone().into_os_string();
            path.push("/");
            path.push(read(&it.name));
            Some(Skipped::new(PathBuf::from(path), why))
        })
        .collect();
    skipped.extend(trouble.map(|why| Skipped::new(asked.archive.clone(), why)));
    skipped.sort();
    let section = words::unpacked(&unpacked, &written, &read);
    let mut outcome = Outcome::new("unpack", &unpacked, section);
    outcome.skipped = skipped;
    outcome
}

fn nothing(asked: &Unpacking) -> Unpacked {
    Unpacked {
        archive: asked.archive.clone(),
        formats: Vec::new(),
        charset: Charset::Utf8.name().to_owned(),
        folder: None,
        entries: 0,
        unpacked: 0,
        renamed: 0,
        left_out: 0,
        bytes: Bytes(0),
    }
}

type Done = (Unpacked, Vec<Written>, Option<Why>);

fn attempt(asked: &Unpacking, watch: &Watch<'_>) -> Result<Done, Why> {
    let (mut files, length) = opened(&asked.parts)?;
    let kind = files.first_mut().map_or(Ok(None), |it| archive::kind(it));
    let kind = kind.map_err(|error| Why::of(&error))?;
    let Some(kind) = kind else {
        let detail = "it is no archive of a format that is known here".to_owned();
        return Err(Why::Unsupported { detail });
    };
    let wanted = asked.wish.wanted();
    let wanted = wanted.map_err(|detail| Why::Failed { detail })?;
    if let Some(why) = locked::refused(&mut files, kind, length, asked.password()) {
        return Err(why);
    }
    watch.begin_reading(length);
    let mut charset = asked.charset.as_deref().and_then(Charset::named);
    if charset.is_none() && kind == Kind::Zip {
        // Its names stand in one place, so that they cost little.
        charset = Some(charset_of(&mut files, asked, length));
    }
    // A second time where a name came up whose letters only all names together tell.
    for folder in ["0", "1"] {
        let manner = Manner {
            charset,
            strokes: strokes(kind),
            withheld: asked.withheld,
            east: asked.east,
            marks: asked.marks.clone(),
            wanted: wanted.clone(),
        };
        let (writer, kinds, trouble) = written(&mut files, asked, length, folder, manner, watch)?;
        if writer.lacks_charset() && charset.is_none() {
            drop(writer.finish());
            charset = Some(charset_of(&mut files, asked, length));
            continue;
        }
        let left_out = writer.left_out();
        let written = writer.finish();
        let trouble = trouble.or_else(|| nothing_is_named_so(asked, &written, left_out));
        let unpacked = Unpacked {
            formats: kinds.iter().map(|it| it.name().to_owned()).collect(),
            charset: charset.unwrap_or(Charset::Utf8).name().to_owned(),
            folder: Some(folder.to_owned()),
            entries: written.len() as u64,
            unpacked: written.iter().filter(|it| it.problem.is_none()).count() as u64,
            renamed: written.iter().filter(|it| it.is_renamed()).count() as u64,
            left_out,
            bytes: Bytes(written.iter().map(|it| it.bytes).sum()),
            ..nothing(asked)
        };
        return Ok((unpacked, written, trouble));
    }
    let detail = "the letters of its names are not known".to_owned();
    Err(Why::Damaged { detail })
}

/// Whoever names entries wants to know when there are none.
fn nothing_is_named_so(asked: &Unpacking, written: &[Written], left_out: u64) -> Option<Why> {
    let is_missed = written.is_empty() && left_out > 0;
    is_missed.then(|| Why::Failed {
        detail: match asked.wish.only.is_empty() {
            true => "no path in it is long enough for --strip".to_owned(),
            false => "nothing in it has such a name; `candor list` shows what is in it".to_owned(),
        },
    })
}

fn written(
    files: &mut [File],
    asked: &Unpacking,
    length: u64,
    folder: &str,
    manner: Manner,
    watch: &Watch<'_>,
) -> Result<(Writer, Vec<Kind>, Option<Why>), Why> {
    let root = made(asked, folder).map_err(|error| Why::Failed {
        detail: format!("cannot write below the destination: {error}"),
    })?;
    let budget = budget(asked, length);
    let mut named = Named {
        writer: Writer::new(root, manner),
        stem: stem(&asked.archive.0),
        budget: &budget,
        watch,
    };
    let with = archive::Asked {
        budget: &budget,
        password: asked.password(),
    };
    let (kinds, trouble) = match visit_parts(files, &with, &mut named) {
        Ok(kinds) => (kinds, None),
        Err(ArchiveError::NoArchive) => (Vec::new(), None),
        Err(error) => (Vec::new(), Some(why_of(&error))),
    };
    Ok((named.writer, kinds, trouble))
}

/// Makes a folder in the one that was made for this, and nowhere else: by handles, and through no link.
fn made(asked: &Unpacking, folder: &str) -> io::Result<OwnedFd> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    // The older call, which `open` is, nobody needs, and no worker may make.
    let into = rustix::fs::openat(CWD, &asked.into.0, flags, Mode::empty())?;
    let into = File::from(into);
    let found = into.metadata()?;
    if (found.dev(), found.ino()) != asked.identity {
        return Err(io::Error::other("something else was put in its place"));
    }
    rustix::fs::mkdirat(&into, folder, Mode::RWXU | Mode::RWXG | Mode::RWXO)?;
    Ok(rustix::fs::openat(&into, folder, flags, Mode::empty())?)
}

fn budget(asked: &Unpacking, length: u64) -> Budget {
    let limits = Limits::for_archive(length);
    Budget::new(Limits {
        bytes: limits.bytes.min(asked.room),
        ..limits
    })
}

/// Returns in which letters the names of the archive are.
fn charset_of(files: &mut [File], asked: &Unpacking, length: u64) -> Charset {
    let budget = budget(asked, length);
    let with = archive::Asked {
        budget: &budget,
        password: asked.password(),
    };
    charset::charset_of(files, &with)
}

/// Gives what has no name that of its archive, and tells how far it is.
struct Named<'a> {
    writer: Writer,
    stem: OsString,
    budget: &'a Budget,
    watch: &'a Watch<'a>,
}

impl Visitor for Named<'_> {
    fn entry(&mut self, entry: &Entry, bytes: &mut dyn Read) -> Next {
        let before = self.budget.read();
        let next = match entry.name.is_empty() {
            true => {
                let mut named = entry.clone();
                named.name = self.stem.as_encoded_bytes().to_vec();
                self.writer.entry(&named, bytes)
            }
            false => self.writer.entry(entry, bytes),
        };
        let name = || PathBuf::from(charset_free(&entry.name)).into_os_string();
        self.watch.add(1, self.budget.read() - before, name);
        next
    }
}

/// Formats of systems whose paths are parted by either stroke.
pub(crate) fn strokes(kind: Kind) -> Strokes {
    match kind {
        Kind::Arc
        | Kind::Arj
        | Kind::Cab
        | Kind::Compound
        | Kind::Lha
        | Kind::Rar
        | Kind::SelfExtractor
        | Kind::SevenZip
        | Kind::Zip
        | Kind::Zoo => Strokes::Both,
        _ => Strokes::Forward,
    }
}

/// Returns the name of an archive without the endings that say how it is packed: `x` of `x.tar.gz`.
#[must_use]
pub fn stem(archive: &std::path::Path) -> OsString {
    let name = archive.file_name().unwrap_or_default();
    let name = match name.to_str() {
        Some(name) => OsString::from(parts::whole(name)),
        None => name.to_owned(),
    };
    let stem = std::path::Path::new(&name).file_stem().unwrap_or_default();
    let inner = std::path::Path::new(stem);
    match inner.extension().and_then(OsStr::to_str) {
        Some("tar" | "cpio") => inner.file_stem().unwrap_or_default().to_owned(),
        _ => stem.to_owned(),
    }
}

fn why(problem: &Problem) -> Why {
    match problem {
        Problem::Unread(error) => why_unread(error),
        Problem::Unwritten(error) => Why::Failed {
            detail: format!("it cannot be written: {error}"),
        },
        Problem::Special(_) => Why::Unsupported {
            detail: problem.to_string(),
        },
        Problem::Link(_) | Problem::Nameless | Problem::NoFirst => Why::Damaged {
            detail: with_cause(problem),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_an_archive_is_what_is_before_its_endings() {
        for (archive, name) in [
            ("/a/x.tar.gz", "x"),
            ("x.zip", "x"),
            ("readme.txt.gz", "readme.txt"),
            ("x.cpio.xz", "x"),
            ("x.7z.001", "x"),
            ("x.part1.rar", "x"),
            ("none", "none"),
            (".hidden", ".hidden"),
        ] {
            assert_eq!(stem(std::path::Path::new(archive)), name);
        }
    }
}
