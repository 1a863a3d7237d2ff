//! Where the directory of a zip is: told from its end.
//!
//! Source: APPNOTE 6.3.10, 4.3.14 to 4.3.16.

use std::io::{self, Read, Seek, SeekFrom};

use super::{super::super::error::damaged, long, number, word};

/// What ends a directory, without its comment.
const END: usize = 22;
/// What says where the end of a directory in 64 bits is.
const LOCATOR: usize = 20;

/// Returns whether a source ends as a zip does, with a directory where its end says.
pub(in super::super::super) fn ends_as_one(
    source: &mut (impl Read + Seek + ?Sized),
) -> io::Result<bool> {
    match place(&mut &mut *source, &[]) {
        Ok(place) => Ok(place.many > 0),
        Err(error) if error.kind() == io::ErrorKind::InvalidData => Ok(false),
        Err(error) => Err(error),
    }
}

/// Where the directory is.
pub(super) struct Place {
    pub(super) begins: u64,
    pub(super) length: u64,
    /// The number of the last part, from zero on.
    pub(super) disk: u32,
    /// How many bytes stand before the archive.
    pub(super) before: u64,
    pub(super) many: u64,
    /// The bits that [`Place::many`] has.
    pub(super) counted: u64,
}

/// Finds the directory from the end of the source: the last end of one whose comment reaches the end.
pub(super) fn place(source: &mut (impl Read + Seek), disks: &[u64]) -> io::Result<Place> {
    let missing = || damaged("there is no directory of its entries: its end is missing");
    let all = source.seek(SeekFrom::End(0))?;
    let last = all.min((END + usize::from(u16::MAX) + LOCATOR) as u64);
    source.seek(SeekFrom::Start(all - last))?;
    let mut tail = Vec::new();
    source.take(last).read_to_end(&mut tail)?;
    let mut ends = tail.len().checked_sub(END).ok_or_else(missing)?;
    let mut doubtful = None;
    loop {
        let end = &tail[ends..];
        if end.starts_with(b"PK\x05\x06") {
            match usize::from(number(end, 20)) + END {
                length if length == end.len() => break,
                // Something follows that belongs to nothing.
                length if length < end.len() => doubtful = doubtful.or(Some(ends)),
                _ => {}
            }
        }
        match ends.checked_sub(1) {
            Some(before) => ends = before,
            None => break ends = doubtful.ok_or_else(missing)?,
        }
    }
    let end = &tail[ends..];
    let at = all - last + ends as u64;
    let locator = ends.checked_sub(LOCATOR).map(|it| &tail[it..ends]);
    if let Some(locator) = locator.filter(|it| it.starts_with(b"PK\x06\x07")) {
        return place_64(source, locator, at - LOCATOR as u64, disks);
    }
    let said = Said {
        disk: number(end, 4).into(),
        begins: begins(disks, number(end, 6).into(), word(end, 16).into()),
        length: word(end, 12).into(),
        many: number(end, 10).into(),
        counted: 0xffff,
    };
    found(source, at, &said, disks)
}

/// What the end of a directory says of it.
struct Said {
    disk: u32,
    begins: u64,
    length: u64,
    many: u64,
    counted: u64,
}

/// Returns where something is that is in one of several parts.
fn begins(disks: &[u64], disk: u32, at: u64) -> u64 {
    let begins = disks.get(disk as usize).copied().unwrap_or_default();
    begins.saturating_add(at)
}

/// Finds the directory by its end in 64 bits, which is said to be in one place and ends at another.
fn place_64(
    source: &mut (impl Read + Seek),
    locator: &[u8],
    ends: u64,
    disks: &[u64],
) -> io::Result<Place> {
    let said = begins(disks, word(locator, 4), long(locator, 8));
    let usual = ends.checked_sub(56);
    for at in [Some(said), usual].into_iter().flatten() {
        source.seek(SeekFrom::Start(at))?;
        let mut end = Vec::new();
        source.take(56).read_to_end(&mut end)?;
        if end.len() == 56 && end.starts_with(b"PK\x06\x06") {
            let said = Said {
                disk: word(&end, 16),
                begins: begins(disks, word(&end, 20), long(&end, 48)),
                length: long(&end, 40),
                many: long(&end, 32),
                counted: u64::MAX,
            };
            return found(source, at, &said, disks);
        }
    }
    Err(damaged(
        "the end of its directory in 64 bits is not where it should be",
    ))
}

/// Finds the directory right before its end, or else where it is said to be: something may stand before the archive, or
/// between the two.
fn found(
    source: &mut (impl Read + Seek),
    end: u64,
    said: &Said,
    disks: &[u64],
) -> io::Result<Place> {
    let place = |begins: u64| Place {
        begins,
        length: said.length,
        disk: said.disk,
        before: begins.saturating_sub(said.begins),
        many: said.many,
        counted: said.counted,
    };
    if said.disk > 0 && disks.is_empty() {
        // It is among the parts that are not here.
        return Ok(place(said.begins));
    }
    let before_end = end.checked_sub(said.length);
    for begins in [before_end, Some(said.begins)].into_iter().flatten() {
        source.seek(SeekFrom::Start(begins))?;
        let mut head = Vec::new();
        source.take(said.length.min(4)).read_to_end(&mut head)?;
        if said.many == 0 || head == b"PK\x01\x02" {
            return Ok(place(begins));
        }
    }
    Err(damaged(
        "the directory of its entries is not where it should be",
    ))
}
