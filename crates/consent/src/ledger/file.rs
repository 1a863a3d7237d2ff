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
    folder::{Lock, read_private},
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
fn verified(text: &[u8], key: &InstallKey) -> Result<Vec<Event>, Damage> {
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

/// The head of a ledger before its first event.
pub(super) fn beginning() -> Vec<u8> {
    format!("0 {}\n", no_event()).into_bytes()
}

/// Reads a ledger and its head, as they lie on the disk, with the key that signed it.
pub(super) fn checked(
    text: Option<&[u8]>,
    head: Option<&[u8]>,
    key: Option<&InstallKey>,
) -> Result<Vec<Event>, Damage> {
    let Some(text) = text else {
        return match head {
            None => Ok(Vec::new()),
            Some(head) if head == beginning() => Ok(Vec::new()),
            Some(_) => Err(damage(1, "the file is missing")),
        };
    };
    let key = key.ok_or_else(|| damage(1, "the install key that signed it is missing"))?;
    let events = verified(text, key)?;
    match head {
        Some(head) => holds_its_head(&events, head)?,
        None if events.is_empty() => {}
        None => {
            let why = "its head is missing, so events may be missing at its end";
            return Err(damage(events.len() + 1, why));
        }
    }
    Ok(events)
}

fn holds_its_head(events: &[Event], head: &[u8]) -> Result<(), Damage> {
    let text = std::str::from_utf8(head).ok();
    let parts = text
        .and_then(|text| text.strip_suffix('\n'))
        .and_then(|text| text.split_once(' '));
    let parts = parts.and_then(|(number, hash)| Some((number.parse::<usize>().ok()?, hash)));
    let Some((number, hash)) = parts else {
        return Err(damage(events.len(), "its head is not what Candor wrote"));
    };
    if number == 0 && hash == no_event() && events.len() <= 1 {
        return Ok(());
    }
    let named = number.checked_sub(1).and_then(|index| events.get(index));
    match named {
        Some(event) if hex(&event.hash()) == hash => Ok(()),
        Some(_) => Err(damage(number, "its head names another event")),
        None => Err(damage(events.len() + 1, "events are missing at its end")),
    }
}

fn damage(line: usize, why: &str) -> Damage {
    Damage {
        line,
        why: why.to_owned(),
        kept: None,
    }
}

/// What the names of ledgers that were set aside begin with.
const ASIDE: &str = "ledger.damaged-";

/// Returns the ledger that was set aside last, if one lies there.
pub(super) fn set_aside_before(folder: &Folder) -> Result<Option<PathBuf>, FolderError> {
    let failed = |source| FolderError::Read {
        path: folder.path().to_owned(),
        source,
    };
    let mut newest: Option<String> = None;
    for entry in fs::read_dir(folder.path()).map_err(failed)? {
        let name = entry.map_err(failed)?.file_name();
        let Some(name) = name.to_str().filter(|it| it.starts_with(ASIDE)) else {
            continue;
        };
        let name = name.strip_suffix(HEAD).unwrap_or(name);
        newest = newest.max(Some(name.to_owned()));
    }
    Ok(newest.map(|name| folder.path().join(name)))
}

/// Returns what is wrong with a ledger that was set aside.
pub(super) fn damage_of(folder: &Folder, kept: PathBuf) -> Damage {
    let looked_at = || -> Result<Result<Vec<Event>, Damage>, FolderError> {
        let text = read_private(&kept)?;
        let head = read_private(&head_of(&kept))?;
        let key = InstallKey::read(folder)?;
        Ok(checked(text.as_deref(), head.as_deref(), key.as_ref()))
    };
    let found = match looked_at() {
        Ok(Err(found)) => found,
        // Somebody mended it, or it cannot be read any more: it does not count either way.
        Ok(Ok(_)) | Err(_) => damage(1, "it was damaged when it was set aside"),
    };
    Damage {
        kept: Some(kept),
        ..found
    }
}

/// What the name of a head that was set aside ends with.
const HEAD: &str = ".head";

fn head_of(kept: &Path) -> PathBuf {
    let mut name = kept.as_os_str().to_owned();
    name.push(HEAD);
    PathBuf::from(name)
}

/// Renames a damaged ledger and its head to names that are not taken.
pub(super) fn set_aside(folder: &Folder, now: Time, _lock: &Lock) -> Result<PathBuf, FolderError> {
    let mut number = 0_u32;
    let free = |number: u32| {
        let mark = match number {
            0 => String::new(),
            n => format!("-{n}"),
        };
        folder.path().join(format!("{ASIDE}{}{mark}", now.0))
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
