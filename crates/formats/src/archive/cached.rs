//! A source that is asked in small pieces, near each other, and read in large ones.

use std::io::{self, Read, Seek, SeekFrom};

use super::error::damaged;

/// How much is read at once, in bytes.
const PIECE: usize = 64 << 10;

/// Keeps the last piece that was read; a seek within it costs nothing.
pub(super) struct Cached<R> {
    inner: R,
    piece: Vec<u8>,
    /// Where the piece begins.
    begins: u64,
    /// Where the next byte is read.
    at: u64,
}

impl<R: Read + Seek> Cached<R> {
    pub(super) fn new(inner: R) -> Self {
        Self {
            inner,
            piece: Vec::new(),
            begins: 0,
            at: 0,
        }
    }

    /// Returns what of the piece lies at the next byte and behind it.
    fn left(&self) -> &[u8] {
        let from = self.at.checked_sub(self.begins);
        let from = from.and_then(|it| usize::try_from(it).ok());
        from.and_then(|it| self.piece.get(it..)).unwrap_or_default()
    }
}

impl<R: Read + Seek> Read for Cached<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.left().is_empty() {
            // Systems call it an argument that is wrong, and it is one of the archive.
            if i64::try_from(self.at).is_err() {
                return Err(damaged("something lies behind every end"));
            }
            self.inner.seek(SeekFrom::Start(self.at))?;
            self.begins = self.at;
            if buffer.len() >= PIECE {
                self.piece.clear();
                let length = self.inner.read(buffer)?;
                self.at += length as u64;
                return Ok(length);
            }
            self.piece.resize(PIECE, 0);
            let length = self.inner.read(&mut self.piece);
            self.piece.truncate(*length.as_ref().unwrap_or(&0));
            length?;
        }
        let left = self.left();
        let length = left.len().min(buffer.len());
        buffer[..length].copy_from_slice(&left[..length]);
        self.at += length as u64;
        Ok(length)
    }
}

impl<R: Read + Seek> Seek for Cached<R> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.at = match to {
            SeekFrom::Start(at) => at,
            SeekFrom::Current(by) => self
                .at
                .checked_add_signed(by)
                .ok_or(io::ErrorKind::InvalidInput)?,
            SeekFrom::End(_) => self.inner.seek(to)?,
        };
        Ok(self.at)
    }
}
