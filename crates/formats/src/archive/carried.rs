//! Archives that programs and scripts carry behind themselves: self-extractors.
//!
//! A program ends, and an archive begins, anywhere. What looks like the beginning of one is believed where its head holds
//! against the sum or the lengths in it: many programs only mention how archives begin.
//!
//! Sources: 7zFormat.txt; RAR 5.0 archive format; unRAR's technote.txt, of RAR 4; [MS-CAB] 2.1; makeself's header.

use std::io::{self, Read, Seek, SeekFrom};

use super::{Kind, Source, reader::filled, zip};

/// So far an archive is looked for, in bytes: the programs that carry them are small.
const FAR: u64 = 16 << 20;
/// A script is shorter than this, in bytes.
const SCRIPT: usize = 1 << 20;
/// What a head is told by, in bytes.
const HEAD: usize = 64;

/// Returns whether a file that begins so can carry an archive: a program of Windows, Linux or a Mac, or a script.
fn may_carry(head: &[u8]) -> bool {
    const PROGRAMS: [&[u8]; 9] = [
        b"MZ",
        b"\x7fELF",
        b"#!",
        b"\xcf\xfa\xed\xfe",
        b"\xce\xfa\xed\xfe",
        b"\xfe\xed\xfa\xcf",
        b"\xfe\xed\xfa\xce",
        b"\xca\xfe\xba\xbe",
        b"\xca\xfe\xba\xbf",
    ];
    PROGRAMS.iter().any(|it| head.starts_with(it))
}

/// Returns where the archive begins that a program or a script carries, if it does: zero where that finds its own
/// beginning.
pub(super) fn begins(source: &mut dyn Source) -> io::Result<Option<u64>> {
    source.seek(SeekFrom::Start(0))?;
    let mut head = [0; 4];
    let length = filled(source, &mut head)?;
    if !may_carry(&head[..length]) {
        return Ok(None);
    }
    let mut bytes = Vec::new();
    source.seek(SeekFrom::Start(0))?;
    source.take(FAR).read_to_end(&mut bytes)?;
    let all = source.seek(SeekFrom::End(0))?;
    let found = match head.starts_with(b"#!") {
        true => behind_script(&bytes),
        false => None,
    };
    let found = found.or_else(|| behind_program(&bytes, all));
    Ok(match found {
        Some(at) => Some(at as u64),
        None => zip::ends_as_one(source)?.then_some(0),
    })
}

/// Returns where a line of a script is followed by something packed.
fn behind_script(bytes: &[u8]) -> Option<usize> {
    let script = &bytes[..bytes.len().min(SCRIPT)];
    let lines = script.iter().enumerate().filter(|it| *it.1 == b'\n');
    let mut after = lines.map(|it| it.0 + 1);
    after.find(|at| {
        let head = &bytes[*at..];
        let head = &head[..head.len().min(1024)];
        Kind::of(head).is_some_and(|kind| kind.is_filter() || kind == Kind::Tar)
    })
}

fn behind_program(bytes: &[u8], all: u64) -> Option<usize> {
    let mut at = 0;
    loop {
        let rest = bytes.get(at..)?;
        at += rest
            .iter()
            .position(|it| matches!(it, b'7' | b'R' | b'M'))?;
        let head = &bytes[at..];
        let left = all - at as u64;
        if at > 0 && is_head(&head[..head.len().min(HEAD)], left) {
            return Some(at);
        }
        at += 1;
    }
}

/// Returns whether an archive begins so, of as many bytes as are left.
fn is_head(head: &[u8], left: u64) -> bool {
    let word = |at: usize| head.get(at..at + 4).and_then(|it| it.try_into().ok());
    let word = |at| word(at).map(u32::from_le_bytes);
    if head.starts_with(b"7z\xbc\xaf\x27\x1c\0") {
        let sum = head.get(12..32).map(crc32fast::hash);
        return sum.is_some() && sum == word(8);
    }
    if head.starts_with(b"Rar!\x1a\x07\x01\0") {
        // A head of at most 127 bytes: its length, and its type, the first of all.
        let length = head.get(12).filter(|it| **it < 0x80);
        let body = length.and_then(|it| head.get(12..13 + usize::from(*it)));
        return body
            .map(crc32fast::hash)
            .is_some_and(|it| Some(it) == word(8));
    }
    if let Some([a, b, 0x73, _, _, 13, 0, ..]) = head.strip_prefix(b"Rar!\x1a\x07\0") {
        let sum = head.get(9..20).map(crc32fast::hash);
        return sum.is_some_and(|it| it as u16 == u16::from_le_bytes([*a, *b]));
    }
    let (Some(length), Some(files)) = (word(8), word(16)) else {
        return false;
    };
    head.starts_with(b"MSCF\0\0\0\0")
        && u64::from(length) <= left
        && (36..length).contains(&files)
        && head.get(12..16) == Some(&[0; 4])
        && head.get(24..26) == Some(&[3, 1])
}

/// A source from one place on, as if nothing stood before it.
pub(super) struct Behind<'a> {
    source: &'a mut dyn Source,
    begins: u64,
}

impl<'a> Behind<'a> {
    pub(super) fn new(source: &'a mut dyn Source, begins: u64) -> io::Result<Self> {
        source.seek(SeekFrom::Start(begins))?;
        Ok(Self { source, begins })
    }
}

impl Read for Behind<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.source.read(buffer)
    }
}

impl Seek for Behind<'_> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let wrong = || io::Error::from(io::ErrorKind::InvalidInput);
        let to = match to {
            SeekFrom::Start(at) => SeekFrom::Start(at.checked_add(self.begins).ok_or_else(wrong)?),
            other => other,
        };
        let at = self.source.seek(to)?;
        at.checked_sub(self.begins).ok_or_else(wrong)
    }
}
