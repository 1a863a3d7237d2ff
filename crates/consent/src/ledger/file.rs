//! The file of the ledger: how it grows, how every line of it is held against the chain, and how a
//! damaged one is kept.

use std::{
    fs::{self, OpenOptions},
    io::{self, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use super::Damage;
use crate::{
    Event, Folder, FolderError, Time,
    event::{Line, no_event},
    folder::Lock,
    keys::{InstallKey, hex, unhex},
};

/// Writes at the end of a file and waits until it is there; what a full disk left half is taken back.
/// Returns how long it was before.
pub(super) fn append(path: &Path, bytes: &[u8]) -> io::Result<u64> {
    let mut file = OpenOptions::new()
        .create(true)
        .append(true)
        .mode(0o600)
        .open(path)?;
    let before = file.metadata()?.len();
    let written = file.write_all(bytes).and_then(|()| file.sync_all());
    if written.is_err() {
        file.set_len(before)?;
        file.sync_all()?;
    }
    written.map(|()| before)
}

/// Takes back what was written after this length.
pub(super) fn cut(path: &Path, length: u64) -> io::Result<()> {
    let file = OpenOptions::new().write(true).open(path)?;
    file.set_len(length)?;
    file.sync_all()
}

/// Reads every line: canonical, in its place in the chain, signed.
pub(super) fn verified(text: &[u8], key: &InstallKey) -> Result<Vec<Event>, Damage> {
    let mut events: Vec<Event> = Vec::new();
    let mut previous = no_event();
    for (index, bytes) in text.split_inclusive(|byte| *byte == b'\n').enumerate() {
        let number = index + 1;
        let Some(bytes) = bytes.strip_suffix(b"\n") else {
            return Err(damage(number, "it ends in the middle"));
        };
        let line: Line =
            serde_json::from_slice(bytes).map_err(|_| damage(number, "it is no event"))?;
        let written = serde_json::to_vec(&line).unwrap_or_default();
        if written != bytes {
            return Err(damage(number, "it is not written as Candor writes"));
        }
        if line.event.number != number as u64 || line.event.previous != previous {
            return Err(damage(number, "it does not follow the event before it"));
        }
        let hash = line.event.hash();
        let signature = unhex::<64>(&line.signature);
        if line.hash != hex(&hash) {
            return Err(damage(number, "its hash is not the hash of what it says"));
        }
        if !signature.is_some_and(|signature| key.has_signed(&hash, &signature)) {
            return Err(damage(number, "it is not signed with this machine's key"));
        }
        previous = line.hash;
        events.push(line.event);
    }
    Ok(events)
}

pub(super) fn holds_its_head(events: &[Event], head: &[u8]) -> Result<(), Damage> {
    let text = std::str::from_utf8(head).ok();
    let parts = text
        .and_then(|text| text.strip_suffix('\n'))
        .and_then(|text| text.split_once(' '));
    let parts = parts.and_then(|(number, hash)| Some((number.parse::<usize>().ok()?, hash)));
    let Some((number, hash)) = parts else {
        return Err(damage(events.len(), "its head is not what Candor wrote"));
    };
    let named = number.checked_sub(1).and_then(|index| events.get(index));
    match named {
        Some(event) if hex(&event.hash()) == hash => Ok(()),
        Some(_) => Err(damage(number, "its head names another event")),
        None => Err(damage(events.len() + 1, "events are missing at its end")),
    }
}

pub(super) fn damage(line: usize, why: &str) -> Damage {
    Damage {
        line,
        why: why.to_owned(),
        kept: None,
    }
}

/// Renames a damaged ledger and its head to names that are not taken.
pub(super) fn set_aside(folder: &Folder, now: Time, _lock: &Lock) -> Result<PathBuf, FolderError> {
    let mut number = 0_u32;
    let free = |number: u32| {
        let mark = match number {
            0 => String::new(),
            n => format!("-{n}"),
        };
        folder
            .path()
            .join(format!("ledger.damaged-{}{mark}", now.0))
    };
    let head_of = |kept: &Path| {
        let mut name = kept.as_os_str().to_owned();
        name.push(".head");
        PathBuf::from(name)
    };
    while free(number).exists() || head_of(&free(number)).exists() {
        number = number.saturating_add(1);
    }
    let kept = free(number);
    let moves = [
        (folder.ledger(), kept.clone()),
        (folder.head(), head_of(&kept)),
    ];
    for (from, to) in moves {
        match fs::rename(&from, &to) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(FolderError::Write {
                    path: from,
                    source: error,
                });
            }
            _ => {}
        }
    }
    folder.settle().map_err(|source| FolderError::Write {
        path: folder.path().to_owned(),
        source,
    })?;
    Ok(kept)
}
