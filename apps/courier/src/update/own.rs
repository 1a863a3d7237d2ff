//! Lists that the person adds: one plain request each, whole each time.
//!
//! Nothing of an earlier answer goes with it: a tag of a version, handed out by a server and brought back,
//! would tell one device from another.

use std::{
    fs,
    io::{self, Read, Write},
    time::Duration,
};

use wire::release::LARGEST;

use super::{
    Done,
    plan::Own,
    store::{Store, create, settle, sum},
    told::{Fetched, Progress},
};
use crate::{
    address::is_near,
    http::{Client, HttpError, Stream},
};

/// The longest that one list may take.
const PATIENCE: Duration = Duration::from_secs(15 * 60);
/// How often a list that has moved is followed.
const MOVES: usize = 5;

#[derive(Debug, thiserror::Error)]
enum OwnError {
    #[error(transparent)]
    Http(#[from] HttpError),
    #[error("it moved more than {MOVES} times")]
    Moving,
    #[error("the answer is empty")]
    Empty,
    #[error("it answers with {0}, which is no list")]
    NoList(&'static str),
    #[error("it is larger than 512 MiB")]
    Large,
    #[error("it ended early")]
    Short(#[source] io::Error),
    #[error("cannot keep it")]
    Kept(#[from] io::Error),
}

/// Fetches a list. What is there stays where that fails.
pub(crate) fn bring(
    list: &Own,
    store: &Store,
    client: &Client,
    progress: &mut Progress,
    done: &mut Done,
) {
    match fetched(list, store, client, progress, &mut done.received) {
        Ok(fetched) => done.own.push(fetched),
        Err(error) => {
            let what = format!("the list `{}` from `{}`", list.id, list.url);
            done.trouble(&what, &error);
        }
    }
}

fn fetched(
    list: &Own,
    store: &Store,
    client: &Client,
    progress: &mut Progress,
    received: &mut u64,
) -> Result<Fetched, OwnError> {
    let mut stream = followed(&list.url, client)?;
    let path = store.own(&list.id);
    let new = path.with_added_extension("new");
    let mut file = create(&new)?;
    let kept = (|| {
        let mut room = vec![0; 64 << 10];
        let mut bytes = 0;
        loop {
            let count = stream.body.read(&mut room).map_err(OwnError::Short)?;
            if count == 0 {
                break;
            }
            if let Some(other) = other_than_list(&room[..count]).filter(|_| bytes == 0) {
                return Err(OwnError::NoList(other));
            }
            bytes += count as u64;
            *received += count as u64;
            if bytes > LARGEST {
                return Err(OwnError::Large);
            }
            file.write_all(&room[..count])?;
            progress.at(&list.id, bytes, stream.length);
        }
        match bytes {
            0 => Err(OwnError::Empty),
            _ => Ok(bytes),
        }
    })();
    let bytes = kept.inspect_err(|_| drop(fs::remove_file(&new)))?;
    let is_new = sum(&path).ok() != Some(sum(&new)?);
    // Put in place also when it is the same: its day is the one it was last fetched on.
    settle(file, &new, &path)?;
    Ok(Fetched {
        id: list.id.clone(),
        bytes,
        is_new,
    })
}

/// Returns what begins like this, if it is something that a list never is: the page that says that a list is
/// gone, or a packed file.
fn other_than_list(beginning: &[u8]) -> Option<&'static str> {
    let text = beginning.strip_prefix("\u{feff}".as_bytes());
    let text = text.unwrap_or(beginning).trim_ascii_start();
    match text {
        [b'<', ..] => Some("a page or another kind of markup"),
        [0x1f, 0x8b, ..] | [b'P', b'K', 3, 4, ..] | [0x28, 0xb5, 0x2f, 0xfd, ..] => {
            Some("a packed file")
        }
        _ => None,
    }
}

fn followed(url: &str, client: &Client) -> Result<Stream, OwnError> {
    let mut address = url.to_owned();
    for _ in 0..=MOVES {
        match client.open(&address, 0, PATIENCE) {
            // From https to https alone, and not from elsewhere to a machine nearby.
            Err(HttpError::Moved { to, .. })
                if to.starts_with("https://") == address.starts_with("https://")
                    && (is_near(&address) || !is_near(&to)) =>
            {
                address = to;
            }
            other => return Ok(other?),
        }
    }
    Err(OwnError::Moving)
}
