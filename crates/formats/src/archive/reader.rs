//! Readers around readers: what counts, what looks ahead, what fails.

use std::io::{self, Read};

use super::{Budget, Exceeded, Unreadable, error::damaged};

/// Reads until the buffer is full or there is nothing more; returns how much there was.
pub(super) fn filled(from: &mut (impl Read + ?Sized), buffer: &mut [u8]) -> io::Result<usize> {
    let mut length = 0;
    while length < buffer.len() {
        match from.read(&mut buffer[length..]) {
            Ok(0) => break,
            Ok(more) => length += more,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(length)
}

/// Counts bytes against a budget as they pass.
///
/// Whatever failed once is not asked again: decoders are in no state to answer then, and one was seen to never come
/// back.
pub(super) struct Counted<'a, R> {
    inner: R,
    budget: &'a Budget,
    count: fn(&Budget, usize) -> Result<(), Exceeded>,
    failed: Option<Failed>,
}

#[derive(Clone, Copy)]
enum Failed {
    Exceeded(Exceeded),
    Otherwise,
}

impl<'a, R> Counted<'a, R> {
    /// Bytes of the archive.
    pub(super) fn source(inner: R, budget: &'a Budget) -> Self {
        let count = |budget: &Budget, bytes| {
            budget.was_read(bytes);
            Ok(())
        };
        Self {
            inner,
            budget,
            count,
            failed: None,
        }
    }

    /// Bytes that a layer unpacked.
    pub(super) fn decoded(inner: R, budget: &'a Budget) -> Self {
        Self {
            inner,
            budget,
            count: Budget::was_decoded,
            failed: None,
        }
    }

    /// Bytes of an entry.
    pub(super) fn entry(inner: R, budget: &'a Budget) -> Self {
        Self {
            inner,
            budget,
            count: Budget::was_given,
            failed: None,
        }
    }
}

impl<R: Read> Read for Counted<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self.failed {
            Some(Failed::Exceeded(exceeded)) => return Err(io::Error::other(exceeded)),
            Some(Failed::Otherwise) => return Err(damaged("what stands before is damaged")),
            None => {}
        }
        let length = self.inner.read(buffer).inspect_err(|error| {
            if error.kind() != io::ErrorKind::Interrupted {
                let exceeded = error.get_ref().and_then(|it| it.downcast_ref());
                let exceeded = exceeded.map(|it| Failed::Exceeded(*it));
                self.failed = Some(exceeded.unwrap_or(Failed::Otherwise));
            }
        })?;
        (self.count)(self.budget, length).map_err(|exceeded| {
            self.failed = Some(Failed::Exceeded(exceeded));
            io::Error::other(exceeded)
        })?;
        Ok(length)
    }
}

impl<R: io::Seek> io::Seek for Counted<'_, R> {
    /// What lies elsewhere may be whole, where a disk failed here.
    fn seek(&mut self, to: io::SeekFrom) -> io::Result<u64> {
        self.failed = None;
        self.inner.seek(to)
    }
}

/// A stream whose first bytes were looked at and are still to be read.
pub(super) struct Peeked<R> {
    head: Vec<u8>,
    at: usize,
    inner: R,
}

impl<R: Read> Peeked<R> {
    /// Looks at nothing yet.
    pub(super) fn nothing(inner: R) -> Self {
        let head = Vec::new();
        Self { head, at: 0, inner }
    }

    /// Looks at so many bytes, or as many as there are.
    pub(super) fn of(inner: R, most: usize) -> io::Result<Self> {
        let mut peeked = Self::nothing(inner);
        peeked.look(most)?;
        Ok(peeked)
    }

    /// Returns the next bytes, so many or as many as there are, and leaves them to be read.
    pub(super) fn look(&mut self, most: usize) -> io::Result<&[u8]> {
        self.head.drain(..self.at);
        self.at = 0;
        let there = self.head.len();
        if there < most {
            self.head.resize(most, 0);
            let more = filled(&mut self.inner, &mut self.head[there..]);
            self.head
                .truncate(there + more.as_ref().map_or(0, |it| *it));
            more?;
        }
        Ok(&self.head[..most.min(self.head.len())])
    }

    /// What was looked at and not read yet.
    pub(super) fn head(&self) -> &[u8] {
        &self.head[self.at..]
    }
}

impl<R: Read> Read for Peeked<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = &self.head[self.at..];
        if left.is_empty() {
            return self.inner.read(buffer);
        }
        let length = left.len().min(buffer.len());
        buffer[..length].copy_from_slice(&left[..length]);
        self.at += length;
        Ok(length)
    }
}

/// Reads as many bytes as the array has.
pub(super) fn fixed<const SIZE: usize>(
    stream: &mut (impl Read + ?Sized),
) -> io::Result<[u8; SIZE]> {
    let mut bytes = [0; SIZE];
    stream.read_exact(&mut bytes)?;
    Ok(bytes)
}

/// Reads past so many bytes, which have to be there.
pub(super) fn skipped(stream: &mut impl Read, bytes: u64) -> io::Result<()> {
    match io::copy(&mut stream.take(bytes), &mut io::sink())? == bytes {
        true => Ok(()),
        false => Err(damaged("it ends in an entry")),
    }
}

/// Bytes of a stream that have to be there: an end before them is a fault, not an end.
pub(super) struct Whole<'a, R>(pub(super) &'a mut io::Take<R>);

impl<R: Read> Read for Whole<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self.0.read(buffer)? {
            0 if self.0.limit() > 0 && !buffer.is_empty() => Err(damaged("it ends in an entry")),
            length => Ok(length),
        }
    }
}

/// Bytes whose number and checksum are known beforehand: what comes out otherwise is a fault.
pub(super) struct Checked<R, S = crc32fast::Hasher> {
    inner: R,
    left: u64,
    right: Option<u32>,
    sum: S,
}

impl<R: Read> Checked<R> {
    pub(super) fn of(inner: R, size: u64, right: Option<u32>) -> Self {
        Self::by(crc32fast::Hasher::new(), inner, size, right)
    }
}

impl<R: Read> Checked<R, Crc16> {
    pub(super) fn of_16(inner: R, size: u64, right: u16) -> Self {
        Self::by(Crc16(0), inner, size, Some(right.into()))
    }
}

impl<R: Read, S: Sum> Checked<R, S> {
    fn by(sum: S, inner: R, size: u64, right: Option<u32>) -> Self {
        Self {
            inner,
            left: size,
            right,
            sum,
        }
    }
}

impl<R: Read, S: Sum> Read for Checked<R, S> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = self.inner.read(buffer)?;
        self.sum.add(&buffer[..length]);
        let left = self.left.checked_sub(length as u64);
        self.left = left.ok_or_else(|| damaged("it is longer than it says"))?;
        if length > 0 || buffer.is_empty() {
            return Ok(length);
        }
        if self.left > 0 {
            return Err(damaged("it is shorter than it says"));
        }
        match self.right.is_some_and(|it| it != self.sum.value()) {
            true => Err(Unreadable::Checksum.io()),
            false => Ok(0),
        }
    }
}

/// A checksum of bytes as they pass.
pub(super) trait Sum {
    fn add(&mut self, bytes: &[u8]);
    fn value(&self) -> u32;
}

impl Sum for crc32fast::Hasher {
    fn add(&mut self, bytes: &[u8]) {
        self.update(bytes);
    }

    fn value(&self) -> u32 {
        self.clone().finalize()
    }
}

/// CRC-16 by the polynomial 0x8005 with its bits turned around, from zero on: of ARC, LHA and Zoo.
pub(super) struct Crc16(u16);

const CRC_16: [u16; 256] = {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        let mut sum = byte as u16;
        let mut bit = 0;
        while bit < 8 {
            sum = sum >> 1 ^ if sum & 1 == 1 { 0xa001 } else { 0 };
            bit += 1;
        }
        table[byte] = sum;
        byte += 1;
    }
    table
};

impl Sum for Crc16 {
    fn add(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = CRC_16[usize::from(self.0 as u8 ^ byte)] ^ self.0 >> 8;
        }
    }

    fn value(&self) -> u32 {
        self.0.into()
    }
}

/// Fails when it is read, and ends then.
pub(super) struct Failing(Option<io::Error>);

impl Failing {
    pub(super) fn of(error: io::Error) -> Self {
        Self(Some(error))
    }
}

impl Read for Failing {
    fn read(&mut self, _buffer: &mut [u8]) -> io::Result<usize> {
        self.0.take().map_or(Ok(0), Err)
    }
}
