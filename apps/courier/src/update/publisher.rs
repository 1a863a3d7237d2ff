//! The release of a publisher: the newest that a mirror has, and all that belongs to it.

use std::{io, path::PathBuf};

use consent::Time;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use wire::{
    Digest,
    note::{LONGEST, NoteError},
    release::{Delta, LONGEST_DESCRIPTION, ListFile, RELEASE, Release, ReleaseError},
};

use super::{
    Done,
    blob::{self, BlobError},
    plan::Publisher,
    store::{Store, sum},
    told::Progress,
    unpack::unpack,
};
use crate::{
    failure::with_causes,
    http::{Client, HttpError},
};

/// The release that is here now.
#[derive(Debug)]
pub(crate) struct Brought {
    name: String,
    version: u64,
    made: u64,
    until: u64,
    is_new: bool,
    /// Whether it takes the place of a release of somebody else: their versions say nothing of each other.
    is_another: bool,
    /// How many files came as what is new in them.
    by_delta: usize,
    pub(crate) files: Vec<Digest>,
    /// Mirrors that could not be used, and why.
    passed_over: Vec<(String, String)>,
}

impl Brought {
    pub(crate) fn to_json(&self) -> Value {
        let passed_over = self.passed_over.iter();
        json!({
            "name": self.name,
            "version": self.version,
            "made": Time(self.made).to_string(),
            "until": Time(self.until).to_string(),
            "is_new": self.is_new,
            "is_another": self.is_another,
            "files": self.files.len(),
            "by_delta": self.by_delta,
            "passed_over": passed_over.map(|(mirror, why)| json!({"mirror": mirror, "why": why})).collect::<Vec<_>>(),
        })
    }
}

#[derive(Debug, thiserror::Error)]
enum BringError {
    #[error("no mirror has a release that can be taken: {0}")]
    NoRelease(String),
    #[error(transparent)]
    Blob(#[from] BlobError),
    #[error("cannot keep what was fetched")]
    Kept(#[from] io::Error),
    #[error("cannot read the release that is here, `{path}`")]
    Unread {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error(
        "the release that is here, `{path}`, is damaged, so nobody knows whether another one is older: move it away, \
         and the newest that a mirror has is taken"
    )]
    Damaged {
        path: PathBuf,
        #[source]
        source: ReleaseError,
    },
}

/// Why the release of one mirror is not taken.
#[derive(Debug, thiserror::Error)]
enum Refused {
    #[error(transparent)]
    Http(#[from] HttpError),
    #[error("its release is no text")]
    Text(#[from] std::string::FromUtf8Error),
    #[error(transparent)]
    Release(#[from] ReleaseError),
    #[error(
        "its release is version {found}, and version {known} is here: whoever brings old lists back hides what was added since"
    )]
    Older { found: u64, known: u64 },
    #[error(
        "its release was the newest until {0} at most: it stands still, or the clock of this machine is wrong"
    )]
    Stale(Time),
    #[error("its release is another one of version {0} than the one that is here")]
    Twice(u64),
}

/// Brings in the newest release. What is there stays where that fails.
pub(crate) fn bring(
    publisher: &Publisher,
    store: &Store,
    client: &Client,
    now: Time,
    progress: &mut Progress,
    done: &mut Done,
) {
    match brought(publisher, (store, client), now, progress, done) {
        Ok(brought) => done.publisher = Some(brought),
        Err(error) => {
            let what = format!("the lists of `{}`", publisher.key.name());
            done.trouble(&what, &error);
        }
    }
}

fn brought(
    publisher: &Publisher,
    with: (&Store, &Client),
    now: Time,
    progress: &mut Progress,
    done: &mut Done,
) -> Result<Brought, BringError> {
    let (store, client) = with;
    let path = store.note();
    let here = store.release();
    let here = here.map_err(|source| BringError::Unread {
        path: path.clone(),
        source,
    })?;
    let known = match here.as_deref() {
        None => None,
        Some(note) => match Release::open(note, &publisher.key) {
            Ok(release) => Some(release),
            // Whole, and of somebody else: their versions say nothing of each other.
            Err(ReleaseError::Note(NoteError::Unsigned(_))) => None,
            Err(source) => return Err(BringError::Damaged { path, source }),
        },
    };
    let mut passed_over = Vec::new();
    let mut newest: Option<(String, Release, &str)> = None;
    // Every mirror is asked: one that stands still hides nothing while another does not.
    for mirror in &publisher.mirrors {
        match offered(publisher, mirror, client, now, known.as_ref()) {
            Ok((note, release)) => {
                done.received += note.len() as u64;
                let best = newest.as_ref().map_or(0, |(_, it, _)| it.version);
                if release.version > best {
                    newest = Some((note, release, mirror));
                }
            }
            Err(refused) => passed_over.push((mirror.clone(), with_causes(&refused))),
        }
    }
    let Some((note, release, first)) = newest else {
        let each = passed_over
            .iter()
            .map(|(mirror, why)| format!("{mirror}: {why}"));
        return Err(BringError::NoRelease(each.collect::<Vec<_>>().join("; ")));
    };
    let others = publisher.mirrors.iter().map(String::as_str);
    let mut mirrors = vec![first];
    mirrors.extend(others.filter(|it| *it != first));

    let mut by_delta = 0;
    let mut is_new = known.as_ref().is_none_or(|it| it.version < release.version);
    for (number, file) in (1..).zip(&release.files) {
        if store.has(&file.plain) {
            continue;
        }
        is_new = true;
        let what = format!("list {number} of {}", release.files.len());
        let fetch = |blob: &_, progress: &mut _, done: &mut _| {
            blob::fetch(blob, &what, &mirrors, with, progress, done)
        };
        if let Some(delta) = delta_to(file, &release, store) {
            let made =
                fetch(&delta.packed, progress, done).and_then(|()| made_of(delta, file, store));
            if made.is_ok() {
                by_delta += 1;
                continue;
            }
            // What it should be made of may be damaged here: then it is fetched whole.
        }
        fetch(&file.packed, progress, done)?;
        unpack(
            &store.part(&file.packed),
            None,
            &file.plain,
            &store.file(file.plain.sha256),
        )?;
    }
    if is_new || !store.describes(&release.description) {
        let description = description(&release, &mirrors, client, done)?;
        store.take(&description, &note)?;
    }
    Ok(Brought {
        name: publisher.key.name().to_owned(),
        version: release.version,
        made: release.made,
        until: release.until,
        is_new,
        is_another: here.is_some() && known.is_none(),
        by_delta,
        files: release.files.iter().map(|it| it.plain.sha256).collect(),
        passed_over,
    })
}

fn offered(
    publisher: &Publisher,
    mirror: &str,
    client: &Client,
    now: Time,
    known: Option<&Release>,
) -> Result<(String, Release), Refused> {
    let note = client.get(&format!("{mirror}/{RELEASE}"), LONGEST as u64)?;
    let note = String::from_utf8(note)?;
    let release = Release::open(&note, &publisher.key)?;
    // What else a mirror wrote below it is not kept.
    let note = publisher.key.bare(&note).map_err(ReleaseError::from)?;
    if let Some(known) = known {
        if release.version < known.version {
            return Err(Refused::Older {
                found: release.version,
                known: known.version,
            });
        }
        if release.version == known.version && release != *known {
            return Err(Refused::Twice(release.version));
        }
    }
    match release.until < now.0 {
        true => Err(Refused::Stale(Time(release.until))),
        false => Ok((note, release)),
    }
}

/// Returns the smallest delta to a file, out of one that is here, if it is smaller than the file.
fn delta_to<'r>(file: &ListFile, release: &'r Release, store: &Store) -> Option<&'r Delta> {
    let to_it = release
        .deltas
        .iter()
        .filter(|it| it.to == file.plain.sha256);
    let can = to_it
        .filter(|it| it.packed.bytes < file.packed.bytes)
        .filter(|it| sum(&store.file(it.from)).is_ok_and(|found| found.sha256 == it.from));
    can.min_by_key(|it| it.packed.bytes)
}

fn made_of(delta: &Delta, file: &ListFile, store: &Store) -> Result<(), BlobError> {
    let older = store.file(delta.from);
    let to = store.file(file.plain.sha256);
    Ok(unpack(
        &store.part(&delta.packed),
        Some(&older),
        &file.plain,
        &to,
    )?)
}

fn description(
    release: &Release,
    mirrors: &[&str],
    client: &Client,
    done: &mut Done,
) -> Result<Vec<u8>, BlobError> {
    let blob = &release.description;
    let mut last = BlobError::NoMirror;
    for mirror in mirrors {
        let address = format!("{mirror}/{}", blob.path());
        match client.get(&address, LONGEST_DESCRIPTION) {
            Ok(bytes) => {
                done.received += bytes.len() as u64;
                if Digest(Sha256::digest(&bytes).into()) == blob.sha256 {
                    return Ok(bytes);
                }
                last = BlobError::Other(address);
            }
            Err(error) => last = error.into(),
        }
    }
    Err(last)
}
