//! One source that several read, each at a place of its own.

use std::{
    io::{self, Read, Seek, SeekFrom},
    sync::{Mutex, PoisonError},
};

use super::Source;

/// A source shared with others, and a place in it.
pub(super) struct Shared<'a, 'b> {
    source: &'a Mutex<&'b mut dyn Source>,
    at: u64,
}

impl<'a, 'b> Shared<'a, 'b> {
    /// Begins at the beginning.
    pub(super) fn new(source: &'a Mutex<&'b mut dyn Source>) -> Self {
        Self { source, at: 0 }
    }
}

impl Read for Shared<'_, '_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        // Nothing here leaves it half done: each puts it to its own place first.
        let mut source = self.source.lock().unwrap_or_else(PoisonError::into_inner);
        source.seek(SeekFrom::Start(self.at))?;
        let length = source.read(buffer)?;
        self.at += length as u64;
        Ok(length)
    }
}

impl Seek for Shared<'_, '_> {
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
