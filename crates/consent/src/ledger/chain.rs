//! How the file of the ledger is held against the chain, the signatures and the head.

use super::Damage;
use crate::{
    Event,
    event::{Line, no_event},
    keys::{InstallKey, hex, unhex},
};

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

pub(super) fn damage(line: usize, why: &str) -> Damage {
    Damage {
        line,
        why: why.to_owned(),
        kept: None,
    }
}
