//! One blob, from whichever mirror has it, going on where it was cut off.
//!
//! Only within one run: whoever cuts everybody off at another byte would know them again by the byte they go on
//! from, days later and from another address.

use std::{
    fs::{self, OpenOptions},
    io::{self, Read, Seek, SeekFrom, Write},
    os::unix::fs::OpenOptionsExt,
    path::Path,
    time::Duration,
};

use wire::release::Blob;

use super::{
    Done,
    store::{Store, sum},
    told::Progress,
};
use crate::http::{BEGINNING, Client, HttpError};

/// How often each mirror is asked.
const ROUNDS: usize = 4;
/// A mirror that brings less in a second, on the whole, is given up for the next.
const SLOWEST: u64 = 16 << 10;

/// Why a blob is not here.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BlobError {
    #[error(transparent)]
    Http(#[from] HttpError),
    #[error("`{address}` ended early: {got} of {of} bytes came")]
    Short { address: String, got: u64, of: u64 },
    #[error("what lies at `{0}` is not what the publisher signed")]
    Other(String),
    #[error("cannot keep what was fetched")]
    Kept(#[from] io::Error),
    #[error("no mirror is named")]
    NoMirror,
}

/// Fetches a blob to its place among the parts.
///
/// # Errors
/// What the last mirror that was asked had to say.
pub(crate) fn fetch(
    blob: &Blob,
    what: &str,
    mirrors: &[&str],
    (store, client): (&Store, &Client),
    progress: &mut Progress,
    done: &mut Done,
) -> Result<(), BlobError> {
    let part = store.part(blob);
    let mut last = BlobError::NoMirror;
    for mirror in mirrors.iter().cycle().take(mirrors.len() * ROUNDS) {
        let address = format!("{mirror}/{}", blob.path());
        let mut heard = |at: u64, count: u64| {
            done.received += count;
            progress.at(what, at, Some(blob.bytes));
        };
        match from_mirror(blob, &address, &part, client, &mut heard) {
            Ok(()) => return Ok(()),
            // The disk is the same for every mirror.
            Err(error @ BlobError::Kept(_)) => return Err(error),
            Err(error) => last = error,
        }
    }
    Err(last)
}

/// Fetches what is missing. What another mirror began may be wrong: only a file that a mirror gave as a whole
/// is held against it.
fn from_mirror(
    blob: &Blob,
    address: &str,
    part: &Path,
    client: &Client,
    heard: &mut dyn FnMut(u64, u64),
) -> Result<(), BlobError> {
    loop {
        let begun = continued(blob, address, part, client, heard)?;
        if sum(part)? == *blob {
            return Ok(());
        }
        fs::remove_file(part)?;
        if begun == 0 {
            return Err(BlobError::Other(address.to_owned()));
        }
    }
}

/// Goes on with a part until it is as long as the blob; returns from which byte on it is of this mirror.
fn continued(
    blob: &Blob,
    address: &str,
    part: &Path,
    client: &Client,
    heard: &mut dyn FnMut(u64, u64),
) -> Result<u64, BlobError> {
    let here = fs::metadata(part).map_or(0, |it| it.len());
    let from = if here >= blob.bytes { 0 } else { here };
    let patience = BEGINNING + Duration::from_secs((blob.bytes - from) / SLOWEST);
    let mut stream = client.open(address, from, patience)?;
    let begun = stream.begins;
    let mut at = begun;
    let mut file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(part)?;
    file.set_len(at)?;
    file.seek(SeekFrom::Start(at))?;
    let mut room = vec![0; 64 << 10];
    // One byte more than there should be shows that it is another file.
    let mut body = stream.body.by_ref().take(blob.bytes - at + 1);
    loop {
        // Whoever ends early is asked again, or another is.
        let count = body.read(&mut room).unwrap_or(0);
        if count == 0 {
            break;
        }
        file.write_all(&room[..count])?;
        at += count as u64;
        heard(at, count as u64);
    }
    match at < blob.bytes {
        true => Err(BlobError::Short {
            address: address.to_owned(),
            got: at,
            of: blob.bytes,
        }),
        false => Ok(begun),
    }
}
