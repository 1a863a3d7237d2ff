//! StuffIt before version 5: what is stored, run lengths, LZW and Huffman's codes. Other methods say so, file by file.
//!
//! Source: what StuffIt 1.5.1 to 4.5 wrote, as The Unarchiver's wiki, "StuffIt format", and sit-rs 0.3.0 describe it.

mod huffman;

use std::io::{self, Read};

use self::huffman::Huffman;
use super::{
    ArchiveError, Asked, Entry, EntryKind, Kind, Next, Unreadable, Visitor,
    arc::Repeated,
    error::damaged,
    lzw::Lzw,
    reader::{Checked, Failing, Whole, filled, fixed, skipped},
    show,
};

/// The header, and that of each file or folder.
const HEADER: usize = 22;
const FILE: usize = 112;
/// Methods that say where a folder begins and ends.
const BEGINS: u8 = 32;
const ENDS: u8 = 33;
const ENCRYPTED: u8 = 0x80;
/// How many folders may lie in each other.
const DEEPEST: usize = 64;
/// From 1904 to 1970, in seconds.
const SINCE_1904: i64 = 2_082_844_800;

/// Returns whether it begins with both of its marks.
pub(super) fn is(head: &[u8]) -> bool {
    head.starts_with(b"SIT!") && head.get(10..14) == Some(b"rLau")
}

/// Shows every file and folder; of a file its data fork.
pub(super) fn visit(
    mut stream: impl Read,
    asked: &Asked<'_>,
    visitor: &mut dyn Visitor,
) -> Result<Next, ArchiveError> {
    let broken = |error| ArchiveError::of(Kind::StuffIt, error);
    let header: [u8; HEADER] = fixed(&mut stream).map_err(broken)?;
    let total = u64::from(long(&header, 6));
    let mut at = HEADER as u64;
    let mut folders: Vec<Vec<u8>> = Vec::new();
    while at < total {
        let mut file = [0; FILE];
        let length = filled(&mut stream, &mut file).map_err(broken)?;
        if length < FILE {
            return Err(broken(damaged("it ends before it says")));
        }
        let sum = u16::from_be_bytes([file[110], file[111]]);
        let mut checked = Checked::of_16(&file[..110], 110, sum);
        io::copy(&mut checked, &mut io::sink()).map_err(broken)?;
        at += FILE as u64;
        if file[0] == ENDS || file[1] == ENDS {
            if folders.pop().is_none() {
                return Err(broken(damaged("a folder ends that did not begin")));
            }
            continue;
        }
        let name: Vec<u8> = file[3..66].iter().take(file[2].into()).copied().collect();
        let mut path = folders.join(&b'/');
        if !path.is_empty() {
            path.push(b'/');
        }
        path.extend(name.iter().map(|it| if *it == b'/' { b':' } else { *it }));
        asked.budget.one_more()?;
        asked.budget.named(&path)?;
        let time = long(&file, 80);
        let is_folder = file[0] == BEGINS || file[1] == BEGINS;
        let kind = if is_folder {
            EntryKind::Folder
        } else {
            EntryKind::File
        };
        let mut entry = Entry {
            modified: (time != 0).then(|| i64::from(time) - SINCE_1904),
            is_wall_time: true,
            ..Entry::named(path, kind)
        };
        if is_folder {
            folders.push(
                name.iter()
                    .map(|it| if *it == b'/' { b':' } else { *it })
                    .collect(),
            );
            if folders.len() > DEEPEST {
                return Err(broken(damaged(
                    "folders lie deeper in each other than is read",
                )));
            }
            if visitor.entry(&entry, &mut io::empty()) == Next::Stop {
                return Ok(Next::Stop);
            }
            continue;
        }
        let (resource, packed) = (u64::from(long(&file, 92)), u64::from(long(&file, 96)));
        skipped(&mut stream, resource).map_err(broken)?;
        at = at.saturating_add(resource).saturating_add(packed);
        let size = u64::from(long(&file, 88));
        entry.size = Some(size);
        entry.packed = Some(packed);
        entry.is_encrypted = file[1] & ENCRYPTED != 0;
        let sum = u16::from_be_bytes([file[102], file[103]]);
        let mut fork = stream.by_ref().take(packed);
        let next = match plain(file[1], Whole(&mut fork), size) {
            Ok(bytes) => show(
                visitor,
                entry,
                &mut Checked::of_16(bytes.take(size), size, sum),
                asked,
            ),
            Err(why) => visitor.entry(&entry, &mut Failing::of(why.io())),
        };
        let left = fork.limit();
        if next == Next::Stop {
            return Ok(next);
        }
        skipped(&mut stream, left).map_err(broken)?;
    }
    match folders.is_empty() {
        true => Ok(Next::Go),
        false => Err(broken(damaged("a folder has no end"))),
    }
}

fn long(bytes: &[u8], at: usize) -> u32 {
    let bytes = bytes.get(at..at + 4).unwrap_or_default();
    bytes.iter().fold(0, |all, it| all << 8 | u32::from(*it))
}

fn plain<'a>(
    method: u8,
    packed: impl Read + 'a,
    size: u64,
) -> Result<Box<dyn Read + 'a>, Unreadable> {
    Ok(match method {
        _ if size == 0 => Box::new(io::empty()),
        0 => Box::new(packed),
        1 => Box::new(Repeated::new(packed)),
        2 => Box::new(Lzw::of(io::BufReader::new(packed), 14, true)),
        3 => Box::new(Huffman::new(packed, size)),
        _ if method & ENCRYPTED != 0 => {
            return Err(Unreadable::Method("encryption of StuffIt".to_owned()));
        }
        other => return Err(Unreadable::Method(format!("StuffIt method {other}"))),
    })
}
