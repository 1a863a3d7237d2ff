//! One source that several read, each at a place of its own.

use std::{
    io::{self, Read, Seek, SeekFrom},
    sync::{Mutex, PoisonError},
};

/// A source shared with others, and a place in it.
pub(super) struct Shared<'a, R> {
    source: &'a Mutex<R>,
    at: u64,
}

impl<'a, R: Read + Seek> Shared<'a, R> {
    /// Begins at the beginning.
    pub(super) fn new(source: &'a Mutex<R>) -> Self {
        Self { source, at: 0 }
    }
}

impl<R: Read + Seek> Read for Shared<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        // Nothing here leaves it half done: each puts it to its own place first.
        let mut source = self.source.lock().unwrap_or_else(PoisonError::into_inner);
        source.seek(SeekFrom::Start(self.at))?;
        let length = source.read(buffer)?;
        self.at += length as u64;
        Ok(length)
    }
}

impl<R: Read + Seek> Seek for Shared<'_, R> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.at = match to {
            SeekFrom::Start(at) => at,
            SeekFrom::Current(by) => self
                .at
                .checked_add_signed(by)
                .ok_or(io::ErrorKind::InvalidInput)?,
            SeekFrom::End(_) => {
                let mut source = self.source.lock().unwrap_or_else(PoisonError::into_inner);
                source.seek(to)?
            }
        };
        Ok(self.at)
    }
}
