//! Several sources, read as one.

use std::io::{self, Read, Seek, SeekFrom};

/// Parts of a source that was split anywhere, one after the other.
pub(super) struct Joined<'a, S> {
    parts: &'a mut [S],
    /// Where each ends, counted from the beginning of the first.
    ends: Vec<u64>,
    at: u64,
}

impl<'a, S: Read + Seek> Joined<'a, S> {
    pub(super) fn new(parts: &'a mut [S]) -> io::Result<Self> {
        let mut ends = Vec::new();
        let mut end = 0u64;
        for part in &mut *parts {
            end = end.saturating_add(part.seek(SeekFrom::End(0))?);
            ends.push(end);
        }
        Ok(Self { parts, ends, at: 0 })
    }

    /// Returns where each part begins.
    pub(super) fn begins(&self) -> Vec<u64> {
        let ends = self.ends.iter().copied();
        std::iter::once(0)
            .chain(ends)
            .take(self.parts.len())
            .collect()
    }
}

impl<S: Read + Seek> Read for Joined<'_, S> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        // The first part that ends behind this place; empty ones are passed over.
        let number = self.ends.partition_point(|it| *it <= self.at);
        let Some(part) = self.parts.get_mut(number) else {
            return Ok(0);
        };
        let begins = number.checked_sub(1).map_or(0, |it| self.ends[it]);
        part.seek(SeekFrom::Start(self.at - begins))?;
        let left = usize::try_from(self.ends[number] - self.at).unwrap_or(usize::MAX);
        let most = left.min(buffer.len());
        let length = part.read(&mut buffer[..most])?;
        self.at += length as u64;
        Ok(length)
    }
}

impl<S: Read + Seek> Seek for Joined<'_, S> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let end = self.ends.last().copied().unwrap_or_default();
        let to = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::Current(by) => self.at.checked_add_signed(by),
            SeekFrom::End(by) => end.checked_add_signed(by),
        };
        self.at = to.ok_or(io::ErrorKind::InvalidInput)?;
        Ok(self.at)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    #[test]
    fn parts_are_read_as_one() {
        let mut parts = ["ab", "", "cde", "f"].map(Cursor::new);
        let mut joined = Joined::new(&mut parts).unwrap();
        let mut text = String::new();
        joined.read_to_string(&mut text).unwrap();
        assert_eq!(text, "abcdef");
        joined.seek(SeekFrom::End(-4)).unwrap();
        let mut two = [0; 2];
        joined.read_exact(&mut two).unwrap();
        assert_eq!(&two, b"cd");
        joined.seek(SeekFrom::Start(9)).unwrap();
        assert_eq!(joined.read(&mut two).unwrap(), 0);
    }
}
