//! One entry as an archive of its own, for the library, which unpacks what is rare and what is encrypted.
//!
//! So the library reads a directory of one entry alone, wherever that entry lies, and never one that could be read in
//! two ways.

use std::io::{self, Read, Seek, SeekFrom};

use super::{super::reader::fixed, LOCAL, directory::Listed};

/// A directory with one entry, the bytes of that from its local header on, and the end of the directory.
pub(super) struct Alone<R> {
    directory: Vec<u8>,
    end: Vec<u8>,
    source: R,
    /// Where the local header lies in the source, and how many bytes there are from there on.
    begins: u64,
    length: u64,
    at: u64,
}

impl<R: Read + Seek> Alone<R> {
    pub(super) fn of(entry: &Listed, mut source: R) -> io::Result<Self> {
        let number = |bytes: &[u8], at: usize| u16::from_le_bytes([bytes[at], bytes[at + 1]]);
        source.seek(SeekFrom::Start(entry.record))?;
        let head: [u8; 46] = fixed(&mut source)?;
        let lengths = [28, 30, 32].map(|at| u64::from(number(&head, at)));
        let mut directory = head.to_vec();
        source
            .by_ref()
            .take(lengths.iter().sum())
            .read_to_end(&mut directory)?;
        let length = (directory.len() as u32).to_le_bytes();
        // On the first disk, right behind the directory.
        directory[34..36].fill(0);
        directory[42..46].copy_from_slice(&length);
        source.seek(SeekFrom::Start(entry.header))?;
        let local: [u8; LOCAL as usize] = fixed(&mut source)?;
        let before = LOCAL + u64::from(number(&local, 26)) + u64::from(number(&local, 28));
        let mut end = b"PK\x05\x06\0\0\0\0\x01\0\x01\0".to_vec();
        end.extend_from_slice(&length);
        end.extend_from_slice(&[0; 6]);
        Ok(Self {
            directory,
            end,
            source,
            begins: entry.header,
            length: before.saturating_add(entry.packed),
            at: 0,
        })
    }

    /// Where the bytes of the entry begin and end, in this.
    fn places(&self) -> (u64, u64) {
        let begins = self.directory.len() as u64;
        (begins, begins.saturating_add(self.length))
    }
}

impl<R: Read + Seek> Read for Alone<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let (begins, ends) = self.places();
        let copied = |bytes: &[u8], from: u64, buffer: &mut [u8]| {
            let from = usize::try_from(from).unwrap_or(usize::MAX);
            let left = bytes.get(from..).unwrap_or_default();
            let length = left.len().min(buffer.len());
            buffer[..length].copy_from_slice(&left[..length]);
            length
        };
        let length = match self.at {
            at if at < begins => copied(&self.directory, at, buffer),
            at if at >= ends => copied(&self.end, at - ends, buffer),
            at => {
                let from = self.begins.saturating_add(at - begins);
                self.source.seek(SeekFrom::Start(from))?;
                let left = usize::try_from(ends - at).unwrap_or(usize::MAX);
                let most = left.min(buffer.len());
                let length = self.source.read(&mut buffer[..most])?;
                if length == 0 && most > 0 {
                    return Err(io::ErrorKind::UnexpectedEof.into());
                }
                length
            }
        };
        self.at += length as u64;
        Ok(length)
    }
}

impl<R: Read + Seek> Seek for Alone<R> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let all = self.places().1.saturating_add(self.end.len() as u64);
        let to = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::Current(by) => self.at.checked_add_signed(by),
            SeekFrom::End(by) => all.checked_add_signed(by),
        };
        self.at = to.ok_or(io::ErrorKind::InvalidInput)?;
        Ok(self.at)
    }
}
