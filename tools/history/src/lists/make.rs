//! From raw files to a list file: what an update brought, what the person adds, and the starter list.
//!
//! A raw file that cannot be read, is not what its update says, or has another form than it should is
//! left out as a whole and said; the other lists are compiled all the same.

use std::{
    fs::{self, File},
    io::{self, BufReader, Read, Seek},
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use tool::{Moment, Skipped, Why};

use super::{
    Changes, CompileError, Compiler, LeftOut, List, ListFacts, Subject,
    forms::{self, Form, Said, Tally},
    keyname::signer,
    sources::{self, Listed, Place, Sources},
    starter,
};

/// The file that says which raw files there are.
pub const DESCRIPTION: &str = "lists.toml";
/// The note of the publisher whose files they are. None lies beside files that a person put there.
const RELEASE: &str = "release";
/// More than this is not read, and less is refused already.
const LONGEST_DESCRIPTION: u64 = 2 << 20;
/// No raw list is larger.
const LARGEST: u64 = 512 << 20;

/// What a list file is made of.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Input {
    /// The folder of raw files that updates bring in, if there is one.
    pub raw: Option<PathBuf>,
    /// Whether the update that lies there is left out: its publisher is not named any more.
    pub without_update: bool,
    /// The lists that the person adds.
    pub own: Sources,
    /// The list file that is there now.
    pub before: Option<PathBuf>,
}

/// What came out.
#[derive(Debug)]
pub struct Made {
    /// The file.
    pub bytes: Vec<u8>,
    /// What was read of each list, by its id.
    pub read: Tallies,
    /// Lists that are not in it, and why.
    pub skipped: Vec<Skipped>,
    /// What was left out of the others.
    pub left_out: Vec<LeftOut>,
    /// What is different from the file before, if there was one that can be read.
    pub changes: Option<Changes>,
}

/// Why no list file was made. The one that is there stays.
#[derive(Debug, thiserror::Error)]
pub enum MakeError {
    /// The description of the update cannot be read.
    #[error("cannot read `{path}`")]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// The description of the update is wrong.
    #[error("`{path}` does not describe lists")]
    Description {
        /// The file.
        path: PathBuf,
        /// Where and what.
        #[source]
        source: sources::Error,
    },
    /// The update is older than what is in use of the same publisher. Whoever brings old lists back hides what was added since.
    #[error("the raw files are of version {found}, and version {known} is in use")]
    Older {
        /// Of the raw files.
        found: u64,
        /// Of the list file that is there.
        known: u64,
    },
    /// The compiler made none.
    #[error("the lists cannot be compiled")]
    Compile(#[from] CompileError),
}

/// Makes a list file. The same raw files give the same bytes, on every machine.
///
/// # Errors
/// [`MakeError`]; then nothing should change.
pub fn make(input: &Input) -> Result<Made, MakeError> {
    let (update, signed_by) = match input.raw.as_ref().filter(|_| !input.without_update) {
        Some(raw) => (described(&raw.join(DESCRIPTION))?, signed_by(raw)?),
        None => (Sources::default(), String::new()),
    };
    let before = input
        .before
        .as_deref()
        .and_then(|it| List::open_file(it).ok());
    let same = before.as_ref().filter(|it| it.signed_by() == signed_by);
    let known = same.map_or(0, List::version);
    if update.version < known {
        return Err(MakeError::Older {
            found: update.version,
            known,
        });
    }
    let raw = input.raw.clone().unwrap_or_default();
    let mut lists = together(update.lists, &input.own, &raw);
    let mut skipped = Vec::new();
    // Lists that fail halfway are taken out and everything is begun again: no part of them stays.
    let (mut compiler, read) = loop {
        match taken_in(&lists, &raw) {
            Ok(taken) => break taken,
            Err(failed) => {
                // From behind, so that the places of the others stay.
                for (index, why) in failed.into_iter().rev() {
                    let listed = lists.remove(index);
                    skipped.push(Skipped::new(listed.path(&raw), why));
                }
            }
        }
    };
    skipped.sort();
    compiler.signed_by(&signed_by);
    let made = compiler.finish(update.version)?;
    let list = List::open(&made.bytes).map_err(CompileError::Unreadable)?;
    let changes = before.and_then(|before| Changes::between(&before, &list).ok());
    Ok(Made {
        changes,
        read,
        skipped,
        left_out: made.left_out,
        bytes: made.bytes,
    })
}

fn described(path: &Path) -> Result<Sources, MakeError> {
    let Some(text) = text_of(path)? else {
        return Ok(Sources::default());
    };
    Sources::of_update(&text).map_err(|source| MakeError::Description {
        path: path.to_owned(),
        source,
    })
}

/// Returns whose update lies among the raw files: empty where nobody signed it, or it cannot be told.
fn signed_by(raw: &Path) -> Result<String, MakeError> {
    let note = text_of(&raw.join(RELEASE))?;
    Ok(note.as_deref().and_then(signer).unwrap_or_default())
}

/// Returns what a file says; `None` if it is not there.
fn text_of(path: &Path) -> Result<Option<String>, MakeError> {
    let mut bytes = Vec::new();
    let mut read = || {
        File::open(path)?
            .take(LONGEST_DESCRIPTION)
            .read_to_end(&mut bytes)
    };
    match read() {
        Ok(_) => Ok(Some(String::from_utf8_lossy(&bytes).into_owned())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(MakeError::Read {
            path: path.to_owned(),
            source,
        }),
    }
}

/// Returns all lists sorted by id. A list of the person's with the id of another gets one of its own.
fn together(update: Vec<Listed>, own: &Sources, raw: &Path) -> Vec<Listed> {
    let mut lists = update;
    for listed in &own.lists {
        let mut listed = listed.clone();
        // Where it lies follows from the id that the person gave it.
        listed.place = Place::File(listed.path(raw));
        let taken = |id: &str| {
            lists.iter().any(|it| it.facts.id == id)
                || starter().lists().iter().any(|it| it.id == id)
        };
        if taken(&listed.facts.id) {
            listed.facts.id.insert_str(0, "own-");
        }
        lists.push(listed);
    }
    lists.sort_by(|a, b| a.facts.id.cmp(&b.facts.id));
    lists
}

/// What was read of each list, by its id.
pub type Tallies = Vec<(String, Tally)>;

/// Reads every list into a compiler. On failure says which lists it was, in their order, and why.
fn taken_in<'s>(
    lists: &[Listed],
    raw: &Path,
) -> Result<(Compiler<'s>, Tallies), Vec<(usize, Why)>> {
    let mut facts: Vec<ListFacts> = Vec::new();
    let mut failed = Vec::new();
    for listed in lists {
        let mut of_list = listed.facts.clone();
        if of_list.date.is_empty() {
            // A file that is not there is told when it is read.
            let metadata = fs::metadata(listed.path(raw));
            of_list.date = metadata.as_ref().map(day_of).unwrap_or_default();
        }
        facts.push(of_list);
    }
    // What an update brings anew is not taken from the starter list as well.
    let starter_lists = starter().lists().iter();
    let old = starter_lists.filter(|it| !facts.iter().any(|facts| facts.id == it.id));
    let old: Vec<ListFacts> = old.cloned().collect();
    let count = facts.len();
    facts.extend(old);
    let mut compiler = Compiler::new(&facts, starter().suffixes());
    let mut read = Vec::new();
    for (index, listed) in lists.iter().enumerate() {
        match of_list(listed, index, &facts[index].date, raw, &mut compiler) {
            // Something else than the list lies there: the page that says it is gone, or another form.
            Ok(tally) if tally.entries == 0 && !tally.odd.is_empty() => {
                let detail = format!(
                    "not one of its {} lines is an entry of its form",
                    tally.lines
                );
                failed.push((index, Why::Damaged { detail }));
            }
            Ok(tally) => read.push((listed.facts.id.clone(), tally)),
            Err(error) => failed.push((index, why(&error))),
        }
    }
    if !failed.is_empty() {
        return Err(failed);
    }
    let entries = starter().each(|entry| {
        let text = entry.text();
        for sighting in &entry.sightings {
            let list = facts[count..]
                .iter()
                .position(|it| it.id == sighting.list.id);
            if let Some(list) = list.map(|at| count + at) {
                let row = compiler.row(list, sighting.category, sighting.family, sighting.since);
                let subject = match entry.is_page {
                    true => Subject::Page(&text),
                    false => Subject::Host(&text),
                };
                compiler.add(list, subject, row);
            }
        }
    });
    entries.expect("a test reads every entry of the starter list");
    Ok((compiler, read))
}

fn of_list(
    listed: &Listed,
    index: usize,
    date: &str,
    raw: &Path,
    compiler: &mut Compiler<'_>,
) -> io::Result<Tally> {
    let path = listed.path(raw);
    // Mostly the same is said of one entry after the other.
    let mut last = (String::new(), String::new(), None);
    let mut take = |said: Said<'_>| match said {
        Said::Listed {
            subject,
            family,
            since,
        } => {
            let family = family.unwrap_or(&listed.family);
            let since = since.unwrap_or(date);
            let row = match last.2 {
                Some(row) if last.0 == family && last.1 == since => row,
                _ => {
                    let row = compiler.row(index, &listed.category, family, since);
                    last = (family.to_owned(), since.to_owned(), Some(row));
                    row
                }
            };
            compiler.add(index, subject, row);
        }
        Said::Excepted(host) => compiler.except(index, host),
    };
    if listed.form != Form::Maltrail || !path.is_dir() {
        return of_file(&path, listed, &mut take);
    }
    let mut all = Tally::default();
    for folder in forms::MALTRAIL_FOLDERS {
        let mut files: Vec<PathBuf> = Vec::new();
        for entry in fs::read_dir(path.join(folder))? {
            files.push(entry?.path());
        }
        files.retain(|file| file.extension().is_some_and(|it| it == "txt"));
        files.sort();
        for file in files {
            all.add(of_file(&file, listed, &mut take)?);
        }
    }
    Ok(all)
}

fn of_file(path: &Path, listed: &Listed, take: &mut dyn FnMut(Said<'_>)) -> io::Result<Tally> {
    let bad = |what: &str| io::Error::new(io::ErrorKind::InvalidData, what.to_owned());
    let mut file = File::open(path)?;
    let metadata = file.metadata()?;
    if !metadata.is_file() {
        return Err(bad("it is no regular file"));
    }
    if metadata.len() > LARGEST {
        return Err(bad("it is larger than 512 MiB"));
    }
    if let Some(expected) = &listed.sha256 {
        let mut hash = Sha256::new();
        io::copy(&mut (&file).take(LARGEST), &mut hash)?;
        let found: String = hash
            .finalize()
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        if found != *expected {
            return Err(bad("its bytes are not those that the update names"));
        }
        file.rewind()?;
    }
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let mut lines = BufReader::with_capacity(64 * 1024, file.take(LARGEST));
    forms::read(listed.form, &listed.shape, &name, &mut lines, take)
}

/// Returns the day a file was last changed.
fn day_of(metadata: &fs::Metadata) -> String {
    use std::os::unix::fs::MetadataExt;

    let moment = Moment(metadata.mtime().saturating_mul(1_000_000)).to_string();
    moment.chars().take(10).collect()
}

fn why(error: &io::Error) -> Why {
    match error.kind() {
        io::ErrorKind::NotFound => Why::Gone,
        io::ErrorKind::PermissionDenied => Why::Denied,
        io::ErrorKind::InvalidData => Why::Damaged {
            detail: error.to_string(),
        },
        _ => Why::Failed {
            detail: error.to_string(),
        },
    }
}

#[cfg(test)]
mod tests;
